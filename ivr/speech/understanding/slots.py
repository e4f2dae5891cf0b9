"""The values of a sentence as slots: plain texts and numbers, fit for JSON and for a flow's variables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from ivr.speech.values.entities import Duration, Entity, Kind, Period, Value
from ivr.understood import Plain, Slot

_NAMES = {Kind.MONEY: "amount", Kind.PERIOD: "date"}
"""Slots that are not named as their kind is."""


def slots_of(entities: Iterable[Entity]) -> dict[str, Slot]:
    """Slot → its value; a list where the sentence names several, or where one may mean several times of day.

    `date`: YYYY-MM-DD, or FIRST/LAST for a week, a month, a year. `time`: HH:MM. `amount`: rupiah.
    `duration`: ISO 8601, such as P3M or PT90M.
    """
    found: dict[str, list[Plain]] = {}
    for entity in entities:
        found.setdefault(_NAMES.get(entity.kind, entity.kind.value), []).extend(_plain(entity.value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _plain(value: Value) -> list[Plain]:
    match value:
        case tuple():
            return [time.strftime("%H:%M") for time in value]
        case Period():
            return [f"{value.first}/{value.last}"]
        case Duration():
            return [_iso(value)]
        case Decimal():
            return [int(value) if value == value.to_integral_value() else float(value)]
        case dt.date():
            return [value.isoformat()]
        case _:
            return [value]


def _iso(duration: Duration) -> str:
    """ISO 8601: P1M, P3D, PT90M, PT30S."""
    minutes, seconds = divmod(duration.time.seconds, 60)
    date = _units((duration.months, "M"), (duration.time.days, "D"))
    time = _units((minutes, "M"), (seconds, "S"))
    return f"P{date}T{time}" if time else f"P{date}" if date else "PT0S"


def _units(*counts: tuple[int, str]) -> str:
    return "".join(f"{count}{unit}" for count, unit in counts if count)
