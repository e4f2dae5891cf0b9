"""The waiting room: who waits for which queue, and whose turn it is.

Callers wait in the engine, where it can talk to them, and enter app_queue only when an agent is free
for them (docs/decisions/0001). The room matches waiting callers with free agents: the highest priority
first, then who has waited longest. A free agent is promised to one caller at a time, over all queues.

While Asterisk's manager is away nobody knows who is free. Then the room fails open: the head of each
queue is offered at once, and app_queue decides.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Collection

from ivr.routing.board import AgentBoard

REJECT_PAUSE_SECONDS = 5.0
"""After an offer that nobody took, the agent is not promised again for this long, so others come first."""
TIMER_SLACK_SECONDS = 0.05
"""uvloop counts in milliseconds, so a timer may go off a little early: too early to find the agent free."""


class RoomPlace:
    """One caller's place; implements `ivr.channel.Place`."""

    def __init__(self, room: Room, queue: str, visit: str, order: tuple[int, float, int]) -> None:
        self._room, self.queue, self.visit, self.order = room, queue, visit, order
        self.offered = asyncio.Event()
        self.promised = ""  # the agent this caller was offered to
        self._joined = room.now()
        self._left: float | None = None

    @property
    def position(self) -> int:
        return self._room.position(self)

    @property
    def waited(self) -> float:
        return (self._room.now() if self._left is None else self._left) - self._joined

    def returned(self) -> None:
        self._room.returned(self)

    def leave(self, *, ago: float = 0.0) -> None:
        if self._left is None:
            self._left = self._room.now() - ago
        self._room.leave(self)


class Room:
    """All queues' waiting callers on this node; implements `ivr.channel.WaitingRoom`."""

    def __init__(
        self, board: AgentBoard, *, knows: Callable[[], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`knows`: whether the board is to be believed now (the manager is connected)."""
        self._board, self._knows, self.now = board, knows, clock
        self._waiting: dict[str, list[RoomPlace]] = defaultdict(list)
        self._promised: dict[str, RoomPlace] = {}  # agent → place
        self._shunned: dict[str, float] = {}  # agent → until when (clock)
        self._numbers = itertools.count(1)
        board.on_change = self.match

    # --- ivr.channel.WaitingRoom -------------------------------------------------------------------
    def join(self, queue: str, call: str, priority: int = 0, since: float = 0.0) -> RoomPlace:
        number = next(self._numbers)
        place = RoomPlace(self, queue, f"{call}/{number}", (-priority, since, number))
        self._waiting[queue].append(place)
        self._waiting[queue].sort(key=lambda p: p.order)
        self.match()
        return place

    def waiting(self, queues: Collection[str]) -> int:
        """How many callers wait in these queues; in all, where none is named."""
        return sum(len(line) for queue, line in self._waiting.items() if not queues or queue in queues)

    def staffed(self, queue: str) -> bool:
        return not self._knows() or self._board.staffed(queue)

    # --- RoomPlace ---------------------------------------------------------------------------------
    def position(self, place: RoomPlace) -> int:
        line = self._waiting[place.queue]
        return line.index(place) + 1 if place in line else 1

    def returned(self, place: RoomPlace) -> None:
        if agent := place.promised:
            self._shunned[agent] = self.now() + REJECT_PAUSE_SECONDS
            asyncio.get_running_loop().call_later(REJECT_PAUSE_SECONDS + TIMER_SLACK_SECONDS, self.match)
        self._release(place)
        place.offered.clear()
        self.match()

    def leave(self, place: RoomPlace) -> None:
        line = self._waiting[place.queue]
        if place in line:
            line.remove(place)
            self._release(place)
            self.match()

    # --- matching ----------------------------------------------------------------------------------
    def ringing(self, visit: str, agent: str) -> None:
        """app_queue chose `agent` for this visit, who need not be the one that was promised."""
        place = self._place(visit)
        if place is None or not place.promised or place.promised == agent:
            return
        if other := self._promised.pop(agent, None):  # both are inside app_queue: they change places
            self._promised[place.promised], other.promised = other, place.promised
        else:
            del self._promised[place.promised]
        self._promised[agent], place.promised = place, agent
        self.match()

    def talking(self, visit: str, *, ago: float = 0.0) -> None:
        """The caller waits no longer, and their agent's own state speaks from now on."""
        if place := self._place(visit):
            place.leave(ago=ago)

    def _place(self, visit: str) -> RoomPlace | None:
        return next((p for line in self._waiting.values() for p in line if p.visit == visit), None)

    def _release(self, place: RoomPlace) -> None:
        if self._promised.get(place.promised) is place:
            del self._promised[place.promised]
        place.promised = ""

    def match(self) -> None:
        """Offer waiting callers to free agents until one side has run out."""
        if not self._knows():
            for line in self._waiting.values():
                if line:
                    line[0].offered.set()
            return
        now = self.now()
        for place in sorted((p for line in self._waiting.values() for p in line), key=lambda p: p.order):
            if place.offered.is_set():
                continue
            for agent in self._board.free(place.queue):
                if agent not in self._promised and self._shunned.get(agent, 0.0) <= now:
                    self._promised[agent] = place
                    place.promised = agent
                    place.offered.set()
                    break
