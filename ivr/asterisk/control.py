"""Talk to the running Asterisk from outside: is it ready, does it still answer, take up new files."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ivr.asterisk import unloaded
from ivr.asterisk.find import Installation
from ivr.asterisk.process import running_pid
from ivr.i18n import tr
from ivr.settings import Settings

COMMAND_SECONDS = 10.0
ANSWER_SECONDS = 2.0
POLL_SECONDS = 0.1


class AsteriskError(Exception):
    """Asterisk does not run, or did not take a command; the message is its own where it gave one."""


def command_line(settings: Settings, installation: Installation) -> list[str]:
    """How Asterisk is started with our configuration; `-f` (stay in the foreground) included."""
    return [*_asterisk(settings, installation), "-f", "-n"]


async def run_command(settings: Settings, installation: Installation, command: str) -> str:
    """Run a command of Asterisk's console and give what it printed. Raises AsteriskError."""
    process = await asyncio.create_subprocess_exec(
        *_asterisk(settings, installation),
        "-rx",
        command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise AsteriskError(f"{command}: no answer in {COMMAND_SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = output.decode(errors="replace").strip()
    if process.returncode or text.startswith("No such command"):  # which Asterisk counts as a success
        raise AsteriskError(f"{command}: {text}")
    return text


async def reload(settings: Settings, installation: Installation, reloads: Mapping[str, str]) -> None:
    """Let the running Asterisk take up changed files (`render.Rendered.reloads`).

    Each is tried; for those that fail AsteriskError is raised, and the next time they are tried again.
    """
    failed = []
    for name, command in reloads.items():
        try:
            await run_command(settings, installation, command)
        except AsteriskError as e:
            failed.append(str(e))
        else:
            unloaded.remove(settings, [name])
    if failed:
        raise AsteriskError("\n".join(failed))


async def until_ready(settings: Settings, installation: Installation) -> None:
    """Wait until Asterisk has loaded everything and takes calls. Give it a time-out around."""
    while True:
        try:
            if "fully booted" in await run_command(settings, installation, "core waitfullybooted"):
                return
        except AsteriskError:
            pass  # its socket is not there yet
        await asyncio.sleep(POLL_SECONDS)


async def runs(settings: Settings) -> bool:
    """Whether our own Asterisk runs and answers; never a stranger on the same port."""
    return bool(running_pid("asterisk", run=settings.run)) and await answers(settings, ANSWER_SECONDS)


async def refuse_foreign(settings: Settings) -> None:
    """Raise AsteriskError where an Asterisk that is not ours answers on our manager's port."""
    port = settings.network.ami_port
    if not running_pid("asterisk", run=settings.run) and await answers(settings, ANSWER_SECONDS):
        raise AsteriskError(
            tr(
                f"di port {port} berjalan Asterisk lain, bukan milik Sambung ini; hentikan Asterisk itu, atau ubah "
                f"port di [network] dalam {settings.state / 'sambung.toml'}",
                f"on port {port} runs an Asterisk that is not this Sambung's; stop it, or change the ports in "
                f"[network] of {settings.state / 'sambung.toml'}",
            )
        )


async def answers(settings: Settings, timeout: float) -> bool:
    """Whether Asterisk's manager greets a new connection: a frozen Asterisk accepts it and is mute."""
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", settings.network.ami_port)
            return (await reader.readline()).startswith(b"Asterisk Call Manager")
    except (OSError, TimeoutError):
        return False
    finally:
        if writer:
            writer.close()


def _asterisk(settings: Settings, installation: Installation) -> list[str]:
    return [*installation.command, "-C", str(settings.asterisk / "etc/asterisk.conf")]
