"""Speech servers have an allocator of their own; nobody else has it."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from ivr.settings import load_settings
from ivr.speech import allocator
from ivr.wards import speech_wards
from tests.e2e.kit.machine import free_port


def has_it(process: psutil.Process) -> bool:
    return any(part.path == str(allocator.LIBRARY) for part in process.memory_maps())


async def test_a_speech_server_has_it_and_its_keeper_has_not(tmp_path: Path) -> None:
    (tmp_path / "sambung.toml").write_text(f"[network]\nspeech_port = {free_port()}\n[speech]\nservers = 1\n")
    (ward,) = speech_wards(load_settings(tmp_path))
    daemon, ready = ward.start(), asyncio.Event()
    watching = asyncio.create_task(ward.watch(ready.set))
    try:
        async with asyncio.timeout(30):
            await ready.wait()
        server = psutil.Process(daemon.pid)
        assert has_it(server)
        assert [has_it(child) for child in server.children()] == [False]
        assert not has_it(psutil.Process())
    finally:
        watching.cancel()
        daemon.send(signal.SIGTERM)
        await daemon.ended()


def test_whoever_chose_another_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "libjemalloc.so.2")
    assert allocator.environment() == {"LD_PRELOAD": "libjemalloc.so.2"}
    allocator.keep_from_children()
    assert os.environ["LD_PRELOAD"] == "libjemalloc.so.2"


def test_without_it_speech_servers_start_as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(allocator, "LIBRARY", tmp_path / "none")
    assert allocator.environment() == {}
