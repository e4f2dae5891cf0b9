"""A process's sign of life: one byte again and again into the pipe that the supervisor handed it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable

VARIABLE = "SAMBUNG_HEARTBEAT_FD"
"""Names the descriptor of the pipe, for the process that is to beat."""


async def beat(seconds: float, is_well: Callable[[], bool] = lambda: True) -> None:
    """One byte each so many seconds while `is_well`, until cancelled. Without a pipe there is nothing to do."""
    fd = int(os.environ.get(VARIABLE, "-1"))
    while fd >= 0:
        if is_well():
            with contextlib.suppress(BlockingIOError):
                os.write(fd, b".")
        await asyncio.sleep(seconds)
