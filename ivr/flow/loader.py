"""Reads a folder of flows into a `Site`, and everything that is wrong with it into problems.

The folder holds `hotline.yaml` (lines and queues), `kosakata.yaml` (citizens' words), one file per flow, and the
answer base and translations in folders of their own.
Nothing an author writes makes this raise: what cannot be used is reported with its place, and all of it in one go.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from ivr.channel import Value
from ivr.flow.answers import FOLDER as ANSWERS
from ivr.flow.answers import AnswerBase, check_answers
from ivr.flow.draft import Draft
from ivr.flow.expressions import ExpressionError, evaluate
from ivr.flow.fields import check_name, is_mapping, known_fields, report_unknown, validate
from ivr.flow.hotline import RESERVED_QUEUES, Blocklist, Line, Queue, SiteHead
from ivr.flow.languages import FOLDER as LANGUAGES
from ivr.flow.languages import OtherLanguage, TranslatedTexts, translations, unknown
from ivr.flow.lint import lint
from ivr.flow.model import Flow, FlowHead, Site, Step
from ivr.flow.phrases import cannot_be_said, unsaid
from ivr.flow.problems import Problem, nearest
from ivr.flow.source import Path as ValuePath
from ivr.flow.source import Source, read
from ivr.flow.steps import STEP_TYPES
from ivr.flow.values import LANGUAGE, LINE_NUMBER, NAME, Formula, VariableName
from ivr.i18n import tr
from ivr.speech.spoken_vocabulary import too_large
from ivr.speech.understanding.interpreter import Interpreter
from ivr.speech.understanding.vocabulary import Vocabulary, said_twice
from ivr.voice.languages import INDONESIAN

if TYPE_CHECKING:
    from ivr.settings import Settings

HOTLINE = "hotline.yaml"
VOCABULARY = "kosakata.yaml"
TESTS = "tests"
"""The folder beside the flows that holds their tests."""
SUFFIX = ".yaml"
_YAML = (SUFFIX, ".yml")
_Model = TypeVar("_Model", bound=BaseModel)


class _FlowFile(FlowHead):
    """All of a flow file."""

    steps: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds. `site` is None when there is an error; `problems` are in reading order.

    `untranslated`: language → texts that have no words in it, and are said to callers who chose it.
    """

    site: Site | None
    problems: list[Problem] = field(default_factory=list)
    untranslated: Mapping[str, list[str]] = field(default_factory=dict)


def load_site(
    folder: Path,
    today: dt.date | None = None,
    *,
    read_settings: Callable[[], Settings] | None = None,
    published: bool = False,
) -> Loaded:
    """Read, check and put together all flows in `folder`. Never raises for what authors write.

    `published`: they were judged when they were published; what has been called wrong since must not stop them.

    `today`: the day by which it warns of what will soon be out of date. `read_settings`: gives the settings, whose time
    zone says which day that is, and by which the names of other systems are judged; if missing, the machine's day
    counts, and those are not judged. They are read only where they are needed.
    """
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    paths = source_paths(folder)
    for path in paths:
        if path.suffix != SUFFIX:
            problems.append(not_a_flow(path))
            continue
        try:
            contents[path.relative_to(folder).as_posix()] = path.read_bytes()
        except OSError as e:
            problems.append(
                Problem(
                    str(path), 1, 1, "error", tr(f"tidak dapat dibaca: {e.strerror}", f"cannot be read: {e.strerror}")
                )
            )
    if HOTLINE not in contents and not problems:
        message = tr("tidak ada; di sini nomor dan antrean ditulis", "is missing; numbers and queues are written there")
        problems.append(Problem(str(folder / HOTLINE), 1, 1, "error", message))
    sources = {name: read(str(folder / name), content) for name, content in contents.items()}
    lines, queues, blocklist, languages = _read_hotline(sources.get(HOTLINE))
    vocabulary = _read_vocabulary(sources.get(VOCABULARY))
    drafts: dict[str, Draft] = {}
    answers, translated = AnswerBase(whole=not problems), TranslatedTexts()
    every_flow = not problems
    for name, source in sources.items():
        if name in (HOTLINE, VOCABULARY):
            continue
        if name.startswith(f"{ANSWERS}/"):
            answers.read(source)
            continue
        if name.startswith(f"{LANGUAGES}/"):
            _read_translations(source, name.split("/")[1], languages, translated)
            continue
        draft = _read_flow(source, queues)
        if draft is None:
            every_flow = False
            continue
        if other := drafts.get(draft.flow.name):
            every_flow = False
            draft = _rightful(draft, other)
        drafts[draft.flow.name] = draft
    untranslated: Mapping[str, list[str]] = {}
    if not published:
        today = today or _today(read_settings if answers.entries else None)
        _check_vocabulary(sources.get(VOCABULARY), vocabulary)
        check_answers(answers, vocabulary, today)
        whole = not any(p.severity == "error" for s in sources.values() for p in s.problems)
        untranslated = lint(
            sources.get(HOTLINE),
            lines,
            blocklist,
            _names_of_queues(sources.get(HOTLINE)),
            drafts,
            answers=answers,
            languages=languages,
            translated=translated,
            vocabulary=vocabulary,
            whole=whole,
            every_flow=every_flow,
            today=today,
            read_settings=read_settings,
        )
    problems = sorted({*problems, *_unread(folder, paths), *(p for s in sources.values() for p in s.problems)})
    if any(p.severity == "error" for p in problems):
        return Loaded(None, problems)
    flows = {name: draft.flow for name, draft in drafts.items()}
    site = Site(
        lines,
        queues,
        flows,
        contents,
        vocabulary or Vocabulary(),
        blocklist,
        answers.entries,
        translations(languages, translated),
    )
    return Loaded(replace(site, interpreter=Interpreter(site.vocabulary, site.lexicon())), problems, untranslated)


