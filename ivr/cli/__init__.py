"""The command `sambung`. One module per subject; each is imported only when its command is used."""

from __future__ import annotations

from importlib import import_module

import click

from ivr import __version__
from ivr.i18n import tr

COMMANDS: dict[str, str] = {
    # command: module of ivr.cli that holds a click command of that name
    "calls": "history",
    "call": "history",
    "tail": "history",
    "check": "flows",
    "simulate": "flows",
    "schema": "flows",
    "publish": "publishing",
    "prompts": "publishing",
    "agents": "agents",
    "up": "system",
    "down": "system",
    "status": "system",
    "doctor": "system",
    "supervise": "system",
    "setup": "system",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"ivr.cli.{COMMANDS[name]}"), name)
        return command


@click.group(
    cls=_Lazy,
    help=tr("Sambung: pintu depan telepon layanan publik.", "Sambung: a public service's telephone front door."),
)
@click.version_option(__version__)
def main() -> None:
    """Entry point of the command `sambung`."""
