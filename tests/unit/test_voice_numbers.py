"""Indonesian words for values: read back by a small parser of its own, and by examples."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.numbers import LETTERS, MONTHS, PAUSE, UNITS, cardinal

spoken = tongue(INDONESIAN).spoken

ONES = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]
SCALES = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12}


def read_number(words: list[str]) -> int:
    """What an Indonesian understands: the inverse of `cardinal`, written independently of it."""
    if words[0] == "minus":
        return -read_number(words[1:])
    total = group = 0
    tail = 0  # the last digit heard, whose place the next word decides
    for word in words:
        if word in ONES:
            tail = ONES.index(word)
        elif word in ("sepuluh", "sebelas"):
            group += 10 if word == "sepuluh" else 11
        elif word == "belas":
            group, tail = group + 10 + tail, 0
        elif word == "puluh":
            group, tail = group + 10 * tail, 0
        elif word == "seratus":
            group += 100
        elif word == "ratus":
            group, tail = group + 100 * tail, 0
        elif word == "seribu":
            total += 1000
        else:
            total, group, tail = total + (group + tail) * SCALES[word], 0, 0
    return total + group + tail


def words_of(units: list[str]) -> list[str]:
    return " ".join(units).split()


@given(st.integers(-(10**15) + 1, 10**15 - 1) | st.integers(-2000, 20_000))
def test_a_number_is_understood_as_what_it_was(n: int) -> None:
    assert read_number(words_of(cardinal(n))) == n


@given(st.integers(0, 10**15 - 1))
def test_numbers_are_said_as_schools_teach(n: int) -> None:
    said = " ".join(cardinal(n))
    for wrong in ("satu puluh", "satu belas", "satu ratus", "nol "):
        assert wrong not in said
    assert not said.startswith("satu ribu")


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "nol"),
        (11, "sebelas"),
        (19, "sembilan belas"),
        (100, "seratus"),
        (1_000, "seribu"),
        (1_100, "seribu seratus"),
        (2_026, "dua ribu dua puluh enam"),
        (100_000, "seratus ribu"),
        (1_000_000, "satu juta"),
        (1_001_000, "satu juta seribu"),
        (21_000, "dua puluh satu ribu"),
        (-5, "minus lima"),
    ],
)
def test_cardinals(n: int, said: str) -> None:
    assert " ".join(cardinal(n)) == said


@pytest.mark.parametrize(
    ("value", "format", "said"),
    [
        (2.5, "", "dua koma lima"),
        (3.0, "", "tiga"),
        (-0.25, "", "minus nol koma dua lima"),
        (0.1 + 0.2, "", "nol koma tiga"),
        (1.125, "", "satu koma satu dua lima"),
        ("1.125", "angka", "seribu seratus dua puluh lima"),
        ("2,50", "angka", "dua koma lima"),
        (True, "", "ya"),
        (False, "angka", "tidak"),
        (1, "urutan", "pertama"),
        ("10", "urutan", "kesepuluh"),
        (12, "urutan", "ke dua belas"),
        ("50.000", "rupiah", "lima puluh ribu rupiah"),
        ("12500,75", "rupiah", "dua belas ribu lima ratus rupiah"),
        (-1000, "rupiah", "minus seribu rupiah"),
        ("2026-01-12", "", "tanggal dua belas Januari dua ribu dua puluh enam"),
        (
            "1999-12-31T08:00",
            "tanggal",
            "tanggal tiga puluh satu Desember seribu sembilan ratus sembilan puluh sembilan",
        ),
        ("08:00", "", "pukul delapan"),
        ("8.15", "jam", "pukul delapan lewat lima belas menit"),
        ("00:30", "jam", "pukul nol lewat tiga puluh menit"),
        ("17", "jam", "pukul tujuh belas"),
        (120, "durasi", "dua menit"),
        (125.4, "durasi", "dua menit lima detik"),
        (90_000, "durasi", "satu hari satu jam"),
        (0, "durasi", "nol detik"),
        ("112", "", "satu satu dua"),
        ("081234567890", "", "nol delapan satu dua , tiga empat lima enam , tujuh delapan sembilan nol"),
        ("+62 21", "digit", "plus enam dua , dua satu"),
        ("A12", "digit", "a , satu dua"),
        (1234, "digit", "satu dua tiga empat"),
    ],
)
def test_values_are_said_right(value: str | float, format: str, said: str) -> None:
    assert " ".join(spoken(value, format)) == said


@given(st.text("0123456789", min_size=1, max_size=24))
def test_digits_are_said_one_by_one_in_short_even_groups(number: str) -> None:
    groups = [group.split() for group in " ".join(spoken(number, "digit")).split(f" {PAUSE} ")]
    assert "".join(str(ONES.index(word)) for group in groups for word in group) == number
    sizes = [len(group) for group in groups]
    assert max(sizes) <= 4
    assert max(sizes) - min(sizes) <= 1
    assert sizes == sorted(sizes, reverse=True)


@given(
    st.one_of(
        st.tuples(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["angka", "rupiah", "digit"])),
        st.tuples(st.floats(-1e9, 1e9), st.sampled_from(["angka", "rupiah"])),
        st.tuples(st.integers(1, 10**6), st.sampled_from(["urutan", "durasi"])),
        st.tuples(st.dates(dt.date(1, 1, 1)).map(str), st.just("tanggal")),
        st.tuples(st.times().map(lambda t: t.strftime("%H:%M")), st.just("jam")),
        st.tuples(st.from_regex(r"[a-zA-Z0-9]{1,12}", fullmatch=True), st.just("digit")),
    )
)
def test_whatever_is_said_has_a_ready_made_unit(case: tuple[str | float, str]) -> None:
    assert set(spoken(*case)) <= set(UNITS)


@pytest.mark.parametrize(
    ("value", "format"),
    [
        ("Budi", ""),
        ("", ""),
        ("abc", "angka"),
        ("nan", "angka"),
        (float("inf"), "angka"),
        ("1e999999", "angka"),
        (10**15, "angka"),
        (0, "urutan"),
        (1.5, "urutan"),
        ("2026-02-30", "tanggal"),
        ("12 Januari", "tanggal"),
        ("24:00", "jam"),
        ("8:60", "jam"),
        (-1, "durasi"),
        ("---", "digit"),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(value: str | float, format: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        spoken(value, format)


def test_the_inventory_holds_each_unit_once() -> None:
    assert len(UNITS) == len(set(UNITS))
    assert {*MONTHS, *LETTERS.values(), PAUSE, "sembilan puluh sembilan", "sembilan ribu"} <= set(UNITS)
