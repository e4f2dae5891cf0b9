"""Files of finished prompts: whole or not at all."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from ivr.voice.wav import RATE, copy_wav, discard_if_empty, mend_wav, wav_seconds, write_wav

HALF_A_SECOND = b"\1\2" * (RATE // 2)


def test_a_written_file_is_finished_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.wav"
    write_wav(HALF_A_SECOND, path)
    assert wav_seconds(path) == 0.5
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("kept", [0, 20, 44, 100, 8043])
def test_a_file_cut_short_is_not_finished(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(HALF_A_SECOND, path)
    path.write_bytes(path.read_bytes()[:kept])
    assert wav_seconds(path) is None


@pytest.mark.parametrize("parameters", [(1, 2, 16000), (2, 2, RATE), (1, 1, RATE)])
def test_another_format_is_not_finished(parameters: tuple[int, int, int], tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as w:
        w.setparams((*parameters, 0, "NONE", ""))
        w.writeframes(HALF_A_SECOND)
    assert wav_seconds(path) is None


def test_a_missing_or_empty_file_is_not_finished(tmp_path: Path) -> None:
    write_wav(b"", tmp_path / "empty.wav")
    assert wav_seconds(tmp_path / "empty.wav") is None
    assert wav_seconds(tmp_path / "nowhere.wav") is None


def test_one_who_plays_a_file_hears_it_to_the_end_when_it_is_replaced(tmp_path: Path) -> None:
    old, new = tmp_path / "old.wav", tmp_path / "new.wav"
    write_wav(HALF_A_SECOND, old)
    write_wav(HALF_A_SECOND * 2, new)
    before = old.read_bytes()
    with old.open("rb") as playing:
        heard = playing.read(100)
        copy_wav(new, old)
        assert heard + playing.read() == before
    assert wav_seconds(old) == 1.0


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    one, other = tmp_path / "one.wav", tmp_path / "other.wav"
    write_wav(HALF_A_SECOND, one)
    write_wav(HALF_A_SECOND, other)
    there = other.stat().st_ino
    copy_wav(one, other)
    assert other.stat().st_ino == there


def broken(path: Path, told: int) -> Path:
    """A file of half a second as a killed writer leaves it, with `told` bytes of samples in its header."""
    write_wav(HALF_A_SECOND, path)
    content = path.read_bytes()
    path.write_bytes(content[:4] + bytes(4) + content[8:40] + told.to_bytes(4, "little") + content[44:])
    return path


@pytest.mark.parametrize("told", [0, 2 * len(HALF_A_SECOND)])
def test_a_header_that_a_killed_writer_left_is_mended(told: int, tmp_path: Path) -> None:
    path = broken(tmp_path / "a.wav", told)
    assert mend_wav(path)
    with wave.open(str(path), "rb") as w:
        assert w.readframes(w.getnframes()) == HALF_A_SECOND
    assert not mend_wav(path)


def test_half_a_sample_at_the_end_does_not_count(tmp_path: Path) -> None:
    path = broken(tmp_path / "a.wav", 0)
    path.write_bytes(path.read_bytes()[:-1])
    assert mend_wav(path)
    with wave.open(str(path), "rb") as w:
        assert w.getnframes() == len(HALF_A_SECOND) // 2 - 1


@pytest.mark.parametrize("kept", [0, 20, 44, 45])
def test_a_file_without_a_sample_is_removed(kept: int, tmp_path: Path) -> None:
    path = broken(tmp_path / "a.wav", 0)
    path.write_bytes(path.read_bytes()[:kept])
    assert mend_wav(path)
    assert not path.exists()


def test_what_is_no_wav_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"x" * 100)
    assert not mend_wav(path)
    assert path.read_bytes() == b"x" * 100


@pytest.mark.parametrize(("samples", "nothing_left"), [(b"", True), (b"\1\2", False), (None, True)])
def test_a_recording_without_samples_is_discarded(samples: bytes | None, nothing_left: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    if samples is not None:
        write_wav(samples, path)
    assert discard_if_empty(path) is nothing_left
    assert path.exists() is not nothing_left
