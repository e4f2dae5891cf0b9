"""Simulated agents, and the waiting room that gives callers to them."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

SHUNNED_SECONDS = 5.0
"""After an offer that an agent did not take, others come first for this long, as in the real room."""
OTHERS_RING_SECONDS = 20.0
"""How long it rings for another caller whom no agent answers."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent who is logged in to `queues`.

    Answers after `answers_after` seconds of ringing (None: never), or rejects then; talks for `talks`
    seconds and hangs up, or sends the caller elsewhere (`transfers`).
    """

    extension: str
    queues: tuple[str, ...]
    answers_after: float | None = 4.0
    rejects: bool = False
    talks: float = 60.0
    transfers: bool = False
    wrapup: float = 15.0


class SimPlace:
    """One caller's place; implements `ivr.channel.Place`."""

    def __init__(self, room: SimRoom, queue: str, visit: str, order: tuple[int, float, int]) -> None:
        self._room, self.queue, self.visit, self.order = room, queue, visit, order
        self.offered = asyncio.Event()
        self._joined = asyncio.get_running_loop().time()
        self._left: float | None = None

    @property
    def waited(self) -> float:
        return (asyncio.get_running_loop().time() if self._left is None else self._left) - self._joined

    @property
    def position(self) -> int:
        line = self._room.waiting[self.queue]
        return line.index(self) + 1 if self in line else 1

    def offer(self, agent: Agent) -> None:
        """`agent` is free for this caller."""
        self.offered.set()

    def returned(self) -> None:
        self.offered.clear()
        self._room.returned(self)

    def stop_waiting(self, ago: float = 0.0) -> None:
        """The wait is over: an agent answered, or the caller leaves. Only the first time counts."""
        if self._left is None:
            self._left = asyncio.get_running_loop().time() - ago

    def leave(self) -> None:
        self.stop_waiting()
        self._room.left(self)


class _OtherPlace(SimPlace):
    """Somebody else in the line: the agent who gets them lets it ring in vain, or talks and hangs up."""

    def offer(self, agent: Agent) -> None:
        super().offer(agent)
        loop = asyncio.get_running_loop()
        if agent.answers_after is None or agent.rejects:
            loop.call_later(agent.answers_after or OTHERS_RING_SECONDS, self.returned)
        else:
            loop.call_later(agent.answers_after, self._room.talking, self.visit)
            loop.call_later(agent.answers_after + agent.talks, self._room.free_again, self.visit)


class SimRoom:
    """Implements `ivr.channel.WaitingRoom` over simulated agents."""

    def __init__(self, agents: Iterable[Agent] = ()) -> None:
        self._agents = list(agents)
        self._resting: dict[str, float] = {}  # extension → loop time from which the agent is free
        self._promised: dict[str, Agent] = {}  # visit → agent who rings or talks
        self._numbers = itertools.count(1)
        self.waiting: defaultdict[str, list[SimPlace]] = defaultdict(list)

    def join(self, queue: str, call: str, priority: int = 0, since: float = 0.0) -> SimPlace:
        number = next(self._numbers)
        place = SimPlace(self, queue, f"{call}/{number}", (-priority, since, number))
        self._enter(place)
        return place

    def fill(self, queue: str, others: int) -> None:
        """So many callers are in the line already."""
        for _ in range(others):
            number = next(self._numbers)
            self._enter(_OtherPlace(self, queue, f"other/{number}", (0, 0.0, number)))

    def _enter(self, place: SimPlace) -> None:
        line = self.waiting[place.queue]
        line.append(place)
        line.sort(key=lambda p: p.order)
        self._match()

    def staffed(self, queue: str) -> bool:
        return any(queue in agent.queues for agent in self._agents)

    def promised(self, visit: str) -> Agent | None:
        """The agent whose telephone rings for this visit."""
        return self._promised.get(visit)

    def ringing(self, visit: str, agent: str) -> None:
        """Only the agent who was promised ever rings here."""

    def talking(self, visit: str, *, ago: float = 0.0) -> None:
        """The caller waits no longer; the agent stays theirs until `free_again`."""
        for line in self.waiting.values():
            for place in [place for place in line if place.visit == visit]:
                place.stop_waiting(ago)
                line.remove(place)

    def free_again(self, visit: str) -> None:
        """The talk is over: the agent wraps up."""
        if agent := self._promised.get(visit):
            self._release(visit, agent.wrapup)

    def returned(self, place: SimPlace) -> None:
        self._release(place.visit, SHUNNED_SECONDS)

    def left(self, place: SimPlace) -> None:
        if place in self.waiting[place.queue]:
            self.waiting[place.queue].remove(place)
            self._release(place.visit, 0.0)

    def _release(self, visit: str, rest: float) -> None:
        """The visit's agent is free again after `rest` seconds."""
        loop = asyncio.get_running_loop()
        if agent := self._promised.pop(visit, None):
            self._resting[agent.extension] = loop.time() + rest
            loop.call_later(rest, self._match)
        self._match()

    def _match(self) -> None:
        for place in sorted((p for line in self.waiting.values() for p in line), key=lambda p: p.order):
            if not place.offered.is_set() and (agent := self._free(place.queue)):
                self._promised[place.visit] = agent
                place.offer(agent)

    def _free(self, queue: str) -> Agent | None:
        """The agent of the queue who has been free longest."""
        now = asyncio.get_running_loop().time() + 1e-6  # a timer may come a rounding error early
        free_since = {
            agent: since
            for agent in self._agents
            if queue in agent.queues
            and agent not in self._promised.values()
            and (since := self._resting.get(agent.extension, 0.0)) <= now
        }
        return min(free_since, key=free_since.__getitem__, default=None)
