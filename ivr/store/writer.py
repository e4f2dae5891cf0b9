"""The one writer of history.

`emit` puts an event on a queue in memory and returns; a task stores what has gathered, at most 100 ms
later, in one transaction. A file that is locked, full or gone is tried again until it works, while calls
go on: nothing is lost unless the engine itself dies, and then at most what was in memory (in ordinary
running a tenth of a second; with a file that cannot be written, up to TOTAL_LIMIT events).

Each batch is one visit to a thread of its own, which holds the connection. Through an asynchronous
driver it would be one visit per statement, and at ten batches a second, which is what a few calls make,
that alone would cost each of them a good part of its 2 ms of CPU.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ivr.events import (
    Event,
    InputRejected,
    KeyPressed,
    PromptPlayed,
    StepEntered,
    StepLeft,
    SystemNoted,
    VariableSet,
)
from ivr.settings import Settings
from ivr.store.database import is_damage, open_history, plain_connection, set_aside
from ivr.store.projection import INSERT_EVENT, Change, Projection, Rows, event_parameters
from ivr.store.tables import ring_attempts, talk_legs

BATCH_SECONDS = 0.1
BATCH_EVENTS = 500
ROUTINE_LIMIT = 40_000
"""With more than this waiting (some 20 MB), events of ROUTINE kinds are dropped."""
TOTAL_LIMIT = 50_000
"""With more than this waiting, any event is dropped."""
ROUTINE = (StepEntered, StepLeft, PromptPlayed, KeyPressed, InputRejected, VariableSet)
LONGEST_PAUSE = 1.0
"""Seconds between two tries to write a file that cannot be written."""

_REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    OverflowError,
    TypeError,
    ValueError,
)
"""The database took no offence at the file but at what it was given."""

log = logging.getLogger(__name__)

EventRow = tuple[str | None, float, str, str]
Prepared = tuple[Event, EventRow, list[Change]]
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WriterHealth:
    """`oldest_seconds`: how long the oldest event has waited; `trouble`: why nothing can be written, or ""."""

    queued: int
    oldest_seconds: float
    dropped: int
    trouble: str


class HistoryWriter:
    """Stores events. All methods are for the event loop's own thread."""

    def __init__(self, settings: Settings, *, batch_seconds: float = BATCH_SECONDS) -> None:
        self.settings = settings
        self.opened_at = 0.0
        """When this run began: an open call from before it has lost its engine."""
        self.witnessed_until: float | None = None
        """Until when this run has compared Asterisk's logs with the record (`ivr.store.witness`)."""
        self._batch_seconds = batch_seconds
        self._queue: deque[Event] = deque()
        self._emitted = self._stored = 0
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._waiting_since = 0.0
        self._dropped = self._dropped_told = 0
        self._trouble = ""
        self._wake = asyncio.Event()
        self._projection: Projection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._database: sqlite3.Connection | None = None  # the thread's own
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the file and begin to write. Events may be emitted before.

        A damaged file is moved aside; one that is locked or full is tried again later. Raises StoreError
        when it was written by a newer Sambung.
        """
        self.opened_at = time.time()
        with contextlib.suppress(OSError, DBAPIError, sqlite3.Error):
            await self._connect()
        self._task = asyncio.create_task(self._run(), name="history writer")

    def emit(self, event: Event) -> None:
        """Take an event (an `events.EventSink`). Never blocks, never raises."""
        queued = len(self._queue)
        if queued >= ROUTINE_LIMIT and (queued >= TOTAL_LIMIT or isinstance(event, ROUTINE)):
            self._dropped += 1
            return
        if self._emitted == self._stored:
            self._waiting_since = time.monotonic()
        self._queue.append(event)
        self._emitted += 1
        self._wake.set()

    async def flush(self) -> None:
        """Return when all that was emitted so far is stored."""
        if self._stored < self._emitted:
            stored = asyncio.get_running_loop().create_future()
            self._flushes.append((self._emitted, stored))
            await stored

    async def close(self, *, within: float = 5.0) -> None:
        """Store what waits, for at most `within` seconds, and close the file."""
        if self._task:
            try:
                async with asyncio.timeout(within):
                    while self._stored < self._emitted:  # storing may itself have something to note
                        await self.flush()
            except TimeoutError:
                log.critical("history: %d events are lost, %s", self.health.queued, self._trouble or "no time left")
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._disconnect()
        self._thread.shutdown(wait=False)

    @property
    def health(self) -> WriterHealth:
        """How the writer fares now."""
        queued = self._emitted - self._stored
        age = time.monotonic() - self._waiting_since if queued else 0.0
        return WriterHealth(queued, age, self._dropped, self._trouble)

    # --- inside ------------------------------------------------------------------------------------
    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(self._batch_seconds)
            self._wake.clear()
            for _ in range(0, len(self._queue), BATCH_EVENTS):
                await self._store_next()

    async def _store_next(self) -> None:
        began = time.monotonic()
        events = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_EVENTS))]
        taken = len(events)
        if self._dropped > self._dropped_told:
            lost, self._dropped_told = self._dropped - self._dropped_told, self._dropped
            events.append(SystemNoted("", time.time(), "events_dropped", f"{lost} events could not be kept"))
        while self._projection is None:
            await self._with_patience(self._connect)
        batch = [prepared for event in events if (prepared := self._prepare(self._projection, event))]
        if batch:
            await self._with_patience(partial(self._store, batch))
        self._stored, self._waiting_since = self._stored + taken, began
        while self._flushes and self._flushes[0][0] <= self._stored:
            _, stored = self._flushes.pop(0)
            if not stored.done():
                stored.set_result(None)

    def _prepare(self, projection: Projection, event: Event) -> Prepared | None:
        try:
            return event, event_parameters(event), projection.project(event)
        except (TypeError, ValueError, AttributeError) as e:
            self._refuse(event, e)
            return None

    def _refuse(self, event: Event, error: Exception) -> None:
        """One event that cannot be stored must not hold up all others."""
        self._dropped += 1
        log.error("history: event %r cannot be stored: %s", event, error)

    async def _store(self, batch: list[Prepared]) -> None:
        """Store a batch; where one of its events is refused, the others all the same."""
        try:
            await self._write(batch)
        except _REFUSED as e:
            if len(batch) == 1:
                self._refuse(batch[0][0], e)
                return
            for prepared in batch:
                await self._with_patience(partial(self._store, [prepared]))

    async def _write(self, batch: list[Prepared]) -> None:
        if self._database is None:
            await self._connect()
        await self._in_thread(self._write_now, batch)

    def _write_now(self, batch: list[Prepared]) -> None:
        """In the thread: all of the batch, or nothing and an error."""
        assert self._database
        with self._database as database:
            for statement, rows in Rows(change for _, _, changes in batch for change in changes).parameters():
                database.executemany(statement, rows)
            database.executemany(INSERT_EVENT, [row for _, row, _ in batch])

    async def _with_patience(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` again and again until the file lets it through."""
        pause = 0.05
        while True:
            try:
                await work()
            except Exception as e:  # whatever it is, a later try may go through, and calls go on
                error = e.orig if isinstance(e, DBAPIError) else e
                self._tell(str(error))
                await self._begin_anew(damaged=is_damage(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._tell("")
                return

    async def _begin_anew(self, *, damaged: bool) -> None:
        """Let go of the file, and of a damaged one for good. What cannot be done now is tried the next time."""
        try:
            await self._disconnect()
            if damaged:
                self._note_set_aside(set_aside(self.settings.history_db))
        except Exception:
            log.exception("history: the file cannot be let go of")

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            log.warning("history: %s", trouble or "written again")

    async def _connect(self) -> None:
        engine, aside = await open_history(self.settings)
        if aside:
            self._note_set_aside(aside)
        try:
            self._projection = self._projection or await _resumed(engine)
        finally:
            await engine.dispose()
        self._database = await self._in_thread(plain_connection, self.settings.history_db)

    async def _disconnect(self) -> None:
        database, self._database = self._database, None
        if database:
            await self._in_thread(database.close)

    async def _in_thread(self, work: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _note_set_aside(self, aside: Path) -> None:
        self.emit(SystemNoted("", time.time(), "history_damaged", f"the damaged history lies in {aside}"))


async def _resumed(engine: AsyncEngine) -> Projection:
    """A projection that knows what the engine before it left open."""
    projection = Projection()
    async with engine.connect() as connection:
        for table in (ring_attempts, talk_legs):
            still_open = select(table).where(table.c.ended_at.is_(None))
            for row in (await connection.execute(still_open)).mappings():
                projection.resume(table, dict(row))
    return projection
