"""From what was said, or may have been said, to the option of a menu that is meant, and to slots."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ivr.channel import Hypothesis
from ivr.speech.templates import expand, parse, plainest
from ivr.speech.understanding.certainty import Certainty, HeardMeaning
from ivr.speech.understanding.meaning import Finder, Meaning
from ivr.speech.understanding.slots import slots_of
from ivr.speech.values.entities import extract
from ivr.understood import Decision, Options, Slot, Understood, written

LONGEST = 1000
"""Characters of a sentence that are looked at; nobody says more in one breath."""


@dataclass(frozen=True, slots=True)
class _Option:
    """`about`: what its name means. `asks`: the pairs of document and question that its phrases name."""

    name: str
    about: Meaning
    asks: frozenset[tuple[str, str]]


_Asked = tuple[str | None, str, str]
"""Option, document, question."""
_ABOUT = ("document", "question", "other_document", "other_question", "more")
"""The slots of what is asked."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """One sentence, understood by itself. `literal`: it is one of the menu's phrases."""

    text: str
    intent: str | None
    meaning: Meaning
    slots: Mapping[str, Slot]
    probability: float
    literal: bool = False

    @property
    def asked(self) -> _Asked:
        return self.intent, self.meaning.document, self.meaning.question


class Understanding:
    """A vocabulary and the options of one menu, made ready."""

    def __init__(self, general: Finder, options: Options, *, freely: bool, certainty: Certainty | None = None) -> None:
        """`freely`: what is asked of a document is no option that is about the document alone, but a sentence.

        `certainty`: another one than what ships.
        """
        self._certainty = certainty or Certainty.read()
        self._urgent = general.urgent
        self._freely = freely
        self._fit: Callable[[Meaning, _Option], int] = _fit_all if freely else _fit
        self._options: dict[str, _Option] = {}
        self._phrases: dict[str, _Reading] = {}
        own: dict[str, list[str]] = {}
        for phrases in options:
            said = {text: general.meaning(text) for phrase in phrases for text in expand(parse(phrase))}
            asks = frozenset((m.document, m.question) for m in said.values() if not _says_more(m))
            name = plainest(parse(phrases[0]))
            option = self._options[name] = _Option(name, said[name], asks)
            own[name] = [text for text, meaning in said.items() if _says_more(meaning)]
            for phrase in phrases if freely else ():
                text = plainest(parse(phrase))
                meaning = _at(option, _only(said[text]))
                self._phrases[phrase] = _Reading(text, name, meaning, _slots(meaning), 1.0, literal=True)
        self._finder = general.beside(own)

    def phrase(self, phrase: str) -> Mapping[str, Slot]:
        """What a phrase of an option is about, for `freely`: slots."""
        return self._phrases[phrase].slots

    def sentence(self, text: str, today: dt.date) -> Understood:
        """What one sentence means; `today` is what "besok" counts from."""
        return self.best([Hypothesis(text, 1.0)], today)

    def best(self, hypotheses: Sequence[Hypothesis], today: dt.date) -> Understood:
        """What a recogniser's hypotheses mean, best first. Those that ask for the same count together.

        A phrase of the menu, as it stands there, is no sentence to be understood: it means its option. A confidence of
        1 is that of what was written.
        """
        found = self._likeliest(hypotheses, today)
        if found is None:
            return Understood("", None, {}, 0.0, Decision.REJECT, 0.0)
        reading, sure, confidence = found
        heard = not reading.literal and all(h.confidence < 1 for h in hypotheses if h.text)
        if heard:
            sure = self._certainty.of_heard(_heard(reading, confidence))
        elif self._is_begun(reading):
            sure = self._certainty.document
        decision = self._decide(reading, sure, heard=heard)
        if heard and confidence < self._certainty.confirm:  # more likely it was something else, or nothing
            decision = Decision.REJECT
        intent, slots = reading.intent, reading.slots
        if decision is Decision.REJECT:
            intent, slots = None, {name: slot for name, slot in slots.items() if name not in _ABOUT}
        return Understood(reading.text, intent, slots, sure, decision, confidence)

    def heard(self, hypotheses: Sequence[Hypothesis], today: dt.date) -> HeardMeaning | None:
        """What the probability of heard hypotheses rests on; None where they mean nothing, or are a phrase."""
        found = self._likeliest(hypotheses, today)
        if found is None or found[0].literal or found[0].meaning.nothing:
            return None
        reading, _, confidence = found
        return _heard(reading, confidence)

    def _likeliest(self, hypotheses: Sequence[Hypothesis], today: dt.date) -> tuple[_Reading, float, float] | None:
        """The first reading of what is most likely asked, how likely that is, and how surely it was said."""
        probability: defaultdict[_Asked, float] = defaultdict(float)
        confidence: defaultdict[_Asked, float] = defaultdict(float)
        first: dict[_Asked, _Reading] = {}
        for hypothesis in hypotheses:
            reading = self._phrases.get(hypothesis.text) or self._read(hypothesis.text, today)
            asked = reading.asked
            first.setdefault(asked, reading)
            probability[asked] += hypothesis.confidence * reading.probability
            confidence[asked] += hypothesis.confidence
        if not first:
            return None
        asked = max(probability, key=probability.__getitem__)
        return first[asked], min(1.0, probability[asked]), min(1.0, confidence[asked])

    def _decide(self, reading: _Reading, probability: float, *, heard: bool) -> Decision:
        if reading.literal:
            return Decision.ACCEPT
        decision = self._certainty.decide(probability, heard=heard)
        if decision is Decision.ACCEPT and reading.meaning.yielded:
            return Decision.CONFIRM
        if decision is Decision.REJECT and reading.meaning.question in self._urgent and not reading.meaning.weak:
            return Decision.CONFIRM
        return decision

    def _is_begun(self, reading: _Reading) -> bool:
        """Whether a document alone is named: that is hardly ever another one, and callers are asked for the rest."""
        asks = reading.meaning.question or reading.meaning.option
        return self._freely and not reading.literal and bool(reading.meaning.document) and not asks

    def _read(self, text: str, today: dt.date) -> _Reading:
        sentence = text[:LONGEST]
        values = extract(sentence, today)
        meaning = self._finder.meaning(sentence, [(value.start, value.end) for value in values])
        intent, at_the_menu = self._option(meaning)
        probability = self._certainty.of(at_the_menu)
        rejected = self._certainty.decide(probability) is Decision.REJECT
        if rejected and self._freely and meaning.document and meaning.question not in self._urgent:
            meaning = replace(meaning, question="", option="", weak=False)  # the document is clear all the same
            intent, at_the_menu = self._option(meaning)
            probability = self._certainty.of(at_the_menu)
        elif rejected:  # it may be clear what is asked, but not for here
            intent, probability = None, self._certainty.of(meaning)
        if intent and self._freely:
            meaning = _at(self._options[intent], meaning)
        return _Reading(text, intent, meaning, _slots(meaning) | slots_of(values), probability)

    def _option(self, meaning: Meaning) -> tuple[str | None, Meaning]:
        """The option that fits best: weak where it asks for more than was said, with rivals where others fit, too."""
        fits = {name: self._fit(meaning, option) for name, option in self._options.items()}
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
_OF_MORE = 3
"""The fit of a sentence that asks an option's question of a document: "lapor" is meant by "lapor PBB salah"."""
_OWN_WORDS = 5
"""The fit of a sentence that says an option's own words."""


