import pytest

from ivr.speech.lexicon import pronounce
from ivr.speech.likeness import NEAR, distance, nearly_alike


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("kartu", "kartu", 0),
        ("pajak", "bajak", 0.5),  # p and b sound alike on the telephone
        ("pajak", "pajaklah", 3),
        ("lima", "lama", 1),
        ("nyanyi", "nani", 1),  # ny, twice
        ("tujuh", "satu", 4),
    ],
)
def test_how_far_sentences_are_apart(one: str, other: str, far: float) -> None:
    assert distance(pronounce(one), pronounce(other)) == distance(pronounce(other), pronounce(one)) == far


def test_near_ones_of_other_groups_are_told_once() -> None:
    groups = {"pe be be": "1", "pajak": "1", "bajak": "1", "ka te pe": "2", "pe be ge": "2", "kartu keluarga": "3"}
    assert list(nearly_alike(groups)) == [("pe be ge", "pe be be")]


def test_what_is_a_sound_and_a_half_apart_is_not_told() -> None:
    assert list(nearly_alike({"pajak": "1", "bajaka": "2"})) == []


def test_what_differs_by_one_sound_is_found_wherever_that_is() -> None:
    word = "kartu keluarga"
    for at, letter in enumerate(word):
        if letter != " ":
            for near in (word[:at] + "x" + word[at + 1 :], word[:at] + word[at + 1 :], word[:at] + "o" + word[at:]):
                units = [[u for part in sentence.split() for u in pronounce(part)] for sentence in (word, near)]
                assert list(nearly_alike({word: 1, near: 2})) == [(near, word)] * (distance(*units) <= NEAR), near
