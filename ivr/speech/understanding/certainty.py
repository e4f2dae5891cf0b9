"""How likely a meaning is what was meant, and what to do about it.

A logistic function of how plainly it was said. Its weights and the thresholds are fitted on sentences that people
labelled, never set by hand: `python -m benchmarks.understanding --fit` writes `certainty.json` beside this module.
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
class Certainty:
    """The fitted function, and the thresholds that go with it."""

    weights: Mapping[str, float]
    """Feature → weight."""
    accept: float
    confirm: float

    @classmethod
    def read(cls, file: Path = FITTED) -> Certainty:
        """Raises OSError, ValueError, KeyError or TypeError where the file is not what `--fit` wrote."""
        return cls(**json.loads(file.read_text()))

    def of(self, meaning: Meaning) -> float:
        """The probability that it is what was meant; 0 where nothing was found."""
        if meaning.nothing:
            return 0.0
        return 1 / (1 + math.exp(-sum(self.weights[name] * value for name, value in features(meaning).items())))

    def decide(self, probability: float) -> Decision:
        """By the thresholds."""
        if probability < self.confirm:
            return Decision.REJECT
        return Decision.ACCEPT if probability >= self.accept else Decision.CONFIRM
