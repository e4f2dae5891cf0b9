"""Drafts: folders of flows on their way to a version, and which version each was made from.

A folder remembers that in the file `.version`, so that a copy of it knows, too. Two people who work in folders of
their own, or in one folder after a version was put back, see what the other did before they publish over it.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from ivr.flow.differences import Difference, differences
from ivr.flow.loader import TESTS, source_paths
from ivr.i18n import tr
from ivr.publish import PublishError
from ivr.settings import Settings
from ivr.synced import replace_synced, write_tree

_BASE = ".version"


class DraftConflict(Exception):  # noqa: N818 - an outcome
    """Another version is in force than the one that a folder was made from. `base`: that one, "" where unknown."""

    def __init__(self, base: str, in_force: str) -> None:
        super().__init__(base, in_force)
        self.base, self.in_force = base, in_force


def check_base(settings: Settings, folder: Path, in_force: str | None, *, over: str = "") -> None:
    """Raise DraftConflict unless `folder` was made from the version `in_force`, or is to be published `over` it.

    `over` may be shortened, as everywhere. The installation's own folder is believed until it was published once.
    """
    if in_force is None or (over and in_force.startswith(over)):
        return
    base = base_of(folder)
    if base != in_force and (base or folder.resolve() != settings.flows.resolve()):
        raise DraftConflict(base, in_force)


def base_of(folder: Path) -> str:
    """The hash of the version that the folder was made from or published as; "" where nobody knows."""
    try:
        return (folder / _BASE).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def note_base(folder: Path, hash: str) -> None:
    """From now on the folder is made from this version. A folder that cannot be written stays as it is."""
    with suppress(PermissionError):
        replace_synced(folder / _BASE, f"{hash}\n".encode("ascii"))


def sources_of(folder: Path) -> dict[str, bytes]:
    """The files of a draft that go into a version: name → content. Raises OSError."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in source_paths(folder)}


def sources_of_version(settings: Settings, hash: str) -> dict[str, bytes]:
    """The same for a version; nothing where it is gone."""
    return sources_of(settings.versions / hash / "flows")


def changes(settings: Settings, folder: Path, conflict: DraftConflict) -> tuple[list[Difference], list[Difference]]:
    """What others changed since the folder's version, and what was changed in it; all that differs if it is unknown."""
    there, in_force = sources_of(folder), sources_of_version(settings, conflict.in_force)
    if not conflict.base:
        return differences(there, in_force), []
    base = sources_of_version(settings, conflict.base)
    return differences(base, in_force), differences(base, there)


def restore(settings: Settings, hash: str, folder: Path) -> None:
    """Make `folder` what the version was made from, with the installation's tests where it has none.

    Raises PublishError where that would lose what somebody wrote there and did not publish.
    """
    wanted = sources_of_version(settings, hash)
    there = sources_of(folder) if folder.is_dir() else {}
    if there and there != sources_of_version(settings, base_of(folder) or hash):
        raise PublishError(
            tr(
                f"{folder} berisi perubahan yang belum terbit; sebutkan folder baru, atau terbitkan dahulu",
                f"{folder} holds changes that are not published; name a new folder, or publish them first",
            )
        )
    for name in there.keys() - wanted.keys():
        (folder / name).unlink()
    write_tree(folder, wanted)
    if not (folder / TESTS).exists() and (settings.flows / TESTS).is_dir():
        shutil.copytree(settings.flows / TESTS, folder / TESTS)
    note_base(folder, hash)
