"""`input`: a number typed on the keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ivr.channel import Call
from ivr.events import InputRejected
from ivr.flow.model import Policy, Step
from ivr.flow.values import Duration, Expression, Key, Target, Template, VariableName, YesNo
from ivr.i18n import tr

START_OVER = "*"
"""The key that throws away what was typed so far."""
CONFIRMED, REFUSED = "1", "2"


class Input(Step):
    """Take digits into a variable, as text (`0800` keeps its zero).

    It ends at `end_key`, at `max` digits, or `pause` after the last one; `*` starts over. With `confirm`
    the caller hears it and presses 1 (right) or 2 (again). What is not given here (tries, timeout,
    silence, wrong_key) comes from the flow's policy.

    ```yaml
    nik:
      type: input
      say: Ketik enam belas angka NIK Anda.
      into: nik
      min: 16
      max: 16
      secret: ya
      confirm: NIK Anda {nik:digit}. Jika benar tekan satu, jika salah tekan dua.
      next: periksa
      failed: petugas
    ```
    """

    type: Literal["input"] = "input"
    say: Template
    """The question."""
    into: VariableName
    """The variable that takes the digits."""
    min: int = Field(1, ge=1, le=40)
    """How few digits are enough."""
    max: int = Field(20, ge=1, le=40)
    """How many digits at most."""
    end_key: Key | Literal[""] = "#"
    """The key that ends the number; empty: none."""
    pause: Duration = Field(4.0, ge=1, le=30)
    """How long to wait between two digits."""
    secret: YesNo = False
    """Whether the digits are kept out of the record, and all that `set` works out from them."""
    pattern: str = ""
    """A regular expression that the digits must match; no repeated groups."""
    valid: Expression | None = None
    """An expression that must be true of the digits."""
    confirm: Template = Template("")
    """Reads the digits back and asks for 1 (right) or 2 (again)."""
    next: Target
    """The step after it."""
    failed: Target
    """Where to go when all tries were in vain."""
    tries: int = Field(Policy().tries, ge=1, le=9)
    timeout: Duration = Field(Policy().timeout, ge=1, le=60)
    silence: Template = Policy().silence
    wrong_key: Template = Policy().wrong_key

    interacts = True

    @field_validator("pattern")
    @classmethod
    def _quick_to_match(cls, pattern: str) -> str:
        # A repeated group can take for ever on a few digits, and a frozen engine is silence on all lines.
        if re.search(r"\)[*+{]", pattern):
            raise ValueError(tr("grup yang diulang tidak boleh", "a repeated group is not allowed"))
        try:
            re.compile(pattern)
        except re.error as e:
            raise ValueError(tr(f"pola tidak dapat dibaca: {e}", f"cannot read the pattern: {e}")) from None
        return pattern

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        if self.min > self.max:
            raise ValueError(tr("min lebih besar daripada max", "min is greater than max"))
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    async def run(self, call: Call) -> str:
        call.secret = self.secret
        for attempt in range(1, self.tries + 1):
            await call.say(self.say)
            digits = await self._digits(call)
            call.variables[self.into] = digits
            if not (why := self._wrong(call, digits)) and await self._confirmed(call):
                call.assign(self.into, digits, secret=self.secret)
                return "next"
            call.emit(InputRejected, why=why or "refused", attempt=attempt)
            if why and attempt < self.tries:
                await call.say(self.silence if why == "silence" else self.wrong_key)
        call.variables[self.into] = ""
        return "failed"

    async def _digits(self, call: Call) -> str:
        digits = ""
        while len(digits) < self.max:
            key = await call.read_key(self.pause if digits else self.timeout)
            if key is None or key == self.end_key:
                break
            if key == START_OVER:
                digits = ""
            elif key.isdigit():
                digits += key
        return digits

    def _wrong(self, call: Call, digits: str) -> str:
        """Why `digits` are no answer, "" when they are one."""
        if not digits:
            return "silence"
        if len(digits) < self.min:
            return "too_short"
        if self.pattern and not re.fullmatch(self.pattern, digits):
            return "invalid"
        if self.valid is not None and not call.evaluate(self.valid):
            return "invalid"
        return ""

    async def _confirmed(self, call: Call) -> bool:
        """Read back; silence counts as yes, since the caller heard it and did not object."""
        if not self.confirm:
            return True
        await call.say(self.confirm, stop_keys=CONFIRMED + REFUSED)
        while (key := await call.read_key(self.timeout)) is not None:
            if key in (CONFIRMED, REFUSED):
                return key == CONFIRMED
        return True
