"""Rupiah: "lima ratus ribu rupiah", "Rp 1,5 juta", "Rp25.000,-", "goceng"."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ivr.i18n import tr
from ivr.speech.values.numbers import NUMBER_WORDS, UP_TO, numbers
from ivr.speech.values.words import Reading, Words, read

_BEFORE = frozenset({"rp", "idr"})
RUPIAH = frozenset({"rupiah", "perak"})
NAMED = {
    "gocap": 50, "cepek": 100, "nopek": 200, "gopek": 500, "seceng": 1_000, "noceng": 2_000, "goceng": 5_000,
    "ceban": 10_000, "noban": 20_000, "goban": 50_000,
}  # fmt: skip
"""Everyday names of coins and notes."""


def amounts(words: Words, at: int) -> Iterator[Reading[Decimal]]:
    """The amount of money from here; a number alone is none."""
    if words[at] in NAMED:
        yield from _by_name(words, at)
        return
    named = words[at] in _BEFORE
    if named:
        at += 1 + (words[at + 1] == ".")
    for value, end in numbers(words, at):
        if words[end] in RUPIAH:
            yield value, end + 1
        elif words[end] in UP_TO and any(words[last] in RUPIAH for _, last in numbers(words, end + 1)):
            yield value, end
        elif named and words[end].lower() == "m":
            yield value * 10**9, end + 1
        elif named:
            without_sen = (words[end], words[end + 1]) == (",", "-")
            yield value, end + 2 * without_sen


def _by_name(words: Words, at: int) -> Iterator[Reading[Decimal]]:
    """ "goceng", "gocap ribu"; not "goceng lima ratus"."""
    value, end = Decimal(NAMED[words[at]]), at + 1
    if value < 1000 and words[end] == "ribu":
        value, end = value * 1000, end + 1
    if words[end] not in NUMBER_WORDS:
        yield value, end + (words[end] in RUPIAH)


def money(text: str) -> Decimal:
    """The rupiah that the whole text says. Raises ValueError."""
    value = read(text, amounts)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan jumlah uang seperti 'lima puluh ribu rupiah' atau 'Rp50.000'",
                f"'{text}' is no amount of money such as 'lima puluh ribu rupiah' or 'Rp50.000'",
            )
        )
    return value
