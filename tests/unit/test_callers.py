"""What a flow is told of the caller's past: from the real stores, in time or not at all."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from flow_kit import call, data, site, steps, way
from sqlalchemy import insert
from store_kit import put_empty_history, put_empty_operations

from ivr.callbacks import Request as CallbackRequest
from ivr.callers import Past, PastUnknown
from ivr.events import CallStarted
from ivr.settings import Settings
from ivr.sim.callers import SimCallers
from ivr.store import callers as store
from ivr.store import promises
from ivr.store import tickets as ticket_store
from ivr.store.callbacks import StoredCallbacks
from ivr.store.callers import StoredCallers
from ivr.store.database import open_history
from ivr.store.tables import calls
from ivr.store.tickets import StoredTickets
from ivr.store.writer import HistoryWriter
from ivr.tickets import Request
from ivr.voice.book import Clip

NOW, DAY = 1_800_000_000.0, 86_400
CALLER = "+6281234567890"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose callers are patient: this machine may be busy."""
    monkeypatch.setattr(promises, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(store, "PATIENCE_SECONDS", 60.0)
    put_empty_history(tmp_path)
    put_empty_operations(tmp_path)
    return Settings(state=tmp_path)


async def put_calls(settings: Settings, *rows: tuple[str, str, float]) -> None:
    """Calls with id, caller, and how many days before NOW."""
    engine, _ = await open_history(settings)
    async with engine.begin() as connection:
        for id, caller, days in rows:
            await connection.execute(insert(calls).values(id=id, caller=caller, started_at=NOW - days * DAY))
    await engine.dispose()


async def past_of(settings: Settings, caller: str, call: str) -> Past:
    archive = StoredCallers(settings)
    try:
        return await archive.past(caller, call, NOW)
    finally:
        await archive.close()


async def test_earlier_calls_of_this_number(settings: Settings) -> None:
    await put_calls(
        settings,
        ("1.1", CALLER, 400),
        ("2.1", CALLER, 9),
        ("3.1", CALLER, 2),
        ("4.1", "+62811", 1),
        ("5.1", CALLER, 0),  # this call
        ("5.1-2", CALLER, 0),  # and a pass of its own
        ("5.10", CALLER, 0.5),
    )
    past = await past_of(settings, CALLER, "5.1-2")
    assert past == Past(NOW, (NOW - 0.5 * DAY, NOW - 2 * DAY, NOW - 9 * DAY))
    assert (await past_of(settings, "+62899", "5.1")) == Past(NOW)


async def test_open_tickets_and_callbacks_of_this_number(settings: Settings) -> None:
    request = Request("complaint", "1.1", "1500123", CALLER, NOW, "", {})
    tickets, callbacks = StoredTickets(settings), StoredCallbacks(settings)
    numbers = [await tickets.open(request) for _ in range(3)]
    await tickets.open(dataclasses.replace(request, caller="+62811"))
    await ticket_store.answer(settings, numbers[0], "Beres.", Clip("a.wav", 1), author="rini", now=NOW)
    await ticket_store.take_up(settings, numbers[1], author="rini", now=NOW)
    wanted = CallbackRequest("umum", "1500123", "1.1", CALLER, CALLER, NOW, NOW, "sekarang", None, None, {})
    for queue, number in (("umum", CALLER), ("lain", CALLER), ("umum", "+62811")):
        opened = await callbacks.open(dataclasses.replace(wanted, queue=queue, number=number), most=9)
    assert opened
    past = await past_of(settings, CALLER, "9.1")
    assert (past.tickets, past.callbacks) == (2, 2)
    found = await callbacks.find(CALLER, "lain")
    assert found
    await callbacks.cancel(found, NOW)
    assert (await past_of(settings, CALLER, "9.1")).callbacks == 1


async def test_calls_that_are_in_the_record_are_known_while_it_is_written(settings: Settings) -> None:
    writer = HistoryWriter(settings)
    await writer.open()
    writer.emit(CallStarted("1.1", NOW - DAY, "1500123", CALLER, "utama", "v", "Sim/1"))
    await writer.flush()
    assert (await past_of(settings, CALLER, "2.1")).calls == (NOW - DAY,)
    await writer.close()


async def test_a_damaged_or_missing_record_is_one_error(settings: Settings) -> None:
    settings.history_db.write_bytes(b"not a database at all, whatever its name says" * 100)
    with pytest.raises(PastUnknown):
        await past_of(settings, CALLER, "1.1")
    settings.history_db.unlink()
    with pytest.raises(PastUnknown):
        await past_of(settings, CALLER, "1.1")


async def test_a_slow_disk_keeps_no_caller(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = asyncio.Event()

    async def slow(settings: Settings) -> Any:
        await disk.wait()
        raise OSError

    monkeypatch.setattr(store, "open_reader", slow)
    monkeypatch.setattr(store, "PATIENCE_SECONDS", 0.05)
    archive = StoredCallers(settings)
    with pytest.raises(PastUnknown, match="no answer"):
        await archive.past(CALLER, "1.1", NOW)
    disk.set()
    await asyncio.gather(*archive._patience._running, return_exceptions=True)


# --- during a call ----------------------------------------------------------------------------------
BRANCH = """
    a: {type: branch, cases: [{when: panggilan(7) > 1, next: o}], otherwise: z}
    o: {type: hangup, say: Anda sudah menelepon.}
"""


class Counted(SimCallers):
    """Remembers of whom it was asked."""

    def __init__(self, *days_ago: float) -> None:
        super().__init__(days_ago)
        self.asked: list[str] = []

    async def past(self, caller: str, call: str, now: float) -> Past:
        self.asked.append(caller)
        return await super().past(caller, call, now)


@pytest.fixture
def archive() -> Counted:
    return Counted(1, 2, 9)


def test_a_flow_asks_what_the_caller_did_before(tmp_path: Path, archive: Counted) -> None:
    trial = call(site(tmp_path, steps(BRANCH)), callers=archive)
    assert way(trial)[0] == "a:case:1"
    assert data(trial, "caller_remembered") == [{"calls": 3, "tickets": 0, "callbacks": 0, "problem": ""}]
    assert archive.asked == [CALLER]


def test_a_flow_that_does_not_ask_costs_nothing(tmp_path: Path, archive: Counted) -> None:
    trial = call(site(tmp_path, steps(BRANCH.replace("panggilan(7) > 1", "ya"))), callers=archive)
    assert (archive.asked, data(trial, "caller_remembered")) == ([], [])


def test_a_withheld_number_has_no_past(tmp_path: Path, archive: Counted) -> None:
    trial = call(site(tmp_path, steps(BRANCH)), callers=archive, caller_number="")
    assert (way(trial)[0], archive.asked) == ("a:otherwise", [])


def test_a_past_that_cannot_be_read_is_none_and_told(tmp_path: Path) -> None:
    trial = call(site(tmp_path, steps(BRANCH)), callers=SimCallers(works=False))
    assert way(trial)[0] == "a:otherwise"
    assert data(trial, "caller_remembered")[0]["problem"] == "the record is out of order"
