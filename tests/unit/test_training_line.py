import numpy as np
import pytest

from training import line

SPEECH = (8000 * np.sin(np.arange(8000) / 5)).astype("<i2")


def test_the_same_chance_makes_the_same_call() -> None:
    calls = [line.call(SPEECH, [SPEECH], np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(calls[0], calls[1])
    assert not np.array_equal(calls[0][:1000], calls[2][:1000])


def test_noise_is_as_far_below_speech_as_it_is_said_to_be() -> None:
    speech, noise = line.as_signal(SPEECH), line.hiss(8000, np.random.default_rng(1))
    added = line.with_noise(speech, noise, 20) - speech
    assert np.std(added) == pytest.approx(np.std(speech) / 10, rel=1e-3)


@pytest.mark.parametrize("name", line.NOISES)
def test_a_noise_is_as_long_as_it_should_be(name: str) -> None:
    noise = line.NOISES[name](12345, np.random.default_rng(1))
    assert noise.shape == (12345,)
    assert np.isfinite(noise).all()
    assert np.std(noise) > 0


def test_every_codec_keeps_the_length() -> None:
    assert {len(line.coded(line.as_signal(SPEECH), np.random.default_rng(seed))) for seed in range(20)} == {len(SPEECH)}
