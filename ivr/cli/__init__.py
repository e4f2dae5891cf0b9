"""The command `sambung`. One module per subject; each is imported only when its command is used."""

from __future__ import annotations

import gc
import io
import logging
import sys
from importlib import import_module
from typing import Any

import click

from ivr import __version__
from ivr.cli.words import translate_click
from ivr.i18n import tr

COMMANDS: dict[str, str] = {
    # command: module of ivr.cli that holds a click command of that name
    "calls": "history",
    "call": "history",
    "tail": "history",
    "utterances": "utterances",
    "answers": "answers",
    "check": "checking",
    "simulate": "flows",
    "schema": "flows",
    "test": "testing",
    "understand": "understand",
    "recognise": "recognise",
    "publish": "publishing",
    "versions": "versions",
    "rollback": "versions",
    "prompts": "publishing",
    "agents": "agents",
    "lines": "lines",
    "tickets": "tickets",
    "notifications": "notifications",
    "callbacks": "callbacks",
    "survey": "survey",
    "up": "system",
    "down": "system",
    "status": "system",
    "doctor": "system",
    "supervise": "system",
    "setup": "system",
    "systemd": "systemd",
}


translate_click()  # before the first command is made: their help says some of its words


class _Lazy(click.Group):
    def main(self, *args: Any, **kwargs: Any) -> Any:
        gc.set_threshold(50_000)  # most of what a command makes it keeps: looking for more takes a tenth of `check`
        # A terminal that cannot show a sign shows "?" in its place; in files and pipes nothing may be lost.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")
        return super().main(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"ivr.cli.{COMMANDS[name]}"), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PermissionError as e:
            from ivr.cli.rights import explain  # noqa: PLC0415 - seldom needed
            from ivr.settings import state_folder  # noqa: PLC0415 - slow to load

            raise click.ClickException(explain(e, state_folder())) from e
        except OSError as e:
            from ivr.cli.disks import explain_full, is_full  # noqa: PLC0415 - seldom needed
            from ivr.settings import state_folder  # noqa: PLC0415 - slow to load

            if not is_full(e):
                raise
            raise click.ClickException(explain_full(e, state_folder())) from e


@click.group(
    cls=_Lazy,
    commands={name: click.Command(name) for name in COMMANDS},  # for click to suggest one; `get_command` has them whole
    help=tr("Sambung: pintu depan telepon layanan publik.", "Sambung: a public service's telephone front door."),
)
@click.version_option(__version__)
def main() -> None:
    """Entry point of the command `sambung`."""
    # What went wrong is the command's to say; Python would put log lines beside it. `supervise` logs to files.
    logging.getLogger("ivr").addHandler(logging.NullHandler())
