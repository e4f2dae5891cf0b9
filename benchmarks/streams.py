"""`make bench-streams`: how many callers one speech server on one core hears in real time.

Each stream is a call's socket as Asterisk has it: turn after turn, a frame each 20 ms, pauses between what is said.
The server has one core for itself, the callers another. What the server must find, and in which piece of the audio,
is known beforehand from the same recogniser without any haste; so a result counts only if it is that one, and its lag
is the time from sending the last frame of that piece to having the result: waiting, decoding, the way there and back.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.proc import cpu, machine
from ivr.settings import Settings, load_settings
from ivr.speech import allocator
from ivr.speech.grammars import write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.heard import Final, Onset
from ivr.speech.loaded import LoadedGrammar, LoadedGrammars
from ivr.speech.model import Model
from ivr.speech.recogniser import Recogniser
from ivr.voice.audio import from_voice
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE
from tests.e2e.kit.machine import LOOPBACK, free_port
from training.corpus import people
from training.results import STREAMS as FILE
from training.results import Errors, Figures, Time

PHRASES = ("kartu keluarga", "akta kelahiran", "pajak kendaraan", "telepon balik", "surat pindah", "izin usaha",
           "tagihan air", "lapor jalan rusak", "jadwal pelayanan", "bicara dengan petugas")  # fmt: skip
VOICES = ("m1", "m3", "f2", "f4")
FRAME, PIECE = 320, 960
"""Bytes: what Asterisk sends each 20 ms, and what is decoded at a time."""
FRAME_SECONDS = 0.02
PAUSE = 0.5
"""Seconds of silence that end an utterance."""
BEFORE = (2.0, 6.0)
"""Seconds, from and to, of a turn before its caller speaks: the prompt, or what they hear of it."""
NOISE = 30.0
"""RMS of the line's noise, of 32,768."""
VARIANTS = 40
WARMING = 10.0
"""Seconds until all streams have begun and nothing is new any more; what came before does not count."""
SLOT = 0.001
"""Seconds between two visits of the sockets."""
MOST_LAG_MS = 100.0
"""What must hold, p95."""
ANSWERED = b'"response"'


# --- what is said ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Script:
    """One turn: its frames as they go over the wire, and what is found at which of them (the last of its piece)."""

    frames: tuple[bytes, ...]
    onset: int
    final: int
    text: str


def said(speech: Path | None) -> tuple[Sequence[str], list[bytes]]:
    """The phrases of the menu, and people or synthetic callers who say them (8 kHz, 16 bits)."""
    if speech is None:
        voices = [EspeakVoice(150, speaker, 50) for speaker in VOICES]
        return PHRASES, [bytes(from_voice(v.synthesize(p)).raw_data) for p in PHRASES for v in voices]
    heard = list(islice((u for u in people([speech], "dev") if u.corpus == "dialogue"), 10 * VARIANTS))
    phrases = list(dict.fromkeys(u.text for u in heard))[:10]
    return phrases, [u.samples.tobytes() for u in heard if u.text in phrases]


def scripts(grammar: LoadedGrammar, utterances: Sequence[bytes]) -> Iterator[Script]:
    """A turn for each utterance in which something is found."""
    chance = np.random.default_rng(1)
    for utterance in utterances[:VARIANTS]:
        before, after = round(chance.uniform(*BEFORE) * RATE), round((PAUSE + 2) * RATE)
        sound = np.concatenate([np.zeros(before), np.frombuffer(utterance, "<i2"), np.zeros(after)])
        pcm = (sound + chance.normal(0, NOISE, len(sound))).clip(-32768, 32767).astype("<i2").tobytes()
        recogniser, found = Recogniser(grammar, pause=PAUSE, onset=True), dict[type, tuple[int, Any]]()
        for at in range(0, len(pcm) - PIECE, PIECE):
            for event in recogniser.feed(pcm[at : at + PIECE]):
                found[type(event)] = (at + PIECE) // FRAME - 1, event
            if Final in found:
                break
        if {Onset, Final} <= found.keys():
            (onset, _), (final, last) = found[Onset], found[Final]
            frames = tuple(masked(2, pcm[at : at + FRAME]) for at in range(0, len(pcm) - FRAME, FRAME))
            yield Script(frames, onset, final, last.hypotheses[0].text)


def masked(opcode: int, data: bytes) -> bytes:
    """A WebSocket frame of a client."""
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    mask = np.frombuffer(b"\x5a\xc3\x17\x99", np.uint8)
    body = np.frombuffer(data, np.uint8) ^ np.resize(mask, len(data))
    return bytes([0x80 | opcode]) + size + mask.tobytes() + body.tobytes()


# --- who says it -------------------------------------------------------------------------------------
class Lags:
    """What came of the streams: seconds of lag, and what was found that should not have been."""

    def __init__(self) -> None:
        self.onsets: list[float] = []
        self.finals: list[float] = []
        self.wrong: list[str] = []


