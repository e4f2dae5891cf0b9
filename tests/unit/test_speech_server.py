"""The speech server over real sockets, with a recogniser that follows a script; nobody here is Asterisk."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import socket
import threading
import wave
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.settings import Network, Settings, Speech
from ivr.speech import server as program
from ivr.speech.call import MOST_BEHIND_SECONDS
from ivr.speech.figures import Counters, Lag, read_figures
from ivr.speech.heard import Final, Hypothesis, Onset
from ivr.speech.hearing import BATCH_BYTES, Ear, Hearing, Prepare
from ivr.speech.model import ModelError
from ivr.speech.server import SpeechServer
from ivr.speech.turns import BYTES_PER_SECOND, Turn

FRAME = bytes(range(256)) + bytes(64)
BATCH = BATCH_BYTES // len(FRAME)
TURN = Turn("17.1", "17", "ab/cd", 0.5, False, "")
SET_TURN = "id=17.1;call=17;grammar=ab/cd;pause=500;onset=0;record="
SAID = Final((Hypothesis("ka te pe", 0.9),), 0.0, 0.1)


class Scripted:
    """Finds what it is given, one list after the other, and then nothing."""

    def __init__(self, *found: Sequence[Onset | Final]) -> None:
        self.found = iter(found)
        self.heard = b""

    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        self.heard += pcm
        return next(self.found, [])


def always(recogniser: Any) -> Prepare:
    return lambda _: lambda: recogniser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    speech = Speech(servers=1, calls_per_server=2, keep_audio=True)
    return Settings(state=tmp_path, recordings=tmp_path / "rec", network=Network(speech_port=port), speech=speech)


@asynccontextmanager
async def serving(settings: Settings, prepare: Prepare) -> AsyncIterator[asyncio.Event]:
    """A running server; gives what ends it."""
    stop = asyncio.Event()
    running = asyncio.create_task(SpeechServer(settings, prepare, "speech-1").run(stop))
    await asyncio.sleep(0)  # it binds its port before it first waits for anything
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await running


def url(settings: Settings) -> str:
    return f"ws://127.0.0.1:{settings.network.speech_port}/{settings.secrets['speech']}"


async def ask(line: ClientConnection, name: str, **params: str) -> dict[str, Any]:
    await line.send(json.dumps({"request": name, "id": "7", "params": params}))
    return await told(line)


async def told(line: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        message: dict[str, Any] = json.loads(await line.recv())
        return message


async def left(line: ClientConnection) -> None:
    """The server's last word is not silence; then the socket ends."""
    assert (await told(line))["params"]["results"] == [{"text": "", "score": 0, "grammar": "lost"}]
    with pytest.raises(ConnectionClosed):
        await told(line)


async def speak(line: ClientConnection) -> None:
    """As much as is fed to the recogniser at a time."""
    for _ in range(BATCH):
        await line.send(FRAME)


@asynccontextmanager
async def called(settings: Settings, record: str = "") -> AsyncIterator[ClientConnection]:
    """A call that listens."""
    async with connect(url(settings)) as line:
        await ask(line, "setup")
        assert await ask(line, "set", turn=SET_TURN + record) == {"response": "set", "id": "7"}
        yield line


