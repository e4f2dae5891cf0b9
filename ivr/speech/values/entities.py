"""All values in a free sentence, each with its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ivr.speech.values.counted import COUNTED
from ivr.speech.values.dates import Period, dates, is_month, periods
from ivr.speech.values.digits import DIGIT_WORDS, digit_strings
from ivr.speech.values.durations import Duration, durations
from ivr.speech.values.money import NAMED, amounts
from ivr.speech.values.nik import NikError, nik
from ivr.speech.values.numbers import MILLIONS, NUMBER_WORDS, UP_TO, numbers, ordinals, percents
from ivr.speech.values.telephones import e164
from ivr.speech.values.tickets import serial_of
from ivr.speech.values.times import times
from ivr.speech.values.words import Words, is_written

__all__ = ["Duration", "Entity", "Kind", "Period", "Value", "extract"]


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


Value = Decimal | int | str | dt.date | Period | tuple[dt.time, ...] | Duration


@dataclass(frozen=True, slots=True)
class Entity:
    """`text` is what stands from `start` to before `end` in the sentence."""

    kind: Kind
    value: Value
    text: str
    start: int
    end: int


_NUMERIC = NUMBER_WORDS | DIGIT_WORDS | NAMED.keys()
_TICKET_CUES = frozenset({"tiket", "laporan", "pengaduan", "aduan", "keluhan"})
_CUE_REACH = 4
"""How many words before its number a ticket is named."""


def extract(text: str, today: dt.date) -> list[Entity]:
    """The values in a sentence, from left to right, none over another; dates as seen from `today`.

    Of several readings the longest counts. A run of number words that makes no number and no digit string ("dua tiga
    ribu", two or three thousand) is no value, rather than half of one.
    """
    words = Words(text)
    entities: list[Entity] = []
    at = 0
    while at < len(words):
        if best := _longest(words, at, today):
            kind, value, after = best
            start, end = words.span(at, after)
            entities.append(Entity(kind, value, text[start:end], start, end))
        else:
            after = max(_end_of_run(words, at), at + 1)
        at = after
    return entities


def _longest(words: Words, at: int, today: dt.date) -> tuple[Kind, Value, int] | None:
    """The first kind wins where two are equally long."""
    found: list[tuple[Kind, Value, int]] = [
        *((Kind.DATE, value, end) for value, end in dates(words, at, today)),
        *((Kind.PERIOD, value, end) for value, end in periods(words, at, today)),
        *((Kind.TIME, value, end) for value, end in times(words, at)),
        *((Kind.DURATION, value, end) for value, end in durations(words, at)),
        *((Kind.MONEY, value, end) for value, end in amounts(words, at) if not _is_shortened(words, at, end, value)),
        *((Kind.PERCENT, value, end) for value, end in percents(words, at)),
        *((Kind.ORDINAL, value, end) for value, end in ordinals(words, at)),
        *_plain(words, at, today),
    ]
    return max(found, key=lambda reading: reading[2], default=None)


def _plain(words: Words, at: int, today: dt.date) -> Iterator[tuple[Kind, Value, int]]:
    """A number or a digit string that takes up all number words from here."""
    run = _end_of_run(words, at)
    if words.goes_on(run) or words[run] == "M":  # metres, or a billion
        return
    for value, end in numbers(words, at):
        if end == run and _is_quantity(words, at, end) and not _is_shortened(words, at, end, value):
            yield Kind.NUMBER, value, end
    for string, end in digit_strings(words, at):
        counts = len(string) < 5 and _is_counted(words, end)  # "dua tiga hari", "sepuluh lima belas menit"
        if _end_of_run(words, end) == end and len(string) > 1 and not counts:
            yield *_named(string, words, at, today), end


def _is_quantity(words: Words, at: int, end: int) -> bool:
    """Not "salah satu" (one of them), "satu-satunya" (the only one), "kosong" (empty), a half of nothing, no time
    either ("jam satu setengah") and no date, or written digits in a row: a code.
    """
    alone = words[at] if end == at + 1 else ""
    return not (
        (alone in ("kosong", "setengah", "seperempat") and words[at - 1] != "angka")
        or (alone == "satu" and (words[at - 1] == "salah" or words.says(end, "-", "satunya")))
        or words.goes_on(at)
        or words[at - 1] in ("jam", "pukul", "tanggal", "tgl")
        or is_month(words[end])
        or (alone.isdecimal() and (len(alone) >= 5 or (alone.startswith("0") and alone != "0")))
    )


def _is_counted(words: Words, end: int) -> bool:
    return words[end] in COUNTED or words[end] in UP_TO or is_month(words[end])


def _is_shortened(words: Words, at: int, end: int, value: Decimal) -> bool:
    """ "dua juta lima ratus" is said for 2.500.000, too."""
    return 0 < abs(value) % 10**6 < 1000 and any(words[i] in MILLIONS for i in range(at, end))


def _named(digits: str, words: Words, at: int, today: dt.date) -> tuple[Kind, str]:
    """What a digit string is: by its structure, a ticket number also by the word for it."""
    with suppress(NikError):
        return Kind.NIK, nik(digits, today).number
    if any(words[at - back] in _TICKET_CUES for back in range(1, _CUE_REACH + 1)):
        with suppress(ValueError):
            serial_of(digits)
            return Kind.TICKET, digits
    if telephone := e164(digits):
        return Kind.TELEPHONE, telephone
    return Kind.DIGITS, digits


def _end_of_run(words: Words, at: int) -> int:
    """The place after the number words that begin here."""
    while words[at] in _NUMERIC or is_written(words[at]):
        at += 1
    return at
