"""Values in English words, and English texts written out: what `ivr.voice.numbers` and `speakable` are for Indonesian.

Numbers are read as Indonesians write them. All units that the functions return are in `UNITS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ivr.channel import Value
from ivr.voice.numbers import (
    LETTERS,
    PAUSE,
    as_date,
    as_decimal,
    as_dialled,
    as_spans,
    as_time,
    as_whole,
    spelled,
    with_decimals,
)
from ivr.voice.speakable import Rules, is_word, with_rules

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
DIGITS = _SMALL[:10]
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh"),
    *("twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"),
    *("twentieth", "twenty-first", "twenty-second", "twenty-third", "twenty-fourth", "twenty-fifth", "twenty-sixth"),
    *("twenty-seventh", "twenty-eighth", "twenty-ninth", "thirtieth", "thirty-first"),
)
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPANS = {"hari": "day", "jam": "hour", "menit": "minute", "detik": "second"}
_SIGNS = {letter: letter.upper() for letter in LETTERS} | dict(zip("0123456789", DIGITS, strict=True))


def _below_hundred(n: int) -> str:
    if n < len(_SMALL):
        return _SMALL[n]
    tens, ones = divmod(n, 10)
    return f"{_TENS[tens]}-{_SMALL[ones]}" if ones else _TENS[tens]


def cardinal(n: int) -> list[str]:
    """1_250 -> ["one", "thousand", "two hundred", "fifty"], for what `numbers.as_decimal` takes."""
    if n < 0:
        return ["minus", *cardinal(-n)]
    if n < 100:
        return [_below_hundred(n)]
    units: list[str] = []
    for scale, name in _SCALES:
        count, n = divmod(n, scale)
        if count:
            units += [*cardinal(count), name]
    hundreds, rest = divmod(n, 100)
    if hundreds:
        units.append(f"{_SMALL[hundreds]} hundred")
    if rest:
        units.append(_below_hundred(rest))
    return units


def number(value: Value) -> list[str]:
    """2.5 -> ["two", "point", "five"]."""
    return with_decimals(value, cardinal, "point", _SMALL)


def ordinal(value: Value) -> list[str]:
    """3 -> ["third"], 40 -> ["number", "forty"]. Raises ValueError below 1."""
    n = as_whole(value)
    if n < 1:
        raise ValueError(f"there is no place {n}")
    return [_ORDINALS[n - 1]] if n <= len(_ORDINALS) else ["number", *cardinal(n)]


def digits(value: Value) -> list[str]:
    return spelled(value, _SIGNS)


def telephone(value: Value) -> list[str]:
    return digits(as_dialled(value))


def money(value: Value) -> list[str]:
    return [*cardinal(int(as_decimal(value))), "rupiah"]


def date(value: Value) -> list[str]:
    """ "2026-01-12" -> ["the twelfth of", "January", "twenty", "twenty-six"]."""
    day = as_date(value)
    return [f"the {_ORDINALS[day.day - 1]} of", _MONTHS[day.month - 1], *_year(day.year)]


def _year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return cardinal(year)
    last = [_below_hundred(rest)] if rest >= 10 else ["oh", _SMALL[rest]] if rest else ["hundred"]
    return [_below_hundred(century), *last]


def weekday(value: Value) -> list[str]:
    return [_DAYS[as_date(value).weekday()]]


def clock(value: Value) -> list[str]:
    """ "16:05" -> ["four", "oh", "five", "PM"]."""
    hour, minute = as_time(value)
    minutes = [_below_hundred(minute)] if minute >= 10 else ["oh", _SMALL[minute]] if minute else []
    return [_SMALL[hour % 12 or 12], *minutes, "PM" if hour >= 12 else "AM"]


def duration(value: Value) -> list[str]:
    """125 seconds -> ["two", "minutes", "five", "seconds"]."""
    units: list[str] = []
    for count, span in as_spans(value):
        units += [*cardinal(count), _SPANS[span] if count == 1 else f"{_SPANS[span]}s"]
    return units or ["zero", "seconds"]


FORMATS: dict[str, Callable[[Value], list[str]]] = {
    "angka": number,
    "urutan": ordinal,
    "digit": digits,
    "telepon": telephone,
    "rupiah": money,
    "tanggal": date,
    "hari": weekday,
    "jam": clock,
    "durasi": duration,
}

UNITS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            PAUSE,
            *(_below_hundred(n) for n in range(100)),
            *(f"{_SMALL[n]} hundred" for n in range(1, 10)),
            *(name for _, name in _SCALES),
            *("minus", "plus", "point", "number", "oh", "hundred", "AM", "PM", "rupiah", "yes", "no", "and"),
            *_ORDINALS,
            *(f"the {each} of" for each in _ORDINALS),
            *(*_MONTHS, *_DAYS),
            *(form for span in _SPANS.values() for form in (span, f"{span}s")),
            *_SIGNS.values(),
        ]
    )
)
"""All units that the functions above return."""


# --- texts ------------------------------------------------------------------------------------------
_NUMBER = r"\d+(?:[.,]\d+)*"


def _amount(match: re.Match[str]) -> str:
    """A number without what parts its thousands: a dot or a comma before three digits."""
    written = match["amount"]
    return re.sub("[.,]", "", written) if re.fullmatch(r"-?\d{1,3}([.,]\d{3})+", written) else written


_RULES: Rules = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (rf"\bRp\.?\s*(?P<amount>{_NUMBER})", lambda m: " ".join(money(_amount(m)))),
        (r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b", lambda m: " ".join(date(f"{m[3]}-{int(m[2]):02}-{int(m[1]):02}"))),
        (r"\b\d{4}-\d{2}-\d{2}\b", lambda m: " ".join(date(m[0]))),
        (r"(?<=\d)\s*[-–]\s*(?=\d{1,2}[.:]\d\d\b)", lambda _: "to"),
        (r"(?<![\d.,])([01]?\d|2[0-3])[.:]([0-5]\d)(?!\d|[.,]\d)", lambda m: " ".join(clock(f"{m[1]}:{m[2]}"))),
        (r"(?<![\w.,])(?:\+62|\(?0)\d*(?:[ ()-]{0,2}\d+)*", lambda m: " ".join(digits(m[0]))),
        (r"(?<![\w.,])\d{5,}(?![\d.,]\d|\w)", lambda m: " ".join(digits(m[0]))),
        (
            r"\b(number|phone|call|dial|ring|hotline|emergency|SMS|WhatsApp)\s+(\d{3,4})\b",
            lambda m: f"{m[1]} {' '.join(digits(m[2]))}",
        ),
        (r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: " ".join(ordinal(m[1]))),
        (r"(?<=\d)\s*[-–]\s*(?=\d)", lambda _: "to"),
        (rf"(?<!\w)(?P<amount>-?{_NUMBER})", lambda m: " ".join(number(_amount(m)))),
        (r"\d+", lambda m: " ".join(digits(m[0]))),
        (r"%", lambda _: "percent"),
        (r"&", lambda _: "and"),
        (r"\*", lambda _: "star"),
        (r"#", lambda _: "hash"),
        (r"(?<=\w)\s*/\s*(?=\w)", lambda _: "or"),
    )
)


def speakable(text: str) -> str:
    """`text` in words that an English voice reads right: no digit or sign is left, acronyms stand letter by letter."""
    text = with_rules(text, _RULES, digits)
    text = re.sub(r"\b[A-Z]{2,}\b", lambda m: m[0].lower() if is_word(m[0]) else " ".join(m[0]), text)
    text = re.sub(r"[()]", ",", text)
    text = re.sub(r"[^\w\s.,!?;:'’-]|_", " ", text)
    return re.sub(r"\s+(?=[.,!?;:])", "", " ".join(text.split()))
