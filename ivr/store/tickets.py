"""Tickets, kept: opened by the engine during a call, gone on with by officers through the CLI."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.channel import Segment, Voiced
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.speech.values.tickets import SERIALS, number_of, serial_of
from ivr.store.database import operations
from ivr.store.promises import Patience, durable
from ivr.store.tables import tickets as table
from ivr.tickets import Request, Status, Ticket, TicketsDown
from ivr.voice.book import Clip

_DRAWS = 100
"""So often a number is drawn that nobody has yet."""


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
        self._patience = Patience("tickets", TicketsDown)

    async def open(self, request: Request) -> str:
        return await self._patience.wait(self._open(request))

    async def find(self, number: str) -> Ticket | None:
        return await self._patience.wait(self._find(number))

    async def _open(self, request: Request) -> str:
        async with durable(self._settings) as store:
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
