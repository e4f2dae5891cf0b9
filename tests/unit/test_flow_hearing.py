"""What is made of the recogniser's hypotheses."""

from __future__ import annotations

import pytest

from ivr.channel import Grammar, Hypothesis, Utterance
from ivr.flow.hearing import Decision, by_phrase, decide

GRAMMAR = Grammar("v/g", {}, digits=False, accept=0.8, confirm=0.5)
KEY_OF = by_phrase({"1": ["KTP", "buat KTP", "KTP hilang"], "2": ["pajak"]})


@pytest.mark.parametrize(
    ("hypotheses", "decision", "meant"),
    [
        ([("KTP", 0.9), ("", 0.1)], Decision.ACCEPTED, "1"),
        ([("KTP", 0.8)], Decision.ACCEPTED, "1"),
        ([("KTP", 0.79)], Decision.CONFIRM, "1"),
        ([("KTP", 0.49), ("", 0.51)], Decision.REJECTED, ""),
        ([("KTP", 0.5), ("buat KTP", 0.4)], Decision.ACCEPTED, "1"),  # either way it is the same
        ([("pajak", 0.4), ("KTP", 0.3), ("buat KTP", 0.3)], Decision.CONFIRM, "1"),
        ([("", 0.9), ("KTP", 0.1)], Decision.REJECTED, ""),
        ([("", 1.0)], Decision.REJECTED, ""),
        ([], Decision.REJECTED, ""),
    ],
)
def test_what_was_meant(hypotheses: list[tuple[str, float]], decision: Decision, meant: str) -> None:
    utterance = Utterance("1.1", GRAMMAR, tuple(Hypothesis(*h) for h in hypotheses))
    assert decide(utterance, KEY_OF.__getitem__) == (decision, meant)
