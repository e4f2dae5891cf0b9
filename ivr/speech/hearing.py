"""What all calls of a speech server share: a thread in which everything is heard, and one that loads grammars.

A turn has an `Ear`. The event loop puts audio into it; once that is enough to decode, the ear stands in line, once, and
when its turn comes the thread decodes all that it has by then. So a busy server decodes more at a time, and neither
waits for the other: the loop is told only of what was found.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import wave
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from ivr.speech.figures import Counters
from ivr.speech.heard import Final, Onset
from ivr.speech.turns import BYTES_PER_SECOND, Turn

log = logging.getLogger(__name__)

BATCH_BYTES = 960
"""60 ms: what the recogniser decodes at a time, whole ones of which it is fed."""
KEPT_BYTES = 30 * BYTES_PER_SECOND
"""A caller may be listened to for as long as they wait; what they said is at the end."""
AROUND_SECONDS = 0.5
"""Kept before what was said and after it, not more: what else is to be heard at the caller's is nobody's business."""


class Recogniser(Protocol):
    """Hears one utterance; made and used in one thread."""

    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        """What is found now that this audio follows. After a Final nothing more is fed."""


Prepare = Callable[[Turn], Callable[[], Recogniser]]
"""Gets ready what a turn needs (its grammar), which may take a while; gives what makes its recogniser."""
Found = Sequence[Onset | Final] | Exception


class Ear:
    """The audio of one turn, on its way to the recogniser."""

    def __init__(self, turn: Turn, tell: Callable[[Found], object]) -> None:
        """`tell` is called in other threads: with what was found, or with what went wrong."""
        self.turn, self.tell = turn, tell
        self.pending, self.kept = bytearray(), bytearray()
        self._taken = 0  # bytes, of which `kept` are the last
        self.make: Callable[[], Recogniser] | None = None
        """None: not ready yet, or at its end."""
        self.recogniser: Recogniser | None = None
        self.in_line_since = math.inf

    @property
    def has_batch(self) -> bool:
        return len(self.pending) >= BATCH_BYTES

    @property
    def seconds_behind(self) -> float:
        """Of audio that waits."""
        return len(self.pending) / BYTES_PER_SECOND

    def take_batch(self) -> bytes:
        """All whole pieces. The event loop may add to the end meanwhile."""
        batch = bytes(self.pending[: len(self.pending) // BATCH_BYTES * BATCH_BYTES])
        del self.pending[: len(batch)]
        if self.turn.record:
            self._taken += len(batch)
            self.kept += batch
            del self.kept[:-KEPT_BYTES]
        return batch

    def speech(self, final: Final) -> bytes:
        """The audio of what was said."""
        began = (self._taken - len(self.kept)) / BYTES_PER_SECOND
        first, last = final.onset - AROUND_SECONDS - began, final.end + AROUND_SECONDS - began
        return bytes(self.kept[_bytes(first) : _bytes(last)])


def _bytes(seconds: float) -> int:
    """Of whole samples; not before the first."""
    return 2 * round(max(0.0, seconds) * BYTES_PER_SECOND / 2)


class Hearing:
    """Both threads. Methods are for the event loop's."""

    def __init__(self, prepare: Prepare, recordings: Path | None) -> None:
        """`recordings`: the folder where audio is kept; None: nowhere."""
        self.counters = Counters()
        self._lags = Counter[int]()
        self._prepare, self._recordings = prepare, recordings
        self._loading = ThreadPoolExecutor(1, "loading")
        self._line: SimpleQueue[Ear | None] = SimpleQueue()
        self._decodes_since = math.inf
        self._decoding = threading.Thread(target=self._decode, name="decoding", daemon=True)
        self._decoding.start()

    def begin(self, ear: Ear, ready: Callable[[], object]) -> None:
        """Get ready what a turn needs; `ready` is called in the other thread."""
        self.counters.turns += 1
        self._loading.submit(self._load, ear, ready)

    def add(self, ear: Ear, pcm: bytes) -> None:
        """More audio of a turn."""
        ear.pending += pcm
        if ear.has_batch and ear.make and ear.in_line_since == math.inf:
            ear.in_line_since = time.monotonic()
            self._line.put(ear)

    def end(self, ear: Ear) -> None:
        """Nobody wants to know any more."""
        ear.make = None

    @property
    def busy_seconds(self) -> float:
        """How long the decoding thread has been at one piece of work; 0 or less where it waits for some."""
        return time.monotonic() - self._decodes_since

    def take_lags(self) -> Counter[int]:
        """Milliseconds → how many batches took so long from arrival to result, since this was last asked."""
        lags, self._lags = self._lags, Counter[int]()
        return lags

    def close(self) -> None:
        """Wait until nothing is under way."""
        self._line.put(None)
        self._decoding.join()
        self._loading.shutdown()

    def _load(self, ear: Ear, ready: Callable[[], object]) -> None:
        try:
            ear.make = self._prepare(ear.turn)
        except Exception as e:
            self._fail(ear, e)
        else:
            ready()

    def _decode(self) -> None:
        while ear := self._line.get():
            self._decodes_since = time.monotonic()
            since, ear.in_line_since = ear.in_line_since, math.inf  # what comes from now on may stand in line anew
            try:
                self._hear(ear)
            except Exception as e:
                self._fail(ear, e)
            now, self._decodes_since = time.monotonic(), math.inf
            self._lags[round(1000 * (now - since))] += 1

    def _hear(self, ear: Ear) -> None:
        make = ear.make  # the loop may end it meanwhile
        if not (make and ear.has_batch):
            return
        ear.recogniser = ear.recogniser or make()
        if found := ear.recogniser.feed(ear.take_batch()):
            ear.tell(found)
            self.counters.onsets += isinstance(found[0], Onset)
            if isinstance(final := found[-1], Final):
                ear.make = ear.recogniser = None
                self.counters.finals += 1
                self.counters.outside += not final.hypotheses[0].text
                self._keep(ear, final)

    def _fail(self, ear: Ear, e: Exception) -> None:
        ear.make = None
        self.counters.faults += 1
        ear.tell(e)

    def _keep(self, ear: Ear, final: Final) -> None:
        """Keep what was said, where that is wanted; its caller may hang up meanwhile."""
        if ear.turn.record and self._recordings:
            self._loading.submit(_keep_audio, self._recordings / f"{ear.turn.record}.wav", ear.speech(final))


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
