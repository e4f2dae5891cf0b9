"""Digit strings in any grouping: "kosong delapan satu dua", "delapan belas dua puluh", "dobel lima", "0812-3456"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.speech.values.numbers import below_hundred, digit, hundreds
from ivr.speech.values.words import Reading, Words, is_written, read

_TIMES = {"dobel": 2, "double": 2, "ganda": 2, "tripel": 3, "triple": 3}
_WRITTEN = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_NO_DIGITS = re.compile(
    r"[1-9][0-9]*-[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
)
"""A range, a quantity or a date that is none, where no telephone number has begun."""
_CLOCK = re.compile(r"[0-9]{1,2}\.[0-9]{2}")
_BETWEEN = (")", "-", "strip", "garis")
"""Signs and their names between the groups of a written telephone number, which begins with a zero or plus."""

DIGIT_WORDS = frozenset(_TIMES)
"""Words that stand in digit strings, but not in numbers."""


def digit_strings(words: Words, at: int) -> Iterator[Reading[str]]:
    """The longest digit string from here; "plus" or "+" may begin it.

    A group is read as one number below a hundred, or as hundreds: "seratus dua puluh" is 120. After "ratus" one
    digit alone could be part of the hundred or the next digit ("delapan ratus satu": 801 or 8001): no reading.
    """
    opened = words[at] == "("
    at += opened
    plus = words[at] in ("+", "plus")
    string, at = "+" if plus else "", at + plus
    end = at
    while group := _group(words, at, string):
        string, end = string + group[0], group[1]
        at = end + (string[0] in "+0" and words[end] in _BETWEEN)
    if string.strip("+") and (not opened or string[0] in "+0"):
        yield string, end


def _group(words: Words, at: int, before: str) -> Reading[str] | None:
    word = words[at]
    if _WRITTEN.fullmatch(word):
        if _CLOCK.fullmatch(word) or (_NO_DIGITS.fullmatch(word) and not before.startswith(("0", "+"))):
            return None
        return re.sub("[.-]", "", word), at + 1
    if word in _TIMES:
        doubled = words[at + 1]
        one = doubled if len(doubled) == 1 and is_written(doubled) else DIGITS.get(doubled, "")
        return (one * _TIMES[word], at + 2) if one else None
    count, at = hundreds(words, at)
    rest = (0, at + 1) if _is_zero(words, at, before) else next(below_hundred(words, at), None)
    if rest is None:
        return (f"{count}00", at) if count else None
    if count:
        return (f"{count}{rest[0]}", rest[1]) if rest[0] >= 10 else None
    return str(rest[0]), rest[1]


def _is_zero(words: Words, at: int, before: str) -> bool:
    """Whether a zero is called "o" here: in a telephone number, "o delapan satu dua"."""
    if words[at] != "o":
        return False
    after = words[at + 1]
    return (after in ("", "o") or after in DIGITS) if before.startswith(("0", "+")) else digit(after) == 8


def digits(text: str) -> str:
    """The digits that the whole text says, with a leading "+" where one was said. Raises ValueError."""
    value = read(text, digit_strings)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan deretan angka: sebutkan satu per satu, misalnya 'nol delapan satu dua'",
                f"'{text}' is no string of digits: say them one by one, such as 'nol delapan satu dua'",
            )
        )
    return value
