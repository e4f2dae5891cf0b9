"""People's own syllables in another order, so that sounds are learnt from them and not their few sentences by heart.

A network that knows the speakers' words finds the sounds in their utterances, which are cut where a voice stops anyway:
before p, t, k, b, d, g, c, j and between words. Pieces of one speaker are then put together by chance.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.speech.lexicon import pronounce
from ivr.voice.wav import RATE
from training.corpus import Samples, Utterance
from training.export import SUBSAMPLING
from training.processes import pool
from training.saved import read_network

CORPUS = "splices"
_STOPS = frozenset("ptkbdgcj")
_HOP = RATE // 100
"""Samples of a frame."""
_SOFT = 0.25
"""Of a speaker's loud frames: a cut must be softer."""
_BEFORE, _AFTER = 25, 30
"""Frames that belong to a sound at an utterance's begin and end."""
_MOST_UNITS = 9
_SHORTEST = 0.06
_PER_PIECE, _PER_UNIT = 0.15, 0.105
"""Seconds: a piece that takes longer was not cut where it was thought to be."""
_UNITS = 8, 40
"""Of a spliced utterance."""
_FADE = 40
Likelihoods = NDArray[np.float32]
"""(frames / 3, units), logarithms; the blank first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two cuts of an utterance; `text` is a word that sounds like it."""

    text: str
    samples: Samples


class SplicesError(Exception):
    """There is nothing to splice; the message says why."""


def spliced(utterances: Sequence[Utterance], network: Path, count: int, seed: int) -> Iterator[Utterance]:
    """`count` utterances of these people, of each corpus as many; `network` finds the sounds.

    Raises SplicesError, NetworkError.
    """
    pieces: dict[str, dict[str, list[Piece]]] = defaultdict(lambda: defaultdict(list))
    for utterance, found in aligned(utterances, network):
        for piece in cut(utterance, found):
            pieces[utterance.corpus][utterance.speaker].append(piece)
    if not pieces:
        raise SplicesError(f"{network} finds no place to cut in what these people say: train without --splices")
    chance = random.Random(seed)
    for _ in range(count):
        speakers = pieces[chance.choice(sorted(pieces))]
        speaker = chance.choice(sorted(speakers))
        yield joined(speaker, speakers[speaker], chance)


def joined(speaker: str, pieces: Sequence[Piece], chance: random.Random) -> Utterance:
    """Pieces in any order, now and then with a pause between them."""
    wanted = chance.randint(*_UNITS)
    said: list[Piece] = []
    while sum(len(pronounce(piece.text)) for piece in said) < wanted:
        said.append(chance.choice(pieces))
    parts = [_silence(0.1, 0.375, chance)]
    for piece in said:
        if chance.random() < 0.1:
            parts.append(_silence(0.025, 0.375, chance))
        parts.append(_faded(piece.samples))
    samples = np.concatenate([*parts, _silence(0.1, 0.375, chance)])
    return Utterance(CORPUS, speaker, " ".join(piece.text for piece in said), samples)


def _silence(least: float, most: float, chance: random.Random) -> Samples:
    return np.zeros(int(chance.uniform(least, most) * RATE), np.int16)


def _faded(samples: Samples) -> Samples:
    ramp = np.ones(len(samples))
    ramp[:_FADE] = np.linspace(0, 1, _FADE)
    return (samples * ramp * ramp[::-1]).astype(np.int16)


def cut(utterance: Utterance, found: Sequence[int]) -> Iterator[Piece]:
    """The pieces of an utterance. `found`: the frame of each of its units."""
    units = utterance.units
    loudness = _loudness(utterance.samples)
    soft = _SOFT * np.percentile(loudness, 90)
    words = np.cumsum([len(pronounce(word)) for word in utterance.text.split()])
    edges = [(0, max(0, found[0] - _BEFORE))]
    for i in range(1, len(units)):
        if units[i] in _STOPS or i in words:
            softest = found[i - 1] + int(loudness[found[i - 1] : max(found[i - 1] + 1, found[i] + 2)].argmin())
            if loudness[softest] < soft:
                edges.append((i, softest))
    edges.append((len(units), min(len(loudness), found[-1] + _AFTER)))
    for (i, begin), (j, end) in pairwise(edges):
        text = "".join(units[i:j])
        seconds = (end - begin) * _HOP / RATE
        if (
            j - i <= _MOST_UNITS
            and _SHORTEST < seconds < _PER_PIECE + _PER_UNIT * (j - i)
            and pronounce(text) == units[i:j]
        ):
            yield Piece(text, utterance.samples[begin * _HOP : end * _HOP])


def _loudness(samples: Samples) -> NDArray[np.float64]:
    """Of each frame, the neighbours on either side counted in."""
    frames = samples[: len(samples) // _HOP * _HOP].astype(float).reshape(-1, _HOP)
    return np.convolve(np.sqrt((frames**2).mean(axis=1)), np.ones(3) / 3, "same")


def aligned(utterances: Sequence[Utterance], network: Path) -> Iterator[tuple[Utterance, list[int]]]:
    """Utterances, and the frame where each of their units is surest.

    Left out is what has units that the network does not know, or is too short for its words.
    """
    import torch  # noqa: PLC0415 - as in `train`

    from training.features import mfcc  # noqa: PLC0415 - computed beside torch's process, not in it
    from training.network import Network, load, padded  # noqa: PLC0415

    units, _ = read_network(network)
    number = {unit: i for i, unit in enumerate(units)}
    judge = Network(len(units))
    load(judge, network)
    judge.eval()
    with pool() as processes:
        features = processes.imap(mfcc, [utterance.samples for utterance in utterances], 32)
        for utterance, heard in zip(utterances, features, strict=True):
            if set(utterance.units) <= number.keys():
                with torch.no_grad():
                    likelihoods = judge(torch.from_numpy(padded(heard))[None])[0].numpy()
                if found := align(likelihoods, [number[unit] for unit in utterance.units]):
                    yield utterance, [frame * SUBSAMPLING for frame in found]


def align(likelihoods: Likelihoods, units: Sequence[int]) -> list[int]:
    """The frame where each of `units` is surest, on the likeliest way through them and the blanks around them.

    Empty where there are too few frames. (Viterbi's algorithm on the states of CTC: Graves et al., ICML 2006.)
    """
    states = np.zeros(2 * len(units) + 1, int)
    states[1::2] = units
    may_skip = np.zeros(len(states), bool)
    may_skip[3::2] = states[3::2] != states[1:-2:2]
    emitted = likelihoods[:, states]
    best = np.full(len(states), -np.inf)
    best[:2] = emitted[0, :2]
    steps = np.zeros(emitted.shape, int)
    for t in range(1, len(emitted)):
        before = np.concatenate([[-np.inf, -np.inf], best])
        ways = np.stack([best, before[1:-1], np.where(may_skip, before[:-2], -np.inf)])
        steps[t] = ways.argmax(axis=0)
        best = ways.max(axis=0) + emitted[t]
    state = len(states) - 1 - int(best[-2] > best[-1])
    if best[state] == -np.inf:
        return []
    path = [state]
    for step in steps[:0:-1]:
        path.append(path[-1] - int(step[path[-1]]))
    way = np.array(path[::-1])
    frames = [np.flatnonzero(way == 2 * i + 1) for i in range(len(units))]
    return [int(at[likelihoods[at, unit].argmax()]) for at, unit in zip(frames, units, strict=True)]
