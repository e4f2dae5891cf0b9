"""The Channel of a simulated call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ivr.channel import (
    ALL_KEYS,
    ConnectOutcome,
    Grammar,
    Heard,
    HeardEnd,
    HoldOutcome,
    HungUp,
    Played,
    Prompt,
    Recorded,
    Report,
    Segment,
    TransferOutcome,
    TransferredAway,
    Utterance,
)
from ivr.events import AgentAnswered, AgentRang, RingEnded, TalkEnded
from ivr.keys import LATE_SECONDS, PressedKeys
from ivr.sim.agents import SimRoom
from ivr.sim.caller import Caller
from ivr.sim.clock import running
from ivr.sim.ears import Ears

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
        self,
        caller: Caller,
        room: SimRoom,
        transfers: dict[str, tuple[TransferOutcome, float]] | None = None,
        ears: Ears | None = None,
    ) -> None:
        self._caller, self._room, self._transfers = caller, room, transfers or {}
        self._ears = ears or Ears()
        self._keys = PressedKeys()
        self._loop = running()
        self._changed = self._loop.create_future()  # what the channel waits for
        self._speech_is_up, self._turns = True, 0
        self._said: tuple[str, float] | None = None  # words, and how sure the recogniser is of them
        self.gone = False
        self.commands: list[str] = []
        """Names of the commands so far."""
        caller.begins(self)

    def close(self) -> None:
        """The call is over: what it held in a circle is free at once, without a search by the garbage collector."""
        del self._caller, self.report

    # --- Phone ---------------------------------------------------------------------------------------
    def press(self, keys: str) -> None:
        if not self.gone:
            for key in keys:
                self._keys.press(key)
            _done(self._changed)

    def say(self, words: str, confidence: float = 1.0) -> None:
        self._said = words, confidence
        _done(self._changed)

    def speech_server(self, *, up: bool) -> None:
        self._speech_is_up = up
        _done(self._changed)

    def hang_up(self) -> None:
        self.gone = True
        _done(self._changed)

    # --- Channel -------------------------------------------------------------------------------------
    async def answer(self) -> None:
        self._begin("answer")

    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        self._begin("play")
        heard = 0.0
        if not self._keys.any_of(stop_keys):
            self._caller.hears(" ".join(segment.text for segment in prompt))
        for segment in prompt:
            if self._keys.any_of(stop_keys):
                break
            heard += await self._pass(_seconds(segment), keys=stop_keys)
        return Played(heard, completed=not self._keys.any_of(stop_keys))

    async def read_key(self, timeout: float, *, of: str = ALL_KEYS) -> str | None:
        self._begin("read_key")
        if timeout > 0 and not self._keys.any_of(ALL_KEYS):
            self._caller.asked()
            await self._pass(timeout, keys=ALL_KEYS)
        return self._keys.take(of)

    def swallow(self, key: str, *, within: float) -> None:
        self._keys.swallow(key, within=within)

    async def listen(
        self,
        prompt: Prompt,
        grammar: Grammar,
        *,
        timeout: float,
        pause: float,
        stop_keys: str = ALL_KEYS,
        audio: Path | None = None,
    ) -> Heard:
        self._begin("listen")
        if not self._speech_is_up:
            return Heard(HeardEnd.UNAVAILABLE)
        self._said, self._turns = None, self._turns + 1
        began = self._loop.time()

        def ended() -> bool:
            return self._said is not None or not self._speech_is_up

        if prompt and not self._keys.any_of(stop_keys):
            self._caller.hears(" ".join(segment.text for segment in prompt))
        seconds = await self._pass(sum(map(_seconds, prompt)), keys=stop_keys, until=ended)
        played = Played(seconds, completed=not (self._keys.any_of(stop_keys) or ended()))
        if played.completed:
            self._caller.asked()
            seconds += await self._pass(timeout, keys=stop_keys, until=ended)
        if self._said is None or self._keys.any_of(stop_keys) or not self._speech_is_up:
            return Heard(self._end(stop_keys), None, played)
        return await self._understood(grammar, began, pause, stop_keys, played)

    async def listen_on_hold(
        self,
        grammar: Grammar,
        *,
        woken: asyncio.Event,
        seconds: float,
        pause: float,
        stop_keys: str = "",
        audio: Path | None = None,
    ) -> Heard | None:
        self._begin("listen_on_hold")
        if not self._speech_is_up:
            return Heard(HeardEnd.UNAVAILABLE)
        self._said, self._turns = None, self._turns + 1
        began = self._loop.time()
        self._caller.held()
        await self._pass(
            seconds, keys=stop_keys, woken=woken, until=lambda: self._said is not None or not self._speech_is_up
        )
        if woken.is_set() and not self._keys.any_of(stop_keys):
            return Heard(HeardEnd.WOKEN)
        if self._said is None or self._keys.any_of(stop_keys) or not self._speech_is_up:
            return Heard(self._end(stop_keys))
        return await self._understood(grammar, began, pause, stop_keys, Played(0.0, completed=False))

    async def _understood(self, grammar: Grammar, began: float, pause: float, stop_keys: str, played: Played) -> Heard:
        """The caller speaks to the end, unless a key or a death comes first."""
        assert self._said is not None
        words, confidence = self._said
        onset = self._loop.time() - began

        def died() -> bool:
            return not self._speech_is_up

        spoke = await self._pass(len(words) / LETTERS_PER_SECOND, keys=stop_keys, until=died)
        await self._pass(pause, keys=stop_keys, until=died)
        if self._keys.any_of(stop_keys) or died():
            return Heard(self._end(stop_keys), None, played)
        found = self._ears.understand(words, grammar, confidence)
        utterance = Utterance(f"sim.{self._turns}", grammar, found, onset, onset + spoke, self._loop.time() - began)
        return Heard(HeardEnd.SPEECH, utterance, played)

    def _end(self, stop_keys: str) -> HeardEnd:
        """What ended a listening, where it was not speech."""
        if self._keys.any_of(stop_keys):
            return HeardEnd.KEY
        return HeardEnd.SILENCE if self._speech_is_up else HeardEnd.UNAVAILABLE

    async def hold(self, *, woken: asyncio.Event, seconds: float, stop_keys: str = "") -> HoldOutcome:
        self._begin("hold")
        if stop_keys:
            self._caller.held()
        await self._pass(seconds, keys=stop_keys, woken=woken)
        if self._keys.any_of(stop_keys):
            return HoldOutcome.KEY
        return HoldOutcome.WOKEN if woken.is_set() else HoldOutcome.ELAPSED

    async def record(self, path: Path, *, max_seconds: float, silence: float, stop_keys: str, beep: bool) -> Recorded:
        """Who presses a key or says something has spoken until then; who does neither has said nothing."""
        self._begin("record")
        self._keys.clear()
        self._keys.swallow_no_later(within=LATE_SECONDS)
        self._said = None
        seconds = await self._pass(min(max_seconds, MESSAGE_SECONDS), keys=stop_keys)
        if not self._keys.any_of(stop_keys):
            self._caller.asked()
            quiet = silence or max_seconds - seconds
            seconds += await self._pass(quiet, keys=stop_keys, until=lambda: self._said is not None)
        ended_by_key = self._keys.any_of(stop_keys)
        self._keys.clear()
        if ended_by_key:
            return Recorded(path, seconds, "key")
        without_key = "silence" if silence else "limit"
        return Recorded(None, 0.0, without_key) if self._said is None else Recorded(path, seconds, without_key)

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        self._begin("connect")
        agent = self._room.promised(visit)
        if agent is None:
            return ConnectOutcome.NO_ANSWER if self._room.staffed(queue) else ConnectOutcome.NOBODY
        self.report(AgentRang, visit=visit, agent=agent.extension)
        rings = ring_seconds if agent.answers_after is None else min(agent.answers_after, ring_seconds)
        answers = rings < ring_seconds
        try:
            await self._pass(rings)
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
        self._keys.forget()
        return ConnectOutcome.TALKED

    async def transfer(self, target: str, *, ring_seconds: float) -> TransferOutcome:
        self._begin("transfer")
        outcome, seconds = self._transfers.get(target, (TransferOutcome.REFUSED, 0.0))
        try:
            await self._pass(ring_seconds if outcome is TransferOutcome.NO_ANSWER else seconds)
        except HungUp:
            raise HungUp(talking=outcome is TransferOutcome.ANSWERED) from None
        if outcome is TransferOutcome.ANSWERED:
            self._keys.forget()
        return outcome

    # --- inside --------------------------------------------------------------------------------------
    def _begin(self, command: str) -> None:
        self.commands.append(command)
        self._caller.command(len(self.commands), command)
        if self.gone:
            raise HungUp

    async def _pass(
        self,
        seconds: float,
        *,
        keys: str = "",
        woken: asyncio.Event | None = None,
        until: Callable[[], bool] = lambda: False,
    ) -> float:
        """Let time pass until one of `keys` is in the buffer, `woken` is set, or `until`; the seconds that passed."""
        started = self._loop.time()
        while not self._keys.any_of(keys) and not (woken and woken.is_set()) and not until():
            if self.gone:
                raise HungUp
            left = started + seconds - self._loop.time()
            if left <= 0:
                break
            await self._change(left, woken)
        if self.gone:
            raise HungUp
        return self._loop.time() - started

    async def _change(self, seconds: float, woken: asyncio.Event | None) -> None:
        """Wait until the caller does something, or `woken`, for at most `seconds`."""
        if self._loop.jump(seconds):
            return
        changed = self._changed = self._loop.create_future()
        ends: list[asyncio.TimerHandle | asyncio.Task[Any]] = [self._loop.call_later(seconds, _done, changed)]
        if woken:
            waking = asyncio.create_task(woken.wait())
            waking.add_done_callback(lambda _: _done(changed))
            ends.append(waking)
        try:
            await changed
        finally:
            for end in ends:
                end.cancel()


def _done(changed: asyncio.Future[None]) -> None:
    if not changed.done():
        changed.set_result(None)


def _seconds(segment: Segment) -> float:
    """As long as it takes to read it out where it has no audio."""
    return segment.seconds or len(segment.text) / LETTERS_PER_SECOND
