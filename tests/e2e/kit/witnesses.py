"""The witnesses that Sambung does not write: app_queue's log and Asterisk's channel event log.

And, to compare them with, Sambung's own record, read from its file with nothing of Sambung's code.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class QueueEvent:
    """A line of queue_log: `call` is the caller's unique id, `at` Unix time in whole seconds."""

    at: int
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """A row of the CEL file, as `asterisk_conf/cel_custom.conf.j2` lays it out. `at` is Unix time."""

    event: str
    at: float
    caller: str
    extension: str
    context: str
    channel: str
    application: str
    uniqueid: str
    linkedid: str
    peer: str
    extra: str


def queue_log(path: Path, call: str = "") -> list[QueueEvent]:
    """The lines about `call`, or all; none when there is no log yet. A torn last line is left out."""
    events = []
    for line in _whole_lines(path):
        at, uniqueid, queue, agent, event, *data = line.split("|")
        if call in ("", uniqueid):
            events.append(QueueEvent(int(at), uniqueid, queue, agent, event, tuple(data)))
    return events


def cel(path: Path, linked: str = "") -> list[ChannelEvent]:
    """The rows of all channels that were part of the call `linked`, or all rows."""
    rows = [ChannelEvent(row[0], float(row[1]), *row[2:]) for row in csv.reader(_whole_lines(path))]
    return [row for row in rows if linked in ("", row.linkedid)]


def query(database: Path, sql: str, *values: object) -> list[dict[str, Any]]:
    """Rows of Sambung's history, read-only."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(sql, values)]


def events(database: Path, call: str) -> list[dict[str, Any]]:
    """The events of `call` in order: {"at", "kind", and the event's own fields}."""
    rows = query(database, "SELECT at, kind, data FROM events WHERE call = ? ORDER BY id", call)
    return [{"at": row["at"], "kind": row["kind"], **json.loads(row["data"])} for row in rows]


def _whole_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(errors="replace")
    return text[: text.rfind("\n") + 1].splitlines()
