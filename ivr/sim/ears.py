"""The recogniser of a simulated call: it understands what is typed, and hears recordings with the real model."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ivr.channel import Grammar, Hypothesis, Sayings
from ivr.speech.lexicon import DIGITS, Lexicon, LexiconError, spoken
from ivr.voice.wav import RATE

AUDIO = "audio:"
"""Words that begin so name a recording: "audio: warga.wav"."""
ACCEPT, CONFIRM = 0.8, 0.5
"""Where there is no model to say when it is sure."""
PAUSE, AFTERWARDS = 0.4, 2.0
"""Seconds of silence that end what a recording says, and that follow it."""


class Ears:
    """`model`: the folder of the recogniser's model; without it only typed words are understood."""

    def __init__(self, model: Path | None = None, lexicon: Lexicon | None = None) -> None:
        self._model, self._lexicon = model, lexicon or Lexicon()

    def grammar(self, sayings: Sayings) -> Grammar:
        """A grammar for `understand`. Raises ModelError."""
        phrases, digits = {self._lexicon.form(phrase): phrase for phrase in sayings}, not sayings
        if self._model is None:
            return Grammar("simulation", phrases, digits, ACCEPT, CONFIRM)
        from ivr.speech.model import Model  # noqa: PLC0415 - most simulations need no model

        confidence = Model.read(self._model).confidence(digits=digits)
        return Grammar("simulation", phrases, digits, confidence.accept, confidence.confirm)

    def understand(self, words: str, grammar: Grammar, confidence: float) -> tuple[Hypothesis, ...]:
        """What is made of `words`, with this confidence, or of a recording. Raises AudioError, ModelError."""
        if words.startswith(AUDIO):
            return self._hear(Path(words.removeprefix(AUDIO).strip()), grammar)
        written = {phrase.casefold(): phrase for phrase in grammar.phrases.values()}
        if phrase := written.get(words.casefold()):
            return (Hypothesis(phrase, confidence),)
        try:
            if grammar.digits:
                digits = [DIGITS.get(word, "") for word in spoken(words).split()]
                text = "".join(digits) if all(digits) else ""
            else:
                text = grammar.phrases.get(self._lexicon.match(words, grammar.phrases), "")
        except LexiconError:
            return ()
        return (Hypothesis(text, confidence),)

    def _hear(self, recording: Path, grammar: Grammar) -> tuple[Hypothesis, ...]:
        from ivr.speech.graph import build_grammar  # noqa: PLC0415
        from ivr.speech.heard import Final  # noqa: PLC0415
        from ivr.speech.loaded import LoadedGrammar, load  # noqa: PLC0415
        from ivr.speech.model import Model, ModelError  # noqa: PLC0415
        from ivr.speech.recogniser import Recogniser  # noqa: PLC0415
        from ivr.voice.audio import telephone_sound  # noqa: PLC0415

        if self._model is None:
            raise ModelError("a recording is heard with a model only")
        pcm, model = telephone_sound(recording), Model.read(self._model)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            built = build_grammar(list(grammar.phrases.values()), grammar.digits, model, folder, self._lexicon)
            vosk = load(model, folder / built.digest, folder / "loaded")
            loaded = LoadedGrammar(built, model.confidence(digits=grammar.digits), vosk)
        events = Recogniser(loaded, pause=PAUSE, onset=False).feed(pcm + bytes(round(AFTERWARDS * RATE) * 2))
        final = next((event for event in events if isinstance(event, Final)), None)
        found = final.hypotheses if final else ()
        return tuple(Hypothesis(grammar.phrases.get(h.text, h.text), h.confidence) for h in found)
