"""Who of the agents is logged in, free, ringing, talking, paused or wrapping up, as Asterisk tells it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ivr.routing.ami import Ami, AmiEvent, AmiRefused
from ivr.telephones import agent_of


class AgentState(StrEnum):
    FREE = "free"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"  # logged in, but the softphone is not registered


_DEVICE = {"1": AgentState.FREE, "6": AgentState.RINGING, "2": AgentState.TALKING, "3": AgentState.TALKING}
_DEVICE |= {"7": AgentState.TALKING, "8": AgentState.TALKING}


@dataclass(slots=True)
class Member:
    """An agent's membership in one queue, with Asterisk's number for the state of their telephone."""

    device: str
    paused: bool
    in_call: bool

    def state(self, *, resting: bool) -> AgentState:
        device = _DEVICE.get(self.device, AgentState.UNREACHABLE)
        if device is not AgentState.FREE:
            return device
        if self.in_call:
            return AgentState.TALKING
        if self.paused:
            return AgentState.PAUSED
        return AgentState.WRAP_UP if resting else AgentState.FREE


class AgentBoard:
    """The members of all queues, kept up to date by the manager's events.

    The fallback queue is not on the board: nobody is offered to it by us. Asterisk does not tell a
    queue's wrap-up time, so `wrapup` gives it (queue → seconds). Like app_queue with `shared_lastcall`, an
    agent rests after a call of any queue, the fallback queue too, for as long as that queue asks. Where the
    board did not see which one it was, each queue's own time counts.
    """

    def __init__(
        self, ami: Ami, wrapup: Callable[[str], float], *, ignore: frozenset[str] = frozenset({"fallback"})
    ) -> None:
        self._ami, self._wrapup, self._ignore = ami, wrapup, ignore
        self._members: dict[str, dict[str, Member]] = {}
        self._last_call: dict[str, float] = {}  # agent → Unix time when their last call ended
        self._last_queue: dict[str, str] = {}  # agent → queue of that call, where it was seen to end
        self.known = False
        """Whether the board shows what is: from the first whole answer on, until the connection is lost."""
        self.on_change: Callable[[], None] = lambda: None
        for event in ("QueueMemberStatus", "QueueMemberAdded", "QueueMemberPause"):
            ami.on(event, self._update)
        ami.on("QueueMemberRemoved", self._remove)
        ami.on("AgentComplete", self._complete)
        ami.on_connected.append(self.refresh)
        ami.on_lost.append(self._lost)

    async def refresh(self) -> None:
        """Ask Asterisk for everything, once after each connect: events alone would leave gaps."""
        messages = await self._ami.action("QueueStatus")
        self._members.clear()
        for message in messages:
            if message.get("Event") == "QueueMember":
                self._update(message)
        self.known = True
        self.on_change()
        await self._seek_telephones()

    async def _seek_telephones(self) -> None:
        """Have those asked that seem to be away: after its own restart Asterisk does so in half a minute only."""
        for agent, states in self.states().items():
            if AgentState.UNREACHABLE in states.values():
                with contextlib.suppress(AmiRefused):  # a telephone that has no account any more
                    await self._ami.action("PJSIPQualify", Endpoint=agent)

    def _update(self, event: AmiEvent) -> None:
        queue = event["Queue"]
        if queue in self._ignore:
            return
        agent = agent_of(event.get("Interface") or event["Location"])
        member = Member(event["Status"], event["Paused"] == "1", event.get("InCall") == "1")
        self._members.setdefault(queue, {})[agent] = member
        last = float(event.get("LastCall") or 0)
        if last > self._last_call.get(agent, 0.0):
            self._last_call[agent] = last
            for seconds in {self._rest(agent, each) for each in self._members}:
                if (rest := last + seconds - time.time()) > 0:
                    asyncio.get_running_loop().call_later(rest + 0.05, self._changed)
        self._changed()

    def _complete(self, event: AmiEvent) -> None:
        """A conversation ended; Asterisk tells so before it tells the new time of the agent's last call."""
        self._last_queue[agent_of(event["Interface"])] = event["Queue"]

    def _remove(self, event: AmiEvent) -> None:
        self._members.get(event["Queue"], {}).pop(agent_of(event["Interface"]), None)
        self._changed()

    def _lost(self) -> None:
        self._members.clear()
        self._last_queue.clear()  # calls may end unseen now
        self.known = False
        self._changed()

    def _changed(self) -> None:
        self.on_change()

    def staffed(self, queue: str) -> bool:
        """Whether any agent of the queue could take a call sooner or later; a pause is over sooner or later.

        queues.conf's `joinempty` says the same to app_queue.
        """
        return any(state is not AgentState.UNREACHABLE for _, state in self._states(queue))

    def free(self, queue: str) -> list[str]:
        """The agents who can take a call of this queue now."""
        return [agent for agent, state in self._states(queue) if state is AgentState.FREE]

    def states(self) -> dict[str, dict[str, AgentState]]:
        """agent → queue → state, for people to look at."""
        found: dict[str, dict[str, AgentState]] = {}
        for queue in self._members:
            for agent, state in self._states(queue):
                found.setdefault(agent, {})[queue] = state
        return found

    def _states(self, queue: str) -> Iterator[tuple[str, AgentState]]:
        now = time.time()
        for agent, member in self._members.get(queue, {}).items():
            resting = self._last_call.get(agent, 0.0) + self._rest(agent, queue) > now
            yield agent, member.state(resting=resting)

    def _rest(self, agent: str, queue: str) -> float:
        """Seconds between the agent's last call and one of `queue`."""
        return self._wrapup(self._last_queue.get(agent, queue))
