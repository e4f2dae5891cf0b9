"""`confirm`: a question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Literal

from ivr.channel import Call, Sayings
from ivr.flow.hearing import Hearing, choose, judge_by
from ivr.flow.model import Step
from ivr.flow.policy import OPTION, Choosing, Retrying
from ivr.flow.source import Path
from ivr.flow.values import Target, Template
from ivr.flow.yes_no import KEY_OF, NO, NO_KEY, YES, YES_KEY, YES_NO

_NAMES = {YES_KEY: "ya", NO_KEY: "tidak"}


class Confirm(Choosing, Retrying, Step):
    """Ask for yes (key 1) or no (key 2), also by voice: "ya", "betul", "mau", "nggak", "tidak usah", "bukan", …

    What is not given here (tries, timeout, silence, wrong_key and what is said about
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

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("say",), self.say, YES_KEY + NO_KEY

    def prompts(self) -> Iterator[str]:
        return iter([*self._texts("half_sure"), *map(self._half_sure, _NAMES)])

    def sayings(self) -> Iterator[Sayings]:
        return iter([YES_NO])

    def choices(self) -> Mapping[str, Sequence[str]]:
        return {YES_KEY: YES, NO_KEY: NO}

    def _half_sure(self, key: str) -> str:
        return self.half_sure.replace(OPTION, _NAMES[key])

    async def run(self, call: Call) -> str:
        hearing = Hearing(
            call,
            YES_NO,
            self,
            tries=self.speech_tries,
            judge=judge_by(KEY_OF.__getitem__),
            half_sure=self._half_sure,
        )
        chosen = await hearing.until_fit(partial(choose, call, hearing, self.say, _NAMES, self), tries=self.tries)
        return {YES_KEY: "yes", NO_KEY: "no"}[chosen.key] if chosen else "failed"
