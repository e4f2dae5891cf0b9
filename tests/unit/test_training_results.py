"""Judging, on trials that are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.test_training_thresholds import RIGHT, TRIALS, trial
from training.evaluate import Alarm
from training.results import SENTENCES, STREAMS, Errors, Figures, Time, beside, judge, table
from training.thresholds import UNFITTED
from training.word_errors import WordErrors

WORDS = [WordErrors("digits", "quiet", 740, 2402, 7), WordErrors("dialogue", "quiet", 300, 822, 40)]
ALARMS = [Alarm("phrases", "hiss", 100, 3, 3, 0)]


def errors(count: int, of: int, at_most: float) -> Errors:
    return Errors(what="", line="", errors=count, of=of, at_most=at_most)


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (errors(10, 1000, 0.01), True),
        (errors(11, 1000, 0.01), False),
        (errors(7, 2402, 0.0015), True),  # few, and the bar is within their interval
        (errors(9, 1000, 0.0005), False),
    ],
)
def test_a_bar_is_met_below_it_or_where_few_errors_cannot_tell(found: Errors, met: bool) -> None:
    assert found.is_met is met


def test_verdicts_are_counted_by_what_would_have_been_done() -> None:
    music = replace(TRIALS[0], line=UNFITTED)
    inside, outside, of_music = judge([*TRIALS, trial("A", {}, inside=True), music], WORDS, ALARMS).verdicts
    assert (inside.said, inside.right, inside.unnoticed) == (101, 100, 1)
    assert (outside.said, outside.rejected, outside.wrong) == (100, 100, 0)
    assert inside.onset == (0.3, 0.3)
    assert (of_music.line, of_music.said) == (UNFITTED, 1)


def test_errors_are_counted_of_menus_and_of_what_is_outside_of_them() -> None:
    unsure = [trial("A", RIGHT, inside=False) for _ in range(7)]
    found = {e.what: e for e in judge([*TRIALS, trial("A", {}, inside=True), *unsure], WORDS, ALARMS).errors}
    assert (found["menus of ten phrases"].errors, found["menus of ten phrases"].of) == (1, 101)
    outside = found["something else taken for a phrase"]
    assert (outside.errors, outside.of) == (7, 107)
    assert found["hiss, phrases: interrupts a prompt"].errors == 3


def test_what_is_heard_as_another_phrase_of_the_menu_is_wrong_and_not_refused() -> None:
    mistaken = [replace(t, said="lain") for t in TRIALS[:10:2]]  # 5 of 100
    found = {e.what: e.errors for e in judge([*mistaken, *TRIALS[10:]], WORDS, ALARMS).errors}
    assert found["menus of ten phrases"] == 5
    assert found["something else taken for a phrase"] == 0


def test_the_table_tells_share_interval_and_bar() -> None:
    first, second, *_ = table(judge(TRIALS, WORDS, ALARMS), [])
    assert first == ("words, digits, any after any", "quiet", "7 of 2402", "0.29 % (0.14–0.60)", "0.15 %", "yes")
    assert second[-1] == "no"


def test_times_are_told_with_their_bar_and_only_of_what_was_said_in_the_menu() -> None:
    late = [replace(t, final_after=0.3 if t.inside else 9.0) for t in TRIALS]
    late[0] = replace(late[0], final_after=0.8)
    *_, median, high = table(judge(late, WORDS, ALARMS), [])
    assert median[1:] == ("quiet", "N = 100", "300 ms (300–300)", "350 ms", "yes")
    assert median[0].endswith("included, p50")
    assert high[-2:] == ("600 ms", "yes")
    *_, median, high = table(judge(TRIALS, WORDS, ALARMS), [])
    assert [row[-1] for row in (median, high)] == ["no", "no"]


def test_the_interval_of_a_quantile_holds_the_figures_around_it() -> None:
    time = Time.measured("", "", [n / 100 for n in range(101)], 0.5, 0.5)
    assert time.seconds == 0.5
    assert time.is_met
    low, high = time.interval
    assert 0.35 < low < 0.5 < high < 0.65


def test_of_few_times_a_bound_may_be_unknown() -> None:
    time = Time.measured("", "", [0.4, 0.5, 0.6], 0.95, 0.6)
    assert Time.model_validate_json(time.model_dump_json()) == time
    assert time.interval[1] is None
    *_, row = table(judge(TRIALS, [], []), [Figures(errors=[], times=[time])])
    assert row[3] == "590 ms (500–?)"


def test_what_nobody_said_has_no_row() -> None:
    inside = [t for t in TRIALS if t.inside]
    assert [e.what for e in judge(inside, [], []).errors] == ["menus of ten phrases"]


def test_what_was_measured_apart_stands_in_the_table(tmp_path: Path) -> None:
    assert beside(tmp_path) == []
    lag = Time(what="lag", line="AEAP", quantile=0.95, of=9, seconds=0.02, interval=(0.01, 0.03), at_most=0.1)
    (tmp_path / SENTENCES).write_text(Figures(errors=[errors(1, 100, 0.03)]).model_dump_json())
    (tmp_path / STREAMS).write_text(Figures(errors=[], times=[lag]).model_dump_json())
    *_, sentences, streams = table(judge(TRIALS, WORDS, ALARMS), beside(tmp_path))
    assert sentences[2:] == ("1 of 100", "1.00 % (0.18–5.45)", "3 %", "yes")
    assert streams == ("lag, p95", "AEAP", "N = 9", "20 ms (10–30)", "100 ms", "yes")


def test_a_probability_that_is_what_comes_true_has_no_error() -> None:
    assert judge(TRIALS, WORDS, ALARMS).calibration < 0.05
    odd = [trial("B", RIGHT, inside=False) for _ in range(100)]
    assert judge([*TRIALS, *odd], WORDS, ALARMS).calibration > 0.1
