"""The mean of networks that one was trained from the other: errors that only one of them makes weigh less in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.saved import read_network, write_network


class AverageError(ValueError):
    """Networks that have no mean; the message says why."""


def average(networks: Sequence[Path], out: Path) -> None:
    """Write the mean of the parameters of `networks` (.npz).

    Raises AverageError where they are of different units or shapes, NetworkError, OSError.
    """
    (units, first), *others = read = [read_network(network) for network in networks]
    for path, (other_units, other) in zip(networks[1:], others, strict=True):
        alike = other.keys() == first.keys() and all(other[name].shape == first[name].shape for name in first)
        if not alike or other_units != units:
            raise AverageError(f"{path} has other units or layers than {networks[0]}: there is no mean of them")
    write_network(out, units, {name: np.mean([arrays[name] for _, arrays in read], axis=0) for name in first})
