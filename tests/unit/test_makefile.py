"""The Makefile makes the Python environment, also where that was cut off."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.settings import PROJECT


@pytest.mark.parametrize(
    ("there", "made"), [([], True), (["python"], True), (["python", "pip"], False)], ids=["none", "cut off", "whole"]
)
def test_an_environment_is_made_unless_it_is_whole(tmp_path: Path, there: list[str], made: bool) -> None:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    bin = tmp_path / ".venv/bin"
    bin.mkdir(parents=True)
    for name in there:
        (bin / name).touch()
    would = subprocess.run(["make", "-n", "up"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert ("-m venv" in would, "-m pip install" in would) == (made, True)
