"""Judges what flows make of variables: whether something sets them, and what they are said as and compared with."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ivr.channel import LANGUAGE, RECORDED, Value
from ivr.flow.answers import AnswerBase
from ivr.flow.draft import Draft
from ivr.flow.expression_errors import dotted
from ivr.flow.expressions import (
    CALL_VARIABLES,
    CONSTANTS,
    OTHER_CONSTANTS,
    Comparison,
    ExpressionError,
    Parsed,
    angka,
    equal,
    parse,
)
from ivr.flow.graph import Node
from ivr.flow.kinds import SAID_AS
from ivr.flow.model import Content, Step
from ivr.flow.policy import OPTION
from ivr.flow.problems import Severity
from ivr.flow.sentences import DOCUMENT, OTHER_DOCUMENT, OTHER_QUESTION, PLACE, QUESTION
from ivr.flow.source import Path, Source
from ivr.flow.values import AnswerName, Expression, Formula, Marked, SetVariable, Template, VariableName, marked
from ivr.i18n import tr
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.voice.languages import INDONESIAN
from ivr.voice.template import Placeholder, TemplateError, parse_template

MOST_LISTED = 8
"""So many values are named where none is like the one that was written."""


@dataclass(frozen=True, slots=True)
class Use:
    """A step uses a variable. `path`: where that is written in its file; `inside`: the text, and the offset in it.

    `severity`: how bad it is where the variable has no value.
    """

    name: str
    path: Path
    inside: tuple[str, int] | None = None
    severity: Severity = "error"


@dataclass(frozen=True)
class Variables:
    """All that some step of some flow sets: a call keeps them from flow to flow.

    `named`: those that an author names. `compared`: variable → values with which some expression compares it.
    `plainly`: those that are said without a format.
    """

    contents: Mapping[str, Content]
    named: Collection[str]
    compared: Mapping[str, Collection[object]]
    plainly: Collection[str]


def all_variables(drafts: Iterable[Draft], vocabulary: Vocabulary | None, languages: Collection[str]) -> Variables:
    """`vocabulary`: None where it cannot be read."""
    number = Content(formats=SAID_AS["telepon"])
    contents = {"caller": number, "line": number}
    contents[LANGUAGE] = Content(frozenset({INDONESIAN, *languages}), frozenset())
    contents[RECORDED] = Content(frozenset(CONSTANTS), frozenset())
    named = set(CALL_VARIABLES)
    compared: dict[str, set[object]] = {}
    plainly: set[str] = set()
    understood = _understood(vocabulary)

    def add(name: str, content: Content) -> None:
        contents[name] = _either(contents[name], content) if name in contents else content

    for draft in drafts:
        for constant, value in draft.flow.constants.items():
            add(constant, Content(frozenset({value}) if isinstance(value, str) else None))
        named |= draft.flow.constants.keys()
        for name, step in draft.flow.steps.items():
            own = step.contents()
            if step.understands:
                own = {**own, **understood}
            for variable in draft.sets[name]:
                add(variable, own.get(variable, Content()))
            named |= {str(text) for _, text in draft.marks[name] if isinstance(text, VariableName)}
            for expression in _expressions(draft.marks[name]):
                for comparison in expression.comparisons:
                    compared.setdefault(comparison.name, set()).add(comparison.value)
            plainly |= {part.name for part in _placeholders(draft.marks[name]) if not part.format}
    return Variables(contents, named, compared, plainly)


def _understood(vocabulary: Vocabulary | None) -> dict[str, Content]:
    """What sentences are about."""
    if vocabulary is None:
        return {}
    return {
        DOCUMENT: Content(frozenset(vocabulary.documents)),
        OTHER_DOCUMENT: Content(frozenset(vocabulary.documents)),
        QUESTION: Content(frozenset(vocabulary.questions)),
        OTHER_QUESTION: Content(frozenset(vocabulary.questions)),
        PLACE: Content(frozenset(vocabulary.places)),
    }


def _either(one: Content, other: Content) -> Content:
    values = None if one.values is None or other.values is None else one.values | other.values
    formats = None if one.formats is None or other.formats is None else one.formats | other.formats
    return Content(values, formats)


def _expressions(marks: Iterable[tuple[Path, Marked]]) -> Iterator[Parsed]:
    for _, text in marks:
        expression = text.expression if isinstance(text, Formula) else text if isinstance(text, Expression) else None
        if expression is not None:
            try:
                yield parse(expression)
            except ExpressionError:
                continue


def _placeholders(marks: Iterable[tuple[Path, Marked]]) -> Iterator[Placeholder]:
    for _, text in marks:
        if isinstance(text, Template):
            with suppress(TemplateError):
                yield from (part for part in parse_template(text) if isinstance(part, Placeholder))


# --- judging ----------------------------------------------------------------------------------------
def check_words(draft: Draft, variables: Variables | None) -> Mapping[Node, list[Use]]:
    """Report what is wrong in the templates and expressions of a flow; gives the variables that each step uses.

    `variables`: None where not all are known.
    """
    source, flow = draft.source, draft.flow
    for path, text in marked(flow.policy):
        if source.has(("policy", *path)):
            _check(source, ("policy", *path), text, variables)
    for name, given in source.data.get("constants", {}).items():
        if name in flow.constants and (expression := Formula(given).expression):
            _check_dots(source, ("constants", name), given, expression)
    uses: dict[Node, list[Use]] = {}
    for name, marks in draft.marks.items():
        step = flow.steps[name]
        of_step = uses[flow.name, name] = [Use(read, ("steps", name)) for read in step.reads()]
        for path, text in marks:
            full: Path = ("steps", name, *path)
            if source.has(full):  # else a default, or the flow's policy, which is checked where it stands
                of_step += _check(source, full, text, variables, step)
    return uses


def check_answers(
    answers: AnswerBase, drafts: Collection[Draft], variables: Variables | None
) -> Mapping[str, list[Use]]:
    """What answers say can be said, and some step tells each of them; unless not all is known (`variables` None).

    Gives the variables that each says.
    """
    uses = {
        name: check_template(answers.sources[name], ("answers", name, "say"), entry.say, variables)
        for name, entry in answers.entries.items()
    }
    named = (text for draft in drafts for of in draft.marks.values() for _, text in of)
    told = {str(text) for text in named if isinstance(text, AnswerName)}
    if "" in told:  # by what was understood
        told |= {name for name, entry in answers.entries.items() if entry.intents}
    if variables is None or told - answers.written - {""}:
        return uses  # the one that seems unused may be meant
    for name in answers.entries.keys() - told:
        message = tr(
            f"tidak ada alur yang memakai jawaban '{name}'; pakai di langkah answer, atau hapus",
            f"no flow uses the answer '{name}'; use it in a step answer, or remove it",
        )
        answers.sources[name].report(("answers", name), message, severity="warning", key=True)
    return uses


def check_template(source: Source, path: Path, text: str, variables: Variables | None) -> list[Use]:
    """A text to be spoken can be, in formats that fit; gives the variables that it says, which something sets."""
    try:
        parts = parse_template(text)
    except TemplateError as e:
        source.report(path, str(e), inside=(text, e.offset))
        return []
    if text.strip() and not any(isinstance(part, Placeholder) or re.search(r"\w", part) for part in parts):
        message = tr("di teks ini tidak ada kata; tulis yang diucapkan", "there is no word in this text; write some")
        source.report(path, message)
    option = OPTION[1:-1] if path[-1] == "half_sure" else ""
    said = [part for part in parts if isinstance(part, Placeholder) and part.name != option]
    uses = [Use(part.name, path, (text, part.offset)) for part in said]
    if variables is None:
        return uses
    known = variables.contents
    found = [(part, use) for part, use in zip(said, uses, strict=True) if _is_set(source, use, known)]
    for part, use in found:
        _check_format(source, use, part.format, known[part.name].formats)
    return [use for _, use in found]


def _check(
    source: Source, path: Path, text: Marked, variables: Variables | None, step: Step | None = None
) -> list[Use]:
    """One text of a flow."""
    if isinstance(text, Template):
        if source.cut_by_remark(path):
            message = tr(
                "mulai dari # teks ini tidak diucapkan; beri tanda kutip pada teks, atau dua spasi sebelum #",
                "from # on this text is not spoken; put quotes around all of it, or two spaces in front of #",
            )
            source.report(path, message, severity="warning")
        return check_template(source, path, text, variables)
    expression = text.expression if isinstance(text, Formula) else text if isinstance(text, Expression) else None
    if expression is not None:
        return _check_expression(source, path, text, expression, variables)
    if isinstance(text, Formula) and variables is not None:
        _check_plain(source, path, text, variables, asked=bool(step and step.type == "lookup"))
    return []


def _check_expression(source: Source, path: Path, text: str, expression: str, variables: Variables | None) -> list[Use]:
    start = text.find(expression)
    try:
        parsed = parse(expression)
    except ExpressionError as e:
        source.report(path, e.message, suggestion=e.suggestion, inside=(text, start + e.offset))
        return []
    _check_dots(source, path, text, expression)
    severity: Severity = "warning" if isinstance(text, SetVariable) else "error"  # those are left out of a list
    uses = [Use(name, path, (text, start + offset), severity) for name, offset in parsed.names.items()]
    if variables is None:
        return uses
    found = {use.name: use for use in uses if _is_set(source, use, variables.contents, quotable=True)}
    for comparison in parsed.comparisons:
        if comparison.name in found:
            values = variables.contents[comparison.name].values
            _check_comparison(source, path, (text, start + comparison.offset), comparison, values)
    return list(found.values())


def _check_dots(source: Source, path: Path, text: str, expression: str) -> None:
    if found := dotted(expression):
        offset, message = found
        source.report(path, message, inside=(text, text.find(expression) + offset))


def _is_set(source: Source, use: Use, known: Collection[str], *, quotable: bool = False) -> bool:
    """Whether something sets it; reported where nothing does. `quotable`: it may be meant as a text."""
    if use.name in known:
        return True
    message = tr(f"variabel '{use.name}' tidak pernah diisi", f"the variable '{use.name}' is never set")
    near = source.nearest(use.name, known)
    if quotable:
        near = OTHER_CONSTANTS.get(use.name) or near
        quote = tr(f"; jika ini teks, beri tanda kutip: '{use.name}'", f"; if it is a text, quote it: '{use.name}'")
        message += "" if near else quote
    source.report(use.path, message, suggestion=near, inside=use.inside)
    return False


def _check_format(source: Source, use: Use, spoken_as: str, formats: Collection[str] | None) -> None:
    if formats is None or not spoken_as or spoken_as in formats:
        return
    fit = [f"{{{use.name}:{each}}}" for each in sorted(formats)] or [f"{{{use.name}}}"]
    message = tr(
        f"isi '{use.name}' tidak dapat diucapkan sebagai {spoken_as}; tulis {' atau '.join(fit)}",
        f"what '{use.name}' holds cannot be said as {spoken_as}; write {' or '.join(fit)}",
    )
    source.report(use.path, message, inside=use.inside)


def _check_comparison(
    source: Source, path: Path, inside: tuple[str, int], comparison: Comparison, values: Collection[str] | None
) -> None:
    """A variable of which all values are known is compared with one of them."""
    name, value = comparison.name, comparison.value
    if values is None or value == "":
        return
    if comparison.ordered:
        if _is_number(value) and not any(map(_is_number, values)):
            message = tr(
                f"isi '{name}' bukan angka, sehingga tidak dapat dibandingkan dengan {value}",
                f"what '{name}' holds is no number, and cannot be compared with {value}",
            )
            source.report(path, message, severity="warning", inside=inside)
        return
    if any(equal(each, value) for each in values):
        return
    near = source.nearest(str(value), values)
    listed = ", ".join(sorted(filter(None, values))[:MOST_LISTED]) + (", …" if len(values) > MOST_LISTED else "")
    there_are = tr(f"; isinya salah satu dari: {listed}", f"; it is one of: {listed}")
    if near or not listed:
        there_are = "" if near else tr("; selalu kosong", "; it is always empty")
    message = tr(f"'{name}' tidak pernah berisi '{value}'{there_are}", f"'{name}' never holds '{value}'{there_are}")
    source.report(path, message, severity="warning", suggestion=near, inside=inside)


def _is_number(value: Value) -> bool:
    try:
        angka(value)
    except ExpressionError:
        return False
    return True


def _check_plain(source: Source, path: Path, text: str, variables: Variables, *, asked: bool) -> None:
    """A text that looks like an expression may lack its =. `asked`: another system is asked with it."""
    name = str(path[-1])
    if not asked and text in variables.compared.get(name, ()):
        return
    if text in variables.named and (asked or not _is_said_as_word(name, text, variables)):
        message = tr(
            f"ini kata '{text}', bukan isi variabel '{text}'; untuk isinya tulis: = {text}; untuk katanya: = '{text}'",
            f"this is the word '{text}', not what the variable '{text}' holds; for that write: = {text}; for the "
            f"word: = '{text}'",
        )
    elif "{" in text:
        message = tr(
            "{…} tidak diisi di sini; tulis ekspresi, seperti = nama, atau = 'Yth. ' + nama",
            "{…} is not filled in here; write an expression, such as = nama, or = 'Yth. ' + nama",
        )
    elif _looks_worked_out(text, variables):
        message = tr(
            f"ini teks, tidak dihitung; agar dihitung tulis: = {text}; jika memang teks: = '{text}'",
            f"this is a text and is not worked out; for that write: = {text}; if it is meant as text: = '{text}'",
        )
    else:
        return
    source.report(path, message, severity="warning")


def _is_said_as_word(name: str, text: str, variables: Variables) -> bool:
    """Whether `name` is said as words, and what the variable `text` holds would not be."""
    if name not in variables.plainly or text in CALL_VARIABLES:
        return False
    return text in variables.contents and variables.contents[text].formats is not None


def _looks_worked_out(text: str, variables: Variables) -> bool:
    try:
        parsed = parse(text)
    except ExpressionError:
        return False
    return parsed.is_composed and bool(parsed.names) and all(name in variables.named for name in parsed.names)
