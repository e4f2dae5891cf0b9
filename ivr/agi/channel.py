"""The Channel of a call that Asterisk handed to us over AGI."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ivr.agi.codec import Reply
from ivr.agi.connection import AgiConnection, AgiError
from ivr.agi.keys import KeyBuffer
from ivr.agi.listen import OWN_END_SECONDS, SILENCE, Ear, Hold
from ivr.agi.talk import LastWord, Talk
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
)
from ivr.keys import LATE_SECONDS
from ivr.routing.watch import CallWatch
from ivr.telephones import agent_of
from ivr.voice.wav import RATE, discard_if_empty, holds_sound, wav_seconds

RING_SLACK_SECONDS = 2
"""app_queue's own limit lies this much after the ring time, so that the ring time decides."""
QUEUE_OPTIONS = "cCin"
"""c: go on after the agent hangs up; C: no missed call on the other telephones; i: no call forwards by agents;
n: one round."""
NO_SUCH_APPLICATION = -2
_DIAL_OUTCOME = {
    "ANSWER": TransferOutcome.ANSWERED,
    "BUSY": TransferOutcome.BUSY,
    "NOANSWER": TransferOutcome.NO_ANSWER,
}


class AgiChannel:
    """Implements `ivr.channel.Channel`; also listens to what the manager tells of this call."""

    report: Report

    def __init__(
        self,
        connection: AgiConnection,
        call: str,
        *,
        watch: CallWatch,
        transfer_target: Callable[[str], str],
        recordings: Path,
        hold_music: Segment | None = None,
    ) -> None:
        """`transfer_target` gives the dial string for a target, "" where transfers may not go.

        Without `hold_music` those who wait are not listened to.
        """
        self._agi, self._call, self._watch = connection, call, watch
        self._transfer_target, self._recordings = transfer_target, recordings
        self.keys = KeyBuffer(lambda: watch.listening)
        self._ear = Ear(connection, call, self.keys, wake=self._wake, recordings=recordings)
        self._hold_music = hold_music
        self._talk: Talk | None = None
        self._music = False
        self._answered = False
        self._transfer_answered = False
        self._may_have_talked = False  # in this pass; at its beginning the dialplan forgets the agent of an earlier one

    # --- CallListener ------------------------------------------------------------------------------
    def key_begins(self, key: str) -> None:
        self.keys.begins(key)

    def key_witnessed(self, key: str) -> None:
        self.keys.witness(key)

    def agent_rang(self, agent: str) -> None:
        if self._talk:
            self._talk.rang(agent)

    def ring_ended(self, agent: str, dial_status: str) -> None:
        if self._talk:
            self._talk.ring_ended(agent, dial_status)
        elif dial_status == "ANSWER":
            self._transfer_answered = True

    def agent_answered(self, agent: str) -> None:
        if self._talk:
            self._talk.answered_by(agent)

    def talk_ended(self, agent: str, reason: str) -> None:
        # A transfer may make Asterisk tell of somebody else's under our unique id.
        if self._talk and self._talk.agent == agent:
            self._talk.completed(reason)

    # --- Channel -----------------------------------------------------------------------------------
    async def answer(self) -> None:
        if not self._answered:
            await self._agi.command("ANSWER")
            self._answered = True

    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        await self._quiet()
        heard, problem = 0.0, ""
        for segment in prompt:
            if self.keys.any_of(stop_keys):
                return Played(heard, completed=False, problem=problem)
            if segment.audio is None:
                problem = f"no audio for {segment.text!r}"
                continue
            reply, seconds = await self._stream(segment.audio, stop_keys)
            if reply and reply.number < 0:
                problem = f"Asterisk could not play {segment.audio.name}"
                continue
            heard += min(seconds, segment.seconds or seconds)
        return Played(heard, completed=not self.keys.any_of(stop_keys), problem=problem)

    async def read_key(self, timeout: float, *, of: str = ALL_KEYS) -> str | None:
        deadline = time.monotonic() + timeout
        while not self.keys.any_of(ALL_KEYS) and (left := deadline - time.monotonic()) > 0:
            await self._until_key(ALL_KEYS, "WAIT FOR DIGIT", max(1, math.ceil(left * 1000)))
        return self.keys.take(of)

    def swallow(self, key: str, *, within: float) -> None:
        self.keys.swallow(key, within=within)

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
        await self._quiet()
        turn = await self._ear.begin(grammar, pause=pause, barge_in=True, audio=audio)
        if turn is None:
            return Heard(HeardEnd.UNAVAILABLE)
        before, last = (prompt[:-1], prompt[-1]) if prompt and prompt[-1].audio else (prompt, SILENCE)
        first = await self.play(before, stop_keys=stop_keys)
        if not first.completed:
            return Heard(HeardEnd.KEY, played=first)
        heard = await self._ear.hear(turn, last, timeout=timeout, stop_keys=stop_keys)
        played = replace(heard.played, seconds=first.seconds + heard.played.seconds, problem=first.problem)
        return replace(heard, played=played)

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
        # Only the manager can wake one who is listened to.
        if (music := self._hold_music) is None or not self._watch.listening:
            return None
        if (turn := await self._ear.resume(grammar, pause=pause, audio=audio)) is None:
            return Heard(HeardEnd.UNAVAILABLE)
        await self._quiet()
        await self._still_waits()
        now = time.monotonic()
        return await self._ear.hear(
            turn, music, timeout=0, stop_keys=stop_keys, at=now % music.seconds, hold=Hold(woken, now + seconds)
        )

    async def hold(self, *, woken: asyncio.Event, seconds: float, stop_keys: str = "") -> HoldOutcome:
        if self.keys.any_of(stop_keys):
            return HoldOutcome.KEY
        await self._ear.rest()
        if not self._music:
            await self._still_waits()
            await self._agi.command("SET MUSIC", "ON", "default")
            self._music = True
        deadline = time.monotonic() + seconds
        while not woken.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return HoldOutcome.ELAPSED
            waking: asyncio.Future[bool] = asyncio.ensure_future(woken.wait())
            try:
                await self._until_key(stop_keys, "WAIT FOR DIGIT", max(1, math.ceil(left * 1000)), also=waking)
            finally:
                waking.cancel()
            if self.keys.any_of(stop_keys):
                return HoldOutcome.KEY
        return HoldOutcome.WOKEN

    async def record(self, path: Path, *, max_seconds: float, silence: float, stop_keys: str, beep: bool) -> Recorded:
        await self._quiet()
        self.keys.clear()
        until_silence = [f"s={math.ceil(silence)}"] if silence else []
        begin: list[str | int] = ["BEEP"] if beep else []
        started, lasted = time.monotonic(), 0.0
        while True:
            limit = max(1, int((max_seconds - lasted) * 1000))
            try:
                reply = await self._agi.command(
                    "RECORD FILE", str(path.with_suffix("")), "wav", stop_keys, limit, *begin, *until_silence
                )
            except HungUp:
                discard_if_empty(path)
                raise
            lasted = time.monotonic() - started
            if not reply.key:
                break
            await self.keys.report(reply.key)
            if self.keys.any_of(reply.key) or lasted > LATE_SECONDS:
                break
            if reply.endpos:  # any other key is the late end of a number: the recording goes on where it was
                begin = [reply.endpos]
        self.keys.clear()
        ended_by = "key" if reply.key else "silence" if reply.value != "timeout" or lasted < max_seconds else "limit"
        if reply.number < 0:
            if await self._agi.hung_up_soon():
                discard_if_empty(path)
                raise HungUp
            ended_by = "full"
        if ended_by == "full":
            path.unlink(missing_ok=True)
        if discard_if_empty(path):
            return Recorded(None, 0.0, ended_by)
        return Recorded(path, wav_seconds(path) or 0.0, ended_by)

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        await self._quiet()
        await self._ear.rest()
        name = str(recording.relative_to(self._recordings)) if recording else ""
        await self._still_waits()
        self._may_have_talked = True
        await self._set("QUEUESTATUS", "")
        if recording:
            await self._execute("MixMonitor", f"{recording},b")
        talk = self._talk = Talk(visit, name, self.report)
        seconds = math.ceil(ring_seconds) + RING_SLACK_SECONDS
        result, status, gone, entered = 0, "", None, time.monotonic()
        try:
            try:
                result = await self._in_queue(talk, f"{queue},{QUEUE_OPTIONS},,,{seconds}")
                if not talk.sent_on.is_set():
                    status = await self._get("QUEUESTATUS")
                    if recording:
                        await self._execute("StopMixMonitor", "")
            except HungUp as e:
                gone = e
            word = LastWord() if talk.sent_on.is_set() else await self._word_on(talk, entered)
            await talk.close(word, timed_out=status == "TIMEOUT", gone=gone)
        finally:
            self._talk = None
        if recording:
            await self._discard_if_empty(recording, talk, gone)
        if talk.ended_by == "transfer":
            raise TransferredAway
        if gone:
            raise HungUp(talking=talk.answered, lost=gone.lost)
        if talk.answered:
            self.keys.forget()
            return ConnectOutcome.TALKED
        if result == NO_SUCH_APPLICATION:
            return ConnectOutcome.FAILED
        return ConnectOutcome.NOBODY if status in ("JOINEMPTY", "LEAVEEMPTY") else ConnectOutcome.NO_ANSWER

    async def transfer(self, target: str, *, ring_seconds: float) -> TransferOutcome:
        if not (dial := self._transfer_target(target)):
            return TransferOutcome.REFUSED
        await self._quiet()
        await self._ear.rest()
        await self._set("DIALSTATUS", "")
        self._transfer_answered = False
        try:
            await self._execute("Dial", f"{dial},{math.ceil(ring_seconds)},gib(callee^s^1)")
        except HungUp as gone:
            talking = self._transfer_answered or await self._last_word("DIALSTATUS") == "ANSWER"
            raise HungUp(talking=talking, lost=gone.lost) from None
        outcome = _DIAL_OUTCOME.get(await self._get("DIALSTATUS"), TransferOutcome.FAILED)
        await self._set("DIALSTATUS", "")  # should we die later, they wait for somebody else
        if outcome is TransferOutcome.ANSWERED:
            self.keys.forget()
        return outcome

    # --- beyond the protocol: what the server needs ------------------------------------------------
    async def note_done(self, reason: str) -> None:
        """Tell the dialplan that Sambung is done with this call, so that it hangs up and goes nowhere else.

        The reply is waited for: a socket that closes behind the command may take it along. One whom an agent sent
        elsewhere with a word before is still in app_queue: then it comes when they are done there.
        """
        with contextlib.suppress(HungUp, AgiError):
            await self._agi.settled()
            await self._agi.command("SET VARIABLE", "SAMBUNG_DONE", reason, even_if_hung_up=True)

    async def to_a_person(self) -> None:
        """Let the dialplan bring the caller to the fallback queue, whomever they talked with before."""
        with contextlib.suppress(HungUp, AgiError):
            await self._still_waits()

    # --- inside ------------------------------------------------------------------------------------
    async def _stream(self, audio: Path, stop_keys: str) -> tuple[Reply | None, float]:
        """Play one file. A key that was taken already, and whose end comes late, does not cut it short."""
        name, offset = _sound(audio), 0
        while True:
            reply, seconds = await self._until_key(stop_keys, "STREAM FILE", name, stop_keys, offset)
            if reply is None or not reply.key or self.keys.any_of(stop_keys):
                return reply, seconds if reply and reply.endpos else seconds + offset / RATE
            offset = reply.endpos

    async def _until_key(
        self, keys: str, command: str, *arguments: str | int, also: asyncio.Future[bool] | None = None
    ) -> tuple[Reply | None, float]:
        """Run a command until it ends, one of `keys` is in the buffer, or `also` is done.

        Gives the reply (None where the command was interrupted) and the seconds that it ran. A key
        in the reply is put into the buffer.
        """
        started = time.monotonic()
        running = self._agi.begin(command, *arguments)
        with self.keys.arrival(keys) as pressed:
            others: list[asyncio.Future[Any]] = [pressed] if also is None else [pressed, also]
            await asyncio.wait([running, *others], return_when=asyncio.FIRST_COMPLETED)
            if pressed.done() and not running.done():
                await asyncio.wait([running], timeout=OWN_END_SECONDS)
        replies = [running.result()] if running.done() else await self._agi.interrupt(self._call)
        seconds = time.monotonic() - started
        reply = self._agi.check(replies[0], command) if replies else None
        if reply is None:
            return None, seconds
        if reply.key and reply.key in ALL_KEYS:
            await self.keys.report(reply.key)
        elif reply.number < 0 and await self._agi.hung_up_soon():
            raise HungUp
        return reply, reply.endpos / RATE if reply.endpos else seconds

    async def _in_queue(self, talk: Talk, arguments: str) -> int:
        """Run app_queue until it is left, or until the agent sent the call elsewhere. Its result; in that case 0."""
        running = self._agi.begin("EXEC", "Queue", arguments)
        sent_on: asyncio.Future[bool] = asyncio.ensure_future(talk.sent_on.wait())
        either: list[asyncio.Future[Any]] = [running, sent_on]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sent_on.cancel()
        return 0 if talk.sent_on.is_set() else await self._executed(running.result())

    async def _word_on(self, talk: Talk, entered: float) -> LastWord:
        """What the channel tells of the visit to app_queue that began at `entered` (monotonic time)."""
        agent = agent_of(await self._last_word("MEMBERINTERFACE"))
        if not agent:
            return LastWord()
        transferred = bool(await self._last_word("BLINDTRANSFER") or await self._last_word("ATTENDEDTRANSFER"))
        if talk.answered:
            return LastWord(agent, transferred=transferred)  # the manager told when
        since, held = time.monotonic() - entered, await self._last_word("QEHOLDTIME")
        return LastWord(agent, max(0.0, since - int(held)) if held.isdigit() else 0.0, transferred)

    async def _discard_if_empty(self, recording: Path, talk: Talk, gone: HungUp | None) -> None:
        """MixMonitor leaves a file without sound where nobody answered, and of a talk that ended as it began.

        It ends with the call and keeps up to two seconds of sound to itself until then, so that a talk which the
        caller ended may only look empty; where that was a transfer, it goes on.
        """
        if talk.answered and (gone or talk.sent_on.is_set()) and not holds_sound(recording):
            goes_on = talk.sent_on.is_set() or (gone and gone.lost)
            if goes_on or not await self._watch.end_recording(self._agi.environment.values["channel"]):
                return
        discard_if_empty(recording)

    async def _still_waits(self) -> None:
        """Whoever they talked with before: should we die, they wait for somebody else."""
        if self._may_have_talked:
            await self._set("MEMBERINTERFACE", "")
            self._may_have_talked = False

    async def _wake(self) -> None:
        await self._watch.press_own_key(self._agi.environment.values["channel"])

    async def _quiet(self) -> None:
        if self._music:
            self._music = False
            await self._agi.command("SET MUSIC", "OFF")

    async def _execute(self, application: str, arguments: str) -> int:
        """Run a dialplan application; its result. -1 is not "hung up": the connection knows."""
        return await self._executed(await self._agi.begin("EXEC", application, arguments))

    async def _executed(self, reply: Reply) -> int:
        result = self._agi.check(reply, "EXEC").number
        if result == -1 and await self._agi.hung_up_soon():
            raise HungUp
        return result

    async def _set(self, name: str, value: str) -> None:
        await self._agi.command("SET VARIABLE", name, value)

    async def _last_word(self, name: str) -> str:
        """A variable of a channel that hung up; "" where Asterisk itself is gone."""
        with contextlib.suppress(HungUp, AgiError):
            return (await self._agi.command("GET VARIABLE", name, even_if_hung_up=True)).value
        return ""

    async def _get(self, name: str) -> str:
        return (await self._agi.command("GET VARIABLE", name)).value


@lru_cache(maxsize=4096)
def _sound(audio: Path) -> str:
    """An audio file as Asterisk names it: without its extension."""
    return str(audio.with_suffix(""))
