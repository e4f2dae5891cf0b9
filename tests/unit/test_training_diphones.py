"""What the voice of diphones is asked to say; the voice itself is an extra that need not be installed."""

import itertools
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.settings import PROJECT
from ivr.speech.lexicon import pronounce
from training import diphones
from training.__main__ import main
from training.train import collect

PHONEMES = {
    "V", "@", "e", "I", "Q", "U", "p", "b", "t", "d", "k", "g", "tS", "dZ", "f", "s", "z", "h", "m", "n", "N", "r", "l",
    "w", "j", "nY",
}  # fmt: skip
"""All of ID1's that stand for one sound."""


def lines_of(text: str, seed: int) -> list[list[str]]:
    return [line.split() for line in diphones.score(text, random.Random(seed)).splitlines()]


def test_all_that_is_written_becomes_phonemes_of_the_voice() -> None:
    said = "khusus syarat nyonya qur an van xerox yang boleh jadi cuci zakat fasih gelap malam wajib"
    spoken = {line[0] for seed in range(20) for line in lines_of(said, seed)}
    assert spoken == PHONEMES | {"_"}


def test_no_phoneme_follows_itself() -> None:
    for seed in range(50):
        phonemes = [line[0] for line in lines_of("sembilan nama maaf taat", seed) if line[0] != "_"]
        assert all(one != next_one for one, next_one in itertools.pairwise(phonemes))


def test_two_of_a_sound_take_the_time_of_both() -> None:
    def milliseconds(text: str) -> float:
        return sum(float(line[1]) for seed in range(200) for line in lines_of(text, seed) if line[0] == "n")

    assert milliseconds("enam nama") < milliseconds("enan nama") < 3 * milliseconds("enam nama")


def test_invented_words_are_many_and_have_sounds_that_the_recogniser_knows() -> None:
    words = {diphones.invented(random.Random(seed)) for seed in range(500)}
    assert len(words) > 450
    units = set((PROJECT / "models/id-telephony/phones.txt").read_text().split())
    assert {unit for word in words for unit in pronounce(word)} <= units


def test_without_the_voice_one_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = tmp_path / "sentences.txt"
    sentences.write_text("Mau bikin KTP\n", encoding="utf-8")
    monkeypatch.setattr(diphones, "VOICE", tmp_path / "id1")
    assert list(diphones.diphone_callers(sentences, 0, 1)) == []
    with pytest.raises(diphones.DiphonesError, match="install mbrola and mbrola-id1"):
        diphones.diphone_callers(sentences, 1, 1)


def test_training_tells_it_before_it_reads_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diphones, "VOICE", tmp_path / "id1")
    monkeypatch.setattr("training.__main__.train_network", lambda plan, _: collect(plan))
    (sentences := tmp_path / "sentences.txt").touch()
    options = [f"--speech={tmp_path}", f"--sentences={sentences}", f"--work={tmp_path}", "--diphones=1"]
    told = CliRunner().invoke(main, ["train", *options])
    assert (told.exit_code, told.output.count("\n"), "install mbrola and mbrola-id1" in told.output) == (1, 1, True)
