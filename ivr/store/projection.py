"""From events to rows: the only way into the history's tables.

`Projection.project` turns one event into changes of rows; `Rows` joins the changes of many events, one
row per key, by the rules that the columns carry (`ivr.store.tables`); `UPSERTS` puts such rows into the
database by the same rules. So it makes no difference where one batch ends and the next begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, case, func, insert
from sqlalchemy.dialects import sqlite

from ivr import events as e
from ivr.store.tables import (
    EARLIEST,
    FIRST,
    calls,
    events,
    queue_visits,
    recordings,
    ring_attempts,
    survey_answers,
    talk_legs,
    utterances,
)

Values = dict[str, Any]
Change = tuple[Table, Values]

ORDER = (calls, queue_visits, ring_attempts, talk_legs, recordings, utterances, survey_answers)
"""Referred to before referring."""

_LAST_WORD = {ring_attempts: "outcome", talk_legs: "ended_by"}
"""The spans: what begins and ends between a visit and an agent, and the column that says how it ended."""

_Span = tuple[Table, str, str]  # one of the above, visit, agent


class Projection:
    """Turns events into changes. Remembers only which spans are open; at most one per visit and agent."""

    def __init__(self) -> None:
        self._open: dict[str, dict[_Span, Values]] = {}

    def project(self, event: e.Event) -> list[Change]:
        """The changes that this event makes, without its own row in `events`."""
        if not event.call:
            return []
        touch = (calls, {"id": event.call, "started_at": event.at})
        handler = _HANDLERS.get(type(event))
        return [touch, *handler(self, event)] if handler else [touch]

    def resume(self, table: Table, row: Values) -> None:
        """A span that an earlier run of the engine left open."""
        self._open.setdefault(row["call"], {})[table, row["visit"], row["agent"]] = row

    def begin(self, table: Table, row: Values, at: float) -> Iterator[Change]:
        """A span opens; one that was still open has ended somehow, unseen."""
        old = self._open.get(row["call"], {}).pop((table, row["visit"], row["agent"]), None)
        if old:
            yield from _finish(table, old, at, "lost")
        self.resume(table, row)
        yield table, row

    def end(self, table: Table, start: str, event: Any, word: str) -> Iterator[Change]:
        """Close the open span. One that never began here has lasted no time: its end alone is known."""
        row = self._open.get(event.call, {}).pop((table, event.visit, event.agent), None)
        row = row or {"call": event.call, "visit": event.visit, "agent": event.agent, start: event.at}
        yield from _finish(table, row, event.at, word)

    def end_all(self, call: str, at: float) -> Iterator[Change]:
        """The call is over, and with it whatever nobody ended."""
        for (table, _, _), row in self._open.pop(call, {}).items():
            yield from _finish(table, row, at, "lost")


def _finish(table: Table, row: Values, at: float, word: str) -> Iterator[Change]:
    yield table, {**row, "ended_at": at, _LAST_WORD[table]: word}
    if path := row.get("recording"):
        yield recordings, {**_conversation(path, row), "seconds": at - row["answered_at"]}


def _conversation(path: str, leg: Values) -> Values:
    return {"path": path, "call": leg["call"], "kind": "conversation", "at": leg["answered_at"]}


def _call_started(_: Projection, x: e.CallStarted) -> Iterator[Change]:
    # Blank is "not known" here: a witness who knows no flow must not wipe out the engine's word.
    known = {"line": x.line, "caller": x.caller, "flow": x.flow, "version": x.version, "channel": x.channel}
    yield calls, {"id": x.call, **{name: value or None for name, value in known.items()}}


def _call_ended(state: Projection, x: e.CallEnded) -> Iterator[Change]:
    yield from state.end_all(x.call, x.at)
    yield calls, {"id": x.call, "ended_at": x.at, "end_reason": x.reason, "end_detail": x.detail}


def _step_entered(_: Projection, x: e.StepEntered) -> Iterator[Change]:
    yield calls, {"id": x.call, "last_step": f"{x.flow}:{x.step}"}


def _queue_joined(_: Projection, x: e.QueueJoined) -> Iterator[Change]:
    row = {"id": x.visit, "call": x.call, "queue": x.queue, "position": x.position, "joined_at": x.at}
    yield queue_visits, row


def _queue_left(_: Projection, x: e.QueueLeft) -> Iterator[Change]:
    row = {"id": x.visit, "call": x.call, "queue": x.queue}
    yield queue_visits, {**row, "left_at": x.at, "outcome": x.outcome, "waited": x.waited}


def _agent_rang(state: Projection, x: e.AgentRang) -> Iterator[Change]:
    yield _visit_of(x)
    row = {"visit": x.visit, "agent": x.agent, "rang_at": x.at, "call": x.call}
    yield from state.begin(ring_attempts, row, x.at)


def _ring_ended(state: Projection, x: e.RingEnded) -> Iterator[Change]:
    yield _visit_of(x)
    yield from state.end(ring_attempts, "rang_at", x, x.outcome)


def _agent_answered(state: Projection, x: e.AgentAnswered) -> Iterator[Change]:
    yield _visit_of(x)
    yield calls, {"id": x.call, "answered_at": x.at, "agent": x.agent}
    yield from state.end(ring_attempts, "rang_at", x, "answered")
    leg = {"visit": x.visit, "agent": x.agent, "answered_at": x.at, "call": x.call, "recording": x.recording or None}
    yield from state.begin(talk_legs, leg, x.at)
    if x.recording:
        yield recordings, _conversation(x.recording, leg)


def _talk_ended(state: Projection, x: e.TalkEnded) -> Iterator[Change]:
    yield _visit_of(x)
    yield from state.end(talk_legs, "answered_at", x, x.ended_by)


def _visit_of(x: e.AgentRang | e.RingEnded | e.AgentAnswered | e.TalkEnded) -> Change:
    return queue_visits, {"id": x.visit, "call": x.call}


def _message_recorded(_: Projection, x: e.MessageRecorded) -> Iterator[Change]:
    if x.path:
        began = x.at - x.seconds
        yield recordings, {"path": x.path, "call": x.call, "kind": "message", "at": began, "seconds": x.seconds}


def _utterance_heard(_: Projection, x: e.UtteranceHeard) -> Iterator[Change]:
    row = {
        "turn": x.turn,
        "call": x.call,
        "at": x.at,
        "grammar": x.grammar,
        "hypotheses": orjson.dumps(x.hypotheses).decode(),
        "confidence": x.hypotheses[0]["confidence"] if x.hypotheses else None,
        "decision": x.decision,
    }
    yield utterances, {**row, "onset": x.onset, "ended": x.ended, "result": x.result, "audio": x.audio or None}
    if x.audio:
        yield recordings, {"path": x.audio, "call": x.call, "kind": "utterance", "at": x.at}


def _survey_answered(_: Projection, x: e.SurveyAnswered) -> Iterator[Change]:
    row = {"call": x.call, "survey": x.survey, "question": x.question, "at": x.at}
    yield survey_answers, {**row, "score": x.score, "scale": x.scale, "recording": x.recording or None}


def _audio_deleted(_: Projection, x: e.AudioDeleted) -> Iterator[Change]:
    yield recordings, {"path": x.audio, "call": x.call, "kind": "utterance", "at": x.at, "deleted_at": x.at}


_HANDLERS: dict[type[e.Event], Callable[[Projection, Any], Iterable[Change]]] = {
    e.CallStarted: _call_started,
    e.CallEnded: _call_ended,
    e.StepEntered: _step_entered,
    e.QueueJoined: _queue_joined,
    e.QueueLeft: _queue_left,
    e.AgentRang: _agent_rang,
    e.RingEnded: _ring_ended,
    e.AgentAnswered: _agent_answered,
    e.TalkEnded: _talk_ended,
    e.MessageRecorded: _message_recorded,
    e.UtteranceHeard: _utterance_heard,
    e.SurveyAnswered: _survey_answered,
    e.AudioDeleted: _audio_deleted,
}


# --- joining changes, in memory and in the database by the same rules --------------------------------
_KEYS = {table: tuple(c.name for c in table.primary_key) for table in ORDER}
_COLUMNS = {table: tuple(c.name for c in table.columns) for table in ORDER}
_FIRST = {table: frozenset(c.name for c in table.columns if c.info is FIRST) for table in ORDER}
_EARLIEST = {table: frozenset(c.name for c in table.columns if c.info is EARLIEST) for table in ORDER}


class Rows:
    """Changes, joined to one row per table and key."""

    def __init__(self, changes: Iterable[Change] = ()) -> None:
        self._rows: dict[Table, dict[tuple[Any, ...], Values]] = defaultdict(dict)
        for table, values in changes:
            self._add(table, values)

    def _add(self, table: Table, values: Values) -> None:
        key = tuple(values[name] for name in _KEYS[table])
        row = self._rows[table].setdefault(key, {})
        for name, value in values.items():
            if value is None:
                continue
            old = row.get(name)
            if old is not None and (name in _FIRST[table] or (name in _EARLIEST[table] and old <= value)):
                continue
            row[name] = value

    def parameters(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Statements and the parameters of each, in an order that keeps the foreign keys."""
        for table in ORDER:
            if rows := self._rows.get(table):
                names = _COLUMNS[table]
                yield UPSERTS[table], [tuple([row.get(name) for name in names]) for row in rows.values()]


