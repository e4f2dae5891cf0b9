"""An event loop whose time jumps to the next thing that happens: an hour of waiting takes no time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

_Result = TypeVar("_Result")


class StuckError(RuntimeError):
    """Nothing will ever happen again, and yet somebody waits."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Time starts at 0 and passes only while every task waits. Threads and sockets have no place in it."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0

    @property
    def _selector(self) -> VirtualLoop:
        return self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> tuple[()]:
        """Where another loop would sleep, time jumps."""
        if timeout is None:
            raise StuckError("every task waits and no timer runs")
        self._now += timeout
        return ()

    def run_in_executor(self, executor: object, func: object, *args: object) -> NoReturn:
        raise RuntimeError("no threads in virtual time")

    def _process_events(self, events: tuple[()]) -> None:
        """There are none but timers."""

    def jump(self, seconds: float) -> bool:
        """Let time pass at once, if all else waits for longer than that; whether it did.

        For the task that runs and would do nothing but sleep: it need not be put to sleep and woken.
        """
        then = self._now + seconds
        if self._ready or (self._scheduled and self._scheduled[0].when() <= then):
            return False
        self._now = then
        return True


def running() -> VirtualLoop:
    """The loop that the caller runs in."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop), "a simulation runs in virtual time only"
    return loop


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
