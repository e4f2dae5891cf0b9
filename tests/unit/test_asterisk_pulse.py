"""When a process counts as frozen, and how soon it is started again."""

from __future__ import annotations

from ivr.asterisk.pulse import Backoff, Pulse


def test_first_end_is_mended_at_once_and_repeated_ends_ever_more_slowly() -> None:
    backoff = Backoff(first=0.5, longest=5.0, steady=30.0)
    assert [backoff.pause(1.0) for _ in range(7)] == [0.0, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_steady_run_is_forgiven_its_earlier_ends() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.pause(0.1)
    assert backoff.pause(30.0) == 0.0
    assert backoff.pause(0.1) == 0.5


def test_frozen_after_the_silence_and_not_before() -> None:
    pulse = Pulse(silence=4.0, start=30.0)
    assert not pulse.step(0.5, sign=True)
    assert [pulse.step(0.5, sign=False) for _ in range(8)] == [False] * 7 + [True]


def test_a_sign_of_life_begins_the_count_anew() -> None:
    pulse = Pulse(silence=2.0, start=30.0)
    pulse.step(0.5, sign=True)
    assert not any(pulse.step(0.5, sign=False) for _ in range(3))
    pulse.step(0.5, sign=True)
    assert not any(pulse.step(0.5, sign=False) for _ in range(3))
    assert pulse.step(0.5, sign=False)


def test_a_start_is_given_more_time_than_a_silence() -> None:
    pulse = Pulse(silence=2.0, start=5.0)
    assert [pulse.step(1.0, sign=False) for _ in range(5)] == [False] * 4 + [True]
    assert not pulse.alive


def test_our_own_standing_still_condemns_nobody() -> None:
    pulse = Pulse(silence=4.0, start=30.0)
    pulse.step(0.25, sign=True)
    assert not pulse.step(3600.0, sign=False)
