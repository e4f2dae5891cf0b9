"""Languages that callers may choose beside Indonesian, and what the flows' texts are in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import create_model

from ivr.flow.fields import is_mapping, validate
from ivr.flow.source import Path, Source
from ivr.flow.values import LanguageName, Strict, Template
from ivr.i18n import tr
from ivr.voice.languages import ENGLISH, INDONESIAN, Translations
from ivr.voice.template import TemplateError, names_in

FOLDER = "languages"
"""The folder beside the flows that holds a folder for each language."""


class OtherLanguage(Strict):
    """A language that callers may choose, by the step `language`, beside Indonesian.

    It stands in hotline.yaml, below `languages`, by its code (`en`, `jv`, `su`). What texts are in it stands in the
    files of the folder `languages/CODE`, in any order, each once for all flows, answers and lines:

    ```yaml
    # languages/en/halo-kota.yaml
    - id: Selamat datang di Halo Kota.
      en: Welcome to Halo Kota.
    - id: Nomor tiketnya {tiket:digit}.
      en: Your ticket number is {tiket:digit}.
    ```

    A text that is not there, or was changed since, is said in the language of `fallback`, and in the end in
    Indonesian; `sambung check` warns of it. Sambung's own texts are there in English. English is spoken by an English
    voice, with values in English; languages of the regions by the Indonesian voice, unless a person records them.
    Only Indonesian speech is understood: in other languages callers have the keys.
    """

    title: str
    """Its name for people."""
    fallback: LanguageName = LanguageName(INDONESIAN)
    """The language in which a text is said that has no words in this one."""


@cache
def _pair(language: str) -> type[Strict]:
    """What a file of a language holds for each text."""
    fields: dict[str, Any] = {INDONESIAN: (Template, ...), language: (Template, ...)}
    return create_model("Translation", __base__=Strict, **fields)


@dataclass(slots=True)
class TranslatedTexts:
    """What the files hold: language → Indonesian text, in single spaces → its words, and where they stand.

    `unknown`: folders of languages that there are not.
    """

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[Source, Path]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def read(self, source: Source, language: str) -> None:
        """Add what one file holds; what is wrong with it is reported."""
        if not isinstance(source.data, list):
            if source.data is not None:
                message = tr(
                    f"di sini harus ada daftar: '- id: teks Indonesia', di bawahnya '  {language}: terjemahannya'",
                    f"a list belongs here: '- id: the Indonesian text', below it '  {language}: its translation'",
                )
                source.report((), message)
            return
        for i, given in enumerate(source.data):
            if is_mapping(source, (i,), given) and not (language in given and given[language] is None):
                self._read(source, (i,), given, language)

    def _read(self, source: Source, path: Path, given: Mapping[str, Any], language: str) -> None:
        if not (pair := validate(source, path, given, _pair(language))):
            return
        text, words = plain(getattr(pair, INDONESIAN)), str(getattr(pair, language))
        if other := self.places.get((language, text)):
            first = other[0].place((*other[1], INDONESIAN))[0]
            message = tr(
                f"teks ini sudah ada di {other[0].file}:{first}; hapus salah satu",
                f"this text is there already in {other[0].file}:{first}; remove one of the two",
            )
            source.report((*path, INDONESIAN), message)
            return
        self.places[language, text] = source, path
        self.texts.setdefault(language, {})[text] = words
        _check_variables(source, path, text, words, language)


def plain(text: str) -> str:
    """A text as translations name it: in single spaces."""
    return " ".join(text.split())


def _check_variables(source: Source, path: Path, text: str, words: str, language: str) -> None:
    """A translation says the variables that the text says."""
    try:
        said = names_in(words)
    except TemplateError as e:
        source.report((*path, language), str(e), inside=(words, e.offset))
        return
    try:
        wanted = names_in(text)
    except TemplateError:
        return  # told where a flow says it
    for name in sorted(wanted - said):
        message = tr(f"{{{name}}} tidak ada dalam terjemahan ini", f"{{{name}}} is missing from this translation")
        source.report((*path, language), message)
    for name in sorted(said - wanted):
        message = tr(f"{{{name}}} tidak ada dalam teks Indonesianya", f"{{{name}}} is not in the Indonesian text")
        source.report((*path, language), message, suggestion=source.nearest(name, wanted))


def translations(languages: Mapping[str, OtherLanguage], written: TranslatedTexts) -> Translations:
    """What calls need, with Sambung's own texts."""
    own = {"en": {plain(text): words for text, words in ENGLISH.items()}}
    return Translations(
        {code: own.get(code, {}) | written.texts.get(code, {}) for code in languages},
        {code: str(language.fallback) for code, language in languages.items()},
    )


def check_fallbacks(hotline: Source, languages: Mapping[str, OtherLanguage]) -> None:
    """Every fallback exists, and leads to Indonesian."""
    for code, language in languages.items():
        path = ("languages", code, "fallback")
        if language.fallback not in (INDONESIAN, *languages):
            hotline.report(path, unknown(language.fallback), suggestion=hotline.nearest(language.fallback, languages))
            continue
        seen = [code]
        while (after := str(languages[seen[-1]].fallback)) in languages and after not in seen:
            seen.append(after)
        if after == code:
            message = tr(
                f"'fallback' berputar: {' → '.join([*seen, code])}; hapus salah satu",
                f"these fallbacks go round: {' → '.join([*seen, code])}; remove one",
            )
            hotline.report(path, message)


def unknown(language: str) -> str:
    """That there is no such language."""
    return tr(
        f"bahasa '{language}' tidak ada di hotline.yaml, di bawah 'languages'",
        f"there is no language '{language}' in hotline.yaml, below 'languages'",
    )
