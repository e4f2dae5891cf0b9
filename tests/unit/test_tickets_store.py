"""Tickets in the real store: on the disk before their number is told, and no caller waits for a broken one."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from flow_kit import (
    call,
    data,
    english,  # noqa: F401 - a fixture
    said,
    site,
    steps,
)
from sqlalchemy import text
from store_kit import put_empty_operations, read

from ivr.channel import Voiced
from ivr.settings import Settings
from ivr.sim.caller import Press
from ivr.speech.values.tickets import is_number, number_of
from ivr.store import promises
from ivr.store import tickets as store
from ivr.store.database import open_operations
from ivr.store.tickets import StoredTickets, TicketError
from ivr.tickets import Request, Status, Ticket, TicketsDown
from ivr.voice.book import Clip

NOW = 1_800_000_000.0
REQUEST = Request("complaint", "1.1", "1500123", "+62812", NOW, "2026/11/26/a.wav", {"nik": "3578"})

Result = TypeVar("Result")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose callers are patient: this machine may be busy."""
    monkeypatch.setattr(promises, "PATIENCE_SECONDS", 60.0)
    settings = Settings(state=tmp_path, prompts=tmp_path / "prompts")
    put_empty_operations(tmp_path)
    return settings


async def test_a_ticket_is_kept_with_all_that_is_known(settings: Settings) -> None:
    number = await StoredTickets(settings).open(REQUEST)
    assert is_number(number)
    (row,) = read(settings.operations_db, "tickets")
    assert row == {
        "number": number,
        "kind": "complaint",
        "status": "open",
        "opened_at": NOW,
        "call": "1.1",
        "line": "1500123",
        "caller": "+62812",
        "recording": "2026/11/26/a.wav",
        "details": '{"nik": "3578"}',
        "answer": "",
        "changed_by": "",
    }


