"""Dates as seen from a given day: "tujuh belas Agustus dua ribu dua puluh enam", "tanggal 5 bulan depan", "lusa".

A day without its month or week is the coming one: "tanggal lima" is today or after, "hari Senin" the next Monday.
A month without its year is the closest: in November, October is the last and February the next. Weeks begin on Monday.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.speech.values.durations import Duration, durations
from ivr.speech.values.numbers import NUMBER_WORDS, UP_TO, below_hundred, digit, numbers, pair
from ivr.speech.values.times import is_part_of_day, times
from ivr.speech.values.words import Phrases, Reading, Words, is_written, read
from ivr.voice.numbers import MONTHS


@dataclass(frozen=True, slots=True)
class Period:
    """A week, a month or a year: the days from `first` to `last`, both included."""

    first: dt.date
    last: dt.date


_MONTHS = {name.lower(): number for number, name in enumerate(MONTHS, 1)} | {"pebruari": 2, "nopember": 11}
_ANY_MONTH = _MONTHS | {name[:3]: number for name, number in _MONTHS.items()} | {"agt": 8, "sept": 9}
_WEEKDAYS = {
    "senin": 0, "selasa": 1, "rabu": 2, "kamis": 3, "jumat": 4, "jum'at": 4, "sabtu": 5, "ahad": 6, "minggu": 6,
}  # fmt: skip
_NEAR = Phrases(
    {
        ("kemarin", "lusa"): -2,
        ("kemarin", "dulu"): -2,
        ("kemarin",): -1,
        ("kemaren",): -1,
        ("hari", "ini"): 0,
        ("besok", "lusa"): 2,
        ("besok",): 1,
        ("esok",): 1,
        ("lusa",): 2,
    }
)
"""Days from today."""
_TODAY = frozenset({"nanti", "tadi"})
"""Before a part of the day."""
_SHIFTS = Phrases(
    {
        ("ini",): 0,
        ("depan",): 1,
        ("mendatang",): 1,
        ("yang", "akan", "datang"): 1,
        ("lalu",): -1,
        ("yang", "lalu"): -1,
        ("kemarin",): -1,
    }
)
"""After a weekday, week, month or year: which one."""
_WEEK = ("minggu", "pekan")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_YEARS = range(1800, 2200)
_DAY_CUES = frozenset({"tanggal", "tgl"})
_SOON = frozenset({"besok", "lusa", "nanti"})


def dates(words: Words, at: int, today: dt.date) -> Iterator[Reading[dt.date]]:
    """The dates from here, as seen from `today`."""
    for days, end in _NEAR.at(words, at):
        yield today + dt.timedelta(days=days), end
    if words[at] in _TODAY and is_part_of_day(words[at + 1]) and not _is_last_night(words, at):
        yield today, at + 1
    yield from _at_a_distance(words, at, today)
    yield from _on_a_weekday(words, at, today)
    yield from _in_the_calendar(words, at, today)


def _is_last_night(words: Words, at: int) -> bool:
    """Whether it may be before midnight or after: yesterday or today."""
    return words.says(at, "tadi", "malam") or words.says(at, "tadi", "tengah", "malam")


def periods(words: Words, at: int, today: dt.date) -> Iterator[Reading[Period]]:
    """The weeks, months and years from here, as seen from `today`."""
    if words[at] in _WEEK:
        monday = today - dt.timedelta(days=today.weekday())
        for shift, end in _SHIFTS.at(words, at + 1):
            first = monday + dt.timedelta(weeks=shift)
            yield Period(first, first + dt.timedelta(days=6)), end
    if words[at] == "bulan":
        for shift, end in _SHIFTS.at(words, at + 1):
            yield _month(*_months_later(today, shift)), end
    if words[at] == "tahun":
        for year, end in _years(words, at, today):
            yield Period(dt.date(year, 1, 1), dt.date(year, 12, 31)), end
    month_at = at + (words[at] == "bulan")
    for month, end in _months(words, at):
        for year, year_end in _years(words, end, today) if words[end] == "tahun" else ():
            yield _month(year, month), year_end
    if (month := _MONTHS.get(words[month_at], 0)) and words[month_at + 1] != "tahun":
        for year, end in _years(words, month_at + 1, today):
            yield _month(year, month), end
        firsts = [dt.date(today.year + years, month, 1) for years in (-1, 0, 1)]
        for first, end in _left_open(words, month_at + 1, today.replace(day=1), firsts, closest=True):
            yield _month(first.year, first.month), end


def _month(year: int, month: int) -> Period:
    return Period(dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1]))


def _months_later(day: dt.date, months: int) -> tuple[int, int]:
    """Year and month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return year, month + 1


def _at_a_distance(words: Words, at: int, today: dt.date) -> Iterator[Reading[dt.date]]:
    """ "dua hari lagi", "sebulan yang lalu"."""
    for length, end in durations(words, at):
        if length.time % dt.timedelta(days=1):
            continue
        if words[end] == "lagi" and (day := _later(today, length, 1)):
            yield day, end + 1
        past = end + (words[end] == "yang")
        if words[past] == "lalu" and (day := _later(today, length, -1)):
            yield day, past + 1


