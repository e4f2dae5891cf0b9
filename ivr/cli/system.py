"""The installation as a whole: set up, start, stop, how it is, what is wrong with it."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr.asterisk.find import provide_for_tests
from ivr.cli import doctor as checks
from ivr.cli import rights
from ivr.cli.conditions import restarted, state_word
from ivr.cli.lines_shown import in_force
from ivr.cli.setup import EXPECTED, run_setup
from ivr.cli.tables import zone_name
from ivr.i18n import tr
from ivr.publish import PublishError, load_version
from ivr.routing.agents import load_agents
from ivr.routing.guard import read_refused
from ivr.settings import Settings, SettingsError, load_settings, state_folder
from ivr.speech.availability import keys_only
from ivr.speech.figures import read_figures
from ivr.store.health import read_health
from ivr.supervisor import is_running, orphans, stop_orphans
from ivr.supervisor import main as supervisor_main
from ivr.supervisor import status as noted_status
from ivr.wards import ASTERISK, ENGINE, SPEECH

UP_SECONDS = 60.0
DOWN_SECONDS = 40.0
POLL_SECONDS = 0.1
LAST_LINES = 15
ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - to compare with
SOMEWHERE_ELSE = "192.0.2.1"
"""An address that is nobody's (RFC 5737), but lies outside: the way there leads through the machine's network."""


def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsError as e:
        raise click.ClickException(str(e)) from e


def _settings_even_if_broken() -> Settings:
    """For what must work with a broken settings file too: it is said, and the state folder is known without it."""
    try:
        return load_settings()
    except SettingsError as e:
        click.secho(tr(f"Pengaturan rusak: {e}", f"The settings are broken: {e}"), fg="red", err=True)
        return Settings(state=state_folder())


@click.command(help=tr("Siapkan semuanya; aman dijalankan lagi.", "Prepare everything; safe to run again."))
@click.option(
    "--test-programs",
    is_flag=True,
    help=tr(
        "Hanya ambil program untuk demo dan uji: Asterisk, baresip, SIPp.",
        "Only fetch what demo and tests need: Asterisk, baresip, SIPp.",
    ),
)
def setup(test_programs: bool) -> None:
    settings = _settings()
    if not test_programs:
        run_setup(settings)
        return
    try:
        provide_for_tests(settings, lambda word: click.echo(word, err=True))
    except EXPECTED as e:
        raise click.ClickException(str(e)) from e


@click.command(help=tr("Jalankan Sambung, dan siapkan bila perlu.", "Start Sambung, set up first where needed."))
def up() -> None:
    settings = _settings()
    if is_running(settings):
        click.echo(tr("Sambung sudah berjalan.", "Sambung is running already."))
        try:
            _print_next(settings)
        except PublishError as e:
            raise click.ClickException(str(e)) from e
        return
    settings = run_setup(settings)
    if taken := list(checks.ports_taken(settings)):
        raise click.ClickException("\n".join(f"{f.what}\n  → {f.mend}" for f in taken))
    process = subprocess.Popen(
        [sys.executable, "-m", "ivr.supervisor"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(settings.log / "supervisor.out.log").open("ab"),
        env={**os.environ, "SAMBUNG_STATE": str(settings.state)},
        start_new_session=True,
    )
    _await_ready(settings, process)
    click.echo(tr("Sambung siap menerima telepon.", "Sambung takes calls."))
    _print_next(settings)


def _await_ready(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise click.ClickException(_why_not(settings, tr("supervisor berhenti", "the supervisor ended")))
        noted = noted_status(settings)
        if noted and _takes_calls(noted):
            return
        time.sleep(POLL_SECONDS)
    late = tr(f"belum siap setelah {UP_SECONDS:.0f} detik", f"not ready after {UP_SECONDS:.0f} seconds")
    raise click.ClickException(_why_not(settings, late))


def _takes_calls(noted: dict[str, dict[str, Any]]) -> bool:
    """A speech server that cannot start hinders nobody: there are keys."""
    states = {name: condition["state"] for name, condition in noted.items() if name != "supervisor"}
    return states[ASTERISK] == states[ENGINE] == "ready" and "starting" not in states.values()


def _why_not(settings: Settings, what: str) -> str:
    """The problem, with the last words of those who should run, and where to read on."""
    words = [what]
    for name in ("supervisor.out.log", "supervisor.log", "engine.out.log", "asterisk.log"):
        path = settings.log / name
        lines = path.read_text(errors="replace").splitlines()[-LAST_LINES:] if path.exists() else []
        if lines:
            words += [f"--- {path}", *lines]
    words.append(
        tr("Lihat juga: sambung doctor; hentikan: sambung down", "See also: sambung doctor; stop: sambung down")
    )
    return "\n".join(words)


def _print_next(settings: Settings) -> None:
    site = load_version(settings).site
    network = settings.network
    everywhere = network.sip_address == ANY_ADDRESS
    host = "127.0.0.1" if everywhere else network.sip_address
    for number, line in site.lines.items():
        click.echo(f"  {tr('telepon', 'dial')}  sip:{number}@{host}:{network.sip_port}  ({line.title})")
    agents = asyncio.run(load_agents(settings))
    click.echo(
        f"  {tr('agen', 'agents')}  {', '.join(a.extension for a in agents) or '–'}  "
        + tr(
            "(softphone SIP; *11 masuk, *12 keluar, *13 jeda, *14 siap)",
            "(SIP softphone; *11 in, *12 out, *13 pause, *14 ready)",
        )
    )
    if why := keys_only(settings):
        click.echo(f"  {tr('ucapan', 'speech')}  {why}")
    if everywhere and (address := _lan_address()):
        word = tr("server untuk softphone di jaringan ini", "server for softphones on this network")
        click.echo(f"  {word}  {address}:{network.sip_port}")
    if not shutil.which("sambung"):
        word = tr("agar perintah `sambung` ada di terminal ini", "for the command `sambung` in this terminal")
        click.echo(f'  {word}  export PATH="{Path(sys.executable).parent}:$PATH"')
    click.echo(tr("  coba  make demo", "  try  make demo"))


def _lan_address() -> str:
    """The address of this machine that others on its network reach; "" without a network. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((SOMEWHERE_ELSE, 9))
        except OSError:
            return ""
        address: str = probe.getsockname()[0]
        return address


