"""Fitting, on trials that are made up: half of the world is clearly right, half clearly wrong."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ivr.speech.model import Model
from training.evaluate import Alarm, Trial
from training.thresholds import UNFITTED, fit, is_right, measured, write

RIGHT = {"satu dua": 10.0, "[unk]": 18.0, "tiga": 22.0}
WRONG = {"satu dua": 15.0, "[unk]": 10.0, "tiga": 16.0}


def trial(speaker: str, costs: dict[str, float], *, inside: bool) -> Trial:
    return Trial("phrases", "quiet", speaker, "satu dua" if inside else "lain", inside, costs, 0.3, 0.9)


TRIALS = [t for s in "AB" for _ in range(50) for t in (trial(s, RIGHT, inside=True), trial(s, WRONG, inside=False))]


def test_what_is_said_is_told_from_what_is_not() -> None:
    confidence = fit(TRIALS)
    assert confidence.fit > 0
    assert 0.5 <= confidence.confirm <= confidence.accept < 1


def test_a_model_that_understood_nothing_cannot_be_fitted() -> None:
    with pytest.raises(ValueError, match="train longer"):
        fit([trial("A", {}, inside=True)])


def test_music_is_measured_and_fits_nothing() -> None:
    music = [replace(trial("A", WRONG, inside=True), line=UNFITTED) for _ in range(100)]
    assert fit([*TRIALS, *music]) == fit(TRIALS)
    assert [row["line"] for row in measured([*TRIALS, *music])] == ["quiet", UNFITTED]


def test_results_are_counted_by_what_would_have_been_done() -> None:
    (row,) = measured([*TRIALS, trial("A", {}, inside=True)])
    assert (row["inside"], row["inside right"], row["inside unnoticed"]) == (101, 100, 1)
    assert (row["outside"], row["outside rejected"], row["outside wrong"]) == (100, 100, 0)
    assert row["onset p50/p95"] == [0.3, 0.3]


def test_another_phrase_of_the_menu_is_not_right() -> None:
    assert not is_right(trial("A", {"tiga": 1.0}, inside=True))


def test_the_fitted_function_is_what_the_recogniser_reads(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "models/id-telephony"
    for name in ("am", "conf", "phones.txt"):
        (tmp_path / name).symlink_to(shipped / name)
    digits = [replace(t, grammar="digits") for t in TRIALS]
    write([*TRIALS, *digits], [Alarm("clicks", 40, 1, 2, 0)], tmp_path)
    assert json.loads((tmp_path / "thresholds.json").read_text())["alarms"][0]["noise"] == "clicks"
    confidence = Model.read(tmp_path).phrases
    assert abs(confidence.fit - fit(TRIALS).fit) < 1e-3
