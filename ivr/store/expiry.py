"""The end of what callers said: deleted when its time is over, and the record says so, whoever deleted it."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Iterator, Sequence

from sqlalchemy.exc import DBAPIError

from ivr.events import AudioDeleted
from ivr.settings import Settings
from ivr.store import queries
from ivr.store.database import StoreError, open_reader
from ivr.store.tables import DAY_SECONDS
from ivr.store.writer import HistoryWriter

log = logging.getLogger(__name__)

SETTLE_SECONDS = 60.0
"""Audio is written a little after its utterance is recorded."""


async def expire_audio(history: HistoryWriter, *, now: float) -> int:
    """Delete what is older than `speech.keep_audio_days`; gives how many files the record now tells the end of."""
    noted, after = 0, ""
    try:
        engine = await open_reader(history.settings)
        try:
            async with engine.connect() as connection:
                while page := await queries.kept_audio(connection, before=now - SETTLE_SECONDS, after=after):
                    after = page[-1]["path"]
                    for deleted in await asyncio.to_thread(lambda rows: [*_expire(history.settings, rows, now)], page):
                        history.emit(deleted)
                        noted += 1
                    await history.flush()  # a page at a time: the queue is there for calls
            await asyncio.to_thread(_sweep, history.settings, now)
        finally:
            await engine.dispose()
    except (StoreError, DBAPIError) as e:
        log.warning("what callers said cannot be looked through now: %s", e)
    return noted


def _expire(settings: Settings, rows: Sequence[queries.Record], now: float) -> Iterator[AudioDeleted]:
    for row in rows:
        path = settings.recordings / row["path"]
        if not path.parent.is_dir():
            continue  # perhaps a disk that is not mounted
        try:
            if row["at"] < now - settings.speech.keep_audio_days * DAY_SECONDS:
                path.unlink(missing_ok=True)
                yield AudioDeleted(row["call"], now, row["path"], "expired")
            elif not path.exists():
                yield AudioDeleted(row["call"], now, row["path"], "by_hand")
        except OSError as e:
            log.warning("%s cannot be deleted: %s", path, e)


def _sweep(settings: Settings, now: float) -> None:
    """Delete old audio that no record names: its engine died, or its caller hung up, before the utterance was noted."""
    last = dt.datetime.fromtimestamp(now, dt.UTC) - dt.timedelta(days=settings.speech.keep_audio_days + 1)
    for day in settings.recordings.glob("[0-9]*/[0-9]*/[0-9]*"):
        if day.relative_to(settings.recordings).as_posix() < f"{last:%Y/%m/%d}":  # in whatever time zone
            for path in day.glob("*-utterance*.wav"):
                try:
                    path.unlink(missing_ok=True)
                except OSError as e:
                    log.warning("%s cannot be deleted: %s", path, e)
