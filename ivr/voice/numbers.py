"""Values in Indonesian words: numbers, digits, money, dates, times, durations.

Every function returns *units*: texts of which each has a ready-made audio file, so that a value is put
together during a call without synthesis. Joined by spaces they read as the sentence. All of them are in
`UNITS`. Numbers below one hundred and the round hundreds and thousands are whole units, which sound
better than words strung together.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from ivr.channel import Value
from ivr.i18n import tr

PAUSE = ","
"""The unit between groups: a short silence."""

_DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
_SCALES = ((10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (10**3, "ribu"))
_LIMIT = 10**15

MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip

LETTERS = {
    "a": "a", "b": "be", "c": "ce", "d": "de", "e": "e", "f": "ef", "g": "ge", "h": "ha", "i": "i",
    "j": "je", "k": "ka", "l": "el", "m": "em", "n": "en", "o": "o", "p": "pe", "q": "ki", "r": "er",
    "s": "es", "t": "te", "u": "u", "v": "ve", "w": "we", "x": "eks", "y": "ye", "z": "zet",
}  # fmt: skip
"""Letter: its Indonesian name."""


def _below_hundred(n: int) -> str:
    tens, ones = divmod(n, 10)
    if tens == 0:
        return _DIGITS[ones]
    if tens == 1:
        return {0: "sepuluh", 1: "sebelas"}.get(ones, f"{_DIGITS[ones]} belas")
    return f"{_DIGITS[tens]} puluh" + (f" {_DIGITS[ones]}" if ones else "")


def _hundreds(n: int) -> str:
    return "seratus" if n == 1 else f"{_DIGITS[n]} ratus"


def _thousands(n: int) -> str:
    return "seribu" if n == 1 else f"{_DIGITS[n]} ribu"


def cardinal(n: int) -> list[str]:
    """1_250 -> ["seribu", "dua ratus", "lima puluh"]. Raises ValueError from a thousand trillion on."""
    if abs(n) >= _LIMIT:
        raise ValueError(tr(f"{n} terlalu besar untuk diucapkan", f"{n} is too large to be said"))
    if n < 0:
        return ["minus", *cardinal(-n)]
    if n < 100:
        return [_below_hundred(n)]
    units: list[str] = []
    for scale, name in _SCALES:
        count, n = divmod(n, scale)
        if name == "ribu" and 0 < count < 10:
            units.append(_thousands(count))
        elif count:
            units += [*cardinal(count), name]
    hundreds, rest = divmod(n, 100)
    if hundreds:
        units.append(_hundreds(hundreds))
    if rest:
        units.append(_below_hundred(rest))
    return units


def number(value: Value) -> list[str]:
    """A number: 2.5 or "2,5" -> ["dua", "koma", "lima"]. After the comma one by one, at most four digits."""
    exact = round(as_decimal(value), 4)
    whole, _, fraction = format(abs(exact), "f").partition(".")
    units = cardinal(int(whole))
    if fraction := fraction.rstrip("0"):
        units += ["koma", *(_DIGITS[int(d)] for d in fraction)]
    return ["minus", *units] if exact < 0 else units


def ordinal(value: Value) -> list[str]:
    """1 -> ["pertama"], 3 -> ["ketiga"], 12 -> ["ke", "dua belas"]. Raises ValueError below 1."""
    n = _whole(value)
    if n < 1:
        raise ValueError(tr(f"tidak ada urutan ke-{n}", f"there is no {n}th place"))
    if n <= 10:
        return [_ordinal(n)]
    return ["ke", *cardinal(n)]


def _ordinal(n: int) -> str:
    return "pertama" if n == 1 else f"ke{_below_hundred(n)}"


def money(value: Value) -> list[str]:
    """50_000 -> ["lima puluh", "ribu", "rupiah"]. Sen are not said."""
    return [*cardinal(int(as_decimal(value))), "rupiah"]


def digits(value: Value) -> list[str]:
    """Telephone, ticket, NIK: one by one, in groups. Letters are spelled, other signs part the groups.

    "081234567890" -> nol delapan satu dua , tiga empat lima enam , tujuh delapan sembilan nol.
    """
    written = str(value).strip().lower()
    groups = re.findall(r"[a-z]+|\d+", written)
    if not groups:
        raise ValueError(tr(f"tidak ada angka dalam '{value}'", f"there is no digit in '{value}'"))
    units = ["plus"] if written.startswith("+") else []
    for group in groups:
        for run in _runs(group):
            if units and units != ["plus"]:
                units.append(PAUSE)
            units += [LETTERS[c] if c in LETTERS else _DIGITS[int(c)] for c in run]
    return units


def _runs(group: str) -> list[str]:
    """Split as people say it, at most four at a time and as even as can be: 12 -> 4 4 4, 11 -> 4 4 3."""
    count = -(-len(group) // 4)
    short, longer = divmod(len(group), count)
    runs, at = [], 0
    for i in range(count):
        size = short + (i < longer)
        runs.append(group[at : at + size])
        at += size
    return runs


def date(value: Value) -> list[str]:
    """A date: "2026-01-12" -> ["tanggal", "dua belas", "Januari", "dua ribu", "dua puluh enam"]."""
    try:
        day = dt.date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise ValueError(
            tr(f"'{value}' bukan tanggal seperti 2026-01-12", f"'{value}' is not a date such as 2026-01-12")
        ) from None
    return ["tanggal", *cardinal(day.day), MONTHS[day.month - 1], *cardinal(day.year)]


def clock(value: Value) -> list[str]:
    """A time of day: "08:15" or "8.15" -> ["pukul", "delapan", "lewat", "lima belas", "menit"]."""
    found = re.fullmatch(r"(\d{1,2})(?:[.:](\d{2})(?:[.:]\d{2})?)?", str(value).strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (-1, 0)
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise ValueError(tr(f"'{value}' bukan jam", f"'{value}' is not a time of day"))
    units = ["pukul", *cardinal(hour)]
    return [*units, "lewat", *cardinal(minute), "menit"] if minute else units


def duration(value: Value) -> list[str]:
    """Seconds, rounded to whole ones: 125 -> ["dua", "menit", "lima", "detik"]. Raises ValueError if negative."""
    rest = round(as_decimal(value))
    if rest < 0:
        raise ValueError(tr(f"lama waktu {value} negatif", f"the duration {value} is negative"))
    units: list[str] = []
    for seconds, name in ((86400, "hari"), (3600, "jam"), (60, "menit"), (1, "detik")):
        count, rest = divmod(rest, seconds)
        if count:
            units += [*cardinal(count), name]
    return units or ["nol", "detik"]


FORMATS: dict[str, Callable[[Value], list[str]]] = {
    "angka": number,
    "urutan": ordinal,
    "digit": digits,
    "rupiah": money,
    "tanggal": date,
    "jam": clock,
    "durasi": duration,
}
"""What may stand after the colon in `{nama:format}`."""

_LOOKS_LIKE = (
    ("tanggal", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("jam", re.compile(r"\d{1,2}:\d{2}")),
    ("digit", re.compile(r"\+?[\d\s-]*\d[\d\s-]*")),
)


def spoken(value: Value, format: str = "") -> list[str]:
    """The units of a value, without a format by its looks. Raises ValueError where it cannot be said."""
    if isinstance(value, bool):
        return ["ya" if value else "tidak"]
    return FORMATS[format or _format_of(value)](value)


def _format_of(value: Value) -> str:
    if not isinstance(value, str):
        return "angka"
    for format, looks in _LOOKS_LIKE:
        if looks.fullmatch(value):
            return format
    raise ValueError(tr(f"'{value}' adalah teks bebas tanpa suara", f"'{value}' is free text without audio"))


_THOUSANDS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")


def as_decimal(value: Value) -> Decimal:
    """The number. A text is read as Indonesians write: "1.250.000", "2,5"; also "2.5". Raises ValueError."""
    written = str(value).strip()
    if isinstance(value, str):
        if _THOUSANDS.fullmatch(written):
            written = written.replace(".", "")
        written = written.replace(",", ".")
    try:
        exact = Decimal(written)
    except InvalidOperation:
        exact = Decimal("nan")
    if not exact.is_finite():
        raise ValueError(tr(f"'{value}' bukan angka", f"'{value}' is not a number"))
    if exact.adjusted() >= 15:
        raise ValueError(tr(f"{value} terlalu besar untuk diucapkan", f"{value} is too large to be said"))
    return exact


def _whole(value: Value) -> int:
    exact = as_decimal(value)
    if exact % 1:
        raise ValueError(tr(f"'{value}' bukan bilangan bulat", f"'{value}' is not a whole number"))
    return int(exact)


UNITS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [
            PAUSE,
            *(_below_hundred(n) for n in range(100)),
            *(_hundreds(n) for n in range(1, 10)),
            *(_thousands(n) for n in range(1, 10)),
            *(name for _, name in _SCALES),
            *("minus", "plus", "koma", "ke"),
            *(_ordinal(n) for n in range(1, 11)),
            *("rupiah", "tanggal", *MONTHS, "pukul", "lewat"),
            *("hari", "jam", "menit", "detik", "ya", "tidak"),
            *LETTERS.values(),
        ]
    )
)
"""All units that the functions above return."""
