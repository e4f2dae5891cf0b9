"""Judges what callers may say: whether it can be said, and is told apart from what else may be said there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from itertools import groupby

from ivr.flow.draft import Draft
from ivr.flow.source import Path, Source
from ivr.flow.values import CURLY_QUOTES, Phrase, Target
from ivr.i18n import tr
from ivr.speech.lexicon import Lexicon, LexiconError, plainly, sentences
from ivr.speech.likeness import nearly_alike

MOST_SENTENCES = 2000
"""So many the phrases of a step may stand for: their graph has 3.4 MB and takes half a second to build (measured)."""


_UNSAID = re.compile(r"[/\\*@#^=+~_`]")
"""Signs that people write and do not say, or say as something else."""


def unsaid(phrase: str) -> str:
    """The first sign of a phrase that nobody says, "" where there is none."""
    found = _UNSAID.search(phrase)
    return found[0] if found else ""


def cannot_be_said(sign: str) -> str:
    """That nobody says this sign of a phrase, and what to write."""
    if sign == "/":
        return tr(
            "'/' tidak diucapkan; tulis pilihan dalam kurung: (satu|lain)",
            "'/' is not said; write alternatives in brackets: (one|other)",
        )
    return tr(
        f"'{sign}' tidak diucapkan; hapus, atau tulis bunyinya dengan huruf a-z",
        f"'{sign}' is not said; remove it, or write its sound in the letters a-z",
    )


def check_phrases(drafts: Collection[Draft], *, every_step: bool) -> None:
    """Report all that is wrong with the phrases of the flows. `every_step`: none is missing from the drafts."""
    lexicon = _lexicon(drafts, every_step=every_step)
    ways_of = lru_cache(maxsize=1000)(lambda phrase: list(sentences(lexicon.form(phrase))))
    for draft in drafts:
        _check_flow(draft, ways_of)


def _lexicon(drafts: Collection[Draft], *, every_step: bool) -> Lexicon:
    """How the phrases of all flows are said; what is wrong with `diucapkan` is reported and left out."""
    said: dict[str, str] = {}
    where: dict[str, tuple[Draft, Path]] = {}
    for draft in drafts:
        for words, way in draft.flow.said.items():
            path: Path = ("diucapkan", words)
            word = plainly(words)
            try:
                Lexicon({words: way})
            except LexiconError as e:
                draft.source.report(path, str(e), inside=(way, e.offset))
                continue
            if said.setdefault(word, way) != way:
                file = where[word][0].flow.file
                message = tr(
                    f"'{words}' diucapkan lain di {file}: '{said[word]}'",
                    f"'{words}' is said otherwise in {file}: '{said[word]}'",
                )
                draft.source.report(path, message)
            where.setdefault(word, (draft, path))
    lexicon = Lexicon(said)
    used = {word for draft in drafts for _, phrase in _phrases(draft) for word in lexicon.found(phrase)}
    for word in where.keys() - used if every_step else ():
        draft, path = where[word]
        message = tr(f"'{path[1]}' tidak ada dalam frasa mana pun", f"'{path[1]}' is in no phrase")
        draft.source.report(path, message, severity="warning", key=True)
    return lexicon


def _phrases(draft: Draft) -> Iterator[tuple[Path, Phrase]]:
    for name, marks in draft.marks.items():
        for path, phrase in marks:
            if isinstance(phrase, Phrase):
                yield ("steps", name, *path), phrase


def _check_flow(draft: Draft, ways_of: Callable[[str], list[str]]) -> None:
    """Each phrase can be said, stands for a key that there is, and sounds like no other of its step.

    `ways_of` gives all sentences of a phrase, in plain words, or raises LexiconError.
    """
    phrases = groupby(_phrases(draft), key=lambda found: str(found[0][1]))
    for name, of_step in phrases:
        keys: dict[str, Target] = getattr(draft.flow.steps[name], "keys", {})
        heard: dict[str, tuple[str, Phrase, Path]] = {}  # sentence → its key and phrase, and where that stands
        for path, phrase in of_step:
            key = str(path[3])
            if key not in keys and path[-1] == 0:
                message = tr(
                    f"tombol {key} tidak ada di keys; tambahkan di sana, atau hapus frasa ini",
                    f"key {key} is not in keys; add it there, or remove these phrases",
                )
                draft.source.report(path[:-1], message, key=True)
            if curly := next((sign for sign in CURLY_QUOTES if sign in phrase), ""):
                message = tr(
                    f'{curly} bukan tanda kutip biasa dan ikut menjadi frasa; hapus, atau ketik tanda kutip "',
                    f'{curly} is no plain quote and becomes part of the phrase; remove it, or type the quote "',
                )
                draft.source.report(path, message, inside=(phrase, phrase.index(curly)))
            if sign := unsaid(phrase):
                draft.source.report(path, cannot_be_said(sign), inside=(phrase, phrase.index(sign)))
                continue
            try:
                ways = ways_of(phrase)
            except LexiconError as e:
                draft.source.report(path, str(e), inside=(phrase, e.offset))
                continue
            if clash := next((way for way in ways if way in heard), None):
                draft.source.report(path, _clash(phrase, clash, *heard[clash][:2]))
            heard |= dict.fromkeys(ways, (key, phrase, path))
            if len(heard) > MOST_SENTENCES:
                message = tr(
                    f"frasa langkah '{name}' berarti lebih dari {MOST_SENTENCES} kalimat; kurangi pilihan dalam ( | ) "
                    "dan [ ], atau bagi menunya",
                    f"the phrases of step '{name}' stand for more than {MOST_SENTENCES} sentences; use fewer "
                    "alternatives ( | ) and [ ], or divide the menu",
                )
                draft.source.report(path[:3], message, key=True)
                break
        _check_likeness(draft.source, heard)


def _clash(phrase: Phrase, sentence: str, key: str, other: Phrase) -> str:
    return tr(
        f"frasa '{phrase}' sudah ada untuk tombol {key}: '{other}' juga dapat diucapkan '{sentence}'; hapus salah satu",
        f"the phrase '{phrase}' is there already, for key {key}: '{other}' may be said '{sentence}', too; remove one",
    )


def _check_likeness(source: Source, heard: Mapping[str, tuple[str, Phrase, Path]]) -> None:
    told: set[Path] = set()
    for sentence, other in nearly_alike({sentence: key for sentence, (key, _, _) in heard.items()}):
        _, phrase, path = heard[sentence]
        key, near, _ = heard[other]
        if path not in told:
            told.add(path)
            message = tr(
                f"frasa '{phrase}' hampir sama bunyinya dengan '{near}' (tombol {key}) dan mudah tertukar; perpanjang "
                "salah satu",
                f"the phrase '{phrase}' sounds nearly like '{near}' (key {key}); they are easily mixed up: make one "
                "longer",
            )
            source.report(path, message, severity="warning")
