"""Files that calls leave their traces in, or are run by, are locked, full, in the way or damaged."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

CITIZEN, AGENT = 440.0, 950.0
LOCKED_SECONDS = 10.0


@pytest.fixture(scope="module")
def maltreated(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A hotline whose files the tests of this file lay hands on."""
    own = Hotline(tmp_path_factory.mktemp("maltreated"))
    asyncio.run(own.up())
    yield own
    asyncio.run(own.down())


@pytest.fixture
async def hotline(maltreated: Hotline) -> AsyncIterator[Hotline]:
    yield maltreated
    await maltreated.until_quiet(seconds=20)


async def talk_and_hang_up(agent: Softphone, citizen: Softphone) -> None:
    """A whole call: dial, ring, answer, hear each other for two seconds, hang up."""
    await citizen.dial(Line.LONG_RING)
    await agent.wait_for("CALL_INCOMING")
    await agent.answer()
    await until("the agent's voice", lambda: audio.tone_seconds(citizen.heard, AGENT) > 2, seconds=15)
    await until("the citizen's voice", lambda: audio.tone_seconds(agent.heard, CITIZEN) > 2, seconds=15)
    await citizen.hang_up()
    assert (await agent.ended()).by == "them"


# --- the history ---------------------------------------------------------------------------------------
async def test_no_call_notices_a_locked_history_and_nothing_is_lost(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    with closing(sqlite3.connect(hotline.settings.history_db, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        locked_at = time.monotonic()
        await talk_and_hang_up(agent, citizen)
        heard = citizen.heard
        assert not hotline.query("SELECT * FROM calls WHERE caller = ?", f"+62{citizen.user[1:]}")
        assert "history.db: database is locked; " in await hotline.sambung("status")
        await until("ten seconds", lambda: time.monotonic() - locked_at >= LOCKED_SECONDS, seconds=2 * LOCKED_SECONDS)
        other.execute("ROLLBACK")
    assert audio.longest_silence(heard) < 1

    record = await hotline.record(citizen.user)
    kinds = [event["kind"] for event in hotline.events(record["id"])]
    assert kinds == [
        *("call_started", "step_entered", "queue_joined", "agent_rang", "agent_answered"),
        *("talk_ended", "queue_left", "call_ended"),
    ]
    seen = [row for row in hotline.cel(record["id"]) if row.uniqueid == record["id"]]
    assert record["started_at"] == pytest.approx(seen[0].at, abs=1)
    assert record["ended_at"] == pytest.approx(next(row.at for row in seen if row.event == "HANGUP"), abs=1)
    assert "history: database is locked" in hotline.engine_log()
    assert "history: written again" in hotline.engine_log()


# --- recordings ----------------------------------------------------------------------------------------
@contextmanager
def in_the_way(hotline: Hotline) -> Iterator[None]:
    """A file where the folder of the recordings should be: whoever writes meets an error, root too."""
    folder = hotline.settings.recordings
    aside = folder.rename(folder.with_name("aside"))
    folder.touch()
    try:
        yield
    finally:
        folder.unlink()
        aside.rename(folder)


async def test_calls_go_on_where_no_recording_can_be_written(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, unrecorded, recorded = await start_agent("101"), await start_citizen(), await start_citizen()
    with in_the_way(hotline):
        await talk_and_hang_up(agent, unrecorded)
    await talk_and_hang_up(agent, recorded)
    without = hotline.talk((await hotline.record(unrecorded.user))["id"])
    assert without["recording"] is None
    talk = hotline.talk((await hotline.record(recorded.user))["id"])
    for tone in (CITIZEN, AGENT):
        assert audio.tone_seconds(audio.read_wav(hotline.settings.recordings / talk["recording"]), tone) > 1
    noted = hotline.query(
        "SELECT data FROM events WHERE kind = 'system_noted' AND data LIKE '%recording_%' ORDER BY id"
    )
    assert ["recording_stopped" in row["data"] for row in noted] == [True, False]
    assert "ivr.recordings: recordings:" in hotline.engine_log()


@contextmanager
def full_disk(hotline: Hotline, *, seconds: int = 20, calls: int = 300) -> Iterator[None]:
    """Wherever a conversation may be recorded meanwhile, the disk is full from the first byte on.

    A call's id is not known before it comes, but it is made of the time and a number.
    """
    folder = hotline.settings.recordings / f"{dt.datetime.now(ZoneInfo(hotline.settings.timezone)):%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    now = int(time.time())
    links = [folder / f"{now + s}.{n}-talk1.wav" for s in range(seconds) for n in range(calls)]
    for link in links:
        link.symlink_to("/dev/full")
    try:
        yield
    finally:
        for link in links:
            link.unlink(missing_ok=True)


async def test_a_call_goes_on_when_the_disk_is_full_while_it_is_recorded(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    with full_disk(hotline):
        await talk_and_hang_up(agent, citizen)
        record = await hotline.record(citizen.user)
        talk = hotline.talk(record["id"])
        assert not (hotline.settings.recordings / talk["recording"]).is_symlink()  # nothing was in it
    assert record["end_reason"] == "caller_hung_up"
    assert (talk["agent"], talk["ended_by"]) == ("101", "caller")
    assert "No space left on device" in (hotline.settings.asterisk / "log/messages.log").read_text()


# --- versions ------------------------------------------------------------------------------------------
OLD_WORDS, NEW_WORDS = "Kalimat ini tetap terdengar.", "Sejak hari ini kami buka sampai malam."


async def hears_from(hotline: Hotline, citizen: Softphone, words: audio.Samples) -> None:
    await citizen.dial(Line.WORDS)
    await hears(citizen, words)
    await citizen.hang_up()


async def noted(hotline: Hotline, what: str, number: int = 1) -> None:
    """Wait until the engine has told `what` so many times."""
    sql = "SELECT id FROM events WHERE kind = 'system_noted' AND data LIKE ?"
    await until(what, lambda: len(hotline.query(sql, f'%"{what}"%')) >= number, seconds=10)


async def test_a_version_damaged_while_it_serves_gives_way_to_the_last_good_one(
    hotline: Hotline, start_citizen: Start
) -> None:
    old = hotline.spoken(OLD_WORDS)
    flow = hotline.flows / "ucapan.yaml"
    flow.write_text(flow.read_text().replace(OLD_WORDS, NEW_WORDS))
    await hotline.sambung("publish", "-m", "new words")
    await noted(hotline, "version_loaded")
    new = hotline.spoken(NEW_WORDS)

    # Who runs goes on with what it has.
    (hotline.settings.versions / "current" / "manifest.json").write_text("{")
    await hears_from(hotline, await start_citizen(), new)

    # Who starts takes the one before.
    await hotline.restarted("engine", hotline.send("engine", signal.SIGKILL))
    await noted(hotline, "version_problem")
    await hears_from(hotline, await start_citizen(), old)

    # Published again, it serves again.
    await hotline.sambung("publish", "-m", "new words")
    await noted(hotline, "version_loaded", 2)
    await hears_from(hotline, await start_citizen(), new)
