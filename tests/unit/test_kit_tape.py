"""The tape: silence is put back where no packet came."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.machine import until
from tests.e2e.kit.tape import Chunk, Tape, lay_out


def chunks(*, begin: float, seconds: float) -> list[Chunk]:
    """A tone that arrives 40 ms at a time, as it plays."""
    tone = audio.sine(440, seconds)
    size = audio.RATE // 25
    return [Chunk(begin + (i + 1) * 0.04, tone[i * size : (i + 1) * size]) for i in range(round(seconds / 0.04))]


def test_silence_between_and_after_is_put_back() -> None:
    heard = lay_out(chunks(begin=0.5, seconds=1) + chunks(begin=3, seconds=1), 5)
    assert len(heard) == 5 * audio.RATE
    gaps = audio.gaps(heard)
    assert [gap.start for gap in gaps] == pytest.approx([0, 1.5, 4], abs=0.05)
    assert [gap.seconds for gap in gaps] == pytest.approx([0.5, 1.5, 1], abs=0.09)


def test_a_late_look_is_no_silence() -> None:
    on_time = chunks(begin=0, seconds=1)
    together = np.concatenate([chunk.samples for chunk in on_time[5:20]])
    heard = lay_out([*on_time[:5], Chunk(on_time[19].at + 0.1, together), *on_time[20:]], 1)
    assert audio.gaps(heard) == []
    assert len(heard) == audio.RATE


def test_what_comes_late_and_is_caught_up_is_no_silence() -> None:
    """A telephone that had no processor for a third of a second."""
    held_up = [Chunk(max(c.at, 0.8) if c.at > 0.5 else c.at, c.samples) for c in chunks(begin=0, seconds=2)]
    heard = lay_out(held_up, 2)
    assert audio.gaps(heard) == []
    assert len(heard) == 2 * audio.RATE


def test_a_second_call_is_in_one_piece_however_soon_it_follows() -> None:
    second = chunks(begin=1.15, seconds=1)
    uneven = [Chunk(c.at + 0.03 * (i % 2), c.samples) for i, c in enumerate(second)]
    assert audio.gaps(lay_out([*chunks(begin=0, seconds=1), *uneven], 2.1), min_seconds=0.05) == []


@pytest.fixture
async def taping(tmp_path: Path) -> AsyncIterator[tuple[Tape, asyncio.Task[None]]]:
    """A tape that has seen an empty recording, `dump.wav`."""
    audio.write_wav(tmp_path / "dump.wav", np.zeros(0))
    tape = Tape(tmp_path, "*.wav", old=set())
    running = asyncio.create_task(tape.run())
    await until("the first look", lambda: tape.recordings, seconds=5)
    yield tape, running
    running.cancel()


def test_a_look_after_the_end_tears_nothing_apart(tmp_path: Path) -> None:
    """The first look since the call began finds a second of sound that ended half a second ago."""
    recording, ended = audio.write_wav(tmp_path / "dump.wav", audio.sine(440, 1)), time.time() - 0.5
    os.utime(recording, (ended, ended))
    tape = Tape(tmp_path, "*.wav", old=set(), _began=time.monotonic() - 1.5)
    (gap,) = audio.gaps(tape.samples(), min_seconds=0.1)
    assert (gap.start, gap.seconds) == pytest.approx((1, 0.5), abs=0.1)


async def test_what_came_since_the_last_look_is_heard(tmp_path: Path, taping: tuple[Tape, asyncio.Task[None]]) -> None:
    tape, _ = taping
    audio.write_wav(tmp_path / "dump.wav", audio.sine(440, 1))
    assert audio.tone_seconds(tape.samples(), 440) == pytest.approx(1, abs=0.05)


def test_no_packets_at_all_is_silence() -> None:
    assert audio.longest_silence(lay_out([], 2)) == 2
