"""How a phrase is said: `spoken` puts it into plain words, `pronounce` a word into the model's units.

Indonesian is written nearly as it is spoken, so the units are letters, with `ng`, `ny`, `sy` and `kh` as one
each. A word that the model never heard needs nothing but its spelling.
"""

from __future__ import annotations

import re
import unicodedata

from ivr.i18n import tr
from ivr.voice.speakable import speakable

DIGITS = {
    "nol": "0", "kosong": "0", "satu": "1", "dua": "2", "tiga": "3", "empat": "4",
    "lima": "5", "enam": "6", "tujuh": "7", "delapan": "8", "sembilan": "9",
}  # fmt: skip
"""Word: digit. The digits have two words for 0."""

_PAIRS = ("ng", "ny", "sy", "kh")
# Letters of foreign words, as Indonesians say them.
_FOREIGN = {"q": "k", "x": "ks", "v": "f"}


class LexiconError(ValueError):
    """A phrase cannot be said; the message names it."""


def spoken(text: str) -> str:
    """Lower-case words of letters and single spaces: "KTP / KK" -> "ka te pe atau ka ka".

    Raises LexiconError where nothing is left to say.
    """
    plain = unicodedata.normalize("NFKD", speakable(text)).lower()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.sub(r"[^a-z]+", " ", plain).strip()
    if not words:
        raise LexiconError(tr(f"frasa '{text}' tidak berisi kata", f"phrase '{text}' has no word in it"))
    return words


def pronounce(word: str) -> list[str]:
    """The units of one word of `spoken`: "nyaring" -> ["ny", "a", "r", "i", "ng"]."""
    letters = "".join(_FOREIGN.get(c, c) for c in word)
    units = []
    while letters:
        unit = letters[:2] if letters.startswith(_PAIRS) else letters[0]
        units.append(unit)
        letters = letters[len(unit) :]
    return units
