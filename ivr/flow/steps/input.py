"""`input`: a number typed on the keys, or spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from ivr.channel import ALL_KEYS, DIGITS, SKIP_KEYS, Call, Sayings
from ivr.events import InputRejected
from ivr.flow.hearing import PHRASE_PAUSE, YES_NO, End, Hearing, is_right
from ivr.flow.model import Policy, Step
from ivr.flow.problems import FieldError
from ivr.flow.values import Duration, Expression, Key, Target, Template, VariableName, YesNo
from ivr.i18n import tr

START_OVER = "*"
"""The key that throws away what was typed so far."""
LONGEST_PATTERN = 200
"""Characters of `pattern`; so few cannot nest too deeply to be read."""
GROUP_PAUSE = 1.0
"""Seconds of silence that end a spoken number which might go on."""


class Input(Step):
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
    end_key: Key | Literal[""] = "#"
    """The key that ends the number; empty: none."""
    pause: Duration = Field(4.0, ge=1, le=30)
    """How long to wait between two digits."""
    speak: YesNo = False
    """Whether the digits may be spoken; then `confirm` must read them back."""
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
    wrong_number: Template = Policy().wrong_number
    not_understood: Template = Policy().not_understood
    keys_only: Template = Policy().keys_only
    speech_tries: int = Field(Policy().speech_tries, ge=1, le=9)

    interacts = True

    @field_validator("end_key")
    @classmethod
    def _no_digit(cls, end_key: str) -> str:
        if end_key.isdigit():
            raise ValueError(
                tr('angka tidak dapat mengakhiri nomor; tulis "#"', 'a digit cannot end a number; write "#"')
            )
        return end_key

    @field_validator("pattern")
    @classmethod
    def _quick_to_match(cls, pattern: str) -> str:
        # A repeated group can take for ever on a few digits, and a frozen engine is silence on all lines.
        if re.search(r"\)[*+{]", pattern):
            raise ValueError(tr("grup yang diulang tidak boleh", "a repeated group is not allowed"))
        if len(pattern) > LONGEST_PATTERN:
            message = tr(
                f"pola terlalu panjang, paling banyak {LONGEST_PATTERN} huruf",
                f"the pattern is too long, {LONGEST_PATTERN} characters at most",
            )
            raise ValueError(message)
        try:
            re.compile(pattern)
        except (re.error, OverflowError) as e:
            raise ValueError(tr(f"pola tidak dapat dibaca: {e}", f"cannot read the pattern: {e}")) from None
        return pattern

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

    def prompts(self) -> Iterator[str]:
        return self._texts() if self.speak else self._texts("not_understood", "keys_only")

    def sayings(self) -> Iterator[Sayings]:
        return iter([DIGITS, YES_NO] if self.speak else [])

    async def run(self, call: Call) -> str:
        call.secret = self.secret
        hearing = Hearing(
            call,
            DIGITS if self.speak else None,
            timeout=self.timeout,
            tries=self.speech_tries,
            keys_only=self.keys_only,
            # Numbers are said in groups. Where their length is known, the pauses between them end nothing.
            pause=PHRASE_PAUSE if self.min == self.max else GROUP_PAUSE,
        )
        for attempt in range(1, self.tries + 1):
            digits, understood = await self._digits(call, hearing)
            call.variables[self.into] = digits
            why = self._wrong(call, digits) if understood else "not_understood"
            if not why and await self._confirmed(call):
                call.assign(self.into, digits, secret=self.secret)
                return "next"
            call.emit(InputRejected, why=why or "refused", attempt=attempt)
            if why and attempt < self.tries:
                spoken = {"silence": self.silence, "not_understood": self.not_understood}
                await call.say(spoken.get(why, self.wrong_number))
                await hearing.give_up()
        call.variables[self.into] = ""
        return "failed"

    async def _digits(self, call: Call, hearing: Hearing) -> tuple[str, bool]:
        """What was said and typed, and whether all that was said was understood."""
        digits, text, wait = "", str(self.say), self.timeout
        begin_keys = SKIP_KEYS.replace(self.end_key, "")  # where no number is, none ends
        while len(digits) < self.min:  # people say a long number in pieces
            asked = await hearing.ask(text, timeout=wait, stop_keys=ALL_KEYS if digits else begin_keys)
            if asked.end is not End.SPOKEN:
                break
            digits, text, wait = digits + asked.meant, "", self.pause
        else:
            return digits, True
        if asked.end is End.DEAF:  # what was lost may have been digits: the number begins anew
            digits = ""
            await call.say(str(self.say), stop_keys=begin_keys)
        if asked.end in (End.DEAF, End.KEY):
            digits = await self._typed(call, digits)
        return digits, asked.end is not End.NOT_UNDERSTOOD

    async def _typed(self, call: Call, digits: str) -> str:
        """`digits` and what is typed after them."""
        while len(digits) < self.max:
            key = await call.read_key(self.pause if digits else self.timeout)
            if key is None:
                break
            if key == self.end_key:
                if digits:
                    break
            elif key == START_OVER:
                digits = ""
            elif key.isdigit():
                digits += key
        else:
            call.channel.swallow(self.end_key, within=self.pause)
        return digits

    def _wrong(self, call: Call, digits: str) -> str:
        """Why `digits` are no answer, "" when they are one."""
        if not digits:
            return "silence"
        if len(digits) < self.min:
            return "too_short"
        if len(digits) > self.max:  # only speech goes on after the last digit
            return "invalid"
        if self.pattern and not re.fullmatch(self.pattern, digits):
            return "invalid"
        if self.valid is not None and not call.evaluate(self.valid):
            return "invalid"
        return ""

    async def _confirmed(self, call: Call) -> bool:
        """Read back; silence counts as yes, since the caller heard it and did not object."""
        if not self.confirm:
            return True
        return await is_right(call, self.confirm, listens=self.speak, timeout=self.timeout, otherwise=True)
