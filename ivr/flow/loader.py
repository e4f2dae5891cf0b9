"""Reads a folder of flows into a `Site`, and everything that is wrong with it into problems.

The folder holds `hotline.yaml` (lines and queues), `kosakata.yaml` (citizens' words) and one file per flow.
Nothing an author writes makes this raise: what cannot be used is reported with its place, and all of it in one go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.channel import Value
from ivr.flow.expressions import ExpressionError, evaluate
from ivr.flow.lint import Draft, lint
from ivr.flow.model import RESERVED_QUEUES, Blocklist, Flow, FlowHead, Line, Queue, Site, SiteHead, Step
from ivr.flow.problems import Problem, nearest
from ivr.flow.source import Path as ValuePath
from ivr.flow.source import Source, read
from ivr.flow.steps import STEP_TYPES
from ivr.flow.values import KEY, LINE_NUMBER, NAME, NUMBER, Formula, VariableName
from ivr.i18n import tr
from ivr.speech.understanding.vocabulary import Vocabulary, said_twice

HOTLINE = "hotline.yaml"
VOCABULARY = "kosakata.yaml"
SUFFIX = ".yaml"
_YAML = (SUFFIX, ".yml")
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder holds. `site` is None when there is an error; `problems` are in reading order."""

    site: Site | None
    problems: list[Problem] = field(default_factory=list)


def load_site(folder: Path) -> Loaded:
    """Read, check and put together all flows in `folder`. Never raises for what authors write."""
    paths = sorted(p for p in folder.glob("*") if p.suffix.lower() in _YAML) if folder.is_dir() else []
    contents: dict[str, bytes] = {}
    problems: list[Problem] = []
    for path in paths:
        if path.suffix != SUFFIX:
            problems.append(not_a_flow(path))
            continue
        try:
            contents[path.name] = path.read_bytes()
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
    lines, queues, blocklist = _read_hotline(sources.get(HOTLINE))
    vocabulary = _read_vocabulary(sources.get(VOCABULARY))
    drafts: dict[str, Draft] = {}
    every_flow = not problems
    for name, source in sources.items():
        if name in (HOTLINE, VOCABULARY):
            continue
        draft = _read_flow(source, queues)
        if draft is None:
            every_flow = False
            continue
        if draft.flow.name in drafts:
            first = drafts[draft.flow.name].flow.file
            source.report(("flow",), tr(f"alur ini sudah ada di {first}", f"this flow is already in {first}"))
        else:
            drafts[draft.flow.name] = draft
    whole = not any(p.severity == "error" for s in sources.values() for p in s.problems)
    lint(
        sources.get(HOTLINE),
        lines,
        blocklist,
        _names_of_queues(sources.get(HOTLINE)),
        drafts,
        whole=whole,
        every_flow=every_flow,
    )
    problems = sorted({*problems, *(p for s in sources.values() for p in s.problems)})
    if any(p.severity == "error" for p in problems):
        return Loaded(None, problems)
    flows = {name: draft.flow for name, draft in drafts.items()}
    return Loaded(Site(lines, queues, flows, contents, vocabulary, blocklist), problems)


def not_a_flow(path: Path) -> Problem:
    """A file that is not read as a flow because of its name."""
    if path.suffix.lower() in _YAML:
        new = path.with_suffix(SUFFIX).name
        message = tr(f"tidak dibaca; ganti namanya menjadi {new}", f"is not read; rename it to {new}")
    else:
        message = tr(f"tidak dibaca; alur ditulis dalam berkas *{SUFFIX}", f"is not read; flows are *{SUFFIX} files")
    return Problem(str(path), 1, 1, "error", message)


# --- hotline.yaml -----------------------------------------------------------------------------------
def _read_hotline(source: Source | None) -> tuple[dict[str, Line], dict[str, Queue], Blocklist]:
    if source is None or not is_mapping(source, (), source.data):
        return {}, {}, Blocklist()
    unknown_fields(source, (), source.data, SiteHead)
    queues = _each(source, ("queues",), Queue)
    lines = _each(source, ("lines",), Line)
    if "lines" not in source.data:
        source.report((), tr("'lines' belum ditulis", "'lines' is missing"))
    for number in lines:
        _check_name(source, ("lines", number), LINE_NUMBER)
    for queue in queues:
        _check_name(source, ("queues", queue), NAME)
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
    return lines, queues, rules or Blocklist()


