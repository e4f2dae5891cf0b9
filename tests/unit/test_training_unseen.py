"""What is learnt from when words must not be heard."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from training.train import Plan, PlanError, collect
from training.unseen import drawn

SAID = [
    ("train", "dialogue", "saya sakit"),
    ("train", "dialogue", "kamu sakit apa"),
    ("train", "news", "kota saya"),
    ("train", "digits", "dua satu"),
    ("dev", "dialogue", "saya satu"),
    ("dev", "dialogue", "apa kamu"),
    ("dev", "digits", "dua tiga"),
]


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    rows = ["split\tcorpus\tspeaker\tutterance\tseconds\ttext"]
    for i, (split, corpus, text) in enumerate(SAID):
        speaker = "A" if split == "train" else "B"
        rows.append(f"{split}\t{corpus}\t{speaker}\tU{i}\t0.1\t{text}")
        (tmp_path / corpus / speaker).mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / corpus / speaker / f"U{i}.wav", np.zeros(800, np.int16), 8000)
    (tmp_path / "transcripts.tsv").write_text("\n".join(rows) + "\n")
    (tmp_path / "sentences.txt").write_text("saya\n")
    return tmp_path


def texts(plan: Plan) -> set[str]:
    return {u.text for u in collect(plan)}


def test_nothing_that_holds_one_of_the_words_is_learnt_from(speech: Path) -> None:
    plan = Plan((speech,), speech / "sentences.txt", callers=0)
    assert texts(plan) == {"saya sakit", "kamu sakit apa", "kota saya", "dua satu"}
    assert texts(replace(plan, without=("saya",))) == {"kamu sakit apa", "dua satu"}


def test_words_are_drawn_from_what_is_said_in_the_dialogue_but_digits(speech: Path) -> None:
    assert drawn([speech], 3, seed=1) == ("apa", "kamu", "saya")
    assert len({drawn([speech], 2, seed) for seed in range(20)}) == 3
    with pytest.raises(PlanError, match="people say 3 words that are no digits"):
        drawn([speech], 4, seed=1)
