"""The systemd unit of this installation, filled in from `sambung.service.j2`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import jinja2

from ivr.asterisk.process import WANTED_DESCRIPTORS
from ivr.i18n import tr
from ivr.settings import PROJECT, state_folder

TEMPLATE = Path(__file__).with_name("sambung.service.j2")
UNIT = Path("/etc/systemd/system/sambung.service")
_SPECIAL = frozenset('"\\%$\n')
"""What systemd would not take as it is inside quotation marks."""


@click.command(
    help=tr(
        "Cetak unit systemd untuk menjalankan Sambung saat mesin menyala.",
        "Print the systemd unit that starts Sambung at boot.",
    )
)
def systemd() -> None:
    state = state_folder()
    owner = (state if state.exists() else PROJECT).owner()
    try:
        text = unit(state, Path(sys.executable).with_name("sambung"), owner)
    except ValueError as e:
        raise click.ClickException(str(e)) from e
    click.echo(text)
    sudo = "sudo systemctl"
    how = [
        tr("# Pasang:", "# Install it:"),
        f"#   sambung systemd 2>/dev/null | sudo tee {UNIT}",
        f"#   sambung down; {sudo} daemon-reload && {sudo} enable --now sambung",
    ]
    click.echo("\n".join(how), err=True)


def unit(state: Path, sambung: Path, user: str) -> str:
    """The unit's text. Raises ValueError for a path that a unit cannot carry."""
    for path in (state, sambung):
        if _SPECIAL & set(str(path)):
            raise ValueError(
                tr(
                    f'{path}: systemd tidak dapat memakai " \\ % $ dalam nama folder; pindahkan Sambung',
                    f"{path}: systemd cannot take \" \\ % $ in a folder's name; move Sambung",
                )
            )
    template = jinja2.Template(TEMPLATE.read_text(encoding="utf-8"), undefined=jinja2.StrictUndefined)
    text: str = template.render(state=state, sambung=sambung, user=user, descriptors=WANTED_DESCRIPTORS)
    return text
