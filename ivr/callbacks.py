"""Callbacks: citizens who are called back instead of waiting, in the place in line that they had.

The flow takes them down; where they are kept it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Status(StrEnum):
    """How a callback stands; all but OPEN are its end."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Request:
    """Whom to call back, and when. `number`: E.164; `caller`: the same, or the number the call came from, or "".

    `at`, `since`, `begins`, `ends`: Unix seconds. `since`: when the caller first waited for `queue`, which is their
    place in line. `window`: a name for people; `begins`, `ends`: its bounds, None where the place alone decides.
    `details`: variables of the call by name.
    """

    queue: str
    line: str
    call: str
    number: str
    caller: str
    at: float
    since: float
    window: str
    begins: float | None
    ends: float | None
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Callback:
    """What a caller may hear of their callback. `position`: from 1, among those that wait in its queue."""

    id: int
    position: int


class CallbacksDown(Exception):  # noqa: N818 - no fault of the flow: a state of the store
    """Callbacks cannot be written or read now; the message says why."""


class CallbackDesk(Protocol):
    """Keeps callbacks. Each method answers within seconds or raises CallbacksDown."""

    async def count(self, queue: str) -> int:
        """How many wait in this queue."""

    async def find(self, number: str, queue: str) -> Callback | None:
        """The one that waits for this number in this queue; None where there is none."""

    async def open(self, request: Request, *, most: int) -> Callback | None:
        """The new callback, or the one that its number has already; it is safe on the disk by then.

        None where `most` wait in the queue already.
        """

    async def cancel(self, callback: Callback, at: float) -> None:
        """The caller does not want it any more, at this Unix time."""
