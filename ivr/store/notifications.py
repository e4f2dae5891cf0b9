"""Notifications, kept until they are delivered: queued and sent by the engine, looked after through the CLI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from ivr.i18n import tr
from ivr.notifications import Notification
from ivr.settings import Settings
from ivr.store.database import operations
from ivr.store.promises import durable
from ivr.store.tables import DAY_SECONDS
from ivr.store.tables import notifications as table

TRIED_SECONDS = DAY_SECONDS
"""So long it is tried."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5.0, 900.0
"""Between two attempts: twice as long each time."""
KEPT_SECONDS = 30 * DAY_SECONDS
DUE = 10
"""So many of each recipient are read at once."""


class NotificationError(Exception):
    """Something cannot be done with a notification; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A notification and how it fares. Times in Unix seconds; without `next_at` it is delivered or given up."""

    id: int
    recipient: str
    call: str
    line: str
    at: float
    text: str
    details: Mapping[str, str]
    attempts: int
    problem: str
    next_at: float | None
    until: float
    delivered_at: float | None

    @property
    def given_up(self) -> bool:
        return self.next_at is None and self.delivered_at is None


async def keep(settings: Settings, notification: Notification) -> None:
    """Put it in the queue. Raises StoreError, OSError."""
    row = {name: getattr(notification, name) for name in Notification.__dataclass_fields__}
    row |= {"details": dict(notification.details), "attempts": 0, "problem": ""}
    row |= {"next_at": notification.at, "until": notification.at + TRIED_SECONDS}
    async with durable(settings) as store:
        await store.execute(insert(table).values(**row))


async def due(settings: Settings, now: float) -> tuple[list[Queued], float | None]:
    """Those whose time has come, by recipient and in order, DUE of each at most; and when the next one's time comes."""
    place = func.row_number().over(partition_by=table.c.recipient, order_by=table.c.id).label("place")
    placed = select(table, place).where(table.c.next_at <= now).subquery()
    first = select(placed).where(placed.c.place <= DUE).order_by(placed.c.recipient, placed.c.id)
    async with operations(settings) as store:
        rows = await store.execute(first)
        later = await store.scalar(select(func.min(table.c.next_at)).where(table.c.next_at > now))
        return [_queued(row) for row in rows.mappings()], later


async def claim(settings: Settings, queued: Queued, now: float) -> bool:
    """Note an attempt before it is made, so that none is made too soon after it, whatever happens. Whether it is the
    last one.
    """
    wait = min(FIRST_RETRY_SECONDS * 2**queued.attempts, LONGEST_RETRY_SECONDS)
    again = now + wait if now + wait <= queued.until else None
    await _change(settings, queued.id, attempts=queued.attempts + 1, next_at=again)
    return again is None


async def delivered(settings: Settings, id: int, now: float) -> None:
    """It has arrived; what it said is kept no longer."""
    await _change(settings, id, text="", details={}, problem="", next_at=None, delivered_at=now)


async def failed(settings: Settings, id: int, problem: str) -> None:
    """It has not arrived."""
    await _change(settings, id, problem=problem)


async def forget(settings: Settings, now: float) -> None:
    """Delete those that are neither to be delivered nor new."""
    async with operations(settings) as store:
        await store.execute(delete(table).where(table.c.next_at.is_(None), table.c.at < now - KEPT_SECONDS))


async def _change(settings: Settings, id: int, **values: Any) -> None:
    async with durable(settings) as store:
        await store.execute(update(table).where(table.c.id == id).values(**values))


# --- people -----------------------------------------------------------------------------------------
async def list_notifications(settings: Settings, *, all: bool, limit: int) -> list[Queued]:
    """Those that have not arrived, or all; the oldest first."""
    async with operations(settings) as store:
        wanted = select(table).order_by(table.c.id.desc()).limit(limit)
        rows = await store.execute(wanted if all else wanted.where(table.c.delivered_at.is_(None)))
        return [_queued(row) for row in reversed(rows.mappings().all())]


async def retry(settings: Settings, ids: list[int], now: float) -> None:
    """Try these at once, and for another day. Raises NotificationError where one is not waiting or given up."""
    async with operations(settings) as store:
        for id in ids:
            waiting = table.c.id == id, table.c.delivered_at.is_(None)
            again = {"attempts": 0, "next_at": now, "until": now + TRIED_SECONDS}
            changed = await store.execute(update(table).where(*waiting).values(**again))
            if not changed.rowcount:
                raise NotificationError(
                    tr(
                        f"tidak ada pemberitahuan {id} yang belum terkirim; lihat `sambung notifications`",
                        f"no notification {id} is undelivered; see `sambung notifications`",
                    )
                )


def _queued(row: Any) -> Queued:
    return Queued(**{name: row[name] for name in Queued.__dataclass_fields__})
