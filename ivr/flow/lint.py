"""Judges loaded flows: what cannot work is an error, what is unkind to callers a warning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import groupby

from ivr.flow.answers import AnswerBase
from ivr.flow.expressions import CALL_VARIABLES, ExpressionError, parse
from ivr.flow.graph import Graph, Node
from ivr.flow.hours import CLOSES, Hours
from ivr.flow.model import OPTION, Blocklist, Flow, Line, Step
from ivr.flow.public_holidays import joint_leave
from ivr.flow.source import Path, Source
from ivr.flow.values import (
    CURLY_QUOTES,
    KEY,
    KEY_WORDS,
    AnswerName,
    Expression,
    FlowName,
    Formula,
    Marked,
    Phrase,
    QueueName,
    Target,
    Template,
    VariableName,
    marked,
)
from ivr.i18n import tr
from ivr.speech.lexicon import Lexicon, LexiconError, plainly, sentences
from ivr.speech.likeness import nearly_alike
from ivr.voice.template import Placeholder, TemplateError, parse_template

LETTERS_PER_SECOND = 14.0
"""How quickly Indonesian prompts are spoken, about."""
LONG_SECONDS = 30.0
"""A caller should have had a choice before this."""
MOST_SENTENCES = 2000
"""So many the phrases of a step may stand for: their graph has 3.4 MB and takes half a second to build (measured)."""
JOINT_LEAVE_AHEAD_DAYS = 30
"""Joint leave that is unknown so long before the year begins is worth a warning."""

_PRESS = re.compile(r"\btekan(?:lah)?\s+(?:tombol\s+|angka\s+)?(\w+|\*|#)", re.IGNORECASE)


@dataclass(frozen=True)
class Draft:
    """A flow with its source. `written`: names of all its steps, also of those that are wrong in themselves."""

    flow: Flow
    source: Source
    written: frozenset[str]

    @cached_property
    def marks(self) -> Mapping[str, Sequence[tuple[Path, Marked]]]:
        """Step → its marked strings, each with its path in the step."""
        return {name: list(marked(step)) for name, step in self.flow.steps.items()}


def lint(
    hotline: Source | None,
    lines: Mapping[str, Line],
    blocklist: Blocklist,
    queues: Collection[str] | None,
    drafts: Mapping[str, Draft],
    *,
    answers: AnswerBase,
    whole: bool,
    every_flow: bool,
) -> None:
    """Report into the sources all that is wrong between steps, flows, lines, queues and answers.

    `queues`: the names there are, None where that is not known. `every_flow`: all of them are among the
    drafts. `whole`: every file could be read in full; only then the ways through the flows are judged.
    A name that stands in what could not be read is no second mistake.
    """
    flows = drafts if every_flow else None
    if hotline is not None:
        _check_lines(hotline, lines, queues, flows)
        _check_template(hotline, ("blocklist", "say"), blocklist.say, set(CALL_VARIABLES))
    every_step = every_flow and all(len(draft.flow.steps) == len(draft.written) for draft in drafts.values())
    variables = _variables(drafts.values()) if every_step else None
    lexicon = _lexicon(drafts.values(), every_step=every_step)
    ways = lru_cache(maxsize=1000)(lambda phrase: list(sentences(lexicon.form(phrase))))
    for draft in drafts.values():
        _check_names(draft, queues, flows, answers)
        _check_words(draft, variables)
        _check_phrases(draft, ways)
    _check_answers(answers, list(drafts.values()), variables)
    sources = [*([hotline] if hotline else []), *(draft.source for draft in drafts.values())]
    if whole and every_flow and lines and not any(p.severity == "error" for source in sources for p in source.problems):
        _check_ways(lines, drafts, answers)


# --- names ------------------------------------------------------------------------------------------
def _check_lines(
    hotline: Source, lines: Mapping[str, Line], queues: Collection[str] | None, flows: Collection[str] | None
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
        if line.hours and line.hours.joint_leave:
            _check_joint_leave(hotline, (*path, "hours"), line.hours)


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
        _check_template(hotline, path, text, {*CALL_VARIABLES, *((CLOSES,) if path[-1] == "closing_say" else ())})


def _check_joint_leave(hotline: Source, path: Path, hours: Hours) -> None:
    """Joint leave is decreed a year at a time: the coming one may not be known yet."""
    year = (dt.datetime.now(dt.UTC) + dt.timedelta(days=JOINT_LEAVE_AHEAD_DAYS)).year
    if joint_leave(year) or any(day.year == year for day in hours.closed):
        return
    message = tr(
        f"cuti bersama {year} belum dikenal; perbarui Sambung, atau tulis tanggalnya di 'closed'",
        f"the joint leave of {year} is not known yet; update Sambung, or write its dates into 'closed'",
    )
    hotline.report((*path, "joint_leave"), message, severity="warning", key=True)


def _check_names(
    draft: Draft, queues: Collection[str] | None, flows: Collection[str] | None, answers: AnswerBase
) -> None:
    """Steps, queues, flows and answers that are named must exist."""
    flow, source = draft.flow, draft.source
    aimed_at = {flow.start} | {text for of in draft.marks.values() for _, text in of if isinstance(text, Target)}
    lonely = sorted(draft.written - aimed_at)

    @cache
    def meant(target: str) -> str:
        """The step that is spelled nearly so, else the only one that nothing leads to: it may have been renamed."""
        return source.nearest(target, draft.written) or (lonely[0] if len(lonely) == 1 else "")

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


# --- words and variables ----------------------------------------------------------------------------
def _variables(drafts: Iterable[Draft]) -> set[str]:
    """Variables that some step of some flow sets: a call keeps them from flow to flow."""
    found = set(CALL_VARIABLES)
    for draft in drafts:
        for name, step in draft.flow.steps.items():
            found |= set(step.sets) | {str(text) for _, text in draft.marks[name] if isinstance(text, VariableName)}
    return found


def _check_words(draft: Draft, variables: set[str] | None) -> None:
    """Templates and expressions can be read, and use variables that something sets."""
    source = draft.source
    known = None if variables is None else variables | set(draft.flow.constants)
    checked = [(("policy", *path), text) for path, text in marked(draft.flow.policy)]
    for name, marks in draft.marks.items():
        checked += [(("steps", name, *path), text) for path, text in marks]
    for path, text in checked:
        if not source.has(path):
            continue  # a default, or the flow's policy, which is checked where it stands
        if isinstance(text, Template):
            if source.cut_by_remark(path):
                message = tr(
                    "mulai dari # teks ini tidak diucapkan; beri tanda kutip pada teks, atau dua spasi sebelum #",
                    "from # on this text is not spoken; put quotes around all of it, or two spaces in front of #",
                )
                source.report(path, message, severity="warning")
            names = known | {OPTION[1:-1]} if known is not None and path[-1] == "half_sure" else known
            _check_template(source, path, text, names)
        elif isinstance(text, Expression):
            _check_expression(source, path, text, text, known)
        elif isinstance(text, Formula) and (expression := text.expression) is not None:
            _check_expression(source, path, text, expression, known)


def _check_template(source: Source, path: Path, text: str, known: set[str] | None) -> None:
    try:
        parts = parse_template(text)
    except TemplateError as e:
        source.report(path, str(e), inside=(text, e.offset))
        return
    for part in parts:
        if isinstance(part, Placeholder) and known is not None and part.name not in known:
            near = source.nearest(part.name, known)
            source.report(path, _never_set(part.name), suggestion=near, inside=(text, part.offset))


def _check_expression(source: Source, path: Path, text: str, expression: str, known: set[str] | None) -> None:
    start = text.find(expression)
    try:
        names = parse(expression).names
    except ExpressionError as e:
        source.report(path, e.message, suggestion=e.suggestion, inside=(text, start + e.offset))
        return
    for name, offset in names.items():
        if known is not None and name not in known:
            near = source.nearest(name, known)
            source.report(path, _never_set(name), suggestion=near, inside=(text, start + offset))


def _never_set(name: str) -> str:
    return tr(f"variabel '{name}' tidak pernah diisi", f"the variable '{name}' is never set")


def _check_answers(answers: AnswerBase, drafts: Collection[Draft], variables: set[str] | None) -> None:
    """What answers say can be said, and some step tells each of them; unless not all is known (`variables` None)."""
    known = None if variables is None else variables.union(*(draft.flow.constants for draft in drafts))
    for name, entry in answers.entries.items():
        _check_template(answers.sources[name], ("answers", name, "say"), entry.say, known)
    told = {text for draft in drafts for of in draft.marks.values() for _, text in of if isinstance(text, AnswerName)}
    if variables is None or told - answers.written:
        return  # the one that seems unused may be meant
    for name in answers.entries.keys() - told:
        message = tr(
            f"tidak ada alur yang memakai jawaban '{name}'; pakai di langkah answer, atau hapus",
            f"no flow uses the answer '{name}'; use it in a step answer, or remove it",
        )
        answers.sources[name].report(("answers", name), message, severity="warning", key=True)


# --- phrases ----------------------------------------------------------------------------------------
def _lexicon(drafts: Collection[Draft], *, every_step: bool) -> Lexicon:
    """How the phrases of all flows are said; what is wrong with `diucapkan` is reported and left out."""
    said: dict[str, str] = {}
    where: dict[str, tuple[Draft, Path]] = {}
    for draft in drafts:
        for words, way in draft.flow.said.items():
            path: Path = ("diucapkan", words)
            word = plainly(words)
            try:
                Lexicon({words: way})
            except LexiconError as e:
                draft.source.report(path, str(e), inside=(way, e.offset))
                continue
            if said.setdefault(word, way) != way:
                file = where[word][0].flow.file
                message = tr(
                    f"'{words}' diucapkan lain di {file}: '{said[word]}'",
                    f"'{words}' is said otherwise in {file}: '{said[word]}'",
                )
                draft.source.report(path, message)
            where.setdefault(word, (draft, path))
    lexicon = Lexicon(said)
    used = {word for draft in drafts for _, phrase in _phrases(draft) for word in lexicon.found(phrase)}
    for word in where.keys() - used if every_step else ():
        draft, path = where[word]
        message = tr(f"'{path[1]}' tidak ada dalam frasa mana pun", f"'{path[1]}' is in no phrase")
        draft.source.report(path, message, severity="warning", key=True)
    return lexicon


def _phrases(draft: Draft) -> Iterator[tuple[Path, Phrase]]:
    for name, marks in draft.marks.items():
        for path, phrase in marks:
            if isinstance(phrase, Phrase):
                yield ("steps", name, *path), phrase


def _check_phrases(draft: Draft, ways_of: Callable[[str], list[str]]) -> None:
    """Each phrase can be said, stands for a key that there is, and sounds like no other of its step.

    `ways_of` gives all sentences of a phrase, in plain words, or raises LexiconError.
    """
    phrases = groupby(_phrases(draft), key=lambda found: str(found[0][1]))
    for name, of_step in phrases:
        keys: dict[str, Target] = getattr(draft.flow.steps[name], "keys", {})
        heard: dict[str, tuple[str, Phrase, Path]] = {}  # sentence → its key and phrase, and where that stands
        for path, phrase in of_step:
            key = str(path[3])
            if key not in keys and path[-1] == 0:
                message = tr(
                    f"tombol {key} tidak ada di keys; tambahkan di sana, atau hapus frasa ini",
                    f"key {key} is not in keys; add it there, or remove these phrases",
                )
                draft.source.report(path[:-1], message, key=True)
            if curly := next((sign for sign in CURLY_QUOTES if sign in phrase), ""):
                message = tr(
                    f'{curly} bukan tanda kutip biasa dan ikut menjadi frasa; hapus, atau ketik tanda kutip "',
                    f'{curly} is no plain quote and becomes part of the phrase; remove it, or type the quote "',
                )
                draft.source.report(path, message, inside=(phrase, phrase.index(curly)))
            try:
                ways = ways_of(phrase)
            except LexiconError as e:
                draft.source.report(path, str(e), inside=(phrase, e.offset))
                continue
            if clash := next((way for way in ways if way in heard), None):
                draft.source.report(path, _clash(phrase, clash, *heard[clash][:2]))
            heard |= dict.fromkeys(ways, (key, phrase, path))
            if len(heard) > MOST_SENTENCES:
                message = tr(
                    f"frasa langkah '{name}' berarti lebih dari {MOST_SENTENCES} kalimat; kurangi pilihan dalam ( | ) "
                    "dan [ ], atau bagi menunya",
                    f"the phrases of step '{name}' stand for more than {MOST_SENTENCES} sentences; use fewer "
                    "alternatives ( | ) and [ ], or divide the menu",
                )
                draft.source.report(path[:3], message, key=True)
                break
        _check_likeness(draft.source, heard)


def _clash(phrase: Phrase, sentence: str, key: str, other: Phrase) -> str:
    return tr(
        f"frasa '{phrase}' sudah ada untuk tombol {key}: '{other}' juga dapat diucapkan '{sentence}'; hapus salah satu",
        f"the phrase '{phrase}' is there already, for key {key}: '{other}' may be said '{sentence}', too; remove one",
    )


def _check_likeness(source: Source, heard: Mapping[str, tuple[str, Phrase, Path]]) -> None:
    told: set[Path] = set()
    for sentence, other in nearly_alike({sentence: key for sentence, (key, _, _) in heard.items()}):
        _, phrase, path = heard[sentence]
        key, near, _ = heard[other]
        if path not in told:
            told.add(path)
            message = tr(
                f"frasa '{phrase}' hampir sama bunyinya dengan '{near}' (tombol {key}) dan mudah tertukar; perpanjang "
                "salah satu",
                f"the phrase '{phrase}' sounds nearly like '{near}' (key {key}); they are easily mixed up: make one "
                "longer",
            )
            source.report(path, message, severity="warning")


# --- ways through the flows -------------------------------------------------------------------------
def _check_ways(lines: Mapping[str, Line], drafts: Mapping[str, Draft], answers: AnswerBase) -> None:
    graph = Graph({name: draft.flow for name, draft in drafts.items()})
    _check_reachable(graph, lines, drafts)
    for (flow, step), (_, after) in graph.spinning():
        message = tr(
            f"dari '{step}' panggilan kembali ke '{after}' dan berputar terus tanpa menunggu penelepon; arahkan ke "
            "langkah yang bertanya, menunggu, atau mengakhiri panggilan",
            f"from '{step}' the call goes back to '{after}' and round for ever without waiting for the caller; lead it "
            "to a step that asks, waits or hangs up",
        )
        drafts[flow].source.report(("steps", step, *_way_to(drafts[flow].flow.steps[step], after)), message)
    for (flow, step), (_, after) in graph.endless_silence():
        message = tr(
            f"penelepon yang diam kembali dari '{step}' ke '{after}' dan ditanya terus; arahkan 'failed' ke petugas "
            "atau akhiri panggilan",
            f"a caller who stays silent goes back from '{step}' to '{after}' and is asked for ever; lead 'failed' to a "
            "person, or end the call",
        )
        source = drafts[flow].source
        field = next(field for field in ("failed", "next", "flow") if source.has(("steps", step, field)))
        source.report(("steps", step, field), message, severity="warning")
    _check_ends(drafts)
    _check_persons(graph, lines, drafts)
    for name in sorted({name for line in lines.values() for name in line.flows()}):
        _check_patience(drafts[name], answers)
    for draft in drafts.values():
        _check_announced_keys(draft)


def _way_to(step: Step, after: str) -> Path:
    """Where in a step it is written that `after` follows; what leads into a flow stands there first."""
    named = [(path, text) for path, text in marked(step) if isinstance(text, Target | FlowName) and text]
    return next((path for path, text in named if text == after), named[0][0])


def _check_reachable(graph: Graph, lines: Mapping[str, Line], drafts: Mapping[str, Draft]) -> None:
    answering = {name for line in lines.values() for name in line.flows() if name in drafts}
    reached = graph.reachable((name, drafts[name].flow.start) for name in answering)
    for name, draft in drafts.items():
        if not any(flow == name for flow, _ in reached):
            message = tr(
                f"alur '{name}' tidak dipakai; sebut di hotline.yaml atau di sebuah goto, atau hapus berkas ini",
                f"the flow '{name}' is not used; name it in hotline.yaml or in a goto, or remove this file",
            )
            draft.source.report(("flow",), message, severity="warning")
            continue
        for step in draft.flow.steps:
            if (name, step) not in reached:
                message = tr(
                    f"langkah '{step}' tidak pernah tercapai; arahkan sebuah langkah ke sini, atau hapus",
                    f"step '{step}' is never reached; lead a step to it, or remove it",
                )
                draft.source.report(("steps", step), message, severity="warning", key=True)


def _check_ends(drafts: Mapping[str, Draft]) -> None:
    """A flow that answers a call should take leave; one that is called comes back at its ends."""
    called = {jump.flow for d in drafts.values() for s in d.flow.steps.values() if (jump := s.jump()) and jump.returns}
    for name, draft in drafts.items():
        if name in called:
            continue
        for step_name, step in draft.flow.steps.items():
            jump = step.jump()
            if step.final or (jump and not jump.returns):
                continue
            ends = [exit_ for exit_, target in step.exits().items() if not target]
            if ends:
                where = f"'{step_name}' ({ends[0]})"
                message = tr(
                    f"setelah langkah {where} panggilan terputus tanpa pamit; arahkan ke langkah hangup",
                    f"after step {where} the call ends without a good-bye; lead it to a hangup step",
                )
                draft.source.report(("steps", step_name), message, severity="warning", key=True)


def _check_persons(graph: Graph, lines: Mapping[str, Line], drafts: Mapping[str, Draft]) -> None:
    """In opening hours every menu should have some way to a person."""
    by_day = graph.reachable((line.flow, drafts[line.flow].flow.start) for line in lines.values())
    to_person = graph.leading_to(node for node in graph.nodes if _step(drafts, node).person)
    for node in sorted(by_day - to_person):
        if _step(drafts, node).type == "menu":
            message = tr(
                f"dari menu '{node[1]}' tidak ada jalan ke petugas; arahkan sebuah tombol atau 'failed' ke antrean",
                f"no way leads from the menu '{node[1]}' to a person; lead a key or 'failed' to a queue",
            )
            drafts[node[0]].source.report(("steps", node[1]), message, severity="warning", key=True)


def _step(drafts: Mapping[str, Draft], node: Node) -> Step:
    return drafts[node[0]].flow.steps[node[1]]


def _check_patience(draft: Draft, answers: AnswerBase) -> None:
    """How long a caller listens before the first choice."""
    seconds, name, seen = 0.0, draft.flow.start, set[str]()
    while name and name not in seen and not draft.flow.steps[name].jump():
        seen.add(name)
        step = draft.flow.steps[name]
        entry = answers.entries.get(getattr(step, "answer", ""))
        seconds += len(entry.say if entry else getattr(step, "say", "")) / LETTERS_PER_SECOND
        if seconds > LONG_SECONDS:
            message = tr(
                f"penelepon mendengar sekitar {seconds:.0f} detik sebelum pilihan pertama; persingkat",
                f"callers listen for about {seconds:.0f} seconds before their first choice; make it shorter",
            )
            draft.source.report(("steps", name, "say"), message, severity="warning")
            return
        name = "" if step.interacts else str(step.exits().get("next", ""))


def _check_announced_keys(draft: Draft) -> None:
    """A step that says "tekan tiga" should know the key 3."""
    for name, step in draft.flow.steps.items():
        keys: dict[str, Target] = getattr(step, "keys", {})
        texts = (
            {field: getattr(step, field, "") for field in ("say", "hint")} if "keys" in type(step).model_fields else {}
        )
        for field, spoken in ((field, spoken) for field, text in texts.items() for spoken in _PRESS.finditer(text)):
            word = spoken[1].lower()
            key = KEY_WORDS.get(word, word if re.fullmatch(KEY, word) else "")
            if key and key not in keys:
                message = tr(
                    f"teks ini menyebut '{spoken[0]}', tetapi tombol {key} tidak ada di keys; tambahkan, atau ubah",
                    f"this text says '{spoken[0]}', but key {key} is not in keys; add it, or change the text",
                )
                place = (texts[field], spoken.start())
                draft.source.report(("steps", name, field), message, severity="warning", inside=place)
