"""Texts and their audio files, made by the real voice in real worker processes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.settings import Recording, Settings
from ivr.voice.audio import AudioError, tone
from ivr.voice.catalogue import Catalogue
from ivr.voice.notice import notice_audio
from ivr.voice.numbers import PAUSE
from ivr.voice.system import build_system_prompts, system_prompts
from ivr.voice.template import text_id
from ivr.voice.tts import Pcm, VoiceError
from ivr.voice.wav import wav_seconds, write_wav

TEXT = "Selamat datang."


@dataclass(frozen=True)
class Whistle:
    """A voice that whistles, says nothing to "…", and dies of "mati"."""

    version: str = "1"
    name: str = "whistle"

    def synthesize(self, text: str) -> Pcm:
        if "mati" in text:
            os._exit(3)
        samples = bytes(16000) if "bisu" in text else tone(400 + 10 * len(text), 0.5).raw_data
        return Pcm(samples, 8000)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path, Whistle())


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a person.wav"
    write_wav(tone(700, 1.5).raw_data, path)
    return path


def test_the_id_of_a_text_is_its_words_and_not_its_spaces() -> None:
    assert text_id("Selamat  datang.\n") == text_id("Selamat datang.")
    assert text_id("Selamat datang.") != text_id("Selamat datang!")


def test_what_is_there_is_not_made_again(catalogue: Catalogue) -> None:
    steps: list[tuple[int, int]] = []
    clips = catalogue.build([TEXT, PAUSE, TEXT], lambda *step: steps.append(step))
    assert steps == [(0, 2), (1, 2), (2, 2)]
    assert {text: clip.seconds for text, clip in clips.items()} == {TEXT: 0.5, PAUSE: 0.25}
    made = {path: path.stat().st_mtime_ns for path in catalogue.built.iterdir()}
    steps.clear()
    assert catalogue.build([TEXT, PAUSE], lambda *step: steps.append(step)) == clips
    assert steps == [(2, 2)]
    assert {path: path.stat().st_mtime_ns for path in catalogue.built.iterdir()} == made


@pytest.mark.parametrize("damage", [b"", b"RIFF but no sound"])
def test_a_damaged_file_is_made_again(damage: bytes, catalogue: Catalogue) -> None:
    clip = catalogue.build([TEXT])[TEXT]
    (catalogue.built / clip.file).write_bytes(damage)
    assert catalogue.clip(TEXT) is None
    assert catalogue.build([TEXT])[TEXT] == clip
    assert wav_seconds(catalogue.built / clip.file) == 0.5


def test_another_voice_or_version_or_text_is_another_file(catalogue: Catalogue, tmp_path: Path) -> None:
    files = [
        Catalogue(tmp_path, voice).build([text])[text].file
        for voice, text in ((Whistle(), TEXT), (Whistle("2"), TEXT), (Whistle(name="flute"), TEXT), (Whistle(), "Hai."))
    ]
    assert len(set(files)) == 4


def test_a_persons_recording_replaces_the_voice_for_that_text_alone(catalogue: Catalogue, recording: Path) -> None:
    spoken = catalogue.build([TEXT])[TEXT]
    catalogue.set_recording(TEXT, recording)
    recorded = catalogue.build([TEXT])[TEXT]
    assert recorded.file != spoken.file
    assert recorded.seconds == pytest.approx(1.5, abs=0.01)
    assert catalogue.build(["Selamat datang kembali."])["Selamat datang kembali."].seconds == 0.5
    assert catalogue.unset_recording(TEXT)
    assert catalogue.build([TEXT])[TEXT] == spoken
    assert not catalogue.unset_recording(TEXT)
    # Calls of an older version still hear the recording.
    assert wav_seconds(catalogue.built / recorded.file)


def test_a_recording_that_is_no_good_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    with pytest.raises(AudioError):
        catalogue.set_recording(TEXT, bad)
    assert catalogue.recording(TEXT) is None


def test_a_recording_that_was_damaged_is_named(catalogue: Catalogue, recording: Path) -> None:
    path = catalogue.set_recording(TEXT, recording)
    path.write_bytes(b"")
    with pytest.raises(AudioError, match=rf"{path}.*sambung prompts set {text_id(TEXT)}"):
        catalogue.build([TEXT])


@pytest.mark.parametrize(("text", "says"), [("Saya bisu.", "Saya bisu."), ("Saya mati.", "berhenti tiba-tiba")])
def test_a_voice_that_fails_is_an_error_and_leaves_no_file(text: str, says: str, catalogue: Catalogue) -> None:
    with pytest.raises(VoiceError, match=says):
        catalogue.build([text])
    assert catalogue.clip(text) is None


def test_system_prompts_have_their_names(tmp_path: Path, recording: Path) -> None:
    settings = Settings(prompts=tmp_path)
    build_system_prompts(settings)
    folder, texts = tmp_path / "system", system_prompts(settings)
    assert {path.name for path in folder.iterdir()} == {f"{name}.wav" for name in (*texts, "beep")}
    lengths = {path.stem: wav_seconds(path) or 0 for path in folder.iterdir()}
    assert lengths["beep"] == 0.25
    assert 0.4 < lengths["ready"] < lengths["goodbye"] < lengths["fallback"] < 10
    Catalogue(tmp_path).set_recording(texts["ready"], recording)
    build_system_prompts(settings)
    assert wav_seconds(folder / "ready.wav") == pytest.approx(1.5, abs=0.01)


def test_a_notice_is_never_said_in_the_words_that_it_had_before(tmp_path: Path) -> None:
    old, new, silent = (
        Settings(prompts=tmp_path, recording=Recording(notice=text))
        for text in ("Percakapan direkam.", "Percakapan ini kami rekam.", "")
    )
    build_system_prompts(old)
    assert wav_seconds(notice_audio(old))
    assert not notice_audio(new).exists()
    build_system_prompts(new)
    assert wav_seconds(notice_audio(new))
    assert not any(name.startswith("notice") for name in system_prompts(silent))
