"""NIK: whatever is built by the rules is read, and each wrong part is named."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.digits import digits
from ivr.speech.values.nik import PROVINCES, Nik, NikError, Part, nik
from ivr.voice import numbers as voice

TODAY = dt.date(2026, 11, 26)
BORN = st.dates(dt.date(1926, 11, 27), TODAY)
REGENCY = (st.integers(1, 29) | st.integers(71, 79)).map("{:02}".format)
DISTRICT = st.integers(1, 99).map("{:02}".format)
SEQUENCE = st.integers(1, 9999).map("{:04}".format)


def build(region: str, born: dt.date, woman: bool, sequence: str) -> str:
    return f"{region}{born.day + 40 * woman:02}{born:%m%y}{sequence}"


@given(st.sampled_from(sorted(PROVINCES)), REGENCY, DISTRICT, BORN, st.booleans(), SEQUENCE)
def test_a_nik_tells_where_when_and_who(
    province: str, regency: str, district: str, born: dt.date, woman: bool, sequence: str
) -> None:
    number = build(province + regency + district, born, woman, sequence)
    read = Nik(number, PROVINCES[province], born, woman)
    assert nik(number, TODAY) == read
    assert nik(f"{number[:4]} {number[4:8]}-{number[8:12]}.{number[12:]}", TODAY) == read
    spoken = " ".join(unit for unit in voice.digits(number) if unit != voice.PAUSE)
    assert nik(digits(spoken), TODAY) == read


GOOD = "3201015708450001"


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("", Part.LENGTH),
        (GOOD[:-1], Part.LENGTH),
        (GOOD + "1", Part.LENGTH),
        ("320101570845000x", Part.LENGTH),
        ("٣201015708450001", Part.LENGTH),
        ("2001015708450001", Part.PROVINCE),
        ("3200015708450001", Part.REGENCY),
        ("3240015708450001", Part.REGENCY),
        ("3270015708450001", Part.REGENCY),
        ("3299015708450001", Part.REGENCY),
        ("3201005708450001", Part.DISTRICT),
        ("3201010008450001", Part.BIRTH_DATE),
        ("3201014008450001", Part.BIRTH_DATE),
        ("3201013208450001", Part.BIRTH_DATE),
        ("3201017208450001", Part.BIRTH_DATE),
        ("3201013102900001", Part.BIRTH_DATE),
        ("3201011713900001", Part.BIRTH_DATE),
        ("3201012902010001", Part.BIRTH_DATE),
        ("3201015708450000", Part.SEQUENCE),
    ],
)
def test_the_wrong_part_is_named(number: str, part: Part) -> None:
    with pytest.raises(NikError) as refused:
        nik(number, TODAY)
    assert refused.value.part is part
    assert GOOD[8:] not in str(refused.value)


def test_nobody_is_born_after_today() -> None:
    assert nik("3201012611260001", TODAY).born == TODAY
    assert nik("3201012711260001", TODAY).born == dt.date(1926, 11, 27)


@pytest.mark.parametrize("region", ["910101", "917101", "327901", "352901"])
def test_regions_of_today_and_of_the_time_of_birth_are_taken(region: str) -> None:
    assert nik(region + GOOD[6:], TODAY).number == region + GOOD[6:]
