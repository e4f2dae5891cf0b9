"""Who speaks to a speech server without being Asterisk: it goes on, and serves the next call."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from ivr.settings import PROJECT, load_settings
from ivr.speech import allocator
from ivr.speech.grammars import GRAPHS, write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.turns import Feed, Leave, Listen, Send, Turn, Turns
from ivr.voice.audio import recording
from tests.e2e.kit.machine import LOOPBACK, free_port, until
from tests.unit.speech_kit import MODEL, silence

FRAME = 320
SETUP = {"request": "setup", "id": "s", "version": "1", "codecs": [{"name": "slin"}], "params": {}}
TURN = "id=t1;call=17.3;grammar=v/ab12;pause=700;onset=1;record="


def set_turn(value: object, ask: str = "ask") -> dict[str, Any]:
    return {"request": "set", "id": ask, "params": {"turn": value}}


# --- the turns, whatever comes -----------------------------------------------------------------------
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
turn_values = st.sampled_from([TURN, TURN.replace("t1", "t2"), TURN.replace("onset=1", "onset=0")]) | values
requests = st.fixed_dictionaries(
    {},
    optional={
        "request": st.sampled_from(["setup", "set", "get"]) | values,
        "response": st.sampled_from(["setup", "set"]) | values,
        "id": st.sampled_from(["s", "sambung-1", "sambung-2"]) | values,
        "params": st.fixed_dictionaries({}, optional={"turn": turn_values, "ping": st.just("t1") | values}) | values,
    },
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message as Asterisk sends it, with some of its bytes changed."""
    content = bytearray(json.dumps(draw(st.sampled_from([SETUP, set_turn(TURN)]))).encode())
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))])


messages = st.one_of(
    st.sampled_from([SETUP, set_turn(TURN)]).map(json.dumps),
    requests.map(json.dumps),
    values.map(json.dumps),
    damaged(),
    st.text(),
    st.binary(),
)
audio = st.integers(0, 3000).map(bytes)


@settings(max_examples=500)
@given(st.lists(st.tuples(st.just("audio"), audio) | st.tuples(st.just("message"), messages), max_size=12))
def test_whatever_comes_is_answered_once_heard_or_the_end(frames: list[tuple[str, Any]]) -> None:
    turns = Turns()
    listening: list[Turn] = []
    for now, (kind, content) in enumerate(frames):
        receive = turns.receive_audio if kind == "audio" else turns.receive_message
        actions = receive(content, float(now))
        assert len(actions) <= 1
        for action in actions:
            match action:
                case Listen(turn):
                    listening.append(turn)
                    assert len(turns.ready(turn)) == 1
                case Feed(turn, pcm):
                    assert turn is listening[-1]
                    assert pcm == content
                case Send(text):
                    assert isinstance(json.loads(text)["id"], str)
                    assert len(text) <= len(content) * 6 + 200  # escaped, in its answer
                case Leave(why):
                    assert len(why) < 300
                    return


# --- a real server, in a process of its own ----------------------------------------------------------
PLACES = 3
SAID, PHRASE = PROJECT / "tests/data/petugas.wav", "petugas"


