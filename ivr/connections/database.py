"""Queries of a SQLite database, which is only read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiosqlite

from ivr.channel import Value
from ivr.lookups import Json, LookupFailed

BUSY_SECONDS = 1.0
"""How long one who writes to it is waited for."""


class _Alone(sqlite3.Connection):
    """A connection that opens no second file: ATTACH and VACUUM INTO would make one although they may only read."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)


async def first_row(database: Path, sql: str, values: Mapping[str, Value]) -> Json:
    """The first row, column → value; None where there is none. Raises LookupFailed.

    Where the task is cancelled, SQLite ends the query.
    """
    try:
        async with aiosqlite.connect(_address(database), uri=True, timeout=BUSY_SECONDS, factory=_Alone) as connection:
            connection.row_factory = sqlite3.Row
            try:
                await connection.execute("PRAGMA query_only=ON")
                row = await (await connection.execute(sql, values)).fetchone()
            except asyncio.CancelledError:
                await connection.interrupt()  # before anything that would wait for the query
                raise
    except (sqlite3.Error, OverflowError) as e:  # whose words may quote a value
        raise LookupFailed(f"{database.name}: {getattr(e, 'sqlite_errorname', type(e).__name__)}") from e
    return None if row is None else dict(row)


def problem_with(database: Path, sql: str, names: Iterable[str]) -> str:
    """What keeps this query from being asked, in SQLite's words; "" where nothing does."""
    try:
        with closing(sqlite3.connect(_address(database), uri=True, timeout=BUSY_SECONDS)) as connection:
            connection.execute(f"EXPLAIN {sql}", dict.fromkeys(names, ""))
    except sqlite3.Error as e:
        return str(e)
    return ""


def _address(database: Path) -> str:
    return f"file:{quote(str(database))}?mode=ro"
