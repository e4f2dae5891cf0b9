"""How sure a result is: what a phrase costs, against the garbage word and against its nearest rival.

Costs are Vosk's n-best "confidence" with the sign turned: negative log likelihoods of whole paths. Alone they
say nothing; a difference between two paths over the same audio does. A logistic function, fitted on real speech
(`python -m training thresholds`), makes a probability of two of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.speech.grammars import GARBAGE
from ivr.speech.heard import Hypothesis
from ivr.speech.lexicon import pronounce

FARTHEST = 12.0
"""What costs so much more than the best path is not in the n-best: conf/model.conf's lattice beam."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """For one hypothesis. `fit`: how much cheaper than garbage, per unit; `lead`: how much cheaper than its rival."""

    fit: float
    lead: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """The fitted function, and the thresholds that go with it."""

    bias: float
    fit: float
    lead: float
    accept: float
    confirm: float

    def of(self, evidence: Evidence) -> float:
        """Probability that the hypothesis is what was said."""
        return 1 / (1 + math.exp(-(self.bias + self.fit * evidence.fit + self.lead * evidence.lead)))


def evidence(costs: Mapping[str, float]) -> dict[str, Evidence]:
    """Cost of each hypothesis (and of GARBAGE, and of silence: "") → evidence for each hypothesis, best first."""
    farthest = min(costs.values()) + FARTHEST
    said = sorted((cost, text) for text, cost in costs.items() if text not in (GARBAGE, ""))
    found = {}
    for cost, text in said:
        units = sum(len(pronounce(word)) for word in text.split())
        rival = min((other for other, name in said if name != text), default=farthest)
        garbage = min(costs.get(GARBAGE, farthest), costs.get("", farthest))
        found[text] = Evidence((garbage - cost) / units, min(rival, farthest) - cost)
    return found


def judge(costs: Mapping[str, float], confidence: Confidence) -> tuple[Hypothesis, ...]:
    """The n-best, best first; among them the garbage (text ""), as sure as the best phrase is unsure."""
    hypotheses = [Hypothesis(text, confidence.of(found)) for text, found in evidence(costs).items()]
    best = max((h.confidence for h in hypotheses), default=0.0)
    return tuple(sorted([*hypotheses, Hypothesis("", 1 - best)], key=lambda h: -h.confidence))
