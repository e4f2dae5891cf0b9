"""A sentence cut into words and written numbers, and what the readers of this package share.

A *reader* looks at the words from one place on and yields its readings: a value and the place after its last
word. All values come from such readers; `read` asks for one that covers a whole text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from ivr.speech.lexicon import DIGITS

T = TypeVar("T")
Reading = tuple[T, int]
"""A value, and the place after its last word."""

_NAMES = "|".join((*DIGITS, "lapan"))
_SCALED = "(?:puluh|belas|ratus|ribu|rebu|juta|miliar|triliun)"
_COLLOQUIAL = {
    "lapan": "delapan", "rebu": "ribu", "serebu": "seribu", "jeti": "juta", "milyar": "miliar", "semilyar": "semiliar",
    "trilyun": "triliun", "sampe": "sampai", "kemaren": "kemarin",
}  # fmt: skip
_TOKEN = re.compile(
    r"[0-9]{1,2}[.:][0-9]{2}(?=-[0-9]{1,2}[.:][0-9]{2}(?![0-9]))"  # 08.00-15.30 is two times
    r"|[0-9]+(?:[.,:/-][0-9]+)*"  # 25.000 1,5 08:00 17-8-1945 0812-3456
    rf"|(?:{_NAMES})(?={_SCALED}\b)"  # duapuluh, limaratus
    rf"|ke(?=(?:(?:{_NAMES}){_SCALED}?|se(?:puluh|belas|ratus|ribu))\b)"  # kedua, kesepuluh
    r"|[^\W\d_]+(?:'[^\W\d_]+)?|\S",
    re.IGNORECASE,
)

_THOUSANDS = re.compile(r"(?:[0-9][.,]?|\brp\.? ?)[0-9]\Z", re.IGNORECASE)
"""Before a "k": 25k, Rp5k; but 3k may be a block of houses."""


class Words:
    """The words of a text in lower case, each with its place; "" beyond the end. "rebu" is "ribu" here."""

    def __init__(self, text: str) -> None:
        found = list(_TOKEN.finditer(text))
        self._words = list(map(_plain, found))
        self._spans = [match.span() for match in found]

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __getitem__(self, at: int) -> str:
        return self._words[at] if 0 <= at < len(self._words) else ""

    def says(self, at: int, *phrase: str) -> bool:
        """Whether these words stand from `at` on."""
        return tuple(self._words[at : at + len(phrase)]) == phrase

    def goes_on(self, at: int) -> bool:
        """Whether the word at `at` is of letters and follows the one before without a space: "12A", "kedua"."""
        return 0 < at < len(self) and self._spans[at - 1][1] == self._spans[at][0] and self[at].isalpha()

    def span(self, first: int, end: int) -> tuple[int, int]:
        """Where the words from `first` to before `end` begin and end in the text."""
        return self._spans[first][0], self._spans[end - 1][1]


def _plain(token: re.Match[str]) -> str:
    """In lower case and as it is written; but "M" is a billion, and "m" a metre."""
    word = token[0].lower()
    if token[0] == "k" and _THOUSANDS.search(token.string[: token.start()]):
        return "ribu"
    return token[0] if token[0] == "M" else _COLLOQUIAL.get(word, word)


class Phrases(Generic[T]):
    """Phrases that stand for a value, found by their first word."""

    def __init__(self, meanings: Mapping[tuple[str, ...], T]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], T]]] = {}
        for phrase, meaning in meanings.items():
            self._by_first.setdefault(phrase[0], []).append((phrase, meaning))

    def at(self, words: Words, at: int) -> Iterator[Reading[T]]:
        """The phrases from `at` on."""
        for phrase, meaning in self._by_first.get(words[at], ()):
            if words.says(at, *phrase):
                yield meaning, at + len(phrase)

    def begins(self, word: str) -> bool:
        """Whether one begins with this word."""
        return word in self._by_first


def is_written(word: str) -> bool:
    """Whether it begins with a written digit."""
    return "0" <= word[:1] <= "9"


def read(text: str, reader: Callable[[Words, int], Iterator[Reading[T]]]) -> T | None:
    """The first reading that covers the whole text, None without one."""
    words = Words(text)
    return next((value for value, end in reader(words, 0) if end == len(words)), None)
