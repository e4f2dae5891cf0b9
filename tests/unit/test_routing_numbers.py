"""Numbers in one form, whatever a network or a stranger sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.routing.numbers import e164


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("081234567890", "+6281234567890"),
        ("6281234567890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("0215551234", "+62215551234"),
        ("+6565551234", "+6565551234"),
        ("110", "110"),
        ("101", "101"),
        ("anonymous", ""),
        ("", ""),
        ("9" * 40, ""),
    ],
)
def test_one_form(given: str, form: str) -> None:
    assert e164(given) == form


@given(st.text(max_size=40))
def test_nothing_but_digits_comes_out(number: str) -> None:
    assert e164(number).removeprefix("+").isdecimal() or not e164(number)


@given(st.text(alphabet="+0123456789", max_size=20))
def test_one_form_stays_as_it_is(number: str) -> None:
    assert e164(e164(number)) == e164(number)
