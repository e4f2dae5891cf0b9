"""The writer: every interleaving and truncation, locked files, damaged files, death and a new start."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ivr import events as e
from ivr.settings import Settings
from ivr.store import writer as writer_module
from ivr.store.writer import HistoryWriter
from tests.unit.store_kit import put_empty_history, read


def script(call: str) -> list[e.Event]:
    """One whole call: two rounds of ringing, a talk, a message."""
    visit = f"{call}/1"
    t = float(call.replace("c", "1000"))
    return [
        e.CallStarted(call, t, "14000", "+628123", "halo", "v1", "PJSIP/trunk-1"),
        e.StepEntered(call, t + 1, "halo", "menu", "menu"),
        e.PromptPlayed(call, t + 2, "Selamat datang", 1.5, completed=False),
        e.KeyPressed(call, t + 2.5, e.MASKED_KEY),
        e.StepLeft(call, t + 2.6, "halo", "menu", "key:1", "antre"),
        e.StepEntered(call, t + 2.7, "halo", "antre", "queue"),
        e.QueueJoined(call, t + 3, visit, "umum", 2),
        e.AgentRang(call, t + 4, visit, "101"),
        e.RingEnded(call, t + 5, visit, "101", "no_answer"),
        e.AgentRang(call, t + 6, visit, "101"),
        e.AgentRang(call, t + 6, visit, "102"),
        e.AgentAnswered(call, t + 7, visit, "101", f"{call}.wav"),
        e.RingEnded(call, t + 7, visit, "102", "lost"),
        e.TalkEnded(call, t + 60, visit, "101", "agent"),
        e.QueueLeft(call, t + 60, visit, "umum", "answered", 4.0),
        e.MessageRecorded(call, t + 70, f"{call}-pesan.wav", 8.0, "key"),
        e.CallEnded(call, t + 80, "completed"),
    ]


class Fold:
    """The same tables, plainly: objects in memory, one event after the other."""

    def __init__(self, events: Iterable[e.Event]) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.visits: dict[str, dict[str, Any]] = {}
        self.rings: list[dict[str, Any]] = []
        self.legs: list[dict[str, Any]] = []
        for event in events:
            self.take(event)

    def take(self, x: Any) -> None:
        call = self.calls.setdefault(x.call, {"id": x.call, "started_at": x.at})
        call["started_at"] = min(call["started_at"], x.at)
        if hasattr(x, "visit"):
            visit = self.visits.setdefault(x.visit, {"id": x.visit, "call": x.call})
        match x:
            case e.CallStarted():
                call.update(line=x.line, caller=x.caller, flow=x.flow, version=x.version, channel=x.channel)
            case e.StepEntered():
                call["last_step"] = f"{x.flow}:{x.step}"
            case e.CallEnded():
                if "ended_at" not in call:
                    call.update(ended_at=x.at, end_reason=x.reason, end_detail=x.detail)
                self.close(self.rings, x, lambda span: span["call"] == x.call, outcome="lost")
                self.close(self.legs, x, lambda span: span["call"] == x.call, ended_by="lost")
            case e.QueueJoined():
                visit.update(queue=x.queue, position=x.position, joined_at=min(visit.get("joined_at", x.at), x.at))
            case e.QueueLeft():
                visit["queue"] = x.queue
                if "left_at" not in visit:
                    visit.update(left_at=x.at, outcome=x.outcome, waited=x.waited)
            case e.AgentRang():
                self.begin(self.rings, x, "outcome", rang_at=x.at)
            case e.RingEnded():
                self.end(self.rings, x, "rang_at", outcome=x.outcome)
            case e.AgentAnswered():
                call["answered_at"] = min(call.get("answered_at", x.at), x.at)
                call["agent"] = x.agent
                self.end(self.rings, x, "rang_at", outcome="answered")
                self.begin(self.legs, x, "ended_by", answered_at=x.at, recording=x.recording)
            case e.TalkEnded():
                self.end(self.legs, x, "answered_at", ended_by=x.ended_by)

    def begin(self, spans: list[dict[str, Any]], x: Any, word: str, **begun: Any) -> None:
        self.close(spans, x, lambda span: (span["visit"], span["agent"]) == (x.visit, x.agent), **{word: "lost"})
        spans.append({"visit": x.visit, "agent": x.agent, "call": x.call, **begun})

    def end(self, spans: list[dict[str, Any]], x: Any, start: str, **ended: Any) -> None:
        if not self.close(spans, x, lambda span: (span["visit"], span["agent"]) == (x.visit, x.agent), **ended):
            row = {"visit": x.visit, "agent": x.agent, "call": x.call, start: x.at, "ended_at": x.at}
            if not any(row.items() <= span.items() for span in spans):
                spans.append({**row, **ended})

    @staticmethod
    def close(spans: list[dict[str, Any]], x: Any, which: Callable[[dict[str, Any]], bool], **ended: Any) -> int:
        found = [span for span in spans if "ended_at" not in span and which(span)]
        for span in found:
            span.update(ended_at=x.at, **ended)
        return len(found)


def comparable(rows: Iterable[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted(sorted(row.items()) for row in rows)


def assert_agrees(path: Path, events: Sequence[e.Event]) -> None:
    fold = Fold(events)
    assert comparable(read(path, "calls")) == comparable(fold.calls.values())
    assert comparable(read(path, "queue_visits")) == comparable(fold.visits.values())
    assert comparable(read(path, "ring_attempts")) == comparable(fold.rings)
    assert comparable(read(path, "talk_legs")) == comparable(fold.legs)
    stored = [(row.get("call"), row["at"], row["kind"]) for row in read(path, "events")]
    assert stored == [(x.call, x.at, x.kind) for x in events]


def rivals(call: str) -> list[e.Event]:
    """Second words on what is over, as when a witness and the engine both tell it."""
    return [
        e.CallEnded(call, 20_000.0, "engine_lost", "from the log"),
        e.QueueLeft(call, 20_000.0, f"{call}/1", "umum", "hung_up", 9.0),
        e.RingEnded(call, 20_000.0, f"{call}/1", "101", "caller_left"),
        e.TalkEnded(call, 20_000.0, f"{call}/1", "101", "lost"),
    ]


@st.composite
def streams(draw: st.DrawFn) -> list[list[e.Event]]:
    """Events of up to three calls, each cut short, woven together or shuffled, and cut into runs of the engine."""
    names = ("c1", "c2", "c3")[: draw(st.integers(1, 3))]
    whole_or_cut = st.just(17) | st.integers(1, 17)
    scripts = [script(call)[draw(st.integers(0, 3)) :][: draw(whole_or_cut)] for call in names]
    mixed = [event for one in scripts for event in one]
    if draw(st.booleans()):
        mixed = draw(st.permutations(mixed))
    else:
        turns = draw(st.permutations([i for i, one in enumerate(scripts) for _ in one]))
        taken = [iter(one) for one in scripts]
        mixed = [next(taken[i]) for i in turns]
    # Told twice: all but the beginnings of spans, which are told apart by nothing but their time.
    twice = [x for x in mixed if not isinstance(x, e.AgentRang | e.AgentAnswered)]
    second_words = [rival for call in names for rival in rivals(call)]
    extra = draw(st.lists(st.sampled_from(second_words), max_size=3))
    extra += draw(st.lists(st.sampled_from(twice), max_size=3)) if twice else []
    for event in extra:
        mixed.insert(draw(st.integers(0, len(mixed))), event)
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=3)))
    return [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]


@hypothesis_settings(max_examples=100)
@given(runs=streams(), flush_after=st.sets(st.integers(0, 60), max_size=4))
def test_tables_agree_with_a_plain_fold_of_the_events(runs: list[list[e.Event]], flush_after: set[int]) -> None:
    async def engine_runs(state: Path) -> None:
        number = 0
        for run in runs:
            writer = HistoryWriter(Settings(state=state), batch_seconds=0)
            await writer.open()
            for event in run:
                writer.emit(event)
                number += 1
                if number in flush_after:
                    await writer.flush()
            await writer.close()

    with tempfile.TemporaryDirectory() as state:
        put_empty_history(Path(state))
        asyncio.run(engine_runs(Path(state)))
        assert_agrees(Path(state) / "history.db", [event for run in runs for event in run])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation with an empty history."""
    put_empty_history(tmp_path)
    return Settings(state=tmp_path)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "later"])
