"""A YAML file as its author sees it: every scalar a string, every value with its place.

`0800`, `12:30`, `no` and `08` stay what they are; the models coerce. A file that cannot be read gives
problems, never an exception.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import yaml

from ivr.flow.problems import Problem, Severity, nearest
from ivr.flow.yaml_errors import LOADER, Place, explain, odd_indentation, place_after, too_deep
from ivr.i18n import tr

Path = tuple[str | int, ...]
"""Where a value stands, e.g. ("steps", "menu", "keys", "1")."""

MAX_BYTES = 2_000_000
MAX_VALUES = 200_000
"""More values than this come from aliases of aliases, not from a person."""
MAX_DEPTH = 30
LONGEST_MESSAGE = 600
MAX_COMPARISONS = 100_000
"""With so many names the wrong ones of a file are compared, to guess what was meant: some seconds of work."""

_BREAKS = str.maketrans("\r\x85\u2028\u2029", "\n   ")
"""What YAML takes for the end of a line, and editors do not show so, is a space."""
_TEXT = "tag:yaml.org,2002:str"
_ANCHOR = re.compile(r"&(\S+)")
"""A name by which other places repeat what follows: `*NAME`."""
_HASH_KEY = re.compile(r"^ *#:(?=[ \n]).*", re.MULTILINE)
"""A line that YAML takes for a remark, and its author probably for the key `#`."""


class _Unreadable(Exception):  # noqa: N818 - an outcome; the problem is noted
    """Nothing of the file can be used."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A value's place in the file: `line` and `column` from 1, `start` and `end` in characters."""

    line: int
    column: int
    start: int
    end: int


def _span(node: yaml.Node) -> _Span:
    start = node.start_mark
    return _Span(start.line + 1, start.column + 1, start.index, node.end_mark.index)


