"""Values in words: what callers hear said they may say, it is heard, and it means the same."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_kit import MODEL, say, silence

from ivr.flow.hearing import Unfit
from ivr.flow.kinds import KINDS
from ivr.speech.lexicon import spoken
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


@given(st.integers(100, 99_999) | st.integers(10**5, 10**13 - 1).filter(lambda n: not 0 < n % 10**6 < 1000))
def test_amounts(rupiah: int) -> None:
    assert value("rupiah", money(rupiah)) == rupiah


@given(st.integers(-999_999, 999_999) | st.integers(1, 999_999).map(lambda n: n * 1000))
def test_numbers(whole: int) -> None:
    assert value("angka", number(whole)) == whole


@given(st.integers(-99_999, 99_999).map(lambda n: n / 100))
def test_fractions(fraction: float) -> None:
    assert value("angka", [*number(fraction), "persen"]) == fraction


@pytest.mark.parametrize(
    ("kind", "said", "meant"),
    [
        ("tanggal", "tanggal dua lima desember", "2026-12-25"),
        ("tanggal", "dua belas bulan tiga sembilan belas sembilan puluh", "1990-03-12"),
        ("tanggal", "dua belas nol tiga sembilan belas sembilan puluh", "1990-03-12"),
        ("tanggal", "tujuh belas delapan tahun sembilan puluh", "1990-08-17"),
        ("tanggal", "lima mei dua ribu dua enam", "2026-05-05"),
        ("tanggal", "lima mei tahun depan", "2027-05-05"),
        ("tanggal", "tanggal dua puluh", "2026-12-20"),
        ("tanggal", "tanggal lima bulan depan", "2026-12-05"),
        ("tanggal", "kemarin", "2026-11-23"),
        ("tanggal", "senin minggu depan", "2026-11-30"),
        ("tanggal", "hari kamis tanggal tiga desember", "2026-12-03"),
        ("tanggal", "tiga hari lagi", "2026-11-27"),
        ("tanggal", "seminggu yang lalu", "2026-11-17"),
        ("tanggal", "minggu depan", ""),
        ("tanggal", "tanggal dua tiga desember", ""),
        ("tanggal", "tanggal tiga puluh satu februari", ""),
        ("jam", "setengah dua", "01:30 13:30"),
        ("jam", "tujuh lewat sepuluh", "07:10 19:10"),
        ("jam", "sembilan lebih lima", "09:05 21:05"),
        ("jam", "delapan kurang sepuluh", "07:50 19:50"),
        ("jam", "jam sembilan tepat", "09:00 21:00"),
        ("jam", "jam lima subuh", "05:00"),
        ("jam", "dua dini hari", "02:00"),
        ("jam", "jam dua belas tengah malam", "00:00"),
        ("jam", "tengah hari", "12:00"),
        ("jam", "jam delapan pagi WIB", "08:00"),
        ("jam", "pukul nol nol tiga puluh", "00:30"),
        ("jam", "jam delapan malam lewat lima belas", "20:15"),
        ("jam", "kurang lima menit jam delapan", "07:55 19:55"),
        ("jam", "jam tujuh siang", ""),
        ("rupiah", "dua ratus rebu", "200000"),
        ("rupiah", "sejuta dua ratus ribu", "1200000"),
        ("rupiah", "satu juta dua ratus lima puluh ribu lima ratus", "1250500"),
        ("rupiah", "dua puluh lima ribu lima ratus lima puluh", "25550"),
        ("rupiah", "setengah juta", "500000"),
        ("rupiah", "satu setengah juta", "1500000"),
        ("rupiah", "sejuta setengah", "1500000"),
        ("rupiah", "dua belas setengah juta", "12500000"),
        ("rupiah", "satu koma dua lima juta", "1250000"),
        ("rupiah", "dua lima ribu", "25000"),
        ("rupiah", "goceng", "5000"),
        ("rupiah", "noceng", "2000"),
        ("rupiah", "noban", "20000"),
        ("rupiah", "nopek ribu", "200000"),
        ("rupiah", "lima ratus perak", "500"),
        ("rupiah", "dua juta lima ratus", ""),  # it is said for two and a half million, too
        ("rupiah", "dua tiga ribu", ""),
        ("angka", "kosong", "0"),
        ("angka", "setengah", "0.5"),
        ("angka", "kedua", "2"),
        ("angka", "pertama", "1"),
        ("angka", "ke dua belas", "12"),
        ("angka", "satu setengah juta", "1500000"),
    ],
)
def test_what_people_say_is_heard_and_means_the_same_or_nothing(kind: str, said: str, meant: str) -> None:
    ((_, words),) = parts([kind], spoken(said))
    try:
        values = KINDS[kind].values(words, TODAY)
    except Unfit:
        values = []
    assert " ".join(map(str, values)) == meant


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
        (
            ["jam", "tanggal"],
            "lima mei tujuh tiga puluh pagi",
            [("tanggal", "lima mei"), ("jam", "tujuh tiga puluh pagi")],
        ),
        (["rupiah"], "Dua Ratus Rebu", [("rupiah", "Dua Ratus Rebu")]),
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
        (["jam"], "jam sembilan tepat"),
        (["rupiah"], "dua puluh lima ribu lima ratus lima puluh"),
        (["rupiah"], "sejuta dua ratus ribu"),
        (["rupiah"], "noceng"),
        (["rupiah"], "goceng"),
        (["tanggal"], "tanggal dua lima desember"),
        (["jam", "tanggal"], "tanggal lima mei jam sepuluh pagi"),
        (["tanggal", "tanggal"], "tanggal lima mei tanggal tujuh mei"),
    ],
)
def test_the_recogniser_hears_the_words(kinds: list[str], words: str) -> None:
    (heard,) = utterances(load_grammar([], False, MODEL, values=kinds), silence(0.3) + say(words), pause=1.0)
    assert heard.final.hypotheses[0].text == words
    assert heard.final.hypotheses[0].confidence > MODEL.digits.confirm


def test_the_recogniser_hears_everyday_words_as_what_they_mean() -> None:
    pcm = silence(0.3) + say("dua ratus rebu")
    (heard,) = utterances(load_grammar([], False, MODEL, values=["rupiah"]), pcm, pause=1.0)
    assert heard.final.hypotheses[0].text == "dua ratus ribu"


@pytest.mark.parametrize("kind", SPOKEN)
def test_the_recogniser_takes_nothing_else_for_a_value(kind: str) -> None:
    (heard,) = utterances(
        load_grammar([], False, MODEL, values=[kind]), silence(0.3) + say("kartu keluarga"), pause=1.0
    )
    assert heard.final.hypotheses[0].text == ""