async def test_what_is_closed_stays_as_it_was_closed(settings: Settings, together: bool) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    for event in script("c1"):
        writer.emit(event)
    if not together:
        await writer.flush()
    for event in rivals("c1"):
        writer.emit(event)
    await writer.close()
    assert_agrees(settings.history_db, script("c1") + rivals("c1"))
    (call,) = read(settings.history_db, "calls")
    assert (call["end_reason"], call["ended_at"]) == ("completed", 10081.0)


async def test_a_conversation_and_a_message_are_found_as_recordings(settings: Settings) -> None:
    writer = HistoryWriter(settings)
    await writer.open()
    for event in script("c1"):
        writer.emit(event)
    await writer.close()
    assert read(settings.history_db, "recordings") == [
        {"path": "c1.wav", "call": "c1", "kind": "conversation", "at": 10008.0, "seconds": 53.0},
        {"path": "c1-pesan.wav", "call": "c1", "kind": "message", "at": 10063.0, "seconds": 8.0},
    ]


async def test_an_utterance_is_kept_with_what_was_made_of_it(settings: Settings) -> None:
    writer = HistoryWriter(settings)
    await writer.open()
    best = [{"text": "KTP", "confidence": 0.9}, {"text": "", "confidence": 0.1}]
    writer.emit(e.UtteranceHeard("c1", 10.0, "c1.1", "v1/g1", best, "accepted", 0.4, 1.1, 1.6, "c1-utterance1.wav"))
    writer.emit(e.UtteranceHeard("c1", 20.0, "c1.2", "v1/g1", [], "rejected"))
    await writer.close()
    first, second = read(settings.history_db, "utterances")
    assert json.loads(first.pop("hypotheses")) == best
    assert first == {
        "turn": "c1.1", "call": "c1", "at": 10.0, "grammar": "v1/g1", "confidence": 0.9, "decision": "accepted",
        "onset": 0.4, "ended": 1.1, "result": 1.6, "audio": "c1-utterance1.wav",
    }  # fmt: skip
    assert second == {
        "turn": "c1.2", "call": "c1", "at": 20.0, "grammar": "v1/g1", "hypotheses": "[]", "decision": "rejected"
    }  # fmt: skip
    assert read(settings.history_db, "recordings") == [
        {"path": "c1-utterance1.wav", "call": "c1", "kind": "utterance", "at": 10.0}
    ]