def _upsert(table: Table) -> str:
    statement = sqlite.insert(table)  # PostgreSQL has the same statement under its own dialect's `insert`

    def joined(name: str) -> ColumnElement[Any]:
        old, new = table.c[name], statement.excluded[name]
        if name in _FIRST[table]:
            return func.coalesce(old, new)
        if name in _EARLIEST[table]:
            return case((old <= new, old), else_=func.coalesce(new, old))
        return func.coalesce(new, old)

    rest = {name: joined(name) for name in _COLUMNS[table] if name not in _KEYS[table]}
    return str(statement.on_conflict_do_update(index_elements=_KEYS[table], set_=rest).compile(dialect=_DIALECT))


_DIALECT = sqlite.dialect()
UPSERTS = {table: _upsert(table) for table in ORDER}
"""Written by SQLAlchemy once; run by the driver itself, because a batch must not cost a call's budget."""

INSERT_EVENT = str(insert(events).compile(dialect=_DIALECT, column_keys=["call", "at", "kind", "data"]))


def event_parameters(event: e.Event) -> tuple[str | None, float, str, str]:
    """The event's own row, for `INSERT_EVENT`. Raises TypeError or ValueError for what is no JSON."""
    return event.call or None, event.at, event.kind, orjson.dumps(event.data()).decode()
