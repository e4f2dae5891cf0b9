"""Fitting, on trials that are made up: half of the world is clearly right, half clearly wrong."""

from dataclasses import replace
from pathlib import Path

import pytest

from ivr.speech.model import Model
from training.evaluate import Trial
from training.thresholds import UNFITTED, ThresholdsError, cross_validated, fit, is_right, write

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
    with pytest.raises(ThresholdsError, match="train longer"):
        fit([trial("A", {}, inside=True)])


def test_music_fits_nothing() -> None:
    music = [replace(trial("A", WRONG, inside=True), line=UNFITTED) for _ in range(100)]
    assert fit([*TRIALS, *music]) == fit(TRIALS)


def test_another_phrase_of_the_menu_is_not_right() -> None:
    assert not is_right(trial("A", {"tiga": 1.0}, inside=True))


def test_each_speaker_is_judged_by_what_was_fitted_on_the_others() -> None:
    odd = [trial("B", RIGHT, inside=False) for _ in range(50)]
    confidences = cross_validated([*TRIALS, *odd])
    of_a, of_b = confidences[0], confidences[-1]
    assert of_b == fit([t for t in TRIALS if t.speaker == "A"])
    assert of_a.fit < of_b.fit  # B's odd ones tell it not to trust


def test_one_speaker_alone_is_not_judged() -> None:
    only = [*(t for t in TRIALS if t.speaker == "A"), trial("B", WRONG, inside=False)]
    with pytest.raises(ThresholdsError, match="only A says phrases"):
        cross_validated(only)


def test_what_is_written_is_read_as_a_model(tmp_path: Path) -> None:
    write([*TRIALS, *(replace(t, grammar="digits") for t in TRIALS)], tmp_path)
    for name in ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "phones.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert Model.read(tmp_path).phrases.fit == round(fit(TRIALS).fit, 4)
