"""A caller made of a man's recorded diphones, who says whatever is written: every sound after every other.

The voice is ID1, Indonesian, by Arry Akhmad Arman, spoken by MBROLA (Debian: `mbrola` and `mbrola-id1`, in contrib and
non-free). People say few words in a corpus, and a network learns these words by heart; ID1 also says words that nobody
ever said.
"""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import groupby
from math import cos
from operator import itemgetter
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ivr.speech.lexicon import pronounce
from ivr.voice.wav import RATE
from training.corpus import Samples, Utterance, sayable

VOICE = Path("/usr/share/mbrola/id1/id1")
_STEP = 500
"""Hertz. The voice's own rate is 16,000; another rate, played as what it is, is another throat."""
_PHONEMES = {
    "a": "V", "i": "I", "o": "Q", "u": "U", "c": "tS", "j": "dZ", "y": "j", "ng": "N", "ny": "nY", "sy": "s", "kh": "h",
}  # fmt: skip
"""Our unit → its phoneme, where it is written otherwise."""
_SCHWA, _VOWELS = "@", "aiueo"
_MILLISECONDS = {_SCHWA: 45, "s": 90, "tS": 90} | dict.fromkeys(("V", "e", "I", "Q", "U"), 85)
_CONSONANT, _LAST_VOWEL = 70, 115
_SHORTEST = 25
_FIRST = (*"pbtdkgcjmnlrswyhfz", "ng", "ny", "")
_LAST = (*"nmrslkth", "ng")


class DiphonesError(Exception):
    """MBROLA or its voice is not there; the message says what to do."""


def diphone_callers(sentences: Path, count: int, seed: int) -> Iterator[Utterance]:
    """Utterances of ID1: sentences of a file, words of it in any order, and words that do not exist.

    Raises DiphonesError, at once; CorpusError.
    """
    if count and not (shutil.which("mbrola") and VOICE.exists()):
        raise DiphonesError(f"{VOICE} or the program mbrola is missing: install mbrola and mbrola-id1")
    return _callers(sentences, count, seed)


def _callers(sentences: Path, count: int, seed: int) -> Iterator[Utterance]:
    if not count:
        return
    chance = random.Random(seed)
    lines = sayable(sentences)
    words = sorted({word for line in lines for word in line.split()})
    for _ in range(count):
        several = range(chance.randint(1, 6))
        text = chance.choice(
            [
                chance.choice(lines),
                " ".join(chance.choice(words) for _ in several),
                " ".join(invented(chance) for _ in several),
            ]
        )
        yield Utterance("diphones", VOICE.name, text, _say(text, chance))


def invented(chance: random.Random) -> str:
    """A word of two to four syllables that could be Indonesian."""
    open_syllables = [chance.choice(_FIRST) + chance.choice("aaaiueo") for _ in range(chance.randint(2, 4))]
    return "".join(syllable + (chance.choice(_LAST) if chance.random() < 0.3 else "") for syllable in open_syllables)


def _say(text: str, chance: random.Random) -> Samples:
    """At one pace and pitch, by a throat longer or shorter than his."""
    throat = _STEP * chance.randint(27, 38)
    command = ["mbrola", "-l", str(throat), str(VOICE), "-", "-.raw"]
    spoken = subprocess.run(command, input=score(text, chance).encode(), capture_output=True, check=True).stdout
    samples = resample_poly(np.frombuffer(spoken, "<i2").astype(float), RATE // _STEP, throat // _STEP)
    return np.clip(samples, -32767, 32767).astype("<i2")


def score(text: str, chance: random.Random) -> str:
    """What MBROLA reads: a phoneme a line, its milliseconds, and pitch in hertz at a percentage of them."""
    pace, pitch, schwas = chance.uniform(0.65, 1.3), chance.uniform(85, 220), chance.uniform(0.4, 0.95)
    lines, spent = [_pause(chance)], 0.0
    phonemes = [pair for word in text.split() for pair in _phonemes(pronounce(word), schwas, chance)]
    for phoneme, same in groupby(phonemes, itemgetter(0)):  # there are no diphones of one and the same phoneme
        usual = sum(milliseconds for _, milliseconds in same)
        milliseconds = max(_SHORTEST, pace * chance.gauss(usual, usual / 5))
        spent += milliseconds
        lines.append(f"{phoneme} {milliseconds:.0f} 50 {pitch * (1 + 0.12 * cos(spent / 400)):.0f}")
        if chance.random() < 0.02:
            lines.append(_pause(chance))
    return "\n".join([*lines, _pause(chance), ""])


def _pause(chance: random.Random) -> str:
    return f"_ {chance.randint(60, 400)}"


def _phonemes(units: Sequence[str], schwas: float, chance: random.Random) -> Iterator[tuple[str, float]]:
    """The phonemes of a word, and how many milliseconds each takes usually. Written e is two sounds."""
    last_vowel = max((i for i, unit in enumerate(units) if unit in _VOWELS), default=-1)
    for i, unit in enumerate(units):
        schwa = unit == "e" and i != last_vowel and chance.random() < schwas
        phoneme = _SCHWA if schwa else _PHONEMES.get(unit, unit)
        yield phoneme, _LAST_VOWEL if i == last_vowel else _MILLISECONDS.get(phoneme, _CONSONANT)
