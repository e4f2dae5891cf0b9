"""The recogniser of a simulated call: it understands what is typed."""

from __future__ import annotations

from ivr.channel import Grammar, Hypothesis, Sayings
from ivr.speech.lexicon import DIGITS, LexiconError, spoken

ACCEPT, CONFIRM = 0.8, 0.5


def grammar_of(sayings: Sayings) -> Grammar:
    """A grammar without a model."""
    phrases = {spoken(phrase): phrase for phrase in sayings}
    return Grammar("simulation", phrases, digits=not sayings, accept=ACCEPT, confirm=CONFIRM)


def understand(words: str, grammar: Grammar, confidence: float) -> tuple[Hypothesis, ...]:
    """What a recogniser that is as sure as `confidence` makes of `words`, as they are written or as they sound."""
    written = {phrase.casefold(): phrase for phrase in grammar.phrases.values()}
    if phrase := written.get(words.casefold()):
        return (Hypothesis(phrase, confidence),)
    try:
        form = spoken(words)
    except LexiconError:
        return ()
    if grammar.digits:
        digits = [DIGITS.get(word, "") for word in form.split()]
        text = "".join(digits) if all(digits) else ""
    else:
        text = grammar.phrases.get(form, "")
    return (Hypothesis(text, confidence),)
