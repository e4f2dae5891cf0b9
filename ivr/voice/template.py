"""Placeholders in a prompt's text: `{nama}` and `{nama:format}`; words in another language: `{en|words}`.

    Nomor tiket Anda {tiket:digit}. Biayanya {biaya:rupiah}, paling lambat {batas:tanggal}. {en|For English, press two.}

What stands between placeholders is recorded or synthesised when published; the values are put together
from ready-made units during the call (`ivr.voice.numbers`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Self

from ivr.i18n import tr
from ivr.voice.numbers import FORMATS

VOICES = ("id", "en")
"""Languages that have a voice of their own."""
_NAME = re.compile(r"[^\W\d]\w*")


class TemplateError(ValueError):
    """A placeholder is wrong. `offset`: index into the text of the character to look at."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value spoken at run time. `format` is a key of `FORMATS`, "" to go by the value's type."""

    name: str
    format: str
    offset: int


class Foreign(str):
    """A fixed piece in a language of its own."""

    __slots__ = ("language",)
    language: str

    def __new__(cls, words: str, language: str) -> Self:
        """These words in this language."""
        piece = super().__new__(cls, words)
        piece.language = language
        return piece


Part = str | Placeholder


@lru_cache(maxsize=4096)
def parse_template(text: str) -> tuple[Part, ...]:
    """Split `text` into its fixed pieces (as written) and placeholders, in order. Raises TemplateError."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        brace = re.compile(r"[{}]").search(text, at)
        end = brace.start() if brace else len(text)
        if end > at:
            parts.append(text[at:end])
        if not brace:
            break
        part, at = _in_braces(text, end)
        parts.append(part)
    return tuple(parts)


def _in_braces(text: str, start: int) -> tuple[Part, int]:
    """What begins with the brace at `start`, and the index after it."""
    if text[start] == "}":
        raise TemplateError(tr("tanda } tanpa { di depannya", "} without a { before it"), start)
    close = text.find("}", start)
    if close < 0:
        raise TemplateError(tr("tanda { tidak ditutup dengan }", "{ is not closed by }"), start)
    language, bar, words = text[start + 1 : close].partition("|")
    if bar:
        return _foreign(language, words, start), close + 1
    name, colon, spoken_as = text[start + 1 : close].partition(":")
    if not _NAME.fullmatch(name):
        raise TemplateError(tr(f"'{name}' bukan nama variabel", f"'{name}' is not the name of a variable"), start + 1)
    if colon and spoken_as not in FORMATS:
        near = get_close_matches(spoken_as, FORMATS, n=1)
        known = ", ".join(FORMATS)
        raise TemplateError(
            tr(
                f"format '{spoken_as}' tidak dikenal" + (f"; maksudnya '{near[0]}'?" if near else f"; pilih {known}"),
                f"unknown format '{spoken_as}'" + (f"; did you mean '{near[0]}'?" if near else f"; use {known}"),
            ),
            start + len(name) + 2,
        )
    return Placeholder(name, spoken_as, start), close + 1


def _foreign(language: str, words: str, start: int) -> Foreign:
    if language not in VOICES:
        known = ", ".join(VOICES)
        message = tr(
            f"bahasa '{language}' tidak punya suara sendiri; yang punya: {known}",
            f"the language '{language}' has no voice of its own; there are: {known}",
        )
        raise TemplateError(message, start + 1)
    if "{" in words:
        message = tr(
            f"variabel tidak dapat berada di dalam {{{language}|…}}", f"no variable may stand in {{{language}|…}}"
        )
        raise TemplateError(message, start)
    return Foreign(words, language)


def fixed_pieces(text: str, language: str) -> list[tuple[str, str]]:
    """The pieces of a text in a language that need audio of their own: those in which there is something to say.

    Each after its language.
    """
    return [
        (part.language if isinstance(part, Foreign) else language, piece)
        for part in parse_template(text)
        if isinstance(part, str) and (piece := normalise(part))
    ]


def names_in(text: str) -> set[str]:
    """The variables that `text` says."""
    return {part.name for part in parse_template(text) if isinstance(part, Placeholder)}


def normalise(piece: str) -> str:
    """One form for texts that sound alike: single spaces, no sign in front; "" where there is nothing to say."""
    said = " ".join(piece.split()).lstrip(",.;:!?)-– ")
    return said if any(c.isalnum() or c in "*#%&" for c in said) else ""


def text_id(text: str, language: str = "id") -> str:
    """The id by which people name a text: 12 hexadecimal digits, the same on every machine."""
    return hashlib.sha256(f"{language}\n{normalise(text)}".encode()).hexdigest()[:12]
