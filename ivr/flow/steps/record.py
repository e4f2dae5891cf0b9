"""`record`: take a spoken message."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from ivr.channel import ALL_KEYS, Call, HungUp, Recorded
from ivr.events import MessageRecorded
from ivr.flow.model import Step
from ivr.flow.values import Duration, Target, Template


@dataclass(frozen=True, slots=True)
class Message:
    """`path`: relative to `recordings/`, "" where nothing was said. `gone`: the caller hung up while speaking."""

    path: str
    gone: HungUp | None = None


class Record(Step):
    """Record a message until a key, silence, or `max`. A caller who just hangs up has left a message too.

    ```yaml
    tinggalkan-pesan:
      type: record
      say: Sampaikan pesan Anda setelah nada, lalu tekan pagar.
      max: 3m
      next: pesan-diterima
      failed: petugas
    ```
    """

    type: Literal["record"] = "record"
    say: Template
    """Said before the tone."""
    max: Duration = Field(180.0, ge=5, le=1800)
    """The longest message."""
    min: Duration = Field(1.0, ge=0, le=30)
    """Anything shorter is no message."""
    pause: Duration = Field(5.0, ge=0, le=30)
    """So much silence ends it; 0s: never."""
    next: Target = Target("")
    """When there is a message."""
    failed: Target
    """When nothing was said, or there is no room to keep it."""

    interacts = True

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    async def run(self, call: Call) -> str:
        message = await self.take(call)
        if message and message.gone:
            raise message.gone
        return "next" if message and message.path else "failed"

    async def take(self, call: Call) -> Message | None:
        """Record it, also of one who hangs up meanwhile. None: there is no room to keep one."""
        path = call.new_recording("message")
        if path is None:
            return None
        await call.say(self.say)
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            recorded = await call.channel.record(
                path, max_seconds=self.max, silence=self.pause, stop_keys=ALL_KEYS, beep=True
            )
        except HungUp as gone:
            kept = path if path.exists() else None
            return Message(self._note(call, Recorded(kept, loop.time() - started, "hangup")), gone)
        return Message(self._note(call, recorded))

    def _note(self, call: Call, recorded: Recorded) -> str:
        """Write down what was recorded; its path as in the record, "" where it is no message."""
        kept = recorded.path if recorded.seconds >= self.min else None
        if recorded.path and not kept:
            recorded.path.unlink(missing_ok=True)
        path = call.relative_recording(kept) if kept else ""
        call.emit(MessageRecorded, path=path, seconds=round(recorded.seconds, 1), ended_by=recorded.ended_by)
        return path
