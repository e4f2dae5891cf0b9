"""`ticket`: take down a complaint, an aspiration or a request for information, and tell its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from ivr.channel import SKIP_KEYS, Call, Sayings
from ivr.events import InputRejected, TicketOpened, TicketsFailed
from ivr.flow.details import details
from ivr.flow.expressions import teks
from ivr.flow.hearing import End, Hearing, by_phrase, judge_by
from ivr.flow.kinds import SAID_AS
from ivr.flow.model import Content, Step
from ivr.flow.policy import Retrying
from ivr.flow.problems import FieldError
from ivr.flow.steps.record import Message, Record
from ivr.flow.values import Duration, SetVariable, Target, Template, VariableName, words
from ivr.i18n import tr
from ivr.tickets import Kind, Request, TicketsDown
from ivr.voice.template import TemplateError, names_in

AGAIN_KEY, ENOUGH_KEY = "1", "2"
_KEY_OF = by_phrase({
    AGAIN_KEY: ("ulangi", "ulang", "(sekali|satu kali) lagi"),
    ENOUGH_KEY: ("cukup", "sudah", "tidak [usah]", "terima kasih"),
})  # fmt: skip
_AGAIN = Sayings(tuple(_KEY_OF))


def must_say(number: str, text: str, field: str) -> None:
    """Raise FieldError where the text of this field does not say the variable `number`."""
    try:
        said = names_in(text)
    except TemplateError:
        return  # the lint tells of it
    if number not in said:
        example = f"{{{number}:digit}}"
        message = tr(
            f"nomor itu harus dibacakan: tulis {example} di '{field}'",
            f"the number must be said: write {example} in '{field}'",
        )
        raise FieldError(message, field)


class Ticket(Retrying, Step):
    """Open a ticket, and say its number: as often as the caller wants to hear it, within `tries`.

    With `record` the caller's message belongs to it; one who hangs up after speaking has a ticket, too. The number is
    on the disk before it is said. No key skips it. What is not given here (tries, timeout, silence, keys_only) comes
    from the flow's policy.

    ```yaml
    lapor:
      type: ticket
      kind: complaint
      record: Sampaikan pengaduan Anda setelah nada, lalu tekan pagar.
      details: [lokasi]
      say: Pengaduan Anda kami terima. Nomor tiketnya {tiket:digit}.
      next: pamit
      failed: petugas
    ```
    """

    type: Literal["ticket"] = "ticket"
    kind: Kind
    """What it is: a complaint, an aspiration, or a request for information."""
    record: Template = Template("")
    """Said before the tone after which the caller's message is recorded; empty: none is."""
    max: Duration = Field(Record.model_fields["max"].default, ge=5, le=1800)
    """The longest message."""
    details: list[SetVariable] = Field([])
    """Variables that are kept with the ticket, also secret ones."""
    into: VariableName = VariableName("tiket")
    """The variable that takes the number."""
    say: Template
    """Says the number: `{tiket:digit}`."""
    again: Template = words(
        "Untuk mendengar nomor itu sekali lagi, tekan satu, atau katakan: ulangi.",
        "To hear the number once more, press one.",
    )
    """Asks whether the caller wants to hear it again."""
    unavailable: Template = words(
        "Mohon maaf, laporan Anda saat ini belum dapat kami catat.", "We are sorry, your report cannot be kept now."
    )
    """Said when the ticket cannot be kept."""
    next: Target
    """When there is a ticket."""
    failed: Target
    """When nothing was said, or the ticket cannot be kept; best a person."""

    interacts = True
    unset_at = ("failed",)

    @model_validator(mode="after")
    def _number_is_said(self) -> Self:
        must_say(self.into, self.say, "say")
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    def contents(self) -> Mapping[str, Content]:
        return {self.into: Content(formats=SAID_AS["tiket"])}

    def sayings(self) -> Iterator[Sayings]:
        return iter([_AGAIN])

    async def run(self, call: Call) -> str:
        message = await self._message(call) if self.record else Message("")
        if self.record and not message.path:
            if message.gone:
                raise message.gone
            return "failed"
        number = await self._open(call, message.path)
        if message.gone:
            raise message.gone
        if not number:
            await call.say(self.unavailable)
            return "failed"
        await self._read_out(call)
        return "next"

    @cached_property
    def _recorder(self) -> Record:
        return Record(say=self.record, max=self.max, failed=self.failed)

    async def _message(self, call: Call) -> Message:
        """What the caller says; one who says nothing is asked again."""
        for attempt in range(1, self.tries + 1):
            message = await self._recorder.take(call)
            if message is None:
                break
            if message.path or message.gone:
                return message
            call.emit(InputRejected, why="silence", attempt=attempt)
            if attempt < self.tries:
                await call.say(self.silence)
        return Message("")

    async def _open(self, call: Call, recording: str) -> str:
        """The number of the new ticket, "" where it cannot be kept; both are recorded."""
        told = details(call, self.details)
        line, caller = (teks(call.variables[name]) for name in ("line", "caller"))
        request = Request(self.kind, call.id, line, caller, call.now().timestamp(), recording, told)
        try:
            number = await call.tickets.open(request)
        except TicketsDown as e:
            call.emit(TicketsFailed, problem=str(e))
            return ""
        call.emit(TicketOpened, number=number, what=self.kind)
        call.assign(self.into, number)
        return number

    async def _read_out(self, call: Call) -> None:
        hearing = Hearing(call, _AGAIN, self, tries=self.tries, judge=judge_by(_KEY_OF.__getitem__))
        await call.say(self.say, stop_keys="")
        for _ in range(self.tries):
            if not await self._again(call, hearing):
                break
            await call.say(self.say, stop_keys="")

    async def _again(self, call: Call, hearing: Hearing) -> bool:
        """Whether the caller wants to hear it again; whoever says what is not understood may mean so."""
        asked = await hearing.ask(self.again, stop_keys=SKIP_KEYS)
        if asked.end is End.SPOKEN:
            return asked.meant == AGAIN_KEY
        if asked.end is End.DEAF:
            await call.say(self.again)
        if asked.end in (End.DEAF, End.KEY):
            return await call.read_key(self.timeout) == AGAIN_KEY
        return asked.end is End.NOT_UNDERSTOOD
