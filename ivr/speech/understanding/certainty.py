"""How likely a meaning is what was meant, and what to do about it.

A logistic function of how plainly it was said; of what a recogniser heard, another one of that and of how surely it was
heard. Their weights and the thresholds are fitted on sentences that people labelled, never set by hand:
`python -m benchmarks.understanding --fit` and `python -m benchmarks.heard --fit` write `certainty.json` beside this
module.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.understanding.meaning import Meaning
from ivr.understood import Decision

FITTED = Path(__file__).with_name("certainty.json")
_MOST_RIVALS = 2
_NEAREST = 0.005
"""Nothing that was heard is nearer than this to being certain or impossible."""


def features(meaning: Meaning) -> dict[str, float]:
    """What the probability is a function of."""
    asks = bool(meaning.question or meaning.option)
    return {
        "bias": 1,
        "no_document": not meaning.document,
        "no_question": not asks,
        "weak": meaning.weak,
        "rivals": min(meaning.rivals, _MOST_RIVALS),
        "hinted": min(meaning.hinted, _MOST_RIVALS),
        "unknown": meaning.unknown,
        "unknown_and_incomplete": meaning.unknown * (not (meaning.document and asks)),
    }


@dataclass(frozen=True, slots=True)
class HeardMeaning:
    """A meaning that was heard. `probability`: of it, had its words been written; `confidence`: how surely words that
    mean this were said; `is_option`: whether an option of the menu is meant, which needs no document."""

    meaning: Meaning
    probability: float
    confidence: float
    is_option: bool = False


def features_heard(heard: HeardMeaning) -> dict[str, float]:
    """What the probability of what was heard is a function of."""
    return {
        "bias": 1,
        "no_document": not (heard.meaning.document or heard.is_option),
        "no_question": not (heard.meaning.question or heard.meaning.option),
        "meant": _log_odds(heard.probability),
        "heard": _log_odds(heard.confidence),
    }


def _log_odds(probability: float) -> float:
    near = min(max(probability, _NEAREST), 1 - _NEAREST)
    return math.log(near / (1 - near))


@dataclass(frozen=True, slots=True)
class Certainty:
    """The fitted functions, and the thresholds that go with them."""

    weights: Mapping[str, float]
    """Feature → weight, of what was written."""
    document: float
    """The probability that a document which is named alone is this one."""
    accept: float
    confirm: float
    weights_heard: Mapping[str, float]
    accept_heard: float

    @classmethod
    def read(cls, file: Path = FITTED) -> Certainty:
        """Raises OSError, ValueError, KeyError or TypeError where the file is not what `--fit` wrote."""
        return cls(**json.loads(file.read_text()))

    def of(self, meaning: Meaning) -> float:
        """The probability that it is what was meant; 0 where nothing was found."""
        if meaning.nothing:
            return 0.0
        return _logistic(self.weights, features(meaning))

    def of_heard(self, heard: HeardMeaning) -> float:
        """The same of what was heard; where that is a document alone, that it is this one."""
        return 0.0 if heard.meaning.nothing else _logistic(self.weights_heard, features_heard(heard))

    def decide(self, probability: float, *, heard: bool = False) -> Decision:
        """By the thresholds."""
        if probability < self.confirm:
            return Decision.REJECT
        return Decision.ACCEPT if probability >= (self.accept_heard if heard else self.accept) else Decision.CONFIRM


def _logistic(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-sum(weights[name] * value for name, value in features.items())))
