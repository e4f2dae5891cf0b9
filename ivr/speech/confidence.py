"""How sure a result is: is anything of the grammar said, and which of it?

Costs are Vosk's n-best "confidence" with the sign turned: negative log likelihoods of whole paths. Alone they say
nothing; a difference between two paths over the same audio does. Against the garbage word, it tells whether a phrase
was said at all: a logistic function, fitted on real speech (`python -m training thresholds`). Against the other
phrases, it tells how likely it is this one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ivr.speech.grammars import GARBAGE
from ivr.speech.heard import Hypothesis
from ivr.speech.lexicon import length

FARTHEST = 12.0
"""What costs so much more than the best path is not in the n-best: conf/model.conf's lattice beam."""


_RIVALRY = 0.5
"""Weight of a difference of cost between phrases: frames are not as independent as the sum of their costs says."""
_SUREST = 0.999
"""Nothing is heard as surely as what was written, which is 1."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """For one hypothesis. `fit`: how much cheaper than garbage, per unit; `share`: its part among its rivals, 0–1."""

    fit: float
    share: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted function, and the thresholds that go with it."""

    bias: float
    fit: float
    accept: float
    confirm: float

    def of(self, evidence: Evidence) -> float:
        """Probability that the hypothesis is what was said."""
        return min(_SUREST, evidence.share / (1 + math.exp(-(self.bias + self.fit * evidence.fit))))


def evidence(costs: Mapping[str, float]) -> dict[str, Evidence]:
    """Cost of each hypothesis (and of GARBAGE, and of silence: "") → evidence for each hypothesis, best first."""
    best = min(costs.values())
    garbage = min(costs.get(GARBAGE, best + FARTHEST), costs.get("", best + FARTHEST))
    said = sorted((cost, text) for text, cost in costs.items() if text not in (GARBAGE, ""))
    weights = [math.exp(-_RIVALRY * (cost - best)) for cost, _ in said]
    return {
        text: Evidence((garbage - cost) / length(text), weight / sum(weights))
        for (cost, text), weight in zip(said, weights, strict=True)
    }


def judge(costs: Mapping[str, float], confidence: Confidence) -> tuple[Hypothesis, ...]:
    """The n-best, best first; among them the garbage (text ""), as sure as the best phrase is unsure."""
    hypotheses = [Hypothesis(text, confidence.of(found)) for text, found in evidence(costs).items()]
    best = max((h.confidence for h in hypotheses), default=0.0)
    return tuple(sorted([*hypotheses, Hypothesis("", 1 - best)], key=lambda h: -h.confidence))


def with_sentences(phrases: Sequence[Hypothesis], costs: Mapping[str, float]) -> tuple[Hypothesis, ...]:
    """The n-best with sentences, which share what the phrases leave to the garbage. `costs`: as for `evidence`."""
    confidence = {h.text: h.confidence for h in phrases}
    left = confidence.pop("", 0.0)
    best = min(costs.values())
    weights = {text: math.exp(-_RIVALRY * (cost - best)) for text, cost in costs.items()}
    for text, weight in weights.items():
        if text not in (GARBAGE, ""):
            confidence[text] = min(_SUREST, confidence.get(text, 0.0) + left * weight / sum(weights.values()))
    confidence[""] = max(0.0, 1 - sum(confidence.values()))
    return tuple(sorted(itertools.starmap(Hypothesis, confidence.items()), key=lambda h: -h.confidence))
