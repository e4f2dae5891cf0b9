"""Words before which a number tells how many of something there are."""

from __future__ import annotations

from ivr.speech.values.durations import UNITS
from ivr.speech.values.money import RUPIAH

COUNTED = frozenset(
    {*UNITS, *RUPIAH, "persen", "%", "orang", "kali", "buah", "lembar", "ekor", "unit", "meter", "kilometer"}
)
"""Before these stands a quantity, if only a rough one."""
