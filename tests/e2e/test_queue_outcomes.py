"""Every way that a visit to a queue or a transfer can end: one typed outcome, and the flow goes on.

What the record says is put beside what Sambung does not write: app_queue's log and the telephones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import AGENT_TONE, CITIZEN_TONE, calls, talks
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]


# --- a queue -------------------------------------------------------------------------------------------
async def test_the_agent_hangs_up_and_the_flow_goes_on(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Silakan nilai petugas kami."))
    assert (await citizen.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert (record["end_reason"], record["agent"]) == ("completed", "101")
    assert hotline.visit(record["id"])["outcome"] == "answered"
    assert hotline.rings(record["id"]) == [("101", "answered")]
    assert [fact["ended_by"] for fact in hotline.facts(record["id"], "talk_ended")] == ["agent"]
    assert hotline.logged(record["id"]) == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert both_voices(hotline, record["id"])


async def test_the_caller_hangs_up_while_talking(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await citizen.hang_up()
    assert (await agent.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "caller_hung_up"
    assert hotline.visit(record["id"])["outcome"] == "hung_up_talking"
    assert [fact["ended_by"] for fact in hotline.facts(record["id"], "talk_ended")] == ["caller"]
    assert hotline.logged(record["id"])[-1] == "COMPLETECALLER"
    assert both_voices(hotline, record["id"])


def both_voices(hotline: Hotline, call: str) -> bool:
    """Whether the recording of a call's talk is kept, however short it was, and holds both sides."""
    recording = audio.read_wav(hotline.settings.recordings / hotline.talk(call)["recording"])
    return min(audio.goertzel(recording, tone) for tone in (CITIZEN_TONE, AGENT_TONE)) > 10 ** (audio.SILENT / 10)


async def test_the_caller_leaves_by_key_while_it_rings(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await citizen.send_keys("9")
    await hears(citizen, hotline.spoken("Anda meninggalkan antrean."))
    assert (await agent.ended()).by == "them"
    assert (await citizen.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "completed"
    assert hotline.visit(record["id"])["outcome"] == "left_by_key"
    assert hotline.rings(record["id"]) == [("101", "caller_left")]
    assert "EXITWITHKEY" in hotline.logged(record["id"])


async def test_the_caller_leaves_by_key_while_waiting(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, first, second = await start_agent(answers="auto"), await start_citizen(), await start_citizen()
    await calls(first, Line.PATIENT)
    await agent.wait_for("CALL_ESTABLISHED")
    await calls(second, Line.IMPATIENT)
    await until("the music", lambda: audio.level(second.heard[-audio.RATE :]) > audio.SILENT, seconds=10)
    await second.send_keys("9")
    await hears(second, hotline.spoken("Anda meninggalkan antrean."))
    record = await hotline.record(second.user)
    assert hotline.visit(record["id"])["outcome"] == "left_by_key"
    assert hotline.logged(record["id"]) == []  # they waited with us and never entered app_queue
    await first.hang_up()


async def test_the_caller_hangs_up_while_it_rings(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await citizen.hang_up()
    await agent.ended()
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "caller_hung_up"
    assert hotline.visit(record["id"])["outcome"] == "hung_up"
    assert hotline.rings(record["id"]) == [("101", "caller_left")]
    assert hotline.logged(record["id"])[-1] == "ABANDON"


async def test_nobody_answers_until_the_caller_waited_long_enough(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await hears(citizen, hotline.spoken("Waktu tunggu sudah habis."))
    record = await hotline.record(citizen.user)
    assert hotline.visit(record["id"])["outcome"] == "timeout"
    assert hotline.rings(record["id"])[0] == ("101", "no_answer")
    assert "RINGNOANSWER" in hotline.logged(record["id"])


async def test_nobody_is_there(hotline: Hotline, start_citizen: Start) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await hears(citizen, hotline.spoken("Belum ada petugas yang masuk."))
    record = await hotline.record(citizen.user)
    assert (record["end_reason"], hotline.visit(record["id"])["outcome"]) == ("completed", "nobody")


async def test_while_all_agents_are_on_a_pause_the_caller_waits(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await hotline.asterisk("queue pause member PJSIP/101 queue umum")
    await calls(citizen, Line.PATIENT)
    await hears(citizen, hotline.spoken("Anda berada di antrean nomor"))
    await hotline.asterisk("queue unpause member PJSIP/101 queue umum")
    await agent.wait_for("CALL_INCOMING")
    await citizen.hang_up()
    record = await hotline.record(citizen.user)
    assert hotline.visit(record["id"])["outcome"] == "hung_up"


async def test_an_agent_rejects_and_the_caller_keeps_waiting(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.PATIENT)
    await agent.wait_for("CALL_INCOMING")
    await agent.reject()
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await citizen.ended()
    record = await hotline.record(citizen.user)
    assert hotline.visit(record["id"])["outcome"] == "answered"
    assert hotline.rings(record["id"]) == [("101", "rejected"), ("101", "answered")]


async def test_who_was_not_answered_keeps_their_place(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, first, second = await start_agent(), await start_citizen(), await start_citizen()
    await calls(first, Line.PATIENT)
    assert first.user in (await agent.wait_for("CALL_INCOMING"))["peeruri"]
    await calls(second, Line.PATIENT)
    await agent.wait_for("CALL_CLOSED")
    assert first.user in (await agent.wait_for("CALL_INCOMING"))["peeruri"]
    await talks(agent, first)
    await agent.hang_up()
    assert second.user in (await agent.wait_for("CALL_INCOMING"))["peeruri"]
    await second.hang_up()
    record = await hotline.record(first.user)
    assert hotline.visit(record["id"])["outcome"] == "answered"
    assert hotline.rings(record["id"]) == [("101", "no_answer"), ("101", "answered")]
    assert hotline.visit((await hotline.record(second.user))["id"])["outcome"] == "hung_up"


async def test_the_agent_sends_the_call_to_another(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, colleague = await start_agent(), await start_agent("102", duty=False, says=1300.0)
    citizen = await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.transfer("102")
    await colleague.wait_for("CALL_INCOMING")
    await colleague.answer()
    await until("the colleague's voice", lambda: audio.tone_seconds(citizen.heard, 1300) > 0.5, seconds=10)
    assert (await agent.ended()).status == 200
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "transferred"
    assert hotline.visit(record["id"])["outcome"] == "transferred"
    assert [fact["ended_by"] for fact in hotline.facts(record["id"], "talk_ended")] == ["transfer"]
    assert (await citizen.hang_up()).status == 200
    await colleague.ended()


async def test_the_agent_sends_the_call_back_to_the_hotline(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await hotline.asterisk("queue pause member PJSIP/101 queue umum")
    colleague = await start_agent("102")
    await agent.transfer(Line.PATIENT)
    await colleague.wait_for("CALL_INCOMING")
    await talks(colleague, citizen)
    await colleague.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    assert (await citizen.ended()).by == "them"
    first, second = await hotline.records(citizen.user, 2)
    assert (first["line"], first["end_reason"]) == (Line.IMPATIENT, "transferred")
    assert (second["line"], second["end_reason"]) == (Line.PATIENT, "completed")
    assert second["id"] == f"{first['id']}-2"
    assert hotline.facts(second["id"], "call_started")[0]["continues"] == first["id"]
    assert first["ended_at"] <= second["started_at"]
    for record, extension, outcome in ((first, "101", "transferred"), (second, "102", "answered")):
        assert hotline.visit(record["id"])["outcome"] == outcome
        assert hotline.rings(record["id"]) == [(extension, "answered")]
        assert both_voices(hotline, record["id"])
    once = ["ENTERQUEUE", "CONNECT"]
    assert hotline.logged(first["id"]) == [*once, "BLINDTRANSFER", "CAMEBACK", *once, "COMPLETEAGENT"]


# --- a transfer by the flow ----------------------------------------------------------------------------
async def test_a_transfer_is_answered_and_the_flow_goes_on(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent("102", duty=False), await start_citizen()
    await calls(citizen, Line.TRANSFER)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    assert await transfer_outcome(hotline, citizen) == ("answered", "completed")


async def test_a_transfer_is_busy(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent("102", duty=False), await start_citizen()
    await calls(citizen, Line.TRANSFER)
    await agent.wait_for("CALL_INCOMING")
    await agent.reject()
    await hears(citizen, hotline.spoken("Nomor itu sedang sibuk."))
    assert await transfer_outcome(hotline, citizen) == ("busy", "completed")


async def test_a_transfer_is_not_answered(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent("102", duty=False), await start_citizen()
    await calls(citizen, Line.TRANSFER)
    await agent.wait_for("CALL_INCOMING")
    await hears(citizen, hotline.spoken("Di sana tidak ada yang mengangkat."))
    assert await transfer_outcome(hotline, citizen) == ("no_answer", "completed")


async def test_a_transfer_finds_no_telephone(hotline: Hotline, start_citizen: Start) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.TRANSFER)
    await hears(citizen, hotline.spoken("Nomor itu belum dapat dihubungi."))
    assert await transfer_outcome(hotline, citizen) == ("failed", "completed")


async def test_a_transfer_to_a_number_that_is_not_allowed(hotline: Hotline, start_citizen: Start) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.FORBIDDEN_TRANSFER)
    await hears(citizen, hotline.spoken("Nomor itu belum dapat dihubungi."))
    assert await transfer_outcome(hotline, citizen) == ("refused", "completed")
    record = await hotline.record(citizen.user)
    assert {row.uniqueid for row in hotline.cel(record["id"])} == {record["id"]}  # no second channel was ever made


@pytest.mark.parametrize(("answered", "outcome"), [(False, "hung_up"), (True, "hung_up_talking")])
async def test_the_caller_hangs_up_in_a_transfer(
    hotline: Hotline, start_agent: Start, start_citizen: Start, answered: bool, outcome: str
) -> None:
    agent, citizen = await start_agent("102", duty=False), await start_citizen()
    await calls(citizen, Line.TRANSFER)
    await agent.wait_for("CALL_INCOMING")
    if answered:
        await talks(agent, citizen)
    await citizen.hang_up()
    await agent.ended()
    assert await transfer_outcome(hotline, citizen) == (outcome, "caller_hung_up")


async def transfer_outcome(hotline: Hotline, citizen: Softphone) -> tuple[str, str]:
    """What the record says of the transfer and of the call's end."""
    record = await hotline.record(citizen.user)
    (ended,) = hotline.facts(record["id"], "transfer_ended")
    return ended["outcome"], record["end_reason"]
