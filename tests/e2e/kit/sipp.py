"""Callers and agents by SIPp: many at once, with exact timing, and with bad manners.

The scenarios are files in `scenarios/`, templates whose `$words` are filled in here. A call's media is
a pcap that SIPp sends over a raw socket, which needs root or CAP_NET_RAW.
"""

from __future__ import annotations

import asyncio
import csv
import re
import socket
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from subprocess import DEVNULL

from tests.e2e.kit import rtp
from tests.e2e.kit.audio import Samples
from tests.e2e.kit.machine import LOOPBACK, KitError, free_port, free_sip_port, free_udp_range, is_free, program, until

SCENARIOS = Path(__file__).with_name("scenarios")
NO_HEADERS = "Subject: -"
MESSAGES_UP_TO = 50
"""Up to this many calls all SIP messages are kept, which a load run could not afford."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a run. A call that did not go as its scenario says is a failure.

    `statuses` counts the SIP responses that SIPp received, retransmissions included, by status; it is
    empty for runs of more than `MESSAGES_UP_TO` calls. `errors`: SIPp's own words.
    """

    calls: int
    successful: int
    failed: int
    statuses: Counter[int]
    errors: str

    def check(self) -> Result:
        """This result, if all calls went well. Raises KitError."""
        if self.failed or self.successful != self.calls or not self.calls:
            raise KitError(f"SIPp: {self.successful} of {self.calls} calls went well; {self.errors[:2000]}")
        return self


class Sipp:
    """A running SIPp. `finish` waits for its end, `stop` ends it."""

    def __init__(self, home: Path, process: asyncio.subprocess.Process) -> None:
        self._home = home
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def finish(self, seconds: float = 60) -> Result:
        """Wait until all calls are over. Raises TimeoutError, after ending SIPp."""
        try:
            await asyncio.wait_for(self._process.wait(), seconds)
        except TimeoutError:
            await self.stop()
            raise TimeoutError(f"SIPp not done within {seconds:g} s; {self._read('errors.log')[:2000]}") from None
        return self.result()

    async def stop(self) -> Result:
        """End it now, calls included."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        return self.result()

    def result(self) -> Result:
        """The result so far."""
        return read_result(self._read("stat.csv"), self._read("messages.log"), self._read("errors.log"))

    def _read(self, name: str) -> str:
        path = self._home / name
        return path.read_text(errors="replace") if path.exists() else ""


def read_result(statistics: str, messages: str, errors: str) -> Result:
    """Result from SIPp's three files: statistics CSV, message trace, error log."""
    rows = list(csv.DictReader(statistics.splitlines(), delimiter=";"))
    last = rows[-1] if rows else {}
    received = re.findall(r"message received \[\d+\] bytes:?\s*SIP/2\.0 (\d{3}) ", messages)
    return Result(
        calls=int(last.get("TotalCallCreated") or 0),
        successful=int(last.get("SuccessfulCall(C)") or 0),
        failed=int(last.get("FailedCall(C)") or 0),
        statuses=Counter(int(status) for status in received),
        errors=errors.strip(),
    )


