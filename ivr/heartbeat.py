"""A process's sign of life: one byte again and again into the pipe that the supervisor handed it."""

from __future__ import annotations

import asyncio
import contextlib
import os

VARIABLE = "SAMBUNG_HEARTBEAT_FD"
"""Names the descriptor of the pipe, for the process that is to beat."""


async def beat(seconds: float) -> None:
    """One byte each so many seconds, until cancelled. Without a pipe there is nothing to do."""
    fd = int(os.environ.get(VARIABLE, "-1"))
    while fd >= 0:
        with contextlib.suppress(BlockingIOError):
            os.write(fd, b".")
        await asyncio.sleep(seconds)
