"""The network: dilated convolutions over frames, small enough for a telephone exchange's spare core.

`export` turns it into Kaldi's form, and must know its layers' names and offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.export import FIRST_OFFSETS, OTHER_OFFSETS
from training.features import DIMENSION

WIDTH = 256
SUBSAMPLING = 3


class Network(nn.Module):
    """(utterances, 40, frames) → log probabilities (utterances, units, frames / 3)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        first = nn.Conv1d(DIMENSION, WIDTH, len(FIRST_OFFSETS), stride=SUBSAMPLING)
        others = [nn.Conv1d(WIDTH, WIDTH, len(OTHER_OFFSETS)) for _ in range(4)]
        self.normalise = nn.BatchNorm1d(DIMENSION, affine=False)
        self.layers = nn.ModuleList([first, *others])
        self.norms = nn.ModuleList(nn.BatchNorm1d(WIDTH) for _ in self.layers)
        self.output = nn.Conv1d(WIDTH, units, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.normalise(x)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = self.dropout(torch.relu(norm(layer(x))))
        return torch.log_softmax(self.output(x), dim=1)


def save(network: Network, units: Sequence[str], path: Path) -> None:
    """As numpy arrays, which the exporter reads without torch."""
    arrays = {name: value.numpy() for name, value in network.state_dict().items() if "tracked" not in name}
    np.savez(path, units=np.array(units), **arrays)