async def citizens(
    home: Path,
    server: str,
    number: str,
    *,
    calls: int = 1,
    rate: float = 1.0,
    limit: int | None = None,
    caller: str = "08123456789",
    keys: Sequence[rtp.Key] = (),
    media_seconds: float = 0.0,
    says: Samples | None = None,
    stay: float = 10.0,
    leaves: bool = True,
    name: str = "",
    headers: str = "",
    address: str = LOOPBACK,
) -> Sipp:
    """Start `calls` citizens, `rate` a second and at most `limit` at once, who dial `number` from `address`.

    Each presses `keys`, counted from the answer, and says `says` (silence by default) for `media_seconds`.
    They hang up after `stay` seconds; where nobody `leaves`, a call that was not ended by the other side by
    then is a failure. `caller`, `name` (the display name) and `headers` are sent as they are.
    """
    media = ""
    home.mkdir(parents=True, exist_ok=True)
    if keys or media_seconds:
        _need_raw_sockets()
        # SIPp sends the first packet at once, whatever its time: there must be one at second 0.
        packets = rtp.stream(max(media_seconds, rtp.PACKET), keys, says)
        media = f"<nop>{_play(rtp.write_pcap(home / 'media.pcap', packets))}</nop>"
    words = {"begin": "", "number": "[service]", "media": media, "stay_ms": f"{stay * 1000:.0f}"}
    words |= {"caller": caller, "name": name, "headers": headers or NO_HEADERS}
    words["ontimeout"] = 'ontimeout="leave"' if leaves else ""
    return await _start(
        home, "citizen", words, server, service=number, calls=calls, rate=rate, limit=limit, address=address
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """One of a crowd: `name` dials `number`, sends `media` from the answer on, and hangs up at its end."""

    name: str
    number: str
    media: Sequence[rtp.Packet]


async def crowd(home: Path, server: str, callers: Sequence[Caller], *, at_once: int, spread: float) -> Sipp:
    """Start one SIPp for different callers, in this order, `at_once` of them on the line at any time.

    The first `at_once` begin over `spread` seconds; the others as soon as one before them is done.
    """
    _need_raw_sockets()
    home.mkdir(parents=True, exist_ok=True)
    plays, lines = [], ["SEQUENTIAL"]
    for i, caller in enumerate(callers):
        # SIPp begins everybody's media on the same 20 ms, which people do not.
        phase = i * 0.007 % rtp.PACKET
        packets = [*caller.media[:1], *(rtp.Packet(p.at + phase, p.data) for p in caller.media[1:])]
        plays.append(f'<nop/><nop next="plays">{_play(rtp.write_pcap(home / f"{i}.pcap", packets))}</nop>')
        wait = i / at_once * spread if i < at_once else 0
        stay = caller.media[-1].at
        lines.append(f"{caller.name};{caller.number};{wait * 1000:.0f};{stay * 1000:.0f};{2 * i + 2}")
    path = home / "callers.csv"
    path.write_text("\n".join(lines) + "\n")
    # No field can name the file to play. So a call jumps to the command that plays its own; a jump ends behind the
    # command before its goal and follows the `next` of that one: hence the empty ones.
    words = {
        "begin": f'<nop next="calls"/>{"".join(plays)}<label id="calls"/>{_NUMBERS}<pause variable="wait"/>',
        "media": '<nop><action><jump variable="play"/></action></nop><label id="plays"/>',
        "caller": "[field0]", "number": "[field1]", "stay_ms": "[field3]",
        "name": "", "headers": NO_HEADERS, "ontimeout": 'ontimeout="leave"',
    }  # fmt: skip
    return await _start(home, "citizen", words, server, calls=len(callers), rate=1000, limit=at_once, fields=path)


_NUMBERS = """<nop><action>
  <assignstr assign_to="wait" value="[field2]"/><todouble assign_to="wait" variable="wait"/>
  <assignstr assign_to="play" value="[field4]"/><todouble assign_to="play" variable="play"/>
</action></nop>"""


def _play(media: Path) -> str:
    return f'<action><exec play_pcap_audio="{media}"/></action>'


async def refused_call(
    home: Path,
    server: str,
    number: str,
    *,
    status: int,
    caller: str = "orang",
    headers: str = "",
    address: str = LOOPBACK,
) -> Result:
    """One call that is to be refused with `status`; `headers` are sent as they are. Failed if it was not."""
    words = {"status": str(status), "caller": caller, "headers": headers or NO_HEADERS}
    return await (await _start(home, "refused", words, server, service=number, address=address)).finish()


async def register(
    home: Path,
    server: str,
    user: str,
    password: str,
    *,
    status: int = 200,
    times: int = 1,
    address: str = LOOPBACK,
    port: int | None = None,
) -> Result:
    """Register `user` so many times; the answer is to be `status` each time (a wrong password: 401 again)."""
    words = {"status": str(status)}
    run = await _start(
        home, "register", words, server,
        service=user, password=password, calls=times, rate=50, limit=1, address=address, port=port,
    )  # fmt: skip
    return await run.finish()


async def registrar(home: Path, user: str, password: str, *, address: str, port: int) -> Sipp:
    """Start a provider that lets `user` register once, with this password and no other."""
    words = {"user": user, "password": password}
    return await _start(home, "registrar", words, "", service=user, address=address, port=port, serves=True)


async def agent(
    home: Path,
    server: str,
    user: str,
    password: str,
    behaviour: str,
    *,
    calls: int = 1,
    ring: float = 0.3,
    talk: float = 30.0,
    status: int = 486,
) -> Sipp:
    """An agent's telephone that registers and then takes `calls` calls in one way.

    `behaviour`: "answers" (rings `ring` s, talks up to `talk` s), "rejects" (rings, then `status`),
    "rings" (nobody takes it).
    """
    port = free_sip_port()
    (await register(home / "register", server, user, password, port=port)).check()
    words = {"ring_ms": f"{ring * 1000:.0f}", "talk_ms": f"{talk * 1000:.0f}", "status": str(status)}
    return await _start(home, f"agent_{behaviour}", words, server, service=user, calls=calls, port=port, serves=True)


async def _start(
    home: Path,
    scenario: str,
    words: dict[str, str],
    server: str,
    *,
    service: str = "",
    calls: int = 1,
    rate: float = 1.0,
    limit: int | None = None,
    password: str = "",
    fields: Path | None = None,
    address: str = LOOPBACK,
    port: int | None = None,
    serves: bool = False,
) -> Sipp:
    if home.exists():
        for old in ("stat.csv", "messages.log", "errors.log"):
            (home / old).unlink(missing_ok=True)
    home.mkdir(parents=True, exist_ok=True)
    text = Template((SCENARIOS / f"{scenario}.xml").read_text()).substitute(words)
    (home / "scenario.xml").write_text(text)
    rtp_ports = min(4 * calls + 4, 2000)  # a call takes the next ones, whether or not their last call is over
    media = free_udp_range(rtp_ports, address)
    own_port = port or free_sip_port(address)
    arguments = [
        *(() if serves else (server,)),
        *("-sf", str(home / "scenario.xml"), "-i", address, "-mi", address, "-p", str(own_port)),
        *("-min_rtp_port", str(media), "-max_rtp_port", str(media + rtp_ports)),
        *("-s", service, "-m", str(calls), "-l", str(limit or calls), "-cp", str(free_port(socket.SOCK_DGRAM))),
        *("-r", f"{rate * 10:.0f}", "-rp", "10000"),
        *("-trace_stat", "-stf", str(home / "stat.csv"), "-fd", "1"),
        *("-trace_err", "-error_file", str(home / "errors.log")),
        *("-nostdin", "-timeout_error"),
    ]
    if calls <= MESSAGES_UP_TO:
        arguments += ["-trace_msg", "-message_file", str(home / "messages.log")]
    if password:
        arguments += ["-au", service, "-ap", password]
    if fields:
        arguments += ["-inf", str(fields)]
    process = await asyncio.create_subprocess_exec(
        *program("sipp"), *arguments, cwd=home, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
        env={"TERM": "dumb"},
    )  # fmt: skip
    if serves:
        await until("SIPp's port", lambda: not is_free(own_port, socket.SOCK_DGRAM, address), seconds=10)
    return Sipp(home, process)


def _need_raw_sockets() -> None:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP).close()
    except PermissionError:
        raise KitError("SIPp plays media over raw sockets: run this as root, or with CAP_NET_RAW") from None