async def test_it_is_on_the_disk_before_its_number_is_known(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As SQLite has it: with this level each commit waits for the disk."""
    levels = []
    drawn = store._free_number

    async def look(connection: Any) -> str:
        levels.append(await connection.scalar(text("PRAGMA synchronous")))
        return await drawn(connection)

    monkeypatch.setattr(store, "_free_number", look)
    await StoredTickets(settings).open(REQUEST)
    assert levels == [2]  # FULL


async def test_numbers_are_drawn_and_never_given_twice(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([4, 4, 4, 5])
    monkeypatch.setattr(store.secrets, "randbelow", lambda below: next(drawn))
    desk = StoredTickets(settings)
    assert [await desk.open(REQUEST), await desk.open(REQUEST)] == [number_of(5), number_of(6)]


async def test_tickets_opened_at_once_are_all_kept(settings: Settings) -> None:
    desk = StoredTickets(settings)
    numbers = await asyncio.gather(*(desk.open(REQUEST) for _ in range(20)))
    assert len(set(numbers)) == len(read(settings.operations_db, "tickets")) == 20


async def test_how_it_stands_follows_the_officers(settings: Settings) -> None:
    desk = StoredTickets(settings)
    number = await desk.open(REQUEST)
    assert await desk.find(number) == Ticket(number, Status.OPEN)
    taken = await store.take_up(settings, number, author="rini", now=NOW + 1)
    assert (taken.status, taken.changed_by, taken.changed_at) == ("in_work", "rini", NOW + 1)
    assert await desk.find(number) == Ticket(number, Status.IN_WORK)
    clip = Clip("a.wav", 2.5)
    await store.answer(settings, number, "Sudah diperbaiki.", clip, author="budi", now=NOW + 2)
    found = await desk.find(number)
    assert found == Ticket(number, Status.ANSWERED, "Sudah diperbaiki.")
    assert isinstance(found.answer, Voiced)
    assert found.answer.segment.audio == settings.prompts / "built" / "a.wav"
    assert found.answer.segment.seconds == 2.5
    assert await desk.find(number_of(1)) is None


async def test_those_that_wait_are_listed_the_oldest_first(settings: Settings) -> None:
    desk = StoredTickets(settings)
    late = await desk.open(Request("information", "1.2", "1500123", "", NOW + 60, "", {}))
    early = await desk.open(REQUEST)
    done = await desk.open(REQUEST)
    await store.answer(settings, done, "Selesai.", Clip("a.wav", 1), author="budi", now=NOW)
    assert [t.number for t in await store.list_tickets(settings, all=False, limit=10)] == [early, late]
    assert len(await store.list_tickets(settings, all=True, limit=10)) == 3
    assert len(await store.list_tickets(settings, all=True, limit=2)) == 2


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("number", "told"),
    [(number_of(1), "there is no ticket"), ("00000017", "a digit is mistaken"), ("17", "have 8 digits")],
)
async def test_a_number_that_is_none_is_refused(settings: Settings, number: str, told: str) -> None:
    for work in (
        store.load_ticket(settings, number),
        store.take_up(settings, number, author="rini", now=NOW),
        store.answer(settings, number, "Ya.", Clip("a.wav", 1), author="rini", now=NOW),
    ):
        with pytest.raises(TicketError, match=told):
            await work


async def test_a_store_that_is_locked_for_a_moment_is_waited_for(settings: Settings) -> None:
    desk = StoredTickets(settings)
    await desk.open(REQUEST)
    with closing(sqlite3.connect(settings.operations_db)) as other:
        other.execute("BEGIN IMMEDIATE")
        opening = asyncio.create_task(desk.open(REQUEST))
        done, _ = await asyncio.wait([opening], timeout=0.5)
        assert not done
        other.rollback()
    assert is_number(await opening)


async def test_a_store_that_stays_locked_is_given_up(settings: Settings) -> None:
    desk = StoredTickets(settings)
    await desk.open(REQUEST)
    with closing(sqlite3.connect(settings.operations_db)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TicketsDown, match="locked"):
            await desk.open(REQUEST)
    assert len(read(settings.operations_db, "tickets")) == 1


async def test_a_damaged_store_is_one_error(settings: Settings) -> None:
    settings.operations_db.write_bytes(b"not a database at all, whatever its name says" * 100)
    for work in (StoredTickets(settings).open(REQUEST), StoredTickets(settings).find(number_of(1))):
        with pytest.raises(TicketsDown):
            await work


async def test_a_folder_that_is_none_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(TicketsDown):
        await StoredTickets(Settings(state=tmp_path / "state")).open(REQUEST)


async def test_a_disk_that_does_not_answer_keeps_no_caller(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on without them: what was said may be kept late, but is not lost."""
    disk = asyncio.Event()

    async def slow(wanted: Settings) -> Any:
        await disk.wait()
        return await open_operations(wanted)

    monkeypatch.setattr("ivr.store.database.open_operations", slow)
    monkeypatch.setattr(promises, "PATIENCE_SECONDS", 0.05)
    desk = StoredTickets(settings)
    with pytest.raises(TicketsDown, match="no answer"):
        await desk.open(REQUEST)
    disk.set()
    await asyncio.gather(*desk._patience._running)
    assert len(read(settings.operations_db, "tickets")) == 1


class OnDisk:
    """The real store beside virtual time: each use of it runs in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def open(self, request: Request) -> str:
        return _in_thread(StoredTickets(self._settings).open(request))

    async def find(self, number: str) -> Ticket | None:
        return _in_thread(StoredTickets(self._settings).find(number))


def _in_thread(work: Coroutine[Any, Any, Result]) -> Result:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def test_a_caller_opens_a_ticket_and_hears_the_answer_later(settings: Settings, tmp_path: Path) -> None:
    flow = site(
        tmp_path,
        steps(
            """
            t: {type: ticket, kind: complaint, say: "Nomornya {tiket:digit}", next: z, failed: z}
            s: {type: ticket_status, say: Nomor tiket., next: z, failed: z}
            """,
            start="t",
        ),
    )
    opened = data(call(flow, tickets=OnDisk(settings)), "ticket_opened")
    number = str(opened[0]["number"])
    assert [row["number"] for row in read(settings.operations_db, "tickets")] == [number]
    asyncio.run(store.answer(settings, number, "Lampu menyala.", Clip("a.wav", 1), author="rini", now=time.time()))
    text = (tmp_path / "utama.yaml").read_text().replace("start: t", "start: s")
    again = call(
        site(tmp_path, text), Press(number, hears="Nomor"), Press("1", hears="benar?"), tickets=OnDisk(settings)
    )
    assert "Lampu menyala." in said(again)[2]
