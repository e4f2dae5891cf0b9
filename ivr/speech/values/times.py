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
from ivr.speech.values.words import Phrases, Reading, Words, is_written, read

_CUES = frozenset({"jam", "pukul"})
_EXACT = frozenset({"tepat", "pas"})
_ZONES = frozenset({"wib", "wita", "wit"})
_ZERO = frozenset(word for word, value in DIGITS.items() if value == "0")
_WRITTEN = re.compile(r"([0-9]{1,2})[.:]([0-5][0-9])(?:[.:][0-5][0-9])?")
_ANY = frozenset(range(24))
_PARTS = Phrases(
    {
        ("dini", "hari"): frozenset(range(6)),
        ("subuh",): frozenset(range(3, 7)),
        ("pagi",): frozenset(range(12)),
        ("siang",): frozenset(range(10, 17)),
        ("sore",): frozenset(range(14, 20)),
        ("petang",): frozenset(range(15, 20)),
        ("malam",): _ANY - frozenset(range(5, 18)),
    }
)
"""Part of the day: the hours that are called so."""
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class _Clock:
    """An hour, and the minutes past it or, negative, to it."""

    hour: int
    past: int = 0
    official: bool = False
    """Whether it is put as timetables do ("08.00"): as it stands, unless a part of the day says otherwise."""
    plain: bool = False
    """Whether it could be a mere number, were it not for the words around it."""

    def meant(self, hours: frozenset[int]) -> tuple[dt.time, ...]:
        """What it may mean within these hours of the day, the earliest first."""
        minutes = (self.hour * 60 + self.past) % _DAY
        either = 1 <= self.hour <= 12 and not (self.official and hours == _ANY)
        meant = {minutes, (minutes + _DAY // 2) % _DAY} if either else {minutes}
        return tuple(dt.time(*divmod(minutes, 60)) for minutes in sorted(meant) if minutes // 60 in hours)


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


def is_part_of_day(word: str) -> bool:
    """Whether a part of the day begins with it."""
    return _PARTS.begins(word)


def _part(words: Words, at: int) -> Reading[frozenset[int]]:
    return next(_PARTS.at(words, at), (_ANY, at))


def _clocks(words: Words, at: int) -> Iterator[Reading[_Clock]]:
    """What the hands show."""
    if words[at] == "tengah" and words[at + 1] in ("hari", "malam"):
        yield _Clock(12 if words[at + 1] == "hari" else 0, official=True), at + 2
    elif words[at] == "setengah":
        for hour, end in below_hundred(words, at + 1):
            if 1 <= hour <= 12:
                yield _Clock(hour, -30), end
    elif written := _WRITTEN.fullmatch(words[at]):
        hour, minute = int(written[1]), int(written[2])
        if hour * 60 + minute <= _DAY:
            yield _Clock(hour, minute, official=len(written[1]) == 2), at + 1
    else:
        if words[at] in _ZERO and digit(words[at + 1]):
            yield from _with_minutes(words, at + 2, digit(words[at + 1]), official=True)
        for hour, end in below_hundred(words, at):
            if hour <= 24:
                yield from _with_minutes(words, end, hour, official=words[at].startswith("0"))


def _with_minutes(words: Words, at: int, hour: int, *, official: bool) -> Iterator[Reading[_Clock]]:
    link = words[at]
    if link in ("lewat", "lebih", "kurang"):
        for minute, end in _minutes(words, at + 1):
            named = words[end] == "menit"
            past = -minute if link == "kurang" else minute
            yield _Clock(hour, past, official, plain=link != "lewat" and not named), end + named
    elif hour < 24:
        for minute, end in _minutes(words, at):
            if minute >= 10 or words[at] in _ZERO or words[at].startswith("0"):
                yield _Clock(hour, minute, official, plain=True), end
    yield _Clock(hour, 0, official, plain=True), at


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
