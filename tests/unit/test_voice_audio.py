"""The voice and what is done to sound: levels, lengths and bands are measured, not believed."""

from __future__ import annotations

import io
import subprocess
import sys
import wave
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis.strategies import binary, booleans, integers, lists, tuples
from numpy.typing import NDArray
from pydub import AudioSegment

from ivr.voice.audio import (
    HEADROOM,
    LOUDNESS,
    AudioError,
    for_telephone,
    from_person,
    from_voice,
    recording,
)
from ivr.voice.speakable import speakable
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE, wav_seconds


def samples_of(sound: AudioSegment) -> NDArray[np.float64]:
    return np.frombuffer(sound.raw_data, "<i2") / 32768


def sine(hertz: float, seconds: float, *, rate: int = 44100, peak: float = 0.3) -> NDArray[np.float64]:
    return peak * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def recorded(samples: NDArray[np.float64], path: Path, *, rate: int = 44100, channels: int = 1, width: int = 2) -> Path:
    """A WAV as a sound recorder writes it."""
    full = 2 ** (8 * width - 1) - 1
    values = np.repeat((samples * full).astype("<i4"), channels)
    raw = values.view("u1").reshape(-1, 4)[:, :width]
    with wave.open(str(path), "wb") as w:
        w.setparams((channels, width, rate, 0, "NONE", ""))
        w.writeframes(raw.tobytes())
    return path


def spoken(text: str) -> AudioSegment:
    return from_voice(EspeakVoice().synthesize(speakable(text)))


@pytest.mark.parametrize("text", ["a", "nol", "es", "sembilan puluh sembilan", "Mohon maaf, sistem sedang terganggu."])
def test_speech_is_at_telephone_level(text: str) -> None:
    sound = spoken(text)
    assert (sound.frame_rate, sound.sample_width, sound.channels) == (RATE, 2, 1)
    assert LOUDNESS - 3 < sound.dBFS < LOUDNESS + 0.5
    assert sound.max_dBFS < HEADROOM + 0.1
    # Nothing stays of the pauses before and after: the first and last 100 ms are speech.
    heard = samples_of(sound)
    assert np.abs(heard[:800]).max() > 0.01
    assert np.abs(heard[-800:]).max() > 0.01


def test_speech_is_unhurried() -> None:
    sentence = "Untuk informasi kartu keluarga, tekan dua. Untuk berbicara dengan petugas, tekan nol."
    words_a_minute = len(sentence.split()) / spoken(sentence).duration_seconds * 60
    assert 90 < words_a_minute < 160


def test_an_acronym_is_spelled_and_not_read() -> None:
    # The voice is not the same to the sample each time, but to 2 ms.
    spelled, letters, word = (
        len(EspeakVoice().synthesize(text).samples) / 2 / 22050 for text in (speakable("KTP"), "ka te pe", "ktp")
    )
    assert spelled == pytest.approx(letters, abs=0.002)
    assert abs(spelled - word) > 0.02


def test_the_e_of_enam_is_a_schwa() -> None:
    def second_formant(word: str) -> float:
        """Energy where a schwa has its second formant over that where the e of "lewat" has it, in dB."""
        samples = np.frombuffer(EspeakVoice().synthesize(word).samples, "<i2")[:1800]
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(1800))) ** 2
        hertz = np.fft.rfftfreq(1800, 1 / 22050)
        schwa, open_e = ((low < hertz) & (hertz < high) for low, high in ((1100, 1700), (1700, 2600)))
        return float(10 * np.log10(spectrum[schwa].sum() / spectrum[open_e].sum()))

    assert second_formant("enam") > 5
    assert second_formant("e\u00adnam") < -5  # a soft hyphen hides the word from our list: espeak's own reading


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_resampling_keeps_the_tone(rate: int, tmp_path: Path) -> None:
    heard = samples_of(from_person(recorded(sine(1000, 1, rate=rate), tmp_path / "a.wav", rate=rate)))
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    loudest = spectrum.argmax()
    assert loudest * RATE / len(heard) == pytest.approx(1000, abs=3)
    around = spectrum[loudest - 5 : loudest + 6]
    assert (around**2).sum() / (spectrum**2).sum() > 0.999


def test_what_the_telephone_cannot_carry_does_not_fold_back() -> None:
    raw = ((sine(1000, 1) + sine(5500, 1)) * 32767).astype("<i2").tobytes()
    heard = samples_of(for_telephone(AudioSegment(raw, sample_width=2, frame_rate=44100, channels=1)))
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    folded = round((8000 - 5500) * len(heard) / RATE)
    kept = round(1000 * len(heard) / RATE)
    assert 10 * np.log10(spectrum[kept - 5 : kept + 6].sum() / spectrum[folded - 5 : folded + 6].sum()) > 50


