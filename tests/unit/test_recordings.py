"""The folder of the recordings: refused in time, and mended after a death."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ivr.events import Event
from ivr.recordings import RecordingFolder, mend_recordings
from ivr.settings import Recording, Settings
from ivr.voice.wav import wav_seconds, write_wav

A_SECOND = b"\1\2" * 8000


def settings(home: Path, minimum: int = 0) -> Settings:
    return Settings(state=home, recordings=home / "recordings", recording=Recording(minimum_free_mb=minimum))


def told(events: list[Event]) -> list[str]:
    return [event.data()["what"] for event in events]


def test_the_folder_of_a_new_recording_is_made(tmp_path: Path) -> None:
    events: list[Event] = []
    path = tmp_path / "recordings/2026/11/24/1.wav"
    assert RecordingFolder(settings(tmp_path), events.append).accepts(path)
    assert path.parent.is_dir()
    assert not events


def test_a_full_disk_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    folder = RecordingFolder(settings(tmp_path, minimum=10**12), events.append)
    assert not folder.accepts(tmp_path / "recordings/1.wav")
    assert not folder.accepts(tmp_path / "recordings/2.wav")
    assert told(events) == ["recording_stopped"]
    assert len(caplog.records) == 1


def test_a_folder_that_takes_files_again_is_said_too(tmp_path: Path) -> None:
    events: list[Event] = []
    folder = RecordingFolder(settings(tmp_path), events.append)
    (tmp_path / "recordings").write_text("in the way")
    assert not folder.accepts(tmp_path / "recordings/2026/1.wav")
    (tmp_path / "recordings").unlink()
    assert folder.accepts(tmp_path / "recordings/2026/1.wav")
    assert told(events) == ["recording_stopped", "recording_resumed"]


def recording(home: Path, day: str, *, age: float, broken: bool = True) -> Path:
    """A recording of one second, last written `age` seconds ago."""
    path = home / "recordings" / day / f"{age:.0f}.wav"
    write_wav(A_SECOND, path)
    if broken:
        content = path.read_bytes()
        path.write_bytes(content[:4] + bytes(4) + content[8:40] + bytes(4) + content[44:])
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_what_the_last_asterisk_left_is_mended_and_what_this_one_writes_is_not(tmp_path: Path) -> None:
    old, whole = recording(tmp_path, "2026/11/23", age=100), recording(tmp_path, "2026/11/23", age=50, broken=False)
    living = recording(tmp_path, "2026/11/24", age=1)
    assert mend_recordings(settings(tmp_path), before=time.time() - 10) == 1
    assert wav_seconds(old) == wav_seconds(whole) == 1.0
    assert wav_seconds(living) is None


def test_days_that_were_looked_through_are_not_looked_through_again(tmp_path: Path) -> None:
    mend_recordings(settings(tmp_path), before=time.time())
    long_ago = recording(tmp_path, "2001/01/01", age=0)
    today = recording(tmp_path, time.strftime("%Y/%m/%d"), age=0)
    assert mend_recordings(settings(tmp_path), before=time.time() + 1) == 1
    assert wav_seconds(today) == 1.0
    assert wav_seconds(long_ago) is None


def test_an_empty_recording_is_removed(tmp_path: Path) -> None:
    path = recording(tmp_path, "2026/11/24", age=100)
    path.write_bytes(path.read_bytes()[:44])
    mend_recordings(settings(tmp_path), before=time.time() + 1)
    assert not path.exists()


def test_without_a_folder_there_is_nothing_to_mend(tmp_path: Path) -> None:
    assert mend_recordings(settings(tmp_path), before=time.time()) == 0
