"""What a recogniser tells of an utterance, whatever recogniser it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What may have been said. `text`: the form of a phrase, or digits; "" = none of the phrases."""

    text: str
    confidence: float
    """0–1"""


@dataclass(frozen=True, slots=True)
class Onset:
    """Speech began `at` this second of the audio."""

    at: float


@dataclass(frozen=True, slots=True)
class Final:
    """The utterance is over. `hypotheses`: best first; `onset`, `end` of the speech in seconds of the audio."""

    hypotheses: tuple[Hypothesis, ...]
    onset: float
    end: float
