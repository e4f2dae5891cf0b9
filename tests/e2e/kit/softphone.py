"""A SIP softphone that a test holds in its hand: baresip, driven over its ctrl_tcp module.

It speaks real SIP and RTP on loopback, says a tone or a WAV, presses RFC 4733 keys and keeps what it
hears. One `Softphone` is one account with one call at a time, and a second one to consult somebody.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from tests.e2e.kit import netstring
from tests.e2e.kit.audio import RATE, Samples, read_wav, sine, write_wav
from tests.e2e.kit.machine import (
    LOOPBACK,
    KitError,
    bundle_root,
    free_port,
    free_sip_port,
    free_udp_range,
    program,
    until,
)
from tests.e2e.kit.tape import Tape

CONFIG = """
poll_method epoll
sip_listen {address}:{sip_port}
audio_player aubridge,heard
audio_source {source}
audio_alert aubridge,alert
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
rtp_ports {rtp_start}-{rtp_end}
jitter_buffer_type fixed
jitter_buffer_delay 1-4
call_max_calls 2
module_path {modules}
module g711.so
module sndfile.so
module aufile.so
module aubridge.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {address}:{control_port}
snd_path {home}
"""

DUMP = "dump-%Y-%m-%d-%H-%M-%S-dec.wav"
LONGEST_CALL = 180
"""Seconds that a telephone has something to say for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended. `status` is the last final SIP status of the INVITE (200: it was answered).

    `by` is "us" or "them"; `reason` as baresip words it.
    """

    status: int
    by: str
    reason: str


class Softphone:
    """One telephone. `says` is a tone in Hz, a WAV file (8 kHz mono 16-bit), or None for silence.

    With a `password` it registers at `server` ("host:port"); without one it only calls. `answers`
    "auto" picks up at once, "manual" rings until `answer()` or `reject()`. `keys` go out as "rtpevent"
    (RFC 4733) or as "info" (SIP INFO).
    """

    def __init__(
        self,
        home: Path,
        server: str,
        *,
        user: str = "warga",
        password: str = "",
        says: float | Path | None = None,
        answers: str = "manual",
        keys: str = "rtpevent",
        address: str = LOOPBACK,
        sip_port: int | None = None,
    ) -> None:
        self.home = home
        self.server = server
        self.user = user
        self.password = password
        self.says = says
        self.answers = answers
        self.keys = keys
        self.address = address
        self.sip_port = sip_port or free_sip_port(address)
        self.events: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._news = asyncio.Condition()
        self._hung_up = False
        self._dialled = ""
        self._standing: set[str] = set()
        self._seen = 0
        self._begun = 0
        self._tape: Tape | None = None
        self._taping: asyncio.Task[None] | None = None
        self._sources = 0
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Softphone:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # --- life ---------------------------------------------------------------------------------------
    async def start(self) -> None:
        """Start, and register if there is a password. Raises KitError when it does not come up."""
        self.home.mkdir(parents=True, exist_ok=True)
        modules = self.home / "modules"  # baresip's settings know no path with a space, as the project's may be
        if not modules.is_symlink():
            modules.symlink_to(bundle_root() / "usr/lib/baresip/modules")
        control_port = free_port(address=self.address)
        rtp = free_udp_range(20, self.address)
        (self.home / "config").write_text(
            CONFIG.format(
                address=self.address,
                sip_port=self.sip_port,
                control_port=control_port,
                source=self._source(),
                rate=RATE,
                rtp_start=rtp,
                rtp_end=rtp + 19,
                modules=modules,
                home=self.home,
            )
        )
        log = (self.home / "baresip.log").open("wb")
        self._process = await asyncio.create_subprocess_exec(
            *program("baresip"), "-s", "-f", str(self.home), stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log
        )
        log.close()

        async def connected() -> bool:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_connection(self.address, control_port)
                self._reader = asyncio.create_task(self._listen(reader))
                return True
            if self._process and self._process.returncode is not None:
                raise KitError(f"softphone {self.user} ended at once:\n{self.log()[-2000:]}")
            return False

        await until(f"softphone {self.user}", connected, seconds=10)
        # The account comes over the control connection and not from a file, so that the registrar's
        # answer is not missed.
        registration = f"auth_user={self.user};auth_pass={self.password};regint=300" if self.password else "regint=0"
        await self.command(
            "uanew",
            f"<sip:{self.user}@{self.server};transport=udp>;{registration};"
            f"answermode={self.answers};audio_codecs=pcmu;dtmfmode={self.keys}",
        )
        if self.password:
            event = await self.wait_for("REGISTER_OK", "REGISTER_FAIL")
            if event["type"] == "REGISTER_FAIL":
                raise KitError(f"softphone {self.user} was not let in: {event.get('param')}")

    async def stop(self) -> None:
        """Put the telephone away: a call is hung up, the registration withdrawn. Idempotent."""
        if self._process and self._process.returncode is None:
            with contextlib.suppress(KitError, ConnectionError):
                await self.command("quit")
            try:
                await asyncio.wait_for(self._process.wait(), 5)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        if self._reader:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        if self._writer:
            self._writer.close()
        self._process = self._reader = self._writer = None

    # --- what a hand does ---------------------------------------------------------------------------
    async def dial(self, number: str) -> None:
        """Call `number` (or a whole SIP URI) and return; `wait_for("CALL_ESTABLISHED")` is the answer."""
        self._begun = len(self.events)
        self._dialled = number if number.startswith("sip:") else f"sip:{number}@{self.server}"
        await self._until_another_second()
        await self.command("dial", self._dialled)

    async def answer(self) -> None:
        """Pick up."""
        await self._until_another_second()
        await self.command("accept")

    async def reject(self) -> None:
        """Refuse a ringing call: busy."""
        await self.command("hangup")

    async def hang_up(self) -> Ended:
        """End the call, or give up ringing, and wait for its end."""
        self._hung_up = True
        await self.command("hangup")
        return await self.ended()

    async def transfer(self, number: str) -> None:
        """Blind transfer (REFER) of the call to `number`."""
        await self.command("transfer", f"sip:{number}@{self.server}")

    async def complete_transfer(self) -> None:
        """Give who is on hold, since another was dialled, to that other: REFER with Replaces (RFC 3891)."""
        call = next(e["id"] for e in reversed(self.events) if e.get("direction") == "outgoing")
        answers = re.findall(r"SIP/2\.0 200 OK\r?\n((?:[^\r\n]+\r?\n)+)", self.log())
        answer = next(a for a in answers if call in a and re.search(r"^CSeq: \d+ INVITE", a, re.MULTILINE))
        ours, theirs = (re.findall(rf"^{name}: .*;tag=([^;\s]+)", answer, re.MULTILINE)[0] for name in ("From", "To"))
        replaces = f"{call};to-tag={theirs};from-tag={ours}"
        await self.command("line", "1")
        await self.command("transfer", f"{self._dialled}?Replaces={quote(replaces)}")

    async def come_back(self) -> None:
        """End the consultation and talk again with the one on hold."""
        await self.command("line", "2")
        await self.command("hangup")
        await self.wait_for("CALL_CLOSED")
        await self.command("line", "1")
        with contextlib.suppress(KitError):  # baresip 1.1 does it, and says that it failed
            await self.command("resume")

    async def send_keys(self, keys: str, gap: float = 0.1) -> None:
        """Press `keys`, one each `gap` seconds."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(gap)  # a finger's pace, not a wait for something

    async def say(self, what: float | Path | None) -> None:
        """From now on say this tone or file."""
        self.says = what
        await self.command("ausrc", self._source())

    # --- what is to be seen and heard ---------------------------------------------------------------
    async def wait_for(self, *kinds: str, seconds: float = 15) -> dict[str, Any]:
        """The next event of one of these types, after the one returned last. Raises TimeoutError.

        Types are baresip's: CALL_INCOMING, CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED, REGISTER_OK, …
        """
        index = await self._index(kinds, seconds, self._seen)
        self._seen = index + 1
        return self.events[index]

    async def ended(self, seconds: float = 15) -> Ended:
        """Wait for the end of the latest call; at once when it is over."""
        index = await self._index(("CALL_CLOSED",), seconds, self._begun)
        self._seen = max(self._seen, index + 1)
        statuses = re.findall(r"SIP/2\.0 ([2-6]\d\d) [^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*?CSeq: \d+ INVITE", self.log())
        return Ended(int(statuses[-1]), "us" if self._hung_up else "them", self.events[index].get("param", ""))

    @property
    def heard(self) -> Samples:
        """What the latest call sounded like here, from its answer on, silences included."""
        if self._tape is None:
            raise KitError(f"softphone {self.user} had no call yet")
        return self._tape.samples()

    def log(self) -> str:
        """baresip's own words, with all SIP messages."""
        return (self.home / "baresip.log").read_text(errors="replace")

    # --- the wire -----------------------------------------------------------------------------------
    async def command(self, name: str, params: str = "") -> str:
        """Give one of baresip's commands and return what it said. Raises KitError when it failed."""
        if not self._writer:
            raise KitError(f"softphone {self.user} is not started")
        token = str(len(self._answers))
        future = self._answers[token] = asyncio.get_running_loop().create_future()
        request = {"command": name, "params": params, "token": token}
        self._writer.write(netstring.encode(json.dumps(request).encode()))
        answer = await asyncio.wait_for(future, 5)
        if not answer.get("ok"):
            raise KitError(f"softphone {self.user}: {name} {params}: {answer.get('data')}")
        return str(answer.get("data", ""))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        decoder = netstring.Decoder()
        try:
            while data := await reader.read(65536):
                for payload in decoder.feed(data):
                    await self._take(json.loads(payload))
        finally:
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(KitError(f"softphone {self.user} died:\n{self.log()[-2000:]}"))

    async def _take(self, message: dict[str, Any]) -> None:
        if message.get("response"):
            self._answers[message["token"]].set_result(message)
            return
        self._tape_call(message["type"], message.get("id", ""))
        async with self._news:
            self.events.append(message)
            self._news.notify_all()

    def _tape_call(self, event: str, call: str) -> None:
        """Tape each call from its first sign to its end, and a consultation on the same tape."""
        if event == "CALL_CLOSED":
            self._standing.discard(call)
            if self._taping and not self._standing:
                self._taping.cancel()
                self._taping = None
        elif event.startswith("CALL_") and call:  # the first sign of a dialled call does not name it
            self._standing.add(call)
        if event in ("CALL_INCOMING", "CALL_LOCAL_SDP", "CALL_REMOTE_SDP") and self._taping is None:
            self._begun = len(self.events)
            self._hung_up = False
            self._tape = Tape(self.home, "dump-*-dec.wav", old=self._tape.recordings if self._tape else set())
            self._taping = asyncio.create_task(self._tape.run())

    async def _index(self, kinds: tuple[str, ...], seconds: float, after: int) -> int:
        def found() -> int | None:
            return next((i for i, e in enumerate(self.events) if i >= after and e["type"] in kinds), None)

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: found() is not None), seconds)
            except TimeoutError:
                seen = ", ".join(e["type"] for e in self.events[after:]) or "nothing"
                raise TimeoutError(
                    f"softphone {self.user}: no {' or '.join(kinds)} within {seconds:g} s; seen: {seen}"
                ) from None
            index = found()
        assert index is not None
        return index

    async def _until_another_second(self) -> None:
        """baresip names what it records by the second: two calls that begin in the same one would share a file."""
        await until("another second", lambda: not (self.home / time.strftime(DUMP)).exists(), seconds=2)

    def _source(self) -> str:
        """baresip's name of what is said: always a WAV, long enough never to end within a call, because
        baresip sends nothing at all after the end of a file (and its sine wants 48 kHz)."""
        long = np.zeros(LONGEST_CALL * RATE)
        if isinstance(self.says, Path):
            given = read_wav(self.says)[: len(long)]
            long[: len(given)] = given
        elif self.says is not None:
            long = sine(self.says, LONGEST_CALL)
        self._sources += 1
        return f"aufile,{write_wav(self.home / f'says-{self._sources}.wav', long)}"