def _later(day: dt.date, length: Duration, sign: int) -> dt.date | None:
    """None beyond the calendar. From the 31st, a month of 30 days ends on its last."""
    year, month = _months_later(day, sign * length.months)
    if year not in _YEARS:
        return None
    moved = dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1])) + sign * length.time
    return moved if moved.year in _YEARS else None


def _on_a_weekday(words: Words, at: int, today: dt.date) -> Iterator[Reading[dt.date]]:
    """ "hari Senin", "Senin depan", "Jumat besok", "Selasa minggu ini", "Senin, 17 Agustus"."""
    start = at + (words[at] in _SOON)
    start += words[start] == "hari"
    weekday, end = _WEEKDAYS.get(words[start]), start + 1
    if weekday is None or (start == at and words[at - 1] == "malam"):  # "malam Jumat" is the evening before it
        return
    day_at = end + (words[end] == ",")
    yield from _in_the_calendar(words, day_at, today)
    if words[day_at] in _DAY_CUES:
        return
    monday = today - dt.timedelta(days=today.weekday())
    if words[end] in _WEEK:
        for shift, after in _SHIFTS.at(words, end + 1):
            yield monday + dt.timedelta(weeks=shift, days=weekday), after
    if start == at and words[at] in _WEEK and words[end] not in _SOON and not is_part_of_day(words[end]):
        return  # a week, not a Sunday
    ahead = (weekday - today.weekday()) % 7
    for shift, after in _SHIFTS.at(words, end):
        days = {0: ahead, 1: 7 - today.weekday() + weekday, -1: ahead - 7}[shift]
        yield today + dt.timedelta(days=days), after
    yield today + dt.timedelta(days=ahead or 7), end + (words[end] in _SOON)


def _in_the_calendar(words: Words, at: int, today: dt.date) -> Iterator[Reading[dt.date]]:
    """Dates with a day and a month. A number that is no time must not follow: it may be the year, misheard."""
    named = words[at] in _DAY_CUES
    start = at + named
    if named:
        start += words[start] == "."
        start += words[start] == "lahir"
        start += words[start] == "saya"
    yield from _written(words, start, today, named=named)
    for day, end in _spoken(words, start, today, named=named):
        if day and words[end] != "tahun" and (words[end] not in NUMBER_WORDS or any(times(words, end))):
            yield day, end


def _written(words: Words, at: int, today: dt.date, *, named: bool) -> Iterator[Reading[dt.date]]:
    if named and (found := _DAY_MONTH.fullmatch(words[at])):
        each_year = _each_year(today, int(found[2]), int(found[1]))
        yield from _left_open(words, at + 1, today, each_year, closest=True)
    day = None
    if found := _ISO.fullmatch(words[at]):
        day = _date(int(found[1]), int(found[2]), int(found[3]))
    elif found := _DAY_FIRST.fullmatch(words[at]):
        day = _date(_full_year(int(found[4]), today), int(found[3]), int(found[1]))
    if day:
        yield day, at + 1


def _spoken(words: Words, at: int, today: dt.date, *, named: bool) -> Iterator[Reading[dt.date | None]]:
    for day, after in _days(words, at, named=named):
        for month, end in _months(words, after):
            for year, year_end in _years(words, end, today):
                yield _date(year, month, day), year_end
            if named or words[end - 1] in _ANY_MONTH:
                yield from _left_open(words, end, today, _each_year(today, month, day), closest=True)
        if named and words[after] == "bulan":
            for shift, end in _SHIFTS.at(words, after + 1):
                yield _date(*_months_later(today, shift), day), end
        if named and not _has_month(words, after) and not _is_range_in_month(words, after):
            each_month = (_date(*_months_later(today, months), day) for months in range(-2, 3))
            yield from _left_open(words, after, today, each_month)
    if named:
        yield from _all_numbers(words, at, today)


def _all_numbers(words: Words, at: int, today: dt.date) -> Iterator[Reading[dt.date | None]]:
    """ "tujuh belas delapan sembilan puluh", where there is one way only to part day, month and year."""
    found = [
        (date, end)
        for day, month_at in _one_or_two_digits(words, at)
        for month, year_at in _one_or_two_digits(words, month_at)
        for year, end in (*_years(words, year_at, today), *_short_years(words, year_at, today))
        if (date := _date(year, month, day))
    ]
    longest = max((end for _, end in found), default=0)
    meant = {date for date, end in found if end == longest}
    if len(meant) == 1:
        yield meant.pop(), longest


def _days(words: Words, at: int, *, named: bool) -> Iterator[Reading[int]]:
    """ "dua puluh lima", "nol lima"; "dua lima" where that is a day."""
    yield from _one_or_two_digits(words, at)
    if (tens := pair(words, at)) and (named or is_month(words[tens[1]])):
        yield tens


