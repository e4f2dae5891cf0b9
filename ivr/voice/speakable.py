"""A supervisor's text as words: what a voice must not be left to guess.

    "Biaya KTP Rp 50.000, hubungi 112." -> "Biaya ka te pe lima puluh ribu rupiah, hubungi satu satu dua."

Rules run in order; each turns what it knows into words, so that a later one meets only what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from ivr.voice.numbers import LETTERS, clock, date, digits, money, number, ordinal

_ABBREVIATIONS = {
    "bpk.": "bapak",
    "dll.": "dan lain-lain",
    "dsb.": "dan sebagainya",
    "jl.": "jalan",
    "kab.": "kabupaten",
    "kec.": "kecamatan",
    "kel.": "kelurahan",
    "no.": "nomor",
    "s.d.": "sampai dengan",
    "yth.": "yang terhormat",
}

_BEFORE_NUMBERS = {"tgl": "tanggal", "th": "tahun", "thn": "tahun"}
_FRACTIONS = {"1/2": "setengah", "1/4": "seperempat", "3/4": "tiga perempat"}
_MEASURED = r"jam|hari|bulan|tahun|liter|meter|kilometer|kilogram|kg|km|hektare|halaman|harga|tarif|bagian"
_POWERS = {"²": "persegi", "³": "kubik"}

_NUMBER = r"\d+(?:\.\d{3})*(?:,\d+)?"
_SCALE = r"ribu|juta|miliar|triliun"
_DAY = r"Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu"

# Capitals of four letters and more are a word where they fall into Indonesian syllables (DUKCAPIL, PAUD),
# letters where they do not (PDAM, BUMN). Shorter ones are letters, but for these.
_SHORT_WORDS = frozenset({"BOS", "HAM", "KIA", "KIP", "KIS", "KUR", "NIK", "PIN", "SIM"})
SYLLABLES = re.compile(
    r"(?:(?:NG|NY|KH|SY|[BDGKPT]R|[BGKP]L|S[PT]|[BCDFGHJKLMNPRSTVWYZ])?[AIUEO](?:NG|[BDFGHKLMNPRST])?)+"
)


def is_word(capitals: str) -> bool:
    """Whether people read an acronym as a word."""
    return capitals in _SHORT_WORDS or (len(capitals) >= 4 and bool(SYLLABLES.fullmatch(capitals)))


def _spell(match: re.Match[str]) -> str:
    capitals: str = match[0].lower()
    return capitals if is_word(match[0]) else " ".join(LETTERS[c] for c in capitals)


def _money(match: re.Match[str]) -> str:
    if match["scale"]:
        return " ".join([*number(match["amount"]), match["scale"].lower(), "rupiah"])
    return " ".join(money(match["amount"]))


def _day_first(match: re.Match[str]) -> str:
    return " ".join(date(f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}")[1:])


def _short_date(match: re.Match[str]) -> str:
    """Without a year, or with one of two digits."""
    _, day, month, *_ = date(f"2000-{int(match[2]):02}-{int(match[1]):02}")
    return " ".join([day, month, *(["tahun", *number(match[3])] if match[3] else [])])


def _time(match: re.Match[str]) -> str:
    return " ".join([match[1] or "pukul", *clock(f"{match[2]}:{match[3]}")[1:]])


_Words = Callable[[re.Match[str]], str]
Rules = tuple[tuple[re.Pattern[str], _Words], ...]

_RULES: Rules = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (
            r"(?<!\w)(?:" + "|".join(map(re.escape, _ABBREVIATIONS)) + ")",
            lambda m: _ABBREVIATIONS[m[0].lower()],
        ),
        (rf"\bRp\.?\s*(?P<amount>{_NUMBER})(?:,-)?(?:\s+(?P<scale>{_SCALE})\b)?", _money),
        (r"\b(tgl|thn?)\b\.?\s*(?=\d)", lambda m: _BEFORE_NUMBERS[m[1].lower()]),
        (r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b", _day_first),
        (r"(?<=\btanggal )(\d{1,2})/(\d{1,2})(?:/(\d\d))?(?![\d/])", _short_date),
        (rf"(?<![\d/])(1/2|[13]/4)(?=\s+(?:{_MEASURED})\b)", lambda m: _FRACTIONS[m[1]]),
        (r"(?<![^\W\d])(k?)m([²³])", lambda m: f"{'kilo' if m[1] else ''}meter {_POWERS[m[2]]}"),
        (r"\b\d{4}-\d{2}-\d{2}\b", lambda m: " ".join(date(m[0])[1:])),
        (r"(?<=\d)\s*[-–]\s*(?=\d{1,2}[.:]\d\d\b)", lambda _: "sampai"),
        (rf"\b({_DAY})\s*[-–]\s*({_DAY})\b", lambda m: f"{m[1]} sampai {m[2]}"),
        (r"(?:\b(pukul|jam)\s+)?(?<![\d.,])([01]?\d|2[0-3])[.:]([0-5]\d)(?!\d|[.,]\d)", _time),
        # Telephone numbers: with a leading zero or +62, in whatever groups.
        (r"(?<![\w.,])(?:\+62|\(?0)\d*(?:[ ()-]{0,2}\d+)*", lambda m: " ".join(digits(m[0]))),
        # Quantities are written with dots; five digits and more in a row are a number to be dialled or noted.
        (r"(?<![\w.,])\d{5,}(?![\d.,]\d|\w)", lambda m: " ".join(digits(m[0]))),
        (
            r"\b(nomor|telepon|hubungi|hotline|call center|darurat|SMS|WA|WhatsApp)\s+(\d{3,4})\b",
            lambda m: f"{m[1]} {' '.join(digits(m[2]))}",
        ),
        (r"\bke-(\d+)\b", lambda m: " ".join(ordinal(m[1]))),
        (r"(?<=\d)\s*[-–]\s*(?=\d)", lambda _: "sampai"),
        (r"(?<=\d)\s*[x×]\s*(?=\d)", lambda _: "kali"),
        (rf"(?<!\w)-?{_NUMBER}", lambda m: " ".join(number(m[0]))),
        (r"\d+", lambda m: " ".join(digits(m[0]))),
        (r"%", lambda _: "persen"),
        (r"&", lambda _: "dan"),
        (r"\*", lambda _: "bintang"),
        (r"#", lambda _: "pagar"),
        (r"(?<=\w)\s*/\s*(?=\w)", lambda _: "atau"),
    )
)


def speakable(text: str) -> str:
    """`text` in words that any Indonesian voice reads right: no digit, sign or acronym is left."""
    text = with_rules(text, _RULES, digits)
    text = re.sub(r"\b[A-Z]{2,}\b", _spell, text)
    text = re.sub(r"(?<=\w)-(?=\w)", " ", text)
    text = re.sub(r"\b[A-Za-z]\b", lambda m: LETTERS[m[0].lower()], text)
    text = re.sub(r"[()]", ",", text)
    text = re.sub(r"[^\w\s.,!?;:]|_", " ", text)
    return re.sub(r"\s+(?=[.,!?;:])", "", " ".join(text.split()))


def with_rules(text: str, rules: Rules, spell: Callable[[str], list[str]]) -> str:
    """`text` with all that the rules know turned into words.

    What only looks like a date or a number (31/2/2026) is spelled.
    """

    def said(words: _Words, match: re.Match[str]) -> str:
        try:
            return f" {words(match)} "
        except ValueError:
            return f" {' '.join(spell(match[0]))} "

    for pattern, words in rules:
        text = pattern.sub(partial(said, words), text)
    return text
