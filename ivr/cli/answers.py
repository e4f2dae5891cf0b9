"""`sambung answers`: what callers are told, until when, and who keeps it right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.cli.flows import perhaps, read_settings, site_of
from ivr.cli.tables import add_row, new_table, print_table
from ivr.flow.answers import EXPIRY_AHEAD_DAYS, AnswerEntry
from ivr.flow.model import Site
from ivr.i18n import tr


@click.command(
    help=tr(
        "Jawaban untuk warga: yang masih dan tidak lagi berlaku, dan pemiliknya. NAMA: semua tentang satu jawaban.",
        "What callers are told: what is valid, what expires when, who owns it. NAME: all about one answer.",
    )
)
@click.argument("name", required=False, default="", metavar=tr("[NAMA]", "[NAME]"))
@click.option("--flows", "folder", type=click.Path(path_type=Path), help=tr("Folder alur.", "The folder of the flows."))
def answers(name: str, folder: Path | None) -> None:
    """As they lie in the folder; callers hear those that were published."""
    site = site_of(folder, "")
    today = dt.datetime.now(ZoneInfo(read_settings().timezone)).date()
    if not name:
        _print_all(site, today)
        return
    if name not in site.answers:
        missing = tr(f"tidak ada jawaban '{name}'", f"there is no answer '{name}'")
        raise click.ClickException(missing + perhaps(name, site.answers))
    for title, text in _all_about(site, name, today):
        click.echo(f"{click.style(f'{title}:', bold=True)} {text}")


def _print_all(site: Site, today: dt.date) -> None:
    """What expires first stands first."""
    if not site.answers:
        click.echo(tr("Belum ada jawaban; lihat docs/answers.md.", "There are no answers yet; see docs/answers.md."))
        return
    table = new_table(
        tr("Nama", "Name"),
        tr("Pertanyaan", "Question"),
        tr("Pemilik", "Owner"),
        tr("Berlaku sampai", "Valid until"),
        tr("Keadaan", "State"),
    )
    for name, entry in sorted(site.answers.items(), key=lambda item: item[1].valid_until):
        add_row(table, name, entry.question, entry.owner, f"{entry.valid_until}", _state(entry, today))
    print_table(table)


def _state(entry: AnswerEntry, today: dt.date) -> str:
    left = entry.days_left(today)
    if left <= 0:
        return tr("tidak berlaku lagi", "no longer valid")
    if not entry.is_valid(today):
        return tr(f"mulai {entry.valid_from}", f"from {entry.valid_from}")
    if left <= EXPIRY_AHEAD_DAYS:
        return tr(f"tinggal {left} hari", f"{left} day(s) left")
    return tr("berlaku", "valid")


def _all_about(site: Site, name: str, today: dt.date) -> Iterator[tuple[str, str]]:
    entry = site.answers[name]
    yield tr("Pertanyaan", "Question"), entry.question
    yield tr("Diucapkan", "Spoken"), entry.say
    yield tr("Untuk petugas", "For agents"), entry.text or "–"
    yield tr("Dasar hukum", "Legal source"), entry.source or "–"
    yield tr("Pemilik", "Owner"), entry.owner
    yield tr("Berlaku", "Valid"), f"{entry.valid_from} – {entry.valid_until} ({_state(entry, today)})"
    intents = [f"{document} ({', '.join(questions)})" for document, questions in entry.intents.items()]
    yield tr("Maksud warga", "Intents"), ", ".join(intents) or "–"
    steps = [
        f"{flow.name}/{step_name}"
        for flow in site.flows.values()
        for step_name, step in flow.steps.items()
        if getattr(step, "answer", "") == name
    ]
    yield tr("Dipakai", "Used"), ", ".join(steps) or "–"
