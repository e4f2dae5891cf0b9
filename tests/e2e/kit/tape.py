"""What a softphone heard, laid on the clock.

baresip records each packet that it decodes, one after the other; where no packet came, nothing is
written, and a caller who sits in silence would leave no trace. (Its WAV player would write silence,
but crashes when a call is put on hold.) So the tape watches the recording grow and puts the silence
back in. A look may be late, as when a test thinks for a second: when sound arrived is asked of the file.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.e2e.kit.audio import RATE, Samples

LOOK = 0.04
"""Seconds between two looks at the recording."""
SLACK = 0.16
"""Less silence than this is none: looks and packets are uneven."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`samples` the last of which arrived in second `at` of the tape."""

    at: float
    samples: Samples


def lay_out(chunks: list[Chunk], seconds: float) -> Samples:
    """The chunks in order, with silence where nothing came, at least `seconds` long in all.

    What is caught up later was only late. What stays missing is silence.
    """
    pieces: list[Samples] = []
    length = sum(len(chunk.samples) for chunk in chunks)
    missing = [round(seconds * RATE) - length]
    for chunk in reversed(chunks):
        missing.append(min(missing[-1], round(chunk.at * RATE) - length))
        length -= len(chunk.samples)
    silent = 0
    for so_far, samples in zip(reversed(missing), [*(chunk.samples for chunk in chunks), np.zeros(0)], strict=True):
        if so_far - silent > SLACK * RATE:
            pieces.append(np.zeros(so_far - silent))
            silent = so_far
        pieces.append(samples)
    return np.concatenate(pieces)


@dataclass
class Tape:
    """Watches `folder` for recordings that are not `old`. Second 0 is the beginning of the first."""

    folder: Path
    pattern: str
    old: set[Path]
    _sizes: dict[Path, list[tuple[float, int]]] = field(default_factory=dict)
    _began: float | None = None
    _ended: float | None = None

    @property
    def recordings(self) -> set[Path]:
        """The files of this tape and those before it."""
        return self.old | self._sizes.keys()

    async def run(self) -> None:
        """Watch until cancelled, which is the end of the call."""
        try:
            while True:
                self._look()
                await asyncio.sleep(LOOK)
        finally:
            self._look()
            self._ended = time.monotonic()

    def samples(self) -> Samples:
        """Everything so far, as it sounded."""
        if self._ended is None:
            self._look()
        if self._began is None:
            return np.zeros(0)
        chunks = [chunk for path, sizes in self._sizes.items() for chunk in self._chunks(path, sizes, self._began)]
        return lay_out(chunks, (self._ended or time.monotonic()) - self._began)

    def _look(self) -> None:
        for path in sorted(set(self.folder.glob(self.pattern)) - self.old):
            file, now = path.stat(), time.monotonic()
            if self._began is None:
                self._began = now
            written = now - max(0.0, time.time() - file.st_mtime)
            self._sizes.setdefault(path, []).append((written, file.st_size))

    @staticmethod
    def _chunks(path: Path, sizes: list[tuple[float, int]], began: float) -> list[Chunk]:
        data = path.read_bytes()  # not the wave module: the header of a living recording says length 0
        start = data.index(b"data") + 8
        chunks = []
        for written, size in sizes:
            end = size - (size - start) % 2
            if end > start:
                chunks.append(Chunk(written - began, np.frombuffer(data[start:end], "<i2").astype(np.float64) / 32768))
                start = end
        return chunks
