"""Ticket numbers: no slip of one digit, of two neighbours, or of belas for puluh gets through."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.values.tickets import number_of, serial_of
from ivr.voice import numbers as voice

SERIALS = st.integers(1, 9_999_999)


def given_out(number: str) -> bool:
    try:
        serial_of(number)
    except ValueError:
        return False
    return True


@given(SERIALS)
def test_a_ticket_leads_back_to_its_serial_number(serial: int) -> None:
    assert serial_of(number_of(serial)) == serial


@given(SERIALS)
def test_every_wrong_digit_is_noticed(serial: int) -> None:
    number = number_of(serial)
    for at, right in enumerate(number):
        for wrong in set("0123456789") - {right}:
            assert not given_out(number[:at] + wrong + number[at + 1 :])


@given(SERIALS)
def test_every_swap_of_neighbours_is_noticed(serial: int) -> None:
    number = number_of(serial)
    for at, (one, two) in enumerate(pairwise(number)):
        if one != two:
            assert not given_out(number[:at] + two + one + number[at + 2 :])


@given(SERIALS, st.integers(0, 5), st.integers(3, 9))
def test_belas_heard_for_puluh_is_noticed(serial: int, at: int, count: int) -> None:
    digits = f"{serial:07}"
    said = number_of(int(f"{digits[:at]}1{count}{digits[at + 2 :]}"))
    assert not given_out(f"{said[:at]}{count}0{said[at + 2 :]}")


@pytest.mark.parametrize("serial", [0, -1, 10_000_000])
def test_serial_numbers_that_do_not_fit_are_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="tidak antara 1 dan 9999999"):
        number_of(serial)


@pytest.mark.parametrize("number", ["", "1234567", "123456789", "1234567a", "٣٣٣٣٣٣٣٣", "00000000"])
def test_what_was_never_given_out_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="nomor tiket"):
        serial_of(number)


@given(SERIALS)
def test_a_ticket_is_read_out_in_two_groups_of_four(serial: int) -> None:
    groups = " ".join(voice.digits(number_of(serial))).split(f" {voice.PAUSE} ")
    assert [len(group.split()) for group in groups] == [4, 4]
