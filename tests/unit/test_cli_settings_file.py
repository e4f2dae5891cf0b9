"""The generated sambung.toml says what the model says."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest

from ivr.cli.settings_file import default_text, write_default
from ivr.settings import Settings, load_settings


def test_every_setting_stands_there_with_its_default() -> None:
    uncommented = re.sub(r"^# (?=\w+ = )", "", default_text(), flags=re.MULTILINE)
    given = tomllib.loads(uncommented)
    named = {"connections", "queries", "recipients"}  # sections that the administrator names
    assert given == Settings().model_dump(mode="json", exclude=named)
    assert all(f"# [{section}.NAME]" in uncommented for section in named)


def test_as_written_it_changes_nothing(tmp_path: Path) -> None:
    write_default(tmp_path / "sambung.toml")
    assert load_settings(tmp_path) == Settings(state=tmp_path)


def test_it_is_for_the_owner_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sambung.toml"
    write_default(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_default(path)


def test_choices_and_meanings_are_told() -> None:
    text = default_text()
    assert '"rfc4733" | "inband" | "info" | "auto"' in text
    assert "# [trunk]" not in text
    assert "[trunk]" in text
