"""The confidence function and its thresholds, fitted on what the dev speakers said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.speech.confidence import Confidence, Evidence, evidence
from training.evaluate import Trial
from training.saved import write_whole

WRONGLY_ACTED_ON, WRONGLY_ASKED = 0.01, 0.025
"""Shares of all trials that may be acted on and asked about although something else was said."""
_OUTSIDE_ACTED_ON = 0.014
"""Share of those that say nothing of the grammar that may be acted on: people say many things on a telephone."""
UNFITTED = "music 10 dB"
"""A line that is measured, but which no threshold is to make up for."""
_GRID = np.arange(0.5, 0.995, 0.01)
_RIDGE = 0.05


class ThresholdsError(ValueError):
    """What was heard is too little to fit thresholds on; the message says what to do."""


def best(trial: Trial) -> tuple[str, Evidence] | None:
    """The hypothesis that counts, or None where garbage was all."""
    return next(iter(evidence(trial.costs).items()), None) if trial.costs else None


def is_right(trial: Trial) -> bool:
    """Whether what was heard is what was said, and is in the grammar."""
    found = best(trial)
    return trial.inside and found is not None and found[0] == trial.said


def fit(trials: Sequence[Trial]) -> Confidence:
    """Logistic regression by Newton's method (was anything of the grammar said?); thresholds for the shares above.

    Raises ThresholdsError where there is nothing to learn from.
    """
    trials = [trial for trial in trials if trial.line != UNFITTED]
    heard = [(found[1], trial) for trial in trials if (found := best(trial))]
    if not heard:
        raise ThresholdsError(
            "nothing was understood in the dev split: train longer, or on more speech, and evaluate again"
        )
    x = np.array([[1.0, found.fit] for found, _ in heard])
    y = np.array([trial.inside for _, trial in heard], float)
    w = np.zeros(2)
    for _ in range(50):
        p = _sigmoid(x @ w)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + _RIDGE * np.eye(2)
        w += np.linalg.solve(hessian, x.T @ (y - p) - _RIDGE * w)
    unsure = Confidence(bias=float(w[0]), fit=float(w[1]), accept=1.0, confirm=1.0)
    wrong = np.array([unsure.of(found) for found, trial in heard if not is_right(trial)])
    outside = np.array([unsure.of(found) for found, trial in heard if not trial.inside])
    said_outside = sum(not trial.inside for trial in trials)
    return replace(
        unsure,
        accept=max(_lowest(wrong, WRONGLY_ACTED_ON * len(trials)), _lowest(outside, _OUTSIDE_ACTED_ON * said_outside)),
        confirm=_lowest(wrong, WRONGLY_ASKED * len(trials)),
    )


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-x))


def _lowest(wrong: NDArray[np.float64], most: float) -> float:
    """The lowest threshold that lets no more than `most` of the wrong ones through."""
    return next((round(float(t), 2) for t in _GRID if (wrong >= t).sum() <= most), round(float(_GRID[-1]), 2))


def cross_validated(trials: Sequence[Trial]) -> list[Confidence]:
    """For each trial the function that was fitted on the other speakers than the one it heard.

    Raises ThresholdsError where there are no others.
    """
    fitted: dict[tuple[str, str], Confidence] = {}
    for grammar, speaker in {(trial.grammar, trial.speaker) for trial in trials}:
        others = [t for t in trials if t.grammar == grammar and t.speaker != speaker]
        if not any(trial.inside for trial in others):
            raise ThresholdsError(
                f"only {speaker} says {grammar} in the dev split: each speaker is judged by thresholds of the others, "
                "so add one. The thresholds of calls need no second speaker: the model can be used."
            )
        fitted[grammar, speaker] = fit(others)
    return [fitted[trial.grammar, trial.speaker] for trial in trials]


def write(trials: Sequence[Trial], folder: Path) -> None:
    """Fit on all dev speakers, and write thresholds.json into the model's folder. Raises ThresholdsError, OSError."""
    content = {}
    for grammar in ("phrases", "digits"):
        fitted = asdict(fit([trial for trial in trials if trial.grammar == grammar]))
        content[grammar] = {name: round(value, 4) for name, value in fitted.items()}
    write_whole(folder / "thresholds.json", (json.dumps(content, indent=1) + "\n").encode())
