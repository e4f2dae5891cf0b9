"""`sambung publish` and `prompts`: flows put in force, and the audio of their texts."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ivr.asterisk.configure import apply
from ivr.asterisk.control import AsteriskError
from ivr.asterisk.render import RenderError
from ivr.cli.moments import moment
from ivr.cli.rights import author
from ivr.cli.tables import add_row, minute, new_table, print_table
from ivr.cli.terminal import CONSOLE, tell
from ivr.cli.testing import print_result, run_tests, summary
from ivr.cli.versions import print_differences, warn_of_held_plans
from ivr.drafts import DraftConflict, changes, check_base, note_base
from ivr.flow.languages import unknown
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flowtests.reader import files_beside
from ivr.i18n import tr
from ivr.pointer import PlanError, current_hash, in_force_at
from ivr.publish import PublishError, Version, find_version, spoken_texts
from ivr.publish import publish as publish_site
from ivr.settings import Settings, SettingsError, load_settings
from ivr.store.database import StoreError
from ivr.voice.catalogue import Catalogue
from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.system import build_system_prompts, system_prompts
from ivr.voice.template import text_id
from ivr.voice.tts import VoiceError

LONGEST_DAYS = 366
"""How far ahead a publish, or its end, can be planned."""


@click.command(
    help=tr(
        "Terbitkan alur: diperiksa, diuji, suaranya dibuat, lalu dipakai untuk panggilan berikutnya.",
        "Publish the flows: checked, tested, their audio made, then used for the next calls.",
    )
)
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True), metavar="[FOLDER]")
@click.option("-m", "--message", default="", help=tr("Mengapa diterbitkan.", "Why it is published."))
@click.option(
    "--at",
    "begin",
    default="",
    metavar=tr("WAKTU", "TIME"),
    help=tr("Baru berlaku nanti: 17:00, '2027-01-01 00:00', 3h.", "In force later: 17:00, '2027-01-01 00:00', 3h."),
)
@click.option(
    "--until",
    "end",
    default="",
    metavar=tr("WAKTU", "TIME"),
    help=tr("Sesudah itu versi sebelumnya berlaku lagi.", "After that, the version before is in force again."),
)
@click.option(
    "--over",
    default="",
    metavar="HASH",
    help=tr(
        "Gantikan versi HASH, yang diterbitkan orang lain.", "Replace version HASH, which somebody else published."
    ),
)
@click.option(
    "--force",
    default="",
    metavar=tr("ALASAN", "REASON"),
    help=tr("Terbitkan walau ujinya gagal; alasannya dicatat.", "Publish although tests fail; the reason is kept."),
)
def publish(*, message: str, begin: str, end: str, folder: Path | None, over: str, force: str) -> None:
    with _clear_errors():
        settings = load_settings()
        typed = {"--at": begin, "--until": end}
        named = [str(folder)] if folder else []
        again = shlex.join(
            ["sambung", "publish", *named, *(part for pair in typed.items() if pair[1] for part in pair)]
        )
        folder = (folder or settings.flows).resolve()
        if folder.is_file():
            instead = shlex.join(["sambung", "publish", str(folder.parent)])
            raise PublishError(
                tr(
                    f"'{folder.name}' adalah sebuah berkas; alur diterbitkan sefolder: `{instead}`",
                    f"'{folder.name}' is a file; flows are published by the folder: `{instead}`",
                )
            )
        at, until = _times(settings, begin, end)
        before = in_force_at(settings, at) if at else current_hash(settings)
        if until and before is None:
            raise PublishError(tr("--until: belum ada versi sebelumnya", "--until: there is no version before"))
        site = _checked_site(settings, folder)
        _same_base(settings, folder, before, over, again)
        forced = "" if _passes_its_tests(settings, site, folder, force) else force
        with _progress() as show:
            version = publish_site(
                settings,
                site,
                author=author(),
                message=message,
                forced=forced,
                at=at,
                until=until,
                over=before,
                progress=show,
                warn=tell,
            )
        note_base(folder, version.hash)
        asyncio.run(apply(settings))
        _say_published(settings, version, message, at=at, until=until, before=before)
        warn_of_held_plans(settings)


@click.group(
    invoke_without_command=True,
    help=tr("Teks yang diucapkan dan rekamannya.", "The texts that are spoken, and their recordings."),
)
@click.option("--missing", is_flag=True, help=tr("Hanya yang belum ada suaranya.", "Only those without audio yet."))
@click.option("--units", is_flag=True, help=tr("Juga kata angka, bulan, huruf.", "Number words, months, letters too."))
@click.option(
    "--unrecorded", is_flag=True, help=tr("Hanya yang belum direkam orang.", "Only those no person recorded.")
)
@click.option(
    "--translate",
    metavar=tr("BAHASA", "LANGUAGE"),
    help=tr("Tulis yang belum diterjemahkan, untuk diisi.", "Write down what lacks a translation, to be filled in."),
)
@click.pass_context
def prompts(ctx: click.Context, missing: bool, units: bool, unrecorded: bool, translate: str | None) -> None:
    if ctx.invoked_subcommand:
        return
    with _clear_errors():
        settings = load_settings()
        if translate:
            _print_untranslated(settings, translate)
        else:
            texts = _texts(settings, units=units)
            _print_prompts(settings, texts, missing=missing, unrecorded=unrecorded)


def _print_untranslated(settings: Settings, language: str) -> None:
    """As a file of translations, of which only the words are missing."""
    loaded = load_site(settings.flows)
    if loaded.site is None:
        raise PublishError("\n".join(str(p) for p in loaded.problems if p.severity == "error"))
    if language not in loaded.untranslated:
        raise PublishError(unknown(language))
    for text in loaded.untranslated[language]:
        click.echo(f"- id: {json.dumps(text, ensure_ascii=False)}\n  {language}:")


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


def _times(settings: Settings, begin: str, end: str) -> tuple[float, float]:
    """When it begins and ends (Unix seconds; 0: at once, never). Raises ClickException for what is no time."""
    now = datetime.now(ZoneInfo(settings.timezone))
    at = moment("--at", begin, now, longest_days=LONGEST_DAYS, whole_day=False) if begin else None
    until = moment("--until", end, at or now, longest_days=LONGEST_DAYS, whole_day=True) if end else None
    return at.timestamp() if at else 0.0, until.timestamp() if until else 0.0


def _same_base(settings: Settings, folder: Path, before: str | None, over: str, again: str) -> None:
    """Raise PublishError, after showing why, where the flows were not made from the version that they are to follow.

    `again`: the command to give once that is mended.
    """
    try:
        check_base(settings, folder, before, over=over)
    except DraftConflict as conflict:
        base, other = conflict.base, find_version(settings, conflict.in_force)
        when = minute(other.created, ZoneInfo(settings.timezone)) if other else ""
        about = f" ({other.author}, {when}: {other.message})" if other else ""
        click.echo(
            tr(
                f"{folder} berasal dari versi {base or '(tidak diketahui)'}, sedangkan yang akan digantikannya versi "
                f"{conflict.in_force}{about}. Yang ada di sana dan belum ada di sini:",
                f"{folder} was made from version {base or '(unknown)'}, but it would follow version "
                f"{conflict.in_force}{about}. What is there and not here:",
            )
        )
        theirs, ours = changes(settings, folder, conflict)
        print_differences(theirs, ours=ours)
        raise PublishError(
            tr(
                "tidak ada yang diterbitkan: masukkan perubahan itu ke berkas Anda, lalu: "
                f"{again} --over {conflict.in_force}",
                f"nothing was published: bring these changes into your files, then: {again} --over {conflict.in_force}",
            )
        ) from None


def _checked_site(settings: Settings, folder: Path) -> Site:
    """The flows as they are now; prints what is wrong with them. Raises PublishError on errors."""
    loaded = load_site(folder, read_settings=lambda: settings)
    for problem in loaded.problems:
        click.echo(str(problem), err=True)
    if loaded.site is None:
        raise PublishError(
            tr("tidak ada yang diterbitkan: alurnya salah", "nothing was published: the flows are wrong")
        )
    return loaded.site


def _passes_its_tests(settings: Settings, site: Site, folder: Path, force: str) -> bool:
    """Whether all tests pass; prints what does not. Raises PublishError then, unless `force` says why not to mind."""
    problems, results = run_tests(settings, site, files_beside(folder))
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
    for language, texts in spoken_texts(settings, _checked_site(settings, settings.flows)).items():
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
def _print_prompts(settings: Settings, texts: dict[tuple[str, str], str], *, missing: bool, unrecorded: bool) -> None:
    languages = {language for language, _ in texts}
    catalogues = {language: Catalogue(settings.prompts, language=language) for language in languages}
    table = new_table("ID", tr("Teks", "Text"), tr("Suara", "Voice"), tr("Detik", "Seconds"), tr("Di", "Where"))
    for (language, text), where in texts.items():
        catalogue = catalogues[language]
        clip = catalogue.clip(text)
        recorded = catalogue.recording(text) is not None
        if (missing and clip) or (unrecorded and recorded):
            continue
        voice = tr("orang", "person") if recorded else tr("mesin", "machine")
        voice += "" if language == INDONESIAN else f", {language}"
        seconds = f"{clip.seconds:.1f}" if clip else tr("belum", "not yet")
        add_row(table, text_id(text, language), text, voice, seconds, where)
    if table.row_count:
        print_table(table)
    elif unrecorded:
        click.echo(tr("Semua teks sudah direkam orang.", "A person has recorded every text."))
    else:
        click.echo(tr("Semua teks sudah bersuara.", "Every text has its audio."))


def _say_published(
    settings: Settings, version: Version, message: str, *, at: float, until: float, before: str | None
) -> None:
    flows, zone = ", ".join(version.flows), ZoneInfo(settings.timezone)
    if version.hash == before:
        click.echo(
            tr(
                f"Tidak ada yang berubah: versi {version.hash} tetap berlaku ({flows}).",
                f"Nothing has changed: version {version.hash} stays in force ({flows}).",
            )
        )
    elif at:
        click.echo(
            tr(
                f"Versi {version.hash} siap dan berlaku sejak {minute(at, zone)}: {flows}.",
                f"Version {version.hash} is ready, and in force from {minute(at, zone)} on: {flows}.",
            )
        )
    else:
        click.echo(tr(f"Versi {version.hash} berlaku: {flows}.", f"Version {version.hash} is in force: {flows}."))
    if until and version.hash != before:
        click.echo(
            tr(
                f"Versi {before} berlaku lagi sejak {minute(until, zone)}. Untuk melanjutkan dari sana: "
                f"sambung versions restore {before} FOLDER",
                f"Version {before} is in force again from {minute(until, zone)} on. To go on from there: "
                f"sambung versions restore {before} FOLDER",
            )
        )
    if message and message != version.message:
        click.echo(
            tr(
                f"Catatan Anda tidak disimpan: versi ini sudah terbit sebelumnya, dengan catatan '{version.message}'.",
                f"Your note was not stored: this version was published before, with the note '{version.message}'.",
            )
        )


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=CONSOLE, transient=True) as bar:
        task = bar.add_task(tr("Membuat suara", "Making audio"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """An expected error is a message and exit code 1, not a traceback."""
    try:
        yield
    except (AsteriskError, PlanError, PublishError, RenderError, SettingsError, StoreError, VoiceError) as e:
        click.echo(str(e), err=True)
        sys.exit(1)
