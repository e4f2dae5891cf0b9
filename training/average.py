"""The mean of networks that one was trained from the other: errors that only one of them makes weigh less in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class AverageError(ValueError):
    """Networks that have no mean; the message says why."""


def average(networks: Sequence[Path], out: Path) -> None:
    """Write the mean of the parameters of `networks` (.npz). Raises AverageError where they are of different shape."""
    saved = [_arrays(network) for network in networks]
    first = saved[0]
    for path, other in zip(networks, saved, strict=True):
        alike = other.keys() == first.keys() and all(other[name].shape == first[name].shape for name in first)
        if not alike or (other["units"] != first["units"]).any():
            raise AverageError(f"{path} has other units or layers than {networks[0]}: there is no mean of them")
    parameters = [name for name in first if name != "units"]
    means: dict[str, Any] = {
        name: np.mean([arrays[name] for arrays in saved], axis=0, dtype=np.float64).astype(first[name].dtype)
        for name in parameters
    }
    np.savez(out, units=first["units"], **means)


def _arrays(network: Path) -> dict[str, NDArray[Any]]:
    with np.load(network) as saved:
        return dict(saved)
