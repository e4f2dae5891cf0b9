"""Finds the phrases of a vocabulary among the words of a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ivr.speech.understanding.words import ASKED, INTERROGATIVES

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
    def strength(self) -> tuple[bool, int, int, int, int]:
        """A phrase before a hint, more words before fewer, those that say more than "when" or "how much" before those
        that do not, close ones before scattered ones, then by order."""
        telling = sum(word not in INTERROGATIVES for word in self.phrase.words)
        spread = self.covered[-1] - self.covered[0]
        return not self.phrase.weak, len(self.covered), telling, -spread, -self.phrase.order


class Index:
    """Phrases by their first word."""

    def __init__(self, phrases: Iterable[Phrase], *, turned: bool = False) -> None:
        """`turned`: what they ask may stand before or behind the rest, "kapan selesai", "selesai kapan"."""
        self._by_first: dict[str, list[tuple[tuple[str, ...], Phrase]]] = {}
        for phrase in phrases:
            for words in _ways(phrase.words) if turned else (phrase.words,):
                self._by_first.setdefault(words[0], []).append((words, phrase))

    def whole(self, words: Sequence[str]) -> list[Match]:
        """Phrases whose words stand side by side; the longer ones where they overlap; in the order of the sentence."""
        found = [
            Match(phrase, tuple(range(at, at + len(said))))
            for at, said, phrase in self._begun(words)
            if tuple(words[at : at + len(said)]) == said
        ]
        kept: list[Match] = []
        for match in sorted(found, key=lambda m: (-len(m.covered), m.covered)):
            if not any(set(match.covered) & set(other.covered) for other in kept):
                kept.append(match)
        return sorted(kept, key=lambda m: m.covered)

    def scattered(self, words: Sequence[str], free: Collection[int]) -> list[Match]:
        """Phrases whose words stand in their order, few words between; those at the indices `free` do not count."""
        found = []
        for at, said, phrase in self._begun(words):
            covered = [at]
            for word in said[1:]:
                after = _next(words, word, covered[-1] + 1, free)
                if after is None:
                    break
                covered.append(after)
            else:
                found.append(Match(phrase, tuple(covered)))
        return found

    def _begun(self, words: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...], Phrase]]:
        there = set(words)
        for at, word in enumerate(words):
            for said, phrase in self._by_first.get(word, ()):
                if there.issuperset(said):
                    yield at, said, phrase


def _ways(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The words as they are, and with what is asked at the other end."""
    yield words
    for asked in ASKED:
        if words[: len(asked)] == asked:
            yield words[len(asked) :] + asked
        elif words[-len(asked) :] == asked:
            yield asked + words[: -len(asked)]


def _next(words: Sequence[str], word: str, start: int, free: Collection[int]) -> int | None:
    between = 0
    for at in range(start, len(words)):
        if words[at] == word:
            return at
        between += at not in free
        if between > MOST_BETWEEN:
            break
    return None
