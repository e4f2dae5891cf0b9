"""One call's speech socket: carries out what its turns ask for, hearing in other threads than the loop's."""

from __future__ import annotations

import asyncio
import logging
import math
import time
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ivr.speech.heard import Final, Onset
from ivr.speech.turns import BYTES_PER_SECOND, Action, Feed, Leave, Listen, Send, Turn, Turns

log = logging.getLogger(__name__)

BATCH_BYTES = 960
"""60 ms: what the recogniser decodes at a time, whole ones of which it is fed."""
GAP_SECONDS = 0.24
"""So long without audio is silence: four batches of it."""
FILL_SECONDS = 2.0
"""Silence is made up for the turn's pause and so much longer."""
MOST_BEHIND_BYTES = 4 * BYTES_PER_SECOND
"""A server that is so far behind serves its callers worse than keys do."""
KEPT_BYTES = 30 * BYTES_PER_SECOND
"""A caller may be listened to for as long as they wait; what they said is at the end."""
REFUSED, FAILED = 1008, 1011  # WebSocket's "policy violation" and "internal error"

P = ParamSpec("P")
T = TypeVar("T")


class Recogniser(Protocol):
    """Hears one utterance; made and used in one thread."""

    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        """What is found now that this audio follows. After a Final nothing more is fed."""


Prepare = Callable[[Turn], Callable[[], Recogniser]]
"""Gets ready what a turn needs (its grammar), which may take a while; gives what makes its recogniser."""


@dataclass(slots=True)
class Counters:
    """What a server did since its start. `slowest`: seconds, of one batch of audio from its arrival to its result."""

    calls: int = 0
    refused: int = 0
    turns: int = 0
    finals: int = 0
    faults: int = 0
    slowest: float = 0.0