async def test_a_turn_from_setup_to_its_result_with_its_audio_kept(settings: Settings) -> None:
    recogniser = Scripted([], [SAID])
    async with serving(settings, always(recogniser)), called(settings, record="2026/11/17-1") as line:
        await speak(line)
        async with asyncio.timeout(20):
            while not recogniser.heard:
                await asyncio.sleep(0.01)
        await speak(line)
        (result,) = (await told(line))["params"]["results"]
        assert (result["text"], result["score"]) == ("ka te pe", 900)
    kept = settings.recordings / "2026/11/17-1.wav"
    with wave.open(str(kept)) as audio:
        assert (audio.getframerate(), audio.readframes(audio.getnframes())) == (8000, recogniser.heard)
    assert recogniser.heard == FRAME * 2 * BATCH
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("seconds", "onset", "end", "kept"),
    [(40, 38.0, 39.0, (37.5, 39.5)), (3, 0.2, 2.9, (0.0, 3.0)), (45, 14.0, 29.0, (15.0, 29.5))],
    ids=["at the end of a wait", "the whole turn", "longer than what is held"],
)
def test_what_is_kept_is_what_was_said(seconds: int, onset: float, end: float, kept: tuple[float, float]) -> None:
    ear = Ear(Turn("17.1", "17", "ab/cd", 0.5, False, "2026/11/17-1"), print)
    turn = b"".join(i.to_bytes(2, "little") for _ in range(8) for i in range(65536))[: seconds * BYTES_PER_SECOND]
    for at in range(0, len(turn), BATCH_BYTES):
        ear.pending += turn[at : at + BATCH_BYTES]
        ear.take_batch()
    first, last = (int(second * BYTES_PER_SECOND) for second in kept)
    assert ear.speech(Final((), onset, end)) == turn[first:last]


async def test_a_telephone_that_sends_nothing_in_silence_is_heard_as_silent(settings: Settings) -> None:
    recogniser = Scripted([], [], [SAID])
    async with serving(settings, always(recogniser)), called(settings) as line:
        await speak(line)
        assert (await told(line))["request"] == "set"
    assert recogniser.heard[: len(FRAME) * BATCH] == FRAME * BATCH
    assert set(recogniser.heard[len(FRAME) * BATCH :]) == {0}


@pytest.mark.parametrize("found", [([Onset(0.0)], [], [SAID]), ([Onset(0.0)], [SAID])], ids=["later", "held"])
async def test_a_word_after_which_the_telephone_sends_nothing_gets_its_result(
    settings: Settings, found: Sequence[Sequence[Onset | Final]]
) -> None:
    async with serving(settings, always(Scripted(*found))), connect(url(settings)) as line:
        await ask(line, "setup")
        await ask(line, "set", turn="id=17.1;call=17;grammar=ab/cd;pause=500;onset=1;record=")
        await speak(line)
        onset = await told(line)
        if len(found) == 2:
            await speak(line)  # its last frames, sent before the onset is answered
        await line.send(json.dumps({"response": "set", "id": onset["id"]}))
        assert (await told(line))["params"]["results"][0]["text"] == "ka te pe"


async def test_what_a_server_did_is_counted_and_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "REPORT_SECONDS", 0.02)
    settings.run.mkdir()
    outside = Final((Hypothesis("", 0.9),), 0.0, 0.1)
    async with serving(settings, always(Scripted([Onset(0.0)], [outside]))), called(settings) as line:
        for _ in range(2):
            await speak(line)
        await told(line)
        async with asyncio.timeout(20):
            while (
                not (figures := read_figures(settings, "speech-1", os.getpid())) or not figures["since_start"]["finals"]
            ):
                await asyncio.sleep(0.01)
    assert figures["here"] == 1
    assert figures["since_start"] == asdict(Counters(calls=1, turns=1, onsets=1, finals=1, outside=1))
    assert read_figures(settings, "speech-1", 0) is None


def test_lags_are_told_by_their_median_and_their_worst() -> None:
    assert Lag.of(Counter(range(1, 101))) == Lag(batches=100, p50=51, p95=96, max=100)
    assert Lag.of(Counter({7: 3})) == Lag(batches=3, p50=7, p95=7, max=7)