@pytest.mark.parametrize(("channels", "width"), [(1, 2), (2, 2), (1, 3), (2, 4)])
def test_a_persons_recording_is_trimmed_and_levelled(channels: int, width: int, tmp_path: Path) -> None:
    quiet = np.concatenate([np.zeros(44100), sine(500, 1.5, peak=0.03), np.zeros(22050)])
    sound = from_person(recorded(quiet, tmp_path / "a.wav", channels=channels, width=width))
    assert sound.duration_seconds == pytest.approx(1.56, abs=0.02)
    assert sound.dBFS == pytest.approx(LOUDNESS, abs=0.5)


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (sine(500, 1, peak=0.005), "terlalu pelan"),
        (np.zeros(44100), "terlalu pelan"),
        (np.clip(sine(500, 1, peak=1.4), -1, 1), "pecah"),
        (sine(500, 0.1), "panjangnya 0.1 detik"),
        (np.zeros(0), "kosong"),
    ],
)
def test_a_bad_recording_is_refused_with_the_reason(samples: NDArray[np.float64], says: str, tmp_path: Path) -> None:
    path = recorded(samples, tmp_path / "a.wav")
    with pytest.raises(AudioError, match=says) as caught:
        from_person(path)
    assert str(path) in str(caught.value)


def test_of_an_mp3_that_is_cut_short_nothing_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, sine(500, 20, rate=16000), 16000)
    assert len(recording(path).pcm) == 2 * RATE * 20
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(AudioError, match=r"terpotong.* dari 20\.0 detik"):
        recording(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x10\0\0\0WAVEfmt ", b"not sound at all" * 99])
def test_an_unreadable_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match="dibaca" if content else "kosong"):
        from_person(path)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="tidak ada"):
        from_person(tmp_path / "nowhere.wav")


def test_other_formats_ask_for_ffmpeg_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(AudioSegment, "converter", "ffmpeg")
    path = tmp_path / "a.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(500))
    with pytest.raises(AudioError, match="ffmpeg"):
        from_person(path)


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [
        *(("wav", subtype) for subtype in ("PCM_16", "PCM_24", "FLOAT", "DOUBLE", "PCM_U8", "ULAW", "ALAW", "GSM610")),
        *(("flac", "PCM_16"), ("flac", "PCM_24"), ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")),
    ],
)
def test_any_common_kind_of_file_is_read(suffix: str, subtype: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    tone = sine(1000, 1, rate=RATE)
    soundfile.write(path, tone, RATE, subtype)
    heard = np.frombuffer(recording(path).pcm, "<i2")[:RATE] / 32768  # GSM's last block is filled up with anything
    assert heard.std() == pytest.approx(tone.std(), rel=0.05)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    at = round(1000 * len(heard) / RATE)
    assert spectrum[at - 5 : at + 6].sum() / spectrum.sum() > 0.99


def test_what_is_wrong_with_a_recording_is_told(tmp_path: Path) -> None:
    def flaws(samples: NDArray[np.float64]) -> str:
        return " ".join(recording(recorded(samples, tmp_path / "a.wav")).flaws)

    assert flaws(sine(500, 1)) == ""
    assert "pecah" in flaws(np.clip(sine(500, 1, peak=1.4), -1, 1))
    assert "DC" in flaws(sine(500, 1) - 0.2)


@pytest.mark.parametrize(
    ("rate", "frames", "says"),
    [
        (100, 1000, "laju cupliknya 100 Hz"),
        (2_000_000, 1000, "laju cupliknya 2000000 Hz"),
        (8000, 0, "kosong"),
        (4000, 4000 * 601, r"panjangnya 601.0 detik"),
    ],
)
def test_a_recording_of_an_unlikely_rate_or_length_is_refused(
    rate: int, frames: int, says: str, tmp_path: Path
) -> None:
    with pytest.raises(AudioError, match=says):
        recording(recorded(np.zeros(frames), tmp_path / "a.wav", rate=rate))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_numbers_that_are_no_sound_do_no_harm(value: float, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.concatenate([sine(500, 0.5, rate=RATE), [value]]), RATE, "DOUBLE")
    assert len(recording(path).pcm) == 2 * (RATE // 2 + 1)


@given(
    places=lists(tuples(integers(0, 59), binary(min_size=1, max_size=4)), max_size=4),
    kept=integers(0, 2000),
    flac=booleans(),
)
def test_a_damaged_file_is_sound_or_refused(
    places: list[tuple[int, bytes]], kept: int, flac: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("damaged") / ("a.flac" if flac else "a.wav")
    soundfile.write(path, sine(500, 0.1, rate=RATE), RATE)
    content = bytearray(path.read_bytes()[:kept])
    for at, change in places:
        content[at : at + len(change)] = change
    path.write_bytes(content)
    with suppress(AudioError):
        assert recording(path).pcm


def test_music_on_hold_is_soft_and_loops_without_a_click() -> None:
    path = Path(__file__).parents[2] / "prompts" / "music" / "waiting.wav"
    assert 60 <= (wav_seconds(path) or 0) <= 120
    with wave.open(io.BytesIO(path.read_bytes())) as w:
        heard = np.frombuffer(w.readframes(w.getnframes()), "<i2") / 32768
    assert 20 * np.log10(heard.std()) == pytest.approx(-26, abs=0.5)
    assert np.abs(heard).max() < 0.5
    steps = np.abs(np.diff(heard))
    assert abs(heard[0] - heard[-1]) <= steps.max()


def test_breath_is_drawn_alike_at_any_time() -> None:
    """espeak's chance begins with the clock."""
    program = (
        "import hashlib, sys; from ivr.voice import tts; tts._espeak()._lib.espeak_ng_SetRandSeed(int(sys.argv[1]));"
        "print(hashlib.sha256(tts.EspeakVoice(speaker='f5').synthesize('zakat').samples).hexdigest())"
    )
    spoken = [subprocess.check_output([sys.executable, "-c", program, clock]) for clock in ("1", "2")]
    assert spoken[0] == spoken[1]
