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


@pytest.mark.parametrize("pace", [0.8, 1.0, 1.3])
def test_another_pace_keeps_the_pitch(pace: float) -> None:
    speech = line.as_signal(SPEECH)
    heard = line.at_pace(speech, pace)
    assert len(heard) == pytest.approx(len(speech) / pace, rel=0.06)
    pitch = [np.abs(np.fft.rfft(x, 65536)).argmax() for x in (speech, heard)]
    assert pitch[1] == pytest.approx(pitch[0], rel=0.01)
    assert np.std(heard[500:-500]) == pytest.approx(np.std(speech), rel=0.05)


def test_what_is_too_short_keeps_its_pace() -> None:
    np.testing.assert_array_equal(line.at_pace(np.ones(100), 1.3), np.ones(100))


def test_an_echo_comes_later_and_is_softer() -> None:
    click = np.zeros(4000)
    click[0] = 1
    for seed in range(20):
        heard = line.echo(click, np.random.default_rng(seed))
        (late,) = np.flatnonzero(heard[1:]) + 1
        assert heard[0] == 1
        assert 240 <= late <= 2000
        assert 0.05 <= heard[late] <= 0.32


def test_every_codec_keeps_the_length() -> None:
    assert {len(line.coded(line.as_signal(SPEECH), np.random.default_rng(seed))) for seed in range(20)} == {len(SPEECH)}


def test_who_coughs_says_all_the_same() -> None:
    speech = line.as_signal(SPEECH)
    for seed in range(20):
        heard = line.interrupted(speech, np.random.default_rng(seed))
        noise = len(heard) - len(speech)
        assert noise > 0
        assert any(np.array_equal(np.delete(heard, slice(at, at + noise)), speech) for at in (0, len(speech)))


def test_who_coughs_in_a_pause_breaks_no_word() -> None:
    word, pause = line.as_signal(SPEECH), np.zeros(4000)
    places = set()
    for seed in range(20):
        heard = line.interrupted(np.concatenate([word, pause, word]), np.random.default_rng(seed))
        words = [at for at in range(len(heard) - len(word) + 1) if np.array_equal(heard[at : at + len(word)], word)]
        assert len(words) == 2
        places.add(words[1] - words[0] > len(word) + len(pause))
    assert places == {True, False}


def test_a_quiet_line_is_as_long_as_it_should_be() -> None:
    assert {len(line.quiet_line(4321, [SPEECH], np.random.default_rng(seed))) for seed in range(50)} == {4321}
