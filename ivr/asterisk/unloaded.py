"""Which configuration files Asterisk has not taken up yet, so that a reload that failed is made up for.

Each is an empty file of its name in a folder beside `etc/`: what one process adds, another one never loses.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ivr.settings import Settings


def add(settings: Settings, names: Iterable[str]) -> None:
    """These are about to be written."""
    _folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        (_folder(settings) / name).touch()


def names(settings: Settings) -> tuple[str, ...]:
    """The files that the running Asterisk does not know as they are now."""
    folder = _folder(settings)
    return tuple(sorted(mark.name for mark in folder.iterdir())) if folder.exists() else ()


def remove(settings: Settings, taken_up: Iterable[str]) -> None:
    """Asterisk has taken these up."""
    for name in taken_up:
        (_folder(settings) / name).unlink(missing_ok=True)


def _folder(settings: Settings) -> Path:
    return settings.asterisk / "unloaded"
