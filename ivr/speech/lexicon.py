"""How a phrase is said: `form` puts it into plain words, `pronounce` a word into the model's units.

Indonesian is written nearly as it is spoken, so the units are letters, with `ng`, `ny`, `sy` and `kh` as one
each. A word that the model never heard needs nothing but its spelling.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from ivr.i18n import tr
from ivr.speech.colloquial import ALIKE, FILLERS, SAID
from ivr.speech.templates import Choice, Sequence, TemplateError, Words, expand, parse, write
from ivr.voice.numbers import LETTERS, digits, number
from ivr.voice.speakable import SYLLABLES, speakable

DIGITS = {
    "nol": "0", "kosong": "0", "satu": "1", "dua": "2", "tiga": "3", "empat": "4",
    "lima": "5", "enam": "6", "tujuh": "7", "delapan": "8", "sembilan": "9",
}  # fmt: skip
"""Word: digit. The digits have two words for 0."""

_PAIRS = ("ng", "ny", "sy", "kh")
# Letters of foreign words, as Indonesians say them.
_FOREIGN = {"q": "k", "x": "ks", "v": "f"}
LONGEST = 400
"""Letters of a form: a result of five must fit into Asterisk's buffer of 4,096."""
_NAMED = 100
"""So much of a phrase names it in a message."""
_VOWELS = frozenset("aeiou")
_FILLERS = frozenset(FILLERS)
_UNUSUAL = re.compile(r"[^\x00-#%-\x7f]")
"""What may be no letter that can be said: all but ASCII, and the dollar."""
_SYMBOLS = ("So", "Sc")
"""Unicode's categories of emoji and currencies."""
_OR = re.compile(r"(?<=[^\W\d])\s*/\s*(?=[^\W\d])")
_SPELLED = re.compile(r"(?<![\w.,:/+-])(?<!Rp )(?<!Rp\. )(?<!\d )\d{2,4}(?![\w:/-]|[., ]\d)|\b[A-Z]{3,}\b")
"""Numbers alone, and acronyms."""