def _today(read_settings: Callable[[], Settings] | None) -> dt.date:
    """By the settings' time zone; where they cannot be read, by the machine's: why not is told where they matter."""
    zone = None
    if read_settings:
        with suppress(Exception):
            zone = ZoneInfo(read_settings().timezone)
    return dt.datetime.now(zone).date()


def source_paths(folder: Path) -> list[Path]:
    """The files that the flows in `folder` are made of, in reading order; wrongly named ones among them."""
    parts = (folder, folder / ANSWERS, *sorted((folder / LANGUAGES).glob("*")))
    return [p for part in parts for p in sorted(part.glob("*")) if p.suffix.lower() in _YAML]


def _unread(folder: Path, read: Collection[Path]) -> Iterator[Problem]:
    """YAML files below the folder that are read neither as flows nor as tests, because of where they are."""
    for path in sorted(folder.glob("*/**/*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if path.suffix.lower() not in _YAML or path in read or hidden or inside.parent == Path(TESTS):
            continue
        where = tr(
            f"{folder}, {folder / ANSWERS} atau {folder / TESTS}", f"{folder}, {folder / ANSWERS} or {folder / TESTS}"
        )
        if inside.parts[0] == LANGUAGES:
            where = tr(f"{folder / LANGUAGES}/KODE/", f"{folder / LANGUAGES}/CODE/")
        message = tr(
            f"tidak dibaca di folder ini; pindahkan ke {where}, atau hapus",
            f"is not read in this folder; move it to {where}, or remove it",
        )
        yield Problem(str(path), 1, 1, "warning", message)


def not_a_flow(path: Path) -> Problem:
    """A file that is not read as a flow because of its name."""
    if path.suffix.lower() in _YAML:
        new = path.with_suffix(SUFFIX).name
        message = tr(f"tidak dibaca; ganti namanya menjadi {new}", f"is not read; rename it to {new}")
    else:
        message = tr(f"tidak dibaca; alur ditulis dalam berkas *{SUFFIX}", f"is not read; flows are *{SUFFIX} files")
    return Problem(str(path), 1, 1, "error", message)


# --- hotline.yaml -----------------------------------------------------------------------------------
def _read_hotline(
    source: Source | None,
) -> tuple[dict[str, Line], dict[str, Queue], Blocklist, dict[str, OtherLanguage]]:
    if source is None or not is_mapping(source, (), source.data):
        return {}, {}, Blocklist(), {}
    source.data = known_fields(source, (), source.data, SiteHead)
    queues = _each(source, ("queues",), Queue)
    lines = _each(source, ("lines",), Line)
    if not source.data.get("lines"):
        message = tr("'lines' belum ditulis: nomor yang dihubungi", "'lines' is missing: the numbers dialled")
        source.report(("lines",), message, key=True)
    for number in lines:
        check_name(source, ("lines", number), LINE_NUMBER)
    for queue in queues:
        check_name(source, ("queues", queue), NAME)
    for taken in RESERVED_QUEUES:
        if source.has(("queues", taken)):
            source.report(
                ("queues", taken),
                tr(f"nama '{taken}' dipakai Sambung sendiri", f"the name '{taken}' is Sambung's own"),
                key=True,
            )
    rules = (
        validate(source, ("blocklist",), source.data["blocklist"], Blocklist) if "blocklist" in source.data else None
    )
    languages = _each(source, ("languages",), OtherLanguage)
    for language in languages:
        check_name(source, ("languages", language), LANGUAGE)
    if source.has(("languages", INDONESIAN)):
        message = tr("bahasa Indonesia selalu ada; hapus bagian ini", "Indonesian is always there; remove this part")
        source.report(("languages", INDONESIAN), message, key=True)
    return lines, queues, rules or Blocklist(), languages


def _names_of_queues(source: Source | None) -> Collection[str] | None:
    """The queues that hotline.yaml names, also those that are wrong in themselves; None where it cannot be read."""
    written = source.data.get("queues", {}) if source and isinstance(source.data, dict) else None
    return written if isinstance(written, dict) else None


def _each(source: Source, path: ValuePath, model: type[_Model]) -> dict[str, _Model]:
    """The entries of a mapping such as `queues:`, those that are right."""
    entries = source.data.get(path[-1], {})
    if not is_mapping(source, path, entries):
        return {}
    found = {name: validate(source, (*path, name), entry, model) for name, entry in entries.items()}
    return {name: entry for name, entry in found.items() if entry is not None}


# --- kosakata.yaml ----------------------------------------------------------------------------------
def _read_vocabulary(source: Source | None) -> Vocabulary | None:
    """The citizens' words; None where they cannot be read."""
    if source is None:
        return Vocabulary()
    return validate(source, (), source.data, Vocabulary) if is_mapping(source, (), source.data) else None


def _check_vocabulary(source: Source | None, vocabulary: Vocabulary | None) -> None:
    if source is None or vocabulary is None:
        return
    if problem := too_large(vocabulary):
        source.report((), problem)
    for path, other in said_twice(vocabulary):
        source.report(path, tr(f"juga dipakai untuk '{other}'", f"is said for '{other}' too"))
    for path, phrase in vocabulary.placed():
        if sign := unsaid(phrase):
            source.report(path, cannot_be_said(sign), inside=(phrase, phrase.index(sign)))
    for i, name in enumerate(vocabulary.urgent):
        _check_named(source, ("urgent", i), name, vocabulary.questions)
    for name in vocabulary.spoken:
        _check_named(source, ("spoken", name), name, vocabulary.names(), key=True)


def _check_named(source: Source, path: ValuePath, name: str, names: Collection[str], *, key: bool = False) -> None:
    if name not in names:
        message = tr(f"'{name}' tidak ada di berkas ini", f"'{name}' is not in this file")
        source.report(path, message, suggestion=source.nearest(name, names), key=key)


# --- languages/CODE/*.yaml --------------------------------------------------------------------------
def _read_translations(
    source: Source, language: str, languages: Mapping[str, OtherLanguage], translated: TranslatedTexts
) -> None:
    if language in languages:
        translated.read(source, language)
    elif language not in translated.unknown:
        translated.unknown.add(language)
        source.report((), unknown(language), suggestion=source.nearest(language, languages))


# --- a flow -----------------------------------------------------------------------------------------
def _read_flow(source: Source, queues: dict[str, Queue]) -> Draft | None:
    """A flow with those of its steps that are right; None when not even its head can be used."""
    if source.data is None or not is_mapping(source, (), source.data):
        return None
    _lift_steps(source, source.data)
    head = validate(source, (), source.data, _FlowFile)
    if head is None:
        return None
    for name in head.steps:
        check_name(source, ("steps", name), NAME)
    inherited = dict(head.policy)
    read_steps = {name: _read_step(source, name, step, inherited, queues) for name, step in head.steps.items()}
    flow = Flow(
        name=head.flow,
        title=head.title or head.flow,
        start=head.start,
        constants=_constants(source, head.constants),
        policy=head.policy,
        said=head.diucapkan,
        steps={name: step for name, step in read_steps.items() if step is not None},
        file=Path(source.file).name,
    )
    return Draft(flow, source, frozenset(head.steps))


def _rightful(draft: Draft, other: Draft) -> Draft:
    """Of two flows with the same name the one whose file has that name, too; the other one is reported."""
    by_file = draft.flow.name == Path(draft.flow.file).stem
    right, wrong = (draft, other) if by_file else (other, draft)
    message = tr(
        f"nama alur ini sudah dipakai di {right.flow.file}; beri nama lain",
        f"this name of a flow is used in {right.flow.file} already; give it another",
    )
    stem = Path(wrong.flow.file).stem
    wrong.source.report(("flow",), message, suggestion="" if stem == wrong.flow.name else stem)
    return right


def _lift_steps(source: Source, data: dict[str, Any]) -> None:
    """Put the steps that are indented too much or too little where they belong: below `steps`."""
    steps = data.get("steps")
    if not isinstance(steps, dict) or not steps:
        return
    column = source.place(("steps", next(iter(steps))), key=True)[1]
    todo: list[tuple[ValuePath, Any]] = [((), data), *((("steps", name), step) for name, step in steps.items())]
    while todo:
        path, given = todo.pop()
        names = [name for name, value in given.items() if _is_step(value)] if isinstance(given, dict) else []
        for name in names:
            step = given.pop(name)
            at = source.place((*path, name), key=True)[1]
            if at != column or name in steps:
                message = tr(
                    f"langkah '{name}' menjorok {at - 1} spasi, langkah lain {column - 1} spasi; sejajarkan dengan "
                    "isinya",
                    f"step '{name}' is indented by {at - 1} spaces, the other steps by {column - 1}; align it and its "
                    "fields",
                )
                source.report((*path, name), message, key=True)
            if name not in steps:
                steps[name] = step
                source.read_as(("steps", name), (*path, name))
                todo.append((("steps", name), step))


def _is_step(value: Any) -> bool:
    return isinstance(value, dict) and _is_type(value.get("type"))


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and value in STEP_TYPES


def _read_step(
    source: Source, name: str, given: Any, inherited: dict[str, Any], queues: dict[str, Queue]
) -> Step | None:
    path = ("steps", name)
    if given is None:
        source.report(path, tr(f"langkah '{name}' kosong", f"step '{name}' is empty"), key=True)
        return None
    if not is_mapping(source, path, given):
        return None
    given = _with_type(source, path, given)
    kind = given.get("type")
    if kind is None:
        types = ", ".join(STEP_TYPES)
        message = tr(f"langkah '{name}' belum punya 'type': {types}", f"step '{name}' has no 'type': {types}")
        source.report((*path, "type"), message, key=True)
        return None
    if not _is_type(kind):
        message = tr(f"jenis langkah '{kind}' tidak ada", f"there is no step type '{kind}'")
        near = nearest(str(kind), STEP_TYPES)
        listed = "" if near else tr(f"; yang ada: {', '.join(STEP_TYPES)}", f"; there are: {', '.join(STEP_TYPES)}")
        source.report((*path, "type"), f"{message}{listed}", suggestion=near)
        return None
    model = STEP_TYPES[kind]
    if queue := queues.get(str(given.get("queue"))):
        inherited = inherited | dict(queue)
    optional = {field for field, about in model.model_fields.items() if not about.is_required()}
    defaults = {field: value for field, value in inherited.items() if field in optional}
    return validate(source, path, defaults | given, model)


def _with_type(source: Source, path: ValuePath, given: dict[str, Any]) -> dict[str, Any]:
    """A step as written, with `type` where that is misspelt."""
    if "type" in given:
        return given
    fields = {field for model in STEP_TYPES.values() for field in model.model_fields}
    for name, value in given.items():
        if _is_type(value) and name not in fields:
            report_unknown(source, (*path, name), fields, "type")
            return {field: value for field, value in given.items() if field != name} | {"type": value}
    return given


def _constants(source: Source, given: Mapping[VariableName, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, text in given.items():
        expression = Formula(text).expression
        try:
            found[str(name)] = text if expression is None else evaluate(expression, found)
        except ExpressionError as e:
            source.report(("constants", name), e.message, suggestion=e.suggestion)
    return found
