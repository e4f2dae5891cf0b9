"""What `sambung lines` and `sambung status` show of the lines and of what is switched on."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from ivr.cli.story import harmless
from ivr.cli.tables import add_row, minute, new_table, print_json, print_table, zone_name
from ivr.flow.hotline import Line
from ivr.flow.model import Site
from ivr.i18n import tr
from ivr.line.surge import read_surge
from ivr.line.switches import Kind, Switch
from ivr.publish import load_version
from ivr.settings import Settings
from ivr.store import switches as store
from ivr.store.database import StoreError
from ivr.store.switches import Strike
from ivr.supervisor import status

HOLIDAYS_SHOWN, HOLIDAYS_WITHIN_DAYS = 2, 120

_KINDS = {
    Kind.ANNOUNCEMENT: ("pengumuman", "announcement"),
    Kind.SURGE: ("lonjakan", "surge"),
    Kind.GATE: ("gerbang", "gate"),
    Kind.BLOCK: ("blokir", "block"),
}


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    """The lines as they are now. `surging`: line → since when, by itself."""

    site: Site
    held: list[Switch]
    strikes: Mapping[str, list[Strike]]
    surging: Mapping[str, float]
    now: dt.datetime


async def _state(settings: Settings) -> _State:
    site, now = load_version(settings).site, time.time()
    return _State(
        site,
        (await store.load_switches(settings, now=now)).in_force(now),
        await store.load_strikes(settings, site.blocklist, now=now),
        _surging(settings),
        dt.datetime.fromtimestamp(now, ZoneInfo(settings.timezone)),
    )


def _surging(settings: Settings) -> dict[str, float]:
    noted = status(settings)
    return read_surge(settings, noted["engine"]["pid"]) if noted else {}


async def print_lines(settings: Settings) -> None:
    """The lines, and all that is switched on."""
    state = await _state(settings)
    zone = ZoneInfo(settings.timezone)
    table = new_table(
        tr("Nomor", "Line"), tr("Nama", "Name"), tr("Sekarang", "Now"), tr("Libur berikutnya", "Holidays")
    )
    for number, line in state.site.lines.items():
        holidays = "\n".join(f"{day} {name}" for day, name in islice(_holidays(line, state.now), HOLIDAYS_SHOWN))
        add_row(table, number, line.title, _now(line, state.now), holidays)
    print_table(table)
    of_lines = [s for s in state.held if s.kind is not Kind.BLOCK]
    if of_lines or state.surging:
        click.echo(tr("\nSedang dinyalakan:", "\nSwitched on:"))
        print_table(_on_table(of_lines, state.surging, zone))
    if blocks := [s for s in state.held if s.kind is Kind.BLOCK]:
        click.echo(tr("\nDiblokir:", "\nBlocked:"))
        table = new_table(tr("Penelepon", "Caller"), tr("Sampai", "Until"), tr("Mengapa", "Why"), tr("Oleh", "By"))
        for s in blocks:
            add_row(table, s.target, minute(s.until, zone), s.reason, s.author)
        print_table(table)
    if state.strikes:
        click.echo(tr("\nTeguran:", "\nStrikes:"))
        table = new_table(
            tr("Penelepon", "Caller"),
            tr("Teguran", "Strikes"),
            tr("Terakhir", "Last"),
            tr("Mengapa", "Why"),
            tr("Oleh", "By"),
        )
        for caller, found in state.strikes.items():
            count = tr(f"{len(found)} dari", f"{len(found)} of") + f" {state.site.blocklist.strikes}"
            add_row(table, caller, count, minute(found[-1].at, zone), found[-1].reason, found[-1].author)
        print_table(table)
    click.echo(f"({tr('waktu', 'times')}: {zone_name(zone)})")


def _on_table(switched: list[Switch], surging: Mapping[str, float], zone: ZoneInfo) -> Table:
    table = new_table(
        "ID",
        tr("Apa", "What"),
        tr("Di", "Where"),
        tr("Sampai", "Until"),
        tr("Mengapa", "Why"),
        tr("Oleh", "By"),
        tr("Kalimat", "Words"),
    )
    for s in switched:
        text = f"“{s.text}”" if s.text else ""
        instead = tr(" (sebagai ganti alur)", " (in place of the flow)") if s.instead else ""
        add_row(
            table, str(s.id), tr(*_KINDS[s.kind]), _where(s), minute(s.until, zone), s.reason, s.author, text + instead
        )
    for number, since in surging.items():
        why = tr(f"banyak yang menunggu sejak {minute(since, zone)}", f"many wait, since {minute(since, zone)}")
        add_row(table, "–", tr(*_KINDS[Kind.SURGE]), number, "–", why, tr("dengan sendirinya", "by itself"), "")
    return table


async def print_record(settings: Settings) -> None:
    """The same as JSON; times in Unix seconds."""
    state = await _state(settings)
    shown = {
        "lines": [_line_record(number, line, state) for number, line in state.site.lines.items()],
        "switches": [dataclasses.asdict(s) for s in state.held],
        "strikes": {caller: [dataclasses.asdict(s) for s in found] for caller, found in state.strikes.items()},
    }
    print_json(shown)


def _line_record(number: str, line: Line, state: _State) -> dict[str, Any]:
    closes = line.hours.closes_at(state.now) if line.hours else None
    return {
        "number": number,
        "title": line.title,
        "open": line.is_open(state.now),
        "closes_at": closes and closes.timestamp(),
        "surging_since": state.surging.get(number),
    }


async def print_log(settings: Settings, *, limit: int) -> None:
    """Who switched what, the newest first."""
    zone = ZoneInfo(settings.timezone)
    table = new_table(
        "ID",
        tr("Apa", "What"),
        tr("Di", "Where"),
        f"{tr('Sejak', 'Since')} ({zone_name(zone)})",
        tr("Sampai", "Until"),
        tr("Mengapa", "Why"),
        tr("Oleh", "By"),
        tr("Diakhiri", "Ended"),
    )
    for s in await store.switch_log(settings, limit=limit):
        ended = f"{minute(s.ended_at, zone)} {s.ended_by}" if s.ended_at else ""
        since, until = minute(s.since, zone), minute(s.until, zone)
        add_row(table, str(s.id), tr(*_KINDS[s.kind]), _where(s), since, until, s.reason, s.author, ended)
    if table.row_count:
        print_table(table)
    else:
        click.echo(tr("Belum ada yang dinyalakan.", "Nothing has been switched on yet."))


def in_force(settings: Settings) -> Iterator[str]:
    """What is switched on, a sentence each: for `sambung status`."""
    zone, now = ZoneInfo(settings.timezone), time.time()
    try:
        held = asyncio.run(store.load_switches(settings, now=now)).in_force(now)
    except (StoreError, OSError) as e:
        yield str(e)
        return
    yield from (sentence(s, zone) for s in held if s.kind is not Kind.BLOCK)
    for number, since in _surging(settings).items():
        yield tr(
            f"lonjakan di {number}, dengan sendirinya, sejak {minute(since, zone)}",
            f"surge on {number}, by itself, since {minute(since, zone)}",
        )
    if blocked := sum(s.kind is Kind.BLOCK for s in held):
        yield tr(f"{blocked} penelepon diblokir (sambung lines)", f"{blocked} callers are blocked (sambung lines)")


def _now(line: Line, now: dt.datetime) -> str:
    if line.hours is None:
        return tr("selalu buka", "always open")
    if closes := line.hours.closes_at(now):
        return tr(f"buka sampai {closes:%H:%M %Z}", f"open until {closes:%H:%M %Z}")
    holiday = line.hours.holiday(line.hours.local(now).date())
    return tr("tutup", "closed") + (f": {holiday}" if holiday else "")


def _holidays(line: Line, now: dt.datetime) -> Iterator[tuple[dt.date, str]]:
    """The days to come on which the line stays closed."""
    if line.hours is None:
        return
    today = line.hours.local(now).date()
    for days in range(HOLIDAYS_WITHIN_DAYS):
        day = today + dt.timedelta(days=days)
        if (name := line.hours.holiday(day)) is not None:
            yield day, name


def sentence(switch: Switch, zone: ZoneInfo) -> str:
    """What was switched on, until when, why, and by whom."""
    by = f" ({switch.author})" if switch.author else ""
    until = f"{minute(switch.until, zone)} {zone_name(zone)}"
    return tr(
        f"{named(switch)} sampai {until}: {harmless(switch.reason)}{by}",
        f"{named(switch)} until {until}: {harmless(switch.reason)}{by}",
    )


def named(switch: Switch) -> str:
    """ "pengumuman #3 di semua nomor"; of a block, who is blocked."""
    if switch.kind is Kind.BLOCK:
        return tr(f"{switch.target} diblokir", f"{switch.target} is blocked")
    return f"{tr(*_KINDS[switch.kind])} #{switch.id} {tr('di', 'on')} {_where(switch)}"


def _where(switch: Switch) -> str:
    return switch.target or tr("semua nomor", "all lines")
