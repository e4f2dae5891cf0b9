"""Judges that variables have a value when they are used: on some way to the step at least, whatever callers do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from ivr.flow.answers import AnswerBase
from ivr.flow.draft import Draft
from ivr.flow.expressions import CALL_VARIABLES, parse
from ivr.flow.graph import Graph, Node
from ivr.flow.hotline import Line
from ivr.flow.model import Step
from ivr.flow.source import Source
from ivr.flow.steps.answer import Answer
from ivr.flow.steps.set import Set
from ivr.flow.variables import Use
from ivr.i18n import tr


def check_order(
    graph: Graph,
    lines: Mapping[str, Line],
    drafts: Mapping[str, Draft],
    uses: Mapping[Node, Sequence[Use]],
    *,
    answers: AnswerBase,
    told: Mapping[str, Sequence[Use]],
) -> None:
    """Report what is used where nothing can have set it. Steps that no call reaches are not judged.

    `uses`: the variables that each step uses; `told`: those that each answer says.
    """
    starts = [(name, drafts[name].flow.start) for line in lines.values() for name in line.flows()]
    ways = _Ways(graph, drafts, starts)
    lacking = [(node, use) for node in ways.before for use in uses[node] if not ways.is_set(node, use)]
    # What a step cannot work out lacks behind it, too: that is no second mistake.
    failing = [(node, use) for node, use in lacking if isinstance(ways.step(node), Set)]
    for node, use in failing or lacking:
        _report(drafts[node[0]].source, use, ways.setter(use.name, node))
    for name, said in told.items():
        by_topic = bool(answers.entries[name].intents)
        tellers = [node for node in ways.before if said and _tells(ways.step(node), name, by_topic=by_topic)]
        for use in said:
            if tellers and not any(ways.is_set(node, use) for node in tellers):
                _report(answers.sources[name], use, ways.setter(use.name, tellers[0]))


def _tells(step: Step, answer: str, *, by_topic: bool) -> bool:
    return isinstance(step, Answer) and (step.answer == answer or (by_topic and not step.answer))


def _report(source: Source, use: Use, setter: Node) -> None:
    flow, step = setter
    where = tr(f"langkah '{step}' ({flow})", f"the step '{step}' ({flow})") if step else f"'{flow}'"
    message = tr(
        f"sampai di sini '{use.name}' belum diisi: isi dulu dengan langkah set, seperti {use.name}: \"\" atau "
        f"{use.name}: 0, atau arahkan panggilan lewat {where}, yang mengisinya",
        f"nothing has set '{use.name}' on the way to here: set it first in a step set, as {use.name}: \"\" "
        f"or {use.name}: 0, or lead the call through {where}, which sets it",
    )
    source.report(use.path, message, severity=use.severity, inside=use.inside, key=use.inside is None)


class _Ways:
    """What may be set before each step that calls reach. Variables are the bits of a number."""

    def __init__(self, graph: Graph, drafts: Mapping[str, Draft], starts: Iterable[Node]) -> None:
        self._graph, self._drafts = graph, drafts
        self._bits: dict[str, int] = {}
        order = graph.in_order(starts)
        constants = {name: self._all(draft.flow.constants) for name, draft in drafts.items()}
        self._own = {node: self._all(drafts[node[0]].sets[node[1]]) for node in order}
        self._formulas = {node: self._of_set(step) for node in order if isinstance(step := self.step(node), Set)}
        self.before = {node: constants[node[0]] for node in order}
        """Step → variables that may have a value when a call comes to it."""
        while self._spread(order):
            pass

    def step(self, node: Node) -> Step:
        return self._drafts[node[0]].flow.steps[node[1]]

    def is_set(self, node: Node, use: Use) -> bool:
        """Whether a variable may have a value where the step uses it."""
        known = self.before[node]
        if node in self._formulas:
            known = self._after_set(node, known, until=str(use.path[-1]))
        elif self.step(node).sets_before(str(use.path[2]) if use.inside else ""):
            known |= self._own[node]
        return use.name in CALL_VARIABLES or bool(known & self._bit(use.name))

    def setter(self, name: str, user: Node) -> Node:
        """A step that sets it, best one of the same flow; without a step's name, a flow that has it as a constant."""
        steps = [node for node in self._graph.nodes if name in self._drafts[node[0]].sets[node[1]]]
        flows = [(draft.flow.name, "") for draft in self._drafts.values() if name in draft.flow.constants]
        return next((node for node in steps if node[0] == user[0] and node != user), (steps + flows)[0])

    def _spread(self, order: Iterable[Node]) -> bool:
        """Take what each step knows on to those that follow; whether that was news to one of them."""
        news = False
        for node in order:
            unset_at, known = self.step(node).unset_at, self.before[node]
            left = self._after_set(node, known) if node in self._formulas else known | self._own[node]
            for exit_, after in self._graph.ways[node]:
                found = self.before[after] | (known if exit_ in unset_at else left)
                news = news or found != self.before[after]
                self.before[after] = found
        return news

    def _of_set(self, step: Set) -> list[tuple[str, int]]:
        """Variable → those without which it cannot be worked out."""
        parsed = {name: parse(formula.expression) for name, formula in step.values.items() if formula.expression}
        return [
            (name, 0 if name not in parsed or parsed[name].partly else self._all(parsed[name].names))
            for name in step.values
        ]

    def _after_set(self, node: Node, known: int, *, until: str = "") -> int:
        """What is known after a step `set`, or where it comes to the variable `until`: it ends with what it cannot work
        out.
        """
        for name, needed in self._formulas[node]:
            if name == until or needed & ~known:
                break
            known |= self._bit(name)
        return known

    def _bit(self, name: str) -> int:
        return 1 << self._bits.setdefault(name, len(self._bits))

    def _all(self, names: Iterable[str]) -> int:
        return reduce(or_, (self._bit(name) for name in names if name not in CALL_VARIABLES), 0)
