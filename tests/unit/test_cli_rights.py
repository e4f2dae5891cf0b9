"""Files and processes of other users: named with their owner and the way out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import doctor, main, rights, system
from ivr.settings import Settings

STRANGER = 65_432
"""A user without a name, whom files and processes are not of."""
ME = os.geteuid()


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))


def refusal(path: Path) -> PermissionError:
    return PermissionError(13, "Permission denied", str(path))


def test_a_command_that_may_not_touch_a_file_says_whose_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refused(_: Settings) -> dict[str, object]:
        raise refusal(tmp_path / "run/supervisor.lock")

    monkeypatch.setattr(system, "noted_status", refused)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    said = CliRunner().invoke(main, ["status"])
    owner = rights.user(ME)
    assert said.exit_code == 1
    assert f"{tmp_path}: belongs to user {owner}, you are {STRANGER}: Permission denied" in said.output
    assert f"→ run this as {owner} (sudo -u {owner} …)" in said.output
    assert "Traceback" not in said.output


def test_a_file_of_another_in_my_folder_is_to_be_given_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root_made = tmp_path / "secrets.json"
    root_made.touch()
    monkeypatch.setattr(rights, "owner_of", lambda _folder: STRANGER)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
    said = rights.explain(refusal(root_made), tmp_path)
    assert f"{root_made}: belongs to user {rights.user(ME)}" in said
    assert said.endswith(f"sudo chown -R {STRANGER}: {tmp_path}")
    outside = rights.explain(refusal(root_made), tmp_path / "state")
    assert outside.endswith(f"sudo chown -R {STRANGER}: {root_made}")


def test_my_own_file_without_the_right_to_write(tmp_path: Path) -> None:
    assert f"→ chmod u+rwX {tmp_path}" in rights.explain(refusal(tmp_path), tmp_path)


def test_another_users_process_is_named_with_its_user() -> None:
    assert f"process {os.getpid()} belongs to user {rights.user(ME)}" in rights.explain_process(os.getpid())


@pytest.mark.parametrize(("me", "owner", "warned"), [(0, STRANGER, True), (0, 0, False), (STRANGER, STRANGER, False)])
def test_root_in_anothers_installation_is_warned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, me: int, owner: int, warned: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: me)
    monkeypatch.setattr(rights, "owner_of", lambda _folder: owner)
    assert bool(rights.warning_of_root(Settings(state=tmp_path))) is warned


def test_what_root_left_behind_is_found_and_the_doctor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = tmp_path / "state"
    settings = Settings(state=state, prompts=tmp_path / "prompts", recordings=tmp_path / "recordings")
    state.mkdir(mode=0o700)
    settings.log.mkdir()
    (settings.log / "engine.log").touch()
    assert rights.foreign(state, ME) == []
    assert {f.good for f in doctor._rights(settings)} == {True}
    monkeypatch.setattr(rights, "owner_of", lambda _folder: STRANGER)
    assert rights.foreign(state, STRANGER) == [state, settings.log, settings.log / "engine.log"]
    (found,) = [f for f in doctor._rights(settings) if not f.good]
    assert f"files are not {STRANGER}'s: {state}, {settings.log}" in found.what
    assert found.mend.startswith(f"sudo chown -R {STRANGER}: {state}")


def test_only_what_others_can_reach_and_read_is_exposed(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, recordings=tmp_path / "recordings")
    settings.log.mkdir()
    settings.log.chmod(0o755)
    (tmp_path / "history.db").touch(mode=0o600)
    tmp_path.chmod(0o755)
    assert list(rights.exposed(settings)) == [settings.log]
    tmp_path.chmod(0o700)
    assert list(rights.exposed(settings)) == []
