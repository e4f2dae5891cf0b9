"""Keys pressed on a call that no step has taken yet."""

from __future__ import annotations

import asyncio
from collections import deque

from ivr.channel import ALL_KEYS

LATE_SECONDS = 1.0
"""How soon after its beginning a recording is not ended by a key that may belong to the number before."""


class PressedKeys:
    """In the order they were pressed. Times are of the running event loop's clock."""

    def __init__(self) -> None:
        self._keys: deque[str] = deque()
        self._swallowed = ("", 0.0)  # a key that answers nothing should it be the next one, and until when

    def press(self, key: str) -> bool:
        """A key was pressed; whether it counts."""
        (swallowed, until), self._swallowed = self._swallowed, ("", 0.0)
        if key == swallowed and asyncio.get_running_loop().time() < until:
            return False
        self._keys.append(key)
        return True

    def swallow(self, key: str, *, within: float) -> None:
        """As `ivr.channel.Channel.swallow`."""
        if not self._keys:
            self._swallowed = (key, asyncio.get_running_loop().time() + within)
        elif self._keys[0] == key:
            self._keys.popleft()

    def swallow_no_later(self, *, within: float) -> None:
        """Whatever key was to be swallowed counts once so many seconds have passed from now."""
        key, until = self._swallowed
        self._swallowed = (key, min(until, asyncio.get_running_loop().time() + within))

    def take(self, of: str = ALL_KEYS) -> str | None:
        """The next key where it is one of these, else None."""
        return self._keys.popleft() if self._keys and self._keys[0] in of else None

    def any_of(self, keys: str) -> bool:
        """Whether one of `keys` is waiting to be taken."""
        return bool(self._keys) and any(key in keys for key in self._keys)

    def clear(self) -> None:
        """Throw away what waits to be taken."""
        self._keys.clear()

    def forget(self) -> None:
        """Throw away what was pressed in a conversation: it was meant for the other side."""
        self.clear()
        self._swallowed = ("", 0.0)
