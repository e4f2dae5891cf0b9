"""The record of calls: `sambung calls`, `sambung call`, `sambung tail`.

With `--json` each prints what `ivr.store.queries` gives, which is stable: names are only ever added.
Times are Unix seconds (UTC), what is not known is null, a secret key is "•".

- `calls --json`: a list of calls, the newest first.
- `call ID --json`: one object with `call`, `visits`, `attempts`, `legs`, `recordings`, `events`.
- `tail --json`: one event per line, with `id`, `call`, `at`, `kind`, `data`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from ivr.channel import EndReason
from ivr.cli.moments import span_seconds
from ivr.cli.running import json_option, run
from ivr.cli.story import duration, harmless, sentence, tell, word, wordings
from ivr.cli.tables import add_row, new_table, print_json, print_table, zone_name
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store import queries
from ivr.store.database import open_reader

POLL_SECONDS = 0.25


def with_history(work: Callable[[Settings, AsyncEngine], Coroutine[Any, Any, None]]) -> None:
    """Run one command on the history; what can go wrong is said in one sentence."""

    async def with_engine(settings: Settings) -> None:
        with suppress(FileNotFoundError):  # SQLite would not say that the file is another user's
            settings.history_db.open("rb").close()
        engine = await open_reader(settings)
        try:
            await work(settings, engine)
        finally:
            await engine.dispose()

    try:
        run(with_engine)
    except DBAPIError as e:
        raise click.ClickException(
            tr(f"catatan panggilan tidak dapat dibaca: {e.orig}", f"the record of calls cannot be read: {e.orig}")
        ) from e


def span(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """ "90s", "30m", "1h", "7d" as seconds."""
    if value is None:
        return None
    if (seconds := span_seconds(value)) is None:
        raise click.BadParameter(
            tr(f"{value!r}: tulis misalnya 30m, 1h atau 7d", f"{value!r}: write 30m, 1h or 7d, for example")
        )
    return seconds


STILL_ON = ("masih berlangsung", "still on")


class Outcome(click.Choice[str]):
    """How a call ended, by its name in the record or in the words in which it is shown."""

    def __init__(self) -> None:
        super().__init__([queries.STILL_OPEN, *(reason.value for reason in EndReason)])

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        for name in self.choices:
            shown = STILL_ON if name == queries.STILL_OPEN else wordings(name)
            if value.casefold() in map(str.casefold, shown):
                return name
        return super().convert(value, param, ctx)


@click.command(help=tr("Panggilan terakhir, yang terbaru di atas.", "The latest calls, the newest first."))
@click.option("--since", callback=span, help=tr("Tidak lebih lama dari: 30m, 1h, 7d.", "Not older than: 30m, 1h, 7d."))
@click.option("--line", help=tr("Nomor yang dihubungi.", "The number dialled."))
@click.option("--caller", help=tr("Nomor penelepon, +62….", "The caller's number, +62…."))
@click.option(
    "--outcome",
    type=Outcome(),
    help=tr(
        "Bagaimana berakhirnya; juga seperti yang ditampilkan: 'agen menutup'.",
        "How it ended; also as it is shown: 'the agent hung up'.",
    ),
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@json_option
def calls(
    *, since: float | None, line: str | None, caller: str | None, outcome: str | None, limit: int, as_json: bool
) -> None:
    async def show(settings: Settings, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            found = await queries.list_calls(
                connection,
                since=None if since is None else time.time() - since,
                line=line,
                caller=caller,
                outcome=outcome,
                limit=limit,
            )
        if as_json:
            print_json(found)
        elif found:
            _show_table(found, ZoneInfo(settings.timezone))
        else:
            click.echo(tr("Tidak ada panggilan.", "No calls."))

    with_history(show)


def _show_table(found: list[queries.Record], zone: dt.tzinfo) -> None:
    table = new_table(
        f"{tr('Waktu', 'Time')} ({zone_name(zone)})",
        tr("Panggilan", "Call"),
        tr("Nomor", "Line"),
        tr("Penelepon", "Caller"),
        tr("Agen", "Agent"),
        tr("Lama", "Length"),
        tr("Berakhir", "Ended"),
        key=1,
    )
    for call in found:
        ended = call["ended_at"]
        cells = [
            f"{dt.datetime.fromtimestamp(call['started_at'], zone):%Y-%m-%d %H:%M:%S}",
            call["id"],
            harmless(call["line"] or "–"),
            harmless(call["caller"] or "–"),
            call["agent"] or "–",
            duration(ended - call["started_at"] if ended else None),
            word(call["end_reason"]) if ended else tr(*STILL_ON),
        ]
        add_row(table, *cells)
    print_table(table)


@click.command(
    help=tr(
        "Kisah satu panggilan; `last` berarti yang terakhir.\n\n"
        "--json: satu objek dengan call, visits, attempts, legs, recordings, events; waktu dalam detik Unix.",
        "The story of one call; `last` is the latest.\n\n"
        "--json: one object with call, visits, attempts, legs, recordings, events; times in Unix seconds.",
    )
)
@click.argument("call_id", metavar="ID|last")
@json_option
def call(call_id: str, as_json: bool) -> None:
    async def show(settings: Settings, engine: AsyncEngine) -> None:
        async with engine.connect() as connection:
            wanted = await queries.last_call(connection) if call_id == "last" else call_id
            story = await queries.story(connection, wanted) if wanted else None
        if wanted is None:
            raise click.ClickException(tr("belum ada panggilan", "there is no call yet"))
        if story is None:
            raise click.ClickException(
                tr(
                    f"tidak ada panggilan {call_id!r}; `sambung calls` menampilkan semuanya",
                    f"there is no call {call_id!r}; `sambung calls` lists them",
                )
            )
        if as_json:
            print_json(story)
        else:
            for line in tell(story, ZoneInfo(settings.timezone)):
                click.echo(line)

    with_history(show)


@click.command(
    help=tr(
        "Apa yang terjadi sekarang, sampai Ctrl-C.\n\n--json: satu peristiwa per baris (id, call, at, kind, data).",
        "What happens now, until Ctrl-C.\n\n--json: one event per line (id, call, at, kind, data).",
    )
)
@json_option
def tail(as_json: bool) -> None:
    async def follow(settings: Settings, engine: AsyncEngine) -> None:
        zone = ZoneInfo(settings.timezone)
        async with engine.connect() as connection:
            cursor = await queries.newest_event(connection)
        click.echo(
            tr(
                f"Menunggu peristiwa panggilan (waktu {zone_name(zone)}); berhenti dengan Ctrl-C.",
                f"Waiting for what happens on calls (times in {zone_name(zone)}); stop with Ctrl-C.",
            ),
            err=True,
        )
        while True:
            async with engine.connect() as connection:
                found = await queries.events_after(connection, cursor)
            for event in found:
                cursor = event["id"]
                click.echo(json.dumps(event, ensure_ascii=False) if as_json else _feed_line(event, zone))
            if not found:
                await asyncio.sleep(POLL_SECONDS)

    with suppress(KeyboardInterrupt):
        with_history(follow)


def _feed_line(event: queries.Record, zone: dt.tzinfo) -> str:
    at = dt.datetime.fromtimestamp(event["at"], zone)
    return f"{at:%H:%M:%S} {harmless(event['call'] or ''):>18}  {sentence(event['kind'], event['data'])}"