class Hearing:
    """What all calls of a server share: two threads, one that loads grammars and one in which everything is heard."""

    def __init__(self, prepare: Prepare, recordings: Path | None) -> None:
        """`recordings`: the folder where audio is kept; None: nowhere."""
        self.recordings = recordings
        self.counters = Counters()
        self._prepare = prepare
        self._loading = ThreadPoolExecutor(1, "loading")
        self._decoding = ThreadPoolExecutor(1, "decoding")
        self._decodes_since = math.inf

    async def prepare(self, turn: Turn) -> Callable[[], Recogniser]:
        """What makes the recogniser of this turn, to be done by `decode`."""
        return await asyncio.get_running_loop().run_in_executor(self._loading, self._prepare, turn)

    async def decode(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do what must be done in the thread of the recognisers."""

        def timed() -> T:
            self._decodes_since = time.monotonic()
            try:
                return work(*args, **kwargs)
            finally:
                self._decodes_since = math.inf

        return await asyncio.get_running_loop().run_in_executor(self._decoding, timed)

    @property
    def busy_seconds(self) -> float:
        """How long that thread has been at one piece of work; 0 or less where it waits for some."""
        return time.monotonic() - self._decodes_since

    def keep(self, turn: Turn, pcm: bytes) -> None:
        """Keep the audio of a turn, where that is wanted; its caller may hang up meanwhile."""
        if turn.record and self.recordings:
            self._loading.submit(_keep_audio, self.recordings / f"{turn.record}.wav", pcm)

    def close(self) -> None:
        """Wait until nothing is under way."""
        self._loading.shutdown()
        self._decoding.shutdown()


class SpeechCall:
    """From the socket's opening to its end."""

    def __init__(self, socket: ServerConnection, hearing: Hearing) -> None:
        self._socket, self._hearing = socket, hearing
        self._turns = Turns()
        self._ear: _Ear | None = None
        self._listening: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until either side closes."""
        try:
            async for message in self._socket:
                await self._do(self._turns.receive(message, time.monotonic()))
        except ConnectionClosed:
            pass  # Asterisk died, or the call was cut: nobody is left to be told
        finally:
            self._stop_listening()

    async def _do(self, actions: Sequence[Action]) -> None:
        for action in actions:
            match action:
                case Send(text):
                    await self._socket.send(text)
                case Listen(turn):
                    self._stop_listening()
                    self._ear = _Ear(turn)
                    self._listening = asyncio.create_task(self._listen(self._ear))
                case Feed(_, pcm):
                    assert self._ear is not None
                    self._ear.add(pcm)
                    if self._ear.is_far_behind:
                        await self._leave(FAILED, "too far behind")
                case Leave(why):
                    await self._leave(REFUSED, why)

    async def _listen(self, ear: _Ear) -> None:
        """Let a recogniser hear a turn, to its final result."""
        hearing = self._hearing
        hearing.counters.turns += 1
        try:
            make = await hearing.prepare(ear.turn)
            await self._do(self._turns.ready(ear.turn))
            recogniser = await hearing.decode(make)
            is_over = False
            while not is_over:
                pcm = await self._next_batch(ear)
                since = time.monotonic()
                found = await hearing.decode(recogniser.feed, pcm)
                now = time.monotonic()
                hearing.counters.slowest = max(hearing.counters.slowest, now - since)
                is_over = any(isinstance(event, Final) for event in found)
                await self._do(self._turns.heard(ear.turn, found, now))
            hearing.counters.finals += 1
            hearing.keep(ear.turn, bytes(ear.kept))
            while self._turns.is_held(ear.turn):
                await asyncio.sleep(GAP_SECONDS)
                await self._do(self._turns.release(ear.turn, time.monotonic()))
        except ConnectionClosed:
            pass
        except Exception:
            # To say nothing would pass for a silent caller.
            log.exception("call %s, turn %s", ear.turn.call, ear.turn.id)
            hearing.counters.faults += 1
            await self._leave(FAILED, "a fault, see the speech server's log")

    async def _next_batch(self, ear: _Ear) -> bytes:
        """Audio, or silence in its place: some telephones send nothing while their caller says nothing."""
        while not ear.has_batch:
            try:
                async with asyncio.timeout(GAP_SECONDS if ear.may_be_quiet else None):
                    await ear.enough()
            except TimeoutError:
                if self._turns.is_listened_to(ear.turn, time.monotonic()):
                    ear.fill(GAP_SECONDS)
        return ear.take_batch()

    def _stop_listening(self) -> None:
        if self._listening:
            self._listening.cancel()

    async def _leave(self, code: int, why: str) -> None:
        log.warning("socket closed: %s", why)
        await self._socket.close(code, why[:100])


class _Ear:
    """The audio of one turn, on its way to the recogniser: one batch, or as many as came meanwhile."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.kept = bytearray()
        self._pending = bytearray()
        self._enough = asyncio.Event()
        self._may_fill = 0.0

    @property
    def is_far_behind(self) -> bool:
        return len(self._pending) > MOST_BEHIND_BYTES

    @property
    def has_batch(self) -> bool:
        return len(self._pending) >= BATCH_BYTES

    @property
    def may_be_quiet(self) -> bool:
        """Whether audio came, and its end is not so long ago that nobody can be listening any more."""
        return self._may_fill > 0

    def add(self, pcm: bytes) -> None:
        self._pending += pcm
        self._may_fill = self.turn.pause + FILL_SECONDS
        if self.has_batch:  # to wake for less would cost as much as all the rest
            self._enough.set()

    def fill(self, seconds: float) -> None:
        """Silence where no audio came."""
        self._pending += bytes(round(seconds * BYTES_PER_SECOND))
        self._may_fill -= seconds

    async def enough(self) -> None:
        self._enough.clear()
        await self._enough.wait()

    def take_batch(self) -> bytes:
        batch = bytes(self._pending[: len(self._pending) // BATCH_BYTES * BATCH_BYTES])
        del self._pending[: len(batch)]
        if self.turn.record:
            self.kept += batch
            del self.kept[:-KEPT_BYTES]
        return batch


def _keep_audio(path: Path, pcm: bytes) -> None:
    """For the owner alone; never in place of another file."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("xb") as file, wave.open(file, "wb") as audio:
            path.chmod(0o600)
            audio.setnchannels(1)
            audio.setsampwidth(2)
            audio.setframerate(BYTES_PER_SECOND // 2)
            audio.writeframes(pcm)
    except OSError as e:
        log.warning("what a caller said cannot be kept: %s", e)
