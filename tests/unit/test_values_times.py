"""Times of day: every minute in the forms that people use."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.times import time
from ivr.voice.numbers import cardinal, clock


def said(n: int) -> str:
    return " ".join(cardinal(n))


def both(moment: dt.time) -> set[dt.time]:
    """The time, and the one twelve hours off."""
    return {moment, moment.replace(hour=(moment.hour + 12) % 24)}


@pytest.mark.parametrize("hour", range(24))
def test_every_minute_in_the_forms_that_name_it(hour: int) -> None:
    for minute in range(60):
        check_minute(dt.time(hour, minute))


def check_minute(moment: dt.time) -> None:
    hour, minute = moment.hour, moment.minute
    twelve = hour % 12 or 12
    meant = {moment} if hour in {0, *range(13, 24)} else both(moment)
    assert set(time(" ".join(clock(f"{moment:%H:%M}")))) == meant
    assert time(f"{moment:%H:%M}") == time(f"pukul {moment:%H.%M} WIB") == (moment,)
    if minute:
        assert set(time(f"jam {said(twelve)} lewat {said(minute)}")) == both(moment)
        earlier = (twelve % 12) + 1
        assert set(time(f"{said(earlier)} kurang {said(60 - minute)} menit")) == both(moment)
    if minute == 30:
        assert set(time(f"setengah {said(twelve % 12 + 1)}")) == both(moment)
    if minute >= 10:
        assert time(f"pukul {said(hour)} {said(minute)}") == tuple(sorted(meant))
    else:
        assert time(f"jam {said(hour)} nol {said(minute)}") == tuple(sorted(meant))


@given(st.times().map(lambda moment: dt.time(moment.hour, moment.minute)))
def test_the_part_of_the_day_decides(moment: dt.time) -> None:
    part = "pagi" if moment.hour < 12 else "siang" if moment.hour < 15 else "sore" if moment.hour < 19 else "malam"
    lewat = f" lewat {said(moment.minute)}" if moment.minute else ""
    assert time(f"jam {said(moment.hour % 12 or 12)}{lewat} {part}") == (moment,)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("setengah dua", "01:30 13:30"),
        ("jam setengah satu siang", "12:30"),
        ("tujuh lewat sepuluh", "07:10 19:10"),
        ("jam delapan kurang lima belas", "07:45 19:45"),
        ("sembilan lebih lima menit", "09:05 21:05"),
        ("jam tujuh lewat seperempat", "07:15 19:15"),
        ("pukul empat belas tiga puluh", "14:30"),
        ("pukul dua puluh dua belas", "20:12"),
        ("jam dua puluh lima belas", "20:15"),
        ("pukul nol delapan nol nol", "08:00"),
        ("dua belas malam", "00:00"),
        ("dua belas siang", "12:00"),
        ("dua belas pas", "00:00 12:00"),
        ("jam dua belas kurang sepuluh malam", "23:50"),
        ("jam satu malam", "01:00"),
        ("jam dua dini hari", "02:00"),
        ("malam ini sekitar jam delapan", "20:00"),
        ("pagi pukul tujuh", "07:00"),
        ("pukul dua puluh empat", "00:00"),
        ("24.00", "00:00"),
        ("tengah hari", "12:00"),
        ("tengah malam", "00:00"),
        ("8.15", "08:15 20:15"),
        ("11:00", "11:00"),
        ("11:00 malam", "23:00"),
        ("12.30 malam", "00:30"),
        ("jam 8 malam", "20:00"),
        ("pukul 14 30", "14:30"),
        ("jam delapan pagi WIB", "08:00"),
        ("jam delapan we i be", "08:00 20:00"),
        ("jam dua kurang seperempat sore", "13:45"),
        ("jam enam kurang seperempat malam", "17:45"),
        ("dua belas kurang sepuluh pagi", "11:50"),
        ("jam delapan malam lewat lima belas", "20:15"),
        ("delapan pagi kurang lima menit", "07:55"),
        ("jam delapan kurang sepuluh", "07:50 19:50"),
        ("sepuluh kurang seperempat", "09:45 21:45"),
        ("delapan malam lewat sepuluh menit", "20:10"),
        ("kurang lima menit jam delapan malam", "19:55"),
        ("kurang seperempat pukul delapan", "07:45 19:45"),
        ("setengah delapan lewat lima", "07:35 19:35"),
        ("jam setengah delapan kurang lima pagi", "07:25"),
        ("pukul nol nol tiga puluh", "00:30"),
        ("jam nol nol lewat lima", "00:05"),
    ],
)
def test_times_as_people_say_and_type_them(text: str, meant: str) -> None:
    assert [f"{moment:%H:%M}" for moment in time(text)] == meant.split()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "sembilan",
            "delapan lebih lima",
            "delapan kurang tujuh",
            "sepuluh kurang lima",
            "jam delapan kurang",
            "jam dua puluh lima",
            "jam 25",
            "24:01",
            "8:60",
        ),
        *("jam tujuh siang", "jam 14 pagi", "malam tujuh", "pagi"),
        *("satu jam", "jam", "setengah", "setengah empat belas"),
    ],
)
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bukan waktu"):
        time(text)
