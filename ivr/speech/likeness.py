"""Sentences that sound nearly alike: a recogniser on the telephone mixes them up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cache

from ivr.speech.lexicon import pronounce

_CLASSES = ("p b f", "t d", "k g kh h", "m n ng ny", "s z sy j c", "l r", "e i y", "o u w")
_CLASS = {unit: units[0] for units in _CLASSES for unit in units.split()}
"""Sound → the first of those that the telephone makes alike."""
_WITHIN_CLASS = 0.5
NEAR = 1.0
"""Sentences this far apart are nearly alike: one sound more, less or another, or two that the telephone makes alike."""


def nearly_alike(groups: Mapping[str, Hashable]) -> Iterator[tuple[str, str]]:
    """Sentence of plain words → its group; yields sentences with a near one before them, of another group: both."""
    seen: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    sounds = cache(pronounce)
    units = {sentence: tuple(u for word in sentence.split() for u in sounds(word)) for sentence in groups}
    for sentence, group in groups.items():
        marks = _marks(units[sentence])
        candidates = {other for mark in marks for other in seen[mark] if groups[other] != group}
        if near := min((o for o in candidates if distance(units[sentence], units[o]) <= NEAR), default=None):
            yield sentence, near
        for mark in marks:
            seen[mark].append(sentence)


def distance(one: Sequence[str], other: Sequence[str]) -> float:
    """How many sounds two sentences differ by; sounds of a class count for less."""
    row = [float(i) for i in range(len(other) + 1)]
    for a in one:
        last, row[0] = row[0], row[0] + 1
        for i, b in enumerate(other, start=1):
            change = 0.0 if a == b else _WITHIN_CLASS if _class(a) == _class(b) else 1.0
            last, row[i] = row[i], min(row[i] + 1, row[i - 1] + 1, last + change)
    return row[-1]


def _class(unit: str) -> str:
    return _CLASS.get(unit, unit)


def _marks(units: Sequence[str]) -> set[tuple[str, ...]]:
    """The classes of its sounds, whole and without each one: sentences that are near share one of them."""
    classes = tuple(map(_class, units))
    return {classes} | {classes[:i] + classes[i + 1 :] for i in range(len(classes))}
