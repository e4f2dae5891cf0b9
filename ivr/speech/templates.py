"""Sentence templates: many ways to say a thing, written in one line.

    [saya] (mau|ingin) (buat|bikin|urus) KTP

Words in `[ ]` may be left out, one of the alternatives between `|` is said; both nest. It is the core of the
notation of Home Assistant's sentence templates. Groups stand for whole words.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ivr.i18n import tr

MOST = 500
"""Sentences that one template may stand for."""
DEEPEST = 20
"""Groups that may stand in one another."""

_TOKEN = re.compile(r"[\[\](){}<>|]|[^\[\](){}<>|]+")
_CLOSING = {"(": ")", "[": "]"}


class TemplateError(ValueError):
    """A template cannot be read. `offset`: the character where it went wrong."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they were written, with single spaces. `offset`: the character where they stand."""

    text: str
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `options`; an empty one may be left out. `cost`: of each other one where it is heard, for what is seldom
    said."""

    options: tuple[Sequence, ...]
    cost: float = 0.0


Sequence = tuple[Words | Choice, ...]
"""What is said one after the other: a template, once it is read."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Sequence:
    """Read a template. Raises TemplateError, also where it stands for nothing or for more than MOST sentences."""
    reader = _Reader(text)
    (template,) = reader.options()
    if not template:
        raise TemplateError(tr("di sini belum ada kata", "there is no word here yet"), 0)
    if (count := _count(template)) > MOST:
        raise TemplateError(
            tr(
                f"pola ini berarti {count} kalimat, paling banyak {MOST}; bagilah menjadi beberapa frasa",
                f"this template stands for {count} sentences, {MOST} at most; make several phrases of it",
            ),
            0,
        )
    if "" in expand(template):
        raise TemplateError(
            tr(
                "di sini semua kata boleh dilewati; harus ada yang wajib",
                "all words may be left out here; one must stay",
            ),
            0,
        )
    return template


def expand(template: Sequence) -> Iterator[str]:
    """All sentences of a template, those with the earlier alternatives first."""
    for parts in itertools.product(*map(_sentences, template)):
        yield " ".join(part for part in parts if part)


def words_in(template: Sequence) -> Iterator[str]:
    """All words that stand in a template."""
    for part in template:
        if isinstance(part, Words):
            yield from part.text.split()
        else:
            for option in part.options:
                yield from words_in(option)


def ends(template: Sequence, words: list[str], at: int) -> set[int]:
    """The places in `words` up to which the template says them, from the place `at` on."""
    places = {at}
    for part in template:
        if isinstance(part, Words):
            said = part.text.split()
            places = {place + len(said) for place in places if words[place : place + len(said)] == said}
        else:
            places = {end for place in places for option in part.options for end in ends(option, words, place)}
    return places


def plainest(template: Sequence) -> str:
    """The sentence that has nothing optional and the first of all alternatives: fit for a name."""
    parts = (
        part.text if isinstance(part, Words) else plainest(() if () in part.options else part.options[0])
        for part in template
    )
    return " ".join(part for part in parts if part)


def write(template: Sequence) -> str:
    """The template in its notation, without needless brackets: parsing it gives an equal one, but for offsets."""
    return " ".join(part.text if isinstance(part, Words) else _write(part) for part in template)


def _write(choice: Choice) -> str:
    said = "|".join(write(option) for option in choice.options if option)
    return f"[{said}]" if () in choice.options else f"({said})"


def _sentences(part: Words | Choice) -> list[str]:
    if isinstance(part, Words):
        return [part.text]
    return [sentence for option in part.options for sentence in expand(option)]


def _count(template: Sequence) -> int:
    return math.prod(
        1 if isinstance(part, Words) else sum(_count(option) for option in part.options) for part in template
    )


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_TOKEN.finditer(text))
        self._next = self._depth = 0

    def options(self, opening: str = "", at: int = 0) -> tuple[Sequence, ...]:
        """What stands in a group that `opening` opened at the offset `at`, or in the whole text."""
        options: list[list[Words | Choice]] = [[]]
        while self._next < len(self._tokens):
            token = self._tokens[self._next]
            mark = token[0]
            self._next += 1
            if mark in _CLOSING:
                self._check_space(token.start() - 1, token.start())
                options[-1].append(self._group(mark, token.start()))
            elif opening and mark == _CLOSING[opening]:
                self._check_space(token.end(), token.start())
                return tuple(map(tuple, options))
            elif opening and mark == "|":
                options.append([])
            elif mark in "[](){}<>|":
                raise TemplateError(
                    tr(f"'{mark}' tidak punya arti di sini", f"'{mark}' has no meaning here"), token.start()
                )
            elif words := mark.split():
                options[-1].append(Words(" ".join(words), token.start() + mark.index(words[0])))
        if opening:
            closing = _CLOSING[opening]
            message = tr(f"'{opening}' tidak ditutup '{closing}'", f"'{opening}' is not closed by '{closing}'")
            raise TemplateError(message, at)
        return tuple(map(tuple, options))

    def _group(self, opening: str, at: int) -> Choice:
        self._depth += 1
        if self._depth > DEEPEST:
            message = tr(f"lebih dari {DEEPEST} tingkat kurung", f"brackets more than {DEEPEST} deep")
            raise TemplateError(message, at)
        options = self.options(opening, at)
        self._depth -= 1
        if () in options:
            raise TemplateError(
                tr(
                    "ada pilihan yang kosong; kata yang boleh dilewati ditulis dalam [ ]",
                    "an alternative is empty; words that may be left out stand in [ ]",
                ),
                at,
            )
        return Choice((*options, ()) if opening == "[" else options)

    def _check_space(self, neighbour: int, at: int) -> None:
        """A group touches no word: "akt(a|e)" would be half a word."""
        if 0 <= neighbour < len(self._text) and self._text[neighbour].isalnum():
            raise TemplateError(
                tr("beri spasi di sini: pilihan berisi kata utuh", "put a space here: alternatives are whole words"), at
            )
