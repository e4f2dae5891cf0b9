"""Judges translations against the flows: what callers who chose a language will hear in another one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping

from ivr.channel import LANGUAGE
from ivr.flow.announced import PRESS
from ivr.flow.answers import AnswerBase
from ivr.flow.draft import Draft
from ivr.flow.graph import Graph, Node
from ivr.flow.hotline import Line
from ivr.flow.languages import FOLDER, OtherLanguage, TranslatedTexts, plain, translations
from ivr.flow.model import Step
from ivr.flow.source import Path, Source
from ivr.flow.steps.answer import Answer
from ivr.flow.steps.language import Language
from ivr.flow.values import KEY, KEY_WORDS, Template, VariableName, marked
from ivr.i18n import tr
from ivr.voice import english
from ivr.voice.languages import INDONESIAN

MOST_COMPARED = 50
"""So many texts that no flow says are compared with those that lack a translation."""
_SAID_OF_SPEECH = ("not_understood", "half_sure", "half_understood", "keys_only")
"""Fields whose texts only those hear who speak, in Indonesian."""
_PRESS_IN = {
    INDONESIAN: (PRESS, KEY_WORDS),
    "en": (
        re.compile(r"\bpress(?:ing)?\s+(?:the\s+)?(?:key\s+|button\s+)?(\w+|\*|#)", re.IGNORECASE),
        dict(zip((*english.DIGITS, "star", "hash", "pound"), "0123456789*##", strict=True)),
    ),
}
"""Language → how a text tells the caller to press a key, and what the keys are called."""


def check_translations(
    graph: Graph,
    lines: Mapping[str, Line],
    drafts: Mapping[str, Draft],
    answers: AnswerBase,
    *,
    languages: Mapping[str, OtherLanguage],
    written: TranslatedTexts,
) -> dict[str, list[str]]:
    """Warn of each text that is not said in a language which callers can have chosen by then.

    Gives them, too: language → texts that have no words in it.
    """
    if not languages:
        return {}
    known = translations(languages, written)
    said = {plain(text) for line in lines.values() for text in line.prompts()}
    said |= {plain(text) for draft in drafts.values() for step in draft.flow.steps.values() for text in step.prompts()}
    said |= {plain(entry.say) for entry in answers.entries.values()}
    invitations = {
        plain(step.say) for draft in drafts.values() for step in draft.flow.steps.values() if isinstance(step, Language)
    }
    for (code, text), (source, path) in written.places.items():
        if text not in invitations:
            _check_keys(code, text, written.texts[code][text], source, (*path, code))
    all_lacking: dict[str, list[str]] = {}
    for code, language in languages.items():
        lacking: dict[str, tuple[Source, Path]] = {}
        for flow, step in sorted(_in_language(graph, code)):
            for text, place in _texts(drafts[flow], step, answers):
                if known.said(text, code)[1] != code:
                    lacking.setdefault(plain(text), place)
        for text in _changed(code, said, lacking, written):
            del lacking[text]
        for text, (source, path) in lacking.items():
            entry = f"'- id: {_begin(text)}', '  {code}: …'"
            message = tr(
                f"belum ada terjemahan {language.title}; tulis di folder {FOLDER}/{code}/: {entry}",
                f"there is no translation into {language.title}; write in the folder {FOLDER}/{code}/: {entry}",
            )
            source.report(path, message, severity="warning")
        all_lacking[code] = list(lacking)
    return all_lacking


def _begin(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40].rsplit(' ', 1)[0]} …"


def _in_language(graph: Graph, code: str) -> set[Node]:
    """The steps that callers can reach once they have chosen this language, and those at which they choose."""
    choices = {(flow, name) for flow, name in graph.nodes if _may_choose(graph.flows[flow].steps[name], code)}
    flows = {flow for flow, _ in choices}
    calls = {
        (flow.name, name)
        for flow in graph.flows.values()
        for name, step in flow.steps.items()
        if (jump := step.jump()) and jump.returns and jump.flow in flows
    }
    return graph.reachable(choices | calls)


def _may_choose(step: Step, code: str) -> bool:
    if isinstance(step, Language):
        return code in step.keys.values()
    return any(text == LANGUAGE for _, text in marked(step) if isinstance(text, VariableName))


def _texts(draft: Draft, name: str, answers: AnswerBase) -> Iterator[tuple[str, tuple[Source, Path]]]:
    """What a step says to those who press keys, and where that is written: in the step, or in the policy."""
    step, source = draft.flow.steps[name], draft.source
    said = set(step.prompts())
    for path, text in draft.marks[name]:
        if isinstance(text, Template) and text in said and path[0] not in _SAID_OF_SPEECH:
            places: list[Path] = [("steps", name, *path), ("policy", *path), ("steps", name)]
            yield text, (source, next(place for place in places if source.has(place)))
    for composed in sorted(said.difference(text for _, text in draft.marks[name])):
        if isinstance(composed, Template):
            yield composed, (source, ("steps", name))
    if isinstance(step, Answer):
        for told in [str(step.answer)] if step.answer else answers.entries:
            if entry := answers.entries.get(told):
                yield entry.say, (answers.sources[told], ("answers", told, "say"))


def _changed(
    code: str, said: Collection[str], lacking: Mapping[str, tuple[Source, Path]], written: TranslatedTexts
) -> Iterator[str]:
    """The texts whose translation is there under what they were before; that is told there."""
    unsaid = [text for text in written.texts.get(code, {}) if text not in said][:MOST_COMPARED]
    left = set(lacking)
    for text in unsaid:
        if not (near := difflib.get_close_matches(text, sorted(left), n=1)):
            continue
        left.discard(near[0])
        source, path = written.places[code, text]
        message = tr(
            f"teks Indonesianya sekarang lain: '{near[0]}'; sesuaikan di sini, juga terjemahannya",
            f"the Indonesian text is another one now: '{near[0]}'; adapt it here, and the translation, too",
        )
        source.report((*path, INDONESIAN), message, severity="warning")
        yield near[0]


def _check_keys(code: str, text: str, words: str, source: Source, path: Path) -> None:
    """A translation tells callers to press the same keys."""
    if code not in _PRESS_IN:
        return
    pressed, named = _keys(text, INDONESIAN)
    pressed_here, named_here = _keys(words, code)
    if lost := sorted(pressed - named_here):
        message = tr(
            f"teks Indonesianya menyebut tombol {', '.join(lost)}, terjemahan ini tidak",
            f"the Indonesian text names the key {', '.join(lost)}, this translation does not",
        )
        source.report(path, message, severity="warning")
    if added := sorted(pressed_here - named):
        message = tr(
            f"terjemahan ini menyebut tombol {', '.join(added)}, teks Indonesianya tidak",
            f"this translation names the key {', '.join(added)}, the Indonesian text does not",
        )
        source.report(path, message, severity="warning")


def _keys(text: str, language: str) -> tuple[set[str], set[str]]:
    """The keys that a text tells callers to press, and those that any word of it may stand for."""
    press, key_words = _PRESS_IN[language]

    def key(word: str) -> str:
        return key_words.get(word.lower(), word if re.fullmatch(KEY, word) else "")

    named = {key(word) for word in re.findall(r"\w+|[*#]", text)}
    return {key(found[1]) for found in press.finditer(text)} - {""}, named