class LexiconError(ValueError):
    """A phrase cannot be said; the message names it. `offset`: the character of the phrase where it goes wrong."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def spoken(text: str) -> str:
    """Lower-case words of letters and single spaces: "KTP / KK" -> "ka te pe atau ka ka".

    Raises LexiconError where nothing is left to say.
    """
    words = _plain(speakable(text))
    if not words:
        raise _wordless(text)
    return words


def _plain(text: str) -> str:
    return re.sub(r"[^a-z]+", " ", _unaccented(text).lower()).strip()


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def plainly(words: str) -> str:
    """Words as written, but in small letters without accents, with single spaces."""
    return " ".join(_unaccented(words).casefold().split())


class Lexicon:
    """Knows how phrases are said."""

    def __init__(self, said: Mapping[str, str] | None = None) -> None:
        """`said`: words as written → a template of how they are said, before what is known anyway (SAID).

        Raises LexiconError where such a template is wrong.
        """
        given = {**SAID, **{plainly(words): way for words, way in (said or {}).items()}}
        self._said = {words: _in_words(way, _spell) for words, way in given.items()}
        longest_first = sorted(self._said, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)

    def form(self, phrase: str) -> str:
        """How a phrase is said: a template of plain words. Equal forms sound the same.

        "[loket] 12" -> "[loket] (dua belas|satu dua)". Raises LexiconError.
        """
        form = write(_in_words(phrase, self._words))
        if len(form) > LONGEST:
            message = tr(
                f"terlalu panjang: {len(form)} huruf bila diucapkan, paling banyak {LONGEST}",
                f"too long: {len(form)} letters when it is said, {LONGEST} at most",
            )
            raise _refused(phrase, message)
        try:
            return write(parse(form))  # what is said in more ways than it is written may stand for too much
        except TemplateError as e:
            raise _refused(phrase, str(e)) from e

    def found(self, phrase: str) -> set[str]:
        """The words of `said` that stand in a phrase, as `plainly` writes them."""
        return {match[0] for match in self._pattern.finditer(plainly(phrase))}

    def match(self, typed: str, forms: Iterable[str]) -> str:
        """The one of `forms` that was typed, perhaps with fillers around it; "" where it was none of them.

        Raises LexiconError where `typed` cannot be said.
        """
        known = _known(tuple(forms))
        for said in map(key_of, sentences(self.form(typed))):
            for begin, end in itertools.combinations(range(len(said) + 1), 2):
                around = {*said[:begin], *said[end:]}
                if around <= _FILLERS and (found := known.get(said[begin:end])):
                    return found
        return ""

    def _words(self, text: str) -> Iterator[Words | Choice]:
        text, at = _unaccented(text), 0
        for match in self._pattern.finditer(text):
            yield from _spell(text[at : match.start()])
            yield from self._said[plainly(match[0])]
            at = match.end()
        yield from _spell(text[at:])


def sentences(form: str) -> Iterator[str]:
    """All that a form stands for, in plain words."""
    return expand(parse(form))


@lru_cache(maxsize=256)
def _known(forms: tuple[str, ...]) -> Mapping[tuple[str, ...], str]:
    """Key of each sentence that the forms stand for → its form."""
    return {key_of(sentence): form for form in forms for sentence in sentences(form)}


def length(form: str) -> int:
    """Units of the shortest sentence of a form."""
    return shortest(parse(form))


def shortest(template: Sequence) -> int:
    """Units of the shortest sentence of a template of plain words."""
    return sum(
        sum(len(pronounce(word)) for word in part.text.split())
        if isinstance(part, Words)
        else min(map(shortest, part.options))
        for part in template
    )


def _in_words(phrase: str, words: Callable[[str], Iterable[Words | Choice]]) -> Sequence:
    """The template of a phrase, all its texts put into plain words."""
    for found in _UNUSUAL.finditer(phrase):
        c = found[0]
        base = unicodedata.normalize("NFKD", c)[0]
        if (base.isalpha() and not base.isascii()) or unicodedata.category(c) in _SYMBOLS:
            message = tr(
                f"'{c}' tidak dapat diucapkan; tulis bunyinya dengan huruf a-z",
                f"'{c}' cannot be said; write its sound in the letters a-z",
            )
            raise _refused(phrase, message, found.start())

    def of(template: Sequence) -> Sequence:
        return tuple(
            said
            for part in template
            for said in (words(part.text) if isinstance(part, Words) else (Choice(tuple(map(of, part.options))),))
        )

    try:
        template = of(parse(phrase))
    except TemplateError as e:
        raise _refused(phrase, str(e), e.offset) from e
    if not template:
        raise _wordless(phrase)
    return template


def _spell(text: str) -> Iterator[Words | Choice]:
    """Numbers as numbers or digits, acronyms as words or letters, the rest as it is read out."""
    text = _OR.sub(" atau ", text)
    at = 0
    for match in _SPELLED.finditer(text):
        ways = _number(match[0]) if match[0].isdigit() else _acronym(match[0])
        if len(ways) > 1:
            yield from _words(text[at : match.start()])
            yield Choice(tuple((Words(way),) for way in ways))
            at = match.end()
    yield from _words(text[at:])


def _words(text: str) -> Iterator[Words]:
    if words := _read_out(text):
        yield Words(words)


@lru_cache(maxsize=4096)
def _read_out(text: str) -> str:
    words = _plain(speakable(text)).split()
    return " ".join(word if _VOWELS.intersection(word) else _letters(word) for word in words)


def _letters(word: str) -> str:
    return " ".join(LETTERS[c] for c in word)


def _number(written: str) -> tuple[str, ...]:
    by_digit = " ".join(digits(written))
    whole = [] if written.startswith("0") else [" ".join(number(written))]
    return tuple(dict.fromkeys([*whole, by_digit, by_digit.replace("nol", "kosong")]))


@lru_cache(maxsize=4096)
def _acronym(capitals: str) -> tuple[str, ...]:
    as_word = [capitals.lower()] if SYLLABLES.fullmatch(capitals) else []
    return tuple(dict.fromkeys([_plain(speakable(capitals)), _letters(capitals.lower()), *as_word]))


def key_of(sentence: str) -> tuple[str, ...]:
    """The same for sentences that differ only in how their words are said."""
    return tuple(min((word, *variants(word)), key=lambda way: (len(way), way)) for word in sentence.split())


def _wordless(phrase: str) -> LexiconError:
    return LexiconError(tr(f"frasa '{phrase}' tidak berisi kata", f"phrase '{phrase}' has no word in it"))


def _refused(phrase: str, why: str, offset: int = 0) -> LexiconError:
    named = phrase if len(phrase) <= _NAMED else f"{phrase[:_NAMED]}…"
    return LexiconError(tr(f"frasa '{named}': {why}", f"phrase '{named}': {why}"), offset)


def pronounce(word: str) -> list[str]:
    """The units of one plain word: "nyaring" -> ["ny", "a", "r", "i", "ng"]."""
    letters = "".join(_FOREIGN.get(c, c) for c in word)
    units = []
    while letters:
        unit = letters[:2] if letters.startswith(_PAIRS) else letters[0]
        units.append(unit)
        letters = letters[len(unit) :]
    return units


def variants(word: str) -> tuple[str, ...]:
    """Other ways in which one plain word is said: "kalau" -> ("kalo",)."""
    found = list(ALIKE.get(word, ()))
    for full, short in (("ai", "e"), ("au", "o")):
        if len(word) > 4 and word.endswith(full):
            found.append(word.removesuffix(full) + short)
    if len(word) > 5 and word.startswith(("mem", "men")):
        found.append(word.removeprefix("me"))
    return tuple(dict.fromkeys(found))
