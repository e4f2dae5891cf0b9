"""Dates: each day of a century as it is said and written, and those that depend on today."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.dates import Period, date, period
from ivr.voice import numbers as voice

TODAY = dt.date(2026, 11, 26)  # a Thursday
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def said(n: int) -> str:
    return " ".join(voice.cardinal(n))


@pytest.mark.parametrize("year", range(1935, 2036))
def test_every_day_as_it_is_said_and_written(year: int) -> None:
    day = dt.date(year, 1, 1)
    while day.year == year:
        assert date(" ".join(voice.date(day.isoformat())), TODAY) == day
        assert date(f"{day.day}-{day.month}-{day.year}", TODAY) == day
        day += dt.timedelta(days=1)


@given(DAYS, DAYS)
def test_today_does_not_change_a_whole_date(day: dt.date, today: dt.date) -> None:
    month = voice.MONTHS[day.month - 1]
    for text in (
        f"{day}",
        f"{day:%d/%m/%Y}",
        f"{day:%d.%m.%Y}",
        f"{day.day} {month} {day.year}",
        f"{WEEKDAYS[day.weekday()]}, {day.day} {month[:3]} {day.year}",
        f"tanggal {said(day.day)} bulan {said(day.month)} tahun {said(day.year)}",
    ):
        assert date(text, today) == day


@given(DAYS)
def test_years_are_said_in_many_ways(day: dt.date) -> None:
    before = f"{said(day.day)} {voice.MONTHS[day.month - 1]}"
    century, rest = divmod(day.year, 100)
    one_by_one = " ".join(said(int(digit)) for digit in f"{rest:02}")
    for year in (
        f"{said(century)} {one_by_one}",
        " ".join(said(int(digit)) for digit in str(day.year)),
        *([f"{said(century)} {said(rest)}"] if rest >= 10 else []),
        *([f"dua ribu {one_by_one}"] if century == 20 else []),
    ):
        assert date(f"{before} {year}", TODAY) == day


@given(st.dates(dt.date(1937, 1, 1), dt.date(2036, 12, 31)))
def test_two_digits_of_a_year_are_at_most_ten_years_ahead(day: dt.date) -> None:
    assert date(f"{day:%d-%m-%y}", TODAY) == day
    assert date(f"{day.day} {voice.MONTHS[day.month - 1]} tahun {day:%y}", TODAY) == day


@given(DAYS, st.sampled_from(range(7)))
def test_weekdays_are_the_next_of_that_name(today: dt.date, weekday: int) -> None:
    name = WEEKDAYS[weekday]
    coming = date(f"hari {name}", today)
    assert coming.weekday() == weekday
    assert dt.timedelta(days=1) <= coming - today <= dt.timedelta(days=7)
    assert date(f"{name} besok", today) == date(f"besok {name}", today) == coming
    assert date(f"hari {name} depan", today).isocalendar()[:2] == (today + dt.timedelta(weeks=1)).isocalendar()[:2]
    assert date(f"{name} minggu ini", today).isocalendar()[:2] == today.isocalendar()[:2]
    assert date(f"hari {name} ini", today) in (today, coming)
    assert date(f"hari {name} lalu", today) == date(f"hari {name} ini", today) - dt.timedelta(weeks=1)


@given(DAYS, st.integers(1, 500))
def test_days_and_months_from_today(today: dt.date, count: int) -> None:
    assert date(f"{said(count)} hari lagi", today) == today + dt.timedelta(days=count)
    assert date(f"{count} minggu yang lalu", today) == today - dt.timedelta(weeks=count)
    later = date(f"{count} bulan lagi", today)
    assert (later.year - today.year) * 12 + later.month - today.month == count
    assert later.day == today.day or (later.day < today.day and (later + dt.timedelta(days=1)).day == 1)


@given(DAYS, st.integers(1, 31))
def test_a_day_alone_is_the_coming_one(today: dt.date, day: int) -> None:
    coming = date(f"tanggal {said(day)}", today)
    assert coming.day == day
    assert dt.timedelta() <= coming - today <= dt.timedelta(days=61)


@given(DAYS)
def test_periods_begin_and_end_where_calendars_do(today: dt.date) -> None:
    for name, shift in (("lalu", -1), ("ini", 0), ("depan", 1)):
        week = period(f"minggu {name}", today)
        assert (week.first.weekday(), week.last - week.first) == (0, dt.timedelta(days=6))
        assert week.first <= today + dt.timedelta(weeks=shift) <= week.last
        month = period(f"bulan {name}", today)
        assert (month.first.day, (month.last + dt.timedelta(days=1)).day) == (1, 1)
        assert (month.first.year - today.year) * 12 + month.first.month - today.month == shift
        assert month.last - month.first < dt.timedelta(days=31)
        year = today.year + shift
        assert period(f"tahun {name}", today) == Period(dt.date(year, 1, 1), dt.date(year, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hari ini", "2026-11-26"),
        ("besok", "2026-11-27"),
        ("lusa", "2026-11-28"),
        ("besok lusa", "2026-11-28"),
        ("kemarin", "2026-11-25"),
        ("kemarin lusa", "2026-11-24"),
        ("Jum'at", "2026-11-27"),
        ("Ahad", "2026-11-29"),
        ("hari Minggu depan", "2026-12-06"),
        ("rabu lusa", "2026-12-02"),
        ("Senin minggu depan", "2026-11-30"),
        ("tanggal 5 bulan depan", "2026-12-05"),
        ("tanggal 25 kemarin", "2026-11-25"),
        ("tgl. 17/8", "2026-08-17"),
        ("17 nopember", "2026-11-17"),
        ("lima pebruari", "2027-02-05"),
        ("17 November depan", "2027-11-17"),
        ("12 Agustus tahun depan", "2027-08-12"),
        ("29 Februari", "2028-02-29"),
        ("sebulan lagi", "2026-12-26"),
        ("tujuh belas agustus dua ribu dua enam", "2026-08-17"),
        ("satu mei dua puluh dua puluh enam", "2026-05-01"),
        ("lima Mei sembilan puluh", "1990-05-05"),
        ("lima Mei nol lima", "2005-05-05"),
        ("17 Agustus 45", "1945-08-17"),
        ("Minggu, 29 November", "2026-11-29"),
        ("tanggal lahir saya tujuh belas delapan sembilan puluh", "1990-08-17"),
        ("tanggal dua puluh dua sembilan belas sembilan puluh", "1990-02-20"),
        ("tanggal dua belas nol tiga sembilan belas sembilan puluh", "1990-03-12"),
        ("dua belas bulan nol tiga sembilan belas sembilan puluh", "1990-03-12"),
        ("dua lima Desember", "2026-12-25"),
        ("tanggal dua lima bulan depan", "2026-12-25"),
        ("tanggal tiga satu", "2026-12-31"),
    ],
)
def test_dates_as_people_say_and_type_them(text: str, day: str) -> None:
    assert date(text, TODAY) == dt.date.fromisoformat(day)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Agustus", "2026-08-01", "2026-08-31"),
        ("bulan Februari", "2027-02-01", "2027-02-28"),
        ("November lalu", "2025-11-01", "2025-11-30"),
        ("Februari 2024", "2024-02-01", "2024-02-29"),
        ("Desember tahun lalu", "2025-12-01", "2025-12-31"),
        ("tahun sembilan puluh", "1990-01-01", "1990-12-31"),
        ("pekan depan", "2026-11-30", "2026-12-06"),
    ],
)
def test_periods_as_people_say_them(text: str, first: str, last: str) -> None:
    assert period(text, TODAY) == Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@pytest.mark.parametrize(
    "text",
    [
        *("30 Februari 2026", "31-4-2026", "32 Mei", "17-13-1945", "29 Februari 2026", "tanggal nol", "1-2-3000"),
        *("lima Mei dua puluh", "tanggal dua belas ribu", "seratus ribu tahun lagi", "dua jam lagi"),
        *("minggu", "minggu depan", "Mei", "5", "tanggal", "17/8", "tanggal 5-7", ""),
        *("tanggal tiga puluh satu Februari", "lima Mei tahun tujuh puluhan", "tanggal 31 bulan dua"),
        *("satu dua Desember", "tanggal dua tiga", "nanti"),
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bukan tanggal"):
        date(text, TODAY)


@pytest.mark.parametrize(
    "text", ["minggu", "tahun", "tahun 3000", "dua minggu", "5 Mei", "Mei tahun tujuh puluhan", "bulan lima", ""]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bukan minggu"):
        period(text, TODAY)
