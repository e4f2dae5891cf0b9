"""Opening the stores: files, pragmas, migrations, and what to do with a damaged file."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from ivr.i18n import tr
from ivr.settings import Settings

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 250
"""How long SQLite itself waits for a lock. Short: whoever writes has its own way of waiting longer."""

_READING = (f"PRAGMA busy_timeout={BUSY_MS}",)
_WRITING = (*_READING, "PRAGMA foreign_keys=ON", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL")

log = logging.getLogger(__name__)


class StoreError(Exception):
    """A store cannot be used; the message says which file and what to do."""


@dataclass(frozen=True)
class Store:
    """One of the two stores: its folder below `migrations/` and the revision that this code expects."""

    name: str
    head: str


HISTORY = Store("history", "0005")
OPERATIONS = Store("operations", "0006")


async def open_history(settings: Settings) -> tuple[AsyncEngine, Path | None]:
    """Open the history for writing, made or brought up to date where needed.

    A damaged file must not keep calls from being taken: it is moved aside and a fresh one begun. Gives
    the engine and where the damaged file lies now (None: all was well). Raises StoreError when the file
    was written by a newer Sambung, and SQLAlchemy's OperationalError while it is locked or the disk full.
    """
    path = settings.history_db
    try:
        return await _open(path, HISTORY), None
    except DBAPIError as e:
        if not is_damage(e.orig):
            raise
        aside = set_aside(path)
        return await _open(path, HISTORY), aside


async def open_operations(settings: Settings) -> AsyncEngine:
    """Open the operations store, made or brought up to date where needed. Raises StoreError, PermissionError."""
    path = settings.operations_db
    try:
        return await _open(path, OPERATIONS)
    except DBAPIError as e:
        _refuse_denial(path, e)
        mend = tr("coba lagi, dan periksa ruang disk", "try again, and look at the free space of the disk")
        if is_damage(e.orig):
            mend = tr(
                "pulihkan dari cadangan atau pindahkan berkas itu", "restore it from a backup or move the file away"
            )
        raise StoreError(
            tr(f"{path}: tidak dapat dibuka ({e.orig}); {mend}", f"{path}: cannot be opened ({e.orig}); {mend}")
        ) from e


@asynccontextmanager
async def operations(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """One transaction on the operations store. Raises StoreError, PermissionError; IntegrityError is the caller's."""
    engine = await open_operations(settings)
    try:
        async with engine.begin() as connection:
            yield connection
    except IntegrityError:
        raise
    except DBAPIError as e:
        raise StoreError(f"{settings.operations_db}: {e.orig}") from e
    finally:
        await engine.dispose()


def last_change(settings: Settings) -> float:
    """When the operations store was last written to (Unix time), 0 where there is none. Fit for polling."""
    changed = 0.0
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):  # the log goes when whoever wrote it closes
            changed = max(changed, Path(f"{settings.operations_db}{suffix}").stat().st_mtime)
    return changed


async def open_reader(settings: Settings) -> AsyncEngine:
    """Open the history for reading only.

    Raises StoreError where there is none that this code can read, PermissionError where this user may not.
    """
    path = settings.history_db
    if not path.exists():
        raise StoreError(
            tr(
                f"{path}: belum ada catatan panggilan; jalankan `sambung up`",
                f"{path}: there is no record of calls yet; run `sambung up`",
            )
        )
    engine = _engine(path, read_only=True)
    try:
        revision = await _revision(engine)
    except DBAPIError as e:
        await engine.dispose()
        _refuse_denial(path, e)
        raise StoreError(tr(f"{path}: tidak dapat dibaca: {e.orig}", f"{path}: cannot be read: {e.orig}")) from e
    if revision != HISTORY.head:
        await engine.dispose()
        raise StoreError(
            tr(
                f"{path}: ditulis oleh versi Sambung yang lain ({revision}); jalankan `sambung up` dari versi ini",
                f"{path}: was written by another version of Sambung ({revision}); run `sambung up` of this version",
            )
        )
    return engine


def plain_connection(path: Path) -> sqlite3.Connection:
    """A connection for the history writer's thread, to a file that `open_history` has made ready."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True)
    for pragma in _WRITING:
        connection.execute(pragma)
    return connection


def is_damage(error: BaseException | None) -> bool:
    """Whether this error of sqlite3 says that the file itself is broken, not merely busy or full."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _refuse_denial(path: Path, error: DBAPIError) -> None:
    """Raise PermissionError where this user may not use the file or its folder: nothing is wrong with the store."""
    if _code(error.orig) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path)) from error


def _code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # the low byte of SQLite's extended codes


def set_aside(path: Path) -> Path:
    """Move a damaged store, with its log, out of the way; gives its new place."""
    aside = path.with_name(f"{path.name}.damaged-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{aside}{suffix}")
    log.error("%s is damaged; moved to %s, a fresh one is begun", path, aside)
    return aside


async def _open(path: Path, store: Store) -> AsyncEngine:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Callers' numbers and words lie in it: for the owner alone. SQLite's own files follow its mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = _engine(path, read_only=False)
    try:
        # Alembic's machinery takes longer to import than all else here: asked only when needed.
        if await _revision(engine) != store.head:
            async with engine.connect() as connection:
                # sqlite3 opens no transaction for DDL by itself; half a migration must not remain.
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                await connection.run_sync(_upgrade, store, path)
                await connection.commit()
    except BaseException:
        await engine.dispose()
        raise
    return engine


def _engine(path: Path, *, read_only: bool) -> AsyncEngine:
    query = {"uri": "true", "mode": "ro" if read_only else "rw"}
    url = URL.create("sqlite+aiosqlite", database=f"file:{quote(str(path))}", query=query)
    engine = create_async_engine(url, hide_parameters=True)  # an error must not quote what callers said

    def set_pragmas(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in _READING if read_only else _WRITING:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_pragmas)
    return engine


async def _revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        if not await connection.run_sync(lambda c: inspect(c).has_table("alembic_version")):
            return None
        revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def _upgrade(connection: Connection, store: Store, path: Path) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    def setting(folder: Path) -> str:
        return str(folder).replace("%", "%%")  # the configuration would read it as a variable

    config = Config()
    config.set_main_option("script_location", setting(MIGRATIONS))
    config.set_main_option("version_locations", setting(MIGRATIONS / store.name))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as e:
        raise StoreError(
            tr(
                f"{path}: ditulis oleh Sambung yang lebih baru; pasang versi itu, atau pindahkan berkas itu ({e})",
                f"{path}: was written by a newer Sambung; install that version, or move the file away ({e})",
            )
        ) from e
