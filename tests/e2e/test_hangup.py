"""A caller may hang up at any moment of any step: the record is closed with the reason, and nothing is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.kit import rtp, sipp
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import KitError
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

MOMENTS = [0.05 + i * 0.2 for i in range(40)]
"""Seconds from the answer to the hang-up."""
KEYS = [rtp.Key("1", 0.8), rtp.Key("1", 1.6), rtp.Key("2", 1.9), rtp.Key("#", 3.2), rtp.Key("#", 3.5)]
"""Through the menu and the number to the message, and out of it: then transfer, queue and good-bye. The first # may be
taken for the end of the number."""
AT_ONCE = 8


async def work(phone: Softphone) -> None:
    """An agent's day: let it ring a little, talk a little, and over again."""
    while True:
        await phone.wait_for("CALL_INCOMING", seconds=120)
        with contextlib.suppress(KitError):  # the caller may be gone at any of these moments
            await asyncio.sleep(0.3)
            await phone.answer()
            await asyncio.sleep(0.6)
            await phone.command("hangup")


@pytest.mark.timeout(180)
async def test_hang_up_at_any_moment(
    start_hotline: Callable[..., Awaitable[Hotline]], start_phone: Callable[..., Awaitable[Softphone]], tmp_path: Path
) -> None:
    hotline = await start_hotline()
    phones = [
        await start_phone(hotline.sip, user=extension, password=await hotline.password(extension))
        for extension in ("101", "102", "103")
    ]
    for extension in ("101", "103"):
        await hotline.log_in(extension)
    agents = [asyncio.create_task(work(phone)) for phone in phones]
    places = asyncio.Semaphore(AT_ONCE)

    async def call(stay: float) -> str:
        async with places:
            caller = hotline.new_caller()
            run = await sipp.citizens(
                tmp_path / caller, hotline.sip, Line.EVERY_STEP, caller=caller, keys=KEYS, media_seconds=4, stay=stay
            )
            (await run.finish()).check()
            return caller

    callers = await asyncio.gather(*map(call, MOMENTS))
    records = [await hotline.record(caller, seconds=3) for caller in callers]
    await hotline.until_quiet()
    for agent in agents:
        agent.cancel()

    reasons = Counter(record["end_reason"] for record in records)
    assert reasons["caller_hung_up"] + reasons["completed"] == len(MOMENTS)
    assert reasons["caller_hung_up"] > len(MOMENTS) / 2
    steps = {record["last_step"] for record in records if record["end_reason"] == "caller_hung_up"}
    assert {"semua:salam", "pesan:rekam", "semua:alih", "semua:petugas"} <= steps  # the spread reached each of them
    for table, end in (("queue_visits", "left_at"), ("ring_attempts", "ended_at"), ("talk_legs", "ended_at")):
        assert hotline.query(f"SELECT * FROM {table} WHERE {end} IS NULL") == []
    assert hotline.empty_recordings() == []
    await hotline.sambung("down")
    assert [note["detail"] for note in notes(hotline, "engine_stopped")] == ["0 calls standing"]
    assert "Traceback" not in hotline.engine_log()


def notes(hotline: Hotline, what: str) -> list[dict[str, str]]:
    """What the engine noted about itself."""
    rows = hotline.query("SELECT data FROM events WHERE kind = 'system_noted' ORDER BY id")
    return [note for row in rows if (note := json.loads(row["data"]))["what"] == what]


async def test_hang_up_at_once(hotline: Hotline, tmp_path: Path) -> None:
    """Callers who leave in the very moment of the answer."""
    caller = hotline.new_caller()
    run = await sipp.citizens(tmp_path / "sipp", hotline.sip, Line.WORDS, calls=20, rate=20, caller=caller, stay=0.001)
    (await run.finish()).check()
    records = await hotline.records(caller, 20, seconds=3)
    assert {record["end_reason"] for record in records} == {"caller_hung_up"}
