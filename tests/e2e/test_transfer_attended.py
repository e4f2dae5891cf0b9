"""An agent's transfer after a word with somebody else: attended, by REFER with Replaces."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import AGENT_TONE, CITIZEN_TONE, calls, talks
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]
COLLEAGUE_TONE = 1300.0


@pytest.fixture
async def agent(start_agent: Start) -> Softphone:
    return await start_agent()


@pytest.fixture
async def citizen(start_citizen: Start, agent: Softphone) -> Softphone:
    """One who talks with the agent."""
    phone = await start_citizen()
    await calls(phone, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, phone)
    return phone


@pytest.fixture
async def colleague(hotline: Hotline, start_agent: Start) -> AsyncIterator[Softphone]:
    """Whom a test may log in, but not from the beginning."""
    yield await start_agent("102", duty=False, says=COLLEAGUE_TONE)
    await hotline.log_out("102")


async def is_heard(phone: Softphone, tone: float) -> None:
    """Wait for half a second more of a voice."""
    before = audio.tone_seconds(phone.heard, tone)
    await until(f"{tone:g} Hz", lambda: audio.tone_seconds(phone.heard, tone) > before + 0.5, seconds=10)


async def consults(agent: Softphone, number: str, colleague: Softphone) -> None:
    await agent.dial(number)
    await colleague.wait_for("CALL_INCOMING")
    await colleague.answer()
    await is_heard(agent, COLLEAGUE_TONE)


async def transferred(hotline: Hotline, citizen: Softphone, calls: int = 1) -> dict[str, Any]:
    """The record of the citizen's call, which was over for Sambung when the agent sent them on."""
    record = (await hotline.records(citizen.user, calls))[0]
    assert (record["end_reason"], record["agent"]) == ("transferred", "101")
    assert hotline.visit(record["id"])["outcome"] == "transferred"
    assert hotline.rings(record["id"]) == [("101", "answered")]
    talk = hotline.talk(record["id"])
    assert (talk["agent"], talk["ended_by"]) == ("101", "transfer")
    assert abs(hotline.queue_log(record["id"])[2].at - talk["ended_at"]) < 1.5
    return record


def agents_calls(hotline: Hotline, since: float) -> list[dict[str, Any]]:
    """The calls that agents themselves made to the hotline."""
    return hotline.query("SELECT * FROM calls WHERE caller = '101' AND started_at >= ?", since)


async def test_to_a_colleague(hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone) -> None:
    await consults(agent, "102", colleague)
    heard = audio.tone_seconds(citizen.heard, COLLEAGUE_TONE)
    await agent.complete_transfer()
    await is_heard(citizen, COLLEAGUE_TONE)
    await is_heard(colleague, CITIZEN_TONE)
    assert heard == 0  # before
    assert (await agent.ended()).status == 200
    record = await transferred(hotline, citizen)  # while they talk
    assert "(Not in use)" in await hotline.asterisk("queue show umum")
    await colleague.hang_up()
    assert (await citizen.ended()).by == "them"
    await hotline.until_quiet()
    assert await transferred(hotline, citizen) == record
    assert hotline.logged(record["id"]) == ["ENTERQUEUE", "CONNECT", "ATTENDEDTRANSFER"]
    assert agents_calls(hotline, record["started_at"]) == []
    recording = audio.read_wav(hotline.settings.recordings / hotline.talk(record["id"])["recording"])
    for tone in (CITIZEN_TONE, AGENT_TONE):
        assert audio.tone_seconds(recording, tone) > 0.3


