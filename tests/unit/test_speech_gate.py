"""The gate in front of the decoder: shut for silence, open for speech with its beginning, and shut again."""

import numpy as np
import pytest

from ivr.speech.gate import Gate
from tests.unit.speech_kit import pieces, say, silence


def passed(gate: Gate, pcm: bytes) -> bytes:
    return b"".join(gate.hear(piece) for piece in pieces(pcm))


def hiss(level: float) -> bytes:
    return np.random.default_rng(1).normal(0, level, 16000).astype("<i2").tobytes()


def test_silence_does_not_pass() -> None:
    assert passed(Gate(), silence(2)) == b""


@pytest.mark.parametrize("level", [3, 30, 300])
def test_a_line_that_hisses_from_the_beginning_opens_nothing(level: float) -> None:
    assert passed(Gate(), hiss(level)) == b""


def test_hiss_that_begins_later_passes_only_until_it_is_known() -> None:
    gate = Gate()
    passed(gate, silence(1) + hiss(60))
    gate.close()
    assert passed(gate, hiss(60)) == b""


def test_it_knows_how_long_nobody_has_spoken() -> None:
    gate = Gate()
    speech = np.trim_zeros(np.frombuffer(say("kartu keluarga"), "<i2")).tobytes()
    passed(gate, speech)
    assert gate.silence < 0.1
    passed(gate, silence(0.3))
    assert 0.05 <= gate.silence <= 0.3  # webrtcvad takes the first moment after speech for speech
    passed(gate, silence(3))
    assert gate.silence == pytest.approx(0.6)


def test_speech_from_the_first_moment_passes_whole() -> None:
    speech = np.trim_zeros(np.frombuffer(say("kartu keluarga"), "<i2"), "f").tobytes()
    assert passed(Gate(), speech) == speech


def test_speech_passes_whole_with_a_moment_before_it() -> None:
    before, speech = silence(2), say("kartu keluarga")
    heard = passed(Gate(), before + speech)
    assert len(speech) <= len(heard) < len(speech) + len(before) / 2
    assert (before + speech).endswith(heard)


def test_what_opened_it_for_nothing_lets_it_be_shut_again() -> None:
    gate = Gate()
    assert passed(gate, say("halo"))
    assert not gate.is_idle
    passed(gate, silence(1))
    assert gate.is_idle
    gate.close()
    assert passed(gate, silence(1)) == b""
