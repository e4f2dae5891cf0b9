"""Tickets: what citizens complain of, propose or ask, kept under a number until an officer has answered.

The flow opens them and tells how they stand; where they are kept it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

Kind = Literal["complaint", "aspiration", "information"]


class Status(StrEnum):
    """How a ticket stands."""

    OPEN = "open"
    IN_WORK = "in_work"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Request:
    """What a ticket is opened for. `at`: Unix seconds; `caller`: E.164, "" when withheld.

    `recording`: the caller's message, relative to `recordings/`, "" where there is none; `details`: variables of the
    call by name.
    """

    kind: Kind
    call: str
    line: str
    caller: str
    at: float
    recording: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a caller may hear of a ticket. `answer`: the officer's words, "" before it is ANSWERED."""

    number: str
    status: Status
    answer: str = ""


class TicketsDown(Exception):  # noqa: N818 - no fault of the flow: a state of the store
    """Tickets cannot be written or read now; the message says why."""


class TicketDesk(Protocol):
    """Keeps tickets. Each method answers within seconds or raises TicketsDown."""

    async def open(self, request: Request) -> str:
        """The number of a new ticket, which is safe on the disk by then."""

    async def find(self, number: str) -> Ticket | None:
        """The ticket of this number; None where there is none."""
