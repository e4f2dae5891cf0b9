"""How values are said in words, as far as the recogniser is to hear them: a template for each kind.

A word that is missing here is heard as the nearest that is not. So what people say that is no clear value stands here,
too ("minggu depan", "dua juta lima ratus"); what it means is for the readers of this package, or that they ask again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ivr.speech.colloquial import FILLERS
from ivr.speech.templates import Choice, Sequence, ends, parse
from ivr.speech.values.words import Words
from ivr.voice.numbers import MONTHS

_TO_9 = "(satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_FROM_2 = "(dua|tiga|empat|lima|enam|tujuh|delapan|sembilan)"
_ZERO = "(nol|kosong)"
_WHICH = "(ini|depan|lalu)"

_SINGLE_COST = 6.0
"""Cost of single rupiah behind thousands, which are seldom said."""
_TWOS_COST = 2.0
"""Cost of "noceng" and its like, which "goceng" is heard as where they cost nothing. Tuned on synthetic voices."""


def _either(*options: Sequence) -> Sequence:
    return (Choice(options),)


def _maybe(part: Sequence | str) -> Sequence:
    return (Choice((parse(part) if isinstance(part, str) else part, ())),)


_DIGIT = parse(f"({_ZERO}|{_TO_9})")
_BELOW_100 = parse(f"({_TO_9}|sepuluh|sebelas|{_FROM_2} belas|{_FROM_2} puluh [{_TO_9}])")
_HUNDREDS = parse(f"(seratus|{_FROM_2} ratus)")
_BELOW_1000 = _either(_BELOW_100, _HUNDREDS + _maybe(_BELOW_100))

# --- dates ------------------------------------------------------------------------------------------
_TO_12 = parse(f"({_TO_9}|sepuluh|sebelas|dua belas)")
_TO_31 = parse(f"({_TO_9}|sepuluh|sebelas|{_FROM_2} belas|dua puluh [{_TO_9}]|tiga puluh [satu])")
_DAY = _either(_TO_31, parse(f"({_ZERO}|satu|dua) {_TO_9}"), parse("tiga satu"))
_MONTH_NUMBER = _either(_TO_12, parse(f"{_ZERO} {_TO_9}"))
_MONTH = _either(parse(f"[bulan] ({'|'.join(MONTHS)})".lower()), parse("bulan") + _MONTH_NUMBER)
_YEAR = _maybe("tahun") + _either(
    parse("(seribu sembilan ratus|sembilan belas|satu sembilan)") + _either(_BELOW_100, _DIGIT + _DIGIT),
    parse("dua ribu") + _maybe(_either(_BELOW_100, _DIGIT + _DIGIT)),
    parse(f"dua ({_ZERO}|puluh)") + _either(_BELOW_100, _DIGIT + _DIGIT),
    _BELOW_100,
    _DIGIT + _DIGIT,
)
_WEEKDAY = parse("([hari] (senin|selasa|rabu|kamis|jumat|sabtu|ahad)|hari minggu)")
_DATE = _either(
    _maybe(_WEEKDAY)
    + _either(
        _maybe("tanggal")
        + _DAY
        + _either(
            _MONTH + _maybe(_either(_YEAR, parse(f"tahun {_WHICH}"))),
            _MONTH_NUMBER + _YEAR,
            parse(f"bulan {_WHICH}"),
        ),
        parse("tanggal") + _DAY,
    ),
    parse("(hari ini|esok|besok [lusa]|lusa|kemarin [(lusa|dulu)])"),
    _WEEKDAY + _maybe(f"[(minggu|pekan)] {_WHICH}"),
    parse(f"(minggu|pekan|bulan|tahun) {_WHICH}"),
    _either(_TO_31 + parse("(hari|minggu|pekan|bulan|tahun)"), parse("(sehari|seminggu|sepekan|sebulan|setahun)"))
    + parse("(lagi|[yang] lalu)"),
)

# --- times ------------------------------------------------------------------------------------------
_CUE = parse("(jam|pukul)")
_HOUR = parse(
    f"({_ZERO} [({_ZERO}|{_TO_9})]|{_TO_9}|sepuluh|sebelas|{_FROM_2} belas|dua puluh [(satu|dua|tiga|empat)])"
)
_MINUTE = _either(_BELOW_100, parse(f"{_ZERO} ({_ZERO}|{_TO_9})"), parse("seperempat")) + _maybe("menit")
_PAST_OR_TO = parse("(lewat|lebih|kurang)") + _MINUTE
_HANDS = _either(parse("setengah") + _TO_12 + _maybe(_PAST_OR_TO), _HOUR + _PAST_OR_TO)
_EXACT = _maybe("(tepat|pas)")
_PART_OF_DAY = parse("(pagi|siang|sore|petang|malam|subuh|dini hari|tengah (hari|malam))")
_ZONE = _maybe("(we i be|wita|wit)")
_TIME = (
    _either(
        _either(
            _maybe(_CUE) + _HANDS,
            _CUE + _HOUR + _maybe(_MINUTE),
            parse("kurang") + _MINUTE + _CUE + _TO_12,
        )
        + _EXACT
        + _maybe(_PART_OF_DAY),
        _HOUR + _maybe(_MINUTE) + _EXACT + _PART_OF_DAY,
        _maybe(_CUE) + _HOUR + _PART_OF_DAY + _PAST_OR_TO,
        _maybe(_CUE) + parse("tengah (hari|malam)"),
    )
    + _ZONE
)

# --- numbers ----------------------------------------------------------------------------------------
_POINT = parse("koma") + _DIGIT + _maybe(_DIGIT + _maybe(_DIGIT))
_HALF = parse("setengah")
_PART = parse("(setengah|seperempat)")
_COUNT = _either(_BELOW_1000, parse(f"{_FROM_2} {_TO_9}"))
_MANY = _either(_COUNT + _maybe(_either(_POINT, _HALF)), parse("nol") + _POINT, _PART)
_THOUSANDS = _either(parse("seribu"), _either(_COUNT + _maybe(_HALF), _PART) + parse("ribu"))


def _down_from(scale: str, below: Sequence) -> Sequence:
    """Numbers with this scale, and what may stand below it; or without it."""
    scaled = _either(parse(f"se{scale}"), _MANY + parse(scale)) + _maybe(_HALF)
    return _either(scaled + _maybe(below), below)


def _number_from(least: Sequence, below_thousands: Sequence) -> Sequence:
    """Whole numbers, of which the least are these, and those with thousands end so."""
    number = _either(_THOUSANDS + below_thousands, least)
    for scale in ("juta", "miliar", "triliun"):
        number = _down_from(scale, number)
    return number


_WHOLE = _number_from(_BELOW_1000, _maybe(_BELOW_1000))
_SINGLE = (Choice((_BELOW_100, ()), cost=_SINGLE_COST),)
_SOME_HUNDREDS = _HUNDREDS + _SINGLE
_NOTE = _either(
    parse("(gocap|cepek|gopek|seceng|goceng|ceban|goban)"),
    (Choice((parse("nopek"), parse("noceng"), parse("noban")), cost=_TWOS_COST),),
) + _maybe("ribu")
_RUPIAH = _either(_number_from(_SOME_HUNDREDS, _either(_SOME_HUNDREDS, _SINGLE)), _NOTE) + _maybe("(rupiah|perak)")
_NUMBER = _either(
    _maybe("minus") + _either(_WHOLE, parse(_ZERO)) + _maybe(_either(_POINT, _HALF)) + _maybe("persen"),
    _PART + _maybe("persen"),
    parse("pertama"),
    parse("ke") + _BELOW_100,
)

SPOKEN: Mapping[str, Sequence] = {"tanggal": _DATE, "jam": _TIME, "rupiah": _RUPIAH, "angka": _NUMBER}
"""Kind → how its values are said, in plain words."""

_FILLERS = frozenset(FILLERS)


def parts(kinds: Collection[str], said: str) -> list[tuple[str, str]]:
    """The values in what was said, in plain words: the kind and the words of each; none where other words are in it.

    There is one value, or with several `kinds` any number of them, the longest reading of each; fillers may stand
    around it.
    """
    words = Words(said)
    plain = list(words)
    from_here: dict[int, list[tuple[str, str]]] = {
        len(plain): []
    }  # place → the values to the end, where there is a way
    for at in reversed(range(len(plain))):
        found = {(end, kind) for kind in kinds for end in ends(SPOKEN[kind], plain, at) if end in from_here}
        if found:
            end, kind = max(found)
            first, last = words.span(at, end)
            from_here[at] = [(kind, said[first:last]), *from_here[end]]
        elif plain[at] in _FILLERS and at + 1 in from_here:
            from_here[at] = from_here[at + 1]
    values = from_here.get(0, [])
    return values if len(values) == 1 or len(kinds) > 1 else []
