"""One utterance: audio in, "speech began" and "this was said" out. Made and used in one thread.

The model's blanks are the silence detector: Vosk says with each piece of audio whether speech has been followed by
silence (conf/model.conf, rule 2), and a partial result that is not empty says that speech fits better than silence.

Where a grammar has sentences and none of its phrases was surely said, the same audio is heard once more for them.
"""

from __future__ import annotations

import json

from ivr.speech.confidence import judge, with_sentences
from ivr.speech.decoder import vosk
from ivr.speech.gate import Gate
from ivr.speech.grammars import COMPLETE, FILLER, GARBAGE
from ivr.speech.graph import words_of
from ivr.speech.heard import Final, Hypothesis, Onset
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.values import digits
from ivr.voice.wav import RATE

_BYTES = 2 * RATE
"""… of a second."""
_PIECE = 960
"""Bytes decoded at a time: 60 ms."""
_LAG = 0.2
"""Seconds that decoding is behind the audio: the network's look-ahead, and half a chunk of it."""
_QUIET = 0.1
"""Seconds of silence that Vosk has already seen when it first says so: rule 2."""
_SPEECH = 0.06
"""Seconds for which a partial result must stand to be speech and no click."""
_INTERRUPTING = 0.42
"""… to interrupt a prompt, while it is garbage: that is more often a noise than a phrase is."""
_SETTLED = 0.25
"""Seconds of silence behind a phrase that was said to its end, and that nothing else here continues."""
_CONTINUED = 0.2
"""Seconds more of it behind one that another phrase continues, or digits do ("dua puluh"): it may be that one …"""
_WITHIN_PHRASE = 0.3
"""… and in the middle of a phrase: people pause in long ones."""
_HESITATION = 1.0
"""… where there was only "eh, saya mau …" …"""
_WITHIN_SENTENCES = 0.3
"""… and behind what is no phrase, where it may be a sentence: people pause in those."""
_LONGEST = 15.0
"""Seconds of speech that are enough of it, pause or no pause."""
_ALTERNATIVES, _SENTENCES = 5, 10
_FRESH, _KEPT = 2.0, 0.6
"""After so many seconds of noise without speech the decoder is made anew and hears so much of it again: each piece of
audio costs Vosk the more, the longer it has been listening."""


