"""Noises of throat and mouth, made of air: coughs, throats that are cleared, sneezes, laughter, breath, smacking lips.

Each is a row of puffs: noise and the pulses of a voice in some proportion, swelling and fading, through the resonances
of a mouth. `line.coughs`, which models are judged by, is made in another way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

from ivr.voice.wav import RATE

_Range = tuple[float, float]
_RESONANCES = ((250, 900), (900, 2000), (1900, 3300))
"""Hertz: where each of a mouth's lies."""


@dataclass(frozen=True)
class _Kind:
    """`rise`: the share of a puff in which it swells; `fading`: how steeply it then falls (1: in a line)."""

    share: float
    puffs: tuple[int, int]
    seconds: _Range
    gap: _Range
    rise: _Range
    fading: _Range
    voiced: _Range
    hertz: _Range


_KINDS = (
    _Kind(0.4, (1, 4), (0.12, 0.45), (0.03, 0.4), (0.02, 0.2), (1, 4), (0, 0.6), (110, 350)),  # coughs
    _Kind(0.15, (1, 3), (0.15, 0.6), (0.05, 0.3), (0.1, 0.5), (0.5, 1.5), (0.4, 0.9), (45, 120)),  # cleared throats
    _Kind(0.1, (1, 2), (0.2, 0.5), (0.3, 0.8), (0.02, 0.5), (1, 3), (0, 0.4), (180, 400)),  # sneezes
    _Kind(0.1, (3, 8), (0.06, 0.18), (0.05, 0.15), (0.1, 0.4), (0.7, 2), (0, 0.5), (140, 400)),  # laughter
    _Kind(0.15, (1, 3), (0.3, 1.5), (0.1, 0.6), (0.2, 0.7), (0.7, 2), (0, 0.02), (100, 200)),  # breath, sighs
    _Kind(0.1, (1, 3), (0.005, 0.03), (0.05, 0.5), (0.02, 0.3), (1, 3), (0, 0), (100, 200)),  # lips
)


def one(rng: Generator) -> NDArray[np.float64]:
    """A single noise, of 5 ms to a few seconds; its peak is 1."""
    kind = _KINDS[rng.choice(len(_KINDS), p=[kind.share for kind in _KINDS])]
    voiced, hertz = rng.uniform(*kind.voiced), rng.uniform(*kind.hertz)
    mouth = [(rng.uniform(*where), rng.uniform(60, 400)) for where in _RESONANCES[: rng.integers(1, 4)]]
    parts = []
    for _ in range(rng.integers(kind.puffs[0], kind.puffs[1] + 1)):
        length = int(rng.uniform(*kind.seconds) * RATE)
        puff = _puff(length, voiced, hertz * rng.uniform(0.9, 1.1), mouth, rng)
        rise = rng.uniform(*kind.rise)
        t = np.arange(length) / length
        swelling = np.minimum(t / rise, ((1 - t) / (1 - rise)).clip(0, 1) ** rng.uniform(*kind.fading))
        parts += [puff * swelling * rng.uniform(0.4, 1), np.zeros(int(rng.uniform(*kind.gap) * RATE))]
    noise = np.concatenate(parts[:-1])
    return np.asarray(noise / (np.abs(noise).max() + 1e-9))


def _puff(
    length: int, voiced: float, hertz: float, mouth: Sequence[tuple[float, float]], rng: Generator
) -> NDArray[np.float64]:
    """Air through a `mouth` (centre and width of each resonance, in hertz), with a rough voice that rises or falls."""
    rough = lfilter([0.03], [1, -0.9], rng.standard_normal(length))
    pitch = hertz * (np.linspace(1, rng.uniform(0.6, 1.1), length) + rough)
    pulses = np.diff(np.maximum(0, np.sin(2 * np.pi * np.cumsum(pitch) / RATE)) ** 4, prepend=0)
    x = (1 - voiced) * rng.standard_normal(length) + voiced * pulses / (np.std(pulses) + 1e-9)
    for centre, width in mouth:
        radius = np.exp(-np.pi * width / RATE)
        x = lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius**2], x)
    return np.asarray(x / (np.std(x) + 1e-9))
