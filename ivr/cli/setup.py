"""Set-up, step by step: each step looks whether it is done, so that a second run goes on where one stopped."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
from rich.text import Text

from ivr.asterisk.configure import apply
from ivr.asterisk.control import AsteriskError, refuse_foreign
from ivr.asterisk.debian import DebianError
from ivr.asterisk.find import provide
from ivr.asterisk.process import running_pid
from ivr.asterisk.program import ProgramError
from ivr.asterisk.render import RenderError
from ivr.cli import rights
from ivr.cli.disks import explain_full, is_full
from ivr.cli.settings_file import write_default
from ivr.cli.terminal import CONSOLE, tell
from ivr.flow.loader import load_site
from ivr.i18n import tr
from ivr.publish import PublishError, load_version, publish
from ivr.routing.agents import AgentError, add_agents, load_agents, make_password, new_account
from ivr.settings import PROJECT, Settings, load_settings
from ivr.store.database import StoreError
from ivr.voice.audio import AudioError
from ivr.voice.system import build_system_prompts
from ivr.voice.tts import VoiceError

FIRST_AGENTS = {"101": "Agen Satu", "102": "Agen Dua", "103": "Agen Tiga"}
EXPECTED = (
    AgentError,
    AsteriskError,
    AudioError,
    DebianError,
    OSError,
    ProgramError,
    PublishError,
    RenderError,
    StoreError,
    VoiceError,
)

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """`do` gives what there is to say of the result; it is quick where nothing is left to do."""

    title: str
    do: Callable[[Settings, Progress], str]


def run_setup(state_settings: Settings) -> Settings:
    """Run all steps with visible progress; gives the settings as they are now.

    Raises click.ClickException where a step fails: the message says why and how to go on.
    """
    settings = state_settings
    if warning := rights.warning_of_root(settings):
        click.secho(warning, fg="yellow", err=True)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    for step in STEPS:
        with CONSOLE.status(step.title) as shown:

            def progress(word: str, title: str = step.title) -> None:
                shown.update(Text(f"{title}: {word}"))

            try:
                said = step.do(settings, progress)
            except EXPECTED as e:
                again = tr(
                    "Perbaiki lalu jalankan lagi `sambung setup`: yang sudah selesai tidak diulang.",
                    "Mend that, then run `sambung setup` again: what is done is not done twice.",
                )
                why = _why(e, settings.state)
                raise click.ClickException(f"{step.title}: {why}\n{again}") from e
        tell(("✓", "green"), f" {step.title}: {said}")
        if step.do is _settings_file:
            settings = load_settings(settings.state)
    return settings


def _why(error: Exception, state: Path) -> str:
    if isinstance(error, PermissionError):
        return rights.explain(error, state)
    if isinstance(error, OSError) and is_full(error):
        return explain_full(error, state)
    return str(error)


def _settings_file(settings: Settings, _: Progress) -> str:
    path = settings.state / "sambung.toml"
    if not path.exists():
        write_default(path)
    return str(path)


def _folders(settings: Settings, _: Progress) -> str:
    # Callers' numbers and voices lie in them. A folder that Sambung did not make keeps the rights that it has.
    own = [settings.log, settings.run]
    if settings.recordings == PROJECT / "recordings" or not settings.recordings.exists():
        own.append(settings.recordings)
    for folder in own:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    assert settings.secrets
    said = [str(settings.state)]
    said += (
        tr(f"{path}: dapat dibaca semua pengguna mesin ini; ", f"{path}: every user of this machine can read it; ")
        + f"chmod o= {path}"
        for path in rights.exposed(settings)
    )
    return "\n    ".join(said)


def _asterisk(settings: Settings, progress: Progress) -> str:
    return provide(settings, progress).version


def _system_prompts(settings: Settings, progress: Progress) -> str:
    build_system_prompts(settings, lambda done, total: progress(f"{done}/{total}"))
    return str(settings.prompts / "system")


def _publish(settings: Settings, progress: Progress) -> str:
    with contextlib.suppress(PublishError):  # nothing published yet, or nothing of it can be used any more
        version = load_version(settings)
        return tr(f"versi {version.hash[:12]} berlaku", f"version {version.hash[:12]} is in force")
    loaded = load_site(settings.flows, read_settings=lambda: settings)
    if loaded.site is None:
        raise PublishError("\n".join(str(p) for p in loaded.problems))
    made = publish(
        settings,
        loaded.site,
        author=getpass.getuser(),
        message="sambung setup",
        progress=lambda done, total: progress(f"{done}/{total}"),
        warn=tell,
    )
    return tr(f"versi {made.hash[:12]} diterbitkan", f"version {made.hash[:12]} published")


def _agents(settings: Settings, _: Progress) -> str:
    return asyncio.run(_first_agents(settings))


async def _first_agents(settings: Settings) -> str:
    if there := await load_agents(settings):
        return ", ".join(agent.extension for agent in there)
    queues = list(load_version(settings).site.queues)
    passwords = {extension: make_password() for extension in FIRST_AGENTS}
    # Shown before they are stored: whatever ends us in between, no account has a password that nobody has seen.
    intro = tr("Kata sandi agen; catat, tidak ditampilkan lagi:", "Agents' passwords; note them, they are shown once:")
    tell(intro)
    for extension, password in passwords.items():
        tell(f"    {tr('ekstensi', 'extension')} {extension}  {tr('kata sandi', 'password')} {password}")
    await add_agents(settings, [new_account(e, FIRST_AGENTS[e], password, queues) for e, password in passwords.items()])
    return tr(f"{', '.join(passwords)} dibuat", f"{', '.join(passwords)} made")


def _render(settings: Settings, _: Progress) -> str:
    asyncio.run(refuse_foreign(settings))
    rendered = asyncio.run(apply(settings))
    if rendered is None or not rendered.changed:
        return tr("tidak berubah", "unchanged")
    said = tr(f"{len(rendered.changed)} berkas ditulis", f"{len(rendered.changed)} files written")
    if rendered.needs_restart and running_pid("asterisk", run=settings.run):
        names = ", ".join(rendered.needs_restart)
        said += tr(
            f"; {names} berlaku setelah `sambung down` dan `up`", f"; {names} take effect after `sambung down`, `up`"
        )
    return said


STEPS = [
    Step(tr("Pengaturan", "Settings"), _settings_file),
    Step(tr("Folder dan rahasia", "Folders and secrets"), _folders),
    Step("Asterisk", _asterisk),
    Step(tr("Suara sistem", "System prompts"), _system_prompts),
    Step(tr("Alur", "Flows"), _publish),
    Step(tr("Agen", "Agents"), _agents),
    Step(tr("Konfigurasi Asterisk", "Asterisk's configuration"), _render),
]
