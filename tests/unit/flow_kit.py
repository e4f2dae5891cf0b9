"""What the tests of flows share: a site from YAML in the test, a call on it, and the words of problems."""

from __future__ import annotations

import datetime as dt
import textwrap
from pathlib import Path

import pytest

from ivr.flow.loader import Loaded, load_site
from ivr.flow.model import Site
from ivr.settings import Recording, Settings
from ivr.sim.agents import Agent, SimRoom
from ivr.sim.call import Trial, Unpublished, simulate
from ivr.sim.caller import Action, ScriptedCaller

LINE = "1500123"
HOTLINE = """\
lines:
  1500123: {title: Tes, flow: utama}
queues:
  umum: {title: Umum, ring_seconds: 20s, max_wait: 2m}
"""
TUESDAY = dt.datetime(2026, 11, 24, 10)
UNANNOUNCED = Settings(recording=Recording(notice=""))
"""Sambung itself says nothing: only the flow speaks."""


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems in English, whatever the machine's language."""
    monkeypatch.setenv("SAMBUNG_LANG", "en")


def load(folder: Path, *flows: str, hotline: str = HOTLINE) -> Loaded:
    """Write the flows and hotline.yaml into `folder` and load them; a flow's file is named by its name."""
    (folder / "hotline.yaml").write_text(textwrap.dedent(hotline))
    for flow in flows:
        text = textwrap.dedent(flow)
        name = text.partition("flow:")[2].split()[0]
        (folder / f"{name}.yaml").write_text(text)
    return load_site(folder, TUESDAY.date())


def site(folder: Path, *flows: str, hotline: str = HOTLINE) -> Site:
    loaded = load(folder, *flows, hotline=hotline)
    assert loaded.site is not None, "\n".join(map(str, loaded.problems))
    return loaded.site


def steps(text: str, *, start: str = "a", constants: str = "") -> str:
    """A flow `utama` around the steps in `text`, with a good-bye `z`."""
    body = textwrap.indent(textwrap.dedent(text), "  ")
    return f"flow: utama\nstart: {start}\n{constants}steps:\n{body}\n  z: {{type: hangup, say: Selamat tinggal.}}\n"


def call(site_: Site, *script: Action, agents: tuple[Agent, ...] = (), **more: object) -> Trial:
    """Call the line on a Tuesday at ten; nobody may be left in the waiting room."""
    room = SimRoom(agents)
    more = {"settings": UNANNOUNCED, "at": TUESDAY, **more}
    trial = simulate(Unpublished(site_), LINE, ScriptedCaller(*script), room=room, **more)  # type: ignore[arg-type]
    assert not any(room.waiting.values())
    return trial


def said(trial: Trial) -> list[str]:
    """What was spoken, in order."""
    return [event.data()["text"] for event in trial.events if event.kind == "prompt_played"]


def way(trial: Trial) -> list[str]:
    """The steps and the exits taken: "a:next"."""
    return [f"{d['step']}:{d['exit']}" for e in trial.events if e.kind == "step_left" and (d := e.data())]


def data(trial: Trial, kind: str) -> list[dict[str, object]]:
    """The data of all events of a kind."""
    return [event.data() for event in trial.events if event.kind == kind]
