"""`play`: say something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ivr.channel import SKIP_KEYS, Call
from ivr.flow.model import Step
from ivr.flow.values import Target, Template, YesNo


class Play(Step):
    """Say something and go on. A key other than `#` cuts it short and stays an answer to the next question.

    ```yaml
    salam:
      type: play
      say: Selamat datang di Halo Kota.
      next: menu-utama
    ```
    """

    type: Literal["play"] = "play"
    say: Template
    """The words."""
    interrupt: YesNo = True
    """Whether keys cut it short."""
    next: Target = Target("")
    """The step after it."""

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    async def run(self, call: Call) -> str:
        await call.say(self.say, stop_keys=SKIP_KEYS if self.interrupt else "")
        return "next"
