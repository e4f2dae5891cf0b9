"""Listening over AGI: SPEECH RECOGNIZE plays a prompt while Asterisk sends what the caller says to a speech server.

How Asterisk and the speech servers talk is told in docs/speech-protocol.md. What this module has to know of it:

- RECOGNIZE looks at nothing on the AGI socket. A result, a key, its time-out or a hang-up ends it; where it must
  end for another reason, we press a key of our own through the manager.
- The server tells the beginning of speech as a result, too: RECOGNIZE is then begun again without the prompt.
- It ends the music of SET MUSIC: to those who wait the music is a prompt, from where it would be by now.
- A dead or frozen server is not a silent caller. SPEECH SET takes a millisecond where somebody answers and a whole
  second where nobody does: so it is asked before each turn and after each silence.
- A result that comes between two RECOGNIZE is lost. Where a turn goes on all the same, SPEECH SET ping says so, and the
  server tells it again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.agi.codec import Recognised, SpeechResult, recognised
from ivr.agi.connection import AgiConnection
from ivr.agi.keys import KeyBuffer
from ivr.channel import ALL_KEYS, Grammar, Heard, HeardEnd, HungUp, Hypothesis, Played, Segment, Utterance
from ivr.settings import PROJECT
from ivr.voice.wav import RATE, wav_seconds

log = logging.getLogger(__name__)

ENGINE = "sambung"
"""The section of aeap.conf."""
DEAD_SECONDS = 0.9
"""An answer to SPEECH SET that took as long as this is not the server's: Asterisk gave up waiting for it."""
LOST = "lost"
"""The grammar of the one result of a server that is dead, or leaves the call."""
SERVERS_TO_TRY = 3
"""Chance picks the server: another one may have places when one is full."""
RETRY_SECONDS = 3.0
"""How long a call asks for no speech server after there was none."""
UNSERVABLE_SECONDS = 300.0
"""How long a call does not ask for a grammar that no server could serve: to ask costs the caller 2 s of silence."""
LONGEST_SPEECH = 20.0
"""Seconds after which sound without an end is no answer: a television, a lorry."""
OWN_END_SECONDS = 0.02
"""How long RECOGNIZE may take to end by itself at a key that the manager told of; most do at once."""
WAKE_AGAIN_SECONDS = 1.0
"""When a key of ours did not end it: the manager may have been away."""
SILENCE = Segment("", PROJECT / "prompts" / "silence.wav", 0.1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One listening. Results bear its id, so that a late one of an earlier turn is no answer to this one."""

    id: str
    grammar: Grammar
    audio: Path | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Waiting, with music, until `woken` or until `ends` (monotonic time)."""

    woken: asyncio.Event
    ends: float


class Ear:
    """All listening of one call. `wake` presses a key on its channel that no caller has."""

    def __init__(
        self,
        agi: AgiConnection,
        call: str,
        keys: KeyBuffer,
        *,
        wake: Callable[[], Awaitable[None]],
        recordings: Path,
    ) -> None:
        self._agi, self._call, self._keys, self._wake, self._recordings = agi, call, keys, wake, recordings
        self._connected = False  # whether Asterisk holds a socket to a speech server for this call
        self._refused_at = -math.inf
        self._unservable: dict[str, float] = {}  # grammar → until when (monotonic time)
        self._turns = 0
        self._waits: Turn | None = None  # the turn of one who waits, while it has had no result

    async def resume(self, grammar: Grammar, *, pause: float, audio: Path | None) -> Turn | None:
        """As `begin`, for one who waits: what they say may go on from one piece of the wait to the next."""
        if (waits := self._waits) and waits.grammar == grammar:
            if await self._is_alive(waits):
                return waits
            await self._lose()
        self._waits = await self.begin(grammar, pause=pause, barge_in=False, audio=audio)
        return self._waits

    async def begin(self, grammar: Grammar, *, pause: float, barge_in: bool, audio: Path | None) -> Turn | None:
        """A new turn, for `hear`; None where no speech server can be had for it."""
        if time.monotonic() < self._unservable.get(grammar.id, -math.inf):
            return None
        self._turns, self._waits = self._turns + 1, None
        turn = Turn(f"{self._call}.{self._turns}", grammar, audio)
        record = audio.relative_to(self._recordings).with_suffix("") if audio else ""
        value = (
            f"id={turn.id};call={self._call};grammar={grammar.id};"
            f"pause={round(pause * 1000)};onset={int(barge_in)};record={record}"
        )
        for _ in range(2):  # the server of the turn before may be gone, and another one there
            if not (self._connected or await self._connect()):
                return None
            if await self._answers("turn", value):
                return turn
            await self._lose()
        self._unservable[grammar.id] = time.monotonic() + UNSERVABLE_SECONDS
        log.error("%s: no speech server can serve grammar %s, see their logs; keys only", self._call, grammar.id)
        return None

    async def rest(self) -> None:
        """Nobody listens for a while: another call may have the place. The next turn connects anew."""
        if self._connected:
            await self._lose()

    async def hear(
        self,
        turn: Turn,
        prompt: Segment,
        *,
        timeout: float,
        stop_keys: str,
        at: float = 0.0,
        hold: Hold | None = None,
    ) -> Heard:
        """Listen until one of `stop_keys`, what was said, or `timeout` seconds of silence after the prompt.

        The prompt begins `at` these seconds. On `hold` it is music that begins again at its end.
        """
        started, cut_at = time.monotonic(), math.inf  # when speech ended the prompt
        goes_on = False  # after a RECOGNIZE that brought nothing

        def heard(end: HeardEnd, utterance: Utterance | None = None) -> Heard:
            seconds = min(cut_at, time.monotonic()) - started
            return Heard(end, utterance, Played(min(seconds, prompt.seconds), completed=seconds >= prompt.seconds))

        while not (end := self._interruption(stop_keys, hold)):
            now, speaking = time.monotonic(), not math.isinf(cut_at)
            if goes_on and not await self._is_alive(turn):
                break
            sound = (SILENCE, 0.0, LONGEST_SPEECH) if speaking else (prompt, at + now - started, timeout)
            found = await self._recognise(*sound, stop_keys, hold)
            goes_on = True
            match found.end:
                case "digit":
                    # Our own, or one that is no answer here: the same turn goes on.
                    if found.key and found.key in ALL_KEYS:
                        await self._keys.report(found.key)
                case "speech" if found.results and found.results[0].grammar != LOST:
                    if utterance := _utterance(turn, found.results):
                        self._waits, cut_at = None, min(cut_at, time.monotonic())
                        return heard(HeardEnd.SPEECH, utterance)
                    if any(result.grammar == f"onset,{turn.id}" for result in found.results):
                        cut_at, goes_on = time.monotonic(), False
                case "timeout" if hold:
                    pass  # the music begins again
                case "timeout" if await self._is_alive(turn):
                    if speaking:
                        return heard(HeardEnd.SPEECH, Utterance(turn.id, turn.grammar))
                    return heard(HeardEnd.SILENCE)
                case _:
                    break
        if end is None:
            await self._lose()
            end = HeardEnd.UNAVAILABLE
        return heard(end)

    def _interruption(self, stop_keys: str, hold: Hold | None) -> HeardEnd | None:
        if self._keys.any_of(stop_keys):
            return HeardEnd.KEY
        if hold and hold.woken.is_set():
            return HeardEnd.WOKEN
        return HeardEnd.SILENCE if hold and time.monotonic() >= hold.ends else None

    async def _recognise(
        self, prompt: Segment, at: float, limit: float, stop_keys: str, hold: Hold | None
    ) -> Recognised:
        """One SPEECH RECOGNIZE, with the prompt from `at` seconds on."""
        if at >= prompt.seconds:
            prompt, at = (prompt, at % prompt.seconds) if hold else (SILENCE, 0.0)
        assert prompt.audio is not None
        # Asterisk counts in whole seconds of the clock on the wall: one more, so that it is not less.
        limits = (math.ceil(limit) + 1, round(at * RATE))
        running = self._agi.begin("SPEECH RECOGNIZE", str(prompt.audio.with_suffix("")), *limits)
        with self._keys.arrival(stop_keys) as pressed, _waiting(hold) as waking:
            ends: list[asyncio.Future[Any]] = [running, pressed, *waking]
            left = hold.ends - time.monotonic() if hold else None
            await asyncio.wait(ends, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            patience = OWN_END_SECONDS
            while not (await asyncio.wait([running], timeout=patience))[0]:
                await self._wake()
                patience = WAKE_AGAIN_SECONDS
            found = recognised(self._agi.check(running.result(), "SPEECH RECOGNIZE"))
        if found.end == "hangup":
            await self._agi.hung_up_soon()
            raise HungUp
        return found

    async def _connect(self) -> bool:
        if time.monotonic() - self._refused_at < RETRY_SECONDS:
            return False
        for _ in range(SERVERS_TO_TRY):
            if (await self._agi.command("SPEECH CREATE", ENGINE)).number == 1:
                self._connected = True
                return True
        self._refused_at = time.monotonic()
        return False

    async def _is_alive(self, turn: Turn) -> bool:
        """Whether the server lives; it then tells again what it told while nobody listened."""
        return await self._answers("ping", turn.id)

    async def _answers(self, name: str, value: str) -> bool:
        """Tell the server something; whether it lives."""
        asked = time.monotonic()
        await self._agi.command("SPEECH SET", name, value)
        return time.monotonic() - asked < DEAD_SECONDS

    async def _lose(self) -> None:
        self._connected, self._waits = False, None
        await self._agi.command("SPEECH DESTROY")


def hold_music(folder: Path) -> Segment | None:
    """What those hear who wait and are listened to: the first piece of music on hold; None where there is none."""
    found = ((path, wav_seconds(path)) for path in sorted(folder.glob("*.wav")))
    return next((Segment("", path, seconds) for path, seconds in found if seconds), None)


@contextmanager
def _waiting(hold: Hold | None) -> Iterator[list[asyncio.Future[Any]]]:
    waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(hold.woken.wait())] if hold else []
    try:
        yield waits
    finally:
        for wait in waits:
            wait.cancel()


def _utterance(turn: Turn, results: Sequence[SpeechResult]) -> Utterance | None:
    """The final result of this turn; None where it is another's, or the news that speech began."""
    mine = [result for result in results if result.grammar.partition(",")[0] == turn.id]
    if not mine:
        return None
    onset, ended, result = (int(ms) / 1000 for ms in mine[0].grammar.split(",")[1:])
    found = tuple(Hypothesis(_as_written(turn.grammar, r.text), r.score / 1000) for r in mine)
    return Utterance(turn.id, turn.grammar, found, onset, ended, result, turn.audio)


def _as_written(grammar: Grammar, text: str) -> str:
    return text if grammar.digits or grammar.values else grammar.phrases.get(text, text if grammar.sentences else "")
