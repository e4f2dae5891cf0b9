"""What a person wrote down as plain words, and the folder that training reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.collected import DEV_SHARE, Checked, digit_words, export, plain_words
from ivr.speech.lexicon import Lexicon, LexiconError
from ivr.voice.wav import RATE, write_wav
from training.corpus import people


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Saya mau bikin KTP", "saya mau bikin ka te pe"),
        ("  bikin   ktp ", "bikin ka te pe"),
        ("lewat email", "lewat email"),  # it is also said "imel"
        ("lewat imel", "lewat imel"),
        ("satu dua", "satu dua"),
    ],
)
def test_what_a_person_heard_becomes_plain_words(written: str, words: str) -> None:
    assert plain_words(written, Lexicon()) == words


@pytest.mark.parametrize(
    ("written", "says"),
    [("loket 12", "'loket dua belas', 'loket satu dua'"), ("Email", "'imel', 'email'"), ("…", "…"), ("Киев", "К")],
)
def test_what_is_no_words_or_several_is_refused_with_what_to_write(written: str, says: str) -> None:
    with pytest.raises(LexiconError, match=says):
        plain_words(written, Lexicon())


def test_digits_are_words_but_for_0_which_has_two() -> None:
    assert digit_words("3127") == "tiga satu dua tujuh"
    with pytest.raises(LexiconError, match="kosong"):
        digit_words("0812")


def collect(folder: Path, callers: int) -> list[Checked]:
    """Two utterances of each caller, the sounds all different."""
    made = []
    for i in range(callers):
        for j, said in enumerate(("bikin ka te pe", "satu nol dua")):
            audio = folder / f"{i}-{j}.wav"
            write_wav((2 * i + j).to_bytes(2, "little") * RATE, audio)
            made.append(Checked(f"+62812000{i:04}", f"1700000000.{i}.{j}", said, audio))
    return made


def test_training_reads_what_is_exported(tmp_path: Path) -> None:
    made = collect(tmp_path / "rec", 40)
    export(made, tmp_path / "out", "secret")
    read = [*people([tmp_path / "out"], "train"), *people([tmp_path / "out"], "dev")]
    assert {u.corpus: u.text for u in read} == {"dialogue": "bikin ka te pe", "digits": "satu nol dua"}
    assert sorted(int(u.samples[0]) for u in read) == list(range(80))
    assert {len(u.samples) for u in read} == {RATE}


def test_each_speaker_is_in_one_split_and_stays_there(tmp_path: Path) -> None:
    made = collect(tmp_path / "rec", 200)
    first = export(made[:200], tmp_path / "first", "secret")
    second = export(made[100:], tmp_path / "second", "secret")
    split = {row[2]: row[0] for row in first}
    assert {(row[2], row[0]) for row in first} == set(split.items())
    assert {row[2]: row[0] for row in second if row[2] in split}.items() <= split.items()
    assert sum(row[0] == "dev" for row in first) / len(first) == pytest.approx(DEV_SHARE, abs=0.1)


def test_no_number_leaves_and_another_secret_gives_other_names(tmp_path: Path) -> None:
    made = collect(tmp_path / "rec", 20)
    rows = export(made, tmp_path / "out", "secret")
    left = "\n".join(str(path.relative_to(tmp_path)) for path in (tmp_path / "out").rglob("*"))
    left += (tmp_path / "out/transcripts.tsv").read_text()
    assert "62812" not in left
    assert "1700000000" not in left
    others = export(made, tmp_path / "other", "another secret")
    assert not {row[2] for row in rows} & {row[2] for row in others}


def test_nothing_is_mixed_into_a_folder_that_is_in_use(tmp_path: Path) -> None:
    made = collect(tmp_path / "rec", 1)
    export(made, tmp_path / "out", "secret")
    with pytest.raises(FileExistsError):
        export(made, tmp_path / "out", "secret")
