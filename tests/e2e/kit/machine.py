"""What the kit needs of the machine: programs, free ports, and waiting without sleeping blindly."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable
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


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, address: str = LOOPBACK) -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind((address, 0))
        port: int = s.getsockname()[1]
        return port


def free_udp_range(count: int, address: str = LOOPBACK) -> int:
    """The first of `count` UDP ports in a row that are free, starting at an even number (RTP, RTCP)."""
    for start in range(20000 + os.getpid() % 200 * 100, 60000, 2):
        held: list[socket.socket] = []
        try:
            for port in range(start, start + count):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                held.append(s)
                s.bind((address, port))
        except OSError:
            continue
        else:
            return start
        finally:
            for s in held:
                s.close()
    raise KitError(f"no {count} free UDP ports in a row on {address}")


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
