"""The gate in front of the decoder: shut for silence, open for speech with its beginning, and shut again."""

import numpy as np

from ivr.speech.gate import Gate
from tests.unit.speech_kit import pieces, say, silence


def passed(gate: Gate, pcm: bytes) -> bytes:
    return b"".join(gate.hear(piece) for piece in pieces(pcm))


def test_silence_does_not_pass_and_hiss_only_until_it_is_known() -> None:
    hiss = np.random.default_rng(1).normal(0, 60, 16000).astype("<i2").tobytes()
    gate = Gate()
    assert passed(gate, silence(2)) == b""
    passed(gate, hiss)
    gate.close()
    assert passed(gate, hiss) == b""


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
