"""What a simulated caller's number did before."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.callers import Past, PastUnknown

_DAY_SECONDS = 86_400


class SimCallers:
    """Implements `ivr.callers.CallerArchive`: every number has the same past.

    `days_ago`: when it called before; `tickets`, `callbacks`: how many are open. `works`: whether that can be read.
    """

    def __init__(
        self, days_ago: Iterable[float] = (), *, tickets: int = 0, callbacks: int = 0, works: bool = True
    ) -> None:
        self._days_ago, self._tickets, self._callbacks, self._works = days_ago, tickets, callbacks, works

    async def past(self, caller: str, call: str, now: float) -> Past:
        if not self._works:
            raise PastUnknown("the record is out of order")
        calls = tuple(now - days * _DAY_SECONDS for days in self._days_ago)
        return Past(now, calls, self._tickets, self._callbacks)
