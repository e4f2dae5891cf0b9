"""Whose files and processes these are: what may not be touched is said with its owner and the way out."""

from __future__ import annotations

import getpass
import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ivr.i18n import tr
from ivr.settings import PROJECT, Settings

OTHERS = 0o007
"""The bits of a mode that concern everybody else."""


def user(uid: int) -> str:
    """A user's name; their number where they have none, as in a container."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def author() -> str:
    """Who works at this terminal, as versions and switches name them; "" where that cannot be known."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id may have no name
        return ""


def owner_of(folder: Path) -> int:
    """Whose it should be: its present owner, or the checkout's where root made it in another user's checkout."""
    places = [_nearest(folder), *([PROJECT] if PROJECT in folder.parents else [])]
    return next((uid for place in places if (uid := place.stat().st_uid)), 0)


def explain(error: PermissionError, state: Path) -> str:
    """Which file was refused, whose it is, and what to do."""
    path = _nearest(Path(os.fsdecode(error.filename or state)))
    owner, me = path.stat().st_uid, os.geteuid()
    whose = tr(f"{path}: milik pengguna {user(owner)}", f"{path}: belongs to user {user(owner)}")
    if owner == me:
        mend = f"chmod u+rwX {path}"
    elif owner_of(state) == me:
        mend = give_back(me, state if path.is_relative_to(state) else path)
    else:
        mend = tr(f"jalankan sebagai {user(owner)}", f"run this as {user(owner)}") + f" (sudo -u {user(owner)} …)"
    return f"{whose}, {tr('Anda', 'you are')} {user(me)}: {error.strerror}\n  → {mend}"


def explain_process(pid: int) -> str:
    """That a process is another user's, and what to do. Raises ProcessLookupError where it is over."""
    owner = user(Path(f"/proc/{pid}").stat().st_uid)
    return tr(
        f"proses {pid} milik pengguna {owner}, Anda {user(os.geteuid())}\n  → sudo -u {owner} … sambung down",
        f"process {pid} belongs to user {owner}, you are {user(os.geteuid())}\n  → sudo -u {owner} … sambung down",
    )


def give_back(owner: int, *folders: Path) -> str:
    """The command that gives all of these folders to their user."""
    return f"sudo chown -R {user(owner)}: {' '.join(map(str, folders))}"


def warning_of_root(settings: Settings) -> str:
    """What root should hear before making files in another user's installation; "" where all is well."""
    owner = owner_of(settings.state)
    if os.geteuid() or not owner:
        return ""
    name, back = user(owner), give_back(owner, settings.state)
    return tr(
        f"PERHATIAN: Anda root, tetapi {settings.state} milik {name}, yang tidak akan dapat mengubah berkas yang "
        f"dibuat sekarang.\n  → Lebih baik: sudo -u {name} …; bila sudah terjadi: {back}",
        f"WARNING: you are root, but {settings.state} belongs to {name}, who will not be able to change the files "
        f"that are made now.\n  → Better: sudo -u {name} …; if it has happened: {back}",
    )


def foreign(folder: Path, owner: int) -> list[Path]:
    """What of a folder, itself included, belongs to somebody else than `owner`."""
    found = [folder, *(Path(place, n) for place, folders, files in os.walk(folder) for n in (*folders, *files))]
    return [path for path in found if _belongs_to_another(path, owner)]


def exposed(settings: Settings) -> Iterator[Path]:
    """Files and folders with personal data or secrets that every user of this machine may read."""
    private = [settings.state / name for name in ("sambung.toml", "secrets.json")]
    private += [settings.log, settings.run, *(settings.asterisk / name for name in ("etc", "log", "spool", "run"))]
    private += settings.state.glob("*.db*")
    inside_a_private_one = not _mode(settings.state) & OTHERS
    yield from (p for p in private if not inside_a_private_one and _mode(p) & OTHERS)
    if _mode(settings.recordings) & OTHERS:
        yield settings.recordings


def _belongs_to_another(path: Path, owner: int) -> bool:
    try:
        return path.lstat().st_uid != owner
    except OSError:  # there is none, or it has gone meanwhile
        return False


def _mode(path: Path) -> int:
    """Of a file or folder; 0 where there is none."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _nearest(path: Path) -> Path:
    """The path itself, or the nearest folder above it that can be looked at."""
    for candidate in (path, *path.absolute().parents):
        with suppress(OSError):
            candidate.stat()
            return candidate
    return Path("/")
