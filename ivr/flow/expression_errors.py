"""Why an expression cannot be read: what people write who know spreadsheets, other languages or none, and what to
write instead.
"""

from __future__ import annotations

import re

from ivr.flow.values import CURLY_QUOTES
from ivr.i18n import tr

_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_THOUSANDS = r"\b[1-9]\d{0,2}(?:\.\d{3})+\b"
_WRITE = {
    r"=!=?|!==|<>|≠|\bis\s+not\b|\b(?i:tidak\s+sama\s+dengan)\b": "!=",
    r"=>|≥": ">=",
    r"=<|≤": "<=",
    r"===|(?<![=!<>:]):?=(?!=)|\bis\b|\b(?i:sama\s+dengan)\b": "==",
    r"\b(?i:lebih\s+dari)\b": ">",
    r"\b(?i:kurang\s+dari)\b": "<",
    r"&+|\b(?i:dan|serta)\b|\bAND\b": "and",
    r"\|+|\b(?i:atau)\b|\bOR\b": "or",
    r"!(?!=)|\b(?i:bukan)\b|\bNOT\b|\btidak(?=\s+(?!(?:and|or|in|not|if|else)\b)[\w(])": "not",
    r"×": "*",
    r"÷": "/",
}
"""What people write → the sign that says it. Of two that fit the upper one counts."""
_OTHERWISE = {
    rf"[{CURLY_QUOTES}][^{CURLY_QUOTES}]*[{CURLY_QUOTES}]?": ("ketik tanda kutip biasa: '", "type the plain quote: '"),
    r"[{}$@]": ("nama variabel ditulis tanpa tanda {}", "names of variables are written without {}"),
    r"\b(?i:jika|kalau|maka)\b": ("syarat ditulis tanpa {}", "conditions are written without {}"),
    _THOUSANDS: (
        "angka ditulis tanpa titik ribuan, seperti 1000000",
        "numbers have no dots for thousands, as in 1000000",
    ),
    r"\*\*|\^": ("tidak ada pangkat; kalikan, seperti 2 * 2", "there is no power; multiply, as in 2 * 2"),
    r"(?<=[\w)])\[": (
        "sebagian sebuah teks ditulis seperti bagian(nik, 7, 8)",
        "a part of a text is written like bagian(nik, 7, 8)",
    ),
    r"\.(?=\s*[^\W\d])": (
        "tidak ada titik sesudah nama; fungsi ditulis seperti panjang(nik)",
        "no dot comes after a name; functions are written like panjang(nik)",
    ),
    r"\?": ("pilihan ditulis seperti 'satu' if n == 1 else 'dua'", "a choice is written like 'a' if n == 1 else 'b'"),
    r"\bNone\b|\bnull\b": ("teks kosong ditulis ''", "an empty text is written ''"),
}
"""What people write that has no sign of its own → how it is said here; {} is what they wrote."""
_SIGNS = re.compile("|".join(f"({pattern})" for pattern in (*_WRITE, *_OTHERWISE)))
_HINTS = [*_WRITE.values(), *_OTHERWISE.values()]
_PAIR = re.compile(r"\([^()\[\]]*\)|\[[^()\[\]]*\]")


def explain(text: str) -> tuple[int, str] | None:
    """Where the first thing stands that is not written so in expressions, and what to do about all of them.

    None where nothing is known that is wrong.
    """
    bare = _blank(_TEXT, text)
    hints = dict[str, int]()
    for found in _SIGNS.finditer(bare):
        hints.setdefault(_hint(found), found.start())
    if hints:
        return min(hints.values()), "; ".join(hints)
    if quote := re.search("['\"]", bare):
        sign = quote[0]
        return quote.start(), tr(f"tutup teks ini dengan {sign}", f"close this text with {sign}")
    while bare != (rest := _blank(_PAIR, bare)):
        bare = rest
    if bracket := re.search(r"[()\[\]]", bare):
        sign = bracket[0]
        message = tr(f"kurung {sign} ini tidak ada pasangannya", f"this bracket {sign} has no partner")
        return bracket.start(), message
    return None


def dotted(text: str) -> tuple[int, str] | None:
    """Where a number such as 1.250 stands in an expression that can be read, and what to write: it may be meant as
    1250, and Python takes it for 1.25. None where there is none.
    """
    if not (found := re.search(_THOUSANDS, _blank(_TEXT, text))):
        return None
    number = found[0]
    whole, fraction = number.replace(".", ""), number.rstrip("0").rstrip(".")
    message = tr(
        f"'{number}' dapat berarti dua hal; tulis {whole} (tanpa titik ribuan) atau {fraction}",
        f"'{number}' may mean two things; write {whole} (no dots for thousands) or {fraction}",
    )
    return found.start(), message


def _hint(found: re.Match[str]) -> str:
    hint = _HINTS[(found.lastindex or 1) - 1]
    if isinstance(hint, str):
        return tr(f"ganti '{found[0]}' dengan {hint}", f"replace '{found[0]}' by {hint}")
    return tr(*hint).format(found[0]) if "{}" in hint[0] else tr(*hint)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: " " * len(found[0]), text)
