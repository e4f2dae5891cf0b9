"""The guard's judgement: who is refused, for how long, and who never is."""

from __future__ import annotations

from ivr.asterisk.guard import REFUSED_SECONDS, STRIKE_SECONDS, STRIKES, TRUSTED_SECONDS, Strikes, address_of

STRANGER = "203.0.113.9"


def guess(strikes: Strikes, times: int, *, address: str = STRANGER, start: float = 0.0, gap: float = 0.1) -> float:
    """Fail so many times; gives the time of the last one."""
    for number in range(times):
        strikes.failed(address, start + number * gap)
    return start + (times - 1) * gap


def test_one_too_many_failures_are_refused_and_one_fewer_are_not() -> None:
    strikes = Strikes()
    now = guess(strikes, STRIKES - 1)
    assert strikes.refused(now) == []
    strikes.failed(STRANGER, now)
    assert strikes.refused(now) == [STRANGER]


def test_slow_failures_are_only_a_forgetful_person() -> None:
    strikes = Strikes()
    now = guess(strikes, STRIKES * 3, gap=STRIKE_SECONDS / (STRIKES - 1))
    assert strikes.refused(now) == []


def test_it_ends_by_itself_and_begins_from_nothing() -> None:
    strikes = Strikes()
    now = guess(strikes, STRIKES)
    assert strikes.refused(now + REFUSED_SECONDS - 1) == [STRANGER]
    assert strikes.refused(now + REFUSED_SECONDS) == []
    strikes.failed(STRANGER, now + REFUSED_SECONDS)
    assert strikes.refused(now + REFUSED_SECONDS) == []


def test_trying_on_while_refused_does_not_prolong_it() -> None:
    strikes = Strikes()
    now = guess(strikes, STRIKES)
    guess(strikes, 100, start=now + 1)
    assert strikes.refused(now + REFUSED_SECONDS) == []


def test_an_office_with_one_forgotten_telephone_is_not_refused() -> None:
    strikes = Strikes()
    strikes.proved(STRANGER, 0.0)
    now = guess(strikes, STRIKES * 5, start=1.0)
    assert strikes.refused(now) == []
    later = TRUSTED_SECONDS + 1
    assert strikes.refused(guess(strikes, STRIKES, start=later)) == [STRANGER]


def test_this_machine_and_the_trunk_are_never_refused() -> None:
    strikes = Strikes({"127.0.0.1"})
    assert strikes.refused(guess(strikes, STRIKES * 2, address="127.0.0.1")) == []


def test_addresses_are_counted_apart() -> None:
    strikes = Strikes()
    guess(strikes, STRIKES - 1)
    now = guess(strikes, STRIKES - 1, address="198.51.100.2")
    assert strikes.refused(now) == []


def test_the_address_in_asterisks_words() -> None:
    assert address_of({"RemoteAddress": "IPV4/UDP/203.0.113.9/47278"}) == STRANGER
