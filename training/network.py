"""The network: dilated convolutions over frames, small enough for a telephone exchange's spare core.

`export` turns it into Kaldi's form, and must know its layers' names and offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.export import LEFT_CONTEXT, OFFSETS, RIGHT_CONTEXT, SUBSAMPLING
from training.features import DIMENSION, Features
from training.saved import NetworkError, read_network, write_network

WIDTH = 256
_DROPPED = 26
"""Of 256 values, as many are left out in training."""


class Network(nn.Module):
    """(utterances, frames, 40) → log probabilities (utterances, frames / 3, units).

    A convolution is written as the product of a matrix with frames side by side, which takes a third of the time.
    """

    def __init__(self, units: int) -> None:
        super().__init__()
        widths = [DIMENSION, *[WIDTH] * (len(OFFSETS) - 1)]
        self.normalise = nn.BatchNorm1d(DIMENSION, affine=False)
        self.layers = nn.ModuleList(nn.Linear(w * len(o), WIDTH) for w, o in zip(widths, OFFSETS, strict=True))
        self.norms = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in self.layers)
        self.output = nn.Linear(WIDTH, units)

    def forward(self, x: Tensor) -> Tensor:
        """As the class says; `padded` gives it the frames at both ends."""
        x = _over_frames(self.normalise, x)
        x = side_by_side(x, OFFSETS[0])[:, ::SUBSAMPLING]
        for i, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            if i:
                x = side_by_side(x, [offset // SUBSAMPLING for offset in OFFSETS[i]])
            x = torch.relu(_over_frames(norm, layer(x)))
            if self.training:
                x = dropped_out(x)
        return torch.log_softmax(self.output(x).float(), dim=2)


def dropped_out(x: Tensor) -> Tensor:
    """Each value with a chance of _DROPPED / 256 0.

    torch's own draws a number for each value, which took a quarter of a training; here one draw is good for eight.
    """
    draws = torch.empty(-(-x.numel() // 8), dtype=torch.int64).random_(-(2**63), None)
    kept = draws.view(torch.uint8)[: x.numel()].view(x.shape) >= _DROPPED
    return x * kept * (256 / (256 - _DROPPED))


def side_by_side(x: Tensor, offsets: Sequence[int]) -> Tensor:
    """(…, frames, values) → (…, frames that have all neighbours, offsets * values)."""
    first, last = min(offsets), max(offsets)
    count = x.shape[1] - (last - first)
    return torch.cat([x[:, offset - first : offset - first + count] for offset in offsets], dim=2)


def _over_frames(norm: nn.Module, x: Tensor) -> Tensor:
    normal: Tensor = norm(x.flatten(0, 1))
    return normal.view(x.shape)


def padded(features: Features) -> Features:
    """As Kaldi does at both ends, so that there is an output for every third frame."""
    return np.pad(features, ((LEFT_CONTEXT, RIGHT_CONTEXT + SUBSAMPLING - 1), (0, 0)), "edge")


def save(network: Network, units: Sequence[str], path: Path) -> None:
    """Write its parameters, for `export` and for `load`. Raises OSError."""
    write_network(path, units, {name: value.numpy() for name, value in _parameters(network).items()})


def load(network: Network, path: Path) -> None:
    """Take the parameters that `save` wrote. Raises NetworkError where they are of a network of other layers."""
    _, arrays = read_network(path)
    if {name: a.shape for name, a in arrays.items()} != {n: tuple(p.shape) for n, p in _parameters(network).items()}:
        raise NetworkError(f"{path} has other layers than a network of this version: train without --from")
    network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()}, strict=False)


def _parameters(network: Network) -> dict[str, Tensor]:
    """All that it knows, by name; how many batches it has seen is not of it."""
    return {name: value for name, value in network.state_dict().items() if "tracked" not in name}
