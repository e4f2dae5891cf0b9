"""Digit strings in any grouping: "kosong delapan satu dua", "delapan belas dua puluh", "dobel lima", "tiga kali nol",
"0812-3456".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.speech.values.numbers import below_hundred, digit, hundreds
from ivr.speech.values.words import Reading, Words, is_written, read

TIMES = {"dobel": 2, "double": 2, "ganda": 2, "tripel": 3, "triple": 3}
"""Word before a digit → how often the digit stands there."""
COUNTS = {"dua": 2, "tiga": 3, "empat": 4}
"""The same of words before "kali" and a digit: "tiga kali nol"."""
PLACES = ("belas", "puluh", "ratus")
"""Words that make a group of a digit from 2 on."""
PLUS = "plus"
"""The word that begins a number with its country."""
OH = "o"
"""A zero of telephone numbers, which is heard before the eight that they begin with."""
DASHES = ("strip", "setrip")
"""Words between groups."""
GROUP_WORDS = ("sepuluh", "sebelas", "seratus", *PLACES, "kali", *TIMES, PLUS, OH, *DASHES)
"""What is heard in digit strings besides the digits themselves."""
UNFINISHED = frozenset(GROUP_WORDS).difference(("sepuluh", "sebelas", "belas"))
"""Those behind which a group may go on."""
_WRITTEN = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_NO_DIGITS = re.compile(
    r"[1-9][0-9]*-[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
)
"""A range, a quantity or a date that is none, where no telephone number has begun."""
_CLOCK = re.compile(r"[0-9]{1,2}\.[0-9]{2}")
_BETWEEN = (")", "-", "garis", *DASHES)
"""Signs and their names between the groups of a written telephone number, which begins with a zero or plus."""

DIGIT_WORDS = frozenset(TIMES)
"""Words that stand in digit strings, but not in numbers."""
SPOKEN = frozenset((*DIGITS, *GROUP_WORDS))
"""All words of digit strings that are heard."""


def digit_strings(words: Words, at: int) -> Iterator[Reading[str]]:
    """The longest digit string from here; "plus" or "+" may begin it.

    A group is read as one number below a hundred, or as hundreds: "seratus dua puluh" is 120. After "ratus" one
    digit alone could be part of the hundred or the next digit ("delapan ratus satu": 801 or 8001), and before
    "tiga kali" it could be what is said three times ("delapan tiga kali nol": 8000 or 8880): no reading.
    """
    opened = words[at] == "("
    at += opened
    plus = words[at] in ("+", PLUS)
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
    if times := TIMES.get(word, 0):
        return _repeated(words, at + 1, times)
    if times := _count(words, at):
        return _repeated(words, at + 2, times)
    count, at = hundreds(words, at)
    if count:
        return _hundred(count, words, at)
    found = (0, at + 1) if _is_zero(words, at, before) else next(below_hundred(words, at), None)
    return None if found is None or (found[0] < 10 and _count(words, found[1])) else (str(found[0]), found[1])


def _repeated(words: Words, at: int, times: int) -> Reading[str] | None:
    """The digit at this place, so many times."""
    one = words[at] if len(words[at]) == 1 and is_written(words[at]) else DIGITS.get(words[at], "")
    return (one * times, at + 1) if one else None


def _hundred(count: int, words: Words, at: int) -> Reading[str] | None:
    """So many hundreds, and what belongs to them from this place on."""
    rest = next(below_hundred(words, at), None)
    if rest is None or not rest[0] or words[rest[1]] == "ratus":
        return f"{count}00", at
    return (f"{count}{rest[0]}", rest[1]) if rest[0] >= 10 else None


def _count(words: Words, at: int) -> int:
    """How often a digit stands there, where that is said: "tiga kali nol"; else 0."""
    return COUNTS.get(words[at], 0) if words[at + 1] == "kali" else 0


def _is_zero(words: Words, at: int, before: str) -> bool:
    """Whether a zero is called "o" here: in a telephone number, "o delapan satu dua"."""
    if words[at] != OH:
        return False
    after = words[at + 1]
    return (after in ("", OH) or after in DIGITS) if before.startswith(("0", "+")) else digit(after) == 8


def _whole(words: Words, at: int) -> Iterator[Reading[str]]:
    """A digit string, and where that is all that is said also one whose last digit is said so many times: "nol tiga
    kali". In a sentence "satu satu dua tiga kali" may be 112, three times.
    """
    string, end = next(digit_strings(words, at), ("", at))
    if string:
        yield string, end
    if (times := _count(words, end + 1)) and (last := _repeated(words, end, times)):
        yield string + last[0], end + 3


def digits(text: str) -> str:
    """The digits that the whole text says, with a leading "+" where one was said. Raises ValueError."""
    value = read(text, _whole)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan deretan angka: sebutkan satu per satu, misalnya 'nol delapan satu dua'",
                f"'{text}' is no string of digits: say them one by one, such as 'nol delapan satu dua'",
            )
        )
    return value


def heard(words: str) -> str:
    """The digits of words that were heard, as they would be typed: +62 is a zero.

    "" where they could be other digits, begin with another country, or say none.
    """
    string = national(read(words, _whole) or "") if SPOKEN.issuperset(words.split()) else ""
    return string if string.isdigit() else ""


def national(number: str) -> str:
    """An Indonesian number in E.164 as people dial it: "+6281234567890" → "081234567890"."""
    return number.replace("+62", "0", 1)