async def test_audio_that_cannot_be_kept_costs_no_result(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.recordings.touch()  # where a folder should be
    async with serving(settings, always(Scripted([SAID]))), called(settings, record="2026/17-1") as line:
        await speak(line)
        assert (await told(line))["params"]["results"][0]["text"] == "ka te pe"
    assert [m for m in caplog.messages if "cannot be kept" in m]


async def test_no_audio_is_kept_where_it_is_not_wanted(settings: Settings) -> None:
    settings = settings.model_copy(update={"speech": Speech(keep_audio=False)})
    async with serving(settings, always(Scripted([SAID]))), called(settings, record="a") as line:
        await speak(line)
        await told(line)
    assert not settings.recordings.exists()


async def refusal(address: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address)
    return refused.value.response.status_code


async def port_is(settings: Settings, *, open: bool) -> None:
    """Wait until the server listens, or does so no more."""
    async with asyncio.timeout(20):
        while True:
            with (
                suppress(ConnectionRefusedError),
                socket.create_connection(("127.0.0.1", settings.network.speech_port)),
            ):
                if open:
                    return
                await asyncio.sleep(0.01)
                continue
            if not open:
                return
            await asyncio.sleep(0.01)


async def test_a_stranger_is_refused(settings: Settings) -> None:
    async with serving(settings, always(Scripted())):
        assert await refusal(url(settings) + "x") == 404


async def test_a_full_server_leaves_calls_to_another_one(settings: Settings) -> None:
    async with serving(settings, always(Scripted())), called(settings), called(settings) as second:
        await port_is(settings, open=False)
        with pytest.raises(ConnectionRefusedError):  # there is no other one
            await connect(url(settings))
        async with serving(settings, always(Scripted())):
            async with called(settings), called(settings):
                await port_is(settings, open=False)
            await second.close()  # a place that was left is free
            await port_is(settings, open=True)
            async with called(settings), called(settings), called(settings):
                await port_is(settings, open=False)


async def test_who_comes_while_the_last_place_is_taken_is_refused_at_the_upgrade(settings: Settings) -> None:
    async with serving(settings, always(Scripted())):
        came = await asyncio.gather(*(connect(url(settings)) for _ in range(6)), return_exceptions=True)
        calls = [line for line in came if isinstance(line, ClientConnection)]
        assert len(calls) == 2
        for refused in set(came) - set(calls):
            assert isinstance(refused, OSError) or (
                isinstance(refused, InvalidStatus) and refused.response.status_code == 503
            )
        for line in calls:
            await line.close()


@pytest.mark.parametrize("bad", ["no message", b"\0" * 320, "x" * 70_000, '{"request":"set","id":"1","params":"turn"}'])
async def test_what_asterisk_would_never_say_harms_nobody_else(settings: Settings, bad: str | bytes) -> None:
    recogniser = Scripted([SAID])
    async with serving(settings, always(recogniser)), called(settings) as line:
        async with connect(url(settings)) as stranger:
            await stranger.send(bad)
            with suppress(ConnectionClosed):
                message = await told(stranger)
                assert "error_msg" in message or message["id"] == "sambung-lost"
        await speak(line)
        assert (await told(line))["request"] == "set"


@pytest.mark.parametrize(
    "frame",
    [
        b"\x82\x04aaaa",  # not masked
        b"\x83\x84maskaaaa",  # no such kind
        b"\x82\xff\0\0\1\0\0\0\0\0mask",  # a terabyte
        b"\x01\x84maskaaaa",  # the first part of a message
        b"\x80\x84maskaaaa",  # the rest of none
        b"\x81\x84mask\x92\x9e\x8c\x94",  # no UTF-8
        b"\x88\x81maska",  # half a reason
    ],
)
async def test_what_is_no_websocket_frame_closes_the_socket_and_harms_nobody_else(
    settings: Settings, frame: bytes
) -> None:
    async with serving(settings, always(Scripted([SAID]))), called(settings) as line:
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.network.speech_port)
        writer.write(
            f"GET /{settings.secrets['speech']} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(frame)
        async with asyncio.timeout(20):
            await reader.read()
        writer.close()
        await speak(line)
        assert (await told(line))["request"] == "set"


async def test_who_sends_and_does_not_read_is_left(settings: Settings) -> None:
    async def send_and_never_read(line: ClientConnection) -> None:
        line.transport.pause_reading()
        while True:
            await line.send(json.dumps({"request": "set", "id": "7" * 60_000, "params": {"ping": "a"}}))

    async with serving(settings, always(Scripted())), called(settings) as line:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(send_and_never_read(line), 20)


class Broken:
    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        raise RuntimeError("broken")


async def test_a_fault_ends_the_turn_it_is_not_taken_for_silence(settings: Settings) -> None:
    async with serving(settings, always(Broken())), called(settings) as line:
        await speak(line)
        await left(line)


async def test_a_grammar_that_cannot_be_had_is_never_answered(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(turn: Turn) -> Callable[[], Scripted]:
        raise ModelError(f"no {turn.grammar}")

    async with serving(settings, prepare), connect(url(settings)) as line:
        await ask(line, "setup")
        await line.send(json.dumps({"request": "set", "id": "7", "params": {"turn": SET_TURN}}))
        await left(line)
    (told,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told.getMessage() == "call left: call 17, turn 17.1: no ab/cd"
    assert not told.exc_info


class Stuck:
    """Never ends, until it is let go."""

    def __init__(self) -> None:
        self.hears, self.go_on = threading.Event(), threading.Event()

    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        self.hears.set()
        self.go_on.wait()
        return [SAID]


async def happened(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 20)


async def test_a_server_that_is_far_behind_gives_its_call_to_the_keys(settings: Settings) -> None:
    stuck = Stuck()
    async with serving(settings, always(stuck)), called(settings) as line:
        await speak(line)
        await happened(stuck.hears)
        for _ in range(int(MOST_BEHIND_SECONDS * BYTES_PER_SECOND) // BATCH_BYTES + 1):
            await speak(line)
        await left(line)
        stuck.go_on.set()


async def test_a_recogniser_that_never_ends_is_seen() -> None:
    stuck, ready, found = Stuck(), threading.Event(), threading.Event()
    hearing, ear = Hearing(always(stuck), None), Ear(TURN, lambda _: found.set())
    hearing.begin(ear, ready.set)
    await happened(ready)
    hearing.add(ear, FRAME * BATCH)
    await happened(stuck.hears)
    assert hearing.busy_seconds > 0
    stuck.go_on.set()
    await happened(found)
    hearing.close()
    assert hearing.busy_seconds <= 0


async def test_what_nobody_wants_to_know_any_more_is_not_heard_though_it_stands_in_line() -> None:
    stuck, waiting, ready = Stuck(), Scripted([SAID]), threading.Event()
    recognisers: dict[str, Any] = {"first": stuck, "second": waiting}
    hearing = Hearing(lambda turn: lambda: recognisers[turn.id], None)
    first, second = (Ear(dataclasses.replace(TURN, id=name), lambda _: None) for name in recognisers)
    hearing.begin(first, lambda: None)
    hearing.begin(second, ready.set)
    await happened(ready)
    hearing.add(first, FRAME * BATCH)
    await happened(stuck.hears)
    hearing.add(second, FRAME * BATCH)
    hearing.end(second)
    stuck.go_on.set()
    hearing.close()
    assert waiting.heard == b""


async def test_a_turn_ends_where_the_next_one_begins(settings: Settings) -> None:
    first, second = Scripted([SAID]), Scripted([SAID])
    recognisers = iter([first, second])
    async with serving(settings, lambda _: lambda: next(recognisers)), called(settings) as line:
        await line.send(FRAME)  # less than a batch
        await ask(line, "set", turn="id=17.2;call=17;grammar=ab/cd;pause=500;onset=0;record=")
        await speak(line)
        assert (await told(line))["params"]["results"][0]["grammar"].startswith("17.2,")
    assert (first.heard, second.heard) == (FRAME * BATCH, b"")


async def test_at_its_end_a_server_serves_who_is_there_and_takes_nobody_new(settings: Settings) -> None:
    async with serving(settings, always(Scripted([SAID]))) as stop, called(settings) as line:
        stop.set()
        await port_is(settings, open=False)
        await speak(line)
        assert (await told(line))["request"] == "set"


async def test_who_does_not_leave_is_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "GRACE_SECONDS", 0.05)
    async with serving(settings, always(Scripted())) as stop, called(settings) as line:
        stop.set()
        await left(line)
