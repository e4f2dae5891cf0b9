"""`ticket_status`: tell how a ticket stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Literal, Self

from pydantic import model_validator

from ivr.channel import DIGITS, Call, Sayings
from ivr.events import TicketFound, TicketsFailed
from ivr.flow.hearing import Unfit, is_right
from ivr.flow.kinds import SAID_AS
from ivr.flow.model import Content, Step
from ivr.flow.policy import TakingNumbers
from ivr.flow.source import Path
from ivr.flow.steps.ticket import must_say
from ivr.flow.taking import Question, take
from ivr.flow.values import Target, Template, VariableName, YesNo, words
from ivr.flow.yes_no import NO_KEY, YES_KEY, YES_NO
from ivr.speech.values.tickets import LENGTH, is_number
from ivr.tickets import Status, TicketsDown

STATUS, ANSWER = "status_tiket", "jawaban_tiket"
UNKNOWN = "unknown"


class TicketStatus(TakingNumbers, Step):
    """Ask for a ticket's number, by key or voice, and tell how the ticket stands.

    A number with a wrong check digit is asked for again, with the policy's `wrong_number`, and so is one that there is
    not, with `unknown`. Afterwards `status_tiket` is `open`, `in_work` or `answered`, and `jawaban_tiket` the officer's
    answer. What is not given here (tries, timeout, silence, wrong_number and what is said about speech) comes from the
    flow's policy.

    ```yaml
    cek-tiket:
      type: ticket_status
      next: menu-utama
      failed: petugas
    ```
    """

    type: Literal["ticket_status"] = "ticket_status"
    say: Template = words(
        "Ketik atau sebutkan delapan angka nomor tiket Anda.",
        "Please key in the eight digits of your ticket number.",
    )
    """The question."""
    into: VariableName = VariableName("tiket")
    """The variable that takes the number."""
    speak: YesNo = True
    """Whether the number may be spoken."""
    confirm: Template = words(
        "Nomor {tiket:digit}, benar? Tekan satu jika benar, dua jika salah.",
        "Number {tiket:digit}, is that right? Press one if it is right, two if it is wrong.",
    )
    """Reads the number back and asks for 1 (right) or 2 (again)."""
    open: Template = words(
        "Laporan Anda sudah kami terima dan menunggu giliran untuk ditangani.",
        "We have received your report, and it waits for its turn.",
    )
    """Said of a ticket that nobody has begun with."""
    in_work: Template = words(
        "Laporan Anda sedang kami tangani.",
        "We are working on your report.",
    )
    """Said of a ticket in work."""
    answered: Template = words(
        "Laporan Anda sudah dijawab. {jawaban_tiket}",
        "Your report has been answered. {jawaban_tiket}",
    )
    """Said of an answered ticket; `{jawaban_tiket}`: the officer's answer."""
    unknown: Template = words(
        "Maaf, tiket dengan nomor itu tidak kami temukan.",
        "Sorry, we find no ticket with that number.",
    )
    """Said where there is no such ticket."""
    unavailable: Template = words(
        "Mohon maaf, tiket Anda saat ini belum dapat kami periksa.",
        "We are sorry, your ticket cannot be looked up now.",
    )
    """Said when tickets cannot be read."""
    next: Target
    """When the caller knows."""
    failed: Target
    """When all tries were in vain, or tickets cannot be read; best a person."""

    interacts = True
    sets = (STATUS, ANSWER)

    @model_validator(mode="after")
    def _number_is_read_back(self) -> Self:
        must_say(self.into, self.confirm, "confirm")
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("confirm",), self.confirm, YES_KEY + NO_KEY

    def contents(self) -> Mapping[str, Content]:
        statuses = frozenset(status.value for status in Status)
        return {self.into: Content(formats=SAID_AS["tiket"]), STATUS: Content(values=statuses)}

    def sayings(self) -> Iterator[Sayings]:
        return iter([DIGITS, YES_NO] if self.speak else [])

    async def run(self, call: Call) -> str:
        sayings = DIGITS if self.speak else None
        question = Question(self.say, LENGTH, LENGTH, self.wrong_number, sayings)
        for _ in range(self.tries):
            if not await take(call, question, self, partial(self._accept, call)):
                call.variables[self.into] = ""
                return "failed"
            number = str(call.variables[self.into])
            try:
                ticket = await call.tickets.find(number)
            except TicketsDown as e:
                call.emit(TicketsFailed, problem=str(e))
                await call.say(self.unavailable)
                return "failed"
            call.emit(TicketFound, number=number, status=ticket.status.value if ticket else UNKNOWN)
            if ticket:
                call.assign(STATUS, ticket.status.value)
                call.assign(ANSWER, ticket.answer)
                told = {Status.OPEN: self.open, Status.IN_WORK: self.in_work, Status.ANSWERED: self.answered}
                await call.say(told[ticket.status])
                return "next"
            await call.say(self.unknown)
        return "failed"

    async def _accept(self, call: Call, number: str) -> None:
        call.variables[self.into] = number
        if not is_number(number):
            raise Unfit("invalid", self.wrong_number)
        if not await is_right(call, self.confirm, listens=self.speak, timeout=self.timeout, otherwise=True):
            raise Unfit("refused")
        call.assign(self.into, number)
