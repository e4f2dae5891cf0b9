"""Values in words: what callers hear said they may say, it is heard, and it means the same."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_kit import MODEL, say, silence

from ivr.flow.kinds import KINDS
from ivr.speech.recorded import load_grammar, utterances
from ivr.speech.values.spoken import SPOKEN, parts
from ivr.voice.numbers import clock, date, money, number

TODAY = dt.date(2026, 11, 24)


def value(kind: str, words: list[str]) -> object:
    """What Sambung makes of what it says itself."""
    said = " ".join(words).lower()
    assert parts([kind], said) == [(kind, said)]
    (meant,) = KINDS[kind].values(said, TODAY)
    return meant


@given(st.dates(dt.date(1901, 1, 1), dt.date(2099, 12, 31)))
def test_dates(day: dt.date) -> None:
    assert value("tanggal", date(day.isoformat())) == day.isoformat()


@given(st.times())
def test_times(time: dt.time) -> None:
    """From one to twelve an hour means two times."""
    written, meant = f"{time:%H:%M}", KINDS["jam"].values(" ".join(clock(f"{time:%H:%M}")), TODAY)
    assert written in meant
    assert len(meant) == (2 if 1 <= time.hour <= 12 else 1)


@given(st.integers(1, 9_999).map(lambda n: n * 100) | st.integers(1, 999_999_999).map(lambda n: n * 1000))
def test_amounts(rupiah: int) -> None:
    assert value("rupiah", money(rupiah)) == rupiah


@given(st.integers(0, 999_999))
def test_numbers(whole: int) -> None:
    assert value("angka", number(whole)) == whole


@pytest.mark.parametrize(
    ("kinds", "words", "found"),
    [
        (["tanggal"], "eh tanggal lima mei ya", [("tanggal", "tanggal lima mei")]),
        (["tanggal"], "saya mau lima mei saja terima kasih banyak sekali", []),
        (["jam", "tanggal"], "besok jam dua siang", [("tanggal", "besok"), ("jam", "jam dua siang")]),
        (["jam"], "lima", []),
        (["tanggal"], "lima mei besok", []),
        (["tanggal", "tanggal"], "lima mei besok", [("tanggal", "lima mei"), ("tanggal", "besok")]),
        (["rupiah"], "lima", []),
        (["rupiah"], "dua juta lima ratus", []),  # it is said for two and a half million, too
        (["angka"], "", []),
    ],
)
def test_parts(kinds: list[str], words: str, found: list[tuple[str, str]]) -> None:
    assert parts(kinds, words) == found


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["tanggal"], "tujuh belas agustus seribu sembilan ratus sembilan puluh"),
        (["tanggal"], "hari senin depan"),
        (["jam"], "pukul delapan lewat lima belas"),
        (["rupiah"], "dua ratus lima puluh ribu rupiah"),
        (["angka"], "dua puluh lima"),
        (["jam", "tanggal"], "tanggal lima mei jam sepuluh pagi"),
        (["tanggal", "tanggal"], "tanggal lima mei tanggal tujuh mei"),
    ],
)
def test_the_recogniser_hears_the_words(kinds: list[str], words: str) -> None:
    (heard,) = utterances(load_grammar([], False, MODEL, values=kinds), silence(0.3) + say(words), pause=1.0)
    assert heard.final.hypotheses[0].text == words
    assert heard.final.hypotheses[0].confidence > MODEL.digits.confirm


@pytest.mark.parametrize("kind", SPOKEN)
def test_the_recogniser_takes_nothing_else_for_a_value(kind: str) -> None:
    (heard,) = utterances(
        load_grammar([], False, MODEL, values=[kind]), silence(0.3) + say("kartu keluarga"), pause=1.0
    )
    assert heard.final.hypotheses[0].text == ""
