"""Kaldi's binary forms, as far as a network of affine layers needs them.

A Kaldi file begins with "\\0B"; tokens end in a space; every number is preceded by its size in bytes.
Written from the readers in Kaldi's hmm/transition-model.cc, hmm/hmm-topology.cc and nnet3/.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HEAD = b"\0B"


def token(text: str) -> bytes:
    """A word of Kaldi's own, such as "<Dim>"."""
    return text.encode() + b" "


def integer(value: int) -> bytes:
    """32 bits, signed."""
    return struct.pack("<bi", 4, value)


def real(value: float) -> bytes:
    """Single precision."""
    return struct.pack("<bf", 4, value)


def integers(values: Sequence[int]) -> bytes:
    """A std::vector of integers."""
    return struct.pack(f"<bi{len(values)}i", 4, len(values), *values)


def vector(values: NDArray[np.floating]) -> bytes:
    """Of any length, in single precision."""
    return token("FV") + integer(len(values)) + values.astype("<f4").tobytes()


def matrix(values: NDArray[np.floating]) -> bytes:
    """(rows, columns), in single precision."""
    rows, columns = values.shape
    return token("FM") + integer(rows) + integer(columns) + np.ascontiguousarray(values, "<f4").tobytes()


def transition_model(phones: int) -> bytes:
    """Phones 1…n of one state each; phone k has pdf k-1, its self-loop is transition 2k-1, leaving it 2k."""
    half = real(0.5)
    state = integer(0) + integer(2) + integer(0) + half + integer(1) + half  # pdf class, transitions
    final = integer(-1) + integer(0)
    topology = (
        token("<Topology>")
        + integers(range(1, phones + 1))
        + integers([-1] + [0] * phones)
        + integer(1)
        + integer(2)
        + state
        + final
        + token("</Topology>")
    )
    triples = b"".join(integer(k + 1) + integer(0) + integer(k) for k in range(phones))
    log_probs = np.array([0.0] + [np.log(0.5)] * (2 * phones))
    return (
        token("<TransitionModel>")
        + topology
        + token("<Triples>")
        + integer(phones)
        + triples
        + token("</Triples>")
        + token("<LogProbs>")
        + vector(log_probs)
        + token("</LogProbs>")
        + token("</TransitionModel>")
    )


def fixed_affine(weights: NDArray[np.floating], bias: NDArray[np.floating]) -> bytes:
    """A FixedAffineComponent; `weights`: (outputs, inputs)."""
    return (
        token("<FixedAffineComponent>")
        + token("<LinearParams>")
        + matrix(weights)
        + token("<BiasParams>")
        + vector(bias)
        + token("</FixedAffineComponent>")
    )


def nonlinear(kind: str, dim: int) -> bytes:
    """RectifiedLinearComponent or LogSoftmaxComponent, without the statistics that training keeps in it."""
    nothing, zero = vector(np.zeros(0)), real(0)
    return (
        token(f"<{kind}>")
        + token("<Dim>")
        + integer(dim)
        + token("<ValueAvg>")
        + nothing
        + token("<DerivAvg>")
        + nothing
        + token("<Count>")
        + zero
        + token("<OderivRms>")
        + nothing
        + token("<OderivCount>")
        + zero
        + token("<NumDimsSelfRepaired>")
        + zero
        + token("<NumDimsProcessed>")
        + zero
        + token(f"</{kind}>")
    )


def nnet(config: Sequence[str], components: Sequence[tuple[str, bytes]]) -> bytes:
    """An nnet3 network: its nodes as config lines, and its components by name."""
    lines = "\n" + "".join(f"{line}\n" for line in config) + "\n"
    parts = b"".join(token("<ComponentName>") + token(name) + body for name, body in components)
    return (
        token("<Nnet3>")
        + lines.encode()
        + token("<NumComponents>")
        + integer(len(components))
        + parts
        + token("</Nnet3>")
    )


def acoustic_model(network: bytes, left: int, right: int, priors: NDArray[np.floating]) -> bytes:
    """What follows the transition model in final.mdl; `left` and `right` are frames of context."""
    return (
        network + token("<LeftContext>") + integer(left) + token("<RightContext>") + integer(right)
        + token("<Priors>") + vector(priors)
    )  # fmt: skip
