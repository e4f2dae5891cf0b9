"""`sambung notifications`: what others are to be told of calls, and has not arrived."""

from __future__ import annotations

import dataclasses
import time
from zoneinfo import ZoneInfo

import click

from ivr.cli.running import json_option, run
from ivr.cli.tables import add_row, minute, new_table, print_json, print_table, zone_name
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store import notifications as store
from ivr.store.notifications import NotificationError, Queued


@click.group(
    invoke_without_command=True,
    help=tr(
        "Pemberitahuan dari alur yang belum terkirim; yang terlama di atas.",
        "Notifications of flows that have not arrived; the oldest first.",
    ),
)
@click.option("--all", "every", is_flag=True, help=tr("Juga yang sudah terkirim.", "Those that have arrived, too."))
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@json_option
@click.pass_context
def notifications(ctx: click.Context, every: bool, limit: int, as_json: bool) -> None:
    async def show(settings: Settings) -> None:
        found = await store.list_notifications(settings, all=every, limit=limit)
        if as_json:
            print_json([dataclasses.asdict(queued) for queued in found])
        elif found:
            _print_table(found, ZoneInfo(settings.timezone))
        else:
            click.echo(tr("Tidak ada pemberitahuan yang menunggu.", "No notification waits."))

    if ctx.invoked_subcommand is None:
        run(show)


@notifications.command(help=tr("Kirim lagi sekarang, juga yang sudah dilepas.", "Send again now, those given up, too."))
@click.argument("ids", nargs=-1, required=True, type=int, metavar="ID…")
def retry(ids: tuple[int, ...]) -> None:
    async def work(settings: Settings) -> None:
        await store.retry(settings, list(ids), time.time())
        click.echo(tr("Segera dikirim lagi.", "Will be sent again at once."))

    run(work, NotificationError)


def _print_table(found: list[Queued], zone: ZoneInfo) -> None:
    headings = ("ID", f"{tr('Panggilan', 'Call')} ({zone_name(zone)})", tr("Kepada", "To"), tr("Keadaan", "State"))
    table = new_table(*headings, tr("Percobaan", "Attempts"), tr("Masalah", "Problem"))
    for queued in found:
        state, attempts = _state(queued, zone), str(queued.attempts)
        add_row(table, str(queued.id), minute(queued.at, zone), queued.recipient, state, attempts, queued.problem)
    print_table(table)


def _state(queued: Queued, zone: ZoneInfo) -> str:
    if queued.delivered_at:
        return f"{tr('terkirim', 'arrived')} {minute(queued.delivered_at, zone)}"
    if queued.next_at is None:
        return tr("dilepas", "given up")
    return f"{tr('dicoba lagi', 'tried again')} {minute(queued.next_at, zone)}"
