"""What a model can do, measured on the dev split: results.json in its folder, and the table of it.

Almost everything is counted as errors, with a 95 % interval (Wilson's). A bar is met where the share lies below it, or
where fewer than ten errors leave it within the interval. The table also has what `make bench-speech` measures beside
the recogniser itself, sentences and streams: each in a file of its own, so that one can be measured without the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest, quantile_test

from ivr.speech.confidence import Confidence
from training.evaluate import PAUSES, Alarm, Trial
from training.thresholds import UNFITTED, best, cross_validated, is_right
from training.word_errors import WordErrors

FILE = "results.json"
SENTENCES, STREAMS = "sentences.json", "streams.json"
FEW = 10
REFUSED = 0.04
"""The share of what is said in the menu that may be refused while what is said outside of it is counted. What is heard
as another of its phrases is not refused: it is wrong, and counted as that."""
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
RESULT_AFTER_AT_MOST = {
    "phrases": {0.5: 0.35, 0.95: 0.6},
    "digits": dict.fromkeys((0.5, 0.95), PAUSES["digits"] + 0.15),
}
"""Quantile → seconds from the end of speech to the result, the pause included."""


Judged = tuple[Trial, Confidence]
"""A trial, and the function by which it is judged."""


class Counted(BaseModel):
    """`errors` of `of` cases."""

    model_config = ConfigDict(frozen=True)

    what: str
    line: str
    errors: int
    of: int

    @property
    def share(self) -> float:
        return self.errors / self.of

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, of the share. Words that nobody said may make more errors than there are words."""
        low, high = binomtest(min(self.errors, self.of), self.of).proportion_ci(method="wilson")
        return float(low), float(high)


class Errors(Counted):
    """… and the share that there may be of them."""

    at_most: float

    @property
    def is_met(self) -> bool:
        return self.share <= self.at_most or (self.errors < FEW and self.interval[0] <= self.at_most)


class Time(BaseModel):
    """A quantile of `of` measured times, in seconds, and what it may be at most."""

    model_config = ConfigDict(frozen=True)

    what: str
    line: str
    quantile: float
    of: int
    seconds: float
    interval: tuple[float | None, float | None]
    """95 %. A bound is None where too few were measured to tell it."""
    at_most: float

    @classmethod
    def measured(cls, what: str, line: str, seconds: Sequence[float], quantile: float, at_most: float) -> Time:
        low, high = quantile_test(seconds, p=quantile).confidence_interval()
        found = float(np.quantile(seconds, quantile))
        return cls(
            what=what,
            line=line,
            quantile=quantile,
            of=len(seconds),
            seconds=round(found, 3),
            interval=(_bound(low), _bound(high)),
            at_most=at_most,
        )

    @property
    def is_met(self) -> bool:
        return self.seconds <= self.at_most


def _bound(seconds: float) -> float | None:
    return None if np.isnan(seconds) else round(float(seconds), 3)


class Figures(BaseModel):
    """Rows of the table."""

    errors: list[Errors]
    times: list[Time] = []


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


class Results(Figures):
    """All figures of a model. `calibration`: the expected error of a probability, over ten bins of `probabilities`."""

    calibration: float
    probabilities: int
    verdicts: list[Verdicts]
    alarms: list[Alarm]


def judge(trials: Sequence[Trial], words: Iterable[WordErrors], alarms: Sequence[Alarm]) -> Results:
    """Judge what was heard; every speaker by functions that were fitted on the others. Raises ThresholdsError."""
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
        times=list(_results_after(trials)),
        calibration=_calibration([_sure(*j) for j in heard], [is_right(t) for t, _ in heard]),
        probabilities=len(heard),
        verdicts=list(verdicts(judged)),
        alarms=list(alarms),
    )


def cross_judged(trials: Sequence[Trial]) -> list[Judged]:
    """Each trial with the function that was fitted on the other speakers. Raises ThresholdsError."""
    return list(zip(trials, cross_validated(trials), strict=True))


