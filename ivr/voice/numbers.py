"""Values in Indonesian words: numbers, digits, telephone numbers, money, dates, times, durations.

Every function returns *units*: texts of which each has a ready-made audio file, so that a value is put
together during a call without synthesis. Joined by spaces they read as the sentence. All of them are in
`UNITS`. Numbers below one hundred and the round hundreds and thousands are whole units, which sound
better than words strung together.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from ivr.channel import Value
from ivr.i18n import tr

PAUSE = ","
"""The unit between groups: a short silence."""

DIGITS = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan")
"""The words for 0 to 9."""
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
_SIGNS = {**LETTERS, **dict(zip("0123456789", DIGITS, strict=True))}

DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_AREA_CODES = ("021", "022", "024", "031", "061")
"""Those of three digits; all others have four."""


def _below_hundred(n: int) -> str:
    tens, ones = divmod(n, 10)
    if tens == 0:
        return DIGITS[ones]
    if tens == 1:
        return {0: "sepuluh", 1: "sebelas"}.get(ones, f"{DIGITS[ones]} belas")
    return f"{DIGITS[tens]} puluh" + (f" {DIGITS[ones]}" if ones else "")


def _hundreds(n: int) -> str:
    return "seratus" if n == 1 else f"{DIGITS[n]} ratus"


def _thousands(n: int) -> str:
    return "seribu" if n == 1 else f"{DIGITS[n]} ribu"


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
    return with_decimals(value, cardinal, "koma", DIGITS)


def with_decimals(value: Value, whole: Callable[[int], list[str]], comma: str, names: Sequence[str]) -> list[str]:
    """A number: `whole` says what stands before the comma, `names` are those of the digits behind it."""
    exact = round(as_decimal(value), 4)
    before, _, fraction = format(abs(exact), "f").partition(".")
    units = whole(int(before))
    if fraction := fraction.rstrip("0"):
        units += [comma, *(names[int(d)] for d in fraction)]
    return ["minus", *units] if exact < 0 else units


def ordinal(value: Value) -> list[str]:
    """1 -> ["pertama"], 3 -> ["ketiga"], 12 -> ["ke", "dua belas"]. Raises ValueError below 1."""
    n = as_whole(value)
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
    """One by one, in groups of at most four: ticket, NIK, number plate. Letters are spelled.

    "081234567890" -> nol delapan satu dua , tiga empat lima enam , tujuh delapan sembilan nol.
    """
    return spelled(value, _SIGNS)


def telephone(value: Value) -> list[str]:
    """A telephone number as it is dialled here: +62 is 0, and the area code stands apart."""
    return digits(as_dialled(value))


def as_dialled(value: Value) -> str:
    """ "+6281234567890" -> "0812 34567890", "+62215550100" -> "021 5550100"; a number abroad keeps its plus."""
    written = re.sub(r"[^\d+]", "", str(value)).replace("+62", "0", 1)
    head = 0 if not written.startswith("0") else 3 if written.startswith(_AREA_CODES) else 4
    return f"{written[:head]} {written[head:]}"


def spelled(value: Value, names: Mapping[str, str]) -> list[str]:
    """Signs one by one, by their `names`; what has none parts the groups. Raises ValueError where nothing has one."""
    written = str(value).strip().lower()
    groups = re.findall(r"[a-z]+|[0-9]+", written)
    if not groups:
        raise ValueError(tr(f"tidak ada angka dalam '{value}'", f"there is no digit in '{value}'"))
    units = ["plus"] if written.startswith("+") else []
    for group in groups:
        for run in _runs(group):
            if units and units != ["plus"]:
                units.append(PAUSE)
            units += [names[c] for c in run]
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
    day = as_date(value)
    return ["tanggal", *cardinal(day.day), MONTHS[day.month - 1], *cardinal(day.year)]


def weekday(value: Value) -> list[str]:
    """The day of the week of a date: "2026-01-12" -> ["Senin"]."""
    return [DAYS[as_date(value).weekday()]]


def as_date(value: Value) -> dt.date:
    """The date that a text such as "2026-01-12" begins with. Raises ValueError."""
    try:
        return dt.date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise ValueError(
            tr(f"'{value}' bukan tanggal seperti 2026-01-12", f"'{value}' is not a date such as 2026-01-12")
        ) from None


def clock(value: Value) -> list[str]:
    """A time of day: "08:15" or "8.15" -> ["pukul", "delapan", "lewat", "lima belas", "menit"]."""
    hour, minute = as_time(value)
    units = ["pukul", *cardinal(hour)]
    return [*units, "lewat", *cardinal(minute), "menit"] if minute else units


def as_time(value: Value) -> tuple[int, int]:
    """Hour and minute of "08:15", "8.15" or "8". Raises ValueError."""
    found = re.fullmatch(r"(\d{1,2})(?:[.:](\d{2})(?:[.:]\d{2})?)?", str(value).strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (-1, 0)
    if not (0 <= hour < 24 and 0 <= minute < 60):
        raise ValueError(tr(f"'{value}' bukan jam", f"'{value}' is not a time of day"))
    return hour, minute


def duration(value: Value) -> list[str]:
    """Seconds, rounded to whole ones: 125 -> ["dua", "menit", "lima", "detik"]. Raises ValueError if negative."""
    units = [unit for count, name in as_spans(value) for unit in (*cardinal(count), name)]
    return units or ["nol", "detik"]


def as_spans(value: Value) -> list[tuple[int, str]]:
    """Seconds as how many of each span: 125 -> [(2, "menit"), (5, "detik")]. Raises ValueError if negative."""
    rest = round(as_decimal(value))
    if rest < 0:
        raise ValueError(tr(f"lama waktu {value} negatif", f"the duration {value} is negative"))
    spans: list[tuple[int, str]] = []
    for seconds, name in ((86400, "hari"), (3600, "jam"), (60, "menit"), (1, "detik")):
        count, rest = divmod(rest, seconds)
        if count:
            spans.append((count, name))
    return spans


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
"""What may stand after the colon in `{nama:format}`."""

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


def as_whole(value: Value) -> int:
    """The whole number. Raises ValueError."""
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
            *DAYS,
            *("hari", "jam", "menit", "detik", "ya", "tidak", "dan"),
            *LETTERS.values(),
        ]
    )
)
"""All units that the functions above return."""
