"""`sambung lines`, on a published version and the real store."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.cli.lines_shown import in_force
from ivr.flow.loader import load_site
from ivr.line.surge import note_surge
from ivr.line.switches import Switch
from ivr.publish import publish
from ivr.routing.agents import add_agent
from ivr.settings import Settings, load_settings
from ivr.store.switches import switch_log
from ivr.voice.audio import tone
from ivr.voice.wav import wav_seconds, write_wav

HOTLINE = """
lines:
  1500123:
    title: Halo Kota
    flow: halo
    hours: {week: {senin-minggu: 00:00-24:00}, national_holidays: ya}
    after_hours: halo
    surge: {say: Ramai.}
    gate: {}
  112:
    title: Darurat
    flow: halo
blocklist: {strikes: 2, say: Maaf.}
"""
FLOW = "flow: halo\nstart: a\nsteps:\n  a: {type: hangup, say: Halo.}\n"
CALLER = "081234567890"
NOON = dt.datetime(2026, 11, 26, 12, 0, tzinfo=ZoneInfo("Asia/Jakarta"))

Sambung = Callable[..., str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a published version."""
    home = tmp_path_factory.mktemp("home")
    flows, state = home / "flows", home / "state"
    flows.mkdir()
    state.mkdir()
    (flows / "hotline.yaml").write_text(HOTLINE)
    (flows / "halo.yaml").write_text(FLOW)
    lines = [f'{name} = "{home / name}"' for name in ("prompts", "flows", "recordings")]
    (state / "sambung.toml").write_text("\n".join(lines))
    site = load_site(flows).site
    assert site
    publish(load_settings(state), site, author="rini")
    return home


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """It, with nothing switched."""
    for file in (home / "state").glob("operations.db*"):
        file.unlink()
    monkeypatch.setenv("SAMBUNG_STATE", str(home / "state"))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    monkeypatch.setenv("LOGNAME", "rini")
    return load_settings(home / "state")


@pytest.fixture
def sambung(settings: Settings) -> Sambung:
    """Runs `sambung lines …`; what it printed."""

    def run(*arguments: str, fails: bool = False) -> str:
        result = CliRunner().invoke(main, ["lines", *arguments])
        assert bool(result.exit_code) is fails, result.output
        return result.output

    return run


def switched(settings: Settings) -> list[Switch]:
    """All that was ever switched, the oldest first."""
    return asyncio.run(switch_log(settings, limit=100))[::-1]


def test_an_announcement_is_spoken_for_all_lines_until_its_end(settings: Settings, sambung: Sambung) -> None:
    said = sambung("announce", "Ada   banjir. Hubungi 112.", "--all", "--until", "3h", "-m", "banjir")
    assert said.startswith("announcement #1 on all lines until 20")
    assert "banjir (rini)" in said
    assert "sambung lines off 1" in said
    assert "does not run" in said
    (made,) = switched(settings)
    assert (made.text, made.target, made.instead) == ("Ada banjir. Hubungi 112.", "", False)
    assert made.until - made.since == 3 * 3600
    assert made.clip
    assert wav_seconds(settings.prompts / "built" / made.clip.file) == pytest.approx(made.clip.seconds)
    assert made.clip.seconds > 2


def test_a_recording_is_announced_in_place_of_a_lines_flow(
    settings: Settings, sambung: Sambung, tmp_path: Path
) -> None:
    write_wav(tone(700, 2.0).raw_data, tmp_path / "gempa.wav")
    file = str(tmp_path / "gempa.wav")
    said = sambung("announce", "--recording", file, "--line", "112", "--instead", "--until", "3h", "-m", "gempa")
    assert "announcement #1 on 112 until" in said
    (made,) = switched(settings)
    assert (made.text, made.target, made.instead) == ("gempa.wav", "112", True)
    assert made.clip
    assert made.clip.seconds == pytest.approx(2.0, abs=0.01)
    assert wav_seconds(settings.prompts / "built" / made.clip.file) == made.clip.seconds


def test_long_announcements_are_warned_of(sambung: Sambung, tmp_path: Path) -> None:
    write_wav(tone(700, 31.0).raw_data, tmp_path / "lama.wav")
    said = sambung("announce", "--recording", str(tmp_path / "lama.wav"), "--all", "--until", "1h", "-m", "x")
    assert "callers hear it for 31 seconds" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["announce", "Banjir.", "--until", "1h", "-m", "x"], "name one number (--line 1500123) or all (--all)"),
        (["announce", "Banjir.", "--line", "1500124", "--until", "1h", "-m", "x"], "did you mean 1500123?"),
        (["announce", "Banjir.", "--line", "112", "--all", "--until", "1h", "-m", "x"], "name one number"),
        (["announce", "", "--all", "--until", "1h", "-m", "x"], "in plain words, or --recording FILE"),
        (["announce", "Jam {jam}.", "--all", "--until", "1h", "-m", "x"], "in plain words, or --recording FILE"),
        (["announce", "--recording", "tidak.wav", "--all", "--until", "1h", "-m", "x"], "tidak.wav: no such file"),
        (["announce", "Banjir.", "--all", "-m", "x"], "'--until'"),
        (["announce", "Banjir.", "--all", "--until", "1h"], "'-m'"),
        (["announce", "Banjir.", "--all", "--until", "1h", "-m", " "], "say why"),
        (["announce", "Banjir.", "--all", "--until", "32d", "-m", "x"], "31 days at most"),
        (["surge", "--line", "112", "--until", "1h", "-m", "x"], "line 112 has no 'surge' in hotline.yaml"),
        (["gate", "--line", "112", "--until", "1h", "-m", "x"], "line 112 has no 'gate' in hotline.yaml"),
        (["block", "112", "--until", "1d", "-m", "x"], "short numbers (110, 112, 119)"),
        (["block", "14045", "--until", "1d", "-m", "x"], "cannot be blocked"),
        (["block", "anonymous", "--until", "1d", "-m", "x"], "withheld ones are never blocked"),
        (["strike", "110", "-m", "x"], "cannot be blocked"),
        (["strike", CALLER, "-m", " "], "say why"),
        (["strike", CALLER, "--agent", "110", "-m", "x"], "There is no agent 110; `sambung agents` lists them all"),
        (["off", "7"], "nothing with the ID 7 is on"),
        (["unblock", CALLER], "is not blocked and has no strikes"),
    ],
)
def test_what_cannot_be_switched_says_why_and_switches_nothing(
    settings: Settings, sambung: Sambung, arguments: list[str], words: str
) -> None:
    assert words in sambung(*arguments, fails=True)
    assert switched(settings) == []


