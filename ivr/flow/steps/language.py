"""`language`: let callers choose the language of the call."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import LANGUAGE, Call
from ivr.flow.model import Content, Step
from ivr.flow.source import Path
from ivr.flow.values import Duration, Key, LanguageName, Target, Template, words


class Language(Step):
    """Let callers choose a language by a key; it holds for the rest of the call, as the variable `bahasa`.

    `say` is said in each language in turn, by its voice, in the order of `keys`: its translations invite in their own
    words ("For English, press two."). Whoever presses nothing goes on in the language of the call, Indonesian at first;
    any other key answers the next question. Those who speak Indonesian wait least where other languages alone are
    offered.

    ```yaml
    bahasa:
      type: language
      say: Untuk bahasa Indonesia, tekan satu.
      keys:
        1: id
        2: en
      next: menu-utama
    ```
    """

    type: Literal["language"] = "language"
    say: Template = words("Untuk bahasa Indonesia, tekan satu.", "For English, press two.")
    """The invitation, in Indonesian; those of the other languages are its translations."""
    keys: dict[Key, LanguageName] = Field(min_length=1)
    """Key → language."""
    wait: Duration = Field(3.0, ge=1, le=30)
    """How long to wait for a key once all was said."""
    next: Target = Target("")
    """The step after it."""

    interacts = True
    sets = (LANGUAGE,)

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("say",), self.say, self.keys

    def contents(self) -> Mapping[str, Content]:
        return {LANGUAGE: Content(values=frozenset(self.keys.values()))}

    async def run(self, call: Call) -> str:
        for language in self.keys.values():
            if not (await call.say(self.say, language=language)).completed:
                break
        key = await call.read_key(self.wait, of="".join(self.keys))
        call.assign(LANGUAGE, self.keys[key] if key else call.language)
        return "next"
