"""The recogniser of a simulated call: it understands what is typed, and hears recordings with the real model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ivr.channel import DIGITS, Grammar, Hypothesis, Sayings
from ivr.i18n import tr
from ivr.speech.lexicon import Lexicon, LexiconError, spoken
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.speech.values.digits import heard
from ivr.speech.values.spoken import parts

AUDIO = "audio:"
"""Words that begin so name a recording: "audio: warga.wav"."""
ACCEPT, CONFIRM = 0.8, 0.5
"""Where there is no model to say when it is sure."""
PAUSE = 0.4
"""Seconds of silence that end what a recording says."""


class Ears:
    """`model`: the folder of the recogniser's model; without it only typed words are understood."""

    def __init__(
        self, model: Path | None = None, lexicon: Lexicon | None = None, vocabulary: Vocabulary | None = None
    ) -> None:
        self._model, self._lexicon, self._vocabulary = model, lexicon or Lexicon(), vocabulary or Vocabulary()
        self._grammars: dict[Sayings, Grammar] = {}

    def grammar(self, sayings: Sayings) -> Grammar:
        """A grammar for `understand`. Raises ModelError."""
        if sayings not in self._grammars:
            self._grammars[sayings] = self._build(sayings)
        return self._grammars[sayings]

    def _build(self, sayings: Sayings) -> Grammar:
        phrases, digits = {self._lexicon.form(phrase): phrase for phrase in sayings.phrases}, sayings == DIGITS
        grammar = Grammar("simulation", phrases, digits, ACCEPT, CONFIRM, sayings.sentences, sayings.values)
        if self._model is None:
            return grammar
        from ivr.speech.model import Model  # noqa: PLC0415 - most simulations need no model

        confidence = Model.read(self._model).confidence(digits=digits or bool(sayings.values))
        return replace(grammar, accept=confidence.accept, confirm=confidence.confirm)

    def understand(self, words: str, grammar: Grammar, confidence: float) -> tuple[Hypothesis, ...]:
        """What is made of `words`, with this confidence, or of a recording. Raises AudioError, ModelError."""
        if words.startswith(AUDIO):
            return self._hear(Path(words.removeprefix(AUDIO).strip()), grammar)
        return self.read(words, grammar, confidence)

    def read(self, words: str, grammar: Grammar, confidence: float = 1.0) -> tuple[Hypothesis, ...]:
        """What is made of typed words, with this confidence."""
        written = {phrase.casefold(): phrase for phrase in grammar.phrases.values()}
        if phrase := written.get(words.casefold()):
            return (Hypothesis(phrase, confidence),)
        try:
            if grammar.digits:
                text = heard(spoken(words))
            elif grammar.values:
                text = " ".join(part for _, part in parts(grammar.values, spoken(words)))
            else:
                text = grammar.phrases.get(self._lexicon.match(words, grammar.phrases), "")
        except LexiconError:
            text = ""
        if not text and grammar.sentences:
            text = words
        return (Hypothesis(text, confidence),)

    def _hear(self, file: Path, grammar: Grammar) -> tuple[Hypothesis, ...]:
        from ivr.speech.model import Model, ModelError  # noqa: PLC0415
        from ivr.speech.recorded import load_grammar, utterances  # noqa: PLC0415
        from ivr.voice.audio import recording  # noqa: PLC0415

        if self._model is None:
            raise ModelError(
                tr(
                    "rekaman hanya dapat didengar dengan model suara; jalankan sambung doctor",
                    "a recording is heard with a model only; run sambung doctor",
                )
            )
        pcm, phrases = recording(file).pcm, list(grammar.phrases.values())
        loaded = load_grammar(
            phrases,
            grammar.digits,
            Model.read(self._model),
            self._lexicon,
            values=grammar.values,
            vocabulary=self._vocabulary if grammar.sentences else None,
        )
        first = next(utterances(loaded, pcm, pause=PAUSE), None)
        found = first.final.hypotheses if first else ()
        return tuple(Hypothesis(grammar.phrases.get(h.text, h.text), h.confidence) for h in found)
