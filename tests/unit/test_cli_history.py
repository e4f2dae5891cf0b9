"""`sambung calls`, `sambung call`, `sambung tail` over a history with two calls."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ivr import events as e
from ivr.channel import EndReason, TransferOutcome, VisitOutcome
from ivr.cli import main
from ivr.cli.history import Outcome
from ivr.cli.story import duration, sentence, word
from ivr.settings import Settings
from ivr.store.writer import HistoryWriter
from tests.unit.store_kit import put_empty_history

T = 1_700_000_000.0  # 2023-11-15 05:13:20 in Jakarta
OLD, NEW = "1700000000.3", "1700000900.9"


def whole_call(call: str, t: float) -> list[e.Event]:
    visit = f"{call}/1"
    return [
        e.CallStarted(call, t, "14000", "+628123456", "halo", "v1", "PJSIP/trunk-1"),
        e.StepEntered(call, t + 0.1, "halo", "nik", "input"),
        e.PromptPlayed(call, t + 2.3, "Masukkan NIK Anda", 1.2, completed=False),
        e.KeyPressed(call, t + 2.4, e.MASKED_KEY),
        e.StepLeft(call, t + 3, "halo", "nik", "ok", "antre"),
        e.QueueJoined(call, t + 5, visit, "umum", 2),
        e.AgentRang(call, t + 10, visit, "101"),
        e.RingEnded(call, t + 20, visit, "101", "no_answer"),
        e.AgentRang(call, t + 22, visit, "102"),
        e.AgentAnswered(call, t + 25, visit, "102", "2023/11/15/x-talk1.wav"),
        e.TalkEnded(call, t + 90, visit, "102", "caller"),
        e.QueueLeft(call, t + 90, visit, "umum", "hung_up_talking", 20.0),
        e.CallEnded(call, t + 90.5, "caller_hung_up"),
    ]


async def put(state: Path, *events: e.Event) -> None:
    writer = HistoryWriter(Settings(state=state), batch_seconds=0)
    await writer.open()
    for event in events:
        writer.emit(event)
    await writer.close()


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder with one call of long ago that ended, and one of now that goes on."""
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    put_empty_history(tmp_path)
    going_on = e.CallStarted(NEW, time.time() - 60, "110", "", "darurat", "v2", "PJSIP/trunk-2")
    asyncio.run(put(tmp_path, *whole_call(OLD, T), going_on))
    return tmp_path


