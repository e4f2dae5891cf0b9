"""The values of whole sentences."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.understanding.slots import slots_of
from ivr.speech.values.entities import Duration, Entity, Kind, Period, Value, extract
from ivr.speech.values.numbers import NUMBER_WORDS
from ivr.speech.values.tickets import number_of

TODAY = dt.date(2026, 11, 26)
TICKET = number_of(4711)


def found(text: str) -> list[tuple[Kind, Value, str]]:
    return [(entity.kind, entity.value, entity.text) for entity in extract(text, TODAY)]


PIECES: list[tuple[str, Kind, Value]] = [
    ("dua puluh lima", Kind.NUMBER, Decimal(25)),
    ("1.250", Kind.NUMBER, Decimal(1250)),
    ("kedua", Kind.ORDINAL, 2),
    ("12,5 %", Kind.PERCENT, Decimal("12.5")),
    ("lima ratus ribu rupiah", Kind.MONEY, Decimal(500_000)),
    ("Rp25.000,-", Kind.MONEY, Decimal(25_000)),
    ("tujuh belas Agustus dua ribu dua puluh enam", Kind.DATE, dt.date(2026, 8, 17)),
    ("17-8-1945", Kind.DATE, dt.date(1945, 8, 17)),
    ("Senin depan", Kind.DATE, dt.date(2026, 11, 30)),
    ("minggu depan", Kind.PERIOD, Period(dt.date(2026, 11, 30), dt.date(2026, 12, 6))),
    ("jam setengah dua siang", Kind.TIME, (dt.time(13, 30),)),
    ("tujuh lewat sepuluh", Kind.TIME, (dt.time(7, 10), dt.time(19, 10))),
    ("3 bulan", Kind.DURATION, Duration(3)),
    ("satu jam setengah", Kind.DURATION, Duration(0, dt.timedelta(hours=1.5))),
    ("3201 0157 0845 0001", Kind.NIK, "3201015708450001"),
    ("nol delapan satu dua tiga empat lima enam tujuh delapan sembilan nol", Kind.TELEPHONE, "+6281234567890"),
    ("0812-3456-7890", Kind.TELEPHONE, "+6281234567890"),
    (f"tiket {TICKET}", Kind.TICKET, TICKET),
    ("satu satu dua", Kind.DIGITS, "112"),
    ("tiga kali nol dua belas", Kind.DIGITS, "00012"),
    ("12345", Kind.DIGITS, "12345"),
]
FILLERS = st.sampled_from(
    ["saya mau", "tolong,", "untuk KTP", "pak?", "blangko kosong,", "salah satu pilihan", "—", "😀"]
)


@given(st.lists(st.tuples(FILLERS, st.sampled_from(PIECES)), max_size=6))
def test_the_values_of_a_sentence_are_found_in_order(pieces: list[tuple[str, tuple[str, Kind, Value]]]) -> None:
    sentence = " ".join(f"{filler} {text}" for filler, (text, _, _) in pieces) + " ya"
    assert found(sentence) == [(kind, value, text.removeprefix("tiket ")) for _, (text, kind, value) in pieces]


WORDS = st.sampled_from(
    [
        *sorted(NUMBER_WORDS),
        *("jam", "pukul", "lewat", "kurang", "menit", "pagi", "siang", "hari", "minggu", "bulan", "tahun", "senin"),
        *("agustus", "tanggal", "besok", "lalu", "depan", "rp", "rupiah", "persen", "ke", "dobel", "dan"),
        *(".", ",", "-", "(", ")", "+", "5", "25", "2026", "08.00", "17/8", "1,5", "tiket"),
    ]
)


@given(st.text() | st.lists(WORDS, max_size=12).map(" ".join))
def test_no_sentence_breaks_it_and_no_value_lies_over_another(text: str) -> None:
    before = 0
    for entity in extract(text, TODAY):
        assert before <= entity.start < entity.end <= len(text)
        assert entity.text == text[entity.start : entity.end]
        before = entity.end


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        (
            "besok jam setengah dua siang",
            [
                Entity(Kind.DATE, dt.date(2026, 11, 27), "besok", 0, 5),
                Entity(Kind.TIME, (dt.time(13, 30),), "jam setengah dua siang", 6, 28),
            ],
        ),
        (
            "İİ tujuh belas Agustus delapan pagi",
            [
                Entity(Kind.DATE, dt.date(2026, 8, 17), "tujuh belas Agustus", 3, 22),
                Entity(Kind.TIME, (dt.time(8),), "delapan pagi", 23, 35),
            ],
        ),
        (
            "buka 08.00-15.30",
            [
                Entity(Kind.TIME, (dt.time(8),), "08.00", 5, 10),
                Entity(Kind.TIME, (dt.time(15, 30),), "15.30", 11, 16),
            ],
        ),
    ],
)
def test_places_in_the_sentence(text: str, entities: list[Entity]) -> None:
    assert extract(text, TODAY) == entities


@pytest.mark.parametrize(
    "text",
    [
        "dua tiga ribu",  # two or three thousand
        "dua tiga hari",
        "sepuluh lima belas menit",
        "5-6 hari",
        "25.000 50.000",
        "nol delapan ratus satu dua",  # 0801 2, or 0800 1 2
        "salah satu",
        "satu-satunya",
        "lima ratusan ribu",
        "tahun sembilan puluhan",
        "tiga perempat",
        "dua juta lima ratus",  # in everyday speech 2.500.000
        "sejuta dua ratus rupiah",
        "Rp 1,500",
        "5 M",  # metres, or a billion
        "nomor rumah 12 M",
        "blok 3k",
        "goceng lima ratus",
        "lima Mei tahun tujuh puluhan",
        "rumah 12A",
        "jam satu setengah",
        "12-25-2026",
        "kedua orang tua saya",
        "malam Jumat",
        "blangko kosong",
        "setengah mati",
        "RT 1/2",
        "ribuan jutaan",
        "",
    ],
)
def test_what_is_not_clear_is_no_value(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tanggal tiga puluh satu Februari", [(Kind.PERIOD, Period(dt.date(2027, 2, 1), dt.date(2027, 2, 28)))]),
        ("Senin tanggal 31 Februari", [(Kind.PERIOD, Period(dt.date(2027, 2, 1), dt.date(2027, 2, 28)))]),
        ("bulan lima tahun ini", [(Kind.PERIOD, Period(dt.date(2026, 5, 1), dt.date(2026, 5, 31)))]),
        ("nanti malam jam delapan", [(Kind.DATE, TODAY), (Kind.TIME, (dt.time(20),))]),
        ("dua ratus sampai tiga ratus rebu", [(Kind.NUMBER, Decimal(n)) for n in (200_000, 300_000)]),
        ("dua sampe tiga juta rupiah", [(Kind.MONEY, Decimal(n)) for n in (2_000_000, 3_000_000)]),
        ("satu juta sampai dua juta", [(Kind.NUMBER, Decimal(n)) for n in (1_000_000, 2_000_000)]),
        ("lima ratus sampai satu juta", [(Kind.NUMBER, Decimal(1_000_000))]),
        ("satu sampai seratus ribu", [(Kind.NUMBER, Decimal(100_000))]),
        ("harga 50k", [(Kind.NUMBER, Decimal(50_000))]),
        ("Rp5k", [(Kind.MONEY, Decimal(5_000))]),
        ("blok 3k nomor 12", [(Kind.NUMBER, Decimal(12))]),
        ("nomor satu sampai lima ribu", [(Kind.NUMBER, Decimal(n)) for n in (1, 5_000)]),
        ("umur tujuh belas sampai dua puluh ribu", [(Kind.NUMBER, Decimal(n)) for n in (17, 20_000)]),
        ("tadi pagi", [(Kind.DATE, TODAY)]),
        ("tadi malam jam sebelas", [(Kind.TIME, (dt.time(23),))]),  # yesterday, or today past midnight
        ("tanggal dua sampai lima Januari", [(Kind.DATE, dt.date(2027, 1, 5))]),
        ("tanggal dua sampai tanggal lima", [(Kind.DATE, dt.date(2026, 12, day)) for day in (2, 5)]),
        (
            "jam delapan malam lewat dua hari",
            [(Kind.TIME, (dt.time(20),)), (Kind.DURATION, Duration(0, dt.timedelta(days=2)))],
        ),
        ("sembilan malam kurang lima orang", [(Kind.TIME, (dt.time(21),)), (Kind.NUMBER, Decimal(5))]),
        (
            "jam tujuh malam lewat sepuluh hari Senin",
            [(Kind.TIME, (dt.time(19, 10),)), (Kind.DATE, dt.date(2026, 11, 30))],
        ),
        (
            "kurang sepuluh jam dua puluh menit lagi",
            [(Kind.DURATION, Duration(0, dt.timedelta(hours=10, minutes=20)))],
        ),
        ("tamunya sepuluh kurang lima", [(Kind.NUMBER, Decimal(n)) for n in (10, 5)]),
        ("luas 20 m", [(Kind.NUMBER, Decimal(20))]),
        ("112 o begitu", [(Kind.NUMBER, Decimal(112))]),
    ],
)
def test_values_that_depend_on_what_stands_around_them(text: str, values: list[tuple[Kind, Value]]) -> None:
    assert [(kind, value) for kind, value, _ in found(text)] == values


def test_a_ticket_needs_its_word_and_its_check_digit() -> None:
    assert found(f"nomor {TICKET}")[0][0] is Kind.DIGITS
    assert found(f"laporan saya nomor {TICKET}")[0][0] is Kind.TICKET
    assert found(f"laporan saya nomor {int(TICKET) + 1:08}")[0][0] is Kind.DIGITS


def test_where_a_call_goes_is_no_place_in_a_row() -> None:
    assert found("sambungkan ke 14045") == [(Kind.DIGITS, "14045", "14045")]
    assert found("telepon ke satu empat nol empat lima")[0][:2] == (Kind.DIGITS, "14045")


def test_a_nik_that_cannot_be_is_mere_digits() -> None:
    assert found("NIK 3201 0157 0845 0000") == [(Kind.DIGITS, "3201015708450000", "3201 0157 0845 0000")]


def documented() -> list[tuple[str, str, str]]:
    """Sentence, slot and value of each row of the table."""
    page = (Path(__file__).parents[2] / "docs/values.md").read_text()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")
    ]
    return [(text, name, value) for text, name, value in rows[1:]]


@pytest.mark.parametrize(("text", "name", "value"), documented())
def test_the_page_about_values_is_right(text: str, name: str, value: str) -> None:
    slot = slots_of(extract(text, TODAY))
    one_or_more = slot[name] if isinstance(slot[name], list) else [slot[name]]
    assert (set(slot), ", ".join(map(str, one_or_more))) == ({name}, value)