def _names_of_queues(source: Source | None) -> Collection[str] | None:
    """The queues that hotline.yaml names, also those that are wrong in themselves; None where it cannot be read."""
    written = source.data.get("queues", {}) if source and isinstance(source.data, dict) else None
    return written if isinstance(written, dict) else None


def _each(source: Source, path: ValuePath, model: type[_Model]) -> dict[str, _Model]:
    """The entries of a mapping such as `queues:`, those that are right."""
    entries = source.data.get(path[-1])
    if entries is None or not is_mapping(source, path, entries):
        return {}
    found = {name: validate(source, (*path, name), entry, model) for name, entry in entries.items()}
    return {name: entry for name, entry in found.items() if entry is not None}


def _check_name(source: Source, path: ValuePath, pattern: str) -> None:
    """A name chosen by the author must be fit for file names, channel variables and the dialplan."""
    if not re.fullmatch(pattern, str(path[-1])):
        source.report(path, _misfit(str(path[-1]), pattern), key=True)


def _misfit(value: str, pattern: str) -> str:
    wanted = {
        KEY: tr("satu tombol telepon: 0-9 * #", "one key of a telephone: 0-9 * #"),
        NAME: tr("nama dari huruf kecil, angka, tanda hubung", "a name of small letters, digits, hyphens"),
        LINE_NUMBER: tr("nomor telepon, hanya angka", "a telephone number, digits only"),
        NUMBER: tr("nomor telepon", "a telephone number"),
    }.get(pattern.strip("^$"), pattern)
    return tr(f"'{value}' bukan {wanted}", f"'{value}' is not {wanted}")


# --- kosakata.yaml ----------------------------------------------------------------------------------
def _read_vocabulary(source: Source | None) -> Vocabulary:
    if source is None or not is_mapping(source, (), source.data):
        return Vocabulary()
    vocabulary = validate(source, (), source.data, Vocabulary) or Vocabulary()
    for path, other in said_twice(vocabulary):
        source.report(path, tr(f"juga dipakai untuk '{other}'", f"is said for '{other}' too"))
    return vocabulary


# --- a flow -----------------------------------------------------------------------------------------
def _read_flow(source: Source, queues: dict[str, Queue]) -> Draft | None:
    """A flow with those of its steps that are right; None when not even its head can be used."""
    if source.data is None or not is_mapping(source, (), source.data):
        return None
    unknown_fields(source, (), source.data, FlowHead, "steps")
    given = {name: value for name, value in source.data.items() if name in FlowHead.model_fields}
    head = validate(source, (), given, FlowHead)
    steps = source.data.get("steps")
    if steps is None:
        source.report((), tr("'steps' belum ditulis", "'steps' is missing"))
    if head is None or steps is None or not is_mapping(source, ("steps",), steps):
        return None
    for name in steps:
        _check_name(source, ("steps", name), NAME)
    inherited = dict(head.policy)
    read_steps = {name: _read_step(source, name, step, inherited, queues) for name, step in steps.items()}
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
    return Draft(flow, source, frozenset(steps))


def _read_step(
    source: Source, name: str, given: Any, inherited: dict[str, Any], queues: dict[str, Queue]
) -> Step | None:
    path = ("steps", name)
    if given is None:
        source.report(path, tr(f"langkah '{name}' kosong", f"step '{name}' is empty"), key=True)
        return None
    if not is_mapping(source, path, given):
        return None
    kind = given.get("type")
    if kind is None:
        source.report(path, tr(f"langkah '{name}' belum punya 'type'", f"step '{name}' has no 'type'"), key=True)
        return None
    if not isinstance(kind, str) or kind not in STEP_TYPES:
        message = tr(f"jenis langkah '{kind}' tidak ada", f"there is no step type '{kind}'")
        source.report((*path, "type"), message, suggestion=nearest(str(kind), STEP_TYPES))
        return None
    model = STEP_TYPES[kind]
    if queue := queues.get(str(given.get("queue"))):
        inherited = inherited | dict(queue)
    unknown_fields(source, path, given, model)
    defaults = {field: value for field, value in inherited.items() if field in model.model_fields}
    return validate(source, path, defaults | {f: v for f, v in given.items() if f in model.model_fields}, model)


