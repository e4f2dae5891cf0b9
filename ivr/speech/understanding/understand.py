"""From what was said, or may have been said, to the option of a menu that is meant, and to slots."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ivr.speech.heard import Hypothesis
from ivr.speech.lexicon import Lexicon
from ivr.speech.templates import expand, parse, plainest
from ivr.speech.understanding.certainty import Certainty, Decision
from ivr.speech.understanding.meaning import Finder, Meaning
from ivr.speech.understanding.slots import Slot, slots_of
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.speech.values.entities import Entity, extract

LONGEST = 1000
"""Characters of a sentence that are looked at; nobody says more in one breath."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence means at a menu.

    `intent`: the option's name, None where it is none of them or nothing was understood. `slots`: `document`,
    `question` and `place` as the vocabulary names them, then the values, see `ivr.speech.understanding.slots`.
    `probability`: that document, question and intent are right; 0 where none was found.
    """

    text: str
    intent: str | None
    slots: Mapping[str, Slot]
    probability: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class _Option:
    """`question`: what its name asks for. `asks`: the pairs of document and question that its phrases name."""

    name: str
    question: str
    asks: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One sentence, understood by itself."""

    text: str
    intent: str | None
    meaning: Meaning
    values: Sequence[Entity]
    probability: float


class Understanding:
    """A vocabulary and the options of one menu, made ready."""

    def __init__(
        self, vocabulary: Vocabulary, options: Iterable[Sequence[str]], lexicon: Lexicon | None = None
    ) -> None:
        """`options`: the phrases of each; the first phrase, at its plainest, is the option's name.

        `lexicon`: knows how the flows say words otherwise than they are written.
        """
        self._certainty = Certainty.read()
        general = Finder(vocabulary, lexicon=lexicon)
        own: dict[str, list[str]] = {}
        self._options: list[_Option] = []
        for phrases in options:
            said = {text: general.meaning(text) for phrase in phrases for text in expand(parse(phrase))}
            asks = frozenset((m.document, m.question) for m in said.values() if not _says_more(m))
            name = plainest(parse(phrases[0]))
            self._options.append(_Option(name, said[name].question, asks))
            own[name] = [text for text, meaning in said.items() if _says_more(meaning)]
        self._finder = Finder(vocabulary, own, lexicon)

    def sentence(self, text: str, today: dt.date) -> Understood:
        """What one sentence means; `today` is what "besok" counts from."""
        return self.best([Hypothesis(text, 1.0)], today)

    def best(self, hypotheses: Sequence[Hypothesis], today: dt.date) -> Understood:
        """What a recogniser's hypotheses mean, best first. Those that ask for the same count together."""
        probability: defaultdict[tuple[str | None, str, str], float] = defaultdict(float)
        likeliest: dict[tuple[str | None, str, str], _Reading] = {}
        for hypothesis in hypotheses:
            reading = self._read(hypothesis.text, today)
            asked = (reading.intent, reading.meaning.document, reading.meaning.question)
            likeliest.setdefault(asked, reading)
            probability[asked] += hypothesis.confidence * reading.probability
        asked = max(probability, key=probability.__getitem__)
        reading, sure = likeliest[asked], min(1.0, probability[asked])
        decision = self._certainty.decide(sure)
        intent, document, question = asked if decision is not Decision.REJECT else (None, "", "")
        named = {"document": document, "question": question, "place": ", ".join(reading.meaning.places)}
        slots = {name: value for name, value in named.items() if value} | slots_of(reading.values)
        return Understood(reading.text, intent, slots, sure, decision)

    def _read(self, text: str, today: dt.date) -> _Reading:
        sentence = text[:LONGEST]
        values = extract(sentence, today)
        meaning = self._finder.meaning(sentence, [(value.start, value.end) for value in values])
        intent, at_the_menu = self._option(meaning)
        probability = self._certainty.of(at_the_menu)
        if self._certainty.decide(probability) is Decision.REJECT:  # it may be clear what is asked, but not for here
            intent, probability = None, self._certainty.of(meaning)
        return _Reading(text, intent, meaning, values, probability)

    def _option(self, meaning: Meaning) -> tuple[str | None, Meaning]:
        """The option that fits best: weak where it asks for more than was said, with rivals where others fit, too."""
        fits = {option.name: _fit(meaning, option) for option in self._options}
        name, best = max(fits.items(), key=lambda item: item[1], default=("", 0))
        if best <= 0:
            return None, meaning
        others = sum(fit >= min(best, _SAYS_ALL) for fit in fits.values()) - 1
        weak = meaning.weak or best == _SAYS_LESS
        return name, replace(meaning, weak=weak, rivals=meaning.rivals + others)


_SAYS_LESS = 2
"""The fit of a sentence that names but one of the two things that an option is about."""
_SAYS_ALL = 4
"""The least fit of a sentence that names all that an option is about."""
_OWN_WORDS = 5
"""The fit of a sentence that says an option's own words."""


def _says_more(phrase: Meaning) -> bool:
    """Whether a phrase is about what the vocabulary does not know: "bayar pajak" is not just any payment."""
    return phrase.nothing or bool(phrase.unknown and not phrase.document)


def _fit(meaning: Meaning, option: _Option) -> int:
    """How well an option fits; 0 and less: not at all."""
    # "KTP" may stand for "syarat KTP", but what costs a KTP is another question.
    otherwise = option.question and meaning.question not in ("", option.question)
    fits = [_agreement(meaning, *asked) for asked in option.asks if asked[1] or not otherwise]
    documents = {document for document, _ in option.asks if document}
    of_another = documents and meaning.document not in ("", *documents)  # "pajak kendaraan", where "pajak" is PBB
    return max([*fits, _OWN_WORDS if meaning.option == option.name and not of_another else 0])


def _agreement(meaning: Meaning, document: str, question: str) -> int:
    """How well that is what an option is about; "" = it may be any."""
    fit = 0
    for wanted, said in ((document, meaning.document), (question, meaning.question)):
        if wanted and said:
            if wanted != said:
                return 0
            fit += 4
        elif wanted:
            fit -= 2
        elif said:
            fit -= 1
    return fit
