"""The mean of networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.average import AverageError, average


def network(path: Path, *values: float, units: tuple[str, ...] = ("blk", "a")) -> Path:
    np.savez(path, units=np.array(units), **{"layers.0.weight": np.array([values], np.float16)})
    return path


def test_each_parameter_is_the_mean_of_theirs_in_their_precision(tmp_path: Path) -> None:
    average([network(tmp_path / "a.npz", 1, 4), network(tmp_path / "b.npz", 3, 4)], tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as mean:
        assert list(mean["units"]) == ["blk", "a"]
        assert mean["layers.0.weight"].tolist() == [[2, 4]]
        assert mean["layers.0.weight"].dtype == np.float16


def test_the_mean_may_replace_one_of_them(tmp_path: Path) -> None:
    one, other = network(tmp_path / "a.npz", 1), network(tmp_path / "b.npz", 3)
    average([one, other], one)
    with np.load(one) as mean:
        assert mean["layers.0.weight"].tolist() == [[2]]


def test_networks_of_other_units_or_layers_have_none(tmp_path: Path) -> None:
    one = network(tmp_path / "a.npz", 1)
    for other in (network(tmp_path / "b.npz", 1, units=("blk", "b")), network(tmp_path / "c.npz", 1, 2)):
        with pytest.raises(AverageError, match=other.name):
            average([one, other], tmp_path / "out.npz")
