"""`sambung simulate`, `schema`: for those who write flows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from ivr import events as e
from ivr.cli.moments import WrittenTime
from ivr.flow.hotline import Line
from ivr.flow.loader import load_site
from ivr.flow.model import Flow, Site
from ivr.flow.problems import nearest
from ivr.flow.values import FlowName
from ivr.i18n import tr
from ivr.settings import Settings, SettingsError, load_settings
from ivr.speech.availability import keys_only


@click.command(
    help=tr("Skema JSON bahasa alur, untuk penyunting teks.", "JSON Schema of the flow language, for text editors.")
)
@click.option(
    "--docs",
    is_flag=True,
    help=tr("Halaman acuan (docs/flow-language.md).", "The reference page (docs/flow-language.md)."),
)
@click.option("--tests", is_flag=True, help=tr("Skema berkas uji alur.", "The schema of files of flow tests."))
def schema(docs: bool, tests: bool) -> None:
    """Print a JSON Schema, or the reference page."""
    from ivr.flow.schema import json_schema, reference  # noqa: PLC0415 - slow to build, and seldom wanted
    from ivr.flowtests.schema import json_schema as schema_of_tests  # noqa: PLC0415

    if docs:
        click.echo(reference(), nl=False)
    else:
        click.echo(json.dumps(schema_of_tests() if tests else json_schema(), ensure_ascii=False, indent=2))


@click.command(
    help=tr(
        "Jalankan alur di terminal, tanpa telepon. FLOW: nama alur, atau berkas atau foldernya.",
        "Walk through a flow in a terminal, without a telephone. FLOW: a flow's name, or its file or folder.",
    )
)
@click.argument("flow", required=False, default="", metavar="FLOW")
@click.option("--line", default="", help=tr("Nomor yang dihubungi.", "The number to call."))
@click.option("--at", type=WrittenTime("%Y-%m-%d %H:%M"), help=tr("Waktu panggilan.", "Time of the call."))
@click.option(
    "--keys",
    help=tr(
        "Jawaban, dipisah koma, tanpa bertanya: tombol, ucapan, atau audio: BERKAS.",
        "Answers, with commas, without asking: keys, words, or audio: FILE.",
    ),
)
@click.option("--agents", default=1, show_default=True, help=tr("Petugas yang siap.", "Agents who are ready."))
@click.option("--flows", "folder", type=click.Path(path_type=Path), help=tr("Folder alur.", "Its folder."))
@click.option(
    "--lookup",
    "lookups",
    multiple=True,
    metavar="QUERY=JSON",
    help=tr(
        "Jawaban sistem lain: 'pbb={\"jumlah\": 85000}', 'pbb=null' (tidak ditemukan); yang lain gagal.",
        "What another system answers: 'pbb={\"jumlah\": 85000}', 'pbb=null' (not found); all others fail.",
    ),
)
def simulate(  # noqa: PLR0917 - click gives them by name
    flow: str,
    line: str,
    at: dt.datetime | None,
    keys: str | None,
    agents: int,
    folder: Path | None,
    lookups: tuple[str, ...],
) -> None:
    """The real engine and flows in virtual time; time stands still while the person thinks."""
    from ivr.sim import terminal  # noqa: PLC0415 - checking flows needs no engine
    from ivr.sim.agents import Agent, SimRoom  # noqa: PLC0415
    from ivr.sim.call import Unpublished  # noqa: PLC0415
    from ivr.sim.call import simulate as run  # noqa: PLC0415
    from ivr.sim.others import SimAnswer, SimLookups  # noqa: PLC0415

    settings = read_settings()
    site, number = _site_to_simulate(folder or settings.flows, flow, line)
    ask = terminal.ask_person if keys is None else terminal.ask_list(keys.split(","))
    room = SimRoom(Agent(str(101 + i), tuple(site.queues)) for i in range(agents))
    version = Unpublished(site, None if keys_only(settings) else settings.speech.model)
    caller = terminal.TerminalCaller(ask)
    known = SimLookups({query: SimAnswer(answer) for query, answer in map(_answer, lookups)})
    run(version, number, caller, room=room, at=at, settings=settings, lookups=known, sink=_tell_from_now())


def _answer(given: str) -> tuple[str, Any]:
    """A query and its answer."""
    query, _, answer = given.partition("=")
    try:
        return query, json.loads(answer)
    except ValueError:
        wanted = tr("tulis seperti", "write like")
        raise click.ClickException(f"--lookup {given}: {wanted} pbb='{{\"jumlah\": 85000}}'") from None


def _site_to_simulate(folder: Path, flow: str, number: str) -> tuple[Site, str]:
    """The site and the number to call. A flow that is named answers there, whatever hotline.yaml says."""
    if flow and Path(flow).is_dir():
        folder, flow = Path(flow), ""
    site = site_of(folder, flow)
    if flow:
        found = named_flow(site, flow)
        number = number or next(iter(site.lines))
        line = Line(title=found.title, flow=FlowName(found.name))
        return dataclasses.replace(site, lines={**site.lines, number: line}), number
    number = number or next(iter(site.lines))
    if number not in site.lines:
        raise click.ClickException(tr(f"tidak ada nomor {number}", f"there is no line {number}"))
    return site, number


def site_of(folder: Path | None, flow: str) -> Site:
    """All flows in the folder of the file `flow`, else in `folder`, else in that of the settings."""
    loaded = load_site(Path(flow).parent if Path(flow).suffix else folder or read_settings().flows)
    if loaded.site is None:
        raise click.ClickException("\n".join(str(p) for p in loaded.problems if p.severity == "error"))
    return loaded.site


def named_flow(site: Site, flow: str) -> Flow:
    """The flow of this name, or in the file of this name."""
    found = next((f for f in site.flows.values() if flow == f.name or Path(flow).name == f.file), None)
    if found is None:
        missing = tr(f"tidak ada alur '{flow}'", f"there is no flow '{flow}'")
        raise click.ClickException(missing + perhaps(flow, site.flows))
    return found


def perhaps(name: str, known: Iterable[str]) -> str:
    """What to say after a name that is unknown."""
    near = nearest(name, known)
    return tr(f"; maksudnya '{near}'?", f"; did you mean '{near}'?") if near else ""


_SEEN_ANYWAY = (e.StepLeft, e.PromptPlayed, e.KeyPressed)


def _tell_from_now() -> Callable[[e.Event], None]:
    """Prints events as they happen, with the time since the call began."""
    from ivr.cli.story import sentence  # noqa: PLC0415

    began = 0.0

    def tell(event: e.Event) -> None:
        nonlocal began
        text = sentence(event.kind, event.data())
        if isinstance(event, e.CallStarted):
            began = event.at
            text += tr(f", alur {event.flow}", f", flow {event.flow}")
        if not isinstance(event, _SEEN_ANYWAY):
            minutes, seconds = divmod(int(event.at - began), 60)
            click.secho(f"{minutes:02}:{seconds:02} {text}", dim=True)

    return tell


def read_settings() -> Settings:
    """Those of sambung.toml; what is wrong in it ends the command."""
    try:
        return load_settings()
    except SettingsError as e:
        raise click.ClickException(str(e)) from e
