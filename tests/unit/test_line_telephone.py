"""The emergency telephone as Asterisk runs it: a process that is given the answers to its commands."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.settings import Settings
from ivr.store.switches import switch_log, switch_on

GOOD = "024681"
WRONG_THRICE = ["emergency_pin", "emergency_wrong"] * 3 + ["goodbye"]


def prompts(state: Path, *answers: str, pin: str = GOOD) -> list[str]:
    """The prompts that the telephone spoke, each answered by the next of `answers`; Asterisk's "0" after the last."""
    (state / "sambung.toml").write_text(f'[emergency]\npin = "{pin}"\n')
    given = ["agi_channel: PJSIP/101-00000001", "", *(f"200 result={a}" for a in answers), *["200 result=0"] * 20]
    process = subprocess.run(
        [sys.executable, "-c", "from ivr.cli import main; main(['lines', 'telephone'])"],
        input="\n".join(given) + "\n",
        env={**os.environ, "SAMBUNG_STATE": str(state), "SAMBUNG_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [Path(line.split()[2]).name for line in process.stdout.splitlines()]


@pytest.mark.parametrize(
    ("pin", "answers"),
    [(GOOD, ["111111", "0", "1", "0", "24681", "0"]), ("", ["", "0", "", "0", "", "0"])],
    ids=["wrong", "there is none"],
)
def test_without_the_pin_nothing_is_asked(tmp_path: Path, pin: str, answers: list[str]) -> None:
    assert prompts(tmp_path, *answers, pin=pin) == WRONG_THRICE


def test_whoever_hangs_up_ends_it(tmp_path: Path) -> None:
    assert prompts(tmp_path, GOOD, "-1") == ["emergency_pin", "emergency_choice"]


def test_all_announcements_are_ended_and_nothing_else(tmp_path: Path) -> None:
    settings, now = Settings(state=tmp_path), time.time()
    for kind in Kind:
        asyncio.run(switch_on(settings, Switch(kind, ALL_LINES, now, now + 60, "banjir", "rini")))
    assert prompts(tmp_path, GOOD, "2") == ["emergency_pin", "emergency_choice", "emergency_off"]
    ended = {s.kind: s.ended_by for s in asyncio.run(switch_log(settings, limit=10))}
    assert ended == {kind: "telephone 101" if kind is Kind.ANNOUNCEMENT else "" for kind in Kind}


def test_a_store_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "operations.db").write_bytes(b"this is no database" * 100)
    assert prompts(tmp_path, GOOD, "2") == ["emergency_pin", "emergency_choice", "emergency_failed"]
