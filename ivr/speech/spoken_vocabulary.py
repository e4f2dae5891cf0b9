"""How that which a vocabulary is about is said: its phrases, and the ways in which people say each of their words.

Text may be inflected or spelled in any way, and understanding it takes that off again. A graph has to hold what is
said. It gives back the vocabulary's own word, whichever way it was said: "KTP" for "kartu tanda penduduk", "buat" for
"bikin".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from ivr.i18n import tr
from ivr.speech.colloquial import FILLERS
from ivr.speech.lexicon import DIGITS, Lexicon, LexiconError, pronounce, sentences, variants
from ivr.speech.templates import expand, parse
from ivr.speech.understanding.acronyms import IN_FULL
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.speech.understanding.words import COMMON, STANDARD

MOST = 3000
"""Phrases of a vocabulary, all templates written out: their graph is built in two seconds, and has 10 MB."""
_SHORTEST = 3
"""Units of a word that may be heard by itself."""
_NASALS = {"p": "m", "t": "n", "k": "ng", "s": "ny"}
"""First letter of a stem → what it becomes behind a prefix, and with most people without one: (me)makai, ngirim."""
_NUMBERS = ("sepuluh", "sebelas", "puluh", "belas", "ratus", "seratus", "ribu", "seribu", "juta", "rupiah")

_EMPTY = frozenset({*COMMON, *FILLERS, *DIGITS, *_NUMBERS})
"""Words that say nothing of what is wanted."""
_DENIALS = ("(bukan|jangan)", "tidak (mau|ingin|jadi)", "(tapi|tetapi|melainkan|namun)")
"""What turns the meaning of a sentence, which no vocabulary needs to say."""


def _everyday() -> dict[str, list[str]]:
    """Standard word → what people say for it. What has no vowel, or one or two letters, is only written."""
    found = defaultdict(list)
    for said, standard in STANDARD.items():
        if len(said) >= _SHORTEST and re.search("[aeiou]", said):
            found[standard].append(said)
    return found


_EVERYDAY = _everyday()


def too_large(vocabulary: Vocabulary) -> str:
    """What is wrong where it has so many phrases that nobody can listen for them; else empty."""
    return _too_many(len(_written_out(vocabulary.templates())))


def _too_many(count: int) -> str:
    if count <= MOST:
        return ""
    return tr(
        f"kosakata.yaml terlalu besar untuk didengarkan: {count} frasa bila semua pola ditulis lengkap, paling banyak "
        f"{MOST}; hapus yang tidak ditanyakan warga, atau sederhanakan polanya",
        f"kosakata.yaml is too large to listen for: {count} phrases when all templates are written out, {MOST} at "
        "most; remove what nobody asks for, or simplify its templates",
    )


class SpokenVocabulary:
    """A vocabulary made ready to be said."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon) -> None:
        """Raises LexiconError where it is too large, or holds what cannot be said."""
        self._lexicon = lexicon
        about = _written_out(vocabulary.templates())
        self.phrases = about | _written_out(_DENIALS)
        """As they are written, word by word."""
        if problem := _too_many(len(about)):
            raise LexiconError(problem)
        self._ways = {word: self._ways_of(word) for phrase in self.phrases for word in phrase}
        self._words = {word for phrase in about for word in phrase}

    def ways(self, word: str) -> Mapping[str, bool]:
        """How a word is said within a phrase: plain words → whether that is another form of it, as people use them."""
        return self._ways[word]

    def words(self) -> Mapping[str, Mapping[str, bool]]:
        """What may be heard by itself: word → how it is said, also inflected."""
        return {
            word: self._ways[word] | dict.fromkeys(_inflected(word), True)
            for word in sorted(self._words)
            if any(len(pronounce(way.replace(" ", ""))) >= _SHORTEST for way in self._ways[word])
        }

    def empty_words(self) -> list[str]:
        """What may be said between them, and does not come out."""
        heard = {*self._words, *(word for word, *more in self.phrases if not more)}
        return sorted(_EMPTY.difference(map(str.lower, heard)))

    def _ways_of(self, word: str) -> dict[str, bool]:
        knowing = (self._lexicon, IN_FULL) if IN_FULL.found(word) else (self._lexicon,)
        ways = {way: False for lexicon in knowing for way in sentences(lexicon.form(word))}
        other = (*variants(word), *_EVERYDAY.get(word, ()))
        return dict.fromkeys(other, True) | ways


def _written_out(templates: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(said.split()) for template in templates for said in expand(parse(template)))


def _inflected(word: str) -> Iterator[str]:
    """Forms of a word that is no acronym: "syaratnya", "diurus", "ngurus", "pengurusan", "nyetak"."""
    if word not in COMMON and len(word) > _SHORTEST and word.isalpha() and word.islower():
        yield from (f"{word}nya", f"{word}an", f"ke{word}an", f"di{word}")
        nasal = _with_nasal(word)
        yield from (nasal, f"me{nasal}", f"pe{nasal}an")
        if word.startswith("c"):
            yield f"ny{word[1:]}"


def _with_nasal(stem: str) -> str:
    """A stem as it stands behind me- and pe-: "ngurus", "makai", "mbayar"."""
    first = stem[0]
    if first in "aeiouhg":
        return f"ng{stem}"
    if first in _NASALS and stem[1] in "aeiou":
        return _NASALS[first] + stem[1:]
    return {"b": "m", "f": "m", "p": "m", "d": "n", "j": "n", "c": "n", "t": "n"}.get(first, "") + stem
