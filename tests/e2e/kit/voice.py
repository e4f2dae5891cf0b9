"""A citizen's voice: the machine's own, so that no person's is needed. How well people are heard is another matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ivr.voice.audio import from_voice
from ivr.voice.tts import EspeakVoice
from tests.e2e.kit.audio import RATE, Samples, write_wav


def words(text: str) -> Samples:
    """`text` as the machine says it."""
    pcm = from_voice(EspeakVoice().synthesize(text)).raw_data
    return np.frombuffer(pcm, "<i2").astype(np.float64) / 32768


def speech(*parts: float | str) -> Samples:
    """Words, and seconds of silence, one after the other."""
    return np.concatenate([np.zeros(round(p * RATE)) if isinstance(p, float | int) else words(p) for p in parts])


def say(path: Path, *parts: float | str) -> Path:
    """`speech` as a WAV, for a telephone to say."""
    return write_wav(path, speech(*parts))
