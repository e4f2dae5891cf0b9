"""The notice that a conversation is recorded: who hears it, and that nothing is recorded without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_kit import call, data, said, site, steps, way

from ivr.channel import ALL_KEYS, ConnectOutcome, EndReason, Played, Prompt
from ivr.flow.model import Site
from ivr.settings import Recording, Settings
from ivr.sim.agents import Agent
from ivr.sim.call import Trial
from ivr.sim.caller import HangUp, Press
from ivr.sim.channel import SimChannel

NOTICE = Recording().notice
READY = Agent("101", ("umum",), answers_after=4, talks=30, wrapup=0)


class Telephone(SimChannel):
    """Notes each conversation's recording; prompts of `damaged` have lost their audio."""

    recordings: list[Path | None]
    damaged: str

    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        if " ".join(segment.text for segment in prompt) == self.damaged:
            return Played(0.0, completed=True, problem="Asterisk could not play it")
        return await super().play(prompt, stop_keys=stop_keys)

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        self.recordings.append(recording)
        return await super().connect(queue, visit, ring_seconds=ring_seconds, recording=recording)


@pytest.fixture(autouse=True)
def telephone(monkeypatch: pytest.MonkeyPatch) -> type[Telephone]:
    monkeypatch.setattr("ivr.sim.call.SimChannel", Telephone)
    Telephone.recordings, Telephone.damaged = [], ""
    return Telephone


@pytest.fixture
def twice(tmp_path: Path) -> Site:
    """A flow with two conversations, one after the other."""
    queue = "{type: queue, queue: umum, say: Mohon tunggu., keys: {1: z}, timeout: z, answered: %s}"
    return site(tmp_path, steps(f"a: {queue % 'b'}\nb: {queue % 'z'}"))


def tried(twice: Site, *script: Press | HangUp, **recording: object) -> Trial:
    settings = Settings(recording=Recording(**recording))  # type: ignore[arg-type]
    return call(twice, *script, agents=(READY,), settings=settings)


def test_it_is_said_once_before_all_else_of_the_first_queue(twice: Site, telephone: type[Telephone]) -> None:
    assert said(tried(twice)) == [NOTICE, "Mohon tunggu.", "Mohon tunggu.", "Selamat tinggal."]
    assert len(telephone.recordings) == 2
    assert None not in telephone.recordings


def test_no_key_cuts_it_short_and_the_key_counts_afterwards(twice: Site, telephone: type[Telephone]) -> None:
    trial = tried(twice, Press("1", at=1))
    assert data(trial, "prompt_played")[0]["completed"]
    assert way(trial)[0] == "a:key:1"
    assert not telephone.recordings


def test_who_hangs_up_during_it_is_recorded_as_such(twice: Site) -> None:
    trial = tried(twice, HangUp(at=1))
    assert [(d["text"], d["completed"]) for d in data(trial, "prompt_played")] == [(NOTICE, False)]
    assert trial.reason is EndReason.CALLER_HUNG_UP


@pytest.mark.parametrize(
    ("recording", "recorded"),
    [({"conversations": False}, False), ({"notice": ""}, True)],
    ids=["conversations are not recorded", "the flow says it itself"],
)
def test_it_is_not_said_where(
    twice: Site, telephone: type[Telephone], recording: dict[str, object], recorded: bool
) -> None:
    assert NOTICE not in said(tried(twice, **recording))
    assert [path is not None for path in telephone.recordings] == [recorded] * 2


def test_it_is_not_said_where_no_agent_is_there_or_the_disk_is_full(twice: Site, telephone: type[Telephone]) -> None:
    for trial in (
        call(twice, settings=Settings()),
        call(twice, agents=(READY,), settings=Settings(), may_record=False),
    ):
        assert NOTICE not in said(trial)
    assert telephone.recordings == [None, None]


def test_without_its_audio_nothing_is_recorded_and_the_call_goes_on(twice: Site, telephone: type[Telephone]) -> None:
    telephone.damaged = NOTICE
    trial = tried(twice)
    assert way(trial) == ["a:answered", "b:answered", "z:end"]
    assert telephone.recordings == [None, None]
    assert [d["text"] for d in data(trial, "prompt_failed")] == [NOTICE] * 2
    assert "the conversation is not recorded" in str(data(trial, "prompt_failed")[0]["problem"])
