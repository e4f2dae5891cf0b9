"""Finds the document, the kind of question and the places that a sentence names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain, groupby, pairwise, permutations

from ivr.speech.lexicon import Lexicon, LexiconError, sentences, spoken
from ivr.speech.templates import expand, parse
from ivr.speech.understanding.acronyms import IN_FULL
from ivr.speech.understanding.phrases import Index, Match, Phrase
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.speech.understanding.words import COMMON, STANDARD, Stems, Token, tokens
from ivr.understood import Pair

_WANTED = frozenset({"buat", "urus", "perpanjang", "ambil", "ganti", "cetak", "untuk"})
_BESIDE = frozenset({"bawa", "pakai", "dengan", "sama", "punya", "lampir", "fotokopi", "dari"})
"""What stands before the document that is asked for, and before one that only goes with it: "buat paspor bawa KTP"."""
_JOINING = frozenset({"dan", "sama", "serta", "sekalian", "plus"})
"""What stands between two documents that are both asked for: "urus KTP sama KK"."""
_BETWEEN_JOINED = (COMMON - _WANTED - _BESIDE - {"di"}) | _JOINING
"""What may stand beside it there: "urus KTP saya dan juga KK"."""
_ADDING = _JOINING | {"terus", "lalu"}
_SEPARATING = _ADDING | {"kalau"}
"""What stands between two questions: "syarat KTP terus biayanya", and also between what is asked of two documents."""
_LIKENESS = frozenset({"beda", "cocok", "sesuai"})
"""What is said of one thing and another: "alamat SIM beda sama KTP"."""
_CALLING = frozenset({"tolong", "segera", "sini"})
"""Common words that call for help: "tolong segera ke sini"."""
_NOT = "|".join(["tidak", *(spoken for spoken, standard in STANDARD.items() if standard == "tidak")])
_DENIED_WISH = rf"(?:^\W*|\b(?:saya|aku|kami|kita)\s+)(?:{_NOT})\s+(?:jadi|mau|ingin)\b(?!\s+hidup\b)"
_DENIAL = rf"(?:\b(?:bukan|jangan)\b|{_DENIED_WISH})"
"""Not "airnya tidak mau mengalir", which is a complaint, nor who does not want to live."""
_PARTING = re.compile("[,.;:?!]")
_REPLACED = re.compile(_DENIAL + r"[^.;?!]*?\b(?:tapi|tetapi|melainkan|namun)\b")
_DENIED = re.compile(_DENIAL + r"[^,.;?!]*")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sentence asks for ("" = it does not say), and how plainly.

    `also`: what is asked for besides, pairs of document and question ("" = the same). `option`: the option of a menu
    whose own words it says, outside the name of a document. `weak`: only a hint speaks for the question. `rivals`:
    other documents, questions and options that it may mean as well. `hinted`: other questions for which a hint speaks.
    `unknown`: the part of its content words that nothing explains, 0–1. `yielded`: it says the words of something
    urgent, too, which are taken for part of the question: "KTP anak saya hilang".
    """

    document: str = ""
    question: str = ""
    also: tuple[Pair, ...] = ()
    option: str = ""
    places: tuple[str, ...] = ()
    weak: bool = False
    rivals: int = 0
    hinted: int = 0
    unknown: float = 0.0
    yielded: bool = False

    @property
    def nothing(self) -> bool:
        return not (self.document or self.question or self.option)


@dataclass(frozen=True, slots=True)
class Found:
    """What of a vocabulary a sentence says. `said`: its words; the matches give their indices.

    `clauses`: for each word the number of its part of the sentence. `yielded`: something urgent was left out, since it
    is what befell a document.
    """

    said: Sequence[Token]
    clauses: Sequence[int]
    documents: Sequence[Match]
    places: Sequence[Match]
    options: Sequence[Match]
    questions: Sequence[Match]
    yielded: bool

    def matches(self) -> Iterator[Match]:
        yield from (*self.documents, *self.places, *self.options, *self.questions)


