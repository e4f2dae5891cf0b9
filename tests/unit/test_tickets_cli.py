"""`sambung tickets`, on the real store and with the machine's real voice."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.channel import Voiced
from ivr.cli import main
from ivr.settings import Settings, load_settings
from ivr.speech.values.tickets import number_of
from ivr.store.tickets import StoredTickets
from ivr.tickets import Request
from ivr.voice.wav import wav_seconds

NOW = 1_795_654_800.0  # 2026-11-26 08:00 in Jakarta

Sambung = Callable[..., str]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    monkeypatch.setenv("LOGNAME", "rini")
    (tmp_path / "sambung.toml").write_text(f'prompts = "{tmp_path}/prompts"\nrecordings = "{tmp_path}/rec"\n')
    return load_settings(tmp_path)


@pytest.fixture
def number(settings: Settings) -> str:
    """A complaint."""
    return opened(
        settings, "complaint", NOW, caller="+62812", recording="2026/11/26/a.wav", details={"nik": "3578\x1b"}
    )


def opened(
    settings: Settings,
    kind: str,
    at: float,
    *,
    caller: str = "",
    recording: str = "",
    details: dict[str, str] | None = None,
) -> str:
    request = Request(kind, "1.1", "1500123", caller, at, recording, details or {})  # type: ignore[arg-type]
    return asyncio.run(StoredTickets(settings).open(request))


@pytest.fixture
def sambung(settings: Settings) -> Sambung:
    """Runs `sambung tickets …`; what it printed."""

    def run(*arguments: str, fails: bool = False) -> str:
        result = CliRunner().invoke(main, ["tickets", *arguments])
        assert bool(result.exit_code) is fails, result.output
        return result.output

    return run


def test_nothing_waits(sambung: Sambung) -> None:
    assert sambung() == "No ticket waits.\n"


def test_those_that_wait_are_listed(settings: Settings, number: str, sambung: Sambung) -> None:
    later = opened(settings, "information", NOW + 60)
    rows = [line for line in sambung().splitlines() if "1500" not in line and ("2026-11-26" in line)]
    assert [row.split("│")[1].strip() for row in rows] == [number, later]
    assert "2026-11-26 08:00" in rows[0]
    assert "complaint" in rows[0]
    assert "+62812" in rows[0]
    assert [ticket["number"] for ticket in json.loads(sambung("--json"))] == [number, later]


def test_all_about_one(settings: Settings, number: str, sambung: Sambung) -> None:
    assert sambung("show", number).splitlines() == [
        f"Ticket {number}: complaint, open",
        "from +62812 to 1500123, 2026-11-26 08:00",
        "nik: 3578�",
        f"recording: {settings.recordings}/2026/11/26/a.wav",
        "call: sambung call 1.1",
    ]
    shown = json.loads(sambung("show", number, "--json"))
    assert (shown["number"], shown["details"], shown["answer"]) == (number, {"nik": "3578\x1b"}, "")


def test_it_is_begun_answered_and_heard(settings: Settings, number: str, sambung: Sambung) -> None:
    assert sambung("start", number) == f"Ticket {number}: in work.\n"
    assert sambung("answer", number, "Lampu   sudah menyala.") == f"Ticket {number}: answered. “Lampu sudah menyala.”\n"
    assert sambung() == "No ticket waits.\n"
    assert number in sambung("--all")
    told = sambung("show", number)
    assert "answer: “Lampu sudah menyala.”" in told
    assert "last by rini, 20" in told
    found = asyncio.run(StoredTickets(settings).find(number))
    assert found
    assert isinstance(found.answer, Voiced)
    assert found.answer.segment.audio
    assert wav_seconds(found.answer.segment.audio) == pytest.approx(found.answer.segment.seconds)
    assert found.answer.segment.seconds > 0.5


def test_a_long_answer_is_warned_of(number: str, sambung: Sambung) -> None:
    assert "make it shorter" in sambung("answer", number, "Lampu jalan sudah diperbaiki oleh dinas terkait. " * 15)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", number_of(1)), f"there is no ticket {number_of(1)}; `sambung tickets --all` lists them"),
        (("start", "00000017"), "ticket number '00000017' is wrong: a digit is mistaken or two are swapped"),
        (("answer", "17", "Ya."), "ticket numbers have 8 digits, not '17'"),
    ],
)
def test_what_cannot_be_done_is_told(sambung: Sambung, arguments: tuple[str, ...], told: str) -> None:
    assert told in sambung(*arguments, fails=True)


def test_an_answer_needs_words(number: str, sambung: Sambung) -> None:
    assert "write the answer as a sentence" in sambung("answer", number, " … ", fails=True)


def test_a_broken_store_is_told(settings: Settings, sambung: Sambung) -> None:
    settings.operations_db.write_bytes(b"no database" * 500)
    assert "restore it from a backup" in sambung(fails=True)


def test_a_locked_store_is_told(settings: Settings, number: str, sambung: Sambung) -> None:
    with closing(sqlite3.connect(settings.operations_db)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked" in sambung("start", number, fails=True)


def test_it_speaks_indonesian(number: str, sambung: Sambung, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    assert sambung("start", number) == f"Tiket {number}: dikerjakan.\n"
    assert "tidak ada tiket" in sambung("show", number_of(1), fails=True)