def sambung(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_the_story_of_a_call(state: Path) -> None:
    result = sambung("call", OLD)
    assert result.exit_code == 0
    assert result.output == (
        """\
Call 1700000000.3
from +628123456 to 14000, 2023-11-15 05:13:20 WIB
flow halo, version v1

+00:00.0  call from +628123456 to 14000
+00:00.1  step nik (input)
+00:02.3  “Masukkan NIK Anda”, cut after 1.2 s
+00:02.4  key •
+00:03.0  nik: ok → antre
+00:05.0  joined queue umum as number 2
+00:10.0  agent 101's telephone rings
+00:20.0  agent 101's telephone stopped: no answer (0:10)
+00:22.0  agent 102's telephone rings
+00:25.0  agent 102 answered, recorded (0:03)
+01:30.0  the talk with agent 102 was ended by the caller (1:05)
+01:30.0  left queue umum: the caller ended the talk, waited 0:20
+01:30.5  call ended: the caller hung up

queue umum: waited 0:20, the caller ended the talk
talked with agent 102: 1:05
recording: 2023/11/15/x-talk1.wav (1:05)
ended: the caller hung up, after 1:30
"""
    )


def test_the_story_in_indonesian(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMBUNG_LANG")
    output = sambung("call", OLD).output
    assert "masuk antrean umum, nomor 2" in output
    assert "berakhir: penelepon menutup, lama 1:30" in output


def test_json_of_a_call_is_stable(state: Path) -> None:
    story = json.loads(sambung("call", OLD, "--json").output)
    assert list(story) == ["call", "visits", "attempts", "legs", "recordings", "utterances", "events"]
    assert story["call"] == {
        "id": OLD,
        "started_at": T,
        "line": "14000",
        "caller": "+628123456",
        "flow": "halo",
        "version": "v1",
        "channel": "PJSIP/trunk-1",
        "last_step": "halo:nik",
        "answered_at": T + 25,
        "agent": "102",
        "ended_at": T + 90.5,
        "end_reason": "caller_hung_up",
        "end_detail": "",
    }
    assert story["visits"] == [
        {
            "id": f"{OLD}/1",
            "call": OLD,
            "queue": "umum",
            "position": 2,
            "joined_at": T + 5,
            "left_at": T + 90,
            "outcome": "hung_up_talking",
            "waited": 20.0,
        }
    ]
    assert [(a["agent"], a["rang_at"] - T, a["ended_at"] - T, a["outcome"]) for a in story["attempts"]] == [
        ("101", 10, 20, "no_answer"),
        ("102", 22, 25, "answered"),
    ]
    assert story["legs"][0]["recording"] == story["recordings"][0]["path"] == "2023/11/15/x-talk1.wav"
    assert story["recordings"][0]["seconds"] == 65
    key = story["events"][3]
    assert key == {"id": key["id"], "call": OLD, "at": T + 2.4, "kind": "key_pressed", "data": {"key": "•"}}


def test_last_is_the_call_that_began_last(state: Path) -> None:
    output = sambung("call", "last").output
    assert output.startswith(f"Call {NEW}\nfrom number withheld to 110")
    assert output.endswith("not ended yet\n")


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], [NEW, OLD]),
        (["--limit", "1"], [NEW]),
        (["--since", "1h"], [NEW]),
        (["--line", "14000"], [OLD]),
        (["--caller", "+628123456"], [OLD]),
        (["--outcome", "open"], [NEW]),
        (["--outcome", "caller_hung_up"], [OLD]),
        (["--outcome", "failed"], []),
        (["--outcome", "Penelepon menutup"], [OLD]),
        (["--outcome", "the caller hung up"], [OLD]),
        (["--outcome", "masih berlangsung"], [NEW]),
        (["--outcome", "panggilan hantu"], []),
    ],
)
def test_choosing_calls(state: Path, options: list[str], ids: list[str]) -> None:
    assert [call["id"] for call in json.loads(sambung("calls", "--json", *options).output)] == ids


def test_the_table_of_calls(state: Path) -> None:
    lines = [line for line in sambung("calls").output.splitlines() if "│" in line]
    assert [cell.strip() for cell in lines[1].split("│")[1:-1]] == [
        "2023-11-15 05:13:20",
        OLD,
        "14000",
        "+628123456",
        "102",
        "1:30",
        "the caller hung up",
    ]
    assert "still on" in lines[0]
    assert "Time (WIB)" in sambung("calls").output


def test_a_table_in_a_pipe_is_never_folded(state: Path) -> None:
    asyncio.run(put(state, e.CallStarted("long.1", time.time(), "1" * 300, "+62", "halo", "v1", "x")))
    assert "1" * 300 in sambung("calls").output


def test_a_narrow_terminal_folds_cells_but_keeps_what_names_a_call(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "70")
    shown = click.unstyle(sambung("calls").output)
    assert max(map(len, shown.splitlines())) == 70
    assert (OLD in shown, NEW in shown, "…" in shown) == (True, True, False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["call", "nil"], "there is no call 'nil'; `sambung calls` lists them"),
        (["calls", "--since", "soon"], "'soon': write 30m, 1h or 7d"),
        (["calls", "--outcome", "selesa"], "'selesa' is not one of"),
    ],
)
def test_mistakes_are_said(state: Path, arguments: list[str], said: str) -> None:
    result = sambung(*arguments)
    assert result.exit_code != 0
    assert said in result.output


async def test_before_the_first_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    await put(tmp_path)
    result = await asyncio.to_thread(sambung, "call", "last")
    assert (result.exit_code, result.output) == (1, "Error: there is no call yet\n")


def test_before_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    result = sambung("calls")
    assert (result.exit_code, "run `sambung up`" in result.output) == (1, True)


def test_what_a_caller_sent_is_made_harmless(state: Path) -> None:
    evil = e.CallStarted("evil.1", time.time(), "1\x1b[2J", "[red]x\n9", "halo", "v1", "x")
    asyncio.run(put(state, evil))
    for output in (sambung("call", "evil.1").output, sambung("calls").output):
        assert "\x1b" not in output
        assert "[red]x�9" in output


