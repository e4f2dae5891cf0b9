"""The speech server over real sockets, with a recogniser that follows a script; nobody here is Asterisk."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import wave
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ivr.settings import Network, Settings, Speech
from ivr.speech import server as program
from ivr.speech.call import BATCH_BYTES, MOST_BEHIND_BYTES, Hearing, Prepare
from ivr.speech.heard import Final, Hypothesis, Onset
from ivr.speech.server import SpeechServer
from ivr.speech.turns import Turn

FRAME = bytes(range(256)) + bytes(64)
BATCH = BATCH_BYTES // len(FRAME)
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
    running = asyncio.create_task(SpeechServer(settings, prepare).run(stop))
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


async def speak(line: ClientConnection) -> None:
    """As much as is fed to the recogniser at a time."""
    for _ in range(BATCH):
        await line.send(FRAME)


@asynccontextmanager
async def called(settings: Settings, record: str = "") -> AsyncIterator[ClientConnection]:
    """A call that listens."""
    async with connect(url(settings)) as line:
        await ask(line, "setup")
        turn = f"id=17.1;call=17;grammar=ab/cd;pause=500;onset=0;record={record}"
        assert await ask(line, "set", turn=turn) == {"response": "set", "id": "7"}
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


async def test_the_upgrade_is_refused_to_strangers_and_when_all_places_are_taken(settings: Settings) -> None:
    async def refusal(address: str) -> int:
        with pytest.raises(InvalidStatus) as refused:
            await connect(address)
        return refused.value.response.status_code

    async with serving(settings, always(Scripted())):
        assert await refusal(url(settings) + "x") == 404
        async with called(settings), called(settings):
            assert await refusal(url(settings)) == 503
        async with called(settings):
            pass  # a place that was left is free


@pytest.mark.parametrize("bad", ["no message", b"\0" * 320, "x" * 70_000, '{"request":"set","id":"1","params":"turn"}'])
async def test_what_asterisk_would_never_say_harms_nobody_else(settings: Settings, bad: str | bytes) -> None:
    recogniser = Scripted([SAID])
    async with serving(settings, always(recogniser)), called(settings) as line:
        async with connect(url(settings)) as stranger:
            await stranger.send(bad)
            with suppress(ConnectionClosed):
                assert "error_msg" in await told(stranger)
        await speak(line)
        assert (await told(line))["request"] == "set"


class Broken:
    def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
        raise RuntimeError("broken")


async def test_a_fault_closes_the_socket_it_is_not_taken_for_silence(settings: Settings) -> None:
    async with serving(settings, always(Broken())), called(settings) as line:
        await speak(line)
        with pytest.raises(ConnectionClosed):
            await told(line)


async def test_a_grammar_that_cannot_be_had_is_never_answered(settings: Settings) -> None:
    def prepare(turn: Turn) -> Callable[[], Scripted]:
        raise OSError(f"no {turn.grammar}")

    async with serving(settings, prepare):
        with pytest.raises(ConnectionClosed):
            async with called(settings):
                pass


async def test_a_server_that_is_far_behind_gives_its_call_to_the_keys(settings: Settings) -> None:
    loop, deaf, gate = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    class Slow:
        def feed(self, pcm: bytes) -> Sequence[Onset | Final]:
            loop.call_soon_threadsafe(deaf.set)
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
            return []

    async with serving(settings, always(Slow())), called(settings) as line:
        await speak(line)
        await asyncio.wait_for(deaf.wait(), 20)
        for _ in range(MOST_BEHIND_BYTES // BATCH_BYTES + 1):
            await speak(line)
        with pytest.raises(ConnectionClosed):
            await told(line)
        gate.set()


async def test_a_recogniser_that_never_ends_is_seen() -> None:
    hearing, gate = Hearing(always(Scripted()), None), threading.Event()
    stuck = asyncio.create_task(hearing.decode(gate.wait))
    async with asyncio.timeout(20):
        while hearing.busy_seconds <= 0:
            await asyncio.sleep(0.01)
    gate.set()
    await stuck
    assert hearing.busy_seconds <= 0
    hearing.close()


async def test_at_its_end_a_server_serves_who_is_there_and_takes_nobody_new(settings: Settings) -> None:
    async with serving(settings, always(Scripted([SAID]))) as stop, called(settings) as line:
        stop.set()
        await asyncio.sleep(0)  # it closes its port before it waits for anything
        with pytest.raises(OSError, match="Connect call failed"):
            await connect(url(settings))
        await speak(line)
        assert (await told(line))["request"] == "set"


async def test_who_does_not_leave_is_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "GRACE_SECONDS", 0.05)
    async with serving(settings, always(Scripted())) as stop, called(settings) as line:
        stop.set()
        with pytest.raises(ConnectionClosed):
            await told(line)
