"""The kit's ears: if they are wrong, every end-to-end verdict is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.e2e.kit import audio, rtp
from tests.e2e.kit.audio import RATE, Samples


def through_telephone(samples: Samples) -> Samples:
    """What µ-law leaves of the samples, with the line's own noise."""
    code = ~np.frombuffer(rtp.encode_ulaw(samples), np.uint8)
    magnitude = ((((code & 0x0F).astype(int) << 3) + 132) << ((code >> 4) & 7)) - 132
    noise = np.random.default_rng(1).normal(0, 0.0003, len(samples))
    return np.where(code & 0x80, -magnitude, magnitude) / 32768 + noise


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE))


def speech(seed: int, seconds: float) -> Samples:
    """Noise with syllables: no two seeds are alike, as no two prompts are."""
    random = np.random.default_rng(seed)
    syllables = np.repeat(random.uniform(0.2, 1.0, round(seconds * 5) + 1), RATE // 5)[: round(seconds * RATE)]
    return 0.15 * syllables * random.normal(0, 1, len(syllables)).clip(-3, 3)


def test_level_of_a_sine_is_what_it_was_made_with() -> None:
    assert audio.level(audio.sine(440, 1, -20)) == pytest.approx(-20, abs=0.1)
    assert audio.level(np.zeros(0)) == audio.level(silence(1)) == -120


def test_goertzel_sees_its_own_frequency_and_no_other() -> None:
    frame = audio.sine(950, audio.FRAME, -15)
    assert 10 * np.log10(audio.goertzel(frame, 950)) == pytest.approx(-15, abs=0.5)
    assert audio.goertzel(frame, 440) < 0.001 * audio.goertzel(frame, 950)


def test_tones_tells_which_when_and_how_long() -> None:
    heard = through_telephone(
        np.concatenate([silence(1), audio.sine(440, 0.8), silence(0.4), audio.sine(950, 1.2), silence(0.5)])
    )
    first, second = audio.tones(heard, [950, 440, 600])
    assert (first.frequency, second.frequency) == (440, 950)
    assert first.start == pytest.approx(1, abs=0.05)
    assert first.seconds == pytest.approx(0.8, abs=0.09)
    assert second.start == pytest.approx(2.2, abs=0.05)
    assert second.level == pytest.approx(-15, abs=0.7)


def test_a_lost_packet_does_not_split_a_tone_and_noise_is_none() -> None:
    heard = audio.sine(440, 1)
    heard[4000:4160] = 0
    assert len(audio.tones(heard, [440])) == 1
    assert audio.tones(speech(3, 2), [440, 950]) == []


def test_gaps_finds_silence_even_with_line_noise() -> None:
    heard = through_telephone(np.concatenate([audio.sine(440, 1), silence(1.5), audio.sine(440, 1)]))
    (gap,) = audio.gaps(heard)
    assert gap.start == pytest.approx(1, abs=0.05)
    assert audio.longest_silence(heard) == pytest.approx(1.5, abs=0.09)
    assert audio.longest_silence(audio.sine(440, 1)) == 0


def test_find_says_when_a_prompt_was_heard_and_how_much_of_it() -> None:
    prompt, other = speech(1, 3), speech(2, 2)
    heard = through_telephone(np.concatenate([silence(0.7), other, prompt[: round(1.6 * RATE)], silence(1)]))
    match = audio.find(prompt, heard)
    assert match is not None
    assert match.at == pytest.approx(2.7, abs=0.01)
    assert match.seconds == pytest.approx(1.6, abs=audio.PIECE)
    assert match.score > 0.8
    assert audio.find(speech(9, 2), heard) is None


def test_find_survives_a_dropped_packet_and_takes_the_longest_of_like_beginnings() -> None:
    prompt, other = speech(1, 3), speech(2, 2)
    alike = np.concatenate([prompt[:RATE], other])
    whole = np.concatenate([alike, silence(0.5), prompt[: RATE + 160], prompt[RATE + 320 :], silence(0.3)])
    match = audio.find(prompt, through_telephone(whole))
    assert match is not None
    assert match.at == pytest.approx(3.5, abs=0.01)
    assert match.seconds == pytest.approx(3, abs=audio.PIECE)


def test_find_refuses_a_silent_prompt() -> None:
    with pytest.raises(ValueError, match="silent"):
        audio.find(silence(1), speech(1, 2))
