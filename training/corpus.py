"""Speech to learn from: people (folders in the form of speech-id) and synthetic callers.

The form: `transcripts.tsv` with the columns split, corpus, speaker, utterance, seconds, text, and the audio in
CORPUS/SPEAKER/UTTERANCE.flac or .wav, 8 kHz, one channel. `sambung utterances export` writes a service's own callers
like that, `python -m training indspeech` INDspeech.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ivr.collected import COLUMNS, TABLE
from ivr.speech.lexicon import DIGITS, LexiconError, pronounce, spoken
from ivr.voice.audio import from_voice
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE

Samples = NDArray[np.int16]
Row = Mapping[str, str]
"""Of a table: column → what stands there."""

SPLITS = ("train", "dev")
_SHORTEST = RATE // 10
"""Samples; on a line, an utterance becomes shorter still."""
_MOST_FAULTS = 10
"""Told of at once."""

_MEN = ("MDX", "MEM", "MEP", "MIW", "MMA")
_READ_INSTEAD = {
    **{f"{speaker}_U025": ("bus", "bus satu juta tujuh ratus") for speaker in _MEN},
    **{f"{speaker}_U026": ("tujuh puluh lima", "lima puluh") for speaker in _MEN},
}
"""Utterance of INDspeech's dialogue → words of its transcript, and what was read for them (decision 0047)."""

_SPEAKERS = ("", *(f"m{i}" for i in range(1, 9)), *(f"f{i}" for i in range(1, 6)), "klatt", "klatt2", "klatt3",
             "Andy", "Annie", "anika", "belinda", "david", "edward", "john", "linda", "max", "michael")  # fmt: skip


class CorpusError(ValueError):
    """Speech or sentences are not as they must be; the message says where, and what to do."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """`corpus`: what kind of speech it is ("dialogue", "digits", …); `text`: its words, lower case."""

    corpus: str
    speaker: str
    text: str
    samples: Samples

    @property
    def units(self) -> list[str]:
        """The units of the model that are said."""
        return [unit for word in self.text.split() for unit in pronounce(word)]


def people(speech: Iterable[Path], split: str) -> Iterator[Utterance]:
    """The utterances of one split ("train" or "dev") of these folders.

    Raises CorpusError: before the first of them where a table is wrong, or where nothing is of that split.
    """
    tables = {folder: _table(folder) for folder in speech}
    _check_apart(tables)
    if not any(row["split"] == split for table in tables.values() for row in table):
        raise CorpusError(f"{' and '.join(map(str, tables))}: nothing is of the split '{split}'; see docs/training.md")
    for folder, table in tables.items():
        for row in table:
            if row["split"] == split:
                yield _utterance(folder, row)


def _table(folder: Path) -> list[Row]:
    path = folder / TABLE
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except FileNotFoundError as e:
        raise CorpusError(f"{folder}: there is no {TABLE}; name a folder of speech (docs/training.md)") from e
    except UnicodeDecodeError as e:
        raise CorpusError(f"{path} is not UTF-8; save it as that") from e
    columns = lines[0] if lines else []
    if missing := [name for name in COLUMNS if name not in columns]:
        raise CorpusError(f"{path}:1: no column {', '.join(missing)}; the first line names them, with tabs between")
    numbered = [(number, line) for number, line in enumerate(lines, 1) if number > 1 and line]
    faults = [f"{path}:{number}: {fault}" for number, line in numbered if (fault := _fault(folder, columns, line))]
    if faults:
        more = [f"… and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
        raise CorpusError("\n".join([*faults[:_MOST_FAULTS], *more]))
    return [dict(zip(columns, line, strict=True)) for _, line in numbered]


def _fault(folder: Path, columns: Sequence[str], line: Sequence[str]) -> str:
    """What is wrong with a line of the table; "" where nothing is."""
    if len(line) != len(columns):
        return f"{len(line)} columns instead of {len(columns)}; there is one tab between two"
    row = dict(zip(columns, line, strict=True))
    if row["split"] not in SPLITS:
        return f"split is '{row['split']}'; it must be train or dev"
    if not re.fullmatch("[a-z]+( [a-z]+)*", row["text"]):
        return f"text is '{row['text']}'; write words of the letters a-z, in lower case, one space between"
    if not _audio(folder, row).exists():
        return f"{_audio(folder, row)} is not there, nor as .wav; add it, or take the line out"
    return ""


def _audio(folder: Path, row: Row) -> Path:
    path = folder / row["corpus"] / row["speaker"] / f"{row['utterance']}.flac"
    own = path.with_suffix(".wav")
    return own if own.exists() else path


def _check_apart(tables: Mapping[Path, Iterable[Row]]) -> None:
    """Nobody is judged by a voice that was learnt from."""
    said: dict[str, tuple[str, Path]] = {}
    for folder, table in tables.items():
        for row in table:
            speaker, split = row["speaker"], row["split"]
            first, where = said.setdefault(speaker, (split, folder))
            if first != split:
                raise CorpusError(
                    f"speaker {speaker} is of '{first}' in {where / TABLE} and of '{split}' in {folder / TABLE}; "
                    "each speaker must be of one split, and have a name of their own"
                )


def _utterance(folder: Path, row: Row) -> Utterance:
    path = _audio(folder, row)
    try:
        samples, rate = soundfile.read(path, dtype="int16")
    except soundfile.LibsndfileError as e:
        raise CorpusError(f"{path} cannot be read as audio; replace it, or take its line out of {TABLE}") from e
    if rate != RATE or samples.ndim != 1:
        raise CorpusError(f"{path}: {rate} Hz, {samples[:1].size} channels; convert it to {RATE} Hz, one channel")
    if len(samples) < _SHORTEST:
        raise CorpusError(f"{path} is shorter than {_SHORTEST / RATE:g} s; take its line out of {TABLE}")
    written, read = _READ_INSTEAD.get(row["utterance"], ("", ""))
    return Utterance(row["corpus"], row["speaker"], row["text"].replace(written, read), samples)


def callers(sentences: Path, count: int, seed: int) -> Iterator[Utterance]:
    """Synthetic callers who say sentences of a file (one a line) or strings of digits, in many voices.

    Raises CorpusError, VoiceError.
    """
    if not count:
        return
    chance = random.Random(seed)
    lines = sayable(sentences)
    for _ in range(count):
        speaker = chance.choice(_SPEAKERS)
        digits = " ".join(chance.choices(list(DIGITS), k=chance.randint(1, 12)))
        text = digits if chance.random() < 0.15 else chance.choice(lines)
        voice = EspeakVoice(chance.randint(110, 190), speaker, chance.randint(20, 80))
        speech = from_voice(voice.synthesize(text)).raw_data
        quiet = [np.zeros(chance.randint(800, 4000), np.int16) for _ in range(2)]
        yield Utterance("callers", speaker, text, np.concatenate([quiet[0], np.frombuffer(speech, "<i2"), quiet[1]]))


def sayable(sentences: Path) -> list[str]:
    """The lines of a file that hold words, in plain words. Raises CorpusError, also where there is none."""
    try:
        written = sentences.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as e:
        raise CorpusError(f"{sentences} is not UTF-8; save it as that") from e
    lines = []
    for number, line in enumerate(written, 1):
        if any(c.isalpha() for c in line):
            try:
                lines.append(spoken(line))
            except LexiconError as e:
                raise CorpusError(f"{sentences}:{number}: {e}") from e
    if not lines:
        raise CorpusError(f"{sentences}: there is no sentence; write what synthetic callers say, a line each")
    return lines
