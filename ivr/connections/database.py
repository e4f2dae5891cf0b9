"""Queries of a SQLite database, which is only read."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import aiosqlite

from ivr.channel import Value
from ivr.lookups import Json, LookupFailed

BUSY_SECONDS = 1.0
"""How long one who writes to it is waited for."""


async def first_row(database: Path, sql: str, values: Mapping[str, Value]) -> Json:
    """The first row, column → value; None where there is none. Raises LookupFailed.

    Where the task is cancelled, SQLite ends the query.
    """
    address = f"file:{quote(str(database.resolve()))}?mode=ro"
    try:
        async with aiosqlite.connect(address, uri=True, timeout=BUSY_SECONDS) as connection:
            connection.row_factory = sqlite3.Row
            try:
                await connection.execute("PRAGMA query_only=ON")
                row = await (await connection.execute(sql, values)).fetchone()
            except asyncio.CancelledError:
                await connection.interrupt()  # before anything that would wait for the query
                raise
    except (sqlite3.Error, OverflowError) as e:
        raise LookupFailed(f"{database.name}: {e}") from e
    return None if row is None else dict(row)