class Stream:
    """One call; sends and receives when it is told to."""

    def __init__(self, number: int, settings: Settings, grammar: str, those: Sequence[Script], lags: Lags) -> None:
        self._grammar, self._lags, self._number = grammar, lags, number
        self._scripts = random.Random(number).choices(those, k=1000)
        self._turn, self._turn_id = 0, ""
        self._sent_at: list[float] = []
        self._received = b""
        self.socket = socket.create_connection((LOOPBACK, settings.network.speech_port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(
            f"GET /{settings.secrets['speech']} HTTP/1.1\r\nHost: {LOOPBACK}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        while b"\r\n\r\n" not in self._received:
            self._received += self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise ConnectionError(f"refused: {head!r}")
        self._tell({"request": "setup", "id": "1", "codecs": [{"name": "slin"}]})
        self._begin()

    def send_frame(self) -> None:
        """The next 20 ms."""
        if self._is_begun and self._sent < len(self._script.frames):
            with suppress(ConnectionError):  # `receive` tells of it
                self.socket.sendall(self._script.frames[self._sent])
            self._sent_at.append(time.monotonic())
            self._sent += 1

    def receive(self) -> bool:
        """Read what there is and answer it; False where the server has closed the socket."""
        now = time.monotonic()
        try:
            self._received += self._receive()
        except ConnectionError as e:
            self._lags.wrong.append(f"{self._turn_id}: {e}")
            self._is_begun = False
            return False
        while len(self._received) >= 2:
            length, begins = self._received[1], 2
            if length == 126:
                length, begins = int.from_bytes(self._received[2:4], "big"), 4
            if len(self._received) < begins + length:
                break
            is_text = self._received[0] == 0x81
            message, self._received = self._received[begins : begins + length], self._received[begins + length :]
            if is_text:  # the other is a close, and the end follows
                self._take(message, now)
        return True

    def _take(self, message: bytes, now: float) -> None:
        if ANSWERED in message:
            self._is_begun = self._is_begun or self._turn_id.encode() in message
            return
        given = json.loads(message)
        result, *_ = given["params"]["results"]
        is_onset = result["grammar"] == f"onset,{self._turn_id}"
        at, lags = (self._script.onset, self._lags.onsets) if is_onset else (self._script.final, self._lags.finals)
        if self._sent <= at:
            self._lags.wrong.append(f"{self._turn_id}: {result} too early")
        else:
            lags.append(now - self._sent_at[at])
        self._tell({"response": "set", "id": given["id"]})
        if not is_onset:
            if result["text"] != self._script.text:
                self._lags.wrong.append(f"{self._turn_id}: {result}, not “{self._script.text}”")
            self._begin()

    def _begin(self) -> None:
        self._turn += 1
        self._script = self._scripts[self._turn]
        self._sent, self._sent_at, self._is_begun = 0, [], False
        self._turn_id = f"{self._number}.{self._turn}"
        turn = (
            f"id={self._turn_id};call={self._number};grammar={self._grammar};pause={PAUSE * 1000:.0f};onset=1;record="
        )
        self._tell({"request": "set", "id": self._turn_id, "params": {"turn": turn}})

    def _tell(self, message: object) -> None:
        with suppress(ConnectionError):  # as in `send_frame`
            self.socket.sendall(masked(1, json.dumps(message).encode()))

    def _receive(self) -> bytes:
        if not (data := self.socket.recv(65536)):
            raise ConnectionError("closed by the server")
        return data


def talk(streams: int, seconds: float, settings: Settings, grammar: str, those: Sequence[Script], pid: int) -> Row:
    """All streams, in real time."""
    lags, polled = Lags(), select.epoll()
    by_descriptor: dict[int, Stream] = {}
    per_frame = round(FRAME_SECONDS / SLOT)
    slots: list[list[Stream]] = [[] for _ in range(per_frame)]
    late: deque[float] = deque(maxlen=round(seconds / SLOT))
    began = time.monotonic()
    counts_from = used = None
    for slot in range(round((WARMING + seconds) / SLOT)):
        if len(by_descriptor) < streams and slot * SLOT >= len(by_descriptor) * WARMING / 2 / streams:
            number = len(by_descriptor)
            stream = Stream(number, settings, grammar, those, lags)
            by_descriptor[stream.socket.fileno()] = stream
            slots[number % per_frame].append(stream)
            polled.register(stream.socket, select.EPOLLIN)
        if counts_from is None and slot * SLOT >= WARMING:
            counts_from, used = time.monotonic(), cpu(pid)
            lags.onsets.clear()
            lags.finals.clear()
        for stream in slots[slot % per_frame]:
            stream.send_frame()
        for descriptor, _ in polled.poll(0):
            if not by_descriptor[descriptor].receive():
                polled.unregister(descriptor)
        ahead = began + (slot + 1) * SLOT - time.monotonic()
        late.append(max(0.0, -ahead))
        if ahead > 0:
            time.sleep(ahead)
    assert counts_from is not None
    assert used is not None
    took = time.monotonic() - counts_from
    share = (cpu(pid) - used).own / took
    for stream in by_descriptor.values():
        stream.socket.close()
    return Row(streams, lags, share, float(np.quantile(late, 0.99)), max(late))


# --- the report --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Row:
    """One number of streams. `cpu`: share of its core that the server took; `late`: what the callers were, seconds."""

    streams: int
    lags: Lags
    cpu: float
    late: float
    latest: float

    @property
    def lag_ms(self) -> float:
        return float(np.quantile(self.lags.onsets + self.lags.finals, 0.95)) * 1000

    def figures(self) -> Figures:
        """What must hold of it."""
        what, line = f"{self.streams} streams heard by one core", "AEAP"
        lags = self.lags.onsets + self.lags.finals
        wrong = Errors(what=f"{what}: wrong results", line=line, errors=len(self.lags.wrong), of=len(lags), at_most=0)
        return Figures(errors=[wrong], times=[Time.measured(f"{what}: lag", line, lags, 0.95, MOST_LAG_MS / 1000)])

    def cells(self) -> list[str]:
        def span(lags: Sequence[float]) -> str:
            return "/".join(f"{1000 * q:.0f}" for q in np.quantile(lags, [0.5, 0.95, 1]))

        results = len(self.lags.onsets) + len(self.lags.finals)
        return [
            str(self.streams), f"{results} ({len(self.lags.wrong)} wrong)", span(self.lags.onsets),
            span(self.lags.finals), f"{self.cpu:.0%}", f"{self.cpu / self.streams:.4f}",
            f"{1000 * self.late:.1f}/{1000 * self.latest:.0f}",
        ]  # fmt: skip


def serve(settings: Settings, core: int) -> subprocess.Popen[bytes]:
    """A speech server on one core, ready."""
    server = subprocess.Popen(
        ["taskset", "-c", str(core), sys.executable, "-m", "ivr.speech.server", "speech-1"],
        env={**os.environ, **allocator.environment(), "SAMBUNG_STATE": str(settings.state)},
        stderr=subprocess.DEVNULL,
    )
    while server.poll() is None:
        with suppress(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, settings.network.speech_port)).close()
            return server
        time.sleep(0.05)
    sys.exit(f"the speech server ended with {server.returncode}")


def main() -> None:
    """Exit code 1 when the last number of streams is not heard in time, or anything was heard wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, help="people's speech, as docs/training.md says (default: espeak-ng)")
    parser.add_argument("--streams", type=int, nargs="+", default=[60, 100, 150])
    parser.add_argument("--seconds", type=float, default=30.0, help="measured, for each number (default: %(default)s)")
    parser.add_argument("--out", type=Path, help=f"the model's folder, for {FILE} there, which its card tells")
    given = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("two cores are needed: one for the server, one for its callers")
    client, core, *_ = sorted(os.sched_getaffinity(0))
    cores = machine()
    model = Model.read(Settings().speech.model)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        state = Path(name)
        toml = f"[network]\nspeech_port = {free_port()}\n[speech]\ncalls_per_server = {max(given.streams)}\n"
        (state / "sambung.toml").write_text(toml)
        settings = load_settings(state)
        phrases, utterances = said(given.speech)
        built = build_grammar(phrases, False, model, settings.versions / "v" / "grammars")
        write_grammars(settings.versions / "v", [built])
        grammar = f"v/{built.digest}"
        those = list(scripts(LoadedGrammars(model, settings.versions, state / "here").get(grammar), utterances))
        os.sched_setaffinity(0, {client})
        for streams in given.streams:
            server = serve(settings, core)
            try:
                rows.append(talk(streams, given.seconds, settings, grammar, those, server.pid))
            finally:
                server.terminate()
                server.wait()
    if given.out:
        (given.out / FILE).write_text(rows[-1].figures().model_dump_json(indent=1) + "\n")
    report(rows, those, "espeak-ng" if given.speech is None else str(given.speech), len(utterances), cores)
    sys.exit(0 if rows[-1].lag_ms < MOST_LAG_MS and not any(row.lags.wrong for row in rows) else 1)


def report(rows: Sequence[Row], those: Sequence[Script], voice: str, utterances: int, cores: str) -> None:
    """Print the figures, and what was wrong."""
    out = Console(width=120, highlight=False)
    turn = np.mean([(script.final + 1) * FRAME_SECONDS for script in those])
    out.print(f"{cores}; the server has one core for itself, its callers another. Voices: {voice}")
    out.print(f"{len(those)} turns of {min(utterances, VARIANTS)} utterances, {turn:.1f} s each on average")
    table = Table("streams", "results", "onset lag", "final lag", "CPU", "CPU a stream", "callers late", box=None)
    for row in rows:
        table.add_row(*row.cells())
    out.print(table)
    out.print(
        "lag: p50/p95/max in ms, from the last frame that a result needed to the result. callers late: p99/max, ms"
    )
    for line in (line for row in rows for line in row.lags.wrong[:10]):
        out.print(line)


if __name__ == "__main__":
    main()
