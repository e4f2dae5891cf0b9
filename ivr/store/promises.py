"""What a caller is told of a store: on the disk before it is said, and nobody waits long for a broken one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.settings import Settings
from ivr.store.database import StoreError, operations

PATIENCE_SECONDS = 4.0
"""How long a caller is kept waiting for the disk."""
_BUSY_MS = 2000
"""How long another writer is waited for."""

log = logging.getLogger(__name__)

_Result = TypeVar("_Result")


class Patience:
    """Does work while a caller is on the line: what takes too long goes on without them, what fails is one error."""

    def __init__(self, what: str, down: type[Exception], seconds: float | None = None) -> None:
        """`what`: is asked for, for the log; `down`: the error. `seconds`: PATIENCE_SECONDS, unless given."""
        self._what, self._down, self._seconds = what, down, seconds
        self._running: set[asyncio.Task[Any]] = set()

    async def wait(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Its result. Raises `down` with the reason."""
        seconds = PATIENCE_SECONDS if self._seconds is None else self._seconds
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait([task], timeout=seconds)
        if not done:
            log.error("the store of %s has not answered for %g s", self._what, seconds)
            raise self._down(f"no answer for {seconds:g} s")
        try:
            return task.result()
        except (StoreError, OSError, DBAPIError, ValueError) as e:
            log.exception("the store of %s cannot be used", self._what)
            raise self._down(str(e.orig if isinstance(e, DBAPIError) else e)) from e


@asynccontextmanager
async def durable(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """`database.operations` whose commit waits for the disk: what was said to a caller outlives a power cut."""
    async with operations(settings) as store:
        await store.execute(text("PRAGMA synchronous=FULL"))
        await store.execute(text(f"PRAGMA busy_timeout={_BUSY_MS}"))
        yield store
