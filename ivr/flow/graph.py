"""The flows as one graph: which step can follow which, across flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.flow.model import Flow, Step
from ivr.flow.policy import Retrying

Node = tuple[str, str]
"""Flow name, step name."""


class Graph:
    """Edges between the steps of all flows. Targets that do not exist are left out."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self.flows = flows
        self.nodes = [(flow.name, name) for flow in flows.values() for name in flow.steps]
        self._calls: dict[str, list[Node]] = {}
        """Flow → the steps that call it."""
        for node in self.nodes:
            if (jump := self._step(node).jump()) and jump.returns:
                self._calls.setdefault(jump.flow, []).append(node)
        self.ways = {node: list(self._leaving(node)) for node in self.nodes}
        """Step → its exits, each with a step that can follow there."""
        self._next = {node: [after for _, after in ways] for node, ways in self.ways.items()}

    def _leaving(self, node: Node) -> Iterator[tuple[str, Node]]:
        step = self._step(node)
        jump = step.jump()
        if jump and jump.flow in self.flows:
            yield from (("next", start) for start in self._known((jump.flow, self.flows[jump.flow].start)))
        if jump and not jump.returns:
            return
        exits = step.exits()
        behind = list(self._after(node[0], set())) if "" in exits.values() and not (jump or step.final) else []
        for exit_, target in exits.items():
            for after in self._known((node[0], str(target))) if target else behind:
                yield exit_, after

    def _after(self, flow: str, seen: set[str]) -> Iterator[Node]:
        """The steps that can follow the end of a flow: those behind the steps that call it. `seen`: flows not to
        look behind again."""
        seen.add(flow)
        for caller, name in self._calls.get(flow, ()):
            if target := str(self._step((caller, name)).exits()["next"]):
                yield from self._known((caller, target))
            elif caller not in seen:
                yield from self._after(caller, seen)

    def _step(self, node: Node) -> Step:
        return self.flows[node[0]].steps[node[1]]

    def _known(self, node: Node) -> Iterator[Node]:
        if node[1] in self.flows[node[0]].steps:
            yield node

    def reachable(self, starts: Iterable[Node]) -> set[Node]:
        """`starts` and everything that can follow them."""
        found: set[Node] = set()
        todo = [node for start in starts for node in self._known(start)]
        while todo:
            node = todo.pop()
            if node not in found:
                found.add(node)
                todo += self._next[node]
        return found

    def in_order(self, starts: Iterable[Node]) -> list[Node]:
        """As `reachable`, each step before those that follow it, but for ways back."""
        done: list[Node] = []
        seen: set[Node] = set()
        for start in (node for each in starts for node in self._known(each)):
            way = [] if start in seen else [(start, iter(self._next[start]))]
            seen.add(start)
            while way:
                following = way[-1][1]
                after = next((each for each in following if each not in seen), None)
                if after is None:
                    done.append(way.pop()[0])
                else:
                    seen.add(after)
                    way.append((after, iter(self._next[after])))
        return done[::-1]

    def leading_to(self, goals: Iterable[Node]) -> set[Node]:
        """`goals` and everything from which one of them can be reached."""
        before: dict[Node, list[Node]] = {node: [] for node in self.nodes}
        for node, following in self._next.items():
            for after in following:
                before[after].append(node)
        found: set[Node] = set()
        todo = list(goals)
        while todo:
            node = todo.pop()
            if node not in found:
                found.add(node)
                todo += before[node]
        return found

    def spinning(self) -> list[tuple[Node, Node]]:
        """One way back, from a step to one before it, of each loop in which nobody is ever waited for."""
        idle = {node for node in self.nodes if not self._waits(node)}
        state: dict[Node, int] = {}  # 1: on the way, 2: done
        loops: list[tuple[Node, Node]] = []
        for root in self.nodes:
            if root not in idle or root in state:
                continue
            state[root] = 1
            way = [(root, iter(self._next[root]))]
            while way:
                node, following = way[-1]
                after = next(following, None)
                if after is None:
                    state[node] = 2
                    way.pop()
                elif after in idle and after not in state:
                    state[after] = 1
                    way.append((after, iter(self._next[after])))
                elif state.get(after) == 1:
                    loops.append((node, after))
        return loops

    def endless_silence(self) -> list[tuple[Node, Node]]:
        """One way back of each loop that a caller who never answers goes round for ever, from question to question."""
        done: set[Node] = set()
        loops: list[tuple[Node, Node]] = []
        for root in self.nodes:
            way: list[Node] = []
            node: Node | None = root
            while node and node not in done:
                done.add(node)
                way.append(node)
                node = self._after_silence(node)
            if node in way and any(self._waits(each) for each in way[way.index(node) :]):
                loops.append((way[-1], node))
        return loops

    def _after_silence(self, node: Node) -> Node | None:
        """What follows a step at which nothing is pressed or said; None where that does not depend on the caller."""
        flow = self.flows[node[0]]
        step = flow.steps[node[1]]
        if jump := step.jump():
            return None if jump.returns or jump.flow not in self.flows else (jump.flow, self.flows[jump.flow].start)
        exits = step.exits()
        target = (
            exits.get("failed") if isinstance(step, Retrying) else exits.get("next") if not step.interacts else None
        )
        return next(self._known((flow.name, str(target))), None)

    def _waits(self, node: Node) -> bool:
        """Whether the caller or an agent decides in this step, or somewhere in the flow that it calls."""
        step = self._step(node)
        jump = step.jump()
        if jump and jump.returns and jump.flow in self.flows:
            return any(inner.interacts for inner in self.flows[jump.flow].steps.values())
        return step.interacts
