"""What the command says where a stage lacks what another makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from training.__main__ import main


@pytest.mark.parametrize(
    ("stage", "told"),
    [
        ("export", "network.npz is not there: train it first"),
        ("thresholds", "trials.json is missing or broken: `evaluate` makes it"),
        ("results", "trials.json is missing or broken: `evaluate` makes it"),
        ("card", "results.json is missing or broken: `results` makes it"),
    ],
)
def test_a_stage_names_the_one_that_comes_before(tmp_path: Path, stage: str, told: str) -> None:
    work = [] if stage == "card" else ["--work", str(tmp_path)]
    said = CliRunner().invoke(main, [stage, "--out", str(tmp_path), *work])
    assert (said.exit_code, told in said.output, said.output.count("\n")) == (1, True, 1)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    (tmp_path / "trials.json").write_text("[]")
    (tmp_path / "words.json").symlink_to(tmp_path)
    said = CliRunner().invoke(main, ["results", "--out", str(tmp_path), "--work", str(tmp_path)])
    assert said.exit_code == 1
    assert said.output == f"Error: {tmp_path / 'words.json'}: Is a directory\n"


def test_what_cannot_be_judged_is_not_trained(tmp_path: Path) -> None:
    (sentences := tmp_path / "sentences.txt").touch()
    options = ["--speech", tmp_path, "--sentences", sentences, "--work", tmp_path / "work", "--out", tmp_path / "out"]
    said = CliRunner().invoke(main, ["all", *map(str, options)])
    assert said.exit_code == 1
    assert "there is no transcripts.tsv" in said.output
    assert not (tmp_path / "work").exists()
