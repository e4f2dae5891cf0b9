"""Whole calls on real telephones, judged by what each side heard, by SIP, and by Asterisk's own logs."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from ivr.publish import current_hash
from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import AGENT_TONE, CITIZEN_TONE, calls, talks
from tests.e2e.kit.prompts import hears, was_heard
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

SLACK = 1.0
"""Seconds that two witnesses of one length may be apart: queue_log counts whole seconds."""
WRAP_UP_SECONDS = 4


async def test_a_call_through_every_step(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, expert, citizen = await start_agent(), await start_agent("102", duty=False), await start_citizen()
    await calls(citizen, Line.EVERY_STEP)
    await hears(citizen, hotline.spoken("Selamat datang."))
    await hears(citizen, hotline.spoken("Tekan satu."))
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken("Ketik dua angka."))
    await citizen.send_keys("12")
    await hears(citizen, hotline.spoken("Bicaralah."))
    await until("the message", lambda: message_seconds(hotline) > 1, seconds=10)
    await citizen.send_keys("#")
    await expert.wait_for("CALL_INCOMING")
    await talks(expert, citizen)
    assert (await expert.hang_up()).status == 200
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen, seconds=1)
    assert (await agent.hang_up()).status == 200
    await hears(citizen, hotline.spoken("Kantor buka hari Senin."))
    await hears(citizen, hotline.spoken("Sekali lagi?"))
    await citizen.send_keys("2")
    await hears(citizen, hotline.spoken("Berapa nomornya?"))
    (ticket,) = json.loads(await hotline.sambung("tickets", "--json"))
    await citizen.send_keys(ticket["number"])
    await hears(citizen, hotline.spoken("Benar {tiket:digit}?", tiket=ticket["number"]), first=1)
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken("Laporan itu sudah kami terima."))
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    ended = await citizen.ended()
    assert (ended.status, ended.by) == (200, "them")

    record = await hotline.record(citizen.user)
    call = record["id"]
    assert (record["end_reason"], record["agent"], record["last_step"]) == ("completed", "101", "semua:selesai")
    kinds = ["play", "menu", "input", "set", "branch", "goto", "record", "transfer", "queue"]
    kinds += ["answer", "ticket", "ticket_status", "hangup"]
    assert [fact["type"] for fact in hotline.facts(call, "step_entered")] == kinds
    assert "".join(fact["key"] for fact in hotline.facts(call, "key_pressed")) == f"1122{ticket['number']}1"
    (opened,), (found,) = hotline.facts(call, "ticket_opened"), hotline.facts(call, "ticket_found")
    assert (opened["number"], found["number"], found["status"]) == (ticket["number"], ticket["number"], "open")
    (message,) = hotline.facts(call, "message_recorded")
    assert message["ended_by"] == "key"
    assert audio.tone_seconds(audio.read_wav(hotline.settings.recordings / message["path"]), CITIZEN_TONE) > 1
    assert hotline.facts(call, "transfer_ended")[0]["outcome"] == "answered"
    assert hotline.visit(call)["outcome"] == "answered"
    assert hotline.logged(call) == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert {row.channel.partition("-")[0] for row in hotline.cel(call)} == {
        "PJSIP/anonymous",
        "PJSIP/101",
        "PJSIP/102",
    }


def message_seconds(hotline: Hotline) -> float:
    """How much of a message is being recorded now."""
    newest = max(hotline.settings.recordings.rglob("*-message1.wav"), key=lambda p: p.stat().st_mtime, default=None)
    return (newest.stat().st_size - 44) / 2 / audio.RATE if newest else 0.0


async def test_a_conversation_is_recorded_from_answer_to_end(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.PATIENT)
    await agent.wait_for("CALL_INCOMING")
    await until("ringing for a while", lambda: len(citizen.heard) > audio.RATE, seconds=10)
    await talks(agent, citizen, seconds=2)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    record = await hotline.record(citizen.user)
    talk = hotline.talk(record["id"])
    bridged = [row.at for row in hotline.cel(record["id"]) if row.event in ("BRIDGE_ENTER", "BRIDGE_EXIT")]
    seconds = max(bridged) - min(bridged)
    assert talk["ended_at"] - talk["answered_at"] == pytest.approx(seconds, abs=SLACK)
    recording = audio.read_wav(hotline.settings.recordings / talk["recording"])
    assert len(recording) / audio.RATE == pytest.approx(seconds, abs=0.3)
    for tone in (CITIZEN_TONE, AGENT_TONE):  # at once: neither is more than half of the sound everywhere
        together = [audio.goertzel(second, tone) for second in split(recording)]
        assert min(together[1:]) > 10 ** (audio.SILENT / 10)
    assert not was_heard(hotline.spoken("Terima kasih banyak."), recording)


def split(samples: audio.Samples) -> list[audio.Samples]:
    """Half seconds."""
    size = audio.RATE // 2
    return [samples[i : i + size] for i in range(0, len(samples) - size + 1, size)]


async def test_callers_are_served_in_order_and_hear_their_position(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    numbers = {n: hotline.spoken("{n:angka}", n=n) for n in (1, 2, 3)}
    agent = await start_agent()
    served, first, second, urgent = [await start_citizen() for _ in range(4)]
    await calls(served, Line.PATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, served)
    for citizen, line, position in ((first, Line.PATIENT, 1), (second, Line.PATIENT, 2), (urgent, Line.PRIORITY, 1)):
        await calls(citizen, line)
        await hears(citizen, hotline.spoken("Anda berada di antrean nomor"))
        await until("a number", lambda c=citizen: number_heard(numbers, c), seconds=10)
        assert number_heard(numbers, citizen) == position
    for citizen in (urgent, first, second):
        await agent.hang_up()
        assert citizen.user in (await agent.wait_for("CALL_INCOMING"))["peeruri"]
        # Longer than a second: baresip may not tell the end of a call that was ended at once.
        await talks(agent, citizen, seconds=1.2)
    await agent.hang_up()
    records = [await hotline.record(citizen.user) for citizen in (served, urgent, first, second)]
    connected = [hotline.queue_log(record["id"])[1] for record in records]
    assert [entry.event for entry in connected] == ["CONNECT"] * 4
    assert [record["answered_at"] for record in records] == sorted(record["answered_at"] for record in records)


def number_heard(numbers: dict[int, audio.Samples], citizen: Softphone) -> int:
    """Which of the numbers was heard best; 0: none of them."""
    scores = {n: float(np.max(audio.correlation(word, citizen.heard), initial=0)) for n, word in numbers.items()}
    best = max(numbers, key=lambda n: scores[n])
    return best if scores[best] > 0.8 else 0


async def test_an_agent_rests_after_a_call(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, first, second = await start_agent(), await start_citizen(), await start_citizen()
    await calls(first, Line.WRAP_UP)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, first)
    await calls(second, Line.WRAP_UP)
    await agent.hang_up()
    rests_from = time.monotonic()
    assert second.user in (await agent.wait_for("CALL_INCOMING"))["peeruri"]
    assert time.monotonic() - rests_from > WRAP_UP_SECONDS - SLACK
    await second.hang_up()
    first_id, second_id = [(await hotline.record(citizen.user))["id"] for citizen in (first, second)]
    assert hotline.logged(second_id) == ["ENTERQUEUE", "RINGCANCELED", "ABANDON"]  # one ring, after the rest
    assert hotline.queue_log(second_id)[0].at - hotline.queue_log(first_id)[-1].at >= WRAP_UP_SECONDS - SLACK


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"no audio")], ids=["gone", "broken"])
async def test_a_prompt_that_cannot_be_played_ends_no_call(
    hotline: Hotline, start_citizen: Start, damage: Callable[[Path], object]
) -> None:
    lost, kept = "Kalimat ini bisa hilang.", "Kalimat ini tetap terdengar."
    path, sound = hotline.audio_of(lost), hotline.spoken(kept)
    whole = path.read_bytes()
    citizen = await start_citizen()
    try:
        damage(path)
        await calls(citizen, Line.WORDS)
        await hears(citizen, sound)
    finally:
        path.write_bytes(whole)
    await citizen.send_keys("1")
    assert (await citizen.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "completed"
    assert [fact["text"] for fact in hotline.facts(record["id"], "prompt_failed")] == [lost]


async def test_a_call_keeps_the_version_that_it_began_with(hotline: Hotline, start_citizen: Start) -> None:
    old_words, new_words = "Selamat jalan semuanya.", "Sampai bertemu di lain waktu."
    flow = hotline.flows / "ucapan.yaml"
    old, old_sound = current_hash(hotline.settings), hotline.spoken(old_words)
    citizen, next_citizen = await start_citizen(), await start_citizen()
    await calls(citizen, Line.WORDS)
    flow.write_text(flow.read_text().replace(old_words, new_words))
    await hotline.sambung("publish")
    new = current_hash(hotline.settings)
    loaded = "SELECT id FROM events WHERE kind = 'system_noted' AND json_extract(data, '$.detail') = ?"
    await until("the new version in the engine", lambda: hotline.query(loaded, new), seconds=10)
    new_sound = hotline.spoken(new_words)

    await calls(next_citizen, Line.WORDS)
    for phone, version, said, unsaid in (
        (citizen, old, old_sound, new_sound),
        (next_citizen, new, new_sound, old_sound),
    ):
        await phone.send_keys("1")
        await hears(phone, said)
        await phone.ended()
        assert not was_heard(unsaid, phone.heard)
        assert (await hotline.record(phone.user))["version"] == version
    assert old != new


async def test_an_agent_who_dials_an_unknown_number_is_refused_clearly(hotline: Hotline, start_agent: Start) -> None:
    agent = await start_agent(duty=False)
    await agent.dial("0315312144")
    assert (await agent.ended()).status == 404


async def test_agents_come_and_go_by_feature_codes(hotline: Hotline, start_agent: Start) -> None:
    agent = await start_agent(duty=False)
    for code, member in (("*11", "Not in use"), ("*13", "paused"), ("*14", "Not in use"), ("*12", "No Members")):
        await agent.dial(code)
        assert (await agent.ended()).status == 200  # the whole answer was said
        assert member in await hotline.asterisk("queue show umum")
        assert "paused" not in await hotline.asterisk("queue show fallback")  # without Sambung all ring
