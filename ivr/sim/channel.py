"""The Channel of a simulated call."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

from ivr.channel import (
    ALL_KEYS,
    ConnectOutcome,
    HoldOutcome,
    HungUp,
    Played,
    Prompt,
    Recorded,
    Report,
    TransferOutcome,
    TransferredAway,
)
from ivr.events import AgentAnswered, AgentRang, RingEnded, TalkEnded
from ivr.sim.agents import SimRoom
from ivr.sim.caller import Caller

LETTERS_PER_SECOND = 14.0
"""How quickly a prompt without audio is spoken, about."""
MESSAGE_SECONDS = 10.0
"""How long a person at a terminal is taken to speak into a recording."""


class SimChannel:
    """Implements `ivr.channel.Channel`, and the caller's `Phone`.

    `transfers`: number → what comes of a transfer to it, and the seconds of talk; others are refused.
    """

    report: Report

    def __init__(
        self, caller: Caller, room: SimRoom, transfers: dict[str, tuple[TransferOutcome, float]] | None = None
    ) -> None:
        self._caller, self._room, self._transfers = caller, room, transfers or {}
        self._keys: deque[str] = deque()
        self._changed = asyncio.Event()
        self.gone = False
        self.commands: list[str] = []
        """Names of the commands so far."""
        caller.begins(self)

    # --- Phone ---------------------------------------------------------------------------------------
    def press(self, keys: str) -> None:
        if not self.gone:
            self._keys.extend(keys)
            self._changed.set()

    def hang_up(self) -> None:
        self.gone = True
        self._changed.set()

    # --- Channel -------------------------------------------------------------------------------------
    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        self._begin("play")
        heard = 0.0
        if not self._any_of(stop_keys):
            self._caller.hears(" ".join(segment.text for segment in prompt))
        for segment in prompt:
            if self._any_of(stop_keys):
                break
            heard += await self._pass(segment.seconds or len(segment.text) / LETTERS_PER_SECOND, keys=stop_keys)
        return Played(heard, completed=not self._any_of(stop_keys))

    async def read_key(self, timeout: float) -> str | None:
        self._begin("read_key")
        if not self._keys and timeout > 0:
            self._caller.asked()
            await self._pass(timeout, keys=ALL_KEYS)
        return self._keys.popleft() if self._keys else None

    async def hold(self, *, woken: asyncio.Event, seconds: float, stop_keys: str = "") -> HoldOutcome:
        self._begin("hold")
        if stop_keys:
            self._caller.held()
        await self._pass(seconds, keys=stop_keys, woken=woken)
        if self._any_of(stop_keys):
            return HoldOutcome.KEY
        return HoldOutcome.WOKEN if woken.is_set() else HoldOutcome.ELAPSED

    async def record(self, path: Path, *, max_seconds: float, silence: float, stop_keys: str, beep: bool) -> Recorded:
        """Who presses a key has spoken until then; who presses none has said nothing."""
        self._begin("record")
        seconds = await self._pass(min(max_seconds, MESSAGE_SECONDS), keys=stop_keys)
        if not self._any_of(stop_keys):
            self._caller.asked()
            seconds += await self._pass(silence or max_seconds - seconds, keys=stop_keys)
        if self._any_of(stop_keys):
            self._keys.popleft()
            return Recorded(path, seconds, "key")
        return Recorded(None, 0.0, "silence" if silence else "limit")

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        self._begin("connect")
        agent = self._room.promised(visit)
        if agent is None:
            return ConnectOutcome.NO_ANSWER if self._room.staffed(queue) else ConnectOutcome.NOBODY
        self.report(AgentRang, visit=visit, agent=agent.extension)
        answers = agent.answers_after is not None and agent.answers_after < ring_seconds
        try:
            await self._pass(agent.answers_after if answers and agent.answers_after else ring_seconds)
        except HungUp:
            self.report(RingEnded, visit=visit, agent=agent.extension, outcome="caller_left")
            raise
        if agent.rejects or not answers:
            outcome = "rejected" if agent.rejects else "no_answer"
            self.report(RingEnded, visit=visit, agent=agent.extension, outcome=outcome)
            return ConnectOutcome.NO_ANSWER
        self.report(AgentAnswered, visit=visit, agent=agent.extension, recording="")
        ended_by = "caller"
        try:
            await self._pass(agent.talks)
            ended_by = "transfer" if agent.transfers else "agent"
        except HungUp:
            raise HungUp(talking=True) from None
        finally:
            self._room.free_again(visit)
            self.report(TalkEnded, visit=visit, agent=agent.extension, ended_by=ended_by)
        if agent.transfers:
            raise TransferredAway
        return ConnectOutcome.TALKED

    async def transfer(self, target: str, *, ring_seconds: float) -> TransferOutcome:
        self._begin("transfer")
        outcome, seconds = self._transfers.get(target, (TransferOutcome.REFUSED, 0.0))
        try:
            await self._pass(ring_seconds if outcome is TransferOutcome.NO_ANSWER else seconds)
        except HungUp:
            raise HungUp(talking=outcome is TransferOutcome.ANSWERED) from None
        return outcome

    # --- inside --------------------------------------------------------------------------------------
    def _begin(self, command: str) -> None:
        self.commands.append(command)
        self._caller.command(len(self.commands), command)
        if self.gone:
            raise HungUp

    def _any_of(self, keys: str) -> bool:
        return any(key in keys for key in self._keys)

    async def _pass(self, seconds: float, *, keys: str = "", woken: asyncio.Event | None = None) -> float:
        """Let time pass until one of `keys` is in the buffer or `woken` is set; the seconds that passed."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        while not self._any_of(keys) and not (woken and woken.is_set()):
            if self.gone:
                raise HungUp
            left = started + seconds - loop.time()
            if left <= 0:
                break
            await self._change(left, woken)
        if self.gone:
            raise HungUp
        return loop.time() - started

    async def _change(self, seconds: float, woken: asyncio.Event | None) -> None:
        """Wait until the caller does something, or `woken`, for at most `seconds`."""
        self._changed.clear()
        waits = [asyncio.ensure_future(event.wait()) for event in (self._changed, woken) if event]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
