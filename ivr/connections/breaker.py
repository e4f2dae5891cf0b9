"""Keeps callers from waiting for a system that does not answer."""

from __future__ import annotations

import time
from collections.abc import Callable

FAILURES = 3
"""So many failures in a row, and the system is taken to be dead …"""
REST_SECONDS = 15.0
"""… for so long; then one query tries it."""


class Breaker:
    """The state of one system."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures, self._rests_until = 0, 0.0

    def may_ask(self) -> bool:
        """Whether a query may go there now. Of a dead system that is true once after each rest."""
        if self._failures >= FAILURES:
            if self._clock() < self._rests_until:
                return False
            self._rests_until = self._clock() + REST_SECONDS
        return True

    def answered(self) -> bool:
        """The system is alive. Whether it was taken to be dead."""
        was_dead = self._failures >= FAILURES
        self._failures = 0
        return was_dead

    def failed(self) -> bool:
        """The system did not answer. Whether it is taken to be dead from now on."""
        self._failures += 1
        self._rests_until = self._clock() + REST_SECONDS
        return self._failures == FAILURES
