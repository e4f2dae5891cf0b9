"""Callbacks, kept: taken down by the engine during a call, closed by officers through the CLI."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.callbacks import Callback, CallbacksDown, Request, Status
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store.database import StoreError, operations
from ivr.store.promises import Patience, durable
from ivr.store.tables import DAY_SECONDS
from ivr.store.tables import callbacks as table

KEPT_DAYS = 366
"""So long after its end a callback is still known."""

_OPEN = table.c.status == Status.OPEN.value
_PLACES = table.c.since, table.c.id
_POSITION = func.row_number().over(partition_by=table.c.queue, order_by=_PLACES).label("position")
_POSITIONS = select(table.c.id, _POSITION).where(_OPEN).subquery()
_KEPT = select(table, _POSITIONS.c.position).outerjoin(_POSITIONS, _POSITIONS.c.id == table.c.id)


class CallbackError(Exception):
    """Something cannot be done with a callback; the message says why and what to do."""


class _Full(Exception):  # noqa: N818 - undoes the transaction
    """Too many wait already."""


@dataclass(frozen=True, slots=True)
class CallbackRecord:
    """All that is kept of a callback, as `ivr.callbacks.Request`. `position`: in its queue, None once it is closed.

    Times in Unix seconds. `closed_by`: an officer; "" where the caller cancelled it.
    """

    id: int
    queue: str
    position: int | None
    number: str
    window: str
    begins: float | None
    ends: float | None
    since: float
    opened_at: float
    line: str
    caller: str
    call: str
    details: Mapping[str, str]
    status: str
    closed_at: float | None
    closed_by: str
    note: str


class StoredCallbacks:
    """Implements `ivr.callbacks.CallbackDesk` over the operations store."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._patience = Patience("callbacks", CallbacksDown)

    async def count(self, queue: str) -> int:
        return await self._patience.wait(self._count(queue))

    async def find(self, number: str, queue: str) -> Callback | None:
        return await self._patience.wait(self._find(number, queue))

    async def open(self, request: Request, *, most: int) -> Callback | None:
        return await self._patience.wait(self._open(request, most))

    async def cancel(self, callback: Callback, at: float) -> None:
        await self._patience.wait(self._cancel(callback, at))

    async def forget(self, now: float) -> None:
        """Delete those that ended long ago; what cannot be deleted now can be later."""
        with contextlib.suppress(StoreError, OSError):
            async with operations(self._settings) as store:
                await store.execute(delete(table).where(table.c.closed_at < now - KEPT_DAYS * DAY_SECONDS))

    async def _count(self, queue: str) -> int:
        async with operations(self._settings) as store:
            return await _waiting(store, queue)

    async def _find(self, number: str, queue: str) -> Callback | None:
        async with operations(self._settings) as store:
            query = _KEPT.where(_OPEN, table.c.number == number, table.c.queue == queue)
            row = (await store.execute(query)).mappings().first()
            return Callback(row["id"], row["position"]) if row else None

    async def _open(self, request: Request, most: int) -> Callback | None:
        row = {name: getattr(request, name) for name in Request.__dataclass_fields__ if name not in ("at", "details")}
        row |= {"opened_at": request.at, "details": dict(request.details), "status": Status.OPEN.value}
        try:
            async with durable(self._settings) as store:
                return await _add(store, row, most)
        except _Full:
            return None
        except IntegrityError:  # the same number was quicker on another telephone
            return await self._find(request.number, request.queue)

    async def _cancel(self, callback: Callback, at: float) -> None:
        async with durable(self._settings) as store:
            ended = {"status": Status.CANCELLED.value, "closed_at": at}
            await store.execute(update(table).where(_OPEN, table.c.id == callback.id).values(**ended))


async def _add(store: AsyncConnection, row: dict[str, Any], most: int) -> Callback:
    """Raises _Full; counted after it is added, when no other can be."""
    added = insert(table).values(**row, closed_by="", note="").returning(table.c.id)
    id: int = (await store.execute(added)).scalar_one()
    if await _waiting(store, row["queue"]) > most:
        raise _Full
    place = select(_POSITIONS.c.position).where(_POSITIONS.c.id == id)
    position: int = (await store.execute(place)).scalar_one()
    return Callback(id, position)


async def _waiting(store: AsyncConnection, queue: str) -> int:
    return await store.scalar(select(func.count()).where(_OPEN, table.c.queue == queue)) or 0


# --- officers ---------------------------------------------------------------------------------------
async def list_callbacks(
    settings: Settings, *, all: bool = False, queue: str | None = None, limit: int = 1000
) -> list[CallbackRecord]:
    """Those that wait, queue by queue in order of their places; or all, the newest first."""
    query = _KEPT.limit(limit)
    query = query.order_by(table.c.id.desc()) if all else query.where(_OPEN).order_by(table.c.queue, *_PLACES)
    if queue is not None:
        query = query.where(table.c.queue == queue)
    async with operations(settings) as store:
        rows = (await store.execute(query)).mappings().all()
        return [_record(row) for row in rows]


async def load_callback(settings: Settings, id: int) -> CallbackRecord:
    """Raises CallbackError where there is none."""
    async with operations(settings) as store:
        return await _load(store, id)


async def close_callback(
    settings: Settings, id: int, status: Status, *, note: str, author: str, now: float
) -> CallbackRecord:
    """End it. Raises CallbackError where there is none that waits."""
    async with operations(settings) as store:
        found = await _load(store, id)
        if found.status != Status.OPEN:
            raise CallbackError(
                tr(
                    f"telepon balik {id} sudah ditutup; `sambung callbacks show {id}` menceritakannya",
                    f"callback {id} is closed already; `sambung callbacks show {id}` tells about it",
                )
            )
        ended = {"status": status.value, "closed_at": now, "closed_by": author, "note": note}
        await store.execute(update(table).where(table.c.id == id).values(**ended))
        return await _load(store, id)


async def _load(store: AsyncConnection, id: int) -> CallbackRecord:
    row = (await store.execute(_KEPT.where(table.c.id == id))).mappings().first()
    if row is None:
        raise CallbackError(
            tr(
                f"tidak ada telepon balik {id}; `sambung callbacks --all` menampilkan semuanya",
                f"there is no callback {id}; `sambung callbacks --all` lists them",
            )
        )
    return _record(row)


def _record(row: RowMapping) -> CallbackRecord:
    return CallbackRecord(**{name: row[name] for name in CallbackRecord.__dataclass_fields__})
