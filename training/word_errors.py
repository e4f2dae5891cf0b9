"""Word errors in free loops, where any word may follow any other: the field's usual measure of a recogniser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter
from rapidfuzz.distance import Levenshtein

from ivr.speech.decoder import vosk
from ivr.speech.grammars import GARBAGE
from ivr.speech.graph import build_grammar, build_loop, words_of
from ivr.speech.loaded import load
from ivr.speech.model import Model
from ivr.voice.wav import RATE
from training.corpus import Samples, Utterance, people
from training.evaluate import on_line

MEASURED = {"digits": ("quiet", "noise 15 dB", "noise 5 dB", "GSM", "3 % lost"), "dialogue": ("quiet",)}
"""Corpus → the lines on which it is measured. Digits are heard as on calls, others among the corpus' own words."""
_ALTERNATIVES = 5


@dataclass(frozen=True)
class WordErrors:
    """Words inserted, left out and taken for others, of `words` said in `utterances`."""

    corpus: str
    line: str
    utterances: int
    words: int
    errors: int


WORD_ERRORS = TypeAdapter(list[WordErrors])


def word_errors(model_folder: Path, speech: Iterable[Path]) -> list[WordErrors]:
    """Hear the whole dev split; takes some minutes. Raises CorpusError, ModelError, LexiconError."""
    model = Model.read(model_folder)
    said = list(people(speech, "dev"))
    with TemporaryDirectory() as folder:
        return [
            _measure(model, corpus, line, heard, Path(folder))
            for corpus, lines in MEASURED.items()
            if (heard := [u for u in said if u.corpus == corpus])
            for line in lines
        ]


def _measure(model: Model, corpus: str, line: str, said: Sequence[Utterance], folder: Path) -> WordErrors:
    graph = loop(model, corpus, said, folder)
    errors = sum(Levenshtein.distance(u.text.split(), hear(graph, on_line(u, line))) for u in said)
    words = sum(len(u.text.split()) for u in said)
    print(f"{corpus}, any word after any, {line}: {errors} errors of {words}", flush=True)
    return WordErrors(corpus, line, len(said), words, errors)


def loop(model: Model, corpus: str, said: Iterable[Utterance], folder: Path) -> vosk.Model:
    """The graph of a free loop, which needs the folder only while it is made."""
    if corpus == "digits":
        digest = build_grammar([], True, model, folder).digest
    else:
        digest = build_loop(sorted({word for u in said for word in u.text.split()}), model, folder)
    return load(model, folder / digest, folder / "run" / digest)


def hear(graph: vosk.Model, samples: Samples) -> list[str]:
    """The words that were heard in a free loop."""
    decoder = vosk.KaldiRecognizer(graph, RATE)
    decoder.SetMaxAlternatives(_ALTERNATIVES)
    decoder.AcceptWaveform(samples.tobytes())
    texts: Iterable[str] = (a["text"] for a in json.loads(decoder.FinalResult())["alternatives"])
    return next((words for text in texts if GARBAGE not in (words := words_of(text))), [])
