"""Parts of the day in which somebody can be called back: as people name them, while the line is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

Part = Literal["pagi", "siang", "sore"]
Window = tuple[dt.datetime, dt.datetime]

_HOURS: dict[Part, tuple[int, int]] = {"pagi": (8, 11), "siang": (11, 15), "sore": (15, 18)}
_SHORTEST = dt.timedelta(minutes=30)
"""In less nobody can be sure to be called. Windows begin at a full or half hour."""


def next_windows(open_times: Iterable[Window], now: dt.datetime) -> dict[Part, Window]:
    """The parts of the first day on which there is time to call, in order; all times zone-aware.

    `open_times`: when the line is open, in order of time. Where it closes in between, the longer piece counts.
    """
    for _, of_day in groupby(open_times, key=lambda times: times[0].date()):
        pieces = list(of_day)
        windows = {part: window for part in _HOURS if (window := _window(part, pieces, now))}
        if windows:
            return windows
    return {}


def _window(part: Part, open_times: Sequence[Window], now: dt.datetime) -> Window | None:
    first, last = (open_times[0][0].replace(hour=hour, minute=0) for hour in _HOURS[part])
    begin = max(first, _half_hour(now.astimezone(first.tzinfo)))
    pieces = [(max(begin, opens), min(last, closes)) for opens, closes in open_times]
    begins, ends = max(pieces, key=lambda piece: piece[1] - piece[0])
    return (begins, ends) if ends - begins >= _SHORTEST else None


def _half_hour(now: dt.datetime) -> dt.datetime:
    """The next full or half hour."""
    return now + (dt.datetime.min.replace(tzinfo=now.tzinfo) - now) % _SHORTEST
