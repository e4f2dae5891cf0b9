"""Judges the ways through the flows: where they lead, where they never end, what callers meet on them."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.flow.answers import AnswerBase
from ivr.flow.draft import Draft
from ivr.flow.graph import Graph, Node
from ivr.flow.hotline import Line
from ivr.flow.model import Step
from ivr.flow.source import Path
from ivr.flow.values import FlowName, Target, marked
from ivr.i18n import tr

LETTERS_PER_SECOND = 14.0
"""How quickly Indonesian prompts are spoken, about."""
LONG_SECONDS = 30.0
"""A caller should have had a choice before this."""


def check_ways(graph: Graph, lines: Mapping[str, Line], drafts: Mapping[str, Draft], answers: AnswerBase) -> None:
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
    starts = sorted({(name, drafts[name].flow.start) for line in lines.values() for name in line.flows()})
    told = {_check_patience(drafts, start, answers) for start in starts}
    for name, draft in drafts.items():
        for asking in draft.flow.steps:
            if (name, asking) not in told:
                _check_length(draft, asking)


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


def _check_patience(drafts: Mapping[str, Draft], start: Node, answers: AnswerBase) -> Node | None:
    """How long a caller listens before the first choice; the step at which that is too long."""
    seconds, node, seen = 0.0, start, set[Node]()
    while node[1] and node not in seen:
        seen.add(node)
        step = _step(drafts, node)
        entry = answers.entries.get(getattr(step, "answer", ""))
        seconds += _seconds(entry.say if entry else getattr(step, "say", ""))
        if seconds > LONG_SECONDS:
            when = tr("sebelum pilihan pertama", "before their first choice")
            _report_long(drafts[node[0]], node[1], seconds, when)
            return node
        jump = step.jump()
        after = "" if step.interacts else str(step.exits().get("next", ""))
        node = (jump.flow, drafts[jump.flow].flow.start) if jump else (node[0], after)
    return None


def _check_length(draft: Draft, name: str) -> None:
    """How long a caller listens to one question that announces keys."""
    for path, text, keys in draft.flow.steps[name].announced():
        if path == ("say",) and keys and (seconds := _seconds(text)) > LONG_SECONDS:
            when = tr("sebelum dapat memilih di langkah ini", "before they can choose at this step")
            _report_long(draft, name, seconds, when)


def _seconds(text: str) -> float:
    return len(text) / LETTERS_PER_SECOND


def _report_long(draft: Draft, name: str, seconds: float, when: str) -> None:
    message = tr(
        f"penelepon mendengar sekitar {seconds:.0f} detik {when}; persingkat",
        f"callers listen for about {seconds:.0f} seconds {when}; make it shorter",
    )
    draft.source.report(("steps", name, "say"), message, severity="warning")
