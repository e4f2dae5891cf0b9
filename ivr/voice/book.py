"""The prompts of one published version, as a call needs them: text and values in, segments out.

This is all of `ivr.voice` that the engine holds. It looks into dictionaries only: no disk, no synthesis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.channel import Segment, Value, Voiced
from ivr.voice.numbers import spoken
from ivr.voice.template import Placeholder, TemplateError, normalise, parse_template
from ivr.voice.wav import wav_seconds


@dataclass(frozen=True, slots=True)
class Clip:
    """One finished audio file: its name in the folder of built prompts, and its length."""

    file: str
    seconds: float


_SAID_ALREADY = {("tanggal", "tanggal"), ("pukul", "pukul"), ("jam", "pukul")}
"""Last word before a value and first word of it, which is not said twice: "pada tanggal {batas:tanggal}"."""


class PromptBook:
    """Renders prompts. `clips`: normalised text of every fixed piece and unit -> its audio in `folder`."""

    def __init__(self, clips: Mapping[str, Clip], folder: Path) -> None:
        self._clips = clips
        self._folder = folder.resolve()
        self._segments = {text: Segment(text, self._folder / c.file, c.seconds) for text, c in clips.items()}
        self._prepared: dict[str, list[Segment | Placeholder]] = {}

    def render(self, text: str, variables: Mapping[str, Value]) -> list[Segment]:
        """The pieces of `text` in order. Never raises: what has no audio comes as `Segment(…, None)`.

        That is a piece which was not published, a variable that is not set, and a value which its format
        cannot say (free text above all).
        """
        prepared = self._prepared.get(text)
        if prepared is None:
            prepared = self._prepared[text] = self._prepare(text)
        segments: list[Segment] = []
        for part in prepared:
            if isinstance(part, Segment):
                segments.append(part)
            else:
                segments += self._value(part, variables, segments[-1].text if segments else "")
        return segments

    def missing(self) -> list[str]:
        """Texts whose audio is gone or cut short, looked up on the disk. For start-up and `doctor`."""
        return [text for text, clip in self._clips.items() if wav_seconds(self._folder / clip.file) is None]

    def _prepare(self, text: str) -> list[Segment | Placeholder]:
        try:
            parts = parse_template(text)
        except TemplateError:  # refused when published; here the call matters more
            return [Segment(text, None)]
        return [
            part if isinstance(part, Placeholder) else self._segment(normalise(part))
            for part in parts
            if isinstance(part, Placeholder) or normalise(part)
        ]

    def _value(self, placeholder: Placeholder, variables: Mapping[str, Value], before: str) -> list[Segment]:
        value = variables.get(placeholder.name)
        if value is None:
            return [Segment(f"{{{placeholder.name}}}", None)]
        if isinstance(value, Voiced):
            return [value.segment]
        last = before.lower().rstrip("-").rpartition(" ")[2]
        # "di urutan ke-{n:urutan}": the prefix is spoken already
        spoken_as = "angka" if (last, placeholder.format) == ("ke", "urutan") else placeholder.format
        try:
            units = spoken(value, spoken_as)
        except ValueError:
            return [Segment(str(value) or f"{{{placeholder.name}}}", None)]
        if (last, units[0]) in _SAID_ALREADY:
            units = units[1:]
        return [self._segment(unit) for unit in units]

    def _segment(self, text: str) -> Segment:
        return self._segments.get(text) or Segment(text, None)
