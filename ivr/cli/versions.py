"""`sambung versions` and `rollback`: what was published, what will be, what differs, and the ways back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from ivr.asterisk.configure import apply
from ivr.asterisk.control import AsteriskError
from ivr.asterisk.render import RenderError
from ivr.cli.rights import author
from ivr.cli.running import run
from ivr.cli.tables import add_row, minute, new_table, print_table
from ivr.drafts import restore, sources_of, sources_of_version
from ivr.flow.differences import Difference, differences
from ivr.i18n import tr
from ivr.pointer import Move, Plan, PlanError, cancel, current_hash, moves, plans, to_be_held
from ivr.publish import PublishError, find_version, whole_hash
from ivr.publish import rollback as go_back
from ivr.settings import Settings

LONGEST_VALUE = 80
"""Characters of a value that are shown of a difference."""

_folder_argument = click.Path(path_type=Path, file_okay=False)


def _run(work: Callable[[Settings], Awaitable[None]]) -> None:
    run(work, AsteriskError, PlanError, PublishError, RenderError)


@click.group(
    invoke_without_command=True,
    help=tr("Tampilkan yang pernah dan yang akan terbit.", "Show what was published, and what will be."),
)
@click.pass_context
def versions(ctx: click.Context) -> None:
    if not ctx.invoked_subcommand:
        _run(_print_versions)


@versions.command(
    help=tr(
        "Tampilkan perbedaan: folder alur dengan versi yang berlaku; versi A dengan yang berlaku; atau A dengan B.",
        "Show what differs: the folder of flows from the version in force; A from the one in force; or A from B.",
    )
)
@click.argument("a", required=False, metavar="[A]")
@click.argument("b", required=False, metavar="[B]")
@click.option("--flows", "folder", type=_folder_argument, help=tr("Folder alur.", "The folder of flows."))
def diff(a: str | None, b: str | None, folder: Path | None) -> None:
    async def show(settings: Settings) -> None:
        in_force = current_hash(settings)
        if in_force is None:
            raise PublishError(tr("belum ada yang terbit", "nothing is published yet"))
        old = _sources(settings, a or in_force)
        new = _sources(settings, b or in_force) if a else sources_of(folder or settings.flows)
        found = differences(old, new)
        print_differences(found)
        if not found:
            click.echo(tr("Tidak ada perbedaan.", "Nothing differs."))

    _run(show)


@versions.command(
    "restore",
    help=tr(
        "Tulis berkas versi HASH ke FOLDER, untuk melanjutkannya di sana. Yang belum terbit tidak ditimpa.",
        "Write the files of version HASH into FOLDER, to go on from there. Nothing unpublished is overwritten.",
    ),
)
@click.argument("hash", metavar="HASH")
@click.argument("folder", type=_folder_argument)
def restore_files(hash: str, folder: Path) -> None:
    async def write(settings: Settings) -> None:
        found = whole_hash(settings, hash)
        restore(settings, found, folder)
        click.echo(tr(f"Berkas versi {found} ada di {folder}.", f"The files of version {found} are in {folder}."))

    _run(write)


@versions.command(
    "cancel", help=tr("Batalkan rencana ID dari `sambung versions`.", "Cancel the plan ID of `sambung versions`.")
)
@click.argument("id", type=int)
def cancel_plan(id: int) -> None:
    async def forget(settings: Settings) -> None:
        plan = cancel(settings, id)
        click.echo(tr(f"Dibatalkan: {told(settings, plan)}", f"Cancelled: {told(settings, plan)}"))

    _run(forget)


@click.command("rollback", help=tr("Kembali ke versi HASH.", "Go back to the version HASH."))
@click.argument("hash", metavar="HASH")
def rollback(hash: str) -> None:
    async def put_back(settings: Settings) -> None:
        version = go_back(settings, hash, author=author())
        await apply(settings)
        click.echo(tr(f"Versi {version.hash} berlaku lagi.", f"Version {version.hash} is in force again."))
        warn_of_held_plans(settings)

    _run(put_back)


# --- what is shown ----------------------------------------------------------------------------------
def told(settings: Settings, plan: Plan) -> str:
    """A plan in one sentence."""
    when = minute(plan.move.at, ZoneInfo(settings.timezone))
    if plan.move.action == "return":
        return tr(
            f"{when}: kembali dari {plan.base} ke {plan.move.hash}",
            f"{when}: back from {plan.base} to {plan.move.hash}",
        )
    return tr(f"{when}: versi {plan.move.hash} terbit", f"{when}: version {plan.move.hash} is published")


def warn_of_held_plans(settings: Settings) -> None:
    """Say which plans cannot come about as things stand, and what to do."""
    for plan in to_be_held(settings):
        what = told(settings, plan)
        click.echo(
            tr(
                f"Rencana {plan.id} ({what}) menyusul versi {plan.base or '–'}, sehingga akan ditahan. Terbitkan lagi "
                f"dengan --at, lalu `sambung versions cancel {plan.id}`.",
                f"Plan {plan.id} ({what}) follows version {plan.base or '–'}, so it will be held. Publish it again "
                f"with --at, then `sambung versions cancel {plan.id}`.",
            ),
            err=True,
        )


def print_differences(found: Sequence[Difference], *, ours: Collection[Difference] = ()) -> None:
    """One line each; those whose place is among `ours`, too, are marked as changed on both sides."""
    places = {(difference.file, difference.path) for difference in ours}
    file = ""
    for difference in found:
        if difference.file != file:
            file = difference.file
            click.secho(file, bold=True)
        both = (difference.file, difference.path) in places
        mark = tr("  ← Anda juga mengubahnya", "  ← you changed it, too") if both else ""
        click.echo(f"  {_place(difference)}: {_change(difference)}{mark}")


def _place(difference: Difference) -> str:
    path = [str(part) for part in difference.path if part != "steps"]
    return " · ".join(path) or tr("seluruh berkas", "the whole file")


def _change(difference: Difference) -> str:
    if difference.old is None:
        return tr("baru", "new") + f" ({_short(difference.new)})"
    if difference.new is None:
        return tr("dihapus", "removed")
    return f"{_short(difference.old)} → {_short(difference.new)}"


def _short(value: str | None) -> str:
    text = repr(value or "")
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _sources(settings: Settings, hash: str) -> dict[str, bytes]:
    return sources_of_version(settings, whole_hash(settings, hash))


async def _print_versions(settings: Settings) -> None:
    zone = ZoneInfo(settings.timezone)
    for plan in plans(settings):
        name = tr("Ditahan", "Held") if plan.held else tr("Rencana", "Plan")
        click.echo(f"{name} {plan.id}: {told(settings, plan)} ({plan.move.author})")
    warn_of_held_plans(settings)
    in_force = current_hash(settings)
    table = new_table(
        "",
        tr("Versi", "Version"),
        tr("Waktu", "When"),
        tr("Oleh", "By"),
        tr("Tindakan", "Action"),
        tr("Catatan", "Note"),
        key=1,
    )
    for move in reversed(moves(settings)):
        version = find_version(settings, move.hash)
        add_row(
            table,
            "→" if move.hash == in_force else "",
            move.hash,
            minute(move.at, zone),
            move.author,
            _action(move),
            version.message if version else tr("(isinya hilang)", "(its folder is gone)"),
        )
        in_force = in_force if move.hash != in_force else None  # the arrow stands at the newest move only
    print_table(table)


def _action(move: Move) -> str:
    if move.forced:
        return tr(f"terbit walau ujinya gagal: {move.forced}", f"published although tests failed: {move.forced}")
    return {
        "publish": tr("terbit", "published"),
        "rollback": tr("kembali", "went back"),
        "return": tr("kembali sesuai rencana", "went back as planned"),
    }[move.action]
