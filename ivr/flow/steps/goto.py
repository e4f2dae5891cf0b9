"""`goto`: go on in another flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from ivr.channel import Call
from ivr.flow.model import FlowJump, Step
from ivr.flow.problems import FieldError
from ivr.flow.values import FlowName, Target
from ivr.i18n import tr


class Goto(Step):
    """Go on in another flow (`flow`), or run it and come back (`call` and `next`).

    ```yaml
    cek-identitas:
      type: goto
      call: identitas
      next: menu-utama
    ```
    """

    type: Literal["goto"] = "goto"
    flow: FlowName = FlowName("")
    """The flow to go on with, for good."""
    call: FlowName = FlowName("")
    """The flow to run, and then come back."""
    next: Target = Target("")
    """The step after the flow that was called."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.flow) == bool(self.call):
            raise ValueError(tr("tulis salah satu: flow atau call", "write one of the two: flow or call"))
        if self.flow and self.next:
            raise FieldError(tr("next hanya ada bersama call", "next goes with call only"), "next", key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next}

    async def run(self, call: Call) -> str:
        return "next"

    def jump(self) -> FlowJump:
        return FlowJump(self.flow or self.call, returns=bool(self.call))
