"""What callers really said, as a person heard it: written by the CLI, in the operations store."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from ivr.settings import Settings
from ivr.store.database import operations
from ivr.store.tables import utterance_checks as table


async def load_checks(settings: Settings) -> dict[str, str]:
    """Turn → what was said, in plain words."""
    async with operations(settings) as store:
        rows = await store.execute(select(table.c.turn, table.c.said))
        return {row.turn: row.said for row in rows}


async def note_check(settings: Settings, turn: str, said: str) -> None:
    """Keep what was said, in place of what was noted before."""
    async with operations(settings) as store:
        await store.execute(delete(table).where(table.c.turn == turn))
        await store.execute(insert(table).values(turn=turn, said=said, checked_at=time.time()))


async def drop_checks(settings: Settings, turns: Iterable[str]) -> None:
    """Forget what was said."""
    async with operations(settings) as store:
        for turn in turns:
            await store.execute(delete(table).where(table.c.turn == turn))
