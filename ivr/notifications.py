"""Notifications: what a flow tells others of a call, by the name of a recipient. The call never waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notification:
    """`at`: Unix seconds; `details`: variables of the call by name."""

    recipient: str
    call: str
    line: str
    at: float
    text: str
    details: Mapping[str, str]


class Outbox(Protocol):
    """Takes notifications, and sees to it that they arrive."""

    def may_know(self, recipient: str) -> AbstractSet[str]:
        """The secret variables that it may be told."""

    def put(self, notification: Notification) -> None:
        """Take it, at once."""
