"""The graph of the sentences that a site's vocabulary is about.

Its phrases and their words may follow each other in any order, with any sounds and empty words between them, which do
not come out: "saya mau tanya syarat bikin KTP" gives "syarat buat KTP". Each phrase costs something, so that several
words cost more than the phrase that they make, and all of them more than the sounds that noise makes of them.

Phrases that begin alike share their sounds: the search looks at few of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from ivr.speech.colloquial import CONSONANTS
from ivr.speech.graph import FIRST_WORD, VARIANT_COST, Drawing, write_graph
from ivr.speech.lexicon import pronounce
from ivr.speech.model import Model
from ivr.speech.spoken_vocabulary import SpokenVocabulary

_SENTENCE_COST = 1.0
"""Cost of a sentence, against sounds alone."""
_SOUND_COST = 3.5
"""Cost of each unit that is no part of a word: more than in the garbage word. Measured with benchmarks.heard."""
_PHRASE_COST = 2.0
"""Cost of a phrase, or of a word by itself."""
_EMPTY_COST = 2.0
"""Cost of a word that says nothing: what sounds like one is hardly ever a part of a phrase."""


def build_sentences(vocabulary: SpokenVocabulary, model: Model, folder: Path) -> str:
    """Write a graph as `ivr.speech.graph.write_graph` does; returns its digest."""
    drawing = _SentenceDrawing(model.units)
    return write_graph(drawing, drawing.draw(vocabulary), model, folder)


class _SentenceDrawing(Drawing):
    def draw(self, vocabulary: SpokenVocabulary) -> Sequence[str]:
        """Returns the words that come out, in the order of their numbers."""
        # State, and the word that follows → the state behind it; of a unit: states, from any of which it goes on.
        self._behind_unit: dict[tuple[tuple[int, ...], str], tuple[int, ...]] = {}
        self._behind_word: dict[tuple[int, str], int] = {}
        self._numbers: dict[str, int] = {}  # of words
        again, phrases, words = (self._fst.state() for _ in range(3))
        self._fst.arc(self._choice, again, cost=_SENTENCE_COST)
        for state in (phrases, words, self._end):
            self._fst.arc(again, state)
        self._empty(again, vocabulary.empty_words())
        for phrase in sorted(vocabulary.phrases):
            state = phrases
            for word in phrase:
                state = self._written(state, word, vocabulary.ways(word))
            self._fst.arc(state, again, cost=_PHRASE_COST)
        for word, ways in vocabulary.words().items():
            self._fst.arc(self._written(words, word, ways), again, cost=_PHRASE_COST)
        return list(self._numbers)

    def _empty(self, state: int, words: Sequence[str]) -> None:
        """What does not come out: sounds and words that lead back to where they began."""
        self._garbage([(state, 0, _SOUND_COST)], state)
        begin = self._fst.state()
        self._fst.arc(state, begin)
        for word in words:
            for ends, cost in self._ends(begin, {word: False}):
                for end in ends:
                    self._fst.arc(end, state, cost=_EMPTY_COST + cost)

    def _written(self, state: int, word: str, ways: Mapping[str, bool]) -> int:
        """A word in all its ways, behind `state`; returns the state behind it."""
        if (behind := self._behind_word.get((state, word))) is None:
            behind = self._behind_word[state, word] = self._fst.state()
            number = self._numbers.setdefault(word, FIRST_WORD + len(self._numbers))
            for ends, cost in self._ends(state, ways):
                for end in ends:
                    self._fst.arc(end, behind, word=number, cost=cost)
        return behind

    def _ends(self, state: int, ways: Mapping[str, bool]) -> Iterator[tuple[tuple[int, ...], float]]:
        """Where each way ends that the model's units can say, and what it costs."""
        for way, is_other_form in ways.items():
            for units, cost in _pronounced(way, VARIANT_COST * is_other_form):
                if self._number.keys() >= set(units):
                    yield self._units((state,), units), cost

    def _units(self, states: tuple[int, ...], units: Iterable[str]) -> tuple[int, ...]:
        """These units behind any of `states`; returns the states behind them."""
        for unit in units:
            if (behind := self._behind_unit.get((states, unit))) is None:
                blank = self._blank()
                said = self._unit([(state, 0, 0.0) for state in states], blank, self._number[unit])
                behind = self._behind_unit[states, unit] = (said, blank)
            states = behind
        return states


def _pronounced(way: str, cost: float) -> Iterator[tuple[list[str], float]]:
    """The units of plain words, and those with another sound for one of loan words; each with its cost."""
    units = [unit for word in way.split() for unit in pronounce(word)]
    yield units, cost
    for foreign, others in CONSONANTS.items():
        for other in others if foreign in units else ():
            yield [other if unit == foreign else unit for unit in units], cost + VARIANT_COST