async def test_to_the_hotline_where_the_citizen_chooses_again(
    hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone
) -> None:
    await hotline.asterisk("queue pause member PJSIP/101 queue umum")
    await agent.dial(Line.PATIENT)
    await hears(agent, hotline.spoken("Anda berada di antrean nomor"))
    await agent.complete_transfer()
    await hears(citizen, hotline.spoken("Anda berada di antrean nomor"))
    await hotline.log_in("102")
    assert citizen.user in (await colleague.wait_for("CALL_INCOMING"))["peeruri"]
    await colleague.answer()
    await is_heard(citizen, COLLEAGUE_TONE)
    await colleague.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    assert (await citizen.ended()).by == "them"
    first = await transferred(hotline, citizen, calls=2)
    second = (await hotline.records(citizen.user, 2))[1]
    assert second["id"] == f"{first['id']}-2"
    assert (second["line"], second["end_reason"], second["agent"]) == (Line.PATIENT, "completed", "102")
    assert hotline.facts(second["id"], "call_started")[0]["continues"] == first["id"]
    assert first["ended_at"] <= second["started_at"]
    assert hotline.visit(second["id"])["outcome"] == "answered"
    assert hotline.rings(second["id"]) == [("102", "answered")]
    (own,) = agents_calls(hotline, first["started_at"])
    logged, once = hotline.logged(first["id"]), ["ENTERQUEUE", "CONNECT"]
    # app_queue tells of the transfer when the two channels may have changed their ids already.
    assert (logged + hotline.logged(own["id"])).count("ATTENDEDTRANSFER") == 1
    assert [e for e in logged if e != "ATTENDEDTRANSFER"] == [*once, "CAMEBACK", *once, "COMPLETEAGENT"]
    assert own["end_reason"] == "caller_hung_up"
    assert own["ended_at"] <= second["started_at"]


async def test_to_the_hotline_while_a_colleagues_telephone_rings(
    hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone
) -> None:
    began = time.time()
    await hotline.log_in("102")
    await agent.dial(Line.PATIENT)
    await colleague.wait_for("CALL_INCOMING")
    await until(
        "that in the record",
        lambda: [hotline.rings(c["id"]) for c in agents_calls(hotline, began)] == [[("102", None)]],
        seconds=10,
    )
    await agent.complete_transfer()
    assert citizen.user in (await colleague.wait_for("CALL_INCOMING"))["peeruri"]
    await colleague.answer()
    await is_heard(citizen, COLLEAGUE_TONE)
    await citizen.hang_up()
    first = await transferred(hotline, citizen, calls=2)
    second = (await hotline.records(citizen.user, 2))[1]
    assert (second["id"], second["agent"]) == (f"{first['id']}-2", "102")
    (own,) = agents_calls(hotline, began)
    assert (own["end_reason"], own["agent"]) == ("caller_hung_up", None)
    assert hotline.visit(own["id"])["outcome"] == "hung_up"
    ((rang, outcome),) = hotline.rings(own["id"])
    assert rang == "102"
    assert outcome in ("caller_left", "no_answer")  # Asterisk tells of its end under either channel's id


async def test_to_a_colleague_whom_the_queue_chose(
    hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone
) -> None:
    await hotline.log_in("102")
    await consults(agent, Line.PATIENT, colleague)
    await agent.complete_transfer()
    await is_heard(citizen, COLLEAGUE_TONE)
    await is_heard(colleague, CITIZEN_TONE)
    record = await transferred(hotline, citizen)  # while they talk
    (own,) = agents_calls(hotline, record["started_at"])
    assert own["agent"] == "102"
    assert abs(own["ended_at"] - record["ended_at"]) < 1
    assert hotline.talk(own["id"])["ended_by"] in ("caller", "transfer")  # Asterisk tells both, in any order
    await citizen.hang_up()
    await colleague.ended()


async def test_the_agent_comes_back_to_the_citizen(
    hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone
) -> None:
    await consults(agent, "102", colleague)
    await agent.come_back()
    assert (await colleague.ended()).by == "them"
    await is_heard(citizen, AGENT_TONE)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Silakan nilai petugas kami."))
    record = await hotline.record(citizen.user)
    assert (record["end_reason"], record["agent"]) == ("completed", "101")
    assert hotline.visit(record["id"])["outcome"] == "answered"
    assert hotline.talk(record["id"])["ended_by"] == "agent"
    assert hotline.logged(record["id"]) == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]


async def test_the_citizen_hangs_up_on_hold(
    hotline: Hotline, agent: Softphone, citizen: Softphone, colleague: Softphone
) -> None:
    await consults(agent, "102", colleague)
    await citizen.hang_up()
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "caller_hung_up"
    assert hotline.visit(record["id"])["outcome"] == "hung_up_talking"
    assert hotline.talk(record["id"])["ended_by"] == "caller"
    assert hotline.logged(record["id"]) == ["ENTERQUEUE", "CONNECT", "COMPLETECALLER"]
    await is_heard(agent, COLLEAGUE_TONE)  # the two agents talk on
    await colleague.hang_up()
