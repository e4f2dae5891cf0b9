"""What is switched on the lines, kept: who, when, why, until when. Written by the CLI, read by the engine.

Nothing is ever removed but strikes: what was switched is its own log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.flow.hotline import Blocklist
from ivr.i18n import tr
from ivr.line.switches import Kind, Switch, Switches
from ivr.settings import Settings
from ivr.store.database import operations
from ivr.store.tables import DAY_SECONDS, strikes, switches
from ivr.voice.book import Clip

STRIKES_KEPT_DAYS = 366
"""The longest time within which strikes can count."""


class SwitchError(Exception):
    """Something cannot be switched; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Strike:
    """Somebody complained of a call. `at`: Unix seconds."""

    caller: str
    at: float
    reason: str
    author: str


async def load_switches(settings: Settings, *, now: float) -> Switches:
    """All that is switched on at `now` or later. Raises StoreError, PermissionError."""
    async with operations(settings) as store:
        return Switches(await _switches(store, _still_on(now)))


async def switch_log(settings: Settings, *, limit: int) -> list[Switch]:
    """What was switched, the newest first."""
    async with operations(settings) as store:
        rows = await store.execute(select(switches).order_by(switches.c.id.desc()).limit(limit))
        return [_switch(row) for row in rows.mappings()]


async def switch_on(settings: Settings, switch: Switch) -> int:
    """Switch it on; gives its id."""
    async with operations(settings) as store:
        return await _insert(store, switch)


async def switch_off(settings: Settings, id: int, *, author: str, now: float) -> Switch:
    """End an announcement, a surge or a gate before its time. Raises SwitchError where it is not on."""
    async with operations(settings) as store:
        found = await _switches(store, and_(switches.c.id == id, switches.c.kind != Kind.BLOCK, _still_on(now)))
        if not found:
            raise SwitchError(
                tr(
                    f"tidak ada yang berlaku dengan ID {id}; lihat `sambung lines`",
                    f"nothing with the ID {id} is on; see `sambung lines`",
                )
            )
        await _end(store, switches.c.id == id, author=author, now=now)
        return found[0]


async def strike(
    settings: Settings, caller: str, rules: Blocklist, *, reason: str, author: str, now: float
) -> tuple[int, Switch | None]:
    """Note a strike. Gives how many count now, and the block that follows where they are enough.

    Strikes from before the caller's last block do not count again.
    """
    async with operations(settings) as store:
        await store.execute(delete(strikes).where(strikes.c.at < now - STRIKES_KEPT_DAYS * DAY_SECONDS))
        await store.execute(insert(strikes).values(caller=caller, at=now, reason=reason, author=author))
        count = len((await _counting(store, rules, now)).get(caller, []))
        if count < rules.strikes:
            return count, None
        why = tr(f"{count} teguran, terakhir: {reason}", f"{count} strikes, the last one: {reason}")
        block = Switch(Kind.BLOCK, caller, now, now + rules.block_days * DAY_SECONDS, why, author)
        await _insert(store, block)
        return count, block


async def load_strikes(settings: Settings, rules: Blocklist, *, now: float) -> dict[str, list[Strike]]:
    """Caller → the strikes that count, in order of time."""
    async with operations(settings) as store:
        return await _counting(store, rules, now)


async def clear_caller(settings: Settings, caller: str, *, author: str, now: float) -> tuple[int, int]:
    """End the caller's blocks and forget their strikes; gives how many of each there were."""
    async with operations(settings) as store:
        of_caller = and_(switches.c.kind == Kind.BLOCK, switches.c.target == caller, _still_on(now))
        blocks = await _end(store, of_caller, author=author, now=now)
        forgotten = await store.execute(delete(strikes).where(strikes.c.caller == caller))
        return blocks, forgotten.rowcount


def _still_on(now: float) -> ColumnElement[bool]:
    return and_(switches.c.ended_at.is_(None), switches.c.until > now)


async def _switches(store: AsyncConnection, which: ColumnElement[bool]) -> list[Switch]:
    rows = await store.execute(select(switches).where(which).order_by(switches.c.id))
    return [_switch(row) for row in rows.mappings()]


async def _insert(store: AsyncConnection, switch: Switch) -> int:
    row = {
        "kind": switch.kind.value,
        "target": switch.target,
        "since": switch.since,
        "until": switch.until,
        "reason": switch.reason,
        "author": switch.author,
        "text": switch.text,
        "audio": switch.clip.file if switch.clip else None,
        "seconds": switch.clip.seconds if switch.clip else None,
        "instead": switch.instead,
        "ended_by": "",
    }
    id: int = (await store.execute(insert(switches).values(**row).returning(switches.c.id))).scalar_one()
    return id


async def _end(store: AsyncConnection, which: ColumnElement[bool], *, author: str, now: float) -> int:
    ended = await store.execute(update(switches).where(which).values(ended_at=now, ended_by=author))
    return ended.rowcount


async def _counting(store: AsyncConnection, rules: Blocklist, now: float) -> dict[str, list[Strike]]:
    blocked = select(switches.c.target, func.max(switches.c.since).label("at")).where(switches.c.kind == Kind.BLOCK)
    last_block = blocked.group_by(switches.c.target).subquery()
    rows = await store.execute(
        select(strikes)
        .outerjoin(last_block, last_block.c.target == strikes.c.caller)
        .where(
            strikes.c.at > now - rules.within_days * DAY_SECONDS,
            strikes.c.at > func.coalesce(last_block.c.at, 0.0),
        )
        .order_by(strikes.c.at, strikes.c.id)
    )
    found: dict[str, list[Strike]] = {}
    for row in rows:
        found.setdefault(row.caller, []).append(Strike(row.caller, row.at, row.reason, row.author))
    return found


def _switch(row: Any) -> Switch:
    known = {name: row[name] for name in ("id", "target", "since", "until", "reason", "author", "text", "instead")}
    clip = Clip(row["audio"], row["seconds"]) if row["audio"] else None
    return Switch(Kind(row["kind"]), **known, clip=clip, ended_at=row["ended_at"], ended_by=row["ended_by"])
