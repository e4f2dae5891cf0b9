"""`lookup`: ask another system, and keep what it answers in variables."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from ivr.channel import Call, Value
from ivr.events import LookupEnded
from ivr.flow.expressions import MAX_TEXT, ExpressionError, angka, teks
from ivr.flow.model import Step
from ivr.flow.steps.set import worked_out
from ivr.flow.values import Duration, Formula, Marked, QueryName, Target, Template, VariableName, YesNo, words
from ivr.i18n import tr
from ivr.lookups import Json, LookupFailed

MOMENT = 0.7
"""Seconds of silence that nobody minds; a lookup that takes longer is told of."""
_KINDS = ("angka", "teks")


class AnswerField(Marked):
    """Where a value stands in an answer, and what it is."""

    word = "field"
    meaning = "a field of the answer: data.nama, 0.nama; with ? it may be missing; with :angka or :teks of this kind"
    pattern = rf"[^.?:]+(\.[^.?:]+)*\??(:({'|'.join(_KINDS)}))?"

    @classmethod
    def _checked(cls, value: str) -> Self:
        if not re.fullmatch(cls.pattern, value):
            raise ValueError(
                tr(
                    f"'{value}' bukan isian jawaban; tulis seperti data.nama, data.jumlah:angka atau data.gelar?",
                    f"'{value}' is no field of an answer; write like data.nama, data.jumlah:angka or data.gelar?",
                )
            )
        return cls(value)

    def value_in(self, answer: Json) -> Value:
        """The value; "" where it is missing and may be. Raises LookupFailed, without the value."""
        path, _, kind = self.partition(":")
        value = _found(answer, path.rstrip("?").split("."))
        if value is None and path.endswith("?"):
            return ""
        if not isinstance(value, str | int | float | bool) or len(teks(value)) > MAX_TEXT:
            raise LookupFailed(f"the answer has no value {path}")
        if kind == "teks":
            return teks(value)
        if kind == "angka":
            try:
                return angka(value)
            except ExpressionError:
                raise LookupFailed(f"{path} is not a number") from None
        return value


def _found(answer: Json, path: list[str]) -> Json:
    """What stands there; None where there is nothing."""
    for name in path:
        if isinstance(answer, dict):
            answer = answer.get(name)
        elif isinstance(answer, list) and name.isdecimal() and int(name) < len(answer):
            answer = answer[int(name)]
        else:
            return None
    return answer


class Lookup(Step):
    """Ask a query of the administrator's, and keep what it answers in variables.

    While it takes longer than a moment the caller hears `meanwhile`, and then music, until the answer is there, for
    `timeout` at most. Numbers, dates and the like can be said afterwards, other texts only be compared or passed on.
    Where a value that is asked with is secret, so is what is answered.

    ```yaml
    cari-tagihan:
      type: lookup
      query: tagihan-pbb
      values:
        nop: = nop
      into:
        jumlah: tagihan.0.jumlah:angka
        jatuh_tempo: tagihan.0.jatuh_tempo
      next: sebut-tagihan
      not_found: tanpa-tagihan
      failed: petugas
    ```
    """

    type: Literal["lookup"] = "lookup"
    query: QueryName
    """The query's name."""
    values: dict[Annotated[str, StringConstraints(pattern=f"^{VariableName.pattern}$")], Formula] = Field({})
    """Value that the query needs → what it is, as in `set`."""
    into: dict[VariableName, AnswerField] = Field({})
    """Variable → field of the answer; of a row of a database its columns are the fields."""
    secret: YesNo = False
    """Whether what is answered is kept out of the record."""
    timeout: Duration = Field(8.0, ge=1, le=60)
    """How long callers wait at most."""
    meanwhile: Template = words(
        "Mohon tunggu sebentar, data Anda sedang kami periksa.",
        "One moment please, we are looking up your data.",
    )
    """Said while it takes longer than a moment."""
    next: Target
    """When there is an answer."""
    not_found: Target
    """When the other system knows nothing of that kind."""
    failed: Target
    """When it does not answer, or not as expected; best a person."""

    unset_at = ("not_found", "failed")

    def sets_before(self, field: str) -> bool:
        return False

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "not_found": self.not_found, "failed": self.failed}

    async def run(self, call: Call) -> str:
        given = {name: worked_out(call, formula) for name, formula in self.values.items()}
        secret = self.secret or any(is_secret for _, is_secret in given.values())
        loop = asyncio.get_running_loop()
        began = loop.time()
        found, exit_, problem = dict[VariableName, Value](), "next", ""
        try:
            answer = await self._ask(call, {name: value for name, (value, _) in given.items()})
            if answer is None:
                exit_ = "not_found"
            else:
                found = {name: field.value_in(answer) for name, field in self.into.items()}
        except LookupFailed as e:
            exit_, problem = "failed", str(e)
        seconds = round(loop.time() - began, 2)
        call.emit(LookupEnded, query=self.query, exit=exit_, seconds=seconds, problem=problem)
        for name, value in found.items():
            call.assign(name, value, secret=secret)
        return exit_

    async def _ask(self, call: Call, values: Mapping[str, Value]) -> Json:
        """The answer. A caller who waits longer than a moment is not left in silence."""
        asked = asyncio.ensure_future(call.lookups.ask(self.query, values, self.timeout))
        answered = asyncio.Event()
        asked.add_done_callback(lambda _: answered.set())
        try:
            await asyncio.wait([asked], timeout=MOMENT)
            if not asked.done() and self.meanwhile:
                await call.say(self.meanwhile)
            if not asked.done():
                await call.hold(None, woken=answered, seconds=self.timeout, pause=0.0, stop_keys="")
            return asked.result()
        finally:
            asked.cancel()
