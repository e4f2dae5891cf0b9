"""Recordings, heard as calls are: by a grammar that is made on the spot, all that is said in them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.decoder import vosk
from ivr.speech.graph import build_grammar, build_sounds
from ivr.speech.heard import Final
from ivr.speech.lexicon import Lexicon
from ivr.speech.loaded import LoadedGrammar, load, load_sentences
from ivr.speech.model import Model, unusable
from ivr.speech.recogniser import Recogniser
from ivr.speech.sentence_graph import build_sentences
from ivr.speech.spoken_vocabulary import SpokenVocabulary
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.voice.wav import RATE

_BYTES = 2 * RATE
"""… of a second."""
_PIECE = 960
"""Bytes that are heard at a time: 60 ms."""
_AFTERWARDS = 2.5
"""Seconds of silence that follow a recording: more than the longest pause that an utterance may have."""
_BEST_ONLY = "--lattice-beam=1\n"
"""For Vosk: where any sound may follow any other, there are so many alternatives that they would take it seconds."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """`costs`, `sentences`: what it was judged by, as of `Recogniser`."""

    final: Final
    costs: Mapping[str, float]
    sentences: Mapping[str, float]


def load_grammar(
    phrases: Sequence[str],
    digits: bool,
    model: Model,
    lexicon: Lexicon | None = None,
    *,
    values: Sequence[str] = (),
    vocabulary: Vocabulary | None = None,
) -> LoadedGrammar:
    """Build a grammar and load it; nothing of it stays on the disk. Raises LexiconError, ModelError.

    `vocabulary`: what sentences are heard about, where they are.
    """
    lexicon, sentences = lexicon or Lexicon(), None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        built = build_grammar(phrases, digits, model, folder, lexicon, values=values)
        loaded = load(model, folder / built.digest, folder / "loaded")
        if vocabulary:
            built = built.with_sentences(build_sentences(SpokenVocabulary(vocabulary, lexicon), model, folder))
            sentences = load_sentences(model, folder / built.sentences, folder / "sentences")
    return LoadedGrammar(built, model.confidence(digits=digits or bool(values)), loaded, sentences)


def utterances(grammar: LoadedGrammar, pcm: bytes, *, pause: float) -> Iterator[Utterance]:
    """Hear a whole recording (16-bit, 8 kHz, mono), one utterance after the other. `pause`: seconds of silence that
    end one."""
    pcm += bytes(round(_AFTERWARDS * RATE) * 2)
    recogniser, began = Recogniser(grammar, pause=pause, onset=False), 0.0
    for at in range(0, len(pcm), _PIECE):
        for event in recogniser.feed(pcm[at : at + _PIECE]):
            if isinstance(event, Final):
                final = dataclasses.replace(event, onset=began + event.onset, end=began + event.end)
                yield Utterance(final, recogniser.costs, recogniser.sentences)
                recogniser, began = Recogniser(grammar, pause=pause, onset=False), (at + _PIECE) / _BYTES


class Sounds:
    """Tells what was said by its sounds alone: "besokhujan"."""

    def __init__(self, model: Model) -> None:
        """Raises ModelError."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            graph = folder / build_sounds(model, folder)
            self._graph = load(model, graph, folder / "loaded", search=_BEST_ONLY)

    def hear(self, pcm: bytes) -> str:
        """`pcm`: 16-bit, 8 kHz, mono."""
        decoder = vosk.KaldiRecognizer(self._graph, RATE)
        decoder.AcceptWaveform(pcm + bytes(_BYTES))
        return str(json.loads(decoder.FinalResult())["text"]).replace(" ", "")


def check_model(folder: Path) -> Model:
    """Read a model and try it out. Raises ModelError.

    That is done in another process: with some broken models Vosk ends the one it is in.
    """
    model = Model.read(folder)
    if subprocess.run([sys.executable, "-m", __name__, folder], capture_output=True, check=False).returncode:
        raise unusable(
            folder,
            "tidak dapat dipakai: berkasnya rusak, atau bukan dari model yang sama",
            "cannot be used: its files are damaged, or not of one model",
        )
    return model


def _try_out(folder: Path) -> None:
    """Let a model hear a tone that ends."""
    model = Model.read(folder)
    tone = b"".join(level.to_bytes(2, "little", signed=True) * 8 for level in (9000, -9000)) * RATE
    list(utterances(load_grammar([], True, model), tone[:_BYTES], pause=0.4))


if __name__ == "__main__":
    _try_out(Path(sys.argv[1]))
