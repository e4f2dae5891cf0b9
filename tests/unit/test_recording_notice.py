"""The notice that a call is recorded: who hears it, and that nothing is recorded without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flow_kit import HOTLINE, call, data, said, site, steps, way

from ivr.channel import ALL_KEYS, ConnectOutcome, EndReason, Heard, Played, Prompt
from ivr.flow.model import Site
from ivr.settings import Recording, Settings, Speech
from ivr.sim.agents import Agent
from ivr.sim.call import Trial
from ivr.sim.caller import HangUp, Press, Say
from ivr.sim.channel import SimChannel
from ivr.voice.languages import ENGLISH

NOTICE = Recording().notice
READY = Agent("101", ("umum",), answers_after=4, talks=30, wrapup=0)


class Telephone(SimChannel):
    """Notes each conversation's recording, and each answer's; prompts of `damaged` have lost their audio."""

    recordings: list[Path | None]
    damaged: str

    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        if " ".join(segment.text for segment in prompt) == self.damaged:
            return Played(0.0, completed=True, problem="Asterisk could not play it")
        return await super().play(prompt, stop_keys=stop_keys)

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        self.recordings.append(recording)
        return await super().connect(queue, visit, ring_seconds=ring_seconds, recording=recording)

    async def listen(self, *args: Any, audio: Path | None, **more: Any) -> Heard:
        self.recordings.append(audio)
        return await super().listen(*args, audio=audio, **more)


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
    assert [d["text"] for d in data(trial, "prompt_failed")] == [NOTICE]
    assert "nothing is recorded" in str(data(trial, "prompt_failed")[0]["problem"])


# --- answers that are kept --------------------------------------------------------------------------
KEEPING = Settings(speech=Speech(keep_audio=True))


def asking(folder: Path, *, recorded: str = "ya", phrases: str = "{1: [KTP]}", hotline: str = HOTLINE) -> Site:
    """A flow that asks what it is about and then leads to an agent."""
    flow = steps(f"""
        a: {{type: set, values: {{direkam: {recorded}}}, next: b}}
        b: {{type: menu, say: Tentang apa?, keys: {{1: c}}, phrases: {phrases}, failed: z}}
        c: {{type: queue, queue: umum, say: Mohon tunggu., timeout: z, answered: z}}
        """)
    return site(folder, flow, hotline=hotline)


def kinds(telephone: type[Telephone]) -> list[str]:
    """What was recorded, in order; "" where nothing was."""
    return [path.stem.split("-")[1] if path else "" for path in telephone.recordings]


def test_who_is_to_be_kept_is_told_before_the_first_question_and_not_again(
    tmp_path: Path, telephone: type[Telephone]
) -> None:
    trial = call(asking(tmp_path), Say("KTP", hears="apa"), agents=(READY,), settings=KEEPING)
    assert said(trial) == [NOTICE, "Tentang apa?", "Mohon tunggu.", "Selamat tinggal."]
    assert kinds(telephone) == ["utterance1", "talk2"]


def test_a_key_during_the_notice_answers_the_question(tmp_path: Path) -> None:
    trial = call(asking(tmp_path), Press("1", at=1), settings=KEEPING)
    assert data(trial, "prompt_played")[0]["completed"]
    assert way(trial)[1] == "b:key:1"


@pytest.mark.parametrize(
    ("phrases", "speech", "room"),
    [
        ("{1: [KTP]}", Speech(keep_audio=False), True),
        ("{1: [KTP]}", Speech(keep_audio=True, servers=0), True),
        ("{1: [KTP]}", Speech(keep_audio=True), False),
        ("{}", Speech(keep_audio=True), True),
    ],
    ids=["not wanted", "no speech", "no room on the disk", "keys only"],
)
def test_where_no_answer_is_kept_nothing_is_said_of_it(
    phrases: str, speech: Speech, room: bool, tmp_path: Path, telephone: type[Telephone]
) -> None:
    settings = Settings(speech=speech, recording=Recording(conversations=False))
    trial = call(asking(tmp_path, phrases=phrases), Press("1", hears="apa"), settings=settings, may_record=room)
    assert NOTICE not in said(trial)
    assert not any(telephone.recordings)


@pytest.mark.parametrize("notice", [NOTICE, ""])
def test_a_sign_of_life_is_not_kept(notice: str, tmp_path: Path, telephone: type[Telephone]) -> None:
    settings = KEEPING.model_copy(update={"recording": Recording(notice=notice)})
    flow = asking(tmp_path, hotline=HOTLINE.replace("flow: utama", "flow: utama, gate: {always: ya, say: Halo?}"))
    trial = call(flow, Say("halo", hears="Halo"), Say("KTP", hears="apa"), settings=settings)
    assert said(trial)[:-1] == ["Halo?", *filter(None, [notice]), "Tentang apa?"]
    assert kinds(telephone) == ["", "utterance1"]


def test_without_its_audio_no_answer_is_kept(tmp_path: Path, telephone: type[Telephone]) -> None:
    telephone.damaged = NOTICE
    trial = call(asking(tmp_path), Say("KTP", hears="apa"), agents=(READY,), settings=KEEPING)
    assert way(trial)[1] == "b:key:1"
    assert kinds(telephone) == ["", ""]


def test_a_version_that_cannot_hear_the_question_keeps_no_answer_and_says_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.sim.call.Unpublished.grammar", lambda version, sayings: None)
    settings = KEEPING.model_copy(update={"recording": Recording(conversations=False)})
    assert NOTICE not in said(call(asking(tmp_path), Press("1", hears="apa"), settings=settings))


@pytest.mark.parametrize("notice", [NOTICE, "Untuk menjaga mutu layanan, percakapan dengan petugas direkam."])
def test_a_version_without_the_notice_in_the_language_of_the_call_says_it_in_indonesian(
    notice: str, tmp_path: Path, telephone: type[Telephone]
) -> None:
    queue = "a: {type: set, values: {bahasa: en}, next: b}\nb: {type: queue, queue: umum, answered: z, timeout: z}"
    flow = site(tmp_path, steps(queue), hotline=HOTLINE + "languages: {en: {title: English}}\n")
    telephone.damaged = ENGLISH[notice]
    trial = call(flow, agents=(READY,), settings=Settings(recording=Recording(notice=notice)))
    assert [d["text"] for d in data(trial, "prompt_failed")] == [ENGLISH[notice]]
    assert notice in said(trial)
    assert kinds(telephone) == ["talk1"]


@pytest.mark.parametrize("refusal", ["tidak", "= tidak", "no"])
@pytest.mark.parametrize("notice", [NOTICE, ""])
def test_who_refuses_is_not_recorded(refusal: str, notice: str, tmp_path: Path, telephone: type[Telephone]) -> None:
    settings = KEEPING.model_copy(update={"recording": Recording(notice=notice)})
    trial = call(asking(tmp_path, recorded=refusal), Say("KTP", hears="apa"), agents=(READY,), settings=settings)
    assert said(trial)[0] == "Tentang apa?"
    assert kinds(telephone) == ["", ""]
