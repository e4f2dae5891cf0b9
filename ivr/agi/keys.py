"""The buffer that loses no key.

Asterisk throws a key away when it comes while no AGI command runs (FACTS.md). Its manager interface
tells of every key all the same, so that is the first source; what AGI itself reports is the second,
used alone while the manager is away. A key told by both must count once, one told by either must not
be lost, and the order must be the caller's.

Asterisk stretches keys that are short or close to each other (80 and 45 ms). Then the manager may tell
the end of one key again, and AGI may report it again when a later command runs; its beginning is told
once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ivr.keys import PressedKeys

CONFIRM_SECONDS = 0.15
"""How long a key reported by AGI waits for the manager's word, which is normally there already."""
AGAIN_SECONDS = 1.0
"""How long after a key its end may be told again, by either of the two."""


class KeyBuffer(PressedKeys):
    """`witnessed` tells whether the manager listens."""

    def __init__(self, witnessed: Callable[[], bool]) -> None:
        super().__init__()
        self._witnessed = witnessed
        # Each with the time until which the other may tell of it, too.
        self._unmatched: deque[tuple[str, float]] = deque(maxlen=64)  # told by the manager, not yet by AGI
        self._ahead: deque[tuple[str, float]] = deque(maxlen=64)  # taken on AGI's word alone
        self._down: deque[str] = deque(maxlen=64)  # begun, as the manager tells, and not yet ended
        self._begins_are_told = False  # keys in SIP INFO only end
        self._counted: dict[str, float] = {}  # key → when it was counted last
        self._told = asyncio.Event()
        self._waiters: list[tuple[str, asyncio.Future[None]]] = []

    def begins(self, key: str) -> None:
        """The manager tells that a key went down."""
        self._begins_are_told = True
        self._down.append(key)

    def witness(self, key: str) -> None:
        """The manager tells that a key was released, perhaps once more."""
        if key in self._down:
            released = ""
            while released != key:  # what began before it has ended, too
                released = self._down.popleft()
                self._told_by_manager(released)
        elif not self._is_told_again(key):
            self._told_by_manager(key)

    def _is_told_again(self, key: str) -> bool:
        """Whether the end of `key`, of which no beginning is left, is that of a key counted already."""
        return self._begins_are_told and self._now() - self._counted.get(key, -AGAIN_SECONDS) < AGAIN_SECONDS

    def _told_by_manager(self, key: str) -> None:
        self._drop_old(self._ahead)
        if self._ahead and self._ahead[0][0] == key:
            self._ahead.popleft()
            return
        self._unmatched.append((key, self._now() + AGAIN_SECONDS))
        self._told.set()
        self.press(key)

    async def report(self, key: str) -> None:
        """AGI tells of a key: a command was ended by it. Returns once it is in the buffer."""
        if self._witnessed():
            self._drop_old(self._unmatched)
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    while key not in (told for told, _ in self._unmatched):
                        self._told.clear()
                        await self._told.wait()
            except TimeoutError:
                pass
            else:
                while self._unmatched.popleft()[0] != key:
                    pass  # those before it fell between two commands
                return
            if self._is_told_again(key):
                return
            self._ahead.append((key, self._now() + AGAIN_SECONDS))
        self.press(key)

    def _drop_old(self, told: deque[tuple[str, float]]) -> None:
        while told and told[0][1] < self._now():
            told.popleft()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def press(self, key: str) -> bool:
        self._counted[key] = self._now()
        counts = super().press(key)
        for keys, waiter in self._waiters if counts else ():
            if key in keys and not waiter.done():
                waiter.set_result(None)
        return counts

    def forget(self) -> None:
        super().forget()
        self._unmatched.clear()
        self._ahead.clear()
        self._down.clear()

    @contextmanager
    def arrival(self, keys: str) -> Iterator[asyncio.Future[None]]:
        """A future that is done as soon as one of `keys` is in the buffer, for as long as the context lasts."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.any_of(keys):
            waiter.set_result(None)
        entry = (keys, waiter)
        self._waiters.append(entry)
        try:
            yield waiter
        finally:
            self._waiters.remove(entry)
            waiter.cancel()