def _heard(reading: _Reading, confidence: float) -> HeardMeaning:
    return HeardMeaning(reading.meaning, reading.probability, confidence, is_option=reading.intent is not None)


def _says_more(phrase: Meaning) -> bool:
    """Whether a phrase is about what the vocabulary does not know: "bayar pajak" is not just any payment."""
    return phrase.nothing or bool(phrase.unknown and not phrase.document)


def _fit(meaning: Meaning, option: _Option) -> int:
    """How well an option fits; 0 and less: not at all."""
    # "KTP" may stand for "syarat KTP", but what costs a KTP is another question.
    otherwise = option.about.question and meaning.question not in ("", option.about.question)
    fits = [_agreement(meaning, *asked) for asked in option.asks if asked[1] or not otherwise]
    return max([*fits, _OWN_WORDS if _says_own_words(meaning, option) else 0])


def _fit_all(meaning: Meaning, option: _Option) -> int:
    """How well an option fits that is meant only where it is all that is asked, or where it is what is to be done."""
    if (meaning.document, meaning.question) in option.asks:
        return _SAYS_ALL
    if meaning.question and ("", meaning.question) in option.asks:
        return _OF_MORE
    asks_more = meaning.document and meaning.question
    return _OWN_WORDS if _says_own_words(meaning, option) and not asks_more else 0


def _says_own_words(meaning: Meaning, option: _Option) -> bool:
    """Whether it does, of no other document: "pajak kendaraan", where "pajak" is PBB."""
    documents = {document for document, _ in option.asks if document}
    return meaning.option == option.name and (not documents or meaning.document in ("", *documents))


def _at(option: _Option, meaning: Meaning) -> Meaning:
    """What is said of an option, about neither document nor question, means what the option's name does."""
    if meaning.document or meaning.question:
        return meaning
    about = _only(option.about)
    return replace(meaning, document=about.document, question=about.question)


def _slots(meaning: Meaning) -> dict[str, Slot]:
    """What a sentence is about, as slots."""
    other, *more = meaning.also or [("", "")]
    named = {
        "document": meaning.document,
        "question": meaning.question,
        "other_document": other[0],
        "other_question": other[1],
        "more": written(more),
        "place": ", ".join(meaning.places),
    }
    return {name: value for name, value in named.items() if value}


def _only(phrase: Meaning) -> Meaning:
    """What a phrase of a menu is about, which is nothing in particular where it names several: "KTP dan KK"."""
    return replace(phrase, document="", question="", also=()) if phrase.rivals or phrase.also else phrase


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
