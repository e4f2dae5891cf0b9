"""The tape: silence is put back where no packet came."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.tape import Chunk, lay_out


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
    heard = lay_out([*on_time[:5], Chunk(on_time[19].seen + 0.1, together), *on_time[20:]], 1)
    assert audio.gaps(heard) == []
    assert len(heard) == audio.RATE


def test_no_packets_at_all_is_silence() -> None:
    assert audio.longest_silence(lay_out([], 2)) == 2
