"""What a model can do, measured on the dev split: results.json in its folder, and the table of it.

Everything is counted as errors, with a 95 % interval (Wilson's). A bar is met where the share lies below it, or where
fewer than ten errors leave it within the interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest

from ivr.speech.confidence import Confidence
from training.evaluate import Alarm, Trial
from training.thresholds import UNFITTED, best, cross_validated, is_right
from training.word_errors import WordErrors

FILE = "results.json"
FEW = 10
REFUSED = 0.04
"""The share of what is said in the menu that may be refused while what is said outside of it is counted."""
BINS = 10
WORDS_AT_MOST = {
    ("digits", "quiet"): 0.0015,
    ("digits", "noise 15 dB"): 0.0035,
    ("digits", "noise 5 dB"): 0.01,
    ("digits", "GSM"): 0.006,
    ("digits", "3 % lost"): 0.006,
    ("dialogue", "quiet"): 0.03,
}
MENU_AT_MOST, OUTSIDE_AT_MOST, NOISE_AT_MOST, CALIBRATION_AT_MOST = 0.015, 0.05, 0.02, 0.03


Judged = tuple[Trial, Confidence]
"""A trial, and the function by which it is judged."""


class Errors(BaseModel):
    """`errors` of `of` cases, and the share that there may be of them."""

    model_config = ConfigDict(frozen=True)

    what: str
    line: str
    errors: int
    of: int
    at_most: float

    @property
    def share(self) -> float:
        return self.errors / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, of the share."""
        low, high = binomtest(self.errors, self.of).proportion_ci(method="wilson")
        return float(low), float(high)

    @property
    def is_met(self) -> bool:
        return self.share <= self.at_most or (self.errors < FEW and self.interval[0] <= self.at_most)


class Verdicts(BaseModel):
    """What would have been done about what was said, inside of a grammar or outside: so often each."""

    model_config = ConfigDict(frozen=True)

    grammar: str
    line: str
    inside: bool
    said: int
    right: int
    asked: int
    wrong: int
    rejected: int
    unnoticed: int
    onset: tuple[float, float] | None
    """Seconds from the beginning of speech until it is noticed: median, 95th percentile."""
    final: tuple[float, float] | None
    """… and from its end to the result, the pause included."""


class Results(BaseModel):
    """All figures of a model. `calibration`: the expected error of a probability, over ten bins of `probabilities`."""

    errors: list[Errors]
    calibration: float
    probabilities: int
    verdicts: list[Verdicts]
    alarms: list[Alarm]


def judge(trials: Sequence[Trial], words: Iterable[WordErrors], alarms: Sequence[Alarm]) -> Results:
    """Judge what was heard; every speaker by functions that were fitted on the others."""
    judged = cross_judged(trials)
    heard = [j for j in judged if j[0].costs and j[0].line != UNFITTED]
    return Results(
        errors=[
            *(_of_words(w) for w in words),
            *menu_errors(judged, MENU_AT_MOST),
            *(
                _errors(f"{a.noise}, {a.grammar}: interrupts a prompt", a.onsets, a.trials, NOISE_AT_MOST)
                for a in alarms
            ),
        ],
        calibration=_calibration([_sure(*j) for j in heard], [is_right(t) for t, _ in heard]),
        probabilities=len(heard),
        verdicts=list(verdicts(judged)),
        alarms=list(alarms),
    )


def cross_judged(trials: Sequence[Trial]) -> list[Judged]:
    """Each trial with the function that was fitted on the other speakers."""
    return list(zip(trials, cross_validated(trials), strict=True))


def menu_errors(judged: Iterable[Judged], at_most: float) -> list[Errors]:
    """On a quiet line: what is said in a menu and not understood, and what is said outside and taken for a phrase."""
    menus = [(t, c) for t, c in judged if t.grammar == "phrases" and t.line == "quiet"]
    inside, outside = [j for j in menus if j[0].inside], [j for j in menus if not j[0].inside]
    refused_below = float(np.quantile([_sure(*j) if is_right(j[0]) else 0.0 for j in inside], REFUSED))
    accepted = sum(_sure(*j) > refused_below for j in outside)
    wrong = sum(not is_right(t) for t, _ in inside)
    return [
        _errors("menus of ten phrases", wrong, len(inside), at_most),
        _errors("something else taken for a phrase", accepted, len(outside), OUTSIDE_AT_MOST),
    ]


def table(found: Results) -> Iterator[tuple[str, ...]]:
    """What, line, errors, share with its interval, the bar, and whether it is met."""
    yield from map(cells, found.errors)
    met = "yes" if found.calibration <= CALIBRATION_AT_MOST else "no"
    calibration, bar = f"{found.calibration:.3f}", f"{CALIBRATION_AT_MOST:g}"
    yield "probability, calibration error", "all but music", f"N = {found.probabilities}", calibration, bar, met


def cells(e: Errors) -> tuple[str, ...]:
    """A row of the table."""
    low, high = (f"{100 * share:.2f}" for share in e.interval)
    share = f"{100 * e.share:.2f} % ({low}–{high})"
    return e.what, e.line, f"{e.errors} of {e.of}", share, f"{100 * e.at_most:g} %", "yes" if e.is_met else "no"


def _sure(trial: Trial, confidence: Confidence) -> float:
    found = best(trial)
    return confidence.of(found[1]) if found else 0.0


def _errors(what: str, errors: int, of: int, at_most: float) -> Errors:
    return Errors(what=what, line="quiet", errors=errors, of=of, at_most=at_most)


def _of_words(w: WordErrors) -> Errors:
    at_most = WORDS_AT_MOST[w.corpus, w.line]
    return Errors(what=f"words, {w.corpus}, any after any", line=w.line, errors=w.errors, of=w.words, at_most=at_most)


def _calibration(probabilities: Sequence[float], right: Sequence[bool]) -> float:
    p, y = np.array(probabilities), np.array(right, float)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    return float(sum(abs((p - y)[bins == b].sum()) for b in range(BINS)) / len(p))


def verdicts(judged: Iterable[Judged]) -> Iterator[Verdicts]:
    """What would have been done, for each grammar and line, inside and outside."""
    rows: defaultdict[tuple[str, str, bool], list[tuple[Trial, str]]] = defaultdict(list)
    for trial, confidence in judged:
        rows[trial.grammar, trial.line, trial.inside].append((trial, _verdict(trial, confidence)))
    for (grammar, line, inside), row in rows.items():
        given = [verdict for _, verdict in row]
        yield Verdicts(
            grammar=grammar,
            line=line,
            inside=inside,
            said=len(row),
            onset=_percentiles(t.onset_after for t, _ in row),
            final=_percentiles(t.final_after for t, _ in row),
            **{name: given.count(name) for name in ("right", "asked", "wrong", "rejected", "unnoticed")},
        )


def _verdict(trial: Trial, confidence: Confidence) -> str:
    """right or wrong: acted on; asked: confirmation; rejected: asked again; unnoticed: taken for silence."""
    if not trial.costs:
        return "unnoticed"
    sure = _sure(trial, confidence)
    if sure >= confidence.accept:
        return "right" if is_right(trial) else "wrong"
    return "asked" if sure >= confidence.confirm else "rejected"


def _percentiles(seconds: Iterable[float | None]) -> tuple[float, float] | None:
    known = [s for s in seconds if s is not None]
    return (round(float(np.quantile(known, 0.5)), 2), round(float(np.quantile(known, 0.95)), 2)) if known else None
