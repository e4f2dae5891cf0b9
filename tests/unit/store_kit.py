"""For the tests of the store: an empty history to copy, and its tables as an independent reader sees them."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from ivr.settings import Settings
from ivr.store.database import open_history


def put_empty_history(state: Path) -> None:
    """Put a history without calls into a state folder. Copied: making one takes longer than a test."""
    state.joinpath("history.db").write_bytes(_empty_history())


@functools.cache
def _empty_history() -> bytes:
    async def make(settings: Settings) -> bytes:
        engine, _ = await open_history(settings)
        await engine.dispose()
        return settings.history_db.read_bytes()

    # In a thread of its own: a test that asks first may itself run in an event loop.
    with tempfile.TemporaryDirectory() as state, ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, make(Settings(state=Path(state)))).result()


def read(path: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table in the order they were made, without nulls."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
