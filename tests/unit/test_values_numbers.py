"""Numbers, money and lengths of time: what `ivr.voice.numbers` says is read back as what it was, and more."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.durations import Duration, duration
from ivr.speech.values.money import money
from ivr.speech.values.numbers import number, ordinal
from ivr.voice import numbers as voice

BELOW_LIMIT = st.integers(-(10**15) + 1, 10**15 - 1) | st.integers(-30_000, 30_000)


def words(units: list[str]) -> str:
    return " ".join(units)


@given(BELOW_LIMIT)
def test_a_number_said_is_the_number_read(n: int) -> None:
    assert number(words(voice.cardinal(n))) == n


@given(st.decimals(-(10**9), 10**9, places=4))
def test_four_places_after_the_comma_are_read(value: Decimal) -> None:
    assert number(words(voice.number(float(value)))) == round(Decimal(str(float(value))), 4)


@given(st.integers(0, 10**15 - 1))
def test_a_number_written_with_or_without_dots_is_read(n: int) -> None:
    assert number(f"{n:,}".replace(",", ".")) == number(str(n)) == n


@given(
    st.integers(1, 999), st.sampled_from([("ribu", "rb", 10**3), ("juta", "jt", 10**6), ("miliar", "milyar", 10**9)])
)
def test_figures_and_words_may_be_mixed(count: int, scale: tuple[str, str, int]) -> None:
    for unit in scale[:2]:
        assert number(f"{count} {unit}") == number(f"{count}{unit}") == count * scale[2]


@given(st.integers(1, 10**6))
def test_ordinals_said_are_read(place: int) -> None:
    assert ordinal(words(voice.ordinal(place))) == ordinal(f"ke-{place}") == place


@given(st.integers(0, 10**15 - 1))
def test_rupiah_said_or_written_are_read(amount: int) -> None:
    written = f"{amount:,}".replace(",", ".")
    assert money(words(voice.money(amount))) == money(f"Rp {written}") == money(f"Rp{written},-") == amount


@given(st.integers(0, 10**9))
def test_lengths_of_time_said_are_read(seconds: int) -> None:
    assert duration(words(voice.duration(seconds))) == Duration(0, dt.timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("kosong", 0),
        ("setengah", "0.5"),
        ("setengah juta", 500_000),
        ("satu setengah juta", 1_500_000),
        ("sejuta setengah", 1_500_000),
        ("dua koma lima juta", 2_500_000),
        ("nol koma nol lima", "0.05"),
        ("dua koma dua puluh lima", "2.25"),
        ("seribu koma lima", "1000.5"),
        ("satu koma dua koma tiga", None),
        ("tiga perempat", None),
        ("dua lima ribu", 25_000),
        ("dua tiga ribu", None),
        ("seratus dua lima ribu", 125_000),
        ("seribu sembilan ratus empat lima", 1945),
        ("dua puluh dua puluh", None),
        ("duapuluh lima", 25),
        ("Limaratus Ribu", 500_000),
        ("1,5 jt", 1_500_000),
        ("1.5 juta", 1_500_000),
        ("1.5", None),
        ("25k", 25_000),
        ("dua ratus rebu", 200_000),
        ("limarebu", 5_000),
        ("serebu lapan ratus", 1_800),
        ("dua jeti", 2_000_000),
        ("2 juta 500 ribu", 2_500_000),
        ("1.250,5", "1250.5"),
        ("min 5", -5),
        ("-5", None),  # a dash between a letter and a number is no sign: "blok A-5"
        ("minus dua ratus", -200),
        ("tiga ribu enam ratus triliun", None),
        ("seribu triliun", None),
        ("dua ribu tiga ribu", None),
        ("dua juta setengah ribu", 2_000_500),
        ("nol ratus", None),
        ("1" * 16, None),
        ("ribu", None),
        ("lima orang", None),
        ("", None),
    ],
)
def test_numbers_as_people_say_and_type_them(said: str, value: int | str | None) -> None:
    if value is None:
        with pytest.raises(ValueError, match="bukan angka"):
            number(said)
    else:
        assert number(said) == Decimal(value)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("pertama", 1),
        ("kesatu", 1),
        ("kedua", 2),
        ("keduabelas", 12),
        ("ke dua puluh satu", 21),
        ("ke-7", 7),
        ("ke-dua", 2),
    ],
)
def test_ordinals_as_people_say_them(said: str, place: int) -> None:
    assert ordinal(said) == place


@pytest.mark.parametrize(
    "said", ["kesatuan", "ke 112", "ke satu satu dua", "ke nol", "ke minus satu", "ke setengah", "dua", "ke"]
)
def test_what_is_no_place_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="bukan urutan"):
        ordinal(said)


@pytest.mark.parametrize(
    ("said", "rupiah"),
    [
        ("lima ratus ribu rupiah", 500_000),
        ("Rp 1,5 juta", 1_500_000),
        ("Rp. 25.000", 25_000),
        ("rp25rb", 25_000),
        ("IDR 10000", 10_000),
        ("seratus perak", 100),
        ("goceng", 5_000),
        ("ceban", 10_000),
        ("gocap ribu", 50_000),
        ("cepek rebu perak", 100_000),
        ("Rp 1.5 juta", 1_500_000),
        ("Rp 5 M", 5 * 10**9),
    ],
)
def test_money_as_people_say_and_type_it(said: str, rupiah: int) -> None:
    assert money(said) == rupiah


@pytest.mark.parametrize("said", ["lima ribu", "rupiah", "Rp", "Rp lima orang"])
def test_what_is_no_money_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="bukan jumlah uang"):
        money(said)


@pytest.mark.parametrize(
    ("said", "months", "hours"),
    [
        ("sejam", 0, 1),
        ("setengah jam", 0, 0.5),
        ("seperempat jam", 0, 0.25),
        ("tiga perempat jam", 0, 0.75),
        ("satu jam setengah", 0, 1.5),
        ("satu setengah jam", 0, 1.5),
        ("1,5 jam", 0, 1.5),
        ("sembilan puluh menit", 0, 1.5),
        ("seminggu dua hari", 0, 9 * 24),
        ("2 tahun 3 bulan", 27, 0),
        ("setahun setengah", 18, 0),
        ("satu setengah bulan", 1, 15 * 24),
    ],
)
def test_lengths_of_time_as_people_say_them(said: str, months: int, hours: float) -> None:
    assert duration(said) == Duration(months, dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    "said", ["jam dua", "dua menit dua jam", "minus dua jam", "dua", "sejuta tahun", "0,3 bulan", "jam"]
)
def test_what_is_no_length_of_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="bukan lama waktu"):
        duration(said)
