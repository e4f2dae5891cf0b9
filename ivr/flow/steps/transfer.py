"""`transfer`: bring the caller to another telephone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import Call, HungUp, TransferOutcome
from ivr.events import TransferEnded, TransferStarted
from ivr.flow.model import Step
from ivr.flow.values import Duration, Number, Target, Template

_EXITS = {
    TransferOutcome.ANSWERED: "answered",
    TransferOutcome.BUSY: "busy",
    TransferOutcome.NO_ANSWER: "no_answer",
    TransferOutcome.REFUSED: "failed",
    TransferOutcome.FAILED: "failed",
}


class Transfer(Step):
    """Call an extension, or an outside number that the settings allow, and connect the caller.

    The number stands in the flow: what a caller typed never becomes a call to the outside.
    `busy` and `no_answer` lead where `failed` leads, unless given.

    ```yaml
    dinas-sosial:
      type: transfer
      to: 0315312144
      say: Anda kami sambungkan ke Dinas Sosial.
      answered: terima-kasih
      failed: petugas
    ```
    """

    type: Literal["transfer"] = "transfer"
    to: Number
    """The extension or number."""
    say: Template = Template("")
    """Said before."""
    ring_seconds: Duration = Field(30.0, ge=5, le=120)
    """How long it rings."""
    answered: Target = Target("")
    """After the talk, when the caller is still there."""
    busy: Target | None = None
    """When it is busy."""
    no_answer: Target | None = None
    """When nobody answers."""
    failed: Target
    """When it cannot be reached."""

    interacts = True
    talks = True
    person = True

    def exits(self) -> Mapping[str, Target]:
        return {
            "answered": self.answered,
            "busy": self.failed if self.busy is None else self.busy,
            "no_answer": self.failed if self.no_answer is None else self.no_answer,
            "failed": self.failed,
        }

    async def run(self, call: Call) -> str:
        if self.say:
            await call.say(self.say)
        started = asyncio.get_running_loop().time()
        call.emit(TransferStarted, target=self.to)
        try:
            outcome = await call.channel.transfer(self.to, ring_seconds=self.ring_seconds)
        except HungUp as gone:
            self._ended(call, TransferOutcome.HUNG_UP_TALKING if gone.talking else TransferOutcome.HUNG_UP, started)
            raise
        self._ended(call, outcome, started)
        return _EXITS[outcome]

    def _ended(self, call: Call, outcome: TransferOutcome, started: float) -> None:
        talked = outcome in (TransferOutcome.ANSWERED, TransferOutcome.HUNG_UP_TALKING)
        seconds = asyncio.get_running_loop().time() - started if talked else 0.0
        call.emit(TransferEnded, target=self.to, outcome=outcome.value, seconds=round(seconds, 1))
