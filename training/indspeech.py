"""INDspeech as its authors give it out → a folder of speech that training reads (`training.corpus`).

Three of its corpora, each a folder with `speech` and `text`: connected digits (DIGIT_CDSR), telephone dialogues
(TELDIALOG_SVCSR) and news (NEWS_TTS). Recordings are WAV of 16 kHz, in folders or in a ZIP for each speaker, and their
names tell who says what: FAC_00483A (digits, K for "kosong"), FHJ_U097 (the sentence of text/…/U097.ANS), SPK00_F_0012
(a line of text/norm_transcript).
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile

import numpy as np
import soundfile
from scipy.signal import resample_poly

from ivr.collected import COLUMNS, TABLE
from ivr.speech.lexicon import DIGITS
from ivr.voice.wav import RATE

_NAMES = {
    "digits": re.compile(r"(?P<speaker>[FM][A-Z]{2})_(?P<text>[0-9K]+)[A-Z]"),
    "dialogue": re.compile(r"(?P<speaker>[FM][A-Z]{2})_(?P<text>U[0-9]{3})"),
    "news": re.compile(r"(?P<speaker>SPK[0-9]{2})_(?P<text>[FM]_[0-9]{4})"),
}
_SPOKEN = {digit: word for word, digit in DIGITS.items() if word != "kosong"} | {"K": "kosong"}
_DEV_ONE_IN = 8
"""Of the speakers of digits and dialogues."""


class IndspeechError(Exception):
    """A folder is not as its authors give it out; the message says where."""


@dataclass(frozen=True)
class _Corpus:
    folder: Path

    def text(self, corpus: str, name: str, key: str) -> str:
        """What is said in the recording `name`, in lower case. Raises KeyError."""
        if corpus == "digits":
            return " ".join(_SPOKEN[sign] for sign in key)
        return _words(self._sentences[key] if corpus == "dialogue" else self._lines[name])

    @cached_property
    def _sentences(self) -> dict[str, str]:
        return {name: self._decoded(name, content) for name, content in _files(self.folder / "text", ".ans")}

    @cached_property
    def _lines(self) -> dict[str, str]:
        content = (self.folder / "text/norm_transcript").read_bytes()
        lines = self._decoded("norm_transcript", content).splitlines()
        return {name: text for name, _, text in (line.partition("\t") for line in lines)}

    def _decoded(self, name: str, content: bytes) -> str:
        try:
            return content.decode()
        except UnicodeDecodeError as e:
            raise IndspeechError(f"{self.folder / 'text'}: {name} is not UTF-8; convert it") from e


def convert(folders: Iterable[Path], out: Path) -> int:
    """Write what is in these folders to `out`; gives how many utterances. Raises IndspeechError.

    About one in eight speakers is for "dev", the same each time, and the same person in all corpora. Where a speaker
    says the same digits in two parts of a corpus, under one name, the first of them is taken.
    """
    if (table := out / TABLE).exists():
        raise IndspeechError(f"{table} is there already; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    part, written = table.with_suffix(".part"), set[Path]()
    with part.open("w", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
        writer.writerow(COLUMNS)
        for folder in folders:
            writer.writerows(_converted(folder, out, written))
    part.replace(table)
    return len(written)


def _converted(folder: Path, out: Path, written: set[Path]) -> Iterator[tuple[str, ...]]:
    """The rows of the table, each once its recording is written."""
    texts, is_empty = _Corpus(folder), True
    for name, content in _files(folder / "speech", ".wav"):
        is_empty = False
        corpus, speaker, key = _told_by(name, folder)
        path = out / corpus / speaker / f"{name}.flac"
        if path in written:
            continue
        try:
            text = texts.text(corpus, name, key)
        except (KeyError, OSError) as e:
            raise IndspeechError(f"{folder / 'text'}: no text of {name}") from e
        try:
            seconds = _write(content, path)
        except soundfile.LibsndfileError as e:
            raise IndspeechError(f"{folder}: {name}.wav cannot be read") from e
        written.add(path)
        split = "dev" if corpus != "news" and _is_for_dev(speaker) else "train"
        yield split, corpus, speaker, name, f"{seconds:.2f}", text
    if is_empty:
        raise IndspeechError(f"{folder / 'speech'}: no recordings there; name the folder of one corpus")


def _told_by(name: str, folder: Path) -> tuple[str, str, str]:
    for corpus, pattern in _NAMES.items():
        if found := pattern.fullmatch(name):
            return corpus, found["speaker"], found["text"]
    raise IndspeechError(f"{folder}: {name}.wav is not named as in DIGIT_CDSR, TELDIALOG_SVCSR or NEWS_TTS")


def _files(folder: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Name without suffix, and content, of all files of a kind below a folder and in its ZIPs, but hidden ones."""
    for path in sorted(folder.rglob("*")):
        if path.name.startswith("."):
            continue
        if path.suffix.lower() == suffix:
            yield path.stem, path.read_bytes()
        elif path.suffix.lower() == ".zip":
            try:
                with ZipFile(path) as archive:
                    for inner in sorted(archive.namelist()):
                        name = PurePath(inner)
                        if name.suffix.lower() == suffix and not name.name.startswith("."):
                            yield name.stem, archive.read(inner)
            except BadZipFile as e:
                raise IndspeechError(f"{path} is no ZIP; fetch it again") from e


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z]+", text.lower()))


def _write(content: bytes, path: Path) -> float:
    """Write a recording at 8 kHz; gives its seconds."""
    samples, rate = soundfile.read(io.BytesIO(content))
    telephone = resample_poly(samples, RATE, rate)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.clip(telephone, -1, 1), RATE, "PCM_16")
    return len(telephone) / RATE


def _is_for_dev(speaker: str) -> bool:
    return hashlib.sha256(speaker.encode()).digest()[0] % _DEV_ONE_IN == 0
