"""Measures of what was heard: tones, levels, silences, and where a known prompt was.

Audio is mono: a float array in -1…1, with its rate in samples per second. Levels are dBFS of the
root mean square (a full-scale sine is -3). Telephone audio went through µ-law, so nothing here asks
for equal samples.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]

RATE = 8000
FRAME = 0.04
"""Seconds of one measuring frame. Goertzel's bins are 25 Hz wide then."""
SILENT = -55.0
"""Below this level a telephone is silent: µ-law's idle noise is near -70, a whisper near -45."""


@dataclass(frozen=True, slots=True)
class Tone:
    """One uninterrupted tone: `frequency` in Hz, `start` and `seconds` in seconds, `level` in dBFS."""

    frequency: float
    start: float
    seconds: float
    level: float


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of silence, in seconds from the beginning of the audio."""

    start: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Match:
    """Where a prompt was heard: `at` and `seconds` (how much of it, from its beginning) in seconds.

    `score` is the mean correlation of what was heard with the prompt, 0…1. A prompt that was not
    played stays below about 0.3, one that was is above 0.8.
    """

    at: float
    seconds: float
    score: float


def read_wav(path: Path) -> Samples:
    """A mono 16-bit WAV at 8 kHz. A header that a killed writer left at length 0 is not believed."""
    with wave.open(str(path), "rb") as w:
        if (w.getnchannels(), w.getsampwidth(), w.getframerate()) != (1, 2, RATE):
            raise ValueError(f"{path}: not mono 16-bit {RATE} Hz but {w.getparams()}")
        data = w.readframes(w.getnframes())
    return np.frombuffer(data, "<i2").astype(np.float64) / 32768


def write_wav(path: Path, samples: Samples) -> Path:
    """Write mono 16-bit WAV at 8 kHz."""
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(RATE)
        w.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def sine(frequency: float, seconds: float, level: float = -15.0) -> Samples:
    """A pure tone with `level` in dBFS."""
    t = np.arange(round(seconds * RATE)) / RATE
    wave_: Samples = np.sqrt(2) * 10 ** (level / 20) * np.sin(2 * np.pi * frequency * t)
    return wave_


def level(samples: Samples) -> float:
    """Level in dBFS; -120 for digital silence and for no audio at all."""
    power = float(np.mean(samples**2)) if len(samples) else 0.0
    return float(10 * np.log10(max(power, 1e-12)))


def goertzel(samples: Samples, frequency: float) -> float:
    """Power of the tone of `frequency` in `samples`: what `level` would give for it alone, not in dB."""
    n = np.arange(len(samples))
    window = np.hanning(len(samples))
    bin_ = np.sum(samples * window * np.exp(-2j * np.pi * frequency * n / RATE)) / np.sum(window)
    return float(2 * abs(bin_) ** 2)


def tones(samples: Samples, frequencies: Iterable[float], *, min_seconds: float = 0.1) -> list[Tone]:
    """The tones among `frequencies` that stand out (half of the power) for at least `min_seconds`.

    In order of their start. Interruptions of up to two frames (a lost packet) do not split a tone.
    """
    frames = _frames(samples)
    found: list[Tone] = []
    for frequency in frequencies:
        present = [
            level(frame) > SILENT and goertzel(frame, frequency) > 0.5 * float(np.mean(frame**2)) for frame in frames
        ]
        for first, end in _runs(present, bridge=2):
            if (end - first) * FRAME >= min_seconds:
                part = samples[round(first * FRAME * RATE) : round(end * FRAME * RATE)]
                found.append(Tone(frequency, first * FRAME, (end - first) * FRAME, level(part)))
    return sorted(found, key=lambda tone: tone.start)


def tone_seconds(samples: Samples, frequency: float) -> float:
    """How long the tone of `frequency` was heard in all."""
    return sum(tone.seconds for tone in tones(samples, [frequency]))


def gaps(samples: Samples, *, min_seconds: float = 0.2) -> list[Gap]:
    """Stretches of silence of at least `min_seconds`."""
    silent = [level(frame) <= SILENT for frame in _frames(samples)]
    return [
        Gap(first * FRAME, (end - first) * FRAME)
        for first, end in _runs(silent, bridge=0)
        if (end - first) * FRAME >= min_seconds
    ]


def longest_silence(samples: Samples) -> float:
    """Seconds of the longest silence. No caller should sit in one."""
    return max((gap.seconds for gap in gaps(samples)), default=0.0)


PIECE = 0.25
"""Seconds of the pieces that a prompt is compared in: each may lie a little early or late, because
jitter buffers drop and repeat packets."""
PLAY = 0.06
"""Seconds by which a piece may be early or late against the one before it."""
HEARD = 0.6
"""Correlation from which on a piece counts as heard."""


def find(prompt: Samples, heard: Samples, *, after: float = 0.0) -> Match | None:
    """Where `prompt` was heard from second `after` on; None when it was not.

    Its first loud half second is searched for everywhere; from each place found the prompt is followed
    for as long as it goes on, so that a key that ends a prompt shows as a smaller `seconds`. Prompts
    that begin alike ("Tekan satu …") are told apart by that too: the place where it goes on longest
    counts, the earliest of equals.
    """
    lead = next((i for i in range(0, len(prompt), 80) if level(prompt[i : i + 80]) > SILENT), None)
    if lead is None:
        raise ValueError("the prompt is silent: it cannot be found")
    begin = round(after * RATE)
    score = correlation(prompt[lead : lead + RATE // 2], heard[begin:])
    matches: list[Match] = []
    place = 0
    while len(hits := np.flatnonzero(score[place:] > HEARD)):
        first = place + int(hits[0])
        peak = first + int(np.argmax(score[first : first + RATE // 4]))
        matches += _follow(prompt, heard, begin + peak - lead)
        place = peak + RATE // 4
    if not matches:
        return None
    longest = max(match.seconds for match in matches)
    return next(match for match in matches if match.seconds > longest - PIECE)


def _follow(prompt: Samples, heard: Samples, offset: int) -> list[Match]:
    """The match that begins at sample `offset` of `heard`, if there is one."""
    size, play = round(PIECE * RATE), round(PLAY * RATE)
    at, scores, end = max(offset, 0) / RATE, [], 0
    for start in range(0, len(prompt), size):
        piece = prompt[start : start + size]
        if level(piece) <= SILENT:
            continue
        low = max(offset + start - play, 0)
        around = correlation(piece, heard[low : offset + start + len(piece) + play])
        if not len(around) or np.max(around) < HEARD:
            break
        offset = low + int(np.argmax(around)) - start
        scores.append(float(np.max(around)))
        end = start + len(piece)
    return [Match(at, end / RATE, float(np.mean(scores)))] if scores else []


def correlation(needle: Samples, haystack: Samples) -> Samples:
    """Normalised correlation of `needle` with each place of `haystack`, -1…1; empty if it does not fit."""
    if len(haystack) < len(needle) or not len(needle):
        return np.zeros(0)
    size = 1 << (len(haystack) + len(needle) - 1).bit_length()
    dot = np.fft.irfft(np.fft.rfft(haystack, size) * np.conj(np.fft.rfft(needle, size)), size)
    dot = dot[: len(haystack) - len(needle) + 1]
    sums = np.concatenate([[0.0], np.cumsum(haystack**2)])
    energy = np.maximum(sums[len(needle) :] - sums[: -len(needle)], 1e-6)
    result: Samples = dot / np.sqrt(energy * max(float(np.sum(needle**2)), 1e-12))
    return result


def _frames(samples: Samples) -> list[Samples]:
    size = round(FRAME * RATE)
    return [samples[i : i + size] for i in range(0, len(samples) - size + 1, size)]


def _runs(flags: list[bool], *, bridge: int) -> list[tuple[int, int]]:
    """Half-open ranges of True; interruptions of up to `bridge` are part of a run."""
    runs: list[tuple[int, int]] = []
    for i, flag in enumerate(flags):
        if not flag:
            continue
        if runs and i - runs[-1][1] <= bridge:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs
