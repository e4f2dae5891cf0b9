"""Surge that begins and ends by itself, as callers wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.flow.hotline import Line
from ivr.settings import Settings


@dataclass(frozen=True, slots=True)
class SurgeTurn:
    """A line's surge began or ended, with so many callers waiting."""

    line: str
    began: bool
    waiting: int


class SurgeWatch:
    """Knows which lines are in surge by themselves. Half as many callers as begin a surge end it."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        """Line → when its surge began (Unix time)."""

    def look(
        self, lines: Mapping[str, Line], waiting: Callable[[Collection[str]], int], now: float
    ) -> Iterator[SurgeTurn]:
        """What has turned since the last look. `waiting`: how many wait in these queues, in all where none is named."""
        for number in self.since.keys() - lines.keys():
            del self.since[number]
            yield SurgeTurn(number, began=False, waiting=0)
        for number, line in lines.items():
            threshold = line.surge.waiting if line.surge else 0
            count = waiting(line.surge.queues) if line.surge and threshold else 0
            surging = number in self.since
            if threshold and not surging and count >= threshold:
                self.since[number] = now
                yield SurgeTurn(number, began=True, waiting=count)
            elif surging and count * 2 <= threshold:
                del self.since[number]
                yield SurgeTurn(number, began=False, waiting=count)


def note_surge(settings: Settings, since: Mapping[str, float], *, pid: int) -> None:
    """Let the commands know what the engine with this pid sees. Raises OSError."""
    part = _path(settings).with_suffix(".part")
    part.write_text(json.dumps({"pid": pid, "since": since}))
    part.replace(_path(settings))


def read_surge(settings: Settings, pid: int) -> dict[str, float]:
    """Line → since when it is in surge by itself, as the engine with this pid noted it last."""
    try:
        note = json.loads(_path(settings).read_bytes())
    except (OSError, ValueError):
        return {}
    since: dict[str, float] = note["since"] if note["pid"] == pid else {}
    return since


def _path(settings: Settings) -> Path:
    return settings.run / "surge.json"
