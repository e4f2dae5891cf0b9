"""The demo's judgement: it must be able to say no."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ivr.channel import Segment
from ivr.flow.loader import load_site
from ivr.settings import PROJECT, Recording
from tests.e2e import demo
from tests.e2e.kit import audio, verdict, witnesses
from tests.e2e.kit.softphone import Ended

CALL = "1.1"
QUEUE_LOG = f"105|{CALL}|umum|990|CONNECT|1|1.2|1\n108|{CALL}|umum|990|COMPLETEAGENT|1|3|1\n"
CEL = "".join(
    f'"{event}","{at}","081234567890","600","hotline","PJSIP/x","","{CALL}","{CALL}","",""\n'
    for event, at in (("CHAN_START", 100), ("BRIDGE_ENTER", 105), ("BRIDGE_EXIT", 108.2), ("HANGUP", 109))
)


def silence(seconds: float) -> audio.Samples:
    return np.zeros(round(seconds * audio.RATE))


@pytest.fixture
def told(tmp_path: Path) -> Any:
    """Settings, version and evidence of one call on which all agree; tests change a detail."""
    noise = np.random.default_rng(5).normal(0, 0.1, 2 * audio.RATE)
    greeting = audio.write_wav(tmp_path / "greeting.wav", noise)
    for folder in ("log/cel-custom", "recordings"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "log/queue_log").write_text(QUEUE_LOG)
    (tmp_path / "log/cel-custom/cel.csv").write_text(CEL)
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.executescript(f"""
            CREATE TABLE calls (id, caller, ended_at, end_reason);
            INSERT INTO calls VALUES ('{CALL}', '+6281234567890', 109.0, 'completed');
            CREATE TABLE talk_legs (call, agent, answered_at, ended_at, ended_by, recording);
            INSERT INTO talk_legs VALUES ('{CALL}', '990', 105.0, 108.2, 'agent', NULL);
            CREATE TABLE utterances (call, at, hypotheses, decision);
            INSERT INTO utterances VALUES ('{CALL}', 102.2, '[{{"text": "petugas", "confidence": 0.9}}]', 'confirm');
            INSERT INTO utterances VALUES ('{CALL}', 102.3, '[{{"text": "ya", "confidence": 0.9}}]', 'confirmed');
            INSERT INTO utterances VALUES ('{CALL}', 102.4, '[{{"text": "", "confidence": 0.9}}]', 'rejected');
            CREATE TABLE events (id INTEGER PRIMARY KEY, call, at, kind, data);
            INSERT INTO events (call, at, kind, data) VALUES
                ('{CALL}', 102.0, 'prompt_played', '{{"text": "Selamat datang", "seconds": 2.0, "completed": true}}'),
                ('{CALL}', 102.1, 'key_pressed', '{{"key": "0"}}');
        """)
    heard = np.concatenate([noise, silence(0.5), audio.sine(440, 2.4), audio.sine(verdict.AGENT_TONE, 3.1)])
    return SimpleNamespace(
        folder=tmp_path,
        settings=SimpleNamespace(
            recording=Recording(),
            asterisk=tmp_path,
            history_db=tmp_path / "history.db",
            recordings=tmp_path,
            timezone="Asia/Jakarta",
        ),
        version=SimpleNamespace(book=SimpleNamespace(render=lambda text, *_: [Segment(text, greeting, 2.0)])),
        evidence=verdict.Evidence(
            "081234567890",
            "990",
            100.0,
            105.1,
            heard,
            audio.sine(verdict.CITIZEN_TONE, 3.1),
            Ended(200, "them", ""),
            Ended(200, "us", ""),
            keys="0",
            said=(("petugas", True), ("pantai", False)),
        ),
    )


def disagreeing(told: Any) -> list[str]:
    findings = verdict.compare(told.settings, told.version, CALL, told.evidence)
    return [finding.subject for finding in findings if not finding.agree]


def test_a_true_record_is_borne_out(told: Any) -> None:
    assert disagreeing(told) == []


@pytest.mark.parametrize(
    ("lie", "count"),
    [
        ("UPDATE talk_legs SET agent = '101'", 1),
        ("UPDATE talk_legs SET answered_at = 102.0", 3),  # softphone, queue_log and CEL object
        ("UPDATE talk_legs SET ended_by = 'caller'", 1),
        ("UPDATE calls SET ended_at = 200.0", 1),
        ("UPDATE calls SET end_reason = 'caller_hung_up'", 1),
        ("UPDATE calls SET caller = NULL", 1),
        ("UPDATE talk_legs SET recording = 'lost.wav'", 1),
        ("UPDATE events SET data = '{\"key\": \"1\"}' WHERE kind = 'key_pressed'", 1),
        ("UPDATE events SET at = 109.0 WHERE kind = 'prompt_played'", 1),
        ("UPDATE utterances SET decision = 'accepted' WHERE decision = 'rejected'", 1),
        ("UPDATE utterances SET decision = 'rejected'", 2),
        ("DELETE FROM utterances", 2),
        ("DELETE FROM talk_legs", 1),
    ],
)
def test_each_lie_of_the_record_is_found(told: Any, lie: str, count: int) -> None:
    with sqlite3.connect(told.settings.history_db) as db:
        db.execute(lie)
    assert len(disagreeing(told)) == count


def test_the_verdict_is_no_as_soon_as_one_disagrees() -> None:
    good, bad = (verdict.Finding("x", "1", "1", agree=agree) for agree in (True, False))
    assert demo.show(iter([good]), zone="WIB") is True
    assert demo.show(iter([bad, good]), zone="WIB") is False


def test_the_flows_that_ship_have_a_way_to_an_agent_at_any_hour() -> None:
    site = load_site(PROJECT / "ivr/flows").site
    assert site is not None
    for hour in (3, 10, 23):
        way = demo.find_way(site, dt.datetime(2026, 11, 24, hour, tzinfo=dt.UTC))
        assert way.queue in site.queues


def test_events_come_with_their_data(told: Any) -> None:
    assert witnesses.events(told.settings.history_db, CALL)[1] == {"at": 102.1, "kind": "key_pressed", "key": "0"}
