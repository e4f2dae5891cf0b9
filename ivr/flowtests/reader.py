"""Reads the tests of a folder of flows; what is wrong with them becomes problems, as with the flows themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.flow.fields import is_mapping, known_fields, validate
from ivr.flow.loader import SUFFIX, TESTS, not_a_flow
from ivr.flow.model import Site
from ivr.flow.problems import Problem, nearest
from ivr.flow.source import Path as ValuePath
from ivr.flow.source import Source, read
from ivr.flow.values import FlowName, Marked, QueryName, marked
from ivr.flowtests.model import FlowTest, Given, ScriptLine
from ivr.flowtests.words import WORDS, Context
from ivr.i18n import tr


@dataclass(frozen=True, slots=True)
class Read:
    """`tests` in the order in which they are written; none where there is a problem. `problems` in reading order."""

    tests: list[FlowTest]
    problems: list[Problem]


def files_beside(flows: Path) -> list[Path]:
    """The files of tests that belong to a folder of flows; none where it has no tests."""
    folder = flows / TESTS
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in (SUFFIX, ".yml")) if folder.is_dir() else []


def read_tests(files: list[Path], site: Site) -> Read:
    """Read and check these files. Never raises for what authors write."""
    tests: list[FlowTest] = []
    problems: list[Problem] = []
    for path in files:
        if path.suffix != SUFFIX:
            problems.append(not_a_flow(path))
            continue
        try:
            content = path.read_bytes()
        except OSError as e:
            message = tr(f"tidak dapat dibaca: {e.strerror}", f"cannot be read: {e.strerror}")
            problems.append(Problem(str(path), 1, 1, "error", message))
            continue
        source = read(str(path), content)
        tests += _tests(source, Context(site, path.parent))
        problems += source.problems
    return Read([] if problems else tests, sorted(set(problems)))


def _tests(source: Source, context: Context) -> Iterator[FlowTest]:
    if source.data is None or not is_mapping(source, (), source.data):
        return
    source.data = known_fields(source, (), source.data, Given, "tests")
    head = {name: value for name, value in source.data.items() if name in Given.model_fields}
    if not _given(source, (), head, context):
        return
    if "tests" not in source.data:
        source.report((), tr("'tests' belum ditulis", "'tests' is missing"))
        return
    tests = source.data["tests"]
    if not is_mapping(source, ("tests",), tests):
        return
    for name, given in tests.items():
        if test := _test(source, name, given, head, context):
            yield test


def _test(source: Source, name: str, written: Any, head: dict[str, Any], context: Context) -> FlowTest | None:
    path = ("tests", name)
    if not is_mapping(source, path, written):
        return None
    written = known_fields(source, path, written, Given, "call")
    own = {field: value for field, value in written.items() if field in Given.model_fields}
    inherited = {field: value for field, value in head.items() if not _replaces(own, field)}
    given = _given(source, path, inherited | own, context)
    lines = written.get("call")
    if not isinstance(lines, list) or not lines:
        message = tr(
            "tulis jalannya panggilan: 'call:', lalu daftar '- …'",
            "write how the call goes: 'call:', then a list of '- …'",
        )
        source.report((*path, "call"), message, key=True)
        return None
    script = [_line(source, (*path, "call", i), line, context) for i, line in enumerate(lines)]
    if given is None or not _answers(source, path, given):
        return None
    for i, line in enumerate(script):
        if line and line.word == "agent" and line.value not in given.agents:
            message = tr(f"'{line.value}' tidak ada di 'agents'", f"'{line.value}' is not among the 'agents'")
            source.report((*path, "call", i, "agent"), message, suggestion=nearest(line.value, given.agents))
    place = source.place(path, key=True)
    return FlowTest(name, source.file, *place, given, tuple(line for line in script if line))


def _replaces(own: dict[str, Any], field: str) -> bool:
    """A test that names a flow does not call the line of the head, nor the other way round."""
    return field in ("line", "flow") and ("line" in own or "flow" in own)


def _given(source: Source, path: ValuePath, given: dict[str, Any], context: Context) -> Given | None:
    """What is given, with the names in it that exist; None where something is wrong."""
    before = len(source.problems)
    model = validate(source, path, given, Given)
    for where, name in marked(model) if model else ():
        known = _known(type(name), context.site)
        if name and name not in known:
            message = tr(f"'{name}' tidak ada", f"'{name}' does not exist")
            source.report((*path, *where), message, suggestion=nearest(name, known))
    if model and model.line and model.line not in context.site.lines:
        message = tr(f"nomor {model.line} tidak ada di hotline.yaml", f"the number {model.line} is not in hotline.yaml")
        source.report((*path, "line"), message, suggestion=nearest(model.line, context.site.lines))
    return model if len(source.problems) == before else None


def _known(kind: type[Marked], site: Site) -> Collection[str]:
    """The names of this kind that there are."""
    if kind is QueryName:
        return site.named(QueryName)
    return site.flows if kind is FlowName else site.queues


def _answers(source: Source, path: ValuePath, given: Given) -> bool:
    """Whether it is said who answers, and when."""
    if bool(given.line) == bool(given.flow):
        message = tr(
            "tulis 'line' (nomor yang dihubungi) atau 'flow' (alur yang menjawab), di sini atau di awal berkas",
            "write 'line' (the number dialled) or 'flow' (the flow that answers), here or at the head of the file",
        )
        source.report(path, message, key=True)
    elif given.at is None:
        message = tr(
            "tulis kapan panggilan dimulai, di sini atau di awal berkas: at: 2026-11-24 10:00",
            "write when the call begins, here or at the head of the file: at: 2026-11-24 10:00",
        )
        source.report(path, message, key=True)
    else:
        return True
    return False


def _line(source: Source, path: ValuePath, written: Any, context: Context) -> ScriptLine | None:
    """One line of a script: a word alone, or a word and its value."""
    if isinstance(written, str):
        word, value, at = written, None, path
    elif isinstance(written, dict) and len(written) == 1:
        ((word, value),) = written.items()
        at = (*path, word)
    else:
        message = tr(
            "di sini harus ada satu kata dengan nilainya, seperti '- presses: 1'",
            "one word with its value belongs here, like '- presses: 1'",
        )
        source.report(path, message)
        return None
    known = WORDS.get(word)
    if known is None:
        message = tr(
            f"'{word}' tidak dikenal; yang ada: {', '.join(WORDS)}",
            f"'{word}' is not known; there are: {', '.join(WORDS)}",
        )
        source.report(at, message, suggestion=nearest(word, WORDS), key=True)
        return None
    if at is path and not known.alone:
        source.report(path, tr(f"'{word}' belum punya nilai", f"'{word}' has no value"))
        return None
    try:
        return ScriptLine(word, known.read(value, context), *source.place(at, key=True))
    except ValueError as e:
        source.report(at, str(e))
        return None
