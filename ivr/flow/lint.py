"""Judges loaded flows: what cannot work is an error, what is unkind to callers a warning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import TYPE_CHECKING

from ivr.channel import LANGUAGE, RECORDED
from ivr.flow.announced import check_announced
from ivr.flow.answers import AnswerBase
from ivr.flow.draft import Draft
from ivr.flow.expressions import CONSTANTS
from ivr.flow.graph import Graph, Node
from ivr.flow.hotline import Blocklist, Line
from ivr.flow.hours import CLOSES, Hours, disorder
from ivr.flow.kinds import SAID_AS
from ivr.flow.languages import OtherLanguage, TranslatedTexts, check_fallbacks, unknown
from ivr.flow.model import Content
from ivr.flow.order import check_order
from ivr.flow.others import check_others
from ivr.flow.phrases import check_phrases
from ivr.flow.public_holidays import joint_leave
from ivr.flow.source import Path, Source
from ivr.flow.untranslated import check_translations
from ivr.flow.values import (
    AnswerName,
    FlowName,
    Formula,
    LanguageName,
    Marked,
    QueueName,
    Target,
    Template,
    VariableName,
    marked,
)
from ivr.flow.variables import Use, Variables, all_variables, check_answers, check_template, check_words
from ivr.flow.ways import check_ways
from ivr.i18n import tr
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.voice.languages import INDONESIAN

if TYPE_CHECKING:
    from ivr.settings import Settings

JOINT_LEAVE_AHEAD_DAYS = 30
"""Joint leave that is unknown so long before the year begins is worth a warning."""
_OF_CALL = all_variables([], None, [])
_CLOSING = Variables({**_OF_CALL.contents, CLOSES: Content(formats=SAID_AS["jam"])}, {}, {}, {})
"""What may be said before a flow, and what `closing_say` may say."""


def lint(
    hotline: Source | None,
    lines: Mapping[str, Line],
    blocklist: Blocklist,
    queues: Collection[str] | None,
    drafts: Mapping[str, Draft],
    *,
    answers: AnswerBase,
    languages: Mapping[str, OtherLanguage],
    translated: TranslatedTexts,
    vocabulary: Vocabulary | None,
    whole: bool,
    every_flow: bool,
    today: dt.date,
    read_settings: Callable[[], Settings] | None,
) -> dict[str, list[str]]:
    """Report into the sources all that is wrong between steps, flows, lines, queues and answers.

    Gives the texts that lack a translation, as `check_translations`.
    `queues`: the names there are, None where that is not known; `vocabulary` likewise. `every_flow`: all of them are
    among the drafts. `whole`: every file could be read in full; only then the ways through the flows are judged.
    A name that stands in what could not be read is no second mistake. `read_settings`: see `check_others`.
    """
    flows = drafts if every_flow else None
    if hotline is not None:
        _check_lines(hotline, lines, queues, flows, today)
        check_template(hotline, ("blocklist", "say"), blocklist.say, _OF_CALL)
        check_fallbacks(hotline, languages)
    every_step = every_flow and all(len(draft.flow.steps) == len(draft.written) for draft in drafts.values())
    variables = all_variables(drafts.values(), vocabulary, languages) if every_step else None
    check_phrases(drafts.values(), every_step=every_step)
    uses: dict[Node, list[Use]] = {}
    for draft in drafts.values():
        _check_names(draft, queues, flows, answers, languages)
        _check_own_names(draft)
        uses |= check_words(draft, variables)
        _check_understanding(draft, vocabulary, variables)
    told = check_answers(answers, list(drafts.values()), variables)
    check_others(drafts.values(), read_settings)
    sources = [*([hotline] if hotline else []), *(draft.source for draft in drafts.values())]
    if whole and every_flow and lines and not any(p.severity == "error" for source in sources for p in source.problems):
        graph = Graph({name: draft.flow for name, draft in drafts.items()})
        check_order(graph, lines, drafts, uses, answers=answers, told=told)
        check_ways(graph, lines, drafts, answers)
        check_announced(drafts.values())
        return check_translations(graph, lines, drafts, answers, languages=languages, written=translated)
    return {}


# --- names ------------------------------------------------------------------------------------------
def _check_lines(
    hotline: Source,
    lines: Mapping[str, Line],
    queues: Collection[str] | None,
    flows: Collection[str] | None,
    today: dt.date,
) -> None:
    for number, line in lines.items():
        path: Path = ("lines", number)
        for at, text in marked(line):
            if text and hotline.has((*path, *at)):
                _check_before_flow(hotline, (*path, *at), text, queues, flows)
        if line.hours and not line.after_hours:
            message = tr(
                f"nomor {number} punya jam buka, tetapi 'after_hours' belum ditulis",
                f"line {number} has hours, but no 'after_hours' flow for the time outside them",
            )
            hotline.report((*path, "hours"), message, key=True)
        if line.hours:
            _check_times(hotline, (*path, "hours"), line.hours)
            _check_past_days(hotline, (*path, "hours"), line.hours, today)
        if line.hours and line.hours.joint_leave:
            _check_joint_leave(hotline, (*path, "hours"), line.hours, today)


def _check_before_flow(
    hotline: Source, path: Path, text: Marked, queues: Collection[str] | None, flows: Collection[str] | None
) -> None:
    """What a line names or says of itself."""
    if isinstance(text, FlowName) and flows is not None and text not in flows:
        message = tr(f"alur '{text}' tidak ada", f"there is no flow '{text}'")
        hotline.report(path, message, suggestion=hotline.nearest(text, flows))
    elif isinstance(text, QueueName) and queues is not None and text not in queues:
        message = tr(f"antrean '{text}' tidak ada di bawah 'queues'", f"there is no queue '{text}' below 'queues'")
        hotline.report(path, message, suggestion=hotline.nearest(text, queues))
    elif isinstance(text, Template):
        check_template(hotline, path, text, _CLOSING if path[-1] == "closing_say" else _OF_CALL)


def _check_times(hotline: Source, path: Path, hours: Hours) -> None:
    """The times of a day come one after the other."""
    times: dict[Path, str] = {("week", days): of_days for days, of_days in hours.week.items()}
    times |= {("open_on", day.isoformat()): of_day for day, of_day in hours.open_on.items()}
    for at, text in times.items():
        if message := disorder(text):
            hotline.report((*path, *at), message)


def _check_past_days(hotline: Source, path: Path, hours: Hours, today: dt.date) -> None:
    """A day that is over does no harm, unless it stands for one of another year."""
    days = [("closed", day) for day in hours.closed] + [("open_on", day) for day in hours.open_on]
    for field, day in days:
        if day < today:
            message = tr(
                f"{day} sudah lewat; hapus baris ini, atau perbaiki tahunnya",
                f"{day} is over; remove this line, or correct its year",
            )
            hotline.report((*path, field, day.isoformat()), message, severity="warning", key=True)


def _check_joint_leave(hotline: Source, path: Path, hours: Hours, today: dt.date) -> None:
    """Joint leave is decreed a year at a time: the coming one may not be known yet."""
    year = (today + dt.timedelta(days=JOINT_LEAVE_AHEAD_DAYS)).year
    if joint_leave(year) or any(day.year == year for day in hours.closed):
        return
    message = tr(
        f"cuti bersama {year} belum dikenal; perbarui Sambung, atau tulis tanggalnya di 'closed'",
        f"the joint leave of {year} is not known yet; update Sambung, or write its dates into 'closed'",
    )
    hotline.report((*path, "joint_leave"), message, severity="warning", key=True)


def _check_names(
    draft: Draft,
    queues: Collection[str] | None,
    flows: Collection[str] | None,
    answers: AnswerBase,
    languages: Collection[str],
) -> None:
    """Steps, queues, flows, answers and languages that are named must exist."""
    flow, source = draft.flow, draft.source
    aimed_at = {flow.start} | {text for of in draft.marks.values() for _, text in of if isinstance(text, Target)}
    lonely, lost = draft.written - aimed_at, aimed_at - draft.written - {""}

    @cache
    def meant(target: str) -> str:
        """The step that is spelled nearly so; the only one that nothing leads to, where only one is sought: it may
        have been renamed.
        """
        renamed = next(iter(lonely)) if len(lonely) == len(lost) == 1 else ""
        return source.nearest(target, draft.written) or renamed

    if flow.start not in draft.written:
        message = tr(f"langkah awal '{flow.start}' tidak ada", f"the first step '{flow.start}' does not exist")
        source.report(("start",), message, suggestion=meant(flow.start))
    if (expired := flow.policy.expired) and expired not in draft.written:
        message = tr(
            f"'expired' di policy menuju '{expired}', yang tidak ada",
            f"'expired' of the policy leads to '{expired}', which does not exist",
        )
        source.report(("policy", "expired"), message, suggestion=meant(expired))
    for name, marks in draft.marks.items():
        for path, text in marks:
            if not text:
                continue
            full = ("steps", name, *path)
            if isinstance(text, Target) and text not in draft.written:
                if source.has(full):  # else it is the policy's
                    source.report(full, _lost(name, path, text), suggestion=meant(text))
            elif isinstance(text, QueueName) and queues is not None and text not in queues:
                message = tr(
                    f"antrean '{text}' tidak ada di hotline.yaml", f"there is no queue '{text}' in hotline.yaml"
                )
                source.report(full, message, suggestion=source.nearest(text, queues))
            elif isinstance(text, FlowName) and flows is not None and text not in flows:
                message = tr(f"alur '{text}' tidak ada", f"there is no flow '{text}'")
                source.report(full, message, suggestion=source.nearest(text, flows))
            elif isinstance(text, AnswerName) and answers.whole and text not in answers.written:
                message = tr(
                    f"jawaban '{text}' tidak ada di folder answers",
                    f"there is no answer '{text}' in the folder answers",
                )
                source.report(full, message, suggestion=source.nearest(text, answers.written))
            elif _is_language(path, text) and text not in (INDONESIAN, *languages):
                source.report(full, unknown(text), suggestion=source.nearest(text, languages))


def _check_own_names(draft: Draft) -> None:
    """A flow does not call itself, nor replace what it calls constant."""
    for name, marks in draft.marks.items():
        for path, text in marks:
            full = ("steps", name, *path)
            if isinstance(text, FlowName) and path[-1] == "call" and text == draft.flow.name:
                message = tr(
                    "alur ini memanggil dirinya sendiri; tulis 'flow' sebagai ganti 'call' untuk mulai lagi dari awal",
                    "this flow calls itself; write 'flow' instead of 'call' to begin it anew",
                )
                draft.source.report(full, message)
            elif isinstance(text, VariableName) and text in draft.flow.constants:
                if any(_works_out(text, at, formula) for at, formula in marks):
                    message = tr(
                        f"'{text}' ada di 'constants' dan di sini diganti; hapus di 'constants' dan isi awalnya dengan "
                        "langkah set",
                        f"'{text}' is among the 'constants' and replaced here; remove it there, and set what it is at "
                        "first in a step set",
                    )
                else:
                    message = tr(
                        f"'{text}' ada di 'constants' dan di sini diganti; pakai nama lain, atau hapus di 'constants'",
                        f"'{text}' is among the 'constants' and replaced here; use another name, or remove it there",
                    )
                draft.source.report(full, message, severity="warning", key=path[-1] == text)
            elif isinstance(text, Formula) and path[-1] == RECORDED and not text.expression and text not in CONSTANTS:
                message = tr(
                    f"'{text}' berarti penelepon tidak direkam; tulis ya atau tidak",
                    f"'{text}' means that the caller is not recorded; write ya or tidak",
                )
                draft.source.report(full, message, severity="warning")


def _works_out(name: str, path: Path, text: Marked) -> bool:
    """Whether the variable is worked out from itself here."""
    return path[-1] == name and isinstance(text, Formula) and name in re.findall(r"\w+", text.expression or "")


def _is_language(path: Path, text: Marked) -> bool:
    """Whether a language is named, or given to the variable that holds the call's."""
    if isinstance(text, Formula):
        return path[-1] == LANGUAGE and text.expression is None
    return isinstance(text, LanguageName)


