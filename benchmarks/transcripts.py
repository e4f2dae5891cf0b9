"""What a transcript says, however it writes numbers, capitals, punctuation and the gaps between words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from ivr.speech.lexicon import DIGITS, LexiconError, key_of, spoken

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_LONG = re.compile(r"(?<![\d.,])[1-9]\d{4,}(?![\d.,]\d)")
_TWICE = re.compile(r"\brp\.?\s*(?=[\d.,]+\s*rupiah)", re.IGNORECASE)
"""A currency that is also written behind its amount."""
_DIGIT = re.compile(r"\d")
_WORDS = {digit: word for word, digit in reversed(DIGITS.items())}


def readings(transcript: str) -> Iterator[str]:
    """Its words, numbers digit by digit, and then as quantities: "119, Rp50.000" is read in both ways."""
    by_digit = _DIGIT.sub(lambda m: f" {_WORDS[m[0]]} ", transcript)
    quantities = _TWICE.sub("", _THOUSANDS.sub(".", transcript))
    quantities = _LONG.sub(lambda m: f"{int(m[0]):,}".replace(",", "."), quantities)
    for text in (by_digit, quantities):
        try:
            yield spoken(text)
        except LexiconError:
            yield ""


def errors(said: str, transcript: str) -> int:
    """Words inserted, left out and taken for others, by the reading that is best for the transcript."""
    words = said.split()
    return min(Levenshtein.distance(_same(words), _same(_spaced_as(words, r.split()))) for r in readings(transcript))


def nearest(transcript: str, phrases: Iterable[str]) -> tuple[str, float]:
    """The phrase whose letters are most like the transcript's, and how like they are, 0–1."""
    alike = [
        (phrase, Levenshtein.normalized_similarity(_letters(phrase), _letters(reading)))
        for reading in readings(transcript)
        for phrase in phrases
    ]
    return max(alike, key=lambda found: found[1])


def _same(words: Sequence[str]) -> list[str]:
    """Equal for words that differ only in how they are said: "kosong" and "nol", "tidak" and "nggak"."""
    return [DIGITS.get(word, word) for word in key_of(" ".join(words))]


def _spaced_as(words: Sequence[str], heard: Sequence[str]) -> list[str]:
    """What was heard, with "di mana" in one where `words` have "dimana", and the other way round."""
    apart = {a + b: (a, b) for a, b in pairwise(words)}
    found: list[str] = []
    for word in heard:
        if found and found[-1] + word in words:
            found[-1] += word
        else:
            found += (word,) if word in words else apart.get(word, (word,))
    return found


def _letters(text: str) -> str:
    return text.replace(" ", "")
