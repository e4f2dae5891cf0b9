"""The languages that prompts are spoken in: which words stand for a text, and how values are said among them.

Flows are written in Indonesian. What a text is in another language stands beside the flows, under the text itself, so
that a changed text is never said in the old words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.channel import Value
from ivr.i18n import tr
from ivr.voice import english, numbers
from ivr.voice.numbers import PAUSE
from ivr.voice.speakable import speakable
from ivr.voice.template import normalise

INDONESIAN = "id"
"""The language of the flows, and of the recogniser."""
ENGLISH = {
    "Untuk menjaga mutu layanan, percakapan dengan petugas direkam.": (
        "To maintain the quality of our service, conversations with our officers are recorded."
    ),
    "Untuk menjaga mutu layanan, panggilan ini direkam.": (
        "To maintain the quality of our service, this call is recorded."
    ),
}
"""Texts that Sambung brings itself → the same in English: the notice of recording, which stands in the settings, the
one before it, which many settings hold, and all that `flow.values.words` adds.
"""
LIST = ";"
"""Stands between the values of a list: "50000; 75000"."""

_LOOKS_LIKE = (
    ("tanggal", re.compile(r"\d{4}-\d{2}-\d{2}")),
    ("jam", re.compile(r"\d{1,2}:\d{2}")),
    ("digit", re.compile(r"\+?[\d\s-]*\d[\d\s-]*")),
)


@dataclass(frozen=True, slots=True)
class Tongue:
    """How a voice speaks a language. `speakable` writes a text out in words; `units`: all that values are made of."""

    voice: str
    formats: Mapping[str, Callable[[Value], list[str]]]
    units: tuple[str, ...]
    speakable: Callable[[str], str]
    yes: str
    no: str
    conjunction: str

    def spoken(self, value: Value, format: str = "") -> list[str]:
        """The units of a value, or of each in a list. Without a format it goes by its looks.

        Raises ValueError where it cannot be said.
        """
        if isinstance(value, bool):
            return [self.yes if value else self.no]
        if not isinstance(value, str) or LIST not in value:
            return self.formats[format or _format_of(value)](value)
        *others, last = [self.spoken(each.strip(), format) for each in value.split(LIST) if each.strip()]
        units = [unit for each in others for unit in (*each, PAUSE)]
        return [*units, *([self.conjunction] if others else []), *last]


def _format_of(value: Value) -> str:
    if not isinstance(value, str):
        return "angka"
    for format, looks in _LOOKS_LIKE:
        if looks.fullmatch(value):
            return format
    raise ValueError(tr(f"'{value}' adalah teks bebas tanpa suara", f"'{value}' is free text without audio"))


def is_free_text(value: str) -> bool:
    """Whether a value is words, which are said only where they have audio of their own."""
    try:
        _format_of(value)
    except ValueError:
        return bool(normalise(value)) and not set("{}") & set(value)
    return False


_TONGUES = {
    INDONESIAN: Tongue("id", numbers.FORMATS, numbers.UNITS, speakable, "ya", "tidak", "dan"),
    "en": Tongue("en", english.FORMATS, english.UNITS, english.speakable, "yes", "no", "and"),
}


def tongue(language: str) -> Tongue:
    """How a language is spoken: those of the regions by the Indonesian voice, with Indonesian numbers."""
    return _TONGUES.get(language, _TONGUES[INDONESIAN])


@dataclass(frozen=True, slots=True)
class Translations:
    """`texts`: language → Indonesian text, in single spaces → its words. `fallback`: language → the one tried next."""

    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fallback: Mapping[str, str] = field(default_factory=dict)

    def said(self, text: str, language: str) -> tuple[str, str]:
        """The words for `text` in a language, else in the first of its fallbacks that has some, and in which that is.

        Indonesian comes last.
        """
        plain = " ".join(text.split())
        while language != INDONESIAN:
            if words := self.texts.get(language, {}).get(plain):
                return words, language
            language = self.fallback.get(language, INDONESIAN)
        return text, INDONESIAN
