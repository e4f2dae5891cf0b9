"""The other systems of a simulated call: what they answer, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ivr.channel import Value
from ivr.lookups import Json, LookupFailed
from ivr.notifications import Notification


@dataclass(frozen=True, slots=True)
class SimAnswer:
    """`answer` after `seconds`: None where nothing is found. With `fails` there is none."""

    answer: Json = None
    seconds: float = 0.0
    fails: bool = False


class SimLookups:
    """Implements `ivr.lookups.Lookups` with answers that are given beforehand. All else fails."""

    def __init__(self, answers: Mapping[str, SimAnswer] | None = None) -> None:
        self._answers = answers or {}

    async def ask(self, query: str, values: Mapping[str, Value], timeout: float) -> Json:
        given = self._answers.get(query)
        if given is None:
            raise LookupFailed("the simulation has no answer to it")
        await asyncio.sleep(min(given.seconds, timeout))
        if given.fails or given.seconds > timeout:
            raise LookupFailed("no answer")
        return given.answer


class SimOutbox:
    """Implements `ivr.notifications.Outbox`, in memory."""

    def __init__(self, may_know: AbstractSet[str] = frozenset()) -> None:
        self._may_know = may_know
        self.sent: list[Notification] = []

    def may_know(self, recipient: str) -> AbstractSet[str]:
        return self._may_know

    def put(self, notification: Notification) -> None:
        self.sent.append(notification)
