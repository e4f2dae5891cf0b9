"""The Makefile makes the Python environment, also where that was cut off."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ivr.settings import PROJECT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


def make(checkout: Path, *arguments: str) -> str:
    return subprocess.run(["make", *arguments], cwd=checkout, capture_output=True, text=True, check=True).stdout


def test_an_environment_that_was_cut_off_is_made_anew_and_one_that_is_whole_stays(checkout: Path) -> None:
    quick = checkout / "python"
    quick.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@" --without-pip\n')
    quick.chmod(0o700)
    left = checkout / ".venv/lib/pip"
    left.parent.mkdir(parents=True)
    left.touch()
    make(checkout, f"PYTHON={quick}", ".venv/.made")
    assert (left.exists(), (checkout / ".venv/bin/python").exists()) == (False, True)
    would = make(checkout, "-n", "up")
    assert ("-m venv" in would, "-m pip install" in would) == (False, True)


def test_packages_of_an_environment_from_before_the_stamp_stay(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv/.ready").touch()
    make(checkout, ".venv/.made")
    assert sorted(path.name for path in (checkout / ".venv").iterdir()) == [".made", ".ready"]
