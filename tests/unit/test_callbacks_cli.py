"""`sambung callbacks`, on the real store."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from store_kit import put_empty_operations

from ivr.callbacks import Request
from ivr.cli import main
from ivr.settings import Settings, load_settings
from ivr.store.callbacks import StoredCallbacks

NOW = 1_795_654_800.0  # 2026-11-26 08:00 in Jakarta
SOON = Request("umum", "1500123", "1.1", "+6281234567890", "", NOW, NOW - 60, "sekarang", None, None, {"perlu": "KTP"})
LATER = dataclasses.replace(
    SOON,
    number="+62315312144",
    caller="+62812",
    window="pagi",
    begins=NOW + 3600,
    ends=NOW + 7200,
    since=NOW,
    details={},
)

Sambung = Callable[..., str]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two callbacks wait."""
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    monkeypatch.setenv("LOGNAME", "rini")
    put_empty_operations(tmp_path)
    settings = load_settings(tmp_path)

    async def fill() -> None:
        for request in (LATER, SOON):
            assert await StoredCallbacks(settings).open(request, most=9)

    asyncio.run(fill())
    return settings


@pytest.fixture
def sambung(settings: Settings) -> Sambung:
    def run(*arguments: str, fails: bool = False) -> str:
        result = CliRunner().invoke(main, ["callbacks", *arguments])
        assert (result.exit_code != 0) == fails, result.output
        return result.output

    return run


def test_who_waits_is_listed_by_place(sambung: Sambung) -> None:
    rows = [line for line in sambung().splitlines() if "umum" in line]
    assert ["+6281234567890" in rows[0], "+62315312144" in rows[1]] == [True, True]
    assert "pagi, 2026-11-26 09:00–10:00" in rows[1]
    assert len(rows) == 2


def test_a_promised_time_that_is_over_is_told(sambung: Sambung, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW + 7201)
    assert sambung().count("late") == 1
    monkeypatch.setattr(time, "time", lambda: NOW + 7199)
    assert "late" not in sambung()


def test_for_programs(sambung: Sambung) -> None:
    first, second = json.loads(sambung("--json"))
    assert (first["id"], first["position"], first["details"], first["ends"]) == (2, 1, {"perlu": "KTP"}, None)
    assert (second["id"], second["position"], second["window"], second["ends"]) == (1, 2, "pagi", NOW + 7200)
    assert json.loads(sambung("--queue", "lain", "--json")) == []
    assert json.loads(sambung("show", "2", "--json")) == first


def test_nobody_waits(sambung: Sambung) -> None:
    assert sambung("--queue", "lain") == "Nobody waits to be called.\n"


def test_all_about_one(sambung: Sambung) -> None:
    told = sambung("show", "2").splitlines()
    assert told[:2] == ["Callback 2: open", "+6281234567890, queue umum, number 1, sekarang"]
    assert "perlu: KTP" in told
    assert "call: sambung call 1.1" in told


@pytest.mark.parametrize(
    ("word", "state"), [("done", "called back"), ("failed", "not reached"), ("cancel", "cancelled")]
)
def test_it_is_closed_by_whom_and_with_a_note(sambung: Sambung, word: str, state: str) -> None:
    assert sambung(word, "2", "Sudah jelas") == f"Callback 2: {state}.\n"
    told = sambung("show", "2")
    assert "closed by rini" in told
    assert "note: Sudah jelas" in told
    assert "+6281234567890" not in sambung()
    assert state in sambung("--all")
    assert "closed already" in sambung("done", "2", fails=True)


def test_what_there_is_not_is_told(sambung: Sambung) -> None:
    assert "there is no callback 17; `sambung callbacks --all` lists them" in sambung("show", "17", fails=True)


def test_it_speaks_indonesian(sambung: Sambung, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    assert sambung("done", "1") == "Telepon balik 1: sudah ditelepon.\n"
    assert "tidak ada telepon balik 7" in sambung("show", "7", fails=True)