class Recogniser:
    """Hears one utterance with one grammar. `pause`: seconds of silence that end it; `onset`: tell when it begins."""

    def __init__(self, grammar: LoadedGrammar, *, pause: float, onset: bool) -> None:
        self._grammar, self._pause, self._tells_onset = grammar, pause, onset
        self._gate = Gate()
        self._heard = 0.0  # seconds of audio so far
        self.costs: dict[str, float] = {}
        """What the final was judged by: cost of words, of GARBAGE, of silence ("")."""
        self.sentences: dict[str, float] = {}
        """The same of sentences, where they were listened for."""
        self._listen()

    def _listen(self, silence: bytes = b"") -> None:
        """Begin anew, after some audio in which nobody spoke."""
        self._decoder = vosk.KaldiRecognizer(self._grammar.vosk, RATE)
        self._decoder.SetMaxAlternatives(_ALTERNATIVES)
        self._partial, self._standing = "", 0.0  # the partial result, and for how many seconds it stood
        self._onset: float | None = None
        self._quiet = 0.0
        self._audio = bytearray(silence)  # what the decoder heard, as long as it may be wanted again
        if silence:
            self._decoder.AcceptWaveform(silence)

    def feed(self, pcm: bytes) -> list[Onset | Final]:
        """Hear more audio (16-bit, 8 kHz, mono). After a Final the utterance is over: feed no more."""
        events: list[Onset | Final] = []
        for at in range(0, len(pcm), _PIECE):
            events += self._hear(pcm[at : at + _PIECE])
            if events and isinstance(events[-1], Final):
                break
        return events

    def _hear(self, piece: bytes) -> list[Onset | Final]:
        seconds = len(piece) / _BYTES
        self._heard += seconds
        if not (piece := self._gate.hear(piece)):
            return []
        if self._onset is None or self._grammar.sentences:
            self._audio += piece
        quiet = bool(self._decoder.AcceptWaveform(piece))
        self._quiet = self._quiet + seconds if quiet else 0.0
        over = self._is_over()
        if self._onset is None or self._tells_onset:
            self._await_speech(seconds)
        if self._onset is None:
            if over or self._gate.is_idle:  # a click
                self._gate.close()
                self._listen()
            elif not self._partial and len(self._audio) >= _FRESH * _BYTES:
                self._listen(bytes(self._audio[-int(_KEPT * _BYTES) :]))
            return []
        if over or self._heard - self._onset >= _LONGEST:
            return [self._final()]
        if self._tells_onset and self._interrupts():
            self._tells_onset = False
            return [Onset(self._onset)]
        return []

    def _await_speech(self, seconds: float) -> None:
        if self._quiet:
            return
        self._partial = self._so_far()
        self._standing = self._standing + seconds if self._partial else 0.0
        if self._onset is None and self._standing >= _SPEECH:
            self._onset = max(0.0, self._heard - self._standing - _LAG)

    def _is_over(self) -> bool:
        silence = self._quiet + _QUIET + min(_LAG, self._gate.silence)  # decoded, and not decoded yet
        return self._quiet > 0 and silence >= self._enough(self._so_far())

    def _enough(self, so_far: str) -> float:
        """Seconds of silence that end the utterance, by what was said until now: who is in the middle may go on."""
        words, grammar, pause = so_far.split(), self._grammar, self._pause
        if words == [FILLER]:
            return pause + _HESITATION
        if GARBAGE in words:
            return pause + (_WITHIN_SENTENCES if grammar.sentences else 0.0)
        if not words or not grammar.tells_ends:
            goes_on = grammar.grammar.digits and digits.UNFINISHED.intersection(words[-1:])
            return pause + (_CONTINUED if goes_on else 0.0)
        if words[-1] != COMPLETE:
            return pause + _WITHIN_PHRASE
        if grammar.continued.intersection(words_of(so_far)):
            return pause + _CONTINUED
        return _SETTLED if self._gate.silence and not grammar.sentences else pause

    def _so_far(self) -> str:
        """The words that fit best until now."""
        return str(json.loads(self._decoder.PartialResult())["partial"])

    def _interrupts(self) -> bool:
        return self._standing >= (_INTERRUPTING if self._partial.startswith((GARBAGE, FILLER)) else _SPEECH)

    def _final(self) -> Final:
        assert self._onset is not None
        end = self._heard - self._quiet - _QUIET - _LAG
        self.costs = _costs(self._decoder)
        hypotheses = judge(self.costs, self._grammar.confidence)
        if self._grammar.grammar.digits:
            hypotheses = tuple(Hypothesis(digits.heard(h.text), h.confidence) for h in hypotheses)
        elif self._grammar.sentences and not self._is_sure(hypotheses[0]):
            self.sentences = self._heard_again(self._grammar.sentences)
            hypotheses = with_sentences(hypotheses, self.sentences)
        return Final(hypotheses, self._onset, max(end, self._onset))

    def _is_sure(self, hypothesis: Hypothesis) -> bool:
        return bool(hypothesis.text) and hypothesis.confidence >= self._grammar.confidence.accept

    def _heard_again(self, sentences: vosk.Model) -> dict[str, float]:
        decoder = vosk.KaldiRecognizer(sentences, RATE)
        decoder.SetMaxAlternatives(_SENTENCES)
        silent = 2 * round(self._quiet * RATE)
        decoder.AcceptWaveform(bytes(self._audio[: len(self._audio) - silent]))
        return _costs(decoder)


def _costs(decoder: vosk.KaldiRecognizer) -> dict[str, float]:
    """The cost of what was said, or may have been, the best last."""
    alternatives = json.loads(decoder.FinalResult())["alternatives"]
    return {_said(words_of(a["text"])): -a["confidence"] for a in reversed(alternatives)}


def _said(words: list[str]) -> str:
    """What is denied is none of the phrases."""
    return GARBAGE if GARBAGE in words else " ".join(words)
