"""Digit strings in any grouping, and the telephone numbers that they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.digits import digit_strings, digits, heard
from ivr.speech.values.telephones import telephone
from ivr.speech.values.words import Words
from ivr.voice import numbers as voice

ONE = st.integers(0, 9).flatmap(
    lambda d: st.tuples(st.just(str(d)), st.sampled_from(["nol", "kosong"] if d == 0 else voice.cardinal(d)))
)
TWO = st.integers(10, 99).map(lambda n: (str(n), voice.cardinal(n)[0]))
DOUBLE = ONE.flatmap(
    lambda one: st.sampled_from(
        [(one[0] * 2, f"dobel {one[1]}"), (one[0] * 2, f"ganda {one[1]}"), (one[0] * 3, f"tripel {one[1]}")]
    )
)
WRITTEN = st.from_regex(r"[0-9]{1,6}", fullmatch=True).map(lambda d: (d, d))
GROUPS = st.lists(ONE | TWO | DOUBLE | WRITTEN, min_size=1, max_size=16)


def said_otherwise(groups: list[tuple[str, str]]) -> bool:
    """20 and 1 are said like 21."""
    return any(
        len(a) == 2 and a[1] == "0" and spoken.endswith("puluh") and b != "0" and len(b) == 1 and then.isalpha()
        for (a, spoken), (b, then) in pairwise(groups)
    )


@given(GROUPS.filter(lambda groups: not said_otherwise(groups)))
def test_digits_are_read_in_any_grouping(groups: list[tuple[str, str]]) -> None:
    assert digits(" ".join(said for _, said in groups)) == "".join(string for string, _ in groups)


@given(st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True))
def test_digits_said_are_read(string: str) -> None:
    assert digits(" ".join(unit for unit in voice.digits(string) if unit != voice.PAUSE)) == string


@pytest.mark.parametrize(
    ("said", "string"),
    [
        ("kosong delapan satu dua", "0812"),
        ("delapan belas dua puluh", "1820"),
        ("dua puluh satu", "21"),
        ("dua puluh dua puluh", "2020"),
        ("nol delapan ratus", "0800"),
        ("seratus dua puluh", "120"),
        ("delapan ratus nol dua", "80002"),
        ("dua ratus tiga ratus", "200300"),
        ("tiga kali nol satu", "0001"),
        ("dua belas empat kali lima", "125555"),
        ("nol tiga kali", "000"),
        ("delapan satu dua kosong dua kali", "81200"),
        ("dua puluh nol tiga kali", "20000"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("(021) 344-1234", "0213441234"),
        ("3201.0157.0845.0001", "3201015708450001"),
    ],
)
def test_digits_as_people_say_and_type_them(said: str, string: str) -> None:
    assert digits(said) == string


@pytest.mark.parametrize(
    "said",
    [
        "delapan ratus satu",
        "dua ribu",
        "25.000",
        "5-6",
        "08:00",
        "dobel dua belas",
        "dobel",
        "plus",
        "nol ratus",
        "delapan tiga kali nol",
        "nol tiga kali sepuluh",
        "dua belas tiga kali",
        "dua puluh lima tiga kali",
        "lima kali nol",
        "tiga kali",
        "beberapa ratus",
        "3 25.000",
        "",
        "٣٤",
    ],
)
def test_what_could_be_other_digits_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="satu per satu"):
        digits(said)


@pytest.mark.parametrize(
    ("words", "string"),
    [
        ("nol delapan dua belas", "0812"),
        ("plus enam dua delapan satu dua", "0812"),
        ("plus enam lima satu", ""),
        ("o delapan satu o dua", "08102"),
        ("o tujuh", ""),
        ("nol dua satu strip tiga setrip empat", "02134"),
        ("satu strip dua", ""),
        ("dua ratus satu", ""),
        ("dua [unk]", ""),
        ("", ""),
    ],
)
def test_what_was_heard_is_digits_or_nothing(words: str, string: str) -> None:
    assert heard(words) == string


def test_in_a_sentence_how_often_something_was_done_is_no_digit() -> None:
    words = Words("satu satu dua tiga kali")
    assert [string for string, end in digit_strings(words, 0) if end == len(words)] == []


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol", "+6281234567890"),
        ("kosong delapan dua belas tiga puluh empat lima enam tujuh delapan sembilan kosong", "+6281234567890"),
        ("enam dua delapan satu dua 3456 7890", "+6281234567890"),
        ("0812-3456-7890", "+6281234567890"),
        ("021 3441234", "+62213441234"),
        ("nol lapan satu dua strip tiga empat lima enam strip tujuh lapan sembilan nol", "+6281234567890"),
        ("o delapan satu dua garis tiga empat lima enam tujuh delapan sembilan o o", "+62812345678900"),
        ("+65 6555 1234", "+6565551234"),
    ],
)
def test_telephone_numbers(said: str, number: str) -> None:
    assert telephone(said) == number


@pytest.mark.parametrize("said", ["satu satu dua", "0812", "8123456789", "09999999999999"])
def test_what_is_no_telephone_number_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="bukan nomor telepon"):
        telephone(said)
