"""Everyday spelling and inflection."""

import pytest

from ivr.speech.understanding.words import COMMON, STANDARD, Stems, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gimana bikin KTP-nya, Bu?", "bagaimana buat ktp nya bu"),
        ("Kantornya dimana ya", "kantornya di mana ya"),
        ("K.T.P. hilang", "ktp hilang"),
        ("nggak, blm sdh", "tidak belum sudah"),
        ("udah kelar? raib? wajib!", "sudah selesai hilang harus"),
        ("", ""),
        ("🙂 …", ""),
    ],
)
def test_words_are_made_standard(text: str, words: str) -> None:
    assert " ".join(token.word for token in tokens(text)) == words


def test_a_word_knows_its_place() -> None:
    found = tokens("Mau ke Dimana?")
    assert [(t.word, t.start, t.end) for t in found] == [("mau", 0, 3), ("ke", 4, 6), ("di", 7, 13), ("mana", 7, 13)]


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("persyaratannya", "syarat"),
        ("pembuatan", "buat"),
        ("dibuatkan", "buat"),
        ("membuatnya", "buat"),
        ("ngebuatnya", "buat"),
        ("pengambilan", "ambil"),
        ("ngambilnya", "ambil"),
        ("pemakaian", "pakai"),
        ("memperpanjang", "panjang"),
        ("menyiapkan", "siap"),
        ("pengurusan", "urus"),
        ("ngurusin", "urus"),
        ("kehilangan", "hilang"),
        ("bikinkan", "buat"),
        ("menelpon", "telepon"),
        ("kepala", "kepala"),
    ],
)
def test_inflection_is_taken_off_down_to_a_known_word(word: str, stem: str) -> None:
    known = ["syarat", "buat", "ambil", "pakai", "panjang", "siap", "urus", "hilang", "telepon", "apa", "lama"]
    assert Stems(known)(word) == stem


def test_who_is_hit_does_not_ask_for_the_time() -> None:
    stem = Stems(["jam", "dipukul"])
    assert [token.word for token in tokens("pukul dua")] == ["jam", "dua"]
    assert (stem("dipukul"), stem("dipukuli"), stem("memukul"), stem("jamnya")) == (
        "dipukul",
        "dipukul",
        "memukul",
        "jam",
    )


def test_a_word_that_is_apart_is_no_form_of_another() -> None:
    stem = Stems(["mati", "nyala"], apart=["matikan"])
    assert (stem("matikan"), stem("nyalakan")) == ("matikan", "nyala")


@pytest.mark.parametrize("word", ["berapa", "selama", "apakah", "bukan"])
def test_a_common_word_is_no_form_of_another(word: str) -> None:
    assert Stems(["apa", "lama", "buka"])(word) == word


def test_standard_spellings_are_not_spelled_again() -> None:
    assert not {word for standard in STANDARD.values() for word in standard.split()} & set(STANDARD)
    assert not COMMON & set(STANDARD)
