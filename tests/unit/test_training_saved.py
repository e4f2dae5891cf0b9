"""Files that are whole or not there, networks among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.saved import NetworkError, read_network, write_network, write_whole


def test_matrices_are_kept_in_half_precision_and_all_else_in_single(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    write_network(path, ["blk", "a"], {"weight": np.array([[0.1]]), "bias": np.array([0.1])})
    units, arrays = read_network(path)
    assert units == ["blk", "a"]
    assert arrays["weight"].tolist() == [[float(np.float16(0.1))]]
    assert arrays["bias"].tolist() == [float(np.float32(0.1))]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float64)}


def test_a_file_for_which_the_disk_has_no_room_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    write_whole(path, b"before")
    (tmp_path / "network.npz.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device: .*network\.npz"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no network"])
def test_what_is_no_network_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.npz"
    path.write_bytes(content)
    with pytest.raises(NetworkError, match="cannot be read as a network"):
        read_network(path)


def test_other_arrays_and_no_file_at_all_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weight=np.zeros(3))
    with pytest.raises(NetworkError, match=r"other\.npz cannot be read as a network"):
        read_network(tmp_path / "other.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(NetworkError, match=r"one\.npy cannot be read as a network"):
        read_network(tmp_path / "one.npy")
    with pytest.raises(NetworkError, match="train it first"):
        read_network(tmp_path / "network.npz")
