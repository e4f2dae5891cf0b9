"""Tickets, kept: opened by the engine during a call, gone on with by officers through the CLI."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.channel import Segment, Voiced
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.speech.values.tickets import SERIALS, number_of, serial_of
from ivr.store.database import StoreError, operations
from ivr.store.tables import tickets as table
from ivr.tickets import Request, Status, Ticket, TicketsDown
from ivr.voice.book import Clip

PATIENCE_SECONDS = 4.0
"""How long a caller is kept waiting for the disk."""
_BUSY_MS = 2000
"""How long another writer is waited for."""
_DRAWS = 100
"""So often a number is drawn that nobody has yet."""

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class TicketError(Exception):
    """Something cannot be done with a ticket; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """All that is kept of a ticket. Times in Unix seconds; `changed_at`: when an officer last did something with it."""

    number: str
    kind: str
    status: str
    opened_at: float
    call: str
    line: str
    caller: str
    recording: str
    details: Mapping[str, str]
    answer: str
    changed_at: float | None
    changed_by: str


class StoredTickets:
    """Implements `ivr.tickets.TicketDesk` over the operations store."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._running: set[asyncio.Task[Any]] = set()

    async def open(self, request: Request) -> str:
        return await self._in_time(self._open(request))

    async def find(self, number: str) -> Ticket | None:
        return await self._in_time(self._find(number))

    async def _open(self, request: Request) -> str:
        async with operations(self._settings) as store:
            await store.execute(text("PRAGMA synchronous=FULL"))  # a number that was said outlives a power cut
            await store.execute(text(f"PRAGMA busy_timeout={_BUSY_MS}"))
            number = await _free_number(store)
            row = {name: getattr(request, name) for name in ("kind", "call", "line", "caller", "recording")}
            row |= {"details": dict(request.details), "opened_at": request.at, "status": Status.OPEN.value}
            await store.execute(insert(table).values(**row, number=number, answer="", changed_by=""))
        return number

    async def _find(self, number: str) -> Ticket | None:
        async with operations(self._settings) as store:
            row = (await store.execute(select(table).where(table.c.number == number))).mappings().first()
        if row is None:
            return None
        answer = row["answer"]
        if row["audio"]:
            answer = Voiced(Segment(answer, self._settings.prompts / "built" / row["audio"], row["seconds"]))
        return Ticket(number, Status(row["status"]), answer)

    async def _in_time(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do it, with a caller on the line: what takes too long goes on without them, and what fails is one error."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        if not done:
            log.error("the store of tickets has not answered for %g s", PATIENCE_SECONDS)
            raise TicketsDown(f"no answer for {PATIENCE_SECONDS:g} s")
        try:
            return task.result()
        except (StoreError, OSError, DBAPIError, ValueError) as e:
            log.exception("the store of tickets cannot be used")
            raise TicketsDown(str(e)) from e


async def _free_number(store: AsyncConnection) -> str:
    """Drawn, not counted: who knows one number does not know the next. Raises ValueError where nearly all are used."""
    for _ in range(_DRAWS):
        number = number_of(1 + secrets.randbelow(SERIALS))
        if await store.scalar(select(table.c.number).where(table.c.number == number)) is None:
            return number
    raise ValueError("no ticket number is free")


# --- officers ---------------------------------------------------------------------------------------
async def list_tickets(settings: Settings, *, all: bool, limit: int) -> list[TicketRecord]:
    """Those that wait for an answer, or all; the oldest first."""
    async with operations(settings) as store:
        wanted = select(table).order_by(table.c.opened_at, table.c.number).limit(limit)
        rows = await store.execute(wanted if all else wanted.where(table.c.status != Status.ANSWERED.value))
        return [_record(row) for row in rows.mappings()]


async def load_ticket(settings: Settings, number: str) -> TicketRecord:
    """Raises TicketError where there is none."""
    async with operations(settings) as store:
        return await _load(store, number)


async def take_up(settings: Settings, number: str, *, author: str, now: float) -> TicketRecord:
    """The ticket is in work from now on, also one that was answered. Raises TicketError where there is none."""
    async with operations(settings) as store:
        return await _change(store, number, status=Status.IN_WORK.value, changed_at=now, changed_by=author)


async def answer(settings: Settings, number: str, text: str, clip: Clip, *, author: str, now: float) -> TicketRecord:
    """Answer it, in the place of an earlier answer. Raises TicketError where there is none."""
    async with operations(settings) as store:
        return await _change(
            store,
            number,
            status=Status.ANSWERED.value,
            answer=text,
            audio=clip.file,
            seconds=clip.seconds,
            changed_at=now,
            changed_by=author,
        )


async def _change(store: AsyncConnection, number: str, **values: Any) -> TicketRecord:
    await _load(store, number)
    await store.execute(update(table).where(_is(number)).values(**values))
    return await _load(store, number)


async def _load(store: AsyncConnection, number: str) -> TicketRecord:
    try:
        serial_of(number)
    except ValueError as e:
        raise TicketError(str(e)) from None
    row = (await store.execute(select(table).where(_is(number)))).mappings().first()
    if row is None:
        raise TicketError(
            tr(
                f"tidak ada tiket {number}; `sambung tickets --all` menampilkan semuanya",
                f"there is no ticket {number}; `sambung tickets --all` lists them",
            )
        )
    return _record(row)


def _is(number: str) -> ColumnElement[bool]:
    return table.c.number == number


def _record(row: Any) -> TicketRecord:
    return TicketRecord(**{name: row[name] for name in TicketRecord.__dataclass_fields__})
