"""Calls under settings of their own: the notice that talks are recorded is said, and few steps are allowed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from ivr.settings import Recording
from ivr.voice.notice import notice_audio
from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import AGENT_TONE, calls, talks
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

STEPS = 10
RECORDING = {"minimum_free_mb": 0}
NOTICE = Recording().notice


@pytest.fixture(scope="module")
def shared_hotline(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    own = Hotline(tmp_path_factory.mktemp("own"), {"recording": RECORDING, "limits": {"steps_per_call": STEPS}})
    asyncio.run(own.up())
    yield own
    asyncio.run(own.down())


@pytest.fixture
async def record_with(hotline: Hotline) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Changes the settings of recording for this test."""

    async def change(**changes: Any) -> None:
        await hotline.change({"recording": {**RECORDING, **changes}})
        await hotline.restarted("engine", hotline.send("engine", signal.SIGKILL))

    yield change
    await change()


async def talk_of(hotline: Hotline, agent: Softphone, citizen: Softphone) -> tuple[str, dict[str, Any]]:
    """A call from dialling to its end; its id and its conversation."""
    await calls(citizen, Line.PATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    await citizen.ended()
    call = (await hotline.record(citizen.user))["id"]
    return call, hotline.talk(call)


def said(hotline: Hotline, call: str) -> list[str]:
    return [fact["text"] for fact in hotline.facts(call, "prompt_played")]


async def test_the_citizen_hears_once_and_first_that_the_talk_is_recorded(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    call, talk = await talk_of(hotline, agent, citizen)
    notice = audio.read_wav(notice_audio(hotline.settings))
    match = audio.find(notice, citizen.heard)
    assert match is not None
    assert match.seconds == pytest.approx(len(notice) / audio.RATE, abs=0.2)
    (voice, *_) = audio.tones(citizen.heard, [AGENT_TONE])
    assert match.at + match.seconds < voice.start + audio.FRAME
    assert audio.find(notice, citizen.heard, after=match.at + match.seconds) is None
    assert said(hotline, call).count(NOTICE) == 1
    recording = audio.read_wav(hotline.settings.recordings / talk["recording"])
    assert audio.level(recording) > audio.SILENT
    assert audio.find(notice, recording) is None


async def test_without_the_audio_of_the_notice_the_talk_is_not_recorded(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    path = notice_audio(hotline.settings)
    whole = path.read_bytes()
    try:
        path.unlink()
        call, talk = await talk_of(hotline, agent, citizen)
    finally:
        path.write_bytes(whole)
    assert talk["recording"] is None
    assert [fact["text"] for fact in hotline.facts(call, "prompt_failed")] == [NOTICE]


async def test_where_nothing_is_recorded_nothing_is_said(
    hotline: Hotline, record_with: Callable[..., Awaitable[None]], start_agent: Start, start_citizen: Start
) -> None:
    await record_with(conversations=False)
    agent, citizen = await start_agent(), await start_citizen()
    call, talk = await talk_of(hotline, agent, citizen)
    assert talk["recording"] is None
    assert NOTICE not in said(hotline, call)
    assert audio.find(audio.read_wav(notice_audio(hotline.settings)), citizen.heard) is None


async def test_who_comes_to_a_limit_reaches_a_person_and_the_record_tells_of_it(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.ROUND)
    await citizen.send_keys("1" * STEPS)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await citizen.ended()
    record = await hotline.record(citizen.user)
    call = record["id"]
    await until("the rest of the record", lambda: hotline.visits(call), seconds=15)
    assert hotline.visits(call) == [("fallback", "answered")]
    assert hotline.rings(call) == [("101", "answered")]
    talk = hotline.talk(call)
    assert (talk["ended_by"], talk["recording"]) == ("agent", None)
    (record,) = hotline.query("SELECT * FROM calls WHERE id = ?", call)
    assert (record["end_reason"], record["agent"]) == ("limit", "101")
    assert len(hotline.facts(call, "call_ended")) == 1
