"""An installation to publish in: two small flows that differ in a greeting, and their audio."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main
from ivr.flow.hotline import Blocklist
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.publish import Version, publish
from ivr.settings import Settings
from ivr.voice.catalogue import Catalogue
from ivr.voice.numbers import UNITS

HOTLINE = """
lines:
  "14045":
    title: Halo Kota
    flow: halo
"""
FLOW = """
flow: halo
start: salam
steps:
  salam:
    type: play
    say: "{greeting}"
    next: selesai
  selesai:
    type: hangup
"""


def write_flows(folder: Path, greeting: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "hotline.yaml").write_text(HOTLINE, encoding="utf-8")
    (folder / "halo.yaml").write_text(FLOW.replace("{greeting}", greeting), encoding="utf-8")


def speak_units(prompts: Path) -> None:
    """Make the audio of all units and of the greetings: it takes long."""
    Catalogue(prompts).build([*UNITS, "Selamat pagi.", "Selamat sore.", "Selamat malam.", Blocklist().say])


def installation(folder: Path, prompts: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation of its own, as the commands find it too, with a copy of `prompts`."""
    shutil.copytree(prompts, folder / "prompts")
    state = folder / "state"
    state.mkdir()
    lines = [f'{name} = "{folder / name}"' for name in ("prompts", "flows")]
    (state / "sambung.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("SAMBUNG_STATE", str(state))
    return Settings(state=state, prompts=folder / "prompts", flows=folder / "flows")


def site(settings: Settings, greeting: str) -> Site:
    write_flows(settings.flows, greeting)
    loaded = load_site(settings.flows)
    assert loaded.site, loaded.problems
    return loaded.site


def published(settings: Settings, greeting: str) -> Version:
    return publish(settings, site(settings, greeting), author="rini", message=greeting)


def sambung(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)
