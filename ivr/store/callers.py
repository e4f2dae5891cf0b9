"""What is known of a caller from before, read from both stores at the beginning of a call."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ivr.callbacks import Status as CallbackStatus
from ivr.callers import Past, PastUnknown
from ivr.passes import channel_id
from ivr.settings import Settings
from ivr.store.database import open_operations, open_reader
from ivr.store.promises import Patience
from ivr.store.tables import DAY_SECONDS, callbacks, calls, tickets
from ivr.tickets import Status as TicketStatus

PATIENCE_SECONDS = 0.5
"""A caller hears nothing meanwhile."""
DAYS = 366
_MOST_CALLS = 1000


class StoredCallers:
    """Implements `ivr.callers.CallerArchive` over the history and the operations store, which it keeps open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._patience = Patience("callers", PastUnknown, PATIENCE_SECONDS)
        self._opening = asyncio.Lock()
        self._engines: tuple[AsyncEngine, AsyncEngine] | None = None

    async def past(self, caller: str, call: str, now: float) -> Past:
        return await self._patience.wait(self._past(caller, call, now))

    async def close(self) -> None:
        """Close the stores."""
        engines, self._engines = self._engines, None
        for engine in engines or ():
            await engine.dispose()

    async def _past(self, caller: str, call: str, now: float) -> Past:
        async with self._opening:
            if self._engines is None:
                self._engines = await open_reader(self._settings), await open_operations(self._settings)
            engines = self._engines
        try:
            async with engines[0].connect() as history:
                began = [row.started_at for row in await history.execute(_earlier(caller, call, now))]
            async with engines[1].connect() as store:
                count = (await store.execute(_open(caller))).one()
        except DBAPIError:
            await self.close()  # a store that was replaced is opened anew
            raise
        return Past(now, tuple(began), count.tickets, count.callbacks)


def _earlier(caller: str, call: str, now: float) -> Select[tuple[float]]:
    """When calls of this number began, without this call's other passes."""
    channel = channel_id(call)
    began = calls.c.started_at.between(now - DAYS * DAY_SECONDS, now)
    others = calls.c.caller == caller, calls.c.id != channel, calls.c.id.not_like(f"{channel}-%")
    return select(calls.c.started_at).where(began, *others).order_by(calls.c.started_at.desc()).limit(_MOST_CALLS)


def _open(caller: str) -> Select[Any]:
    """How many tickets and callbacks of this number are open."""
    of_tickets = tickets.c.caller == caller, tickets.c.status != TicketStatus.ANSWERED.value
    of_callbacks = callbacks.c.number == caller, callbacks.c.status == CallbackStatus.OPEN.value
    return select(
        select(func.count()).select_from(tickets).where(*of_tickets).label("tickets"),
        select(func.count()).select_from(callbacks).where(*of_callbacks).label("callbacks"),
    )