@dataclass(slots=True)
class Source:
    """One file. `data` is made of dict, list, str and None (a name with nothing behind it).

    `data` as a whole is None where the file could not be read.
    """

    file: str
    text: str = ""
    data: Any = None
    problems: list[Problem] = field(default_factory=list)
    values: dict[Path, _Span] = field(default_factory=dict, repr=False)
    keys: dict[Path, _Span] = field(default_factory=dict, repr=False)
    written: dict[Path, Path] = field(default_factory=dict, repr=False)
    compared: int = 0

    def nearest(self, name: str, known: Collection[str]) -> str:
        """As `problems.nearest`, until MAX_COMPARISONS is reached; then ""."""
        self.compared += len(known)
        return nearest(name, known) if self.compared <= MAX_COMPARISONS else ""

    def read_as(self, path: Path, written: Path) -> None:
        """What was `written` somewhere is read as if it stood at `path`, from now on."""
        self.written[(*self._as_written(path[:-1]), path[-1])] = self._as_written(written)

    def _as_written(self, path: Path) -> Path:
        if not self.written:
            return path
        found: Path = ()
        for part in path:
            found = (*found, part)
            found = self.written.get(found, found)
        return found

    def has(self, path: Path) -> bool:
        """Whether the author wrote a value there (rather than a default standing in)."""
        return self._as_written(path) in self.values

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at `path`, or of its key; of the nearest one around it if it is missing."""
        path = self._as_written(path)
        span = self.keys.get(path) if key else None
        span = span or self.values.get(path)
        while span is None and path:
            path = path[:-1]
            span = self.keys.get(path) or self.values.get(path)
        return (span.line, span.column) if span else (1, 1)

    def place_inside(self, path: Path, value: str, offset: int) -> tuple[int, int]:
        """Line and column of the character `offset` of the text at `path`.

        YAML folds, indents and escapes: the word that stands at `offset` is looked up in the file as
        written, the n-th time if it is there n times.
        """
        span = self.values.get(self._as_written(path))
        word = (value[offset:].split() or [""])[0]
        if span is None or not word:
            return self.place(path)
        at = span.start - 1
        for _ in range(value[:offset].count(word) + 1):
            at = self.text.find(word, at + 1, span.end)
            if at < 0:
                return span.line, span.column
        return place_after(self.text[:at])

    def cut_by_remark(self, path: Path) -> bool:
        """Whether the unquoted text at `path` ends in one space and `#`, from where YAML takes it for a remark."""
        span = self.values.get(self._as_written(path))
        return bool(span and self.text[span.start] not in "'\"" and self.text.startswith(" #", span.end))

    def report(
        self,
        path: Path,
        message: str,
        *,
        severity: Severity = "error",
        suggestion: str = "",
        key: bool = False,
        inside: tuple[str, int] | None = None,
    ) -> None:
        """Note a problem with what stands at `path`, or with its key; `inside` is a text and the offset in it."""
        line, column = self.place_inside(path, *inside) if inside else self.place(path, key=key)
        self.note((line, column), message, severity, suggestion)

    def refuse(self, place: Place, message: str) -> _Unreadable:
        """Note why the file as a whole cannot be used; the exception to raise."""
        self.note(place, message)
        return _Unreadable()

    def note(self, place: Place, message: str, severity: Severity = "error", suggestion: str = "") -> None:
        """Note a problem with what stands in a line and column."""
        if len(message) > LONGEST_MESSAGE:  # what it quotes may be very long; what to do stands at its end
            half = LONGEST_MESSAGE // 2
            message = f"{message[:half]} … {message[-half:]}"
        self.problems.append(Problem(self.file, *place, severity, message, suggestion))


def read(file: str, content: bytes) -> Source:
    """Read one YAML file. `file` is the name that problems carry."""
    source = Source(file)
    try:
        source.data = _Converter(source).value(_compose(source, content), ())
        for line in _HASH_KEY.finditer(source.text):
            message = tr(
                'baris ini dianggap catatan karena diawali #; tombol pagar ditulis "#":',
                'this line is taken for a remark, since it begins with #; the key is written "#":',
            )
            source.note(place_after(source.text[: line.start() + line[0].index("#")]), message, "warning")
    except _Unreadable:
        source.data = None
    return source


def _compose(source: Source, content: bytes) -> yaml.Node:
    if len(content) > MAX_BYTES:
        message = tr("berkas terlalu besar (lebih dari 2 MB)", "the file is too large (more than 2 MB)")
        raise source.refuse((1, 1), message)
    try:
        source.text = content.decode("utf-8-sig").replace("\r\n", "\n").translate(_BREAKS)
        if odd := odd_indentation(source.text):
            raise source.refuse(*odd)
        root = yaml.compose(source.text, Loader=LOADER)
    except UnicodeDecodeError as e:
        message = tr("bukan teks UTF-8; simpan berkas sebagai UTF-8", "not UTF-8 text; save the file as UTF-8")
        raise source.refuse(place_after(content[: e.start].decode()), message) from None
    except yaml.MarkedYAMLError as e:
        raise source.refuse(*explain(source.text, e)) from None
    except yaml.reader.ReaderError as e:
        message = tr("karakter yang tidak boleh ada di YAML", "a character that YAML does not allow")
        raise source.refuse(place_after(source.text[: e.position]), message) from None
    except RecursionError:
        raise source.refuse((1, 1), too_deep()) from None
    if root is None:
        raise source.refuse((1, 1), tr("berkas ini kosong", "the file is empty"))
    return root


def _twice(name: str, first: int) -> str:
    return tr(
        f"'{name}' sudah ada di baris {first}; hapus salah satu, atau ganti namanya",
        f"'{name}' is already there in line {first}; remove one of the two, or rename it",
    )


class _Converter:
    """Turns nodes into plain values, noting where each stood."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.left = MAX_VALUES

    def value(self, node: yaml.Node, path: Path) -> Any:
        span = _span(node)
        self.left -= 1
        if self.left < 0:
            message = tr("terlalu banyak isi lewat alias", "too much content through aliases")
            raise self.source.refuse((span.line, span.column), message)
        if len(path) > MAX_DEPTH:
            raise self.source.refuse((span.line, span.column), too_deep())
        self.source.values[path] = span
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        return [self.value(child, (*path, i)) for i, child in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> str | None:
        if node.tag != _TEXT:
            message = tr(
                "teks yang diawali '!' ditulis dalam tanda kutip", "a text that begins with '!' stands in quotes"
            )
            self.source.report(path, message)
        if node.value == "" and not node.style:
            return None
        text = self.source.text
        if (anchor := _ANCHOR.match(text, node.start_mark.index)) and f"*{anchor[1]}" not in text:
            message = tr(
                f"dalam YAML '{anchor[0]}' bukan bagian dari teks; beri tanda kutip: \"{anchor[0]} …\"",
                f"to YAML '{anchor[0]}' is no part of the text; put quotes around it: \"{anchor[0]} …\"",
            )
            self.source.report(path, message, severity="warning")
        return str(node.value)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            span = _span(key_node)
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
            child = (*path, key or "")
            if key is None:
                self._at(span, tr("nama harus berupa teks", "a name must be a text"))
            elif key in found:
                first = self.source.place(child, key=True)[0]
                self._at(span, _twice(key, first))
            else:
                self.source.keys[child] = span
                found[key] = self.value(value_node, child)
        return found

    def _at(self, span: _Span, message: str) -> None:
        self.source.note((span.line, span.column), message)
