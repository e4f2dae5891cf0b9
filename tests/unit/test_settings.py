"""Settings: what is wrong is said with its place and its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('timezone = "WIB"', r"sambung\.toml: timezone: .*WIB is Asia/Jakarta"),
        ("[network]\nrtp_start = 12000\nrtp_end = 11000", r"network: .*rtp_start \(12000\) must be below"),
        ("[limits]\nstep = 5", r"limits\.step: Extra inputs"),
        ("[limits", r"sambung\.toml: "),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, toml: str, words: str) -> None:
    (tmp_path / "sambung.toml").write_text(toml)
    with pytest.raises(SettingsError, match=words):
        load_settings(tmp_path)


def test_without_a_file_all_is_as_documented(tmp_path: Path) -> None:
    assert load_settings(tmp_path).timezone == "Asia/Jakarta"


def test_secrets_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = load_settings(tmp_path).secrets
    assert load_settings(tmp_path).secrets == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
    assert len(set(first.values())) == 2