def test_everything_switched_is_listed_until_it_is_ended(settings: Settings, sambung: Sambung) -> None:
    sambung("announce", "Ada banjir.", "--all", "--until", "3h", "-m", "banjir besar")
    sambung("surge", "--line", "1500123", "--until", "2h", "-m", "antrean panjang")
    sambung("block", CALLER, "--until", "7d", "-m", "bersiul")
    asyncio.run(add_agent(settings, "101", "Sari", ["umum"]))
    sambung("strike", "081299999999", "--agent", "101", "-m", "diam saja")
    listed = sambung()
    for words in ("Halo Kota", "banjir besar", "“Ada banjir.”", "antrean panjang", "+6281234567890", "bersiul"):
        assert words in listed
    assert "1 of 2" in listed
    assert "rini, agent 101" in listed
    told = list(in_force(settings))
    assert [t.partition(" until")[0] for t in told[:2]] == ["announcement #1 on all lines", "surge #2 on 1500123"]
    assert told[2:] == ["1 callers are blocked (sambung lines)"]
    assert "Ended: surge #2 on 1500123 (antrean panjang)" in sambung("off", "2")
    sambung("off", "1")
    assert "no longer blocked" in sambung("unblock", "+62 812-3456-7890")
    assert "strikes forgotten: 1" in sambung("unblock", "081299999999")
    assert list(in_force(settings)) == []
    logged = sambung("log")
    for words in ("banjir besar", "antrean panjang", "+6281234567890", "rini"):
        assert words in logged


def test_a_gate_is_switched_with_a_word_where_nobody_could_be_heard(
    settings: Settings, sambung: Sambung, home: Path
) -> None:
    switched_on = sambung("gate", "--all", "--until", "2h", "-m", "banyak yang diam")
    assert "gate #1 on all lines until" in switched_on
    assert "WARNING" not in switched_on
    assert "Ended: gate #1 on all lines (banyak yang diam)" in sambung("off", "1")
    toml = home / "state" / "sambung.toml"
    before = toml.read_text()
    toml.write_text(f"{before}\n[speech]\nservers = 0\n")
    try:
        assert "all calls pass" in sambung("gate", "--line", "1500123", "--until", "2h", "-m", "banyak yang diam")
    finally:
        toml.write_text(before)


def test_strikes_block_a_number(settings: Settings, sambung: Sambung) -> None:
    assert "strike 1 of 2 within 30 days" in sambung("strike", CALLER, "-m", "bersiul")
    said = sambung("strike", CALLER, "-m", "berteriak")
    assert "strike 2 of 2" in said
    assert "+6281234567890 is blocked until" in said
    (block,) = switched(settings)
    assert block.until - block.since == 14 * 86_400


def test_programs_read_the_same(settings: Settings, sambung: Sambung) -> None:
    sambung("announce", "Ada banjir.", "--line", "112", "--until", "3h", "-m", "banjir")
    shown = json.loads(sambung("--json"))
    assert [line["number"] for line in shown["lines"]] == ["1500123", "112"]
    assert shown["lines"][1] | {"number": "", "title": ""} == {
        "number": "",
        "title": "",
        "open": True,
        "closes_at": None,
        "surging_since": None,
    }
    (announced,) = shown["switches"]
    assert (announced["kind"], announced["target"], announced["reason"]) == ("announcement", "112", "banjir")
    assert shown["strikes"] == {}


def test_a_surge_by_itself_is_shown(settings: Settings, sambung: Sambung, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.run.mkdir(exist_ok=True)
    monkeypatch.setattr("ivr.cli.lines_shown.status", lambda settings: {"engine": {"pid": 7}})
    note_surge(settings, {"1500123": time.time()}, pid=7)
    listed = sambung()
    assert "many wait, since" in listed
    assert "by itself" in listed
    assert next(in_force(settings)).startswith("surge on 1500123, by itself, since")


def test_a_broken_store_is_told(settings: Settings, sambung: Sambung) -> None:
    settings.operations_db.write_bytes(b"this is no database" * 100)
    for arguments in ([], ["log"], ["announce", "Banjir.", "--all", "--until", "1h", "-m", "x"]):
        assert "operations.db: cannot be opened" in sambung(*arguments, fails=True)
    (told,) = in_force(settings)
    assert "operations.db: cannot be opened" in told
