"""What callers said is deleted in time, and the record says when, whoever deleted it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.settings import Settings
from ivr.store.expiry import SETTLE_SECONDS, expire_audio
from ivr.store.tables import DAY_SECONDS
from ivr.store.writer import HistoryWriter
from tests.unit.store_kit import read
from tests.unit.utterance_kit import installation, put, utterance

NOW = 1_797_408_000.0  # 16 December 2026
OLD, DELETED, KEPT, JUST_NOW = "100.1", "100.2", "100.3", "100.4"


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    settings = installation(tmp_path, "keep_audio_days = 30")
    ages = {OLD: 31 * DAY_SECONDS, DELETED: 29 * DAY_SECONDS, KEPT: 29 * DAY_SECONDS, JUST_NOW: SETTLE_SECONDS / 2}
    for call, age in ages.items():
        await put(settings, *utterance(settings, call, NOW - age, ("KTP", 0.9)))
    for call in (DELETED, JUST_NOW):
        audio_of(settings, call).unlink()
    return settings


def audio_of(settings: Settings, call: str) -> Path:
    return settings.recordings / f"2026/11/17/{call}-utterance1.wav"


async def expire(settings: Settings) -> int:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    noted = await expire_audio(writer, now=NOW)
    await writer.close()
    return noted


async def test_old_audio_is_deleted_and_all_that_is_gone_is_noted_once(settings: Settings) -> None:
    assert await expire(settings) == 2
    assert not audio_of(settings, OLD).exists()
    assert audio_of(settings, KEPT).exists()
    gone = {row["call"] for row in read(settings.history_db, "recordings") if "deleted_at" in row}
    assert gone == {OLD, DELETED}
    assert await expire(settings) == 0


async def test_old_audio_that_no_record_names_is_deleted_too(settings: Settings) -> None:
    paths = [settings.recordings / day / "9.9-utterance1.wav" for day in ("2026/11/01", "2026/12/01")]
    talk = settings.recordings / "2026/11/01/9.9-talk1.wav"
    for path in (*paths, talk):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    await expire(settings)
    assert [path.exists() for path in (*paths, talk)] == [False, True, True]


async def test_the_record_of_the_utterance_stays_as_it_was(settings: Settings) -> None:
    before = read(settings.history_db, "utterances"), [r["at"] for r in read(settings.history_db, "recordings")]
    await expire(settings)
    assert (
        read(settings.history_db, "utterances"),
        [r["at"] for r in read(settings.history_db, "recordings")],
    ) == before


async def test_a_folder_that_is_away_is_not_taken_for_deleted(settings: Settings) -> None:
    away = settings.recordings.with_name("away")
    settings.recordings.rename(away)
    assert await expire(settings) == 0
    away.rename(settings.recordings)
    assert await expire(settings) == 2


async def test_a_file_that_cannot_be_deleted_is_tried_again(settings: Settings) -> None:
    audio_of(settings, OLD).unlink()
    audio_of(settings, OLD).mkdir()
    assert await expire(settings) == 1
    audio_of(settings, OLD).rmdir()
    assert await expire(settings) == 1