@dataclass(frozen=True)
class Server:
    port: int
    secret: str
    grammar: str
    log: Path
    process: psutil.Process

    def open(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), timeout=20)

    def upgrade(self, path: str | None = None) -> tuple[socket.socket, bytes]:
        """A socket after the upgrade was asked for, and what was answered."""
        line = self.open()
        line.sendall(
            f"GET /{self.secret if path is None else path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer and (more := line.recv(4096)):
            answer += more
        return line, answer

    async def call(self) -> socket.socket:
        """A stranger who knows the secret, upgraded as soon as there is a place: who went away has his for a second."""

        def upgraded() -> socket.socket | None:
            with suppress(ConnectionError):
                line, answer = self.upgrade()
                if b" 101 " in answer:
                    return line
                line.close()
            return None

        return await until("a place for a stranger", upgraded, seconds=20)

    async def serves(self) -> None:
        """A call is heard, as soon as there is a place for one."""

        def answered() -> ClientConnection | None:
            with suppress(OSError, WebSocketException):
                return connect(f"ws://{LOOPBACK}:{self.port}/{self.secret}")
            return None

        with await until("a place for a call", answered, seconds=20) as line:
            line.send(json.dumps(SETUP))
            assert json.loads(line.recv(20))["response"] == "setup"
            line.send(json.dumps(set_turn(f"id=t;call=1;grammar={self.grammar};pause=400;onset=0;record=")))
            assert json.loads(line.recv(20)) == {"response": "set", "id": "ask"}
            pcm = recording(SAID).pcm + silence(1.5)
            for at in range(0, len(pcm), FRAME):
                line.send(pcm[at : at + FRAME])
            results = json.loads(line.recv(20))["params"]["results"]
            assert max(results, key=lambda result: result["score"])["text"] == PHRASE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """At its end it still lives, has not grown, and has not filled its log."""
    home, port = tmp_path_factory.mktemp("speech"), free_port()
    (home / "sambung.toml").write_text(
        f"[network]\nspeech_port = {port}\n[speech]\nservers = 1\ncalls_per_server = {PLACES}\n"
    )
    place = load_settings(home)
    version = place.versions / "v"
    built = build_grammar([PHRASE, "akta kelahiran"], False, MODEL, version / GRAPHS)
    write_grammars(version, [built])
    log = home / "server.log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "ivr.speech.server", "speech-1"],
            env=os.environ | allocator.environment() | {"SAMBUNG_STATE": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    try:
        asyncio.run(until("the server", lambda: b"listening" in log.read_bytes(), seconds=30))
        yield Server(port, place.secrets["speech"], f"v/{built.digest}", log, psutil.Process(process.pid))
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(20)
    assert process.returncode == 0


def frame(payload: bytes, kind: int = 1) -> bytes:
    """One frame of a WebSocket; 1 is text, 2 binary. Its mask changes nothing."""
    size = len(payload)
    if size < 126:
        told_size = bytes([0x80 | size])
    elif size < 65_536:  # in the shortest form, or the frame itself would be the fault
        told_size = b"\xfe" + struct.pack(">H", size)
    else:
        told_size = b"\xff" + struct.pack(">Q", size)
    return bytes([0x80 | kind]) + told_size + bytes(4) + payload


def told(message: object) -> bytes:
    return frame(json.dumps(message).encode())


BEGUN = told(SETUP) + told(set_turn(TURN))


def answer_to(line: socket.socket, content: bytes) -> bytes:
    """All that comes back until the server closes; it may do so before it has read everything."""
    answer = b""
    with line, suppress(ConnectionError):
        line.sendall(content)
        while more := line.recv(65_536):
            answer += more
    return answer


def reset(line: socket.socket) -> None:
    """Gone, without a goodbye."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


IMPOSSIBLE = {
    "empty": frame(b""),
    "half": frame(b"{"),
    "deep": frame(b"[" * 60_000),
    "no-utf8": frame(b"\xff\xfe"),
    "number-for-id": told({"request": "setup", "id": 1}),
    "object-for-request": told({"request": {"id": []}, "id": "a"}),
    "long-turn": told(SETUP) + told(set_turn("id=" + "x" * 50_000)),
    "object-for-turn": told(SETUP) + told(set_turn({"id": "t1"})),
    "path-out-of-the-versions": told(SETUP) + told(set_turn(TURN.replace("v/", "../"))),
    "audio-before-setup": frame(bytes(FRAME), 2),
    "huge": told(SETUP) + frame(b"x" * 70_000),
    "terabyte": told(SETUP) + b"\x82\xff" + struct.pack(">Q", 2**40),
    "compressed-though-nobody-agreed": told(SETUP) + b"\xf1\x81" + bytes(5),
    "grammar-that-is-nowhere": BEGUN + frame(bytes(65_000), 2) * 5,
}


@pytest.mark.parametrize("content", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_who_says_what_cannot_be_is_left(server: Server, content: bytes) -> None:
    answer_to(await server.call(), content)
    await server.serves()


@pytest.mark.parametrize(
    "said",
    [b"", b"\x81", told(SETUP), BEGUN, BEGUN + frame(bytes(FRAME), 2) * 20, told(SETUP) + b"\x82\xff\0\0"],
    ids=["upgrade", "half-a-frame", "setup", "turn", "audio", "half-a-size"],
)
async def test_who_is_suddenly_gone_leaves_nothing(server: Server, said: bytes) -> None:
    for _ in range(20):
        line = await server.call()
        line.sendall(said)
        reset(line)
    await server.serves()


@pytest.mark.parametrize(
    "said",
    [b"", b"GET / HT", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", b"\0" * 5000, b"GET /" + b"a" * 300_000],
    ids=["nothing", "half", "tls", "zeros", "endless"],
)
async def test_who_never_asks_for_a_call_costs_no_place(server: Server, said: bytes) -> None:
    lines = [server.open() for _ in range(PLACES * 5)]
    for line in lines:
        with suppress(ConnectionError):
            line.sendall(said)
    await server.serves()
    for line in lines:
        reset(line)


async def test_a_flood_is_refused_at_the_upgrade(server: Server) -> None:
    for _ in range(200):
        line, answer = server.upgrade("wrong")
        line.close()
        assert answer.startswith(b"HTTP/1.1 404 ")
    calls = [await server.call() for _ in range(PLACES)]
    for _ in range(200):
        with suppress(ConnectionError):
            line, answer = server.upgrade()
            line.close()
            assert answer.startswith(b"HTTP/1.1 503 ") or not answer
    for call in calls:
        call.close()
    await server.serves()


async def test_of_one_who_asks_and_does_not_read_the_log_tells_once(server: Server) -> None:
    before = len(server.log.read_bytes())
    with await server.call() as line, suppress(ConnectionError):
        while True:
            line.sendall(told({"request": "get", "id": "x" * 600}) * 100)
    await server.serves()
    news = [text for text in server.log.read_text()[before:].splitlines() if "INFO" not in text]
    assert [text.partition("ivr.speech.call: ")[2] for text in news] == ["socket closed: who sends to it does not read"]


async def test_one_who_asks_for_turn_after_turn_fills_no_log(server: Server) -> None:
    before = server.log.stat().st_size
    answer_to(await server.call(), told(SETUP) + told(set_turn(TURN)) * 500)
    await server.serves()
    assert server.log.stat().st_size - before < 5000


@pytest.mark.parametrize("seed", range(30))
async def test_noise_on_the_socket_ends_it_and_nothing_else(server: Server, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(BEGUN * 3 + frame(chance.randbytes(5000), 2))
    for _ in range(chance.randrange(30)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    line = await server.call()
    with suppress(ConnectionError):
        line.sendall(content + chance.randbytes(3000))
    reset(line)
    if seed % 10 == 0:
        await server.serves()


async def test_after_all_this_the_server_has_not_grown(server: Server) -> None:
    await server.serves()
    print(server.process.memory_info().rss >> 20, "MB", server.log.stat().st_size, "bytes of log")
    assert server.process.memory_info().rss < 200 << 20
    assert server.log.stat().st_size < 100_000
    assert max(map(len, server.log.read_text().splitlines())) < 500
