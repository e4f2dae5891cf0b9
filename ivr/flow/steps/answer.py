"""`answer`: tell what the answer base says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from ivr.channel import Call
from ivr.events import AnswerGiven, AnswerWithheld
from ivr.flow.model import Policy, Step
from ivr.flow.values import AnswerName, Target, Template
from ivr.i18n import tr


class Answer(Step):
    """Tell an answer of the answer base and go on. A key other than `#` cuts it short, as in `play`.

    On a day on which the answer is not valid it is not told: the caller hears `expired_say` and goes to `expired`.
    One to whom it cannot be played goes there, too. Both come from the flow's policy, unless given.

    ```yaml
    syarat-ktp:
      type: answer
      answer: syarat-ktp
      next: ada-lagi
      expired: petugas
    ```
    """

    type: Literal["answer"] = "answer"
    answer: AnswerName
    """The answer's name."""
    next: Target = Target("")
    """The step after it."""
    expired: Target = Policy().expired
    expired_say: Template = Policy().expired_say

    @model_validator(mode="after")
    def _leads_on_when_expired(self) -> Self:
        if not self.expired:
            raise ValueError(
                tr(
                    "'expired' belum ditulis: ke mana penelepon bila jawaban ini tidak berlaku lagi, sebaiknya ke "
                    "petugas; tulis di sini, atau sekali di 'policy'",
                    "'expired' is missing: where callers go once this answer is not valid, best to a person; write it "
                    "here, or once in 'policy'",
                )
            )
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "expired": self.expired, "failed": self.expired}

    async def run(self, call: Call) -> str:
        words = call.find_answer(self.answer)
        if words is None:
            call.emit(AnswerWithheld, answer=self.answer)
            if self.expired_say:
                await call.say(self.expired_say)
            return "expired"
        call.emit(AnswerGiven, answer=self.answer)
        played = await call.say(words)
        return "failed" if played.problem else "next"
