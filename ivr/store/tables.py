"""The tables of both stores.

History is written by the engine alone, operations by the web process and the CLI; so no editor can hold
up the record of a call. Tickets, notifications and callbacks alone are written by the engine in operations, where
people go on with them.
All times are Unix seconds (UTC) as real numbers. A null says "not known (yet)".

History is a projection of the events (`ivr.store.projection`). How a column takes a second value is said
here, in its `info`: the last word counts, unless it is marked FIRST (what is closed stays as it was
closed) or EARLIEST. A null never replaces anything.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, String, Table, Text

DAY_SECONDS = 86_400
FIRST = {"merge": "first"}
EARLIEST = {"merge": "earliest"}

history = MetaData()
operations = MetaData()

calls = Table(
    "calls",
    history,
    Column("id", String, primary_key=True),  # as the events' `call`
    Column("started_at", Float, nullable=False, info=EARLIEST),
    Column("line", String),
    Column("caller", String),  # E.164; null when withheld
    Column("flow", String),
    Column("version", String),
    Column("channel", String),
    Column("last_step", String),  # "flow:step"
    Column("answered_at", Float, info=EARLIEST),  # when the first agent answered
    Column("agent", String),  # who talked last
    Column("ended_at", Float, info=FIRST),
    Column("end_reason", String, info=FIRST),  # channel.EndReason
    Column("end_detail", Text, info=FIRST),
)
Index("calls_started", calls.c.started_at)
Index("calls_caller", calls.c.caller, calls.c.started_at)

queue_visits = Table(
    "queue_visits",
    history,
    Column("id", String, primary_key=True),  # the events' `visit`
    Column("call", ForeignKey("calls.id"), nullable=False, index=True),
    Column("queue", String),
    Column("position", Integer),  # on joining, from 1
    Column("joined_at", Float, info=EARLIEST),
    Column("left_at", Float, info=FIRST),
    Column("outcome", String, info=FIRST),  # channel.VisitOutcome
    Column("waited", Float, info=FIRST),  # seconds
)

ring_attempts = Table(
    "ring_attempts",
    history,
    Column("visit", ForeignKey("queue_visits.id"), primary_key=True),
    Column("agent", String, primary_key=True),
    Column("rang_at", Float, primary_key=True),
    Column("call", ForeignKey("calls.id"), nullable=False, index=True),
    Column("ended_at", Float, info=FIRST),
    Column("outcome", String, info=FIRST),  # "answered", or as events.RingEnded
)

talk_legs = Table(
    "talk_legs",
    history,
    Column("visit", ForeignKey("queue_visits.id"), primary_key=True),
    Column("agent", String, primary_key=True),
    Column("answered_at", Float, primary_key=True),
    Column("call", ForeignKey("calls.id"), nullable=False, index=True),
    Column("recording", String),  # relative to recordings/; null when not recorded
    Column("ended_at", Float, info=FIRST),
    Column("ended_by", String, info=FIRST),  # as events.TalkEnded
)

recordings = Table(
    "recordings",
    history,
    Column("path", String, primary_key=True),  # relative to recordings/
    Column("call", ForeignKey("calls.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # "conversation", "message" or "utterance"
    Column("at", Float, nullable=False, info=EARLIEST),
    Column("seconds", Float, info=FIRST),
    Column("deleted_at", Float, info=FIRST),
)

utterances = Table(
    "utterances",
    history,
    Column("turn", String, primary_key=True),
    Column("call", ForeignKey("calls.id"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("grammar", String, nullable=False),  # "version/digest"
    Column("hypotheses", JSON, nullable=False),  # as events.UtteranceHeard
    Column("confidence", Float),  # of the best one; null where there is none
    Column("decision", String, nullable=False),  # as events.UtteranceHeard
    Column("onset", Float),  # seconds after the turn began, as the other two
    Column("ended", Float),
    Column("result", Float),
    Column("audio", String),  # relative to recordings/; null when not kept
)

survey_answers = Table(
    "survey_answers",
    history,
    Column("call", ForeignKey("calls.id"), primary_key=True),
    Column("survey", String, primary_key=True),
    Column("question", String, primary_key=True),
    Column("at", Float, nullable=False, index=True),
    Column("score", Integer),  # from 1 to `scale`; null of a comment
    Column("scale", Integer),
    Column("recording", String),  # of a comment, relative to recordings/
)

events = Table(
    "events",
    history,
    Column("id", Integer, primary_key=True, autoincrement=True),  # the cursor of the live feed
    Column("call", ForeignKey("calls.id"), index=True),  # null: about Sambung itself
    Column("at", Float, nullable=False),
    Column("kind", String, nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice, so a cursor misses nothing
)

for _table in (calls, ring_attempts, talk_legs):
    _open = _table.c.ended_at.is_(None)  # few rows at any time, asked for at each start
    Index(f"{_table.name}_open", _table.c.ended_at, sqlite_where=_open, postgresql_where=_open)

agents = Table(
    "agents",
    operations,
    Column("extension", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("queues", JSON, nullable=False),  # list of queue names
    Column("ha1", String, nullable=False),  # MD5 of "user:realm:password" (RFC 2617); never the password
    Column("created_at", Float, nullable=False),
)

utterance_checks = Table(
    "utterance_checks",
    operations,
    Column("turn", String, primary_key=True),  # as history's `utterances`
    Column("said", Text, nullable=False),  # in plain words (`ivr.speech.lexicon`)
    Column("checked_at", Float, nullable=False),
)

tickets = Table(
    "tickets",
    operations,
    Column("number", String, primary_key=True),  # speech.values.tickets
    Column("kind", String, nullable=False),  # tickets.Kind
    Column("status", String, nullable=False, index=True),  # tickets.Status
    Column("opened_at", Float, nullable=False),
    Column("call", String, nullable=False),  # as history's `calls`
    Column("line", String, nullable=False),
    Column("caller", String, nullable=False, index=True),  # E.164; "" when withheld
    Column("recording", String, nullable=False),  # relative to recordings/; "" where there is none
    Column("details", JSON, nullable=False),  # name → value
    Column("answer", Text, nullable=False),  # the officer's words, "" before
    Column("audio", String),  # of the answer: its file in prompts/built
    Column("seconds", Float),
    Column("changed_at", Float),  # when an officer last did something with it
    Column("changed_by", String, nullable=False),
)

notifications = Table(
    "notifications",
    operations,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("recipient", String, nullable=False),  # its name in sambung.toml
    Column("call", String, nullable=False),  # as history's `calls`
    Column("line", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("text", Text, nullable=False),  # "" once it is delivered
    Column("details", JSON, nullable=False),  # name → value; none once it is delivered
    Column("attempts", Integer, nullable=False),
    Column("problem", Text, nullable=False),  # of the last attempt, "" where there was none
    Column("next_at", Float, index=True),  # of the next attempt; null: there is none
    Column("until", Float, nullable=False),  # it is given up then
    Column("delivered_at", Float),
    sqlite_autoincrement=True,  # recipients know by it what they have had already
)

callbacks = Table(
    "callbacks",
    operations,
    Column("id", Integer, primary_key=True, autoincrement=True),  # by which people name it
    Column("queue", String, nullable=False),
    Column("line", String, nullable=False),
    Column("call", String, nullable=False),  # as history's `calls`
    Column("number", String, nullable=False, index=True),  # E.164
    Column("caller", String, nullable=False),  # E.164, where the call came from; "" when withheld
    Column("opened_at", Float, nullable=False),
    Column("since", Float, nullable=False),  # when they first waited for the queue: their place in line
    Column("window", String, nullable=False),  # as `callbacks.Request`, like the next two
    Column("begins", Float),
    Column("ends", Float),
    Column("details", JSON, nullable=False),  # name → value
    Column("status", String, nullable=False),  # callbacks.Status
    Column("closed_at", Float),
    Column("closed_by", String, nullable=False),  # an officer; "" of the caller
    Column("note", Text, nullable=False),
    sqlite_autoincrement=True,  # what an id named once, it names for ever
)
_waits = callbacks.c.status == "open"
Index(
    "callbacks_open",
    *(callbacks.c.queue, callbacks.c.number),
    unique=True,
    sqlite_where=_waits,
    postgresql_where=_waits,
)

switches = Table(
    "switches",
    operations,
    Column("id", Integer, primary_key=True, autoincrement=True),  # by which people name it
    Column("kind", String, nullable=False),  # line.switches.Kind
    Column("target", String, nullable=False),  # a line's number, "" for all; of a block the caller, E.164
    Column("since", Float, nullable=False),
    Column("until", Float, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("text", Text, nullable=False),  # of an announcement
    Column("audio", String),  # its file in prompts/built
    Column("seconds", Float),
    Column("instead", Boolean, nullable=False),
    Column("ended_at", Float),  # when somebody switched it off before its end
    Column("ended_by", String, nullable=False),
    sqlite_autoincrement=True,  # what an id named once, it names for ever
)

strikes = Table(
    "strikes",
    operations,
    Column("id", Integer, primary_key=True),
    Column("caller", String, nullable=False, index=True),  # E.164
    Column("at", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("author", String, nullable=False),
)
