"""What is switched on the lines without a publish. Everything that is switched on has an end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ivr.voice.book import Clip

ALL_LINES = ""
"""The target of what holds on every line."""


class Kind(StrEnum):
    """What can be switched on."""

    ANNOUNCEMENT = "announcement"
    SURGE = "surge"
    GATE = "gate"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Switch:
    """One thing that was switched on, and by whom. Times: Unix seconds.

    `target`: a line's number or ALL_LINES; of a block the caller (E.164). Of an announcement: `text` as spoken, or what
    its recording is called; `clip`: its audio in the folder of built prompts; `instead`: of the flow, not before it.
    """

    kind: Kind
    target: str
    since: float
    until: float
    reason: str
    author: str
    text: str = ""
    clip: Clip | None = None
    instead: bool = False
    id: int = 0
    ended_at: float | None = None
    ended_by: str = ""

    def in_force(self, now: float) -> bool:
        """Whether it holds at `now`."""
        return self.ended_at is None and self.since <= now < self.until


class Switches:
    """All that is switched on, as a call asks for it: no disk, no database."""

    def __init__(self, switches: Iterable[Switch] = ()) -> None:
        self._blocks: dict[str, Switch] = {}
        self._of_lines: list[Switch] = []
        for switch in sorted(switches, key=lambda s: s.until):
            if switch.kind is Kind.BLOCK:
                self._blocks[switch.target] = switch
            else:
                self._of_lines.append(switch)

    def in_force(self, now: float) -> list[Switch]:
        """What holds at `now`, the oldest first."""
        held = [s for s in (*self._of_lines, *self._blocks.values()) if s.in_force(now)]
        return sorted(held, key=lambda s: (s.since, s.id))

    def block(self, caller: str, now: float) -> Switch | None:
        """Why this caller is turned away; None for a withheld number, which nobody can block."""
        block = self._blocks.get(caller) if caller else None
        return block if block and block.in_force(now) else None

    def announcements(self, line: str, now: float) -> list[Switch]:
        """What is announced on a line: first what holds for all, then the line's own, each in order of time."""
        return sorted(self._on(Kind.ANNOUNCEMENT, line, now), key=lambda s: (s.target != ALL_LINES, s.since, s.id))

    def surge(self, line: str, now: float) -> Switch | None:
        """Who switched the line to surge."""
        return next(iter(self._on(Kind.SURGE, line, now)), None)

    def gate(self, line: str, now: float) -> Switch | None:
        """Who had the line ask for a sign of life."""
        return next(iter(self._on(Kind.GATE, line, now)), None)

    def _on(self, kind: Kind, line: str, now: float) -> list[Switch]:
        return [s for s in self._of_lines if s.kind is kind and s.target in (ALL_LINES, line) and s.in_force(now)]
