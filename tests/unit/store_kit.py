"""For the tests of the stores: empty ones to copy, and their tables as an independent reader sees them."""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import tempfile
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from ivr.settings import Settings
from ivr.store.database import open_history, open_operations


def put_empty_history(state: Path) -> None:
    """Put a history without calls into a state folder. Copied: making one takes longer than a test."""
    state.joinpath("history.db").write_bytes(_empty_history())


def put_empty_operations(state: Path) -> None:
    """Put a store without agents and tickets into a state folder. Copied: making one takes longer than callers wait."""
    state.joinpath("operations.db").write_bytes(_empty_operations())


@functools.cache
def _empty_history() -> bytes:
    async def make(settings: Settings) -> bytes:
        engine, _ = await open_history(settings)
        await engine.dispose()
        return settings.history_db.read_bytes()

    return _made(make)


@functools.cache
def _empty_operations() -> bytes:
    async def make(settings: Settings) -> bytes:
        await (await open_operations(settings)).dispose()
        return settings.operations_db.read_bytes()

    return _made(make)


def _made(make: Callable[[Settings], Coroutine[Any, Any, bytes]]) -> bytes:
    # In a thread of its own: a test that asks first may itself run in an event loop.
    with tempfile.TemporaryDirectory() as state, ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, make(Settings(state=Path(state)))).result()


def read(path: Path, table: str) -> list[dict[str, Any]]:
    """The rows of a table in the order they were made, without nulls."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]