@click.command(help=tr("Hentikan Sambung dan Asterisk.", "Stop Sambung and Asterisk."))
def down() -> None:
    settings = _settings_even_if_broken()
    noted = noted_status(settings)
    if noted:
        try:
            os.kill(noted["supervisor"]["pid"], signal.SIGTERM)
        except PermissionError as e:
            raise click.ClickException(rights.explain_process(noted["supervisor"]["pid"])) from e
        deadline = time.monotonic() + DOWN_SECONDS
        while is_running(settings):
            if time.monotonic() > deadline:
                raise click.ClickException(
                    tr(
                        f"supervisor (pid {noted['supervisor']['pid']}) tidak berhenti; lihat {settings.log}",
                        f"the supervisor (pid {noted['supervisor']['pid']}) does not end; look into {settings.log}",
                    )
                )
            time.sleep(POLL_SECONDS)
    stopped = asyncio.run(stop_orphans(settings))
    if noted or stopped:
        click.echo(tr("Sambung berhenti.", "Sambung is stopped."))
    else:
        click.echo(tr("Sambung tidak berjalan.", "Sambung does not run."))


@click.command(help=tr("Keadaan proses-proses Sambung.", "How Sambung's processes are."))
@click.option("--json", "as_json", is_flag=True, help=tr("Keluaran untuk program.", "Output for programs."))
def status(as_json: bool) -> None:
    settings = _settings_even_if_broken()
    noted = noted_status(settings)
    if as_json:
        for name, condition in noted.items():
            if figures := read_figures(settings, name, condition["pid"]):
                condition["figures"] = figures
        click.echo(json.dumps(noted | _beside(settings, noted)))
    elif noted:
        _print_status(settings, noted)
    elif unwatched := checks.unwatched(settings):
        click.echo(f"{unwatched.what}\n  → {unwatched.mend}")
    else:
        click.echo(
            tr("Sambung tidak berjalan; mulai dengan `sambung up`.", "Sambung does not run; start it: `sambung up`.")
        )
    if not noted:
        sys.exit(3)  # as `systemctl status` does for what does not run


def _beside(settings: Settings, noted: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How the record fares while a supervisor runs; where none does, who runs all the same."""
    if noted:
        health = read_health(settings, noted["engine"]["pid"])
        return {"history": dataclasses.asdict(health)} if health else {}
    left = orphans(settings)
    return {"orphans": left} if left else {}


def _print_status(settings: Settings, noted: dict[str, dict[str, Any]]) -> None:
    zone = ZoneInfo(settings.timezone)
    for name, condition in noted.items():
        click.echo(f"{name:<11} {_condition(condition, zone)}")
    if not any(name.startswith(SPEECH) for name in noted):
        later = tr(
            "hanya tombol sampai `sambung down` dan `sambung up`", "keys only until `sambung down` and `sambung up`"
        )
        click.echo(f"{tr('ucapan', 'speech'):<11} {keys_only(settings) or later}")
    for address, until in read_refused(settings).items():
        word, end = tr("ditolak", "refused"), dt.datetime.fromtimestamp(until, zone)
        why = tr("sandi ditebak-tebak", "guessed passwords")
        click.echo(f"{word:<11} {address} {tr('sampai', 'until')} {end:%Y-%m-%d %H:%M:%S}  ({why})")
    for switched in in_force(settings):
        click.echo(f"{tr('nomor', 'lines'):<11} {switched}")
    for finding in checks.history(settings):
        if not finding.good:
            click.echo(f"{tr('catatan', 'record'):<11} {finding.what}\n{'':<11} → {finding.mend}")
    click.echo(f"({tr('waktu', 'times')}: {zone_name(zone)})")


def _condition(condition: dict[str, Any], zone: dt.tzinfo) -> str:
    since = dt.datetime.fromtimestamp(condition["since"], zone)
    state = state_word(condition.get("state", "ready"))  # the supervisor's own goes without saying
    words = f"{state:<9} pid {condition['pid']:<7} {tr('sejak', 'since')} {since:%Y-%m-%d %H:%M:%S}"
    if again := restarted(condition):
        words += f"  {again}"
    return words


@click.command(help=tr("Periksa semuanya dan sebutkan obatnya.", "Check everything and say how to mend it."))
def doctor() -> None:
    bad = 0
    for finding in checks.examine(_settings()):
        mark = click.style("✓", fg="green") if finding.good else click.style("✗", fg="red")
        click.echo(f"{mark} {finding.what}")
        if not finding.good:
            bad += 1
            if finding.mend:
                click.echo(f"    → {finding.mend}")
    if bad:
        sys.exit(1)


@click.command(
    help=tr(
        "Jaga Asterisk dan mesin panggilan di latar depan (untuk systemd).",
        "Keep Asterisk and the engine alive, in the foreground (for systemd).",
    )
)
def supervise() -> None:
    supervisor_main()
