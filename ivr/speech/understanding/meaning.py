"""Finds the document, the kind of question and the places that a sentence names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from ivr.speech.lexicon import spoken
from ivr.speech.templates import expand, parse
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.speech.understanding.words import COMMON, Stems, Token, tokens

MOST_BETWEEN = 4
"""Words that may stand between two words of a question's phrase, those of a document not counted."""
_WANTED = frozenset({"buat", "urus", "perpanjang", "ambil", "ganti", "cetak", "untuk"})
_BESIDE = frozenset({"bawa", "pakai", "dengan", "sama", "punya", "lampir", "fotokopi", "dari"})
"""What stands before the document that is asked for, and before one that only goes with it: "buat paspor bawa KTP"."""
_REPLACED = re.compile(r"\bbukan\b[^.;?!]*?\b(?:tapi|tetapi|melainkan|namun)\b")
_DENIED = re.compile(r"\bbukan\b[^,.;?!]*")

Pattern = tuple[str, ...]
"""The stems of a phrase."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sentence asks for ("" = it does not say), and how plainly.

    `option`: the option of a menu whose own words it says, outside the name of a document. `weak`: only a hint
    speaks for the question. `rivals`: other documents, questions and options that it may mean as well. `unknown`: the
    part of its content words that nothing explains, 0–1.
    """

    document: str = ""
    question: str = ""
    places: tuple[str, ...] = ()
    option: str = ""
    weak: bool = False
    rivals: int = 0
    unknown: float = 0.0

    @property
    def nothing(self) -> bool:
        return not (self.document or self.question or self.option)


@dataclass(frozen=True, slots=True)
class _Match:
    """`covered`: the places of the phrase's words in the sentence."""

    name: str
    covered: tuple[int, ...]
    weak: bool = False


class Finder:
    """A vocabulary made ready. Use `meaning`."""

    def __init__(self, vocabulary: Vocabulary, options: Mapping[str, list[str]] | None = None) -> None:
        """`options`: option of a menu → its own words, which the vocabulary does not have."""
        options = options or {}
        texts = {
            id(phrases): [text for template in phrases for text in _sentences(template)]
            for phrases in (*_all_phrases(vocabulary), *options.values())
        }
        words = {token.word for sentences in texts.values() for text in sentences for token in tokens(text)}
        self._stem = Stems(words)
        patterns = {key: {self._pattern(text) for text in sentences} for key, sentences in texts.items()}
        self._documents = _index((name, patterns[id(p)], False) for name, p in vocabulary.documents.items())
        self._places = _index((name, patterns[id(p)], False) for name, p in vocabulary.places.items())
        self._options = _index((name, patterns[id(p)], False) for name, p in options.items())
        self._questions = _index(
            [
                *((name, patterns[id(q.phrases)], False) for name, q in vocabulary.questions.items()),
                *((name, patterns[id(q.hints)], True) for name, q in vocabulary.questions.items()),
                ("", patterns[id(vocabulary.others)], False),
            ]
        )

    def _pattern(self, text: str) -> Pattern:
        return tuple(self._stem(token.word) for token in tokens(text))

    def meaning(self, text: str, known: Iterable[tuple[int, int]] = ()) -> Meaning:
        """What is asked for. `known`: places in `text` (first character, end) that are explained otherwise."""
        said = _undoubled([Token(self._stem(t.word), t.start, t.end) for t in tokens(without_denied(text))])
        words = [token.word for token in said]
        documents = _longest(_contiguous(words, self._documents))
        places = _longest(_contiguous(words, self._places))
        inside = {i for match in documents for i in match.covered}
        questions = list(_scattered(words, self._questions, inside))
        best = max(questions, key=_strength, default=_Match("", ()))
        document = max(documents, key=lambda match: _rank(words, match), default=_Match("", ()))
        rival_documents = {m.name for m in documents if _rank(words, m) == _rank(words, document)} - {document.name}
        options = [match for match in _longest(_contiguous(words, self._options)) if inside.isdisjoint(match.covered)]
        option = max(options, key=_strength, default=_Match("", ()))
        explained = inside | {i for match in (*places, *questions, *options) for i in match.covered}
        content = [i for i, word in enumerate(words) if word not in COMMON and len(word) > 1]
        spans = list(known)
        unknown = [i for i in content if i not in explained and not _within(said[i], spans)]
        rival_questions = {m.name for m in questions if m.weak == best.weak and not set(m.covered) <= set(best.covered)}
        return Meaning(
            document.name,
            best.name,
            tuple(dict.fromkeys(match.name for match in places)),
            option.name,
            best.weak and not option.name,
            len(rival_documents) + len(rival_questions - {best.name}) + len({m.name for m in options} - {option.name}),
            len(unknown) / max(1, len(content)),
        )