def menu_errors(judged: Iterable[Judged], at_most: float) -> list[Errors]:
    """On a quiet line: what is said in a menu and not understood, and what is said outside and taken for a phrase."""
    menus = [(t, c) for t, c in judged if t.grammar == "phrases" and t.line == "quiet"]
    inside, outside = [j for j in menus if j[0].inside], [j for j in menus if not j[0].inside]
    accepted = taken_from_outside([_sure(*j) for j in inside], (_sure(*j) for j in outside))
    wrong = sum(not is_right(t) for t, _ in inside)
    counted = [
        _errors("menus of ten phrases", wrong, len(inside), at_most),
        _errors("something else taken for a phrase", accepted, len(outside), OUTSIDE_AT_MOST),
    ]
    return [errors for errors in counted if errors.of]


def taken_from_outside(inside: Sequence[float], outside: Iterable[float]) -> int:
    """How much from outside is taken while REFUSED of what is said inside is refused, by how sure each is."""
    refused_up_to = float(np.quantile(inside, REFUSED))
    return sum(sure > refused_up_to for sure in outside)


def beside(folder: Path) -> list[Figures]:
    """What was measured beside the recogniser itself, as far as it was."""
    files = (folder / name for name in (SENTENCES, STREAMS))
    return [Figures.model_validate_json(file.read_bytes()) for file in files if file.exists()]


def table(found: Results, others: Iterable[Figures]) -> Iterator[tuple[str, ...]]:
    """What, line, errors, share with its interval, the bar, and whether it is met."""
    yield from map(cells, found.errors)
    met = "yes" if found.calibration <= CALIBRATION_AT_MOST else "no"
    calibration, bar = f"{found.calibration:.3f}", f"{CALIBRATION_AT_MOST:g}"
    yield "probability, calibration error", "all but music", f"N = {found.probabilities}", calibration, bar, met
    yield from map(_cells_of_time, found.times)
    for other in others:
        yield from map(cells, other.errors)
        yield from map(_cells_of_time, other.times)


def _cells_of_time(t: Time) -> tuple[str, ...]:
    low, high = ("?" if seconds is None else f"{1000 * seconds:.0f}" for seconds in t.interval)
    what, found = f"{t.what}, p{100 * t.quantile:.0f}", f"{1000 * t.seconds:.0f} ms ({low}–{high})"
    return what, t.line, f"N = {t.of}", found, f"{1000 * t.at_most:.0f} ms", "yes" if t.is_met else "no"


def share(counted: Counted) -> str:
    """… of errors, with its interval."""
    low, high = (f"{100 * bound:.2f}" for bound in counted.interval)
    return f"{100 * counted.share:.2f} % ({low}–{high})"


def cells(e: Errors) -> tuple[str, ...]:
    """A row of the table."""
    return e.what, e.line, f"{e.errors} of {e.of}", share(e), f"{100 * e.at_most:g} %", "yes" if e.is_met else "no"


def _sure(trial: Trial, confidence: Confidence) -> float:
    found = best(trial)
    return confidence.of(found[1]) if found else 0.0


def _errors(what: str, errors: int, of: int, at_most: float) -> Errors:
    return Errors(what=what, line="quiet", errors=errors, of=of, at_most=at_most)


def _of_words(w: WordErrors) -> Errors:
    at_most = WORDS_AT_MOST[w.corpus, w.line]
    return Errors(what=f"words, {w.corpus}, any after any", line=w.line, errors=w.errors, of=w.words, at_most=at_most)


def _results_after(trials: Iterable[Trial]) -> Iterator[Time]:
    """On a quiet line: how long after their words people have a result, in the time of the audio."""
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    for trial in trials:
        if trial.inside and trial.line == "quiet" and trial.final_after is not None:
            seconds[trial.grammar].append(trial.final_after)
    for grammar, taken in seconds.items():
        for quantile, at_most in RESULT_AFTER_AT_MOST[grammar].items():
            what = f"{grammar}: end of speech to result, pause of {PAUSES[grammar]:g} s included"
            yield Time.measured(what, "quiet", taken, quantile, at_most)


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
