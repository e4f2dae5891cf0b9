"""`sambung publish`, `versions`, `rollback` and `prompts`: the flows' versions, and the audio of their texts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from ivr.asterisk.configure import apply
from ivr.asterisk.control import AsteriskError
from ivr.asterisk.render import RenderError
from ivr.cli.rights import author
from ivr.cli.tables import print_table
from ivr.cli.testing import print_result, run_tests, summary
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flowtests.reader import files_beside
from ivr.i18n import tr
from ivr.publish import Move, PublishError, Version, current_hash, history, spoken_texts
from ivr.publish import publish as publish_site
from ivr.publish import rollback as go_back
from ivr.settings import Settings, SettingsError, load_settings
from ivr.store.database import StoreError
from ivr.voice.catalogue import Catalogue
from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.system import build_system_prompts, system_prompts
from ivr.voice.template import text_id
from ivr.voice.tts import VoiceError


@click.command(
    help=tr(
        "Terbitkan alur: diperiksa, diuji, suaranya dibuat, lalu dipakai untuk panggilan berikutnya.",
        "Publish the flows: checked, tested, their audio made, then used for the next calls.",
    )
)
@click.option("-m", "--message", default="", help=tr("Mengapa diterbitkan.", "Why it is published."))
@click.option(
    "--force",
    default="",
    metavar=tr("ALASAN", "REASON"),
    help=tr("Terbitkan walau ujinya gagal; alasannya dicatat.", "Publish although tests fail; the reason is kept."),
)
def publish(message: str, force: str) -> None:
    with _clear_errors():
        settings = load_settings()
        site, before = _checked_site(settings), current_hash(settings)
        forced = "" if _passes_its_tests(settings, site, force) else force
        with _progress() as show:
            version = publish_site(
                settings, site, author=author(), message=message, forced=forced, progress=show, warn=_warn
            )
        asyncio.run(apply(settings))
        _say_published(version, message, anew=version.hash != before)


@click.command(help=tr("Tampilkan riwayat terbitan.", "Show what was published."))
def versions() -> None:
    with _clear_errors():
        _print_history(load_settings())


@click.command("rollback", help=tr("Kembali ke versi HASH.", "Go back to the version HASH."))
@click.argument("hash", metavar="HASH")
def rollback(hash: str) -> None:
    with _clear_errors():
        settings = load_settings()
        version = go_back(settings, hash, author=author())
        asyncio.run(apply(settings))
        click.echo(tr(f"Versi {version.hash} berlaku lagi.", f"Version {version.hash} is in force again."))


@click.group(
    invoke_without_command=True,
    help=tr("Teks yang diucapkan dan rekamannya.", "The texts that are spoken, and their recordings."),
)
@click.option("--missing", is_flag=True, help=tr("Hanya yang belum ada suaranya.", "Only those without audio yet."))
@click.option("--units", is_flag=True, help=tr("Juga kata angka, bulan, huruf.", "Number words, months, letters too."))
@click.pass_context
def prompts(ctx: click.Context, missing: bool, units: bool) -> None:
    if ctx.invoked_subcommand:
        return
    with _clear_errors():
        settings = load_settings()
        _print_prompts(settings, _texts(settings, units=units), missing=missing)


@prompts.command(
    "set",
    help=tr("Pakai rekaman suara orang untuk teks ID.", "Use a person's recording for the text ID."),
)
@click.argument("id", metavar="ID")
@click.argument("recording", metavar=tr("BERKAS", "FILE"), type=click.Path(path_type=Path))
def set_prompt(id: str, recording: Path) -> None:
    with _clear_errors():
        settings = load_settings()
        language, text = _text_of(settings, id)
        Catalogue(settings.prompts, language=language).set_recording(text, recording)
        _take_effect(settings, text)


@prompts.command("unset", help=tr("Kembali ke suara mesin untuk teks ID.", "Go back to the machine's voice for ID."))
@click.argument("id", metavar="ID")
def unset_prompt(id: str) -> None:
    with _clear_errors():
        settings = load_settings()
        language, text = _text_of(settings, id)
        if not Catalogue(settings.prompts, language=language).unset_recording(text):
            raise PublishError(tr(f"teks {id} tidak punya rekaman orang", f"text {id} has no person's recording"))
        _take_effect(settings, text)


def _checked_site(settings: Settings) -> Site:
    """The flows as they are now; prints what is wrong with them. Raises PublishError on errors."""
    loaded = load_site(settings.flows, read_settings=lambda: settings)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    if loaded.site is None:
        raise PublishError(
            tr("tidak ada yang diterbitkan: alurnya salah", "nothing was published: the flows are wrong")
        )
    return loaded.site


def _passes_its_tests(settings: Settings, site: Site, force: str) -> bool:
    """Whether all tests pass; prints what does not. Raises PublishError then, unless `force` says why not to mind."""
    problems, results = run_tests(settings, site, files_beside(settings.flows))
    for problem in problems:
        click.echo(str(problem), err=True)
    failed = [result for result in results if result.failure]
    for result in failed:
        print_result(result, err=True)
    if results:
        click.echo(summary(results))
    if not problems and not failed:
        return True
    if not force.strip():
        raise PublishError(
            tr(
                "tidak ada yang diterbitkan: ujinya gagal; perbaiki alur atau ujinya. "
                'Bila mendesak: sambung publish --force "alasan"',
                "nothing was published: its tests fail; mend the flows or the tests. "
                'If it is urgent: sambung publish --force "reason"',
            )
        )
    return False


def _texts(settings: Settings, *, units: bool) -> dict[tuple[str, str], str]:
    """Language and text of all that has audio of its own -> where it is spoken."""
    found = {(INDONESIAN, text): f"system/{name}.wav" for name, text in system_prompts(settings).items()}
    for language, texts in spoken_texts(settings, _checked_site(settings)).items():
        found |= {(language, text): where for text, where in texts.items()}
        for unit in tongue(language).units if units else ():
            found.setdefault((language, unit), tr("satuan", "unit"))
    return found


def _text_of(settings: Settings, id: str) -> tuple[str, str]:
    """The language and the text with this id."""
    for language, text in _texts(settings, units=True):
        if text_id(text, language) == id:
            return language, text
    raise PublishError(tr(f"tidak ada teks {id}; lihat `sambung prompts`", f"no text {id}; see `sambung prompts`"))


def _take_effect(settings: Settings, text: str) -> None:
    if text in system_prompts(settings).values():
        build_system_prompts(settings)
    click.echo(
        tr(
            f"{text!r}: berlaku sejak `sambung publish` berikutnya.",
            f"{text!r}: in force from the next `sambung publish` on.",
        )
    )


# --- what is shown ----------------------------------------------------------------------------------
def _print_prompts(settings: Settings, texts: dict[tuple[str, str], str], *, missing: bool) -> None:
    languages = {language for language, _ in texts}
    catalogues = {language: Catalogue(settings.prompts, language=language) for language in languages}
    table = Table("ID", tr("Teks", "Text"), tr("Suara", "Voice"), tr("Detik", "Seconds"), tr("Di", "Where"))
    for (language, text), where in texts.items():
        catalogue = catalogues[language]
        clip = catalogue.clip(text)
        if missing and clip:
            continue
        voice = tr("orang", "person") if catalogue.recording(text) else tr("mesin", "machine")
        voice += "" if language == INDONESIAN else f", {language}"
        seconds = f"{clip.seconds:.1f}" if clip else tr("belum", "not yet")
        table.add_row(text_id(text, language), text, voice, seconds, where)
    if table.row_count:
        print_table(table)
    else:
        click.echo(tr("Semua teks sudah bersuara.", "Every text has its audio."))


def _say_published(version: Version, message: str, *, anew: bool) -> None:
    flows = ", ".join(version.flows)
    if anew:
        click.echo(tr(f"Versi {version.hash} berlaku: {flows}.", f"Version {version.hash} is in force: {flows}."))
    else:
        click.echo(
            tr(
                f"Tidak ada yang berubah: versi {version.hash} tetap berlaku ({flows}).",
                f"Nothing has changed: version {version.hash} stays in force ({flows}).",
            )
        )
    if message and message != version.message:
        click.echo(
            tr(
                f"Catatan Anda tidak disimpan: versi ini sudah terbit sebelumnya, dengan catatan '{version.message}'.",
                f"Your note was not stored: this version was published before, with the note '{version.message}'.",
            )
        )


def _print_history(settings: Settings) -> None:
    in_force, zone = current_hash(settings), ZoneInfo(settings.timezone)
    table = Table(
        "",
        tr("Versi", "Version"),
        tr("Waktu", "When"),
        tr("Oleh", "By"),
        tr("Tindakan", "Action"),
        tr("Catatan", "Note"),
    )
    for move, version in history(settings):
        table.add_row(
            "→" if move.hash == in_force else "",
            move.hash,
            datetime.fromtimestamp(move.at, zone).strftime("%Y-%m-%d %H:%M:%S"),
            move.author,
            _action(move),
            version.message if version else tr("(isinya hilang)", "(its folder is gone)"),
        )
        in_force = in_force if move.hash != in_force else None  # the arrow stands at the newest move only
    print_table(table)


def _action(move: Move) -> str:
    if move.forced:
        return tr(f"terbit walau ujinya gagal: {move.forced}", f"published although tests failed: {move.forced}")
    return tr("terbit", "published") if move.action == "publish" else tr("kembali", "went back")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(tr("Membuat suara", "Making audio"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _warn(problem: str) -> None:
    click.echo(problem, err=True)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """An expected error is a message and exit code 1, not a traceback."""
    try:
        yield
    except (AsteriskError, PublishError, RenderError, SettingsError, StoreError, VoiceError) as e:
        click.echo(str(e), err=True)
        sys.exit(1)
