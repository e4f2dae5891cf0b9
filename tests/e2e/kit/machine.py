"""What the kit needs of the machine: programs, free ports, and waiting without sleeping blindly."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivr.asterisk.find import provide_for_tests
from ivr.asterisk.program import ProgramError
from ivr.asterisk.program import program as bundle_program
from ivr.settings import PROJECT, load_settings

LOOPBACK = "127.0.0.1"


class KitError(Exception):
    """The kit itself cannot go on (a program is missing, a telephone did not start)."""


def bundle_root() -> Path:
    """Root of the unpacked Debian packages: the project's own, fetched once for all tests."""
    return load_settings(PROJECT / "var").bundle


def fetch_programs(progress: Callable[[str], None]) -> None:
    """Fetch Asterisk, baresip and SIPp unless they are here. Raises DebianError."""
    provide_for_tests(load_settings(PROJECT / "var"), progress)


def program(name: str) -> list[str]:
    """The argv prefix that runs `name` ("asterisk", "baresip", "sipp").

    Raises KitError when it is nowhere, and says how to get it.
    """
    try:
        return bundle_program(bundle_root(), name)
    except ProgramError as e:
        raise KitError(f"{e}\nGet it with: sambung setup --test-programs") from e


_FIRST_UDP, _LAST_UDP = 16_384, 32_000


@dataclass
class _Cursor:
    """Where the next range of ports is looked for: elsewhere in each process, as tests may run beside others."""

    udp: int = _FIRST_UDP + os.getpid() % 70 * 200


_cursor = _Cursor()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, address: str = LOOPBACK) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind((address, 0))
        port: int = s.getsockname()[1]
        return port


def free_sip_port(address: str = LOOPBACK) -> int:
    """A port that is free over UDP and TCP, and the next one too: baresip takes it for TLS."""
    while True:
        port = free_port(socket.SOCK_DGRAM, address)
        if all(is_free(p, socket.SOCK_STREAM, address) for p in (port, port + 1)):
            return port


def free_udp_range(count: int, address: str = LOOPBACK) -> int:
    """The first of `count` UDP ports in a row that are free, an even number (RTP, RTCP).

    They lie below the ports that the system gives out by itself, and no range is given out twice until
    all were: programs bind them only when a call comes.
    """
    for _ in range(_LAST_UDP // count):
        if _cursor.udp + count > _LAST_UDP:
            _cursor.udp = _FIRST_UDP
        start = _cursor.udp
        _cursor.udp += count + count % 2
        if all(is_free(port, socket.SOCK_DGRAM, address) for port in range(start, start + count)):
            return start
    raise KitError(f"no {count} free UDP ports in a row on {address}")


def is_free(port: int, kind: socket.SocketKind, address: str = LOOPBACK) -> bool:
    """Whether nobody holds this port now."""
    with socket.socket(socket.AF_INET, kind) as s:
        try:
            s.bind((address, port))
        except OSError:
            return False
        return True


async def until(what: str, look: Callable[[], Any], *, seconds: float) -> Any:
    """Look (a function, or one that is awaited) every 20 ms until the answer is true, and return it.

    Raises TimeoutError that says what was awaited.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        found = await answer if isinstance(answer, Awaitable) else answer
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(0.02)
