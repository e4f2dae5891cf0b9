"""`sambung tickets`: what callers complained of, proposed and asked, and what officers answer."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterator
from zoneinfo import ZoneInfo

import click

from ivr.cli.rights import author
from ivr.cli.running import json_option, run
from ivr.cli.story import harmless, word
from ivr.cli.tables import add_row, minute, new_table, print_json, print_table, zone_name
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store import tickets as store
from ivr.store.tickets import TicketError, TicketRecord
from ivr.tickets import Status
from ivr.voice.catalogue import Catalogue
from ivr.voice.template import normalise
from ivr.voice.tts import VoiceError

LONG_SECONDS = 30.0
"""An answer that is longer is hard to follow on a telephone."""

_number = click.argument("number", metavar=tr("NOMOR", "NUMBER"))


def _run(work: Callable[[Settings], Awaitable[None]]) -> None:
    run(work, TicketError, VoiceError)


@click.group(
    invoke_without_command=True,
    help=tr(
        "Tiket: pengaduan, aspirasi, dan permintaan informasi; yang terlama di atas.",
        "Tickets: complaints, aspirations and requests for information; the oldest first.",
    ),
)
@click.option("--all", "every", is_flag=True, help=tr("Juga yang sudah dijawab.", "Those answered, too."))
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@json_option
@click.pass_context
def tickets(ctx: click.Context, every: bool, limit: int, as_json: bool) -> None:
    async def show(settings: Settings) -> None:
        found = await store.list_tickets(settings, all=every, limit=limit)
        if as_json:
            print_json([dataclasses.asdict(ticket) for ticket in found])
        elif found:
            _print_table(found, ZoneInfo(settings.timezone))
        else:
            click.echo(tr("Tidak ada tiket yang menunggu.", "No ticket waits."))

    if ctx.invoked_subcommand is None:
        _run(show)


def _print_table(found: list[TicketRecord], zone: ZoneInfo) -> None:
    headings = (tr("Tiket", "Ticket"), f"{tr('Dibuka', 'Opened')} ({zone_name(zone)})", tr("Jenis", "Kind"))
    table = new_table(*headings, tr("Keadaan", "State"), tr("Penelepon", "Caller"), tr("Oleh", "By"))
    for ticket in found:
        state, caller = _state(ticket), ticket.caller or "–"
        cells = (ticket.number, minute(ticket.opened_at, zone), word(ticket.kind), state, caller, ticket.changed_by)
        add_row(table, *cells)
    print_table(table)


@tickets.command(help=tr("Semua tentang satu tiket.", "All about one ticket."))
@_number
@json_option
def show(number: str, as_json: bool) -> None:
    async def work(settings: Settings) -> None:
        ticket = await store.load_ticket(settings, number)
        if as_json:
            print_json(dataclasses.asdict(ticket))
        else:
            for line in _told(ticket, settings):
                click.echo(harmless(line))

    _run(work)


def _told(ticket: TicketRecord, settings: Settings) -> Iterator[str]:
    zone = ZoneInfo(settings.timezone)
    yield f"{tr('Tiket', 'Ticket')} {ticket.number}: {word(ticket.kind)}, {_state(ticket)}"
    caller = ticket.caller or tr("nomor disembunyikan", "number withheld")
    yield f"{tr('dari', 'from')} {caller} {tr('ke', 'to')} {ticket.line}, {minute(ticket.opened_at, zone)}"
    for name, value in ticket.details.items():
        yield f"{name}: {value}"
    if ticket.recording:
        yield f"{tr('rekaman', 'recording')}: {settings.recordings / ticket.recording}"
    yield f"{tr('panggilan', 'call')}: sambung call {ticket.call}"
    if ticket.answer:
        yield f"{tr('jawaban', 'answer')}: “{ticket.answer}”"
    if ticket.changed_at:
        yield f"{tr('terakhir oleh', 'last by')} {ticket.changed_by}, {minute(ticket.changed_at, zone)}"


@tickets.command(help=tr("Mulai mengerjakannya; penelepon diberi tahu.", "Begin to work on it; callers are told."))
@_number
def start(number: str) -> None:
    async def work(settings: Settings) -> None:
        ticket = await store.take_up(settings, number, author=author(), now=time.time())
        click.echo(f"{tr('Tiket', 'Ticket')} {ticket.number}: {_state(ticket)}.")

    _run(work)


@tickets.command(
    help=tr(
        "Jawab, dan tutup tiket ini.\n\nTEKS dibacakan suara mesin kepada siapa pun yang menyebut nomornya: pendek, "
        "tanpa nama atau nomor seseorang.",
        "Answer this ticket, and close it.\n\nTEXT is read by the machine's voice to whoever gives its number: short, "
        "and without anybody's name or number.",
    )
)
@_number
@click.argument("text", metavar=tr("TEKS", "TEXT"))
def answer(number: str, text: str) -> None:
    async def work(settings: Settings) -> None:
        await store.load_ticket(settings, number)  # before the voice is made
        said = normalise(text)
        if not said:
            raise TicketError(tr("tulis jawabannya sebagai kalimat", "write the answer as a sentence"))
        clip = Catalogue(settings.prompts).build([said])[said]
        ticket = await store.answer(settings, number, said, clip, author=author(), now=time.time())
        click.echo(f"{tr('Tiket', 'Ticket')} {ticket.number}: {_state(ticket)}. “{harmless(ticket.answer)}”")
        if clip.seconds > LONG_SECONDS:
            click.echo(
                tr(
                    f"PERHATIAN: penelepon mendengarnya {clip.seconds:.0f} detik; persingkatlah.",
                    f"WARNING: callers hear it for {clip.seconds:.0f} seconds; make it shorter.",
                )
            )

    _run(work)


def _state(ticket: TicketRecord) -> str:
    return tr("sudah dijawab", "answered") if ticket.status == Status.ANSWERED else word(ticket.status)
