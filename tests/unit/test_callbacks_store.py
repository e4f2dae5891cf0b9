"""Callbacks in the real store: one per number and queue, never too many, on the disk before they are promised."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from store_kit import put_empty_operations, read

from ivr.callbacks import Callback, CallbacksDown, Request, Status
from ivr.settings import Settings
from ivr.store import callbacks as store
from ivr.store import promises
from ivr.store.callbacks import KEPT_DAYS, CallbackError, StoredCallbacks
from ivr.store.tables import DAY_SECONDS

NOW = 1_800_000_000.0
REQUEST = Request(
    "umum", "1500123", "1.1", "+6281234567890", "", NOW, NOW - 60, "pagi", NOW + 3600, NOW + 7200, {"perlu": "KTP"}
)


def request(number: int, *, queue: str = "umum", since: float = NOW) -> Request:
    return dataclasses.replace(REQUEST, number=f"+62{number}", queue=queue, since=since)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation whose callers are patient: this machine may be busy."""
    monkeypatch.setattr(promises, "PATIENCE_SECONDS", 60.0)
    put_empty_operations(tmp_path)
    return Settings(state=tmp_path)


@pytest.fixture
def desk(settings: Settings) -> StoredCallbacks:
    return StoredCallbacks(settings)


async def test_it_is_kept_with_all_that_is_known(settings: Settings, desk: StoredCallbacks) -> None:
    assert await desk.open(REQUEST, most=9) == Callback(1, 1)
    (row,) = read(settings.operations_db, "callbacks")
    assert row == {
        "id": 1,
        "queue": "umum",
        "line": "1500123",
        "call": "1.1",
        "number": "+6281234567890",
        "caller": "",
        "opened_at": NOW,
        "since": NOW - 60,
        "window": "pagi",
        "begins": NOW + 3600,
        "ends": NOW + 7200,
        "details": '{"perlu": "KTP"}',
        "status": "open",
        "closed_by": "",
        "note": "",
    }


