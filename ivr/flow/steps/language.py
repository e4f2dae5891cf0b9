"""`language`: let callers choose the language of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import LANGUAGE, SKIP_KEYS, Call
from ivr.events import InputRejected
from ivr.flow.model import Policy, Step
from ivr.flow.values import Duration, Key, LanguageName, Target, Template, words


class Language(Step):
    """Let callers choose a language by a key; it holds for the rest of the call, as the variable `bahasa`.

    `say` is said in each language in turn, by its voice, in the order of `keys`: its translations invite in their own
    words ("For English, press two."). Whoever presses nothing goes on in the language of the call, Indonesian at first.

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
    next: Target = Target("")
    """The step after it."""
    tries: int = Field(Policy().tries, ge=1, le=9)
    timeout: Duration = Field(Policy().timeout, ge=1, le=60)
    wrong_key: Template = Policy().wrong_key

    interacts = True

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    async def run(self, call: Call) -> str:
        for attempt in range(1, self.tries + 1):
            key = await self._answer(call)
            if key is None or key in self.keys:
                break
            call.emit(InputRejected, why="wrong_key", attempt=attempt)
            if attempt < self.tries:
                await call.say(self.wrong_key)
        call.assign(LANGUAGE, self.keys.get(key or "", call.language))
        return "next"

    async def _answer(self, call: Call) -> str | None:
        """The key that is pressed, None in silence."""
        for language in self.keys.values():
            if not (await call.say(self.say, language=language)).completed:
                break
        key = await call.read_key(self.timeout)
        while key is not None and key not in SKIP_KEYS and key not in self.keys:
            key = await call.read_key(self.timeout)
        return key