@pytest.mark.parametrize("as_json", [False, True])
async def test_tail_shows_what_comes_and_ends_with_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    put_empty_history(tmp_path)
    command = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        # Whoever runs the tests in the background may have Ctrl-C ignored, and children inherit that.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from ivr.cli import main; main()",
        "tail",
        *(["--json"] if as_json else []),
        env={**os.environ, "SAMBUNG_STATE": str(tmp_path), "SAMBUNG_LANG": "en"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert command.stdout
    assert command.stderr
    async with asyncio.timeout(60):
        waiting = await command.stderr.readline()
    assert waiting.decode().strip() == "Waiting for what happens on calls (times in WIB); stop with Ctrl-C."
    writer = HistoryWriter(Settings(state=tmp_path), batch_seconds=0)
    await writer.open()
    writer.emit(e.KeyPressed("c1", T, "1"))
    await writer.close()
    async with asyncio.timeout(60):
        line = await command.stdout.readline()
    command.send_signal(signal.SIGINT)
    _, errors = await command.communicate()
    assert (command.returncode, errors) == (0, b"")
    if as_json:
        event = json.loads(line)
        assert (event["call"], event["kind"], list(event)) == (
            "c1",
            "key_pressed",
            ["id", "call", "at", "kind", "data"],
        )
    else:
        assert line.decode().split()[:3] == ["05:13:20", "c1", "key"]


def _sample(kind: type[e.Event]) -> e.Event:
    values: dict[str, Any] = {"str": "x", "float": 1.0, "float | None": 1.0, "int": 1, "int | None": 1, "bool": True}
    values["dict[str, Any]"] = {"document": "x", "place": "x"}
    values["list[dict[str, Any]]"] = [{"text": "x", "confidence": 1.0}]
    return kind(**{field.name: values[str(field.type)] for field in dataclasses.fields(kind)})


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("kind", sorted(e.Event.kinds))
def test_every_event_has_its_sentence(kind: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", language)
    said = sentence(kind, _sample(e.Event.kinds[kind]).data())
    assert not said.startswith(kind)


def test_an_event_of_a_later_version_is_shown_as_stored() -> None:
    assert sentence("words_heard", {"text": "KTP"}) == 'words_heard {"text": "KTP"}'


@pytest.mark.parametrize("term", [*EndReason, *VisitOutcome, *TransferOutcome])
def test_every_outcome_has_its_words(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    assert word(term) != term


@pytest.mark.parametrize("language", ["id", "en"])
def test_an_outcome_can_be_asked_for_as_it_is_shown(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", language)
    outcome = Outcome()
    assert [outcome.convert(word(reason), None, None) for reason in EndReason] == [*EndReason]


def test_durations() -> None:
    assert [duration(s) for s in (None, 0, 59.6, 3725)] == ["–", "0:00", "1:00", "1:02:05"]


@pytest.mark.parametrize(
    ("hypotheses", "decision", "told"),
    [
        ([("KTP", 0.934), ("", 0.05)], "accepted", "speech: “KTP” 93 % (or no choice here 5 %), accepted"),
        ([("[saya mau] (bikin|buat) KTP", 0.9)], "accepted", "speech: “bikin KTP” 90 %, accepted"),
        ([("KTP (baru", 0.9)], "accepted", "speech: “KTP (baru” 90 %, accepted"),
        ([("KTP", 0.6)], "confirm", "speech: “KTP” 60 %, asked to make sure"),
        ([("ya", 1.0)], "confirmed", "speech: “ya” 100 %, confirmed"),
        ([("tidak", 1.0)], "refused", "speech: “tidak” 100 %, denied"),
        ([("", 0.8), ("KTP", 0.1)], "rejected", "speech: no choice here 80 % (or “KTP” 10 %), not understood"),
        ([], "rejected", "speech: without an end, not understood"),
    ],
)
def test_what_was_heard_in_words(
    hypotheses: list[tuple[str, float]], decision: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    heard = e.UtteranceHeard(
        OLD, T, "x.1", "v1/g1", [{"text": text, "confidence": c} for text, c in hypotheses], decision, audio="x.wav"
    )
    assert sentence(heard.kind, heard.data()) == f"{told}, audio x.wav"
