"""What transcripts say, however they are written."""

from __future__ import annotations

import pytest

from benchmarks.transcripts import errors, nearest, readings


@pytest.mark.parametrize(
    ("said", "transcript", "wrong"),
    [
        ("satu satu sembilan selamat malam", "1-1-9, selamat malam.", 0),
        ("satu satu sembilan selamat malam", "119 Selamat malam!", 0),
        ("nol kosong nol", "000", 0),
        ("nol tiga tujuh empat", "Nol, 3, tujuh, 4", 0),
        ("dua kosong satu dua dua empat lima", "201 22-45", 0),
        ("harga tiket bus lima puluh ribu rupiah", "Harga tiket bus Rp50.000.", 0),
        ("harga tiket bus lima puluh ribu rupiah", "Harga tiket bus 50,000 rupiah", 0),
        ("lima puluh ribu rupiah", "50000 rupiah", 0),
        ("harganya satu juta tujuh ratus lima puluh ribu rupiah", "Harganya Rp 1.750.000", 0),
        ("harganya satu juta tujuh ratus lima puluh ribu rupiah", "Harganya Rp 1.750.000 rupiah", 0),
        ("alamat anda dimana", "Alamat anda di mana?", 0),
        ("di mana", "dimana", 0),
        ("tiketnya", "tiket nya", 0),
        ("kalau sakit", "kalo sakit", 0),
        ("ratus", "seratus", 1),
        ("satu dua", "satu tiga empat", 2),
        ("halo", "ハロー", 1),
        ("halo", "", 1),
        ("ya", "ya " * 500, 499),
    ],
)
def test_only_what_is_another_word_counts(said: str, transcript: str, wrong: int) -> None:
    assert errors(said, transcript) == wrong


def test_numbers_are_read_in_both_ways() -> None:
    assert list(readings("119")) == ["satu satu sembilan", "seratus sembilan belas"]


@pytest.mark.parametrize(
    ("transcript", "phrase", "alike"),
    [
        ("Alamat mereka di mana?", "alamat mereka dimana", 1.0),
        ("Alamat Andra, dimana?", "alamat anda dimana", 16 / 17),
        ("119", "satu satu sembilan", 1.0),
        ("", "alamat anda dimana", 0.0),
    ],
)
def test_a_menu_takes_a_transcript_for_the_phrase_that_it_is_most_like(
    transcript: str, phrase: str, alike: float
) -> None:
    phrases = ["alamat anda dimana", "alamat mereka dimana", "satu satu sembilan"]
    assert nearest(transcript, phrases) == (phrase, pytest.approx(alike))
