"""Reading people's speech, and what synthetic callers say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.collected import COLUMNS, TABLE
from ivr.voice.wav import RATE
from training.corpus import CorpusError, people, sayable

HEAD = "\t".join(COLUMNS)


def speech(folder: Path, *rows: str, head: str = HEAD) -> Path:
    """A folder with a table of these rows, "split corpus speaker utterance text", and a recording for each."""
    lines = [head]
    for row in rows:
        split, corpus, speaker, utterance, text = row.split(" ", 4)
        lines.append("\t".join([split, corpus, speaker, utterance, "0.1", text]))
        audio(folder / corpus / speaker / f"{utterance}.wav")
    folder.mkdir(exist_ok=True)
    (folder / TABLE).write_text("\n".join([*lines, ""]))
    return folder


def audio(path: Path, seconds: float = 0.1, rate: int = RATE, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.ones((round(seconds * rate), channels), np.int16), rate)


@pytest.mark.parametrize(
    ("utterance", "written", "read"),
    [
        ("MIW_U025", "tiket bus lima", "tiket bus satu juta tujuh ratus lima"),
        ("MIW_U026", "kereta tujuh puluh lima ribu", "kereta lima puluh ribu"),
        ("FMJ_U025", "tiket bus lima", "tiket bus lima"),
    ],
)
def test_what_the_corpus_transcribes_wrongly_is_learnt_as_it_was_read(
    tmp_path: Path, utterance: str, written: str, read: str
) -> None:
    folder = speech(tmp_path, f"dev dialogue {utterance[:3]} {utterance} {written}")
    assert [u.text for u in people([folder], "dev")] == [read]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("test digits B U2 dua", "split is 'test'; it must be train or dev"),
        ("train digits B U2 ", "text is ''; write words"),
        ("train digits B U2 KTP", "text is 'KTP'; write words of the letters a-z, in lower case"),
        ("train digits B U2 loket 2", "text is 'loket 2'; write words"),
        ("train digits B U2 dua\tdua", "7 columns instead of 6"),
    ],
)
def test_a_line_of_the_table_that_is_wrong_is_named(tmp_path: Path, row: str, told: str) -> None:
    folder = speech(tmp_path, "train digits A U1 satu", row)
    with pytest.raises(CorpusError, match=re.escape(f"{folder / TABLE}:3: {told}")):
        list(people([folder], "train"))


def test_many_wrong_lines_are_told_of_at_once_but_not_all(tmp_path: Path) -> None:
    folder = speech(tmp_path, *(f"train digits A U{i} {i}" for i in range(12)))
    with pytest.raises(CorpusError) as told:
        list(people([folder], "train"))
    lines = str(told.value).splitlines()
    assert [line.split(": ")[0].rpartition(":")[2] for line in lines[:-1]] == [str(i) for i in range(2, 12)]
    assert lines[-1] == "… and 2 more"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("", ":1: no column split, corpus, speaker"),
        (HEAD.replace("\ttext", "") + "\n", ":1: no column text"),
        (HEAD + "\n", "nothing is of the split 'train'"),
        (HEAD + "\ntrain\tdigits\tA\tU9\t0.1\tsatu\n", ":2: .*U9.flac is not there, nor as .wav"),
        (HEAD + "\ntrain\tdigits\tA\tU9\t0.1\tcafé\n", " is not UTF-8"),
    ],
)
def test_a_table_that_is_wrong_is_named(tmp_path: Path, table: str, told: str) -> None:
    (tmp_path / TABLE).write_bytes(table.encode("latin-1"))
    with pytest.raises(CorpusError, match=told):
        list(people([tmp_path], "train"))


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=f"there is no {TABLE}"):
        list(people([tmp_path], "train"))


def test_a_table_may_be_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    table = speech(tmp_path, "train digits A U1 satu") / TABLE
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert [u.text for u in people([tmp_path], "train")] == ["satu"]


@pytest.mark.parametrize(
    ("recording", "told"),
    [
        ({"rate": 16_000}, "16000 Hz, 1 channels; convert it to 8000 Hz"),
        ({"channels": 2}, "8000 Hz, 2 channels; convert it to 8000 Hz, one channel"),
        ({"seconds": 0.05}, "is shorter than 0.1 s"),
    ],
)
def test_audio_that_is_wrong_is_named(tmp_path: Path, recording: dict[str, int], told: str) -> None:
    folder = speech(tmp_path, "train digits A U1 satu")
    audio(folder / "digits/A/U1.wav", **recording)
    with pytest.raises(CorpusError, match=f"U1.wav.*{told}"):
        list(people([folder], "train"))


def test_a_file_that_is_no_audio_is_named(tmp_path: Path) -> None:
    folder = speech(tmp_path, "train digits A U1 satu")
    (folder / "digits/A/U1.wav").write_bytes(b"no audio")
    with pytest.raises(CorpusError, match=r"U1\.wav cannot be read as audio"):
        list(people([folder], "train"))


def test_nobody_is_judged_by_a_voice_that_was_learnt_from(tmp_path: Path) -> None:
    one = speech(tmp_path / "one", "train digits A U1 satu", "dev digits B U2 dua")
    other = speech(tmp_path / "other", "train digits C U1 satu", "dev digits A U2 dua")
    assert [u.speaker for u in people([one], "train")] == ["A"]
    with pytest.raises(CorpusError, match=f"speaker A is of 'train' in {one / TABLE} and of 'dev' in {other / TABLE}"):
        list(people([one, other], "dev"))


def test_folders_are_read_one_after_another(tmp_path: Path) -> None:
    one = speech(tmp_path / "one", "train digits A U1 satu", "dev digits B U2 dua")
    other = speech(tmp_path / "other", "train digits A U1 tiga")
    assert [u.text for u in people([one, other], "train")] == ["satu", "tiga"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Mau bikin KTP\n日本\n", ":2: "),
        ("\n12\n", "there is no sentence"),
        ("café", "is not UTF-8"),
    ],
)
def test_sentences_that_nobody_can_say_are_named(tmp_path: Path, content: str, told: str) -> None:
    (path := tmp_path / "sentences.txt").write_bytes(content.encode("utf-8" if "é" not in content else "latin-1"))
    with pytest.raises(CorpusError, match=f"sentences.txt.*{told}"):
        sayable(path)
