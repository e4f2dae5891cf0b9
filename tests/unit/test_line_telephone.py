"""The emergency telephone as Asterisk runs it: a process that is given the answers to its commands."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from asterisk.agi import AGI

from ivr.agi.emergency import EmergencyCall
from ivr.flow.hotline import Line
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.settings import Emergency, Settings
from ivr.store.switches import switch_log, switch_on
from ivr.voice.catalogue import Catalogue
from ivr.voice.numbers import DIGITS, PAUSE

GOOD = "024681"
WRONG_THRICE = ["emergency_pin", "emergency_wrong"] * 3 + ["goodbye"]


def prompts(state: Path, *answers: str, pin: str = GOOD) -> list[str]:
    """The prompts that the telephone spoke, each answered by the next of `answers`; Asterisk's "0" after the last."""
    (state / "sambung.toml").write_text(f'[emergency]\npin = "{pin}"\n')
    process = subprocess.run(
        [sys.executable, "-c", "from ivr.cli import main; main(['lines', 'telephone'])"],
        input=replies(answers),
        env={**os.environ, "SAMBUNG_STATE": str(state), "SAMBUNG_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return spoken(process.stdout)


def replies(answers: tuple[str, ...]) -> str:
    """What Asterisk answers to each command; "0" after the last."""
    given = ["agi_channel: PJSIP/101-00000001", "", *(f"200 result={a}" for a in answers), *["200 result=0"] * 20]
    return "\n".join(given) + "\n"


def spoken(commands: str) -> list[str]:
    return [Path(line.split()[2]).name for line in commands.splitlines()]


LINES = {
    number: Line.model_validate({"title": number, "flow": "halo", "surge": surge})
    for number, surge in (("1500123", {"say": "Ramai."}), ("1500223", None), ("1500124", {"say": "Ramai."}))
}


def of_lines(state: Path, *answers: str) -> list[str]:
    """As `prompts`, of an installation that has LINES, after the PIN."""
    return of(state, lambda: LINES, GOOD, *answers)[2:]


def of(state: Path, lines: Callable[[], Mapping[str, Line]], *answers: str) -> list[str]:
    """As `prompts`, of an installation that has these lines; the digits of a number as words."""
    settings = Settings(state=state, prompts=state / "prompts", emergency=Emergency(pin=GOOD))
    digits = {Path(clip.file).stem: text for text, clip in Catalogue(settings.prompts).build([*DIGITS, PAUSE]).items()}
    commands = io.StringIO()
    EmergencyCall(AGI(io.StringIO(replies(answers)), commands, io.StringIO()), settings, lines).run()
    return [digits.get(name, name) for name in spoken(commands.getvalue())]


@pytest.mark.parametrize(
    ("typed", "target", "where"),
    [
        ("*", ALL_LINES, "emergency_all_lines"),
        ("1500123", "1500123", "emergency_one_line satu lima nol nol , satu dua tiga"),
        ("24", "1500124", "emergency_one_line satu lima nol nol , satu dua empat"),
        ("123", "1500123", "emergency_one_line satu lima nol nol , satu dua tiga"),
    ],
)
def test_surge_is_switched_on_for_all_lines_or_one(tmp_path: Path, typed: str, target: str, where: str) -> None:
    prompts = " ".join(of_lines(tmp_path, "3", typed, "2"))
    assert prompts == f"emergency_lines emergency_surge_hours emergency_surge_on {where}"
    (switch,) = asyncio.run(switch_log(Settings(state=tmp_path), limit=10))
    assert (switch.kind, switch.target, switch.until - switch.since) == (Kind.SURGE, target, 2 * 3600)


def test_a_line_is_asked_for_until_one_is_meant(tmp_path: Path) -> None:
    """The end of several numbers, no number, and one that is not there: each is followed by the prompt that says so."""
    several, nothing, nowhere = "23", "", "0"
    asked = [part for typed in (several, nothing, nowhere) for part in (typed, "0")]
    assert of_lines(tmp_path, "1", *asked) == [*["emergency_lines", "emergency_no_line"] * 3, "emergency_dropped"]
    assert asyncio.run(switch_log(Settings(state=tmp_path), limit=10)) == []


@pytest.mark.parametrize(
    ("pin", "answers"),
    [(GOOD, ["111111", "0", "1", "0", "24681", "0"]), ("", ["", "0", "", "0", "", "0"])],
    ids=["wrong", "there is none"],
)
def test_without_the_pin_nothing_is_asked(tmp_path: Path, pin: str, answers: list[str]) -> None:
    assert prompts(tmp_path, *answers, pin=pin) == WRONG_THRICE


def test_whoever_hangs_up_ends_it(tmp_path: Path) -> None:
    assert prompts(tmp_path, GOOD, "-1") == ["emergency_pin", "emergency_choice"]


def test_announcements_and_surges_are_ended_and_nothing_else(tmp_path: Path) -> None:
    settings, now = Settings(state=tmp_path), time.time()
    for kind in Kind:
        asyncio.run(switch_on(settings, Switch(kind, ALL_LINES, now, now + 60, "banjir", "rini")))
    assert prompts(tmp_path, GOOD, "2") == ["emergency_pin", "emergency_choice", "emergency_off"]
    ended = {s.kind: s.ended_by for s in asyncio.run(switch_log(settings, limit=10))}
    assert ended == {k: "telephone 101" if k in (Kind.ANNOUNCEMENT, Kind.SURGE) else "" for k in Kind}


def test_surge_needs_a_line_that_has_one(tmp_path: Path) -> None:
    assert prompts(tmp_path, GOOD, "3") == [
        "emergency_pin",
        "emergency_choice",
        "emergency_no_surge",
        "emergency_dropped",
    ]


def test_lines_that_cannot_be_read_are_told_and_only_who_knows_the_pin_waits_for_them(tmp_path: Path) -> None:
    def unreadable() -> Mapping[str, Line]:
        raise OSError("the disk is gone")

    assert of(tmp_path, unreadable, GOOD, "1") == ["emergency_pin", "emergency_choice", "emergency_failed"]
    assert of(tmp_path, unreadable, "1", "0", "1", "0", "1", "0") == WRONG_THRICE


def test_a_store_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "operations.db").write_bytes(b"this is no database" * 100)
    assert prompts(tmp_path, GOOD, "2") == ["emergency_pin", "emergency_choice", "emergency_failed"]
