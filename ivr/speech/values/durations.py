"""Lengths of time: "dua jam tiga puluh menit", "satu jam setengah", "seminggu", "3 bulan"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ivr.i18n import tr
from ivr.speech.values.numbers import numbers
from ivr.speech.values.words import Reading, Words, read


@dataclass(frozen=True, slots=True)
class Duration:
    """Months have no fixed length, so they stand beside the time. Half a month is 15 days."""

    months: int = 0
    time: dt.timedelta = dt.timedelta()

    def __add__(self, other: Duration) -> Duration:
        return Duration(self.months + other.months, self.time + other.time)


UNITS = {
    "tahun": (12, dt.timedelta()),
    "bulan": (1, dt.timedelta()),
    "minggu": (0, dt.timedelta(weeks=1)),
    "pekan": (0, dt.timedelta(weeks=1)),
    "hari": (0, dt.timedelta(days=1)),
    "jam": (0, dt.timedelta(hours=1)),
    "menit": (0, dt.timedelta(minutes=1)),
    "detik": (0, dt.timedelta(seconds=1)),
}
"""Unit: its months and its time, from the longest."""
_RANK = {unit: rank for rank, unit in enumerate(UNITS)}
_MOST = 100_000
"""Of one unit: whoever says more does not mean a length of time."""


def durations(words: Words, at: int) -> Iterator[Reading[Duration]]:
    """The longest duration from here, units in descending order."""
    total, rank = Duration(), -1
    while part := _part(words, at):
        length, unit_rank, end = part
        if unit_rank <= rank:
            break
        total, rank, at = total + length, unit_rank, end
    if rank >= 0:
        yield total, at


def _part(words: Words, at: int) -> tuple[Duration, int, int] | None:
    """One unit with its count: the length, the unit's rank, and the place after it."""
    unit = words[at].removeprefix("se")
    if words[at] != unit and unit in UNITS:
        count, at = Decimal(1), at + 1
    elif words.says(at, "tiga", "perempat", "jam"):
        count, at, unit = Decimal("0.75"), at + 3, "jam"
    else:
        found = next(numbers(words, at), None)
        if found is None or not 0 <= found[0] <= _MOST or words[found[1]] not in UNITS:
            return None
        count, at, unit = found[0], found[1] + 1, words[found[1]]
    if words[at] == "setengah":
        count, at = count + Decimal("0.5"), at + 1
    months, time = UNITS[unit]
    whole, half = divmod(count * months, 1)
    if half not in (0, Decimal("0.5")):
        return None
    return Duration(int(whole), time * float(count) + dt.timedelta(days=30 * float(half))), _RANK[unit], at


def duration(text: str) -> Duration:
    """The length of time that the whole text says. Raises ValueError."""
    value = read(text, durations)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan lama waktu seperti 'dua jam tiga puluh menit'",
                f"'{text}' is no length of time such as 'dua jam tiga puluh menit'",
            )
        )
    return value