class Finder:
    """A vocabulary made ready."""

    def __init__(self, vocabulary: Vocabulary, lexicon: Lexicon | None = None) -> None:
        """`lexicon`: knows how the flows say words otherwise than they are written."""
        self._vocabulary, self._lexicon = vocabulary, lexicon or Lexicon()
        self.urgent = frozenset(vocabulary.urgent)
        self._said: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}  # template → its sentences, their words
        self._learn(vocabulary.templates())
        self._apart = self._words_of(vocabulary.others)
        self._stem = Stems(self._words_of(self._said), self._apart)
        self._options = Index(())
        self._index()

    def beside(self, options: Mapping[str, Sequence[str]]) -> Finder:
        """The same vocabulary at a menu. `options`: option → its own words, which the vocabulary does not have."""
        finder = copy(self)
        finder._said = dict(self._said)
        finder._learn(chain.from_iterable(options.values()))
        finder._stem = Stems(finder._words_of(finder._said), self._apart)
        if not self._stem.of_known.items() <= finder._stem.of_known.items():  # its words are stems of others
            finder._index()
        finder._options = finder._index_of(options)
        return finder

    def _learn(self, templates: Iterable[str]) -> None:
        for template in templates:
            if template not in self._said:
                said = dict.fromkeys(_sentences(template, self._lexicon))
                self._said[template] = tuple((each, tuple(token.word for token in tokens(each))) for each in said)

    def _index(self) -> None:
        vocabulary = self._vocabulary
        self._documents = self._index_of({**vocabulary.documents, "": vocabulary.others})  # the longer name counts
        self._places = self._index_of(vocabulary.places)
        phrases = self._phrases("", vocabulary.others, order=len(vocabulary.questions))
        for order, (name, question) in enumerate(vocabulary.questions.items()):
            phrases |= self._phrases(name, question.phrases, order=order)
            phrases |= self._phrases(name, question.hints, order=order, weak=True)
        self._questions = Index(phrases, turned=True)

    def meaning(self, text: str, known: Iterable[tuple[int, int]] = ()) -> Meaning:
        """What is asked for. `known`: places in `text` (first character, end) that are explained otherwise."""
        found = self.find(text)
        whole = self._meaning(found, known)
        apart = [*_parts(text, found)]
        if whole.question in self.urgent or len(apart) == 1:
            return whole
        first, *_ = parts = [self._meaning(self.find(part)) for part in apart]
        pairs = dict.fromkeys(pair for part in parts for pair in _pairs(part))
        also = tuple(pair for pair in pairs if pair != (first.document, first.question))
        yielded = any(part.yielded for part in parts)
        return replace(first, also=also, places=whole.places, unknown=whole.unknown, yielded=yielded)

    def _meaning(self, found: Found, known: Iterable[tuple[int, int]] = ()) -> Meaning:
        """What is asked of one document, or of several that are joined."""
        words = [token.word for token in found.said]
        asking = {at for match in found.questions for at in match.covered}
        ranks = {match: (rank, not asking.issuperset(match.covered)) for match, rank in _ranked(words, found.documents)}
        document = max(found.documents, key=ranks.__getitem__, default=None)
        equals = [m for m in found.documents if document and ranks[m] == ranks[document]]
        urgent = [m for m in found.questions if self._is_urgent(m) and not _is_part(m, found.questions, found.clauses)]
        spans = list(known)
        options = [match for match in found.options if not _begins_one(found.said[match.covered[-1]], spans)]
        question, option = _strongest(urgent or found.questions), _strongest(options)
        asked_else = [m for m in found.questions if question and m.name != question.name and _is_rival(m, question)]
        others = [m for m in equals if document and m.name != document.name]
        joined = [at for at, m in enumerate(others) if document and _joined(words, document, m, asked_else)]
        besides = dict.fromkeys(m.name for m in others[: joined[-1] + 1]) if joined else {}
        added = dict.fromkeys(m.name for m in asked_else if question and _added(words, question, m, found.documents))
        rivals = [*equals, *(() if urgent else asked_else), *options]
        chosen = {_name(document), _name(question), _name(option), *besides, *added}
        explained = {at for match in found.matches() for at in match.covered}
        content = [at for at, word in enumerate(words) if word not in COMMON and len(word) > 1]
        unknown = [at for at in content if at not in explained and not _within(found.said[at], spans)]
        of_a_kind = option is not None and option.covered[-1] + 1 in unknown  # "pajak dividen" is not just any "pajak"
        return Meaning(
            document=_name(document),
            question=_name(question),
            also=(*(("", name) for name in added), *((name, "") for name in besides)),
            option=_name(option),
            places=tuple(dict.fromkeys(match.name for match in found.places)),
            weak=question is not None and question.phrase.weak and option is None,
            rivals=len({match.name for match in rivals} - chosen) + of_a_kind,
            hinted=len({match.name for match in found.questions if match.phrase.weak} - chosen),
            unknown=len(unknown) / max(1, len(content)),
            yielded=not urgent and (found.yielded or any(map(self._is_urgent, found.questions))),
        )

    def _is_urgent(self, match: Match) -> bool:
        return match.name in self.urgent and not match.phrase.weak

    def find(self, text: str) -> Found:
        """The phrases in a sentence."""
        heeded = without_denied(text)
        said = self._stems(heeded)
        words = [token.word for token in said]
        documents = [match for match in self._documents.whole(words) if match.name]
        inside = {at for match in documents for at in match.covered}
        options = [match for match in self._options.whole(words) if inside.isdisjoint(match.covered)]
        questions = [
            match
            for match in self._questions.scattered(words, inside)
            if not _empty(match) or (documents and inside.isdisjoint(match.covered))
        ]
        clauses = _clauses(heeded, said)
        questions = [m for m in questions if m.name not in self.urgent or not _is_in_a_name(m, words, documents)]
        befalling = [m for m in questions if self._is_urgent(m) and _befalls_one(m, documents, questions, clauses)]
        questions = [match for match in questions if match not in befalling]
        questions = [match for match in questions if match.name or not _encloses(match, questions)]
        return Found(said, clauses, documents, self._places.whole(words), options, questions, bool(befalling))

    def sentences(self, template: str) -> Sequence[str]:
        """All that a template of the vocabulary stands for, as it is written and as it is said."""
        return [sentence for sentence, _ in self._said[template]]

    def words(self, sentence: str) -> tuple[str, ...]:
        """A sentence as the words of a Phrase."""
        return self._phrase_of(token.word for token in tokens(sentence))

    def _phrase_of(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(stem for stem, _ in groupby(map(self._stem, words)))

    def _words_of(self, templates: Iterable[str]) -> set[str]:
        """All words of these templates."""
        return {word for template in templates for _, words in self._said[template] for word in words}

    def _index_of(self, named: Mapping[str, Sequence[str]]) -> Index:
        return Index(phrase for name, templates in named.items() for phrase in self._phrases(name, templates))

    def _phrases(self, name: str, templates: Sequence[str], *, order: int = 0, weak: bool = False) -> set[Phrase]:
        said = (words for template in templates for _, words in self._said[template])
        return {Phrase(self._phrase_of(words), name, weak, order) for words in said}

    def _stems(self, text: str) -> list[Token]:
        """The stems of a sentence; "syarat-syarat" is one syarat."""
        said = [Token(self._stem(token.word), token.start, token.end) for token in tokens(text)]
        return [next(same) for _, same in groupby(said, key=lambda token: token.word)]


def without_denied(text: str) -> str:
    """The sentence with blanks for what is denied: "bukan KTP tapi KK" is about KK, "saya tidak mau lapor" nothing."""
    for denied in (_REPLACED, _DENIED):
        text = denied.sub(lambda match: " " * len(match[0]), text.lower())
    return text


def _sentences(template: str, lexicon: Lexicon) -> Iterator[str]:
    """As it is written, as it is said, and in full: "KTP", "ka te pe", "kartu tanda penduduk"."""
    for written in expand(parse(template)):
        yield written
        for knowing in (lexicon, IN_FULL) if IN_FULL.found(written) else (lexicon,):
            try:
                yield from sentences(knowing.form(written))
            except LexiconError:  # too long, or a sign that is not said
                yield spoken(written)


def _rank(words: Sequence[str], document: Match, since: int = 0) -> int:
    """How likely this document is the one asked for, by the words `since` there: 2, 1 or, where it goes with another
    one or is a place, 0."""
    before = words[max(since, document.covered[0] - 2) : document.covered[0]]
    if before[-1:] == ["di"]:
        return 0
    if not _WANTED.isdisjoint(before):
        return 2
    return 1 if _BESIDE.isdisjoint(before) else 0


def _ranked(words: Sequence[str], documents: Iterable[Match]) -> Iterator[tuple[Match, int]]:
    """Documents with their rank; one that is joined to the one before ranks as that does: "bawa KTP sama KK"."""
    end, rank = -1, 0
    for match in documents:
        between = words[end : match.covered[0]] if end > 0 else []
        own = _rank(words, match)
        joined = _BETWEEN_JOINED.issuperset(between) and not _JOINING.isdisjoint(between)
        listed = own and match.covered[0] == end
        rank = rank if joined or listed else own
        end = match.covered[-1] + 1
        yield match, rank


def _joined(words: Sequence[str], first: Match, second: Match, asked_else: Iterable[Match]) -> bool:
    """Whether the second is asked for as the first is, and nothing else is asked before it."""
    between = range(first.covered[-1] + 1, second.covered[0])
    parted = any(not set(between).isdisjoint(match.covered) for match in asked_else)
    return not parted and any(words[at] in _JOINING and words[at - 1] not in _LIKENESS for at in between)


def _added(words: Sequence[str], question: Match, other: Match, documents: Iterable[Match]) -> bool:
    """Whether another question is joined to the first: "syarat dan biaya KTP"."""
    first, second = sorted((question, other), key=lambda match: match.covered)
    named = {at for match in documents for at in match.covered}
    between = [words[at] for at in range(first.covered[-1] + 1, second.covered[0]) if at not in named]
    return not _ADDING.isdisjoint(between) and _BETWEEN_JOINED.issuperset(between)


def _pairs(meaning: Meaning) -> Iterator[Pair]:
    """All that it asks for, document and question."""
    yield meaning.document, meaning.question
    yield from ((document or meaning.document, question or meaning.question) for document, question in meaning.also)


def _empty(match: Match) -> bool:
    """Whether it is a hint that says nothing without a document: "berapa", "harus"."""
    return match.phrase.weak and COMMON.issuperset(match.phrase.words)


def _clauses(text: str, said: Iterable[Token], by: Collection[str] = ("dan",)) -> Sequence[int]:
    """For each word the number of its part of the sentence; signs and the words `by` stand between them."""
    clauses, before = [0], Token("", 0, 0)
    for token in said:
        joining = token.word in by and before.word not in _LIKENESS
        parted = joining or _PARTING.search(text, before.end, token.start)
        clauses.append(clauses[-1] + bool(parted))
        before = token
    return clauses[1:]


def _parts(text: str, found: Found) -> Iterator[str]:
    """The parts of a sentence that name a document and what is asked of it; the rest goes with the one before."""
    heeded = without_denied(text)
    words = [token.word for token in found.said]
    unjoined = _unjoined(words, found)
    clauses = [
        clause + sum(begin <= at for begin in unjoined)
        for at, clause in enumerate(_clauses(heeded, found.said, _SEPARATING))
    ]
    begins = {clause: at for at, clause in reversed([*enumerate(clauses)])}

    def is_wanted(document: Match) -> bool:
        begin = begins[clauses[document.covered[0]]]
        return _is_whole(document, clauses) and _rank(words, document, begin + (words[begin] in _SEPARATING)) > 0

    documents = {clauses[match.covered[0]] for match in found.documents if is_wanted(match)}
    questions = {clauses[match.covered[0]] for match in found.questions if match.name and _is_whole(match, clauses)}
    cuts = [found.said[begins[clause]].start for clause in sorted(documents & questions)[1:]]
    for start, end in pairwise([0, *cuts, len(heeded)]):
        yield heeded[start:end]


def _unjoined(words: Sequence[str], found: Found) -> set[int]:
    """Where a question about the document behind it comes right after one about another: "syarat KTP biaya paspor"."""
    asked = [
        (question, document)
        for question in found.questions
        for document in found.documents
        if question.name and not question.phrase.weak and _leads_to(words, question, document)
    ]
    return {
        question.covered[0]
        for (_, before), (question, document) in permutations(asked, 2)
        if question.covered[0] == before.covered[-1] + 1 and document.name != before.name
    }


def _leads_to(words: Sequence[str], question: Match, document: Match) -> bool:
    """Whether a question leads to the document behind it: "biaya perpanjang paspor"."""
    between = set(range(question.covered[0], document.covered[0])).difference(question.covered)
    return question.covered[0] < document.covered[0] and (COMMON | _WANTED).issuperset(words[at] for at in between)


def _is_whole(match: Match, clauses: Sequence[int]) -> bool:
    """Whether all its words stand in one part of the sentence."""
    return clauses[match.covered[0]] == clauses[match.covered[-1]]


def _is_part(match: Match, questions: Iterable[Match], clauses: Sequence[int]) -> bool:
    """Whether it is part of a longer phrase: "banjir" of "rusak kena banjir"."""
    longer = (other for other in questions if set(match.covered) < set(other.covered))
    return any(not other.phrase.weak and _is_whole(other, clauses) for other in longer)


def _is_in_a_name(match: Match, words: Sequence[str], documents: Iterable[Match]) -> bool:
    """Whether what it says is part of a document's name: "bantuan banjir"; "mau akta kematian saja", where "mau mati
    saja" is urgent."""
    telling = {at for at in match.covered if words[at] not in COMMON - _CALLING}
    return any(telling < set(document.covered) for document in documents)


def _befalls_one(urgent: Match, documents: Iterable[Match], questions: Iterable[Match], clauses: Sequence[int]) -> bool:
    """Whether another kind of question says it of a document that is named there or right before: "KTP anak saya
    hilang", where "anak hilang" is urgent; but not "urus KTP, anak saya hilang"."""
    covered = set(urgent.covered)
    first, last = urgent.covered[0], urgent.covered[-1]
    before = {first - 1} if clauses[first - 1] == clauses[first] else set()
    span = before.union(range(first, last + 1))
    milder = any(m.name != urgent.name and not m.phrase.weak and covered > set(m.covered) for m in questions)
    others = (set(d.covered) for d in documents if _is_whole(d, clauses) and not covered >= set(d.covered))
    return milder and any(not span.isdisjoint(other) for other in others)


def _is_rival(match: Match, best: Match) -> bool:
    """Whether it is a phrase, and not made of words of the best one."""
    return not match.phrase.weak and not set(match.covered) <= set(best.covered)


def _encloses(other: Match, questions: Iterable[Match]) -> bool:
    """Whether a question is asked between its words: "itu syaratnya apa", where "itu apa" asks for nothing."""
    first, last = other.covered[0], other.covered[-1]
    between = set(range(first, last)).difference(other.covered)
    return any(between.issuperset(m.covered) for m in questions if m.name and not m.phrase.weak)


def _strongest(matches: Iterable[Match]) -> Match | None:
    return max(matches, key=lambda match: match.strength, default=None)


def _name(match: Match | None) -> str:
    return match.name if match else ""


def _begins_one(last: Token, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a value goes on behind a phrase: "nomor satu satu dua lima", where "nomor satu satu dua" is one."""
    return any(start < last.end < end for start, end in spans)


def _within(token: Token, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start <= token.start and token.end <= end for start, end in spans)
