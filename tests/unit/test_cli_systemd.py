"""The unit that `sambung systemd` prints."""

from __future__ import annotations

import getpass
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli.systemd import systemd, unit


def parsed(text: str) -> RawConfigParser:
    found = RawConfigParser(strict=True)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(text)
    return found


def test_the_unit_is_this_installations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    result = CliRunner().invoke(systemd)
    service = parsed(result.stdout)["Service"]
    assert service["User"] == getpass.getuser()
    assert service["Environment"] == f'"SAMBUNG_STATE={tmp_path}"'
    assert service["ExecStart"] == f'"{Path(sys.executable).with_name("sambung")}" supervise'
    assert service["KillMode"] == "process"
    assert "sudo tee /etc/systemd/system/sambung.service" in result.stderr


def test_a_folder_that_a_unit_cannot_carry_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    with pytest.raises(ValueError, match=r"100%: systemd cannot take"):
        unit(tmp_path / "100%", tmp_path / "sambung", "sambung")