def _lost(step: str, path: Path, target: str) -> str:
    if path[0] == "keys":
        return tr(
            f"langkah '{step}' mengirim tombol {path[1]} ke '{target}', yang tidak ada",
            f"step '{step}' sends key {path[1]} to '{target}', which does not exist",
        )
    field = path[-1]
    return tr(
        f"'{field}' di langkah '{step}' menuju '{target}', yang tidak ada",
        f"'{field}' of step '{step}' leads to '{target}', which does not exist",
    )


# --- what is understood ------------------------------------------------------------------------------
def _check_understanding(draft: Draft, vocabulary: Vocabulary | None, variables: Variables | None) -> None:
    """Sentences are understood by some words, and something sets what steps go by."""
    for name, step in draft.flow.steps.items():
        if step.understands and vocabulary is not None and not (vocabulary.documents or vocabulary.questions):
            message = tr(
                "kalimat dipahami dengan kosakata.yaml: tulis di sana dokumen dan jenis pertanyaan",
                "sentences are understood by kosakata.yaml: write documents and kinds of question there",
            )
            draft.source.report(("steps", name, "understood"), message, key=True)
        known = None if variables is None else variables.contents
        if lacking := next((name for name in step.reads() if known is not None and name not in known), None):
            message = tr(
                f"langkah ini menurut '{lacking}', yang tidak pernah diisi; tulis 'understood' di menu sebelumnya",
                f"this step goes by '{lacking}', which is never set; write 'understood' in the menu before it",
            )
            draft.source.report(("steps", name), message, key=True)
