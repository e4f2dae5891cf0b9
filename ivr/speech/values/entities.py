"""All values in a free sentence, each with its place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a value is, and what `Entity.value` holds for it."""

    NUMBER = "number"
    """Decimal"""
    ORDINAL = "ordinal"
    """int"""
    PERCENT = "percent"
    """Decimal: 12,5 % is 12.5"""
    MONEY = "money"
    """Decimal, rupiah"""
    DATE = "date"
    """datetime.date"""
    PERIOD = "period"
    """Period: a week, month or year"""
    TIME = "time"
    """tuple of datetime.time: all that may be meant, earliest first; "jam dua" is 02:00 or 14:00"""
    DURATION = "duration"
    """Duration"""
    NIK = "nik"
    """str of 16 digits"""
    TELEPHONE = "telephone"
    """str, E.164"""
    TICKET = "ticket"
    """str of digits"""
    DIGITS = "digits"
    """str: digits that are none of the above"""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Duration:
    """Months have no fixed length: they stand beside the time."""

    months: int
    time: dt.timedelta


Value = Decimal | int | str | dt.date | Period | tuple[dt.time, ...] | Duration


@dataclass(frozen=True, slots=True)
class Entity:
    """`text` is what stands from `start` to before `end` in the sentence."""

    kind: Kind
    value: Value
    text: str
    start: int
    end: int


def extract(text: str, today: dt.date) -> list[Entity]:
    """The values in a sentence, from left to right, none over another; dates as seen from `today`."""
    return []
