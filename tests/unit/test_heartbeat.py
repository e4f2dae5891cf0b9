"""The sign of life that the supervisor waits for."""

from __future__ import annotations

import asyncio
import contextlib
import os

import pytest

from ivr.heartbeat import VARIABLE, beat


async def test_it_beats_only_while_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, pipe = os.pipe()
    monkeypatch.setenv(VARIABLE, str(pipe))
    health = [True, False, True]

    def is_well() -> bool:
        if not health:
            beating.cancel()
        return bool(health) and health.pop(0)

    beating = asyncio.create_task(beat(0.0, is_well))
    with contextlib.suppress(asyncio.CancelledError):
        await beating
    os.close(pipe)
    assert os.read(heard, 100) == b".."
    os.close(heard)


async def test_a_full_pipe_hinders_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    heard, pipe = os.pipe()
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, bytes(65536))
    monkeypatch.setenv(VARIABLE, str(pipe))
    beats = 0

    def is_well() -> bool:
        nonlocal beats
        beats += 1
        if beats == 3:
            beating.cancel()
        return True

    beating = asyncio.create_task(beat(0.0, is_well))
    with pytest.raises(asyncio.CancelledError):
        await beating
    assert beats == 3
    os.close(pipe)
    os.close(heard)


async def test_without_a_pipe_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    await beat(0.0)
