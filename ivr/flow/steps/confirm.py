"""`confirm`: a question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal

from ivr.channel import Call, Sayings
from ivr.flow.hearing import NO, NO_KEY, YES, YES_KEY
from ivr.flow.model import Step
from ivr.flow.policy import Choosing, Retrying, shared_policy
from ivr.flow.steps.menu import Menu
from ivr.flow.values import Phrase, Target, Template


class Confirm(Choosing, Retrying, Step):
    """Ask for yes (key 1) or no (key 2), also by voice: "ya", "betul", "tidak", "bukan", …

    It is a `menu` of these two. What is not given here (tries, timeout, silence, wrong_key and what is said about
    speech) comes from the flow's policy.

    ```yaml
    setuju:
      type: confirm
      say: Apakah Anda ingin kami hubungi kembali? Jika ya, tekan satu. Jika tidak, tekan dua.
      yes: catat-nomor
      no: pamit
      failed: petugas
    ```
    """

    type: Literal["confirm"] = "confirm"
    say: Template
    """The question, with its keys."""
    yes: Target
    """The step after a yes."""
    no: Target
    """The step after a no."""
    failed: Target
    """Where to go when all tries were in vain; best a person."""

    interacts = True

    def exits(self) -> Mapping[str, Target]:
        return {"yes": self.yes, "no": self.no, "failed": self.failed}

    def prompts(self) -> Iterator[str]:
        return self._menu.prompts()

    def sayings(self) -> Iterator[Sayings]:
        return self._menu.sayings()

    async def run(self, call: Call) -> str:
        exits = {f"key:{YES_KEY}": "yes", f"key:{NO_KEY}": "no"}
        return exits.get(await self._menu.run(call), "failed")

    @cached_property
    def _menu(self) -> Menu:
        phrases = {YES_KEY: [Phrase(way) for way in YES], NO_KEY: [Phrase(way) for way in NO]}
        keys = {YES_KEY: self.yes, NO_KEY: self.no}
        return Menu(say=self.say, keys=keys, phrases=phrases, failed=self.failed, **shared_policy(self, Menu))
