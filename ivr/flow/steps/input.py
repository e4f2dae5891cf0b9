"""`input`: a number typed on the keys, or spoken."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ivr.channel import DIGITS, Call, Sayings
from ivr.flow.hearing import Unfit, is_right
from ivr.flow.model import Step
from ivr.flow.policy import TakingNumbers
from ivr.flow.problems import FieldError
from ivr.flow.source import Path
from ivr.flow.taking import END_KEY, KEY_PAUSE, Question, take
from ivr.flow.values import Duration, Expression, Key, Pattern, Target, Template, VariableName, YesNo
from ivr.flow.yes_no import NO_KEY, YES_KEY, YES_NO
from ivr.i18n import tr


class Input(TakingNumbers, Step):
    """Take digits into a variable, as text (`0800` keeps its zero).

    It ends at `end_key`, at `max` digits, or `pause` after the last one; `*` starts over. An `end_key` out of habit,
    before the first digit or after the last possible one, does nothing. With `confirm` the caller hears the number and
    presses 1 (right) or 2 (again). With `speak` they may say the digits, and yes or no.
    What is not given here (tries, timeout, silence, wrong_number and what is said about speech) comes from the flow's
    policy.

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
    end_key: Key | Literal[""] = END_KEY
    """The key that ends the number; empty: none."""
    pause: Duration = Field(KEY_PAUSE, ge=1, le=30)
    """How long to wait between two digits."""
    speak: YesNo = False
    """Whether the digits may be spoken; then `confirm` must read them back."""
    secret: YesNo = False
    """Whether the digits are kept out of the record, and all that `set` works out from them."""
    pattern: Pattern = Pattern("")
    """A regular expression that the digits must match; no repeated groups."""
    valid: Expression | None = None
    """An expression that must be true of the digits."""
    confirm: Template = Template("")
    """Reads the digits back and asks for 1 (right) or 2 (again)."""
    next: Target
    """The step after it."""
    failed: Target
    """Where to go when all tries were in vain."""

    interacts = True

    @field_validator("end_key")
    @classmethod
    def _no_digit(cls, end_key: str) -> str:
        if end_key.isdigit():
            raise ValueError(
                tr('angka tidak dapat mengakhiri nomor; tulis "#"', 'a digit cannot end a number; write "#"')
            )
        return end_key

    @model_validator(mode="after")
    def _min_below_max(self) -> Self:
        if self.min > self.max:
            message = tr(f"max lebih kecil daripada min ({self.min})", f"max is less than min ({self.min})")
            raise FieldError(message, "max")
        return self

    @model_validator(mode="after")
    def _speech_is_read_back(self) -> Self:
        if self.speak and not self.confirm:
            message = tr(
                "angka yang diucapkan harus dibacakan kembali: tulis 'confirm'",
                "spoken digits must be read back: write 'confirm'",
            )
            raise FieldError(message, "speak", key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("confirm",), self.confirm, YES_KEY + NO_KEY

    def prompts(self) -> Iterator[str]:
        return self._texts() if self.speak else self._texts("not_understood", "keys_only")

    def sayings(self) -> Iterator[Sayings]:
        return iter([DIGITS, YES_NO] if self.speak else [])

    async def run(self, call: Call) -> str:
        call.secret = self.secret
        question = Question(
            self.say,
            self.min,
            self.max,
            self.wrong_number,
            sayings=DIGITS if self.speak else None,
            end_key=self.end_key,
            pause=self.pause,
        )
        if self.secret:
            call.secrets.add(self.into)
        taken = False
        try:
            taken = await take(call, question, self, partial(self._accept, call))
        finally:
            if not taken:
                call.variables[self.into] = ""
        return "next" if taken else "failed"

    async def _accept(self, call: Call, digits: str) -> None:
        """Check and read back; silence counts as yes, since the caller heard it and did not object."""
        call.variables[self.into] = digits
        if not re.fullmatch(self.pattern or ".*", digits) or not (self.valid is None or call.evaluate(self.valid)):
            raise Unfit("invalid", self.wrong_number)
        if self.confirm and not await is_right(
            call, self.confirm, listens=self.speak, timeout=self.timeout, otherwise=True
        ):
            raise Unfit("refused")
        call.assign(self.into, digits, secret=self.secret)
