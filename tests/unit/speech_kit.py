"""Speech for tests: the model that ships, and a synthetic caller. How well people are heard is measured elsewhere
(docs/training.md), on people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ivr.settings import PROJECT
from ivr.speech.grammars import write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.loaded import LoadedGrammar, LoadedGrammars
from ivr.speech.model import Model
from ivr.voice.audio import from_voice
from ivr.voice.tts import EspeakVoice

MODEL = Model.read(PROJECT / "models/id-telephony")
RATE = 8000


def silence(seconds: float) -> bytes:
    return bytes(2 * int(seconds * RATE))


def say(text: str) -> bytes:
    """A synthetic caller, 8 kHz."""
    return bytes(from_voice(EspeakVoice().synthesize(text)).raw_data)


def pieces(pcm: bytes, seconds: float = 0.1) -> Iterator[bytes]:
    size = 2 * int(seconds * RATE)
    return (pcm[i : i + size] for i in range(0, len(pcm), size))


def load_grammar(folder: Path, phrases: Sequence[str], *, digits: bool = False) -> LoadedGrammar:
    """Publish one grammar into `folder` as version "v" and load it as the server does."""
    version = folder / "versions/v"
    grammar = build_grammar(phrases, digits, MODEL, version / "grammars")
    write_grammars(version, [grammar])
    return LoadedGrammars(MODEL, folder / "versions", folder / "run").get(f"v/{grammar.digest}")
