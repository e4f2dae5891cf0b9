"""Around the talk with an agent: who does not want to wait is called back, and who has talked rates it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import CITIZEN_TONE, calls, talks
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

NUMBER = "0315312144"


async def waiting(hotline: Hotline) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await hotline.sambung("callbacks", "--json"))
    return found


async def test_who_leaves_the_queue_is_called_back_at_the_number_they_type(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.CALLBACK)
    await agent.wait_for("CALL_INCOMING")
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken("Kami akan menelepon nomor {n:digit}.", n=citizen.user), first=1)
    await citizen.send_keys("2")
    await hears(citizen, hotline.spoken("Ketik nomor."))
    await citizen.send_keys(f"{NUMBER}#")
    await hears(citizen, hotline.spoken("Nomor yang Anda ketik {n:digit}.", n=NUMBER), first=1)
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken("Sampai nanti."))
    assert (await citizen.ended()).by == "them"

    record = await hotline.record(citizen.user)
    (opened,) = hotline.facts(record["id"], "callback_opened")
    (kept,) = await waiting(hotline)
    joined = hotline.visit(record["id"])["joined_at"]
    assert (kept["id"], kept["number"], kept["queue"]) == (opened["id"], f"+62{NUMBER[1:]}", "umum")
    assert kept["since"] == pytest.approx(joined, abs=0.5)
    assert kept["details"] == {"line": Line.CALLBACK}
    assert f"callback {kept['id']} to +62{NUMBER[1:]} taken down" in await hotline.sambung("call", record["id"])
    assert await hotline.sambung("callbacks", "done", str(kept["id"])) == f"Callback {kept['id']}: called back.\n"
    assert await waiting(hotline) == []


async def test_who_has_talked_rates_it_and_comments(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.CALLBACK)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Dari satu sampai empat?"))
    await citizen.send_keys("4")
    await hears(citizen, hotline.spoken("Ada saran?"))
    await until("the comment", lambda: comment_seconds(hotline) > 1, seconds=10)
    await citizen.send_keys("#")
    await hears(citizen, hotline.spoken("Terima kasih atas penilaian Anda."))
    assert (await citizen.ended()).by == "them"

    record = await hotline.record(citizen.user)
    rated, commented = hotline.facts(record["id"], "survey_answered")
    assert (rated["question"], rated["score"], rated["scale"]) == ("puas", 4, 4)
    assert audio.tone_seconds(audio.read_wav(hotline.settings.recordings / commented["recording"]), CITIZEN_TONE) > 1
    (result,) = json.loads(await hotline.sambung("survey", "--by", "agent", "--json"))
    assert (result["group"], result["count"], result["mean"]) == ("101", 1, 4.0)
    assert "survey kepuasan, puas: 4 of 4" in await hotline.sambung("call", record["id"])


def comment_seconds(hotline: Hotline) -> float:
    """How much of a comment is being recorded now: the call's second recording, after the talk."""
    files = hotline.settings.recordings.rglob("*-message2.wav")
    newest = max(files, key=lambda path: path.stat().st_mtime, default=None)
    return (newest.stat().st_size - 44) / 2 / audio.RATE if newest else 0.0
