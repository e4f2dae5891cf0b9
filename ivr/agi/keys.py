"""The buffer that loses no key.

Asterisk throws a key away when it comes while no AGI command runs (FACTS.md). Its manager interface
tells of every key all the same, so that is the first source; what AGI itself reports is the second,
used alone while the manager is away. A key told by both must count once, one told by either must not
be lost, and the order must be the caller's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

CONFIRM_SECONDS = 0.15
"""How long a key reported by AGI waits for the manager's word, which is normally there already."""


class KeyBuffer:
    """Keys of one call in the order they were pressed. `witnessed` tells whether the manager listens."""

    def __init__(self, witnessed: Callable[[], bool]) -> None:
        self._witnessed = witnessed
        self._keys: deque[str] = deque()
        self._unmatched: deque[str] = deque(maxlen=64)  # told by the manager, not yet by AGI
        self._ahead: deque[str] = deque(maxlen=64)  # taken on AGI's word alone
        self._told = asyncio.Event()
        self._waiters: list[tuple[str, asyncio.Future[None]]] = []

    def witness(self, key: str) -> None:
        """The manager tells of a key."""
        if self._ahead and self._ahead[0] == key:
            self._ahead.popleft()
            return
        self._unmatched.append(key)
        self._told.set()
        self._push(key)

    async def report(self, key: str) -> None:
        """AGI tells of a key: a command was ended by it. Returns once it is in the buffer."""
        if self._witnessed():
            try:
                async with asyncio.timeout(CONFIRM_SECONDS):
                    while key not in self._unmatched:
                        self._told.clear()
                        await self._told.wait()
            except TimeoutError:
                pass
            else:
                while self._unmatched.popleft() != key:
                    pass  # those before it fell between two commands
                return
            self._ahead.append(key)
        self._push(key)

    def command_begins(self) -> None:
        """Keys told before a command begins cannot be what ends it."""
        self._unmatched.clear()

    def _push(self, key: str) -> None:
        self._keys.append(key)
        for keys, waiter in self._waiters:
            if key in keys and not waiter.done():
                waiter.set_result(None)

    def take(self) -> str | None:
        """The next key, or None."""
        return self._keys.popleft() if self._keys else None

    def forget(self) -> None:
        """Throw away what was pressed in a conversation: it was meant for the other side."""
        self._keys.clear()
        self._unmatched.clear()
        self._ahead.clear()

    def any_of(self, keys: str) -> bool:
        """Whether one of `keys` is waiting to be taken."""
        return any(k in keys for k in self._keys)

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
