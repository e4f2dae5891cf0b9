"""Judgement on processes, without any input or output: is it frozen, and when to start it again."""

from __future__ import annotations


class Backoff:
    """How long to wait before starting again: not at all at first, then longer, up to `longest`.

    What ran for `steady` seconds is forgiven its earlier ends.
    """

    def __init__(self, *, first: float = 0.5, longest: float = 5.0, steady: float = 30.0) -> None:
        self._first, self._longest, self._steady = first, longest, steady
        self._ends = 0

    def pause(self, ran: float) -> float:
        """Seconds to wait after an end that came `ran` seconds after the start."""
        self._ends = 1 if ran >= self._steady else self._ends + 1
        return 0.0 if self._ends == 1 else min(self._longest, self._first * 2.0 ** (self._ends - 2))


class Pulse:
    """Judges signs of life. Time counts in steps, so that our own standing still condemns nobody."""

    LONGEST_STEP = 1.0

    def __init__(self, *, silence: float, start: float) -> None:
        """`silence`: seconds without a sign before it is frozen; `start`: the same before the first sign."""
        self._silence, self._start = silence, start
        self.alive = False
        """Whether there ever was a sign of life."""
        self._quiet = 0.0

    def step(self, elapsed: float, *, sign: bool) -> bool:
        """Whether it is frozen, now that `elapsed` seconds went by, with or without a sign of life."""
        if sign:
            self.alive, self._quiet = True, 0.0
            return False
        self._quiet += min(elapsed, self.LONGEST_STEP)
        return self._quiet >= (self._silence if self.alive else self._start)
