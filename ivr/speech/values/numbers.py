"""Numbers: "dua puluh lima", "satu setengah juta", "dua koma lima", "25.000", "1,5 jt"; ordinals and percent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from ivr.i18n import tr
from ivr.speech.lexicon import DIGITS
from ivr.speech.values.words import Reading, Words, is_written, read
from ivr.voice.numbers import as_decimal

LIMIT = 10**15
"""Numbers stay below it, as in `ivr.voice.numbers`."""

_SCALES = {
    "ribu": 10**3, "rb": 10**3, "juta": 10**6, "jt": 10**6, "miliar": 10**9, "triliun": 10**12,
}  # fmt: skip
_ONE_SCALES = {"seribu": 10**3, "sejuta": 10**6, "semiliar": 10**9, "setriliun": 10**12}
_TEENS = {"sepuluh": 10, "sebelas": 11}
_FRACTIONS = {"setengah": Decimal("0.5"), "seperempat": Decimal("0.25")}
_PLACES = ("puluh", "belas", "ratus")
_MINUS = ("minus", "min")
UP_TO = ("sampai", "hingga")
"""Between the ends of a range."""
_UNSCALED = frozenset({"nomor", "nomer", "umur", "usia", "angka"})
"""Behind these, the beginning of a range stands as it is said: "nomor satu sampai lima ribu"."""
_WRITTEN = re.compile(r"(?:0|[0-9]{1,3}(?:\.[0-9]{3}){1,4})(?:,[0-9]{1,9})?|[0-9]{1,15}(?:,(?![0-9]{3}\Z)[0-9]{1,9})?")
"""Not "1,500", which is English for 1.500."""
_DOTTED = re.compile(r"[0-9]{1,3}\.[0-9]{1,2}")
"""What can only be a fraction, before a scale: "1.5 juta"."""
_INEXACT = ("puluhan", "belasan", "ratusan", "ribuan", "jutaan", "miliaran", "pertiga", "perempat", "perlima")

NUMBER_WORDS = frozenset(
    {
        *(*DIGITS, *_SCALES, *_ONE_SCALES, *_TEENS, *_FRACTIONS, *_PLACES, *_MINUS, "seratus", "koma"),
        *_INEXACT,  # no number is read with these: "tiga perempat", "lima ratusan ribu"
    }
)
"""Words that numbers are made of."""
MILLIONS = frozenset(word for word, scale in (_SCALES | _ONE_SCALES).items() if scale >= 10**6)
"""Scales from a million on."""
_BOTH = ("orang", "belah")


def digit(word: str) -> int:
    """The digit that a word names, 0 for all other words."""
    return int(DIGITS.get(word, 0))


def below_hundred(words: Words, at: int) -> Iterator[Reading[int]]:
    """Whole numbers from 0 to 99, the longest first: "dua puluh lima" is 25, and 20 with a word left."""
    word = words[at]
    if word in _TEENS:
        yield _TEENS[word], at + 1
    elif len(word) <= 2 and is_written(word):
        yield int(word), at + 1
    elif word in DIGITS:
        value = digit(word)
        if value and words[at + 1] == "belas":
            yield value + 10, at + 2
        elif value and words[at + 1] == "puluh":
            if (ones := digit(words[at + 2])) and words[at + 3] not in _PLACES:
                yield value * 10 + ones, at + 3
            yield value * 10, at + 2
        else:
            yield value, at + 1


def hundreds(words: Words, at: int) -> Reading[int]:
    """How many hundreds: "dua ratus" is 2. 0 for none, no word further."""
    if words[at] == "seratus":
        return 1, at + 1
    if (count := digit(words[at])) and words[at + 1] == "ratus":
        return count, at + 2
    return 0, at


def below_thousand(words: Words, at: int) -> Reading[int] | None:
    """The longest whole number from 0 to 999. "seratus dua lima" is said for 125."""
    count, at = hundreds(words, at)
    rest = (_tens_and_ones(words, at) if count else None) or next(below_hundred(words, at), None)
    if rest is None or (count and not rest[0]):
        return (100 * count, at) if count else None
    return 100 * count + rest[0], rest[1]


def pair(words: Words, at: int) -> Reading[int] | None:
    """Tens without their "puluh": "dua lima" is 25. "dua tiga" may be two or three."""
    found = _tens_and_ones(words, at)
    return found if found and found[0] % 10 != found[0] // 10 + 1 else None


def _tens_and_ones(words: Words, at: int) -> Reading[int] | None:
    tens, ones = digit(words[at]), digit(words[at + 1])
    if not tens or not ones or words[at + 2] in _PLACES:
        return None
    return 10 * tens + ones, at + 2


def numbers(words: Words, at: int) -> Iterator[Reading[Decimal]]:
    """The longest number from here: one reading, or none."""
    if words[at] not in NUMBER_WORDS and not is_written(words[at]):
        return
    negative = words[at] in _MINUS
    found = _amount(words, at + negative)
    if found and words[found[1]] in UP_TO and _UNSCALED.isdisjoint((words[at - 1], words[at - 2])):
        found = _to_its_end(words, *found)
    if found and found[0] < LIMIT:
        value = found[0].quantize(1) if found[0] % 1 == 0 else found[0].normalize()
        yield (-value if negative else value), found[1]


def _to_its_end(words: Words, value: Decimal, end: int) -> Reading[Decimal] | None:
    """The beginning of a range, in the scale of its end: the two of "dua sampai tiga juta" are two million.

    None where that is not clear: "lima ratus sampai satu juta".
    """
    count, at = _group(words, end + 1) or (Decimal(0), 0)
    scale = _SCALES.get(words[at], 1)
    if scale == 1 or value >= 1000 or words[end - 1] in _SCALES:
        return value, end
    return (value * scale, end) if value < count <= 10 * value else None


def _amount(words: Words, at: int) -> Reading[Decimal] | None:
    total, last, start = Decimal(0), LIMIT, at
    while last > 1:
        if words[at] in _ONE_SCALES and _ONE_SCALES[words[at]] < last:
            count, scale, at = Decimal(1), _ONE_SCALES[words[at]], at + 1
        elif group := _group(words, at):
            count, at = group
            scale = _SCALES.get(words[at], 1)
            at += scale > 1
        else:
            break
        if scale >= last:
            return None
        total, last = total + count * scale, scale
        if scale > 1 and words[at] in _FRACTIONS and words[at + 1] not in _SCALES:  # satu juta setengah
            return total + _FRACTIONS[words[at]] * scale, at + 1
    if at == start:
        return None
    if last > 1 and _is_comma(words, at):  # seribu koma lima
        return _after_comma(words, at + 1, total)
    return total, at


def _group(words: Words, at: int) -> Reading[Decimal] | None:
    """What counts a scale, or stands alone: "dua ratus", "satu setengah", "dua koma lima", "1.250,5"."""
    word = words[at]
    if word in _FRACTIONS:
        return _FRACTIONS[word], at + 1
    if _WRITTEN.fullmatch(word) or (_DOTTED.fullmatch(word) and words[at + 1] in _SCALES):
        return as_decimal(word), at + 1
    tens = pair(words, at)
    whole = tens if tens and words[tens[1]] in _SCALES else below_thousand(words, at)
    if whole is None:
        return None
    value, at = Decimal(whole[0]), whole[1]
    if words[at] in _FRACTIONS:
        return value + _FRACTIONS[words[at]], at + 1
    if _is_comma(words, at):
        return _after_comma(words, at + 1, value)
    return value, at


def _is_comma(words: Words, at: int) -> bool:
    return words[at] == "koma" and words[at + 1] in DIGITS


def _after_comma(words: Words, at: int, whole: Decimal) -> Reading[Decimal]:
    """Digits one by one, or one number below a hundred: "koma dua lima", "koma dua puluh lima"."""
    number, end = next(below_hundred(words, at))
    if number >= 10:
        return whole + Decimal(number) / 100, end
    digits = ""
    while words[at] in DIGITS:
        digits, at = digits + DIGITS[words[at]], at + 1
    return whole + Decimal(f"0.{digits}"), at


def ordinals(words: Words, at: int) -> Iterator[Reading[int]]:
    """The longest ordinal from here: "pertama", "kedua", "ke dua belas", "ke-3".

    Not "ke 112", which is a way, nor "kedua orang tua", which are both of them.
    """
    if words[at] == "pertama":
        yield 1, at + 1
    elif words[at] == "ke":
        start = at + 1 + (words[at + 1] == "-")
        if is_written(words[start]) and start == at + 1:
            return
        for value, end in numbers(words, start):
            if value == int(value) >= 1 and words[end] not in NUMBER_WORDS and words[end] not in _BOTH:
                yield int(value), end


def percents(words: Words, at: int) -> Iterator[Reading[Decimal]]:
    """The percentage from here: "lima belas persen", "12,5%"."""
    for value, end in numbers(words, at):
        if words[end] in ("persen", "%"):
            yield value, end + 1


def number(text: str) -> Decimal:
    """The number that the whole text says. Raises ValueError."""
    value = read(text, numbers)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan angka seperti 'dua puluh lima ribu' atau '25.000'",
                f"'{text}' is not a number such as 'dua puluh lima ribu' or '25.000'",
            )
        )
    return value


def ordinal(text: str) -> int:
    """The place that the whole text says, from 1. Raises ValueError."""
    value = read(text, ordinals)
    if value is None:
        raise ValueError(
            tr(
                f"'{text}' bukan urutan seperti 'kedua' atau 'ke-2'",
                f"'{text}' is not a place such as 'kedua' or 'ke-2'",
            )
        )
    return value