async def told(writer: HistoryWriter, *, trouble: bool) -> None:
    """Once the writer's health tells of trouble, or of none any more."""
    async with asyncio.timeout(10):
        while bool(writer.health.trouble) is not trouble:
            await asyncio.sleep(0.005)


async def test_a_locked_file_holds_up_nobody_and_loses_nothing(settings: Settings) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    events = script("c1") + script("c2")
    with closing(sqlite3.connect(settings.history_db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for event in events[:20]:
            writer.emit(event)
        await told(writer, trouble=True)
        for event in events[20:]:
            writer.emit(event)
        assert writer.health.queued == len(events)
        assert writer.health.oldest_seconds > 0
        assert "locked" in writer.health.trouble
        other.execute("ROLLBACK")
    await told(writer, trouble=False)
    await writer.close()
    assert_agrees(settings.history_db, events)
    assert (writer.health.queued, writer.health.dropped, writer.health.trouble) == (0, 0, "")


async def test_a_file_locked_at_the_start_is_opened_later(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    writer = HistoryWriter(settings, batch_seconds=0)
    with closing(sqlite3.connect(settings.history_db, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await writer.open()
        for event in script("c1"):
            writer.emit(event)
        await told(writer, trouble=True)
        other.execute("ROLLBACK")
    await writer.close()
    assert_agrees(settings.history_db, script("c1"))


async def test_a_full_disk_is_waited_for(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    assert writer._database
    # SQLite's own way to have no room; it ends with the connection.
    await writer._in_thread(writer._database.execute, "PRAGMA max_page_count=1")
    long = [e.VariableSet("c1", 10000.0 + i, "cerita", "x" * 5000) for i in range(100)]
    for event in long:
        writer.emit(event)
    await writer.close()
    assert "disk is full" in caplog.text
    assert_agrees(settings.history_db, long)


async def test_a_killed_engine_leaves_a_history_that_the_next_one_goes_on_with(settings: Settings) -> None:
    whole = script("c1")
    child = f"""
import asyncio, os, signal
from pathlib import Path
from ivr.settings import Settings
from ivr.store.writer import HistoryWriter
from tests.unit.test_store_writer import script

async def main():
    writer = HistoryWriter(Settings(state=Path({str(settings.state)!r})))
    await writer.open()
    for event in script("c1")[:11]:
        writer.emit(event)
    await writer.flush()
    writer.emit(script("c2")[0])  # still in memory
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", child)
    assert await killed.wait() == -9
    assert_agrees(settings.history_db, whole[:11])

    writer = HistoryWriter(settings)
    await writer.open()
    for event in whole[11:]:
        writer.emit(event)
    await writer.close()
    assert_agrees(settings.history_db, whole)


@pytest.mark.parametrize("rubbish", [b"this is no database " * 500, None])
async def test_a_damaged_history_is_moved_aside(settings: Settings, rubbish: bytes | None) -> None:
    content = rubbish or settings.history_db.read_bytes()[:4096]  # cut off after the first page
    settings.history_db.write_bytes(content)
    writer = HistoryWriter(settings)
    await writer.open()
    for event in script("c1"):
        writer.emit(event)
    await writer.close()
    (aside,) = settings.state.glob("history.db.damaged-*")
    assert aside.read_bytes()[: len(content)] == content
    noted, *stored = read(settings.history_db, "events")
    assert (noted["kind"], str(aside) in noted["data"]) == ("system_noted", True)
    assert [row["at"] for row in stored] == [event.at for event in script("c1")]


async def test_a_history_damaged_while_in_use_is_moved_aside(settings: Settings) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    writer.emit(script("c1")[0])
    await writer.flush()
    with settings.history_db.open("r+b") as file, closing(sqlite3.connect(settings.history_db)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.seek(4096)
        file.write(b"\xff" * (settings.history_db.stat().st_size - 4096))
    for event in script("c1")[1:]:
        writer.emit(event)
    await writer.close()
    assert len(list(settings.state.glob("history.db.damaged-*"))) == 1
    assert {row["kind"] for row in read(settings.history_db, "events")} >= {"call_ended", "system_noted"}
    assert [row["id"] for row in read(settings.history_db, "calls")] == ["c1"]


async def test_what_cannot_be_stored_holds_up_nothing_else(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    writer = HistoryWriter(settings)
    await writer.open()
    good = script("c1")
    writer.emit(e.VariableSet("c1", 10001.0, "bad", {1, 2}))  # type: ignore[arg-type]
    writer.emit(e.CallStarted("c9", 10001.0, "14000\udc80", "", "halo", "v1", "x"))
    for event in good:
        writer.emit(event)
    await writer.close()
    assert_agrees(settings.history_db, good)
    assert writer.health.dropped == 2
    assert caplog.text.count("cannot be stored") == 2


async def test_a_full_queue_drops_routine_first_and_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "ROUTINE_LIMIT", 3)
    monkeypatch.setattr(writer_module, "TOTAL_LIMIT", 5)
    writer = HistoryWriter(settings)
    key = [e.KeyPressed("c1", 10001.0 + i, "1") for i in range(5)]
    end = [e.CallEnded(f"c{i}", 10010.0, "completed") for i in range(3)]
    for event in [*key, *end]:
        writer.emit(event)
    assert writer.health.dropped == 3  # two keys beyond three events, one end beyond five
    await writer.open()
    await writer.close()
    stored = read(settings.history_db, "events")
    assert [row["kind"] for row in stored] == ["key_pressed"] * 3 + ["call_ended"] * 2 + ["system_noted"]
    assert "3 events" in stored[-1]["data"]


async def test_closing_gives_up_on_a_file_that_stays_locked(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    with closing(sqlite3.connect(settings.history_db, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer.emit(script("c1")[0])
        await told(writer, trouble=True)
        await writer.close(within=0)
    assert "1 events are lost" in caplog.text
