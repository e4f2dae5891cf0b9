"""What callers said and was kept: listened to, checked, exported for training, deleted.

`list --json` gives a list of objects, the newest first: `id`, `at` (Unix seconds), `call`, `line`, `step`, `heard`
("" = none of the phrases), `confidence` (0-1), `decision`, `audio` (path) and `said` (null: nobody checked it yet).
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from ivr.cli.history import span, with_history
from ivr.cli.running import json_option
from ivr.cli.story import decision_word, harmless
from ivr.cli.tables import add_row, new_table, print_json, print_table, zone_name
from ivr.collected import Checked, digit_words, plain_words
from ivr.collected import export as write_folder
from ivr.i18n import tr
from ivr.publish import PublishError, load_version
from ivr.routing.numbers import e164
from ivr.settings import Settings
from ivr.speech.lexicon import Lexicon, LexiconError
from ivr.store import queries
from ivr.store.checks import drop_checks, load_checks, note_check
from ivr.voice.wav import wav_seconds


@dataclass(frozen=True, slots=True)
class _Kept:
    """As in `list --json`."""

    id: str
    at: float
    call: str
    line: str | None
    step: str
    heard: str
    confidence: float | None
    decision: str
    audio: Path
    said: str | None


@click.group(
    help=tr(
        "Ucapan penelepon yang disimpan ([speech] keep_audio): periksa, ekspor untuk pelatihan, hapus.",
        "What callers said and was kept ([speech] keep_audio): check it, export it for training, delete it.",
    )
)
def utterances() -> None:
    pass


async def _kept(settings: Settings, engine: AsyncEngine, **wanted: Any) -> list[tuple[_Kept, queries.Record]]:
    """What is still there, the newest first, each with its row of `queries.kept_utterances`."""
    async with engine.connect() as connection:
        rows = await queries.kept_utterances(connection, **wanted)
    checks = await load_checks(settings)
    return [(_of(row, path, checks), row) for row in rows if (path := settings.recordings / row["audio"]).exists()]


def _of(row: queries.Record, path: Path, checks: Mapping[str, str]) -> _Kept:
    entered, hypotheses = row["entered"] or {}, row["hypotheses"]
    return _Kept(
        id=row["turn"],
        at=row["at"],
        call=row["call"],
        line=row["line"],
        step=f"{entered['flow']}:{entered['step']}" if entered else "",
        heard=hypotheses[0]["text"] if hypotheses else "",
        confidence=row["confidence"],
        decision=row["decision"],
        audio=path,
        said=checks.get(row["turn"]),
    )


@utterances.command(name="list", help=tr("Yang disimpan, yang terbaru di atas.", "What is kept, the newest first."))
@click.option("--since", callback=span, help=tr("Tidak lebih lama dari: 30m, 1h, 7d.", "Not older than: 30m, 1h, 7d."))
@click.option("--line", help=tr("Nomor yang dihubungi.", "The number dialled."))
@click.option("--step", help=tr("Langkah, misalnya halo-kota:menu.", "The step, such as halo-kota:menu."))
@click.option(
    "--decision",
    type=click.Choice(["accepted", "confirm", "rejected", "confirmed", "refused"]),
    help=tr("Apa yang diperbuat dengannya.", "What was made of it."),
)
@click.option("--checked/--unchecked", default=None, help=tr("Sudah diperiksa, atau belum.", "Checked yet, or not."))
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@json_option
def list_(
    *,
    since: float | None,
    line: str | None,
    step: str | None,
    decision: str | None,
    checked: bool | None,
    limit: int,
    as_json: bool,
) -> None:
    async def show(settings: Settings, engine: AsyncEngine) -> None:
        after = None if since is None else time.time() - since
        found = [
            kept
            for kept, _ in await _kept(settings, engine, since=after, line=line)
            if step in (None, kept.step)
            and decision in (None, kept.decision)
            and checked in (None, kept.said is not None)
        ][:limit]
        if as_json:
            objects = [dataclasses.asdict(kept) | {"audio": str(kept.audio)} for kept in found]
            print_json(objects)
        elif found:
            _show_table(found, ZoneInfo(settings.timezone))
        else:
            click.echo(_nothing(settings))

    with_history(show)


def _nothing(settings: Settings) -> str:
    if settings.speech.keep_audio:
        return tr("Tidak ada ucapan yang disimpan.", "No utterance is kept.")
    return tr(
        "Tidak ada ucapan yang disimpan; [speech] keep_audio di sambung.toml mati.",
        "No utterance is kept; [speech] keep_audio in sambung.toml is off.",
    )


def _show_table(found: list[_Kept], zone: dt.tzinfo) -> None:
    table = new_table(
        f"{tr('Waktu', 'Time')} ({zone_name(zone)})",
        "ID",
        tr("Nomor", "Line"),
        tr("Langkah", "Step"),
        tr("Terdengar", "Heard"),
        tr("Yakin", "Sure"),
        tr("Keputusan", "Decision"),
        tr("Diperiksa", "Checked"),
        key=1,
    )
    for kept in found:
        cells = [
            f"{dt.datetime.fromtimestamp(kept.at, zone):%Y-%m-%d %H:%M:%S}",
            kept.id,
            kept.line or "–",
            kept.step or "–",
            kept.heard or "–",
            "–" if kept.confidence is None else f"{100 * kept.confidence:.0f} %",
            decision_word(kept.decision),
            "–" if kept.said is None else kept.said,
        ]
        add_row(table, *cells)
    print_table(table)


@utterances.command(
    help=tr(
        "Catat apa yang sebenarnya diucapkan, dalam kata-kata seperti terdengar (angka juga: 'dua belas' atau "
        "'satu dua'). Tanpa TEKS: tunjukkan berkas suaranya.",
        "Note what was really said, in words as you hear them (numbers too: 'dua belas' or 'satu dua'). Without TEXT: "
        "show the audio's file.",
    )
)
@click.argument("id_", metavar="ID")
@click.argument("text", required=False, metavar=tr("[TEKS]", "[TEXT]"))
@click.option(
    "--right",
    is_flag=True,
    help=tr("Yang terdengar memang diucapkan; angka satu per satu.", "What was heard was said; digits one by one."),
)
@click.option(
    "--discard",
    is_flag=True,
    help=tr("Tak terpakai atau tak boleh dipakai: hapus suaranya.", "Of no use, or not to be used: delete its audio."),
)
def check(id_: str, text: str | None, *, right: bool, discard: bool) -> None:
    if (text is not None) + right + discard > 1:
        raise click.UsageError(tr("pilih satu: TEKS, --right atau --discard", "choose one: TEXT, --right or --discard"))

    async def work(settings: Settings, engine: AsyncEngine) -> None:
        found = await _kept(settings, engine, turn=id_)
        if not found:
            raise click.ClickException(
                tr(
                    f"tidak ada ucapan {id_!r} yang disimpan; `sambung utterances list` menampilkan semuanya",
                    f"no utterance {id_!r} is kept; `sambung utterances list` lists them",
                )
            )
        (kept, row) = found[0]
        if discard:
            await _delete(settings, [kept])
            click.echo(tr(f"{id_}: suaranya dihapus.", f"{id_}: its audio is deleted."))
        elif right or text is not None:
            said = _said(settings, kept, row, text)
            await note_check(settings, id_, said)
            click.echo(tr(f"{id_}: dicatat “{said}”.", f"{id_}: noted “{said}”."))
        else:
            click.echo(f"{tr('suara', 'audio')}: {kept.audio}")
            click.echo(f"{tr('terdengar', 'heard')}: {harmless(kept.heard) or '–'}")
            click.echo(f"{tr('diperiksa', 'checked')}: {kept.said or '–'}")

    with_history(work)


def _said(settings: Settings, kept: _Kept, row: queries.Record, text: str | None) -> str:
    """The plain words of `text`, or of what was heard."""
    try:
        if text is not None:
            return plain_words(text, Lexicon())
        if not kept.heard:
            raise click.ClickException(
                tr(
                    f"{kept.id}: tidak ada yang dipahami; tulis kata-katanya, atau --discard",
                    f"{kept.id}: nothing was understood; write the words, or --discard",
                )
            )
        if kept.heard.isdigit() and (row["entered"] or {}).get("type") == "input":
            return digit_words(kept.heard)
        return plain_words(kept.heard, load_version(settings).site.lexicon())
    except (LexiconError, PublishError) as e:
        raise click.ClickException(str(e)) from e


@utterances.command(
    help=tr(
        "Tulis yang sudah diperiksa ke FOLDER baru, untuk `python -m training --speech FOLDER`. Penelepon disamarkan.",
        "Write what is checked to a new FOLDER, for `python -m training --speech FOLDER`. Callers get pseudonyms.",
    )
)
@click.argument("folder", type=click.Path(path_type=Path))
def export(folder: Path) -> None:
    async def work(settings: Settings, engine: AsyncEngine) -> None:
        checked = [
            Checked(row["caller"] or kept.call, kept.id, kept.said, kept.audio)
            for kept, row in await _kept(settings, engine)
            if kept.said
        ]
        if not checked:
            raise click.ClickException(
                tr(
                    "belum ada ucapan yang diperiksa; mulai dengan `sambung utterances list --unchecked`",
                    "no utterance is checked yet; begin with `sambung utterances list --unchecked`",
                )
            )
        whole = [utterance for utterance in checked if wav_seconds(utterance.audio)]
        try:
            rows = await asyncio.to_thread(write_folder, whole, folder, settings.secrets["speakers"])
        except FileExistsError as e:
            raise click.ClickException(
                tr(f"{folder} sudah berisi; sebutkan folder baru", f"{folder} is not empty; name a new folder")
            ) from e
        except OSError as e:
            raise click.ClickException(f"{folder}: {e.strerror}") from e
        _tell(rows, [utterance.name for utterance in checked if utterance not in whole])

    with_history(work)


def _tell(rows: list[list[str]], broken: list[str]) -> None:
    for split in ("train", "dev"):
        of_split = [row for row in rows if row[0] == split]
        speakers, minutes = len({row[2] for row in of_split}), sum(float(row[4]) for row in of_split) / 60
        click.echo(
            tr(
                f"{split}: {len(of_split)} ucapan, {speakers} penelepon, {minutes:.1f} menit",
                f"{split}: {len(of_split)} utterances, {speakers} callers, {minutes:.1f} minutes",
            )
        )
    if broken:
        click.echo(
            tr(
                f"berkas suaranya rusak dan ditinggalkan: {', '.join(broken)}; hapus dengan `check ID --discard`",
                f"left out, as the audio is broken: {', '.join(broken)}; delete it with `check ID --discard`",
            ),
            err=True,
        )


@utterances.command(
    help=tr(
        "Hapus suara seorang penelepon, atau satu panggilan, dan catatan pemeriksaannya. Yang lebih tua dari "
        "[speech] keep_audio_days dihapus sendiri.",
        "Delete the audio of a caller, or of one call, and what was noted about it. What is older than "
        "[speech] keep_audio_days is deleted without this.",
    )
)
@click.option("--caller", metavar=tr("NOMOR", "NUMBER"), help=tr("Nomor penelepon.", "The caller's number."))
@click.option("--call", metavar="ID", help=tr("Panggilan, bila nomornya disembunyikan.", "A call, for a withheld one."))
def forget(caller: str | None, call: str | None) -> None:
    number = e164(caller or "")
    if (caller is None) == (call is None):
        raise click.UsageError(tr("sebutkan --caller atau --call", "name --caller or --call"))
    if caller is not None and not number:
        raise click.UsageError(
            tr(f"{caller!r} bukan nomor telepon; tulis 0812… atau +62812…", f"{caller!r} is no number; write +62812…")
        )

    async def work(settings: Settings, engine: AsyncEngine) -> None:
        found = await _kept(settings, engine, caller=number or None, call=call)
        await _delete(settings, [kept for kept, _ in found])
        who = number or call
        click.echo(
            tr(f"{who}: suara {len(found)} ucapan dihapus.", f"{who}: the audio of {len(found)} utterances is deleted.")
        )

    with_history(work)


async def _delete(settings: Settings, gone: list[_Kept]) -> None:
    """Delete audio and what was noted of it; the engine then notes it in the record (`ivr.store.expiry`)."""
    for kept in gone:
        kept.audio.unlink(missing_ok=True)
    await drop_checks(settings, [kept.id for kept in gone])
