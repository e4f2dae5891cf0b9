"""The prompts of one published version, as a call needs them: text and values in, segments out.

This is all of `ivr.voice` that the engine holds. It looks into dictionaries only: no disk, no synthesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.channel import Segment, Value, Voiced
from ivr.voice.languages import INDONESIAN, Translations, tongue
from ivr.voice.template import Foreign, Placeholder, TemplateError, normalise, parse_template
from ivr.voice.wav import wav_seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """One finished audio file: its name in the folder of built prompts, and its length."""

    file: str
    seconds: float


_SAID_ALREADY = {("tanggal", "tanggal"), ("pukul", "pukul"), ("jam", "pukul")}
"""Last word before a value and first word of it, which is not said twice: "pada tanggal {batas:tanggal}"."""


class PromptBook:
    """Renders prompts. `clips`: normalised text of every fixed piece and unit -> its audio in `folder`.

    `others`: the same for each language that there is beside Indonesian. `names`: value -> the words that are said for
    it, one piece; "" where nothing is.
    """

    def __init__(
        self,
        clips: Mapping[str, Clip],
        folder: Path,
        others: Mapping[str, Mapping[str, Clip]] | None = None,
        translations: Translations | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._clips = {**(others or {}), INDONESIAN: clips}
        self._folder, self._translations = folder.resolve(), translations or Translations()
        self._names = names or {}
        self._segments = {
            language: {text: Segment(text, self._folder / c.file, c.seconds) for text, c in of.items()}
            for language, of in self._clips.items()
        }
        self._prepared: dict[tuple[str, str], tuple[list[Segment | Placeholder], str]] = {}

    def render(self, text: str, variables: Mapping[str, Value], language: str = INDONESIAN) -> list[Segment]:
        """The pieces of `text` in order, in this language or the one it falls back to.

        Never raises: what has no audio comes as `Segment(…, None)`. That is a piece which was not published, a
        variable that is not set, and a value which its format cannot say (free text above all, unless it is
        published as a text of its own).
        """
        prepared = self._prepared.get((text, language))
        if prepared is None:
            prepared = self._prepared[text, language] = self._prepare(text, language)
        segments: list[Segment] = []
        for part in prepared[0]:
            if isinstance(part, Segment):
                segments.append(part)
            else:
                segments += self._value(part, variables, segments[-1].text if segments else "", prepared[1])
        return segments

    def missing(self) -> list[str]:
        """Texts whose audio is gone or cut short, looked up on the disk. For start-up and `doctor`."""
        return [
            text
            for clips in self._clips.values()
            for text, clip in clips.items()
            if wav_seconds(self._folder / clip.file) is None
        ]

    def _prepare(self, text: str, language: str) -> tuple[list[Segment | Placeholder], str]:
        """The pieces and placeholders of a text, and the language in which they are said."""
        words, language = self._translations.said(text, language)
        try:
            parts = parse_template(words)
        except TemplateError:  # refused when published; here the call matters more
            return [Segment(words, None)], language
        return [
            part
            if isinstance(part, Placeholder)
            else self._segment(normalise(part), part.language if isinstance(part, Foreign) else language)
            for part in parts
            if isinstance(part, Placeholder) or normalise(part)
        ], language

    def _value(
        self, placeholder: Placeholder, variables: Mapping[str, Value], before: str, language: str
    ) -> list[Segment]:
        value = variables.get(placeholder.name)
        if value is None:
            return [Segment(f"{{{placeholder.name}}}", None)]
        if isinstance(value, Voiced):
            return [value.segment]
        if not placeholder.format and isinstance(value, str) and value in self._names:
            words, language = self._translations.said(self._names[value], language)
            return [self._segment(normalise(words), language)] if words else []
        last = before.lower().rstrip("-").rpartition(" ")[2]
        # "di urutan ke-{n:urutan}": the prefix is spoken already
        spoken_as = "angka" if (last, placeholder.format) == ("ke", "urutan") else placeholder.format
        try:
            units = tongue(language).spoken(value, spoken_as)
        except ValueError:
            words, language = self._translations.said(str(value) or f"{{{placeholder.name}}}", language)
            return [self._segment(normalise(words) or words, language)]
        if (last, units[0]) in _SAID_ALREADY:
            units = units[1:]
        return [self._segment(unit, language) for unit in units]

    def _segment(self, text: str, language: str) -> Segment:
        return self._segments.get(language, {}).get(text) or Segment(text, None)
