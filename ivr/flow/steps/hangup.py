"""`hangup`: take leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ivr.channel import Call
from ivr.flow.model import Step
from ivr.flow.values import Target, Template


class Hangup(Step):
    """Say good-bye and end the call, also from inside a flow that was called from another.

    ```yaml
    selesai:
      type: hangup
      say: Terima kasih telah menghubungi Halo Kota.
    ```
    """

    type: Literal["hangup"] = "hangup"
    say: Template = Template("")
    """The last words."""

    final = True

    def exits(self) -> Mapping[str, Target]:
        return {"end": Target(""), "failed": Target("")}

    async def run(self, call: Call) -> str:
        if self.say:
            await call.say(self.say)
        return "end"
