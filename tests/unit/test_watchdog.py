"""systemd's watchdog, with a socket that listens as systemd does."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from ivr.watchdog import reassure_systemd


@pytest.mark.parametrize("kind", ["path", "abstract"])
async def test_systemd_is_told_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    address = str(tmp_path / "notify") if kind == "path" else f"@sambung-test-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(reassure_systemd())
    while "NOTIFY_SOCKET" in os.environ:  # it is not for Asterisk, which would speak to systemd too
        await asyncio.sleep(0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:  # comes later: being restarted, for one
        systemd.bind(address.replace("@", "\0"))
        systemd.setblocking(False)
        async with asyncio.timeout(10):
            for _ in range(3):
                assert await loop.sock_recv(systemd, 100) == b"WATCHDOG=1"
    task.cancel()


async def test_where_systemd_does_not_ask_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    await asyncio.wait_for(reassure_systemd(), 5)
