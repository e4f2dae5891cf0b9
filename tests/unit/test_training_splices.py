"""People's syllables in another order; the network that finds them needs torch, and is not tried here."""

import random
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from training.__main__ import main
from training.corpus import Samples, Utterance
from training.splices import Piece, align, cut, joined
from training.train import Plan, PlanError

BLANK, A, B = 0, 1, 2
FRAME = 80


def likelihoods(*heard: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """A network that is nine tenths sure of one unit in each frame."""
    return np.log(np.array([[0.9 if unit == best else 0.05 for unit in (BLANK, A, B)] for best in heard], np.float32))


def test_each_unit_is_found_where_it_is_heard() -> None:
    heard = likelihoods(BLANK, A, BLANK, BLANK, B, BLANK, A, BLANK)
    assert align(heard, [A, B, A]) == [1, 4, 6]


def test_a_unit_is_where_the_network_is_surest_of_it() -> None:
    heard = likelihoods(BLANK, A, A, A, BLANK)
    heard[2, A] = np.log(0.99)
    assert align(heard, [A]) == [2]


def test_two_of_a_unit_have_a_blank_between_them() -> None:
    assert align(likelihoods(A, A, BLANK, A), [A, A]) == [0, 3]
    assert align(likelihoods(A, A, A), [A, A])[1] == 2
    assert align(likelihoods(A, A), [A, A]) == []


def test_words_that_need_more_frames_than_there_are_are_nowhere() -> None:
    assert align(likelihoods(A, B), [A, B, A]) == []


def loud(frames: int) -> Samples:
    return np.full(frames * FRAME, 8000, np.int16)


def quiet(frames: int) -> Samples:
    return np.zeros(frames * FRAME, np.int16)


def test_an_utterance_is_cut_where_it_is_soft_before_a_stop() -> None:
    samples = np.concatenate([loud(30), quiet(9), loud(30)])  # sa|ta, and no stop before the r of "ra"
    found = [5, 20, 43, 50, 55, 60]
    first, second = cut(Utterance("dialogue", "A", "satara", samples), found)
    assert (first.text, second.text) == ("sa", "tara")
    assert 30 * FRAME < len(first.samples) < 39 * FRAME
    assert len(first.samples) + len(second.samples) == len(samples)


def test_it_is_cut_between_words_and_not_where_it_is_loud() -> None:
    samples = np.concatenate([loud(30), quiet(9), loud(40)])
    pieces = cut(Utterance("dialogue", "A", "sa rata", samples), [5, 20, 43, 50, 60, 70])
    assert [piece.text for piece in pieces] == ["sa", "rata"]


def test_a_piece_that_takes_too_long_for_its_sounds_is_left_out() -> None:
    samples = np.concatenate([loud(30), quiet(9), loud(100)])
    pieces = cut(Utterance("dialogue", "A", "sa ta", samples), [5, 20, 43, 130])
    assert [piece.text for piece in pieces] == ["sa"]


def test_sounds_that_would_be_read_as_one_are_left_out() -> None:
    """A network may find n and g apart in "tan|gan"; written together they are ng."""
    samples = np.concatenate([loud(30), quiet(9), loud(30)])
    pieces = cut(Utterance("dialogue", "A", "tan gas", samples), [5, 10, 20, 43, 50, 60])
    assert [piece.text for piece in pieces] == ["tan", "gas"]


def test_what_is_put_together_is_what_its_text_says() -> None:
    pieces = [Piece(text, loud(10 + i)) for i, text in enumerate(["sa", "ta", "ngan", "kosong"])]
    made = joined("A", pieces, random.Random(1))
    texts = made.text.split()
    assert {"sa", "ta", "ngan", "kosong"} >= set(texts) > {"sa"}
    assert (made.corpus, made.speaker, len(made.units) >= 8) == ("splices", "A", True)
    said = sum(len(piece.samples) for text in texts for piece in pieces if piece.text == text)
    assert said + 0.2 * 8000 <= len(made.samples) <= said + (0.75 + 0.375 * len(texts)) * 8000
    assert joined("A", pieces, random.Random(1)).text == made.text
    assert joined("A", pieces, random.Random(2)).text != made.text


def test_without_a_network_that_finds_the_sounds_one_is_told_to_name_it(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="--from"):
        Plan((tmp_path,), tmp_path, splices=1)
    sentences = tmp_path / "sentences.txt"
    sentences.write_text("Mau bikin KTP\n", encoding="utf-8")
    options = ["--speech", tmp_path, "--sentences", sentences, "--work", tmp_path, "--splices", 10]
    said = CliRunner().invoke(main, ["train", *map(str, options)])
    assert said.exit_code == 1
    assert ": to splice what people say" in said.output
