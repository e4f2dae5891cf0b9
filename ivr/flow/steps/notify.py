"""`notify`: tell another system, or people by e-mail, of the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Literal

from pydantic import Field

from ivr.channel import Call
from ivr.events import MASKED_KEY, NotificationQueued
from ivr.flow.details import details
from ivr.flow.expressions import teks
from ivr.flow.model import Step
from ivr.flow.values import RecipientName, SetVariable, Target, Template
from ivr.notifications import Notification
from ivr.voice.template import Placeholder, parse_template


class Notify(Step):
    """Tell a recipient of the administrator's: by an HTTP request, or by e-mail.

    The call goes on at once; what cannot be delivered is tried again for a day. The recipient learns call, line, time,
    `text` and `details`; secret variables only where the administrator has named them for this recipient.

    ```yaml
    beri-tahu-piket:
      type: notify
      to: piket
      text: "Laporan {keperluan} dari {caller}."
      details: [keperluan, caller]
      next: pamit
    ```
    """

    type: Literal["notify"] = "notify"
    to: RecipientName
    """The recipient's name."""
    text: Template = Template("")
    """What it is told, in writing: `{name}` is a variable."""
    details: list[SetVariable] = Field([])
    """Variables that it is told by name."""
    next: Target = Target("")
    """The step after it."""

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    def prompts(self) -> Iterator[str]:
        return iter(())  # nothing of it is spoken

    async def run(self, call: Call) -> str:
        hidden = set(call.secrets) - call.outbox.may_know(self.to)
        told = details(call, self.details, hidden=hidden)
        line, at = teks(call.variables["line"]), call.now().timestamp()
        call.outbox.put(Notification(self.to, call.id, line, at, self._written(call, hidden), told))
        call.emit(NotificationQueued, recipient=self.to)
        return "next"

    def _written(self, call: Call, hidden: AbstractSet[str]) -> str:
        def said(name: str) -> str:
            return MASKED_KEY if name in hidden else teks(call.variables.get(name, ""))

        return "".join(said(p.name) if isinstance(p, Placeholder) else p for p in parse_template(self.text))