def without_denied(text: str) -> str:
    """The sentence with blanks for what is said not to be meant: "bukan KTP tapi KK" is about KK."""
    for denied in (_REPLACED, _DENIED):
        text = denied.sub(lambda match: " " * len(match[0]), text.lower())
    return text


def _all_phrases(vocabulary: Vocabulary) -> Iterator[list[str]]:
    yield from vocabulary.documents.values()
    yield from vocabulary.places.values()
    yield vocabulary.others
    for question in vocabulary.questions.values():
        yield from (question.phrases, question.hints)


def _sentences(template: str) -> Iterator[str]:
    """What the template stands for, also as the recogniser spells it: "KTP" and "ka te pe"."""
    for text in expand(parse(template)):
        yield text
        yield spoken(text)


_Index = dict[str, list[tuple[Pattern, str, bool]]]
"""First stem → phrases that begin with it, what they mean, and whether they are weak."""


def _index(entries: Iterable[tuple[str, set[Pattern], bool]]) -> _Index:
    found: _Index = {}
    for name, patterns, weak in entries:
        for pattern in sorted(patterns):
            found.setdefault(pattern[0], []).append((pattern, name, weak))
    return found


def _contiguous(words: list[str], index: _Index) -> Iterator[_Match]:
    for at, word in enumerate(words):
        for pattern, name, weak in index.get(word, ()):
            if tuple(words[at : at + len(pattern)]) == pattern:
                yield _Match(name, tuple(range(at, at + len(pattern))), weak)


def _scattered(words: list[str], index: _Index, free: set[int]) -> Iterator[_Match]:
    """Phrases whose words stand in their order, with few words between; those at `free` do not count."""
    for at, word in enumerate(words):
        for pattern, name, weak in index.get(word, ()):
            covered = [at]
            for wanted in pattern[1:]:
                between = 0
                for i in range(covered[-1] + 1, len(words)):
                    if words[i] == wanted:
                        covered.append(i)
                        break
                    between += i not in free
                    if between > MOST_BETWEEN:
                        break
                if covered[-1] == at or words[covered[-1]] != wanted:
                    break
            if len(covered) == len(pattern):
                yield _Match(name, tuple(covered), weak)


def _longest(matches: Iterable[_Match]) -> list[_Match]:
    """Those that are not inside or across a longer one, in the order of the sentence."""
    kept: list[_Match] = []
    for match in sorted(matches, key=lambda m: (-len(m.covered), m.covered)):
        if not any(set(match.covered) & set(other.covered) for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: m.covered)


def _strength(match: _Match) -> tuple[bool, int, int]:
    """A phrase before a hint, more words before fewer, close ones before scattered ones."""
    covered = match.covered
    return not match.weak, len(covered), covered[0] - covered[-1] if covered else 0


def _rank(words: list[str], match: _Match) -> int:
    """How likely this document is the one asked for: 2, 1 or, where it goes with another one, 0."""
    before = set(words[max(0, match.covered[0] - 2) : match.covered[0]]) if match.covered else set()
    return 2 if before & _WANTED else 0 if before & _BESIDE else 1


def _undoubled(said: list[Token]) -> list[Token]:
    """ "Syarat-syarat" is one syarat."""
    return [next(same) for _, same in groupby(said, key=lambda token: token.word)]


def _within(token: Token, spans: list[tuple[int, int]]) -> bool:
    return any(start <= token.start and token.end <= end for start, end in spans)
