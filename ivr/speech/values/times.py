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
from ivr.speech.values.counted import COUNTED
from ivr.speech.values.numbers import NUMBER_WORDS, below_hundred, digit
from ivr.speech.values.words import Phrases, Reading, Words, is_written, read
from ivr.voice.numbers import DAYS

_CUES = frozenset({"jam", "pukul"})
_EXACT = frozenset({"tepat", "pas"})
_ZONES = Phrases({("wib",): None, ("we", "i", "be"): None, ("wita",): None, ("wit",): None})
_LINKS = ("lewat", "lebih", "kurang")
_OF_DATES = frozenset({"ini", "depan", "besok", "ahad", *map(str.lower, DAYS)})
"""Behind "hari" or "minggu", which count nothing then."""
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
        ("tengah", "hari"): frozenset({12}),
        ("tengah", "malam"): frozenset({0}),
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
        """What it may mean within these hours of the day, the earliest first.

        "enam kurang seperempat malam" is not in the night yet, but six is.
        """
        either = 1 <= self.hour <= 12 and not (self.official and hours == _ANY)
        named = [self.hour, self.hour + 12] if either else [self.hour]
        meant = {(hour * 60 + self.past) % _DAY: hour % 24 for hour in named}
        within = [minutes for minutes in meant if minutes // 60 in hours]
        within = within or [minutes for minutes, hour in meant.items() if hour in hours]
        return tuple(dt.time(*divmod(minutes, 60)) for minutes in sorted(within))


def times(words: Words, at: int) -> Iterator[Reading[tuple[dt.time, ...]]]:
    """The times of day from here, each with all that it may mean, the earliest first."""
    before, start = _part(words, at) if words[at] != "tengah" else (_ANY, at)
    if start > at:
        start += words[start] == "ini"
        start += words[start] == "sekitar"
        if words[start] not in _CUES or words[at - 1] == "selamat":
            return
    named = words[start] in _CUES
    for clock, after in (*_clocks(words, start + named), *_to_an_hour(words, start)):
        exact = words[after] in _EXACT
        part, end = _part(words, after + exact)
        shown = clock
        if part != _ANY and not clock.past:  # delapan malam lewat lima belas
            shown, end = next(_linked(words, end, clock.hour, official=clock.official), (clock, end))
        end = next((end for _, end in _ZONES.at(words, end)), end)
        if shown.plain and not named and end == after:
            continue
        if words[end] in NUMBER_WORDS or is_written(words[end]) or any(_linked(words, end, shown.hour)):
            continue
        if meant := shown.meant(before & part):
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
                yield from (
                    (_Clock(hour, -30 + more.past), after)
                    for more, after in _linked(words, end, hour)
                    if abs(more.past) < 30
                )
                yield _Clock(hour, -30), end
    elif written := _WRITTEN.fullmatch(words[at]):
        hour, minute = int(written[1]), int(written[2])
        if hour * 60 + minute <= _DAY:
            yield _Clock(hour, minute, official=len(written[1]) == 2), at + 1
    else:
        if words[at] in _ZERO and words[at + 1] in DIGITS:
            yield from _with_minutes(words, at + 2, digit(words[at + 1]), official=True)
        for hour, end in below_hundred(words, at):
            if hour <= 24:
                yield from _with_minutes(words, end, hour, official=words[at].startswith("0"))


def _with_minutes(words: Words, at: int, hour: int, *, official: bool) -> Iterator[Reading[_Clock]]:
    yield from _linked(words, at, hour, official=official)
    if hour < 24:
        for minute, end in _minutes(words, at):
            if minute >= 10 or words[at] in _ZERO or words[at].startswith("0"):
                yield _Clock(hour, minute, official, plain=True), end
    yield _Clock(hour, 0, official, plain=True), at


def _linked(words: Words, at: int, hour: int, *, official: bool = False) -> Iterator[Reading[_Clock]]:
    """An hour before "lewat sepuluh menit", "kurang seperempat"."""
    link = words[at]
    if link in _LINKS:
        for minute, end in _minutes(words, at + 1):
            named = words[end] == "menit"
            past = -minute if link == "kurang" else minute
            clear = link == "lewat" or named or words[at + 1] == "seperempat"
            if named or not _is_counted(words, end):
                yield _Clock(hour, past, official, plain=not clear), end + named


def _is_counted(words: Words, at: int) -> bool:
    """Whether a number before it is a quantity: "lewat dua hari", but not "lewat sepuluh hari Senin"."""
    return words[at] in COUNTED and words[at + 1] not in _OF_DATES and not is_part_of_day(words[at + 1])


def _to_an_hour(words: Words, at: int) -> Iterator[Reading[_Clock]]:
    """ "kurang lima menit jam delapan"."""
    if words[at] == "kurang":
        for minute, end in _minutes(words, at + 1):
            cue = end + (words[end] == "menit")
            for hour, after in below_hundred(words, cue + 1) if words[cue] in _CUES else ():
                if hour <= 24 and not _is_counted(words, after):  # kurang sepuluh jam dua puluh menit
                    yield _Clock(hour, -minute), after


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
