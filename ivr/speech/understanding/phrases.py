"""Finds the phrases of a vocabulary among the words of a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

MOST_BETWEEN = 4
"""Words that may stand between two words of a scattered phrase."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """`words` stand for `name`. `weak`: they only hint at it. `order`: the lower one counts where two are equal."""

    words: tuple[str, ...]
    name: str
    weak: bool = False
    order: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a sentence. `covered`: the indices of its words there, ascending."""

    phrase: Phrase
    covered: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.phrase.name

    @property
    def strength(self) -> tuple[bool, int, int, int]:
        """A phrase before a hint, more words before fewer, close ones before scattered ones, then by order."""
        return not self.phrase.weak, len(self.covered), self.covered[0] - self.covered[-1], -self.phrase.order


class Index:
    """Phrases by their first word."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_first: dict[str, list[Phrase]] = {}
        for phrase in phrases:
            self._by_first.setdefault(phrase.words[0], []).append(phrase)

    def whole(self, words: Sequence[str]) -> list[Match]:
        """Phrases whose words stand side by side; the longer ones where they overlap; in the order of the sentence."""
        found = [
            Match(phrase, tuple(range(at, at + len(phrase.words))))
            for at, phrase in self._begun(words)
            if tuple(words[at : at + len(phrase.words)]) == phrase.words
        ]
        kept: list[Match] = []
        for match in sorted(found, key=lambda m: (-len(m.covered), m.covered)):
            if not any(set(match.covered) & set(other.covered) for other in kept):
                kept.append(match)
        return sorted(kept, key=lambda m: m.covered)

    def scattered(self, words: Sequence[str], free: Collection[int]) -> list[Match]:
        """Phrases whose words stand in their order, few words between; those at the indices `free` do not count."""
        found = []
        for at, phrase in self._begun(words):
            covered = [at]
            for word in phrase.words[1:]:
                after = _next(words, word, covered[-1] + 1, free)
                if after is None:
                    break
                covered.append(after)
            else:
                found.append(Match(phrase, tuple(covered)))
        return found

    def _begun(self, words: Sequence[str]) -> Iterator[tuple[int, Phrase]]:
        for at, word in enumerate(words):
            for phrase in self._by_first.get(word, ()):
                yield at, phrase


def _next(words: Sequence[str], word: str, start: int, free: Collection[int]) -> int | None:
    between = 0
    for at in range(start, len(words)):
        if words[at] == word:
            return at
        between += at not in free
        if between > MOST_BETWEEN:
            break
    return None