async def test_it_is_on_the_disk_before_it_is_known(desk: StoredCallbacks, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SQLite has it: with this level each commit waits for the disk."""
    levels = []
    add = store._add

    async def look(connection: Any, row: Any, most: int) -> Callback:
        levels.append(await connection.scalar(text("PRAGMA synchronous")))
        return await add(connection, row, most)

    monkeypatch.setattr(store, "_add", look)
    await desk.open(REQUEST, most=9)
    assert levels == [2]  # FULL


async def test_places_are_by_when_they_first_waited(desk: StoredCallbacks) -> None:
    opened = [
        await desk.open(request(n, since=since, queue=queue), most=9)
        for n, since, queue in ((1, NOW, "umum"), (2, NOW - 50, "umum"), (3, NOW - 99, "lain"), (4, NOW, "umum"))
    ]
    assert [each and each.position for each in opened] == [1, 1, 1, 3]
    found = [await desk.find(f"+62{n}", "umum") for n in (1, 2, 4)]
    assert [each and each.position for each in found] == [2, 1, 3]
    assert (await desk.count("umum"), await desk.count("lain"), await desk.count("mana")) == (3, 1, 0)


async def test_a_number_has_one_in_each_queue(settings: Settings, desk: StoredCallbacks) -> None:
    first = await desk.open(request(1), most=9)
    assert await desk.open(request(1, since=NOW - 999), most=9) == first
    assert await desk.open(request(1, queue="lain"), most=9) == Callback(2, 1)
    assert len(read(settings.operations_db, "callbacks")) == 2


async def test_never_more_than_the_queue_allows(settings: Settings, desk: StoredCallbacks) -> None:
    opened = await asyncio.gather(*(desk.open(request(n), most=3) for n in range(8)))
    assert sum(each is not None for each in opened) == len(read(settings.operations_db, "callbacks")) == 3
    assert await desk.open(request(99, queue="lain"), most=0) is None


async def test_who_cancels_may_ask_again(settings: Settings, desk: StoredCallbacks) -> None:
    first = await desk.open(REQUEST, most=1)
    assert first
    await desk.cancel(first, NOW + 5)
    assert await desk.find(REQUEST.number, "umum") is None
    assert await desk.count("umum") == 0
    assert (await store.load_callback(settings, first.id)).status == "cancelled"
    again = await desk.open(REQUEST, most=1)
    assert again
    assert again.id != first.id


async def test_officers_see_them_in_order_and_close_them(settings: Settings, desk: StoredCallbacks) -> None:
    for n, since in ((1, NOW), (2, NOW - 9), (3, NOW - 5)):
        await desk.open(request(n, since=since), most=9)
    await desk.open(request(4, queue="lain"), most=9)
    found = await store.list_callbacks(settings)
    assert [(c.queue, c.number, c.position) for c in found] == [
        ("lain", "+624", 1), ("umum", "+622", 1), ("umum", "+623", 2), ("umum", "+621", 3),
    ]  # fmt: skip
    closed = await store.close_callback(settings, found[1].id, Status.DONE, note="Beres", author="rini", now=NOW + 60)
    assert (closed.status, closed.position) == ("done", None)
    assert (closed.note, closed.closed_by, closed.closed_at) == ("Beres", "rini", NOW + 60)
    assert [c.position for c in await store.list_callbacks(settings, queue="umum")] == [1, 2]
    assert [c.id for c in await store.list_callbacks(settings, all=True, limit=2)] == [4, 3]


async def test_what_is_closed_stays_closed(settings: Settings, desk: StoredCallbacks) -> None:
    await desk.open(REQUEST, most=9)
    await store.close_callback(settings, 1, Status.FAILED, note="", author="rini", now=NOW)
    with pytest.raises(CallbackError, match="callbacks show 1"):
        await store.close_callback(settings, 1, Status.DONE, note="", author="budi", now=NOW)
    await desk.cancel(Callback(1, 1), NOW + 5)
    assert (await store.load_callback(settings, 1)).status == "failed"
    with pytest.raises(CallbackError, match="callbacks --all"):
        await store.load_callback(settings, 7)


async def test_what_ended_a_year_ago_is_forgotten(settings: Settings, desk: StoredCallbacks) -> None:
    for n in range(3):
        await desk.open(request(n), most=9)
    for id, days in ((1, 0), (2, KEPT_DAYS + 1)):
        at = NOW + days * DAY_SECONDS
        await store.close_callback(settings, id, Status.DONE, note="", author="rini", now=at)
    await desk.forget(NOW + KEPT_DAYS * DAY_SECONDS)
    assert [row["id"] for row in read(settings.operations_db, "callbacks")] == [1, 2, 3]
    await desk.forget(NOW + KEPT_DAYS * DAY_SECONDS + 1)
    assert [row["id"] for row in read(settings.operations_db, "callbacks")] == [2, 3]


async def test_a_damaged_store_is_no_fault_of_forgetting(settings: Settings, desk: StoredCallbacks) -> None:
    settings.operations_db.write_bytes(b"not a database at all, whatever its name says" * 100)
    await desk.forget(NOW)


@pytest.mark.parametrize(
    "use",
    [
        lambda desk: desk.open(REQUEST, most=9),
        lambda desk: desk.find("+621", "umum"),
        lambda desk: desk.count("umum"),
        lambda desk: desk.cancel(Callback(1, 1), NOW),
    ],
    ids=["open", "find", "count", "cancel"],
)
async def test_a_damaged_store_is_one_error(
    settings: Settings, desk: StoredCallbacks, use: Callable[[StoredCallbacks], Awaitable[Any]]
) -> None:
    settings.operations_db.write_bytes(b"not a database at all, whatever its name says" * 100)
    with pytest.raises(CallbacksDown):
        await use(desk)
