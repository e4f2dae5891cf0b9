"""An event loop whose time jumps to the next thing that happens: an hour of waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class StuckError(RuntimeError):
    """Nothing will ever happen again, and yet somebody waits."""


class _JumpingSelector(selectors.DefaultSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise StuckError("every task waits and no timer runs")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and passes only while every task waits. Threads and real sockets have no place in it."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, _Result]) -> _Result:
    """`asyncio.run` in virtual time. Raises StuckError where a real loop would wait for ever."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        if left_over := asyncio.all_tasks(loop):
            for task in left_over:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left_over, return_exceptions=True))
        loop.close()
