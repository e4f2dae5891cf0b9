"""Speech of an agency's own callers, for training a recogniser on it (docs/training.md)."""

from __future__ import annotations

import csv
import hmac
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS, Lexicon, LexiconError, sentences
from ivr.speech.values.digits import SPOKEN
from ivr.voice.wav import wav_seconds

TABLE = "transcripts.tsv"
COLUMNS = ("split", "corpus", "speaker", "utterance", "seconds", "text")
DEV_SHARE = 0.2
"""Of the speakers; by them a model is judged, and none of them is trained on."""
_MOST_WAYS = 6


@dataclass(frozen=True, slots=True)
class Checked:
    """`speaker`: whatever is the same for one caller, `name`: and for one utterance; neither leaves as it is."""

    speaker: str
    name: str
    said: str
    audio: Path


def plain_words(text: str, lexicon: Lexicon) -> str:
    """What a person wrote down, as plain words: "Bikin KTP" -> "bikin ka te pe".

    Raises LexiconError where it cannot be said, or in more ways than one and none of them was written.
    """
    form = lexicon.form(text)
    written = " ".join(text.split())
    if written in sentences(form):
        return written
    ways = list(islice(sentences(form), _MOST_WAYS))
    if len(ways) > 1:
        shown = ", ".join(f"'{way}'" for way in ways)
        raise LexiconError(
            tr(
                f"'{text}' dapat diucapkan dengan beberapa cara; tulis seperti yang terdengar: {shown}",
                f"'{text}' can be said in several ways; write it as you heard it: {shown}",
            )
        )
    return ways[0]


def digit_words(digits: str) -> str:
    """ "12" -> "satu dua". Raises LexiconError where there is a 0, which has two words."""
    if "0" in digits:
        raise LexiconError(
            tr(
                f"{digits}: angka 0 disebut 'nol' atau 'kosong'; tulis kata-katanya",
                f"{digits}: 0 is said 'nol' or 'kosong'; write the words",
            )
        )
    words = {digit: word for word, digit in DIGITS.items()}
    return " ".join(words[digit] for digit in digits)


def export(utterances: Iterable[Checked], folder: Path, secret: str) -> list[list[str]]:
    """Write `folder` as `training` reads it; gives the rows of its table, as COLUMNS.

    Speakers and utterances get names that only `secret` leads to; with the same one they are the same again, and each
    speaker stays in their split. Raises FileExistsError where the folder holds something, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    rows = sorted(_copy(utterance, folder, secret) for utterance in utterances)
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as table:
        csv.writer(table, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n").writerows([COLUMNS, *rows])
    return rows


def _copy(utterance: Checked, folder: Path, secret: str) -> list[str]:
    speaker, name = _pseudonym(utterance.speaker, secret), _pseudonym(utterance.name, secret)
    corpus = "digits" if SPOKEN.issuperset(utterance.said.split()) else "dialogue"
    target = folder / corpus / speaker / f"{name}.wav"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(utterance.audio, target)
    split = "dev" if int(speaker, 16) < DEV_SHARE * 16 ** len(speaker) else "train"
    return [split, corpus, speaker, name, f"{wav_seconds(target) or 0:.2f}", utterance.said]


def _pseudonym(of: str, secret: str) -> str:
    return hmac.new(secret.encode(), of.encode(), "sha256").hexdigest()[:16]
