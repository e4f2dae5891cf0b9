"""What is known of a caller's number from before: earlier calls, what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Past:
    """Of one number, up to a call at `now`. `calls`: when earlier ones began; times in Unix seconds.

    `tickets`, `callbacks`: how many are open.
    """

    now: float
    calls: tuple[float, ...] = ()
    tickets: int = 0
    callbacks: int = 0


class PastUnknown(Exception):  # noqa: N818 - no fault of the flow: a state of the store
    """What was before cannot be read now; the message says why."""


class CallerArchive(Protocol):
    """Knows the past of callers."""

    async def past(self, caller: str, call: str, now: float) -> Past:
        """What there was of this number (E.164) before this call; answers at once or raises PastUnknown."""
