"""Reading the history. All functions take a connection of `database.open_reader`'s engine.

Rows are plain dictionaries with the columns of `ivr.store.tables`, nulls as None.
"""

from __future__ import annotations

from typing import Any, TypedDict

from sqlalchemy import Column, ScalarSelect, Select, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.channel import TO_A_PERSON
from ivr.events import StepEntered, SystemNoted
from ivr.store.tables import (
    calls,
    events,
    queue_visits,
    recordings,
    ring_attempts,
    survey_answers,
    talk_legs,
    utterances,
)

Record = dict[str, Any]

STILL_OPEN = "open"
"""The outcome of a call that has not ended; all others are `channel.EndReason`'s values."""


class Story(TypedDict):
    """One call with all that belongs to it, each list in order of time."""

    call: Record
    visits: list[Record]
    attempts: list[Record]
    legs: list[Record]
    recordings: list[Record]
    utterances: list[Record]
    events: list[Record]


async def list_calls(
    connection: AsyncConnection,
    *,
    since: float | None = None,
    line: str | None = None,
    caller: str | None = None,
    outcome: str | None = None,
    limit: int = 50,
) -> list[Record]:
    """Calls, the newest first. `since`: Unix time; `outcome`: an EndReason or STILL_OPEN."""
    query = select(calls).order_by(calls.c.started_at.desc(), calls.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(calls.c.started_at >= since)
    if line is not None:
        query = query.where(calls.c.line == line)
    if caller is not None:
        query = query.where(calls.c.caller == caller)
    if outcome == STILL_OPEN:
        query = query.where(calls.c.ended_at.is_(None))
    elif outcome is not None:
        query = query.where(calls.c.end_reason == outcome)
    return await _records(connection, query)


async def open_calls(connection: AsyncConnection, *, started_before: float) -> list[Record]:
    """Calls without an end, the oldest first."""
    query = select(calls).where(calls.c.ended_at.is_(None), calls.c.started_at < started_before)
    return await _records(connection, query.order_by(calls.c.started_at))


async def calls_to_a_person(connection: AsyncConnection, *, ended_since: float) -> list[Record]:
    """Calls that Sambung ended while the caller was still there, so that they went on without it."""
    query = select(calls).where(calls.c.end_reason.in_(TO_A_PERSON), calls.c.ended_at >= ended_since)
    return await _records(connection, query)


async def known_calls(connection: AsyncConnection, ids: list[str]) -> set[str]:
    """Those of `ids` that have a record."""
    found: set[str] = set()
    for i in range(0, len(ids), 500):  # databases limit the parameters of one query
        found.update(await connection.scalars(select(calls.c.id).where(calls.c.id.in_(ids[i : i + 500]))))
    return found


async def last_call(connection: AsyncConnection) -> str | None:
    """The id of the call that began last."""
    query = select(calls.c.id).order_by(calls.c.started_at.desc(), calls.c.id.desc()).limit(1)
    last: str | None = await connection.scalar(query)
    return last


async def story(connection: AsyncConnection, call: str) -> Story | None:
    """All that is recorded about one call; None where there is no such call."""
    found = await _records(connection, select(calls).where(calls.c.id == call))
    if not found:
        return None
    return {
        "call": found[0],
        "visits": await _of_call(connection, queue_visits, "joined_at", call),
        "attempts": await _of_call(connection, ring_attempts, "rang_at", call),
        "legs": await _of_call(connection, talk_legs, "answered_at", call),
        "recordings": await _of_call(connection, recordings, "at", call),
        "utterances": await _of_call(connection, utterances, "at", call),
        "events": await _of_call(connection, events, "id", call),
    }


async def kept_utterances(
    connection: AsyncConnection,
    *,
    since: float | None = None,
    line: str | None = None,
    caller: str | None = None,
    call: str | None = None,
    turn: str | None = None,
) -> list[Record]:
    """What callers said whose audio was kept, the newest first; some of it may have been deleted by hand since.

    Rows of `utterances` with the call's `line` and `caller`, and with `entered`: the data of the event StepEntered
    before it.
    """
    entered = (
        select(events.c.data)
        .where(events.c.call == utterances.c.call, events.c.kind == StepEntered.kind, events.c.at <= utterances.c.at)
        .order_by(events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(utterances, calls.c.line, calls.c.caller, entered.label("entered"))
        .join(calls, calls.c.id == utterances.c.call)
        .join(recordings, recordings.c.path == utterances.c.audio)
        .where(recordings.c.deleted_at.is_(None), utterances.c.at >= (since or 0.0))
        .order_by(utterances.c.at.desc(), utterances.c.turn.desc())
    )
    wanted = ((calls.c.line, line), (calls.c.caller, caller), (calls.c.id, call), (utterances.c.turn, turn))
    return await _records(connection, query.where(*(column == value for column, value in wanted if value is not None)))


async def kept_audio(connection: AsyncConnection, *, before: float, after: str = "", limit: int = 500) -> list[Record]:
    """Rows of `recordings` with what callers said up to Unix time `before`, by path, those behind `after`."""
    query = select(recordings).where(
        recordings.c.kind == "utterance",
        recordings.c.deleted_at.is_(None),
        recordings.c.at < before,
        recordings.c.path > after,
    )
    return await _records(connection, query.order_by(recordings.c.path).limit(limit))


async def survey_results(
    connection: AsyncConnection, *, since: float | None = None, survey: str | None = None
) -> list[Record]:
    """Rows of `survey_answers` in order of time, with the call's `line`.

    `queue` and `agent`: where the caller waited last before, and with whom they talked last; None where nowhere.
    """
    query = select(
        survey_answers,
        calls.c.line,
        _last_before(queue_visits.c.queue, queue_visits.c.joined_at).label("queue"),
        _last_before(talk_legs.c.agent, talk_legs.c.answered_at).label("agent"),
    ).join(calls, calls.c.id == survey_answers.c.call)
    query = query.where(survey_answers.c.at >= (since or 0.0)).order_by(survey_answers.c.at, survey_answers.c.question)
    return await _records(connection, query if survey is None else query.where(survey_answers.c.survey == survey))


def _last_before(column: Column[Any], at: Column[Any]) -> ScalarSelect[Any]:
    """Its value in the last row of the call before an answer was given."""
    of_call = column.table.c.call == survey_answers.c.call
    return select(column).where(of_call, at <= survey_answers.c.at).order_by(at.desc()).limit(1).scalar_subquery()


async def events_after(connection: AsyncConnection, cursor: int, *, limit: int = 500) -> list[Record]:
    """The live feed: events with an id above `cursor`, in order. The last one's id is the next cursor."""
    return await _records(connection, select(events).where(events.c.id > cursor).order_by(events.c.id).limit(limit))


async def newest_event(connection: AsyncConnection) -> int:
    """The cursor from which the live feed brings only what is yet to come."""
    return await connection.scalar(select(func.max(events.c.id))) or 0


async def last_noted(connection: AsyncConnection, what: str) -> float | None:
    """When Sambung last noted `what` (events.SystemNoted); None: never."""
    noted = (events.c.kind == SystemNoted.kind) & (events.c.data["what"].as_string() == what)
    at: float | None = await connection.scalar(select(events.c.at).where(noted).order_by(events.c.id.desc()).limit(1))
    return at


async def first_event_at(connection: AsyncConnection) -> float | None:
    """When the history begins."""
    at: float | None = await connection.scalar(select(events.c.at).order_by(events.c.id).limit(1))
    return at


async def _of_call(connection: AsyncConnection, table: Table, order: str, call: str) -> list[Record]:
    return await _records(connection, select(table).where(table.c.call == call).order_by(table.c[order]))


async def _records(connection: AsyncConnection, query: Select[Any]) -> list[Record]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]
