"""What a menu makes of sentences: a key, or what they are about, in variables of the call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ivr.channel import Call, Grammar, Utterance, Value
from ivr.events import SentenceUnderstood
from ivr.flow.hearing import Decision, note, trust
from ivr.speech.templates import parse, plainest
from ivr.understood import Decision as Sureness
from ivr.understood import Options, Pair, Slot, Understood, pairs_of, written

UNDERSTOOD = "understood"
"""What is meant where it is none of the keys; the exit that it takes."""
DOCUMENT, QUESTION, PLACE = "dokumen", "pertanyaan", "tempat"
OTHER_DOCUMENT, OTHER_QUESTION, MORE = "dokumen_lain", "pertanyaan_lain", "lainnya"
_BESIDES = {"other_document": OTHER_DOCUMENT, "other_question": OTHER_QUESTION, "more": MORE}
_TOPIC = {"document": DOCUMENT, "question": QUESTION, **_BESIDES, "place": PLACE}
VARIABLES = _TOPIC | {
    "date": "tanggal",
    "time": "jam",
    "amount": "jumlah",
    "number": "bilangan",
    "ordinal": "urutan",
    "percent": "persen",
    "duration": "lama",
    "nik": "nik",
    "telephone": "telepon",
    "ticket": "tiket",
    "digits": "angka",
}
"""Slot → the variable that holds it."""
_DECISIONS = {
    Sureness.ACCEPT: Decision.ACCEPTED,
    Sureness.CONFIRM: Decision.CONFIRM,
    Sureness.REJECT: Decision.REJECTED,
}
_CAUTION = list(_DECISIONS.values())


def options_of(phrases: Mapping[str, Sequence[str]]) -> Options:
    """Key → phrases as options."""
    return tuple(tuple(map(str, of_key)) for of_key in phrases.values())


def asked_besides(call: Call) -> list[Pair]:
    """What else the caller asked for, by the variables of the call; what is not said of it is as it is of the first."""
    document, question, other_document, other_question, more = (
        str(call.variables.get(name, "")) for name in (DOCUMENT, QUESTION, OTHER_DOCUMENT, OTHER_QUESTION, MORE)
    )
    pairs = [(other_document, other_question), *pairs_of(more)]
    return [(other or document, asked or question) for other, asked in pairs if other or asked]


def ask_besides(call: Call, pairs: Sequence[Pair]) -> None:
    """Set the variables to what else is to be answered."""
    other, *more = pairs or [("", "")]
    for name, value in zip(_BESIDES.values(), (*other, written(more)), strict=True):
        if call.variables.get(name, "") != value:
            call.assign(name, value)


def decide(found: Understood, grammar: Grammar) -> Decision:
    """The more cautious decision counts of that on the words and that on their meaning."""
    meaning = _DECISIONS[on_meaning(found, grammar.least)]
    return max(trust(found.confidence, grammar), meaning, key=_CAUTION.index)


def on_meaning(found: Understood, least: float) -> Sureness:
    """The decision on the meaning alone; one that is less likely than `least` is asked about."""
    return Sureness.CONFIRM if found.decision is Sureness.ACCEPT and found.probability < least else found.decision


class Choices:
    """The keys of a menu as options."""

    def __init__(self, phrases: Mapping[str, Sequence[str]]) -> None:
        self.options = options_of(phrases)
        self.key_of = {plainest(parse(of_key[0])): key for key, of_key in phrases.items()}
        """Option's name → key."""
        self.first = {key: str(of_key[0]) for key, of_key in phrases.items()}
        """Key → its first phrase."""


class Topic:
    """What the answers at one menu are about. `follow_up`: what an answer leaves open stays as it was."""

    def __init__(self, call: Call, choices: Choices, *, follow_up: bool) -> None:
        self._call, self._choices, self._follow_up = call, choices, follow_up
        self.variables: dict[str, Value] = {}
        """What the last answer sets."""

    def judge(self, call: Call, utterance: Utterance) -> tuple[Decision, str]:
        """As `hearing.Judge`: a key, or UNDERSTOOD."""
        found = call.understand(self._choices.options, utterance.hypotheses)
        decision = decide(found, utterance.grammar)
        note(call, utterance, decision)
        self.variables = self._set_by(found.slots)
        call.emit(
            SentenceUnderstood,
            turn=utterance.turn,
            option=found.intent or "",
            slots=dict(found.slots),
            probability=round(found.probability, 3),
            decision=decision.value,
        )
        return decision, UNDERSTOOD if found.intent is None else self._choices.key_of[found.intent]

    def pressed(self, key: str) -> None:
        """A key means what its first phrase says."""
        first = self._choices.first.get(key)
        self.variables = self._set_by(self._call.about(self._choices.options, first) if first else {})

    def take(self) -> None:
        """Set the variables."""
        for name, value in self.variables.items():
            if self._call.variables.get(name) != value:
                self._call.assign(name, value)

    def _set_by(self, slots: Mapping[str, Slot]) -> dict[str, Value]:
        before = self._call.variables if self._follow_up else {}
        found = {name: before.get(name, "") for name in _TOPIC.values()}
        if any(slot in slots and found[_TOPIC[slot]] for slot in ("document", "question")):  # something else is asked
            found |= dict.fromkeys(_BESIDES.values(), "")
        for slot, value in slots.items():
            found[VARIABLES[slot]] = value[0] if isinstance(value, list) else value
        return found
