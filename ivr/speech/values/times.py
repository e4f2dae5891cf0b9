"""Times of day: "jam setengah dua siang", "tujuh lewat sepuluh", "pukul empat belas tiga puluh", "08.00 WIB".

People count twelve hours and leave the half of the day to the listener, so a time is all that it may mean.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.speech.values.numbers import NUMBER_WORDS, below_hundred, digit
from ivr.speech.values.words import Reading, Words, is_written, read

_CUES = frozenset({"jam", "pukul"})
_EXACT = frozenset({"tepat", "pas"})
_ZONES = frozenset({"wib", "wita", "wit"})
_ZERO = frozenset(word for word, value in DIGITS.items() if value == "0")
_WRITTEN = re.compile(r"([0-9]{1,2})[.:]([0-5][0-9])(?:[.:][0-5][0-9])?")
_ANY = frozenset(range(24))
_PARTS = {
    ("dini", "hari"): frozenset(range(6)),
    ("subuh",): frozenset(range(3, 7)),
    ("pagi",): frozenset(range(12)),
    ("siang",): frozenset(range(10, 17)),
    ("sore",): frozenset(range(14, 20)),
    ("petang",): frozenset(range(15, 20)),
    ("malam",): _ANY - frozenset(range(5, 18)),
}
"""Part of the day: the hours that are called so."""
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class _Clock:
    """Minutes after midnight."""

    minutes: int
    twelve: bool = False
    """Whether the same twelve hours later may be meant."""
    plain: bool = False
    """Whether it could be a mere number, were it not for the words around it."""

    def meant(self, hours: frozenset[int]) -> tuple[dt.time, ...]:
        """What it may mean within these hours of the day, the earliest first."""
        meant = sorted({self.minutes % _DAY, (self.minutes + self.twelve * _DAY // 2) % _DAY})
        return tuple(dt.time(*divmod(minutes, 60)) for minutes in meant if minutes // 60 in hours)


def times(words: Words, at: int) -> Iterator[Reading[tuple[dt.time, ...]]]:
    """The times of day from here, each with all that it may mean, the earliest first."""
    before, start = _part(words, at)
    if start > at:
        start += words[start] == "ini"
        start += words[start] == "sekitar"
        if words[start] not in _CUES or words[at - 1] == "selamat":
            return
    named = words[start] in _CUES
    for clock, after in _clocks(words, start + named):
        exact = words[after] in _EXACT
        part, end = _part(words, after + exact)
        end += words[end] in _ZONES
        if clock.plain and not named and end == after:
            continue
        if words[end] in NUMBER_WORDS or is_written(words[end]):
            continue
        if meant := clock.meant(before & part):
            yield meant, end


def _part(words: Words, at: int) -> Reading[frozenset[int]]:
    for name, hours in _PARTS.items():
        if words.says(at, *name):
            return hours, at + len(name)
    return _ANY, at


def _clocks(words: Words, at: int) -> Iterator[Reading[_Clock]]:
    """What the hands show, from the longest."""
    if words[at] == "tengah" and words[at + 1] in ("hari", "malam"):
        yield _Clock(_DAY // 2 if words[at + 1] == "hari" else 0), at + 2
    elif words[at] == "setengah":
        for hour, end in below_hundred(words, at + 1):
            if 1 <= hour <= 12:
                yield _Clock(hour * 60 - 30, twelve=True), end
    elif written := _WRITTEN.fullmatch(words[at]):
        hour, minute = int(written[1]), int(written[2])
        if hour * 60 + minute <= _DAY:
            yield _Clock(hour * 60 + minute, twelve=0 < hour < 12 and written[1][0] != "0"), at + 1
    else:
        for hour, twelve, end in _hours(words, at):
            yield from _with_minutes(words, end, hour, twelve)


def _hours(words: Words, at: int) -> Iterator[tuple[int, bool, int]]:
    """Hour, whether it is one of twelve, the place after it."""
    if words[at] in _ZERO and digit(words[at + 1]):
        yield digit(words[at + 1]), False, at + 2
    for hour, end in below_hundred(words, at):
        if hour <= 24:
            yield hour, 1 <= hour <= 12 and not words[at].startswith("0"), end


def _with_minutes(words: Words, at: int, hour: int, twelve: bool) -> Iterator[Reading[_Clock]]:
    link = words[at]
    if link in ("lewat", "lebih", "kurang"):
        for minute, end in _minutes(words, at + 1):
            named = words[end] == "menit"
            past = -minute if link == "kurang" else minute
            yield _Clock(hour * 60 + past, twelve, plain=link != "lewat" and not named), end + named
    elif hour < 24:
        for minute, end in _minutes(words, at):
            if minute >= 10 or words[at] in _ZERO or words[at].startswith("0"):
                yield _Clock(hour * 60 + minute, twelve, plain=True), end
    yield _Clock(hour * 60, twelve, plain=True), at


def _minutes(words: Words, at: int) -> Iterator[Reading[int]]:
    if words[at] == "seperempat":
        yield 15, at + 1
    if words[at] in _ZERO and words[at + 1] in DIGITS:
        yield digit(words[at + 1]), at + 2
    for minute, end in below_hundred(words, at):
        if minute < 60:
            yield minute, end


def time(text: str) -> tuple[dt.time, ...]:
    """All times that the whole text may mean, the earliest first. Raises ValueError."""
    meant = read(text, times)
    if meant is None:
        raise ValueError(
            tr(
                f"'{text}' bukan waktu seperti 'jam setengah dua siang' atau '13.30'",
                f"'{text}' is no time of day such as 'jam setengah dua siang' or '13.30'",
            )
        )
    return meant
