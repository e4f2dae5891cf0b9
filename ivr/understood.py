"""What was understood of what a caller said in words of their own: what passes from understanding to the steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

Plain = str | int | float
Slot = Plain | list[Plain]
"""A value of a sentence; a list where it names several, or where one may mean several times of day."""

Pair = tuple[str, str]
"""A document and what is asked of it; "" = it does not say."""

Options = tuple[tuple[str, ...], ...]
"""The options of a menu: the phrases of each. The first phrase, at its plainest, is the option's name."""


class Decision(StrEnum):
    """What to do with what was understood: act, ask whether it is right, ask anew."""

    ACCEPT = "accept"
    CONFIRM = "confirm"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence means at a menu.

    `intent`: the option's name, None where it is none of them or nothing was understood. `slots`: `document`,
    `question`, `other_document`, `other_question` and `place` as the vocabulary names them, `more`: pairs that are
    asked for after the other one, as `written`; then the values, see `ivr.speech.understanding.slots`.
    `probability`: that document, question and intent are right; 0 where none was found; where a document alone was
    heard, that it is this one. `confidence`: how surely words of this meaning were said; 1 for what was written.
    """

    text: str
    intent: str | None
    slots: Mapping[str, Slot]
    probability: float
    decision: Decision
    confidence: float = 1.0


def written(pairs: Iterable[Pair]) -> str:
    """Pairs as one text: "paspor: biaya; KK: "."""
    return "; ".join(f"{document}: {question}" for document, question in pairs)


def pairs_of(text: str) -> list[Pair]:
    """The pairs that are `written` so."""
    parts = (pair.rpartition(": ") for pair in text.split("; ") if pair)
    return [(document, question) for document, _, question in parts]
