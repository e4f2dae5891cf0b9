import pytest

from ivr.speech.lexicon import LexiconError, pronounce, spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("KTP", "ka te pe"),
        ("Kartu Keluarga", "kartu keluarga"),
        ("KTP / KK", "ka te pe atau ka ka"),
        ("PDAM", "pe de a em"),
        ("Dukcapil", "dukcapil"),
        ("lapor 112", "lapor seratus dua belas"),
        ("hubungi 112", "hubungi satu satu dua"),
        ("antar-kota, Jumát!", "antar kota jumat"),
    ],
)
def test_a_phrase_is_put_into_plain_words(written: str, said: str) -> None:
    assert spoken(written) == said


@pytest.mark.parametrize("nothing", ["", " ", "…", "?!"])
def test_a_phrase_without_a_word_is_refused_by_name(nothing: str) -> None:
    with pytest.raises(LexiconError, match=r"frasa '.*' tidak berisi kata"):
        spoken(nothing)


@pytest.mark.parametrize(
    ("word", "units"),
    [
        ("nyaring", ["ny", "a", "r", "i", "ng"]),
        ("tanggal", ["t", "a", "ng", "g", "a", "l"]),
        ("syarat", ["sy", "a", "r", "a", "t"]),
        ("akhir", ["a", "kh", "i", "r"]),
        ("taxi", ["t", "a", "k", "s", "i"]),
    ],
)
def test_a_word_is_said_as_it_is_written(word: str, units: list[str]) -> None:
    assert pronounce(word) == units
