"""How values are said in words, as far as the recogniser is to hear them: a template for each kind.

They are narrower than what this package reads from a sentence: what is seldom said would be heard where it was not.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivr.speech.colloquial import FILLERS
from ivr.speech.templates import Choice, Sequence, ends, parse
from ivr.voice.numbers import MONTHS

_TO_9 = "(satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_FROM_2 = "(dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_ZERO = "(nol|kosong)"


def _either(*options: Sequence) -> Sequence:
    return (Choice(options),)


def _maybe(*parts: Sequence) -> Sequence:
    return (Choice((sum(parts, ()), ())),)


_BELOW_100 = parse(f"({_TO_9}|sepuluh|sebelas|{_FROM_2} belas|{_FROM_2} puluh [{_TO_9}])")
_HUNDREDS = parse(f"(seratus|{_FROM_2} ratus)")
_BELOW_1000 = _either(_BELOW_100, _HUNDREDS + _maybe(_BELOW_100))
_TWO_DIGITS = parse(f"({_ZERO}|{_TO_9}) ({_ZERO}|{_TO_9})")

# --- dates ------------------------------------------------------------------------------------------
_DAY = parse(f"[tanggal] ({_TO_9}|sepuluh|sebelas|{_FROM_2} belas|dua puluh [{_TO_9}]|tiga puluh [satu])")
_MONTH = parse(f"[bulan] ({'|'.join(MONTHS)})".lower())
_YEAR = _either(
    parse("(seribu sembilan ratus|sembilan belas|satu sembilan)") + _either(_BELOW_100, _TWO_DIGITS),
    parse("dua ribu") + _maybe(_BELOW_100),
    parse(f"dua ({_ZERO}|puluh)") + _TWO_DIGITS,
)
_DATE = _either(
    _DAY + _MONTH + _maybe(_maybe(parse("tahun")), _YEAR),
    parse("hari ini"),
    parse("(besok|lusa)"),
    parse("([hari] (senin|selasa|rabu|kamis|jumat|sabtu)|hari minggu) [(ini|depan)]"),
)

# --- times ------------------------------------------------------------------------------------------
_HOUR = parse(f"({_ZERO}|{_TO_9}|sepuluh|sebelas|{_FROM_2} belas|dua puluh [(satu|dua|tiga|empat)])")
_MINUTE = _either(_BELOW_100, parse(f"{_ZERO} ({_ZERO}|{_TO_9})"), parse("seperempat"))
_HANDS = _either(
    parse(f"setengah ({_TO_9}|sepuluh|sebelas|dua belas)"),
    _HOUR + _maybe(_maybe(parse("(lewat|kurang)")), _MINUTE, _maybe(parse("menit"))),
)
_PART_OF_DAY = parse("(pagi|siang|sore|malam)")
_TIME = _either(parse("(jam|pukul)") + _HANDS + _maybe(_PART_OF_DAY), _HANDS + _PART_OF_DAY)

# --- numbers ----------------------------------------------------------------------------------------
_THOUSANDS = _either(parse("seribu"), _BELOW_1000 + parse("ribu"))
_MANY = _BELOW_1000 + _maybe(parse(f"koma {_TO_9}"))
_MILLIONS = _either(_MANY + parse("miliar") + _maybe(_MANY + parse("juta")), _MANY + parse("juta"))
_RUPIAH = _either(_MILLIONS + _maybe(_THOUSANDS), _THOUSANDS + _maybe(_HUNDREDS), _HUNDREDS) + _maybe(parse("rupiah"))
_NUMBER = _either(_THOUSANDS + _maybe(_BELOW_1000), _BELOW_1000, parse("nol"))

SPOKEN: Mapping[str, Sequence] = {"tanggal": _DATE, "jam": _TIME, "rupiah": _RUPIAH, "angka": _NUMBER}
"""Kind → how its values are said, in plain words: rupiah in whole hundreds, from a million on in whole thousands."""

_FILLERS = frozenset(FILLERS)


def parts(kinds: Collection[str], words: str) -> list[tuple[str, str]]:
    """The values in what was said, in plain words: the kind and the words of each; none where other words are in it.

    There is one value, or with several `kinds` any number of them, the longest reading of each; fillers may stand
    around it.
    """
    said = words.split()
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(said):
        end, kind = max((end, kind) for kind in kinds for end in ends(SPOKEN[kind], said, at) | {at})
        if end > at:
            found.append((kind, " ".join(said[at:end])))
        elif said[at] not in _FILLERS:
            return []
        at = max(end, at + 1)
    return found if len(found) == 1 or len(kinds) > 1 else []
