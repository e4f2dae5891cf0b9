"""Speech to learn from: people (a folder in the form of speech-id) and synthetic callers.

The form: `transcripts.tsv` with the columns split, corpus, speaker, utterance, seconds, text, and the audio in
CORPUS/SPEAKER/UTTERANCE.flac or .wav, 8 kHz. `sambung utterances export` writes a service's own callers like that,
`python -m training indspeech` INDspeech.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from ivr.speech.lexicon import DIGITS, pronounce, spoken
from ivr.voice.audio import from_voice
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE

Samples = NDArray[np.int16]

TABLE = "transcripts.tsv"
COLUMNS = ("split", "corpus", "speaker", "utterance", "seconds", "text")

_MEN = ("MDX", "MEM", "MEP", "MIW", "MMA")
_READ_INSTEAD = {
    **{f"{speaker}_U025": ("bus", "bus satu juta tujuh ratus") for speaker in _MEN},
    **{f"{speaker}_U026": ("tujuh puluh lima", "lima puluh") for speaker in _MEN},
}
"""Utterance of INDspeech's dialogue → words of its transcript, and what was read for them (decision 0047)."""

_SPEAKERS = ("", *(f"m{i}" for i in range(1, 9)), *(f"f{i}" for i in range(1, 6)), "klatt", "klatt2", "klatt3",
             "Andy", "Annie", "anika", "belinda", "david", "edward", "john", "linda", "max", "michael")  # fmt: skip


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


def people(speech: Path, split: str) -> Iterator[Utterance]:
    """The utterances of one split ("train" or "dev")."""
    with (speech / TABLE).open(newline="") as table:
        for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["split"] == split:
                path = speech / row["corpus"] / row["speaker"] / f"{row['utterance']}.flac"
                if (own := path.with_suffix(".wav")).exists():
                    path = own
                samples, rate = soundfile.read(path, dtype="int16")
                if rate != RATE:
                    raise ValueError(f"{path}: {rate} Hz; {RATE} is needed")
                written, read = _READ_INSTEAD.get(row["utterance"], ("", ""))
                yield Utterance(row["corpus"], row["speaker"], row["text"].replace(written, read), samples)


def callers(sentences: Path, count: int, seed: int) -> Iterator[Utterance]:
    """Synthetic callers who say sentences of a file (one a line) or strings of digits, in many voices."""
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
    """The lines of a file that hold words, in plain words."""
    return [spoken(line) for line in sentences.read_text().splitlines() if any(c.isalpha() for c in line)]