def _one_or_two_digits(words: Words, at: int) -> Iterator[Reading[int]]:
    if DIGITS.get(words[at]) == "0" and digit(words[at + 1]):
        yield digit(words[at + 1]), at + 2
    yield from below_hundred(words, at)


def is_month(word: str) -> bool:
    """Whether it names a month, if by its first letters."""
    return word in _ANY_MONTH


def _has_month(words: Words, at: int) -> bool:
    return is_month(words[at]) or words[at] == "bulan"


def _is_range_in_month(words: Words, at: int) -> bool:
    """Whether a range goes on here and names its month at its end: "sampai lima Januari"."""
    start = at + 1 + (words[at + 1] in _DAY_CUES)
    return words[at] in UP_TO and any(_has_month(words, end) for _, end in _days(words, start, named=True))


def _months(words: Words, at: int) -> Iterator[Reading[int]]:
    named = words[at] == "bulan"
    at += named
    if month := _ANY_MONTH.get(words[at]):
        yield month, at + 1
    elif named:
        yield from _one_or_two_digits(words, at)


def _years(words: Words, at: int, today: dt.date) -> Iterator[Reading[int]]:
    """ "2026", "dua ribu dua puluh enam", "sembilan belas empat lima", "dua nol dua enam", "tahun depan"."""
    if words[at] == "tahun":
        at += 1
        for shift, end in _SHIFTS.at(words, at):
            yield today.year + shift, end
        yield from _short_years(words, at, today)
    else:  # "Agustus sembilan puluh"; 10 to 29 could be an hour or a day
        yield from ((year, end) for year, end in _short_years(words, at, today) if not 10 <= year % 100 < 30)
    if is_written(words[at]):
        if re.fullmatch(r"[0-9]{4}", words[at]) and int(words[at]) in _YEARS:
            yield int(words[at]), at + 1
        return
    for value, end in numbers(words, at):
        if value in _YEARS:
            yield int(value), end
    if words.says(at, "dua", "ribu"):
        for rest, end in _two_digits(words, at + 2):
            yield 2000 + rest, end
    for century, middle in _two_digits(words, at):
        for rest, end in _two_digits(words, middle):
            if 100 * century + rest in _YEARS:
                yield 100 * century + rest, end


def _short_years(words: Words, at: int, today: dt.date) -> Iterator[Reading[int]]:
    for rest, end in _two_digits(words, at):
        yield _full_year(rest, today), end


def _two_digits(words: Words, at: int) -> Iterator[Reading[int]]:
    """ "empat puluh lima", "empat lima", "nol lima", "45"."""
    if words[at] in DIGITS and words[at + 1] in DIGITS:
        yield 10 * digit(words[at]) + digit(words[at + 1]), at + 2
    for value, end in below_hundred(words, at):
        if value >= 10 or len(words[at]) == 2:
            yield value, end


def _full_year(year: int, today: dt.date) -> int:
    """Of two digits: a year up to ten years ahead, or of the last century."""
    if year >= 100:
        return year
    return year + (2000 if 2000 + year <= today.year + 10 else 1900)


def _date(year: int, month: int, day: int) -> dt.date | None:
    if year not in _YEARS or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return dt.date(year, month, day)


def _each_year(today: dt.date, month: int, day: int) -> Iterator[dt.date | None]:
    """29 February may be eight years off."""
    return (_date(today.year + years, month, day) for years in range(-8, 9))


def _left_open(
    words: Words, end: int, today: dt.date, days: Iterable[dt.date | None], *, closest: bool = False
) -> Iterator[Reading[dt.date]]:
    """Of days in order the coming one or the closest; the last where "lalu" or "kemarin" follows."""
    there_are = [day for day in days if day]
    coming = next((day for day in there_are if day >= today), None)
    last = next((day for day in reversed(there_are) if day < today), None)
    if closest and there_are:
        yield min(there_are, key=lambda day: abs(day - today)), end
    elif coming:
        yield coming, end
    for shift, after in _SHIFTS.at(words, end):
        if day := last if shift < 0 else coming:
            yield day, after


def date(text: str, today: dt.date) -> dt.date:
    """The date that the whole text says, as seen from `today`. Raises ValueError."""
    value = read(text, partial(dates, today=today))
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan tanggal seperti 'lima Mei dua ribu dua puluh enam', '5-5-2026' atau 'besok'",
                f"'{text}' is no date such as 'lima Mei dua ribu dua puluh enam', '5-5-2026' or 'besok'",
            )
        )
    return value


def period(text: str, today: dt.date) -> Period:
    """The week, month or year that the whole text says, as seen from `today`. Raises ValueError."""
    value = read(text, partial(periods, today=today))
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan minggu, bulan atau tahun seperti 'minggu depan' atau 'Mei 2026'",
                f"'{text}' is no week, month or year such as 'minggu depan' or 'Mei 2026'",
            )
        )
    return value
