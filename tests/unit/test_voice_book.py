"""What a call holds: text and values in, segments out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.channel import Segment, Value
from ivr.voice.book import Clip, PromptBook
from ivr.voice.numbers import UNITS
from ivr.voice.wav import write_wav

TEXTS = ("Selamat datang.", "Nomor antrean Anda", "mohon tunggu.", "Anda di urutan ke-", "pada tanggal", "buka jam")
FOLDER = Path("/prompts/built")
BOOK = PromptBook({text: Clip(f"{i}.wav", i / 10) for i, text in enumerate((*TEXTS, *UNITS), 1)}, FOLDER)


def said(text: str, **variables: Value) -> str:
    segments = BOOK.render(text, variables)
    assert all(segment.audio for segment in segments), segments
    return " ".join(segment.text for segment in segments)


def test_a_fixed_text_is_one_segment_with_its_length() -> None:
    assert BOOK.render("Selamat \n datang.", {}) == [Segment("Selamat datang.", FOLDER / "1.wav", 0.1)]


@pytest.mark.parametrize(
    ("text", "value", "heard"),
    [
        ("Nomor antrean Anda {x}, mohon tunggu.", 1250, "Nomor antrean Anda seribu dua ratus lima puluh mohon tunggu."),
        ("Anda di urutan ke-{x}.", 2, "Anda di urutan ke- dua"),
        ("Anda di urutan ke-{x:urutan}.", 2, "Anda di urutan ke- dua"),
        ("{x:urutan}", 2, "kedua"),
        ("pada tanggal {x:tanggal}", "2026-01-12", "pada tanggal dua belas Januari dua ribu dua puluh enam"),
        ("buka jam {x}", "08:00", "buka jam delapan"),
        ("{x}", "08:00", "pukul delapan"),
    ],
)
def test_values_are_spoken_within_the_sentence(text: str, value: Value, heard: str) -> None:
    assert said(text, x=value) == heard


@pytest.mark.parametrize(
    ("text", "variables", "silent"),
    [
        ("Kalimat baru.", {}, "Kalimat baru."),
        ("{nama}", {}, "{nama}"),
        ("{nama}", {"nama": "Budi"}, "Budi"),
        ("{nama:angka}", {"nama": "Budi"}, "Budi"),
        ("{nama:rupia}", {"nama": "1"}, "{nama:rupia}"),
        ("{nama", {}, "{nama"),
    ],
)
def test_what_has_no_audio_says_so_and_the_rest_is_heard(text: str, variables: dict[str, Value], silent: str) -> None:
    assert BOOK.render(text, variables) == [Segment(silent, None)]


def test_the_rest_of_a_sentence_is_heard() -> None:
    heard = BOOK.render("Nomor antrean Anda {x}, mohon tunggu.", {"x": "A?"})
    assert [segment.audio is not None for segment in heard] == [True, False, True]


def test_values_are_not_remembered_from_call_to_call() -> None:
    assert said("{x}", x=1) == "satu"
    assert said("{x}", x=2) == "dua"
    BOOK.render("Selamat datang.", {}).clear()
    assert said("Selamat datang.") == "Selamat datang."


@given(st.text(), st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_no_text_and_no_value_stops_a_call(text: str, value: Value) -> None:
    for segment in BOOK.render(text, {"x": value}) + BOOK.render("{x} {x:digit} {x:rupiah} {x:jam}", {"x": value}):
        assert segment.text


def test_missing_names_the_texts_whose_file_is_gone_or_broken(tmp_path: Path) -> None:
    book = PromptBook({text: Clip(f"{text}.wav", 1.0) for text in ("ada", "hilang", "rusak")}, tmp_path)
    write_wav(bytes(16000), tmp_path / "ada.wav")
    write_wav(bytes(16000), tmp_path / "rusak.wav")
    (tmp_path / "rusak.wav").write_bytes((tmp_path / "rusak.wav").read_bytes()[:500])
    assert book.missing() == ["hilang", "rusak"]
