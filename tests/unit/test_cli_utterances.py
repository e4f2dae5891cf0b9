"""`sambung utterances`: what is kept is listed, checked, exported and deleted."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main
from ivr.publish import publish
from ivr.settings import Settings
from ivr.store.expiry import expire_audio
from ivr.store.writer import HistoryWriter
from ivr.voice.languages import INDONESIAN, tongue
from tests.unit.flow_kit import site, steps
from tests.unit.store_kit import read
from tests.unit.utterance_kit import installation, put, utterance

T = 1_700_000_000.0  # 2023-11-15 05:13:20 in Jakarta
KTP, NIK, UNKNOWN, TODAY = "1700000000.3", "1700000010.4", "1700000020.5", "1700000030.6"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    settings = installation(tmp_path)
    calls = [
        utterance(settings, KTP, T, ("KTP", 0.97), ("KK", 0.02)),
        utterance(settings, NIK, T + 10, ("3127", 0.8), step=("nik", "input"), caller="+62215550100"),
        utterance(settings, UNKNOWN, T + 20, ("", 0.6), caller=""),
        utterance(settings, TODAY, time.time() - 60, ("KK", 0.5), line="110"),
    ]
    asyncio.run(put(settings, *(event for call in calls for event in call)))
    return settings


def sambung(*arguments: str) -> Result:
    return CliRunner().invoke(main, ("utterances", *arguments))


def listed(*arguments: str) -> list[dict[str, Any]]:
    result = sambung("list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def calls(*arguments: str) -> list[str]:
    return [kept["call"] for kept in listed(*arguments)]


def audio_of(settings: Settings, call: str) -> Path:
    return settings.recordings / f"2026/11/17/{call}-utterance1.wav"


def test_what_is_kept_newest_first(settings: Settings) -> None:
    assert calls() == [TODAY, UNKNOWN, NIK, KTP]
    assert listed()[-1] == {
        "id": f"{KTP}.1",
        "at": T,
        "call": KTP,
        "line": "14000",
        "step": "halo:menu",
        "heard": "KTP",
        "confidence": 0.97,
        "decision": "accepted",
        "audio": str(audio_of(settings, KTP)),
        "said": None,
    }


def test_the_table_for_people(settings: Settings) -> None:
    row = next(line for line in sambung("list").output.splitlines() if KTP in line)
    cells = [cell.strip() for cell in row.split("│")[1:-1]]
    assert cells == ["2023-11-15 05:13:20", f"{KTP}.1", "14000", "halo:menu", "KTP", "97 %", "accepted", "–"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--since", "1h"], [TODAY]),
        (["--line", "110"], [TODAY]),
        (["--step", "halo:nik"], [NIK]),
        (["--decision", "rejected"], [UNKNOWN]),
        (["--checked"], [KTP]),
        (["--unchecked"], [TODAY, UNKNOWN, NIK]),
        (["--limit", "2"], [TODAY, UNKNOWN]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else "",
)
def test_filters(settings: Settings, arguments: list[str], found: list[str]) -> None:
    assert sambung("check", f"{KTP}.1", "ka te pe").exit_code == 0
    assert calls(*arguments) == found


def test_an_empty_list_says_whether_anything_is_kept_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    installation(tmp_path, "keep_audio = false")
    assert "keep_audio" in sambung("list").output
    installation(tmp_path, "keep_audio = true")
    assert sambung("list").output == "No utterance is kept.\n"


# --- check ------------------------------------------------------------------------------------------
def test_a_check_is_in_the_list_and_the_last_one_counts(settings: Settings) -> None:
    assert sambung("check", f"{KTP}.1", "bikin KK").output == f"{KTP}.1: noted “bikin ka ka”.\n"
    sambung("check", f"{KTP}.1", "Bikin KTP")
    assert listed()[-1]["said"] == "bikin ka te pe"


def test_without_an_answer_it_tells_where_the_audio_is(settings: Settings) -> None:
    shown = sambung("check", f"{KTP}.1").output
    assert shown == f"audio: {audio_of(settings, KTP)}\nheard: KTP\nchecked: –\n"


def test_digits_that_were_heard_right_are_words(settings: Settings) -> None:
    assert "tiga satu dua tujuh" in sambung("check", f"{NIK}.1", "--right").output


def test_a_phrase_that_was_heard_right_is_said_as_the_flow_says(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = dataclasses.replace(tongue(INDONESIAN), units=())  # the audio of numbers takes long to make
    monkeypatch.setattr("ivr.publish.tongue", lambda language: silent)
    assert "sambung publish" in sambung("check", f"{KTP}.1", "--right").output  # nothing is published yet
    flow = steps("a: {type: play, say: Halo, next: z}", constants="diucapkan: {KTP: katepe}\n")
    publish(settings.model_copy(update={"prompts": tmp_path}), site(tmp_path, flow), author="test")
    assert "“katepe”" in sambung("check", f"{KTP}.1", "--right").output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["17.9", "ya"], "sambung utterances list"),
        ([f"{KTP}.1", "loket 12"], "'loket dua belas', 'loket satu dua'"),
        ([f"{KTP}.1", "!"], "no word"),
        ([f"{KTP}.1", "ya", "--right"], "choose one"),
        ([f"{UNKNOWN}.1", "--right"], "nothing was understood; write the words"),
    ],
    ids=["no such one", "said in several ways", "no word", "two answers", "nothing to be right"],
)
def test_a_check_that_cannot_be_noted(settings: Settings, arguments: list[str], says: str) -> None:
    result = sambung("check", *arguments)
    assert result.exit_code != 0
    assert says in result.output
    assert calls("--checked") == []


def test_what_is_discarded_is_deleted(settings: Settings) -> None:
    sambung("check", f"{KTP}.1", "ka te pe")
    assert sambung("check", f"{KTP}.1", "--discard").exit_code == 0
    assert not audio_of(settings, KTP).exists()
    assert KTP not in calls()
    assert read(settings.operations_db, "utterance_checks") == []


# --- export -----------------------------------------------------------------------------------------
def test_what_is_checked_is_exported(settings: Settings, tmp_path: Path) -> None:
    sambung("check", f"{KTP}.1", "ka te pe")
    sambung("check", f"{NIK}.1", "--right")
    audio_of(settings, NIK).write_bytes(b"RIFF")
    result = sambung("export", str(tmp_path / "out"))
    assert result.exit_code == 0
    assert sum(int(n) for n in re.findall(r"(\d+) utterances", result.output)) == 1
    assert f"left out, as the audio is broken: {NIK}.1;" in result.output
    (row,) = (tmp_path / "out/transcripts.tsv").read_text().splitlines()[1:]
    _, corpus, speaker, name, seconds, text = row.split("\t")
    assert (corpus, seconds, text) == ("dialogue", "1.00", "ka te pe")
    assert (tmp_path / "out" / corpus / speaker / f"{name}.wav").read_bytes() == audio_of(settings, KTP).read_bytes()


def test_an_export_says_what_is_missing(settings: Settings, tmp_path: Path) -> None:
    assert "--unchecked" in sambung("export", str(tmp_path / "out")).output
    sambung("check", f"{KTP}.1", "ka te pe")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/other.txt").touch()
    assert "name a new folder" in sambung("export", str(tmp_path / "full")).output
    assert str(tmp_path / "full/other.txt/out") in sambung("export", str(tmp_path / "full/other.txt/out")).output


# --- forget -----------------------------------------------------------------------------------------
def test_a_caller_is_forgotten_by_the_number_as_people_write_it(settings: Settings) -> None:
    sambung("check", f"{KTP}.1", "ka te pe")
    sambung("check", f"{NIK}.1", "--right")
    result = sambung("forget", "--caller", "0812-3456-789")
    assert result.output == "+628123456789: the audio of 2 utterances is deleted.\n"
    assert calls() == [UNKNOWN, NIK]
    assert [row["turn"] for row in read(settings.operations_db, "utterance_checks")] == [f"{NIK}.1"]


def test_a_call_without_a_number_is_forgotten_by_its_id(settings: Settings) -> None:
    assert sambung("forget", "--call", UNKNOWN).exit_code == 0
    assert not audio_of(settings, UNKNOWN).exists()


@pytest.mark.parametrize(
    "arguments", [[], ["--caller", "halo"], ["--caller", "0812345", "--call", KTP], ["--caller", ""]]
)
def test_nothing_is_deleted_without_a_name(settings: Settings, arguments: list[str]) -> None:
    assert sambung("forget", *arguments).exit_code == 2
    assert len(calls()) == 4


def test_the_story_of_the_call_says_that_its_audio_is_deleted(settings: Settings) -> None:
    sambung("forget", "--caller", "+62215550100")

    async def expire() -> None:
        writer = HistoryWriter(settings, batch_seconds=0)
        await writer.open()
        assert await expire_audio(writer, now=T + 3600) == 1
        await writer.close()

    asyncio.run(expire())
    story = CliRunner().invoke(main, ("call", NIK)).output.splitlines()
    assert story[-2] == f"audio deleted 2023-11-15: 2026/11/17/{NIK}-utterance1.wav"
    assert not any(line.startswith("+") and "deleted" in line for line in story)