def _constants(source: Source, given: Mapping[VariableName, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, text in given.items():
        expression = Formula(text).expression
        try:
            found[str(name)] = text if expression is None else evaluate(expression, found)
        except ExpressionError as e:
            source.report(("constants", name), e.message, suggestion=e.suggestion)
    return found


# --- validation -------------------------------------------------------------------------------------
def is_mapping(source: Source, path: ValuePath, value: Any) -> bool:
    """Whether `value` holds `name: value` pairs; reported where it is anything else."""
    if isinstance(value, dict):
        return True
    if value is not None or path:
        message = tr("di sini harus ada daftar 'nama: nilai'", "a list of 'name: value' belongs here")
        source.report(path, message)
    return False


def unknown_fields(source: Source, path: ValuePath, given: dict[str, Any], model: type[BaseModel], *more: str) -> None:
    """Report the names in `given` that are neither a field of `model` nor one of `more`."""
    known = [*model.model_fields, *more]
    for name in given:
        if name not in known:
            source.report((*path, name), _unknown(name), suggestion=nearest(name, known), key=True)


def _unknown(name: str) -> str:
    return tr(f"'{name}' tidak dikenal di sini", f"'{name}' is not known here")


def validate(source: Source, path: ValuePath, given: Any, model: type[_Model]) -> _Model | None:
    """The model made of what stands at `path`; None, and all that is wrong reported, where it cannot be made."""
    try:
        return model.model_validate(given)
    except ValidationError as e:
        for error in e.errors(include_url=False, include_input=True):
            _report(source, path, error)
    return None


def _report(source: Source, path: ValuePath, error: ErrorDetails) -> None:
    """Say one of Pydantic's findings in words of the flow language."""
    where = [part for part in error["loc"] if part != "[key]"]
    # A union names its branch in the path (`fallback → constrained-str`): keep what the author wrote.
    while where and not source.has((*path, *where)) and error["type"] not in ("missing", "extra_forbidden"):
        where.pop()
    full = (*path, *where)
    name = str(where[-1]) if where else str(path[-1]) if path else ""
    kind, context = error["type"], error.get("ctx", {})
    suggestion = ""
    is_key = error["loc"][-1:] == ("[key]",)
    value = error["input"]
    if kind == "missing":
        source.report(full, tr(f"'{name}' belum ditulis", f"'{name}' is missing"), key=True)
        return
    if kind == "extra_forbidden":
        message, is_key = _unknown(name), True
    elif value is None:
        message = tr(f"'{name}' belum punya nilai", f"'{name}' has no value")
    elif kind == "value_error":
        message = str(context.get("error", error["msg"]))
    elif kind == "literal_error":
        message = tr(
            f"'{value}' bukan pilihan di sini: {context['expected']}",
            f"'{value}' is no choice here: {context['expected']}",
        )
        suggestion = nearest(str(value), str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
    else:
        message = _MESSAGES.get(kind, lambda v, c: error["msg"])(value, context)
    source.report(full, message, suggestion=suggestion, key=is_key)


_MESSAGES: dict[str, Any] = {
    "int_parsing": lambda v, c: tr(f"'{v}' bukan angka bulat", f"'{v}' is not a whole number"),
    "greater_than_equal": lambda v, c: tr(f"paling sedikit {c['ge']:g}", f"must be at least {c['ge']:g}"),
    "less_than_equal": lambda v, c: tr(f"paling banyak {c['le']:g}", f"must be at most {c['le']:g}"),
    "string_pattern_mismatch": lambda v, c: _misfit(v, c["pattern"]),
    "string_type": lambda v, c: tr("di sini harus ada teks", "a text belongs here"),
    "dict_type": lambda v, c: tr("di sini harus ada daftar 'nama: nilai'", "a list of 'name: value' belongs here"),
    "model_type": lambda v, c: tr("di sini harus ada daftar 'nama: nilai'", "a list of 'name: value' belongs here"),
    "list_type": lambda v, c: tr("di sini harus ada daftar '- …'", "a list of '- …' belongs here"),
    "too_short": lambda v, c: tr("daftar ini kosong", "this list is empty"),
}
