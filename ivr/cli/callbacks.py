"""`sambung callbacks`: who waits to be called back, and what came of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from collections.abc import Awaitable, Callable, Iterator
from zoneinfo import ZoneInfo

import click

from ivr.callbacks import Status
from ivr.cli.rights import author
from ivr.cli.running import json_option, run
from ivr.cli.story import duration, harmless, word
from ivr.cli.tables import add_row, minute, new_table, print_json, print_table, zone_name
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store import callbacks as store
from ivr.store.callbacks import CallbackError, CallbackRecord


def _run(work: Callable[[Settings], Awaitable[None]]) -> None:
    run(work, CallbackError)


@click.group(
    invoke_without_command=True,
    help=tr(
        "Telepon balik: siapa yang menunggu ditelepon, menurut urutan di antreannya.",
        "Callbacks: who waits to be called, by their place in line of each queue.",
    ),
)
@click.option("--all", "every", is_flag=True, help=tr("Juga yang sudah selesai, terbaru di atas.", "Also closed ones."))
@click.option("--queue", metavar=tr("ANTREAN", "QUEUE"), help=tr("Hanya antrean ini.", "This queue alone."))
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@json_option
@click.pass_context
def callbacks(ctx: click.Context, every: bool, queue: str | None, limit: int, as_json: bool) -> None:
    async def show(settings: Settings) -> None:
        found = await store.list_callbacks(settings, all=every, queue=queue, limit=limit)
        if as_json:
            print_json([dataclasses.asdict(callback) for callback in found])
        elif found:
            _print_table(found, ZoneInfo(settings.timezone))
        else:
            click.echo(tr("Tidak ada yang menunggu ditelepon.", "Nobody waits to be called."))

    if ctx.invoked_subcommand is None:
        _run(show)


def _print_table(found: list[CallbackRecord], zone: ZoneInfo) -> None:
    table = new_table(
        *("ID", tr("Antrean", "Queue"), tr("Urutan", "Place"), tr("Nomor", "Number")),
        f"{tr('Kapan', 'When')} ({zone_name(zone)})",
        *(tr("Menunggu", "Waiting"), tr("Keadaan", "State"), tr("Oleh", "By")),
    )
    now = time.time()
    for callback in found:
        place = str(callback.position or "–")
        waiting = duration((callback.closed_at or now) - callback.opened_at)
        state = _state(callback, now)
        cells = (place, callback.number, _window(callback, zone), waiting, state, callback.closed_by)
        add_row(table, str(callback.id), callback.queue, *cells)
    print_table(table)


def _window(callback: CallbackRecord, zone: ZoneInfo) -> str:
    if callback.begins is None or callback.ends is None:
        return callback.window
    ends = dt.datetime.fromtimestamp(callback.ends, zone)
    return f"{callback.window}, {minute(callback.begins, zone)}–{ends:%H:%M}"


def _state(callback: CallbackRecord, now: float) -> str:
    if callback.status == Status.OPEN and callback.ends is not None and callback.ends < now:
        return tr("terlambat", "late")
    return tr("gagal dihubungi", "not reached") if callback.status == Status.FAILED else word(callback.status)


_id = click.argument("id", type=int)
_note = click.argument("note", metavar=tr("[CATATAN]", "[NOTE]"), default="")


@callbacks.command(help=tr("Semua tentang satu telepon balik.", "All about one callback."))
@_id
@json_option
def show(id: int, as_json: bool) -> None:
    async def work(settings: Settings) -> None:
        callback = await store.load_callback(settings, id)
        if as_json:
            print_json(dataclasses.asdict(callback))
        else:
            for line in _told(callback, ZoneInfo(settings.timezone)):
                click.echo(harmless(line))

    _run(work)


def _told(callback: CallbackRecord, zone: ZoneInfo) -> Iterator[str]:
    place = tr(f", urutan {callback.position}", f", number {callback.position}") if callback.position else ""
    yield f"{tr('Telepon balik', 'Callback')} {callback.id}: {_state(callback, time.time())}"
    yield f"{callback.number}, {tr('antrean', 'queue')} {callback.queue}{place}, {_window(callback, zone)}"
    caller = callback.caller or tr("nomor disembunyikan", "number withheld")
    yield f"{tr('diminta', 'asked for')} {minute(callback.opened_at, zone)}, {caller} → {callback.line}"
    yield f"{tr('menunggu sejak', 'waiting since')} {minute(callback.since, zone)}"
    for name, value in callback.details.items():
        yield f"{name}: {value}"
    yield f"{tr('panggilan', 'call')}: sambung call {callback.call}"
    if callback.closed_at:
        by = callback.closed_by or tr("penelepon", "the caller")
        yield f"{tr('ditutup oleh', 'closed by')} {by}, {minute(callback.closed_at, zone)}"
    if callback.note:
        yield f"{tr('catatan', 'note')}: {callback.note}"


@callbacks.command(help=tr("Sudah ditelepon.", "They were called back."))
@_id
@_note
def done(id: int, note: str) -> None:
    _close(id, Status.DONE, note)


@callbacks.command(help=tr("Tidak dapat dihubungi, dan tidak dicoba lagi.", "Not reached, and not tried again."))
@_id
@_note
def failed(id: int, note: str) -> None:
    _close(id, Status.FAILED, note)


@callbacks.command(help=tr("Tidak perlu ditelepon lagi.", "No longer to be called."))
@_id
@_note
def cancel(id: int, note: str) -> None:
    _close(id, Status.CANCELLED, note)


def _close(id: int, status: Status, note: str) -> None:
    async def work(settings: Settings) -> None:
        now = time.time()
        closed = await store.close_callback(settings, id, status, note=note, author=author(), now=now)
        click.echo(f"{tr('Telepon balik', 'Callback')} {closed.id}: {_state(closed, now)}.")

    _run(work)
