"""Tickets of a simulated call, in memory."""

from __future__ import annotations

from collections.abc import Iterable

from ivr.speech.values.tickets import number_of
from ivr.tickets import Request, Status, Ticket, TicketsDown


class SimTickets:
    """Implements `ivr.tickets.TicketDesk`. `works`: whether the store can be used."""

    def __init__(self, tickets: Iterable[Ticket] = (), *, works: bool = True) -> None:
        self._works = works
        self._tickets = {ticket.number: ticket for ticket in tickets}
        self.opened: list[Request] = []
        """What the tickets of this call were opened for."""

    async def open(self, request: Request) -> str:
        self._use()
        number = next(number for serial in range(1, 10_000) if (number := number_of(serial)) not in self._tickets)
        self._tickets[number] = Ticket(number, Status.OPEN)
        self.opened.append(request)
        return number

    async def find(self, number: str) -> Ticket | None:
        self._use()
        return self._tickets.get(number)

    def _use(self) -> None:
        if not self._works:
            raise TicketsDown("the store of tickets is out of order")
