"""Programs of an unpacked Debian root, run through that root's own loader.

The root's libraries are newer than the machine's. The loader that came with them is started by hand
and told where they lie; so the machine's libc does not matter, nothing is installed, and nothing needs
root. Files outside the root (settings, prompts, recordings) keep their ordinary paths.
"""

from __future__ import annotations

import platform
from pathlib import Path

MACHINES = {
    "x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
    "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
}
"""Kind of machine, as `uname -m` says it → its library folder's name in Debian, and its loader there."""
_PROGRAM_FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")


class ProgramError(Exception):
    """A program or a part of it is missing; the message says which and what to do."""


def library_folder(root: Path) -> Path:
    """The root's main library folder for this machine, such as `usr/lib/x86_64-linux-gnu`."""
    folder = root / "usr/lib" / _this_machine()[0]
    if not folder.is_dir():
        raise ProgramError(f"{folder} is not there; delete {root} and run `sambung setup`")
    return folder


def loader(root: Path) -> Path:
    """The root's own dynamic loader."""
    libraries, name = _this_machine()
    for folder in ("usr/lib", "lib"):  # the second one in releases from before these two became one
        if (path := root / folder / libraries / name).is_file():
            return path
    raise ProgramError(f"{root}: no {name} in it; delete the folder and run `sambung setup`")


def _this_machine() -> tuple[str, str]:
    kind = platform.machine()
    if kind not in MACHINES:
        raise ProgramError(f"{kind}: only {' and '.join(MACHINES)} are served; install Asterisk yourself")
    return MACHINES[kind]


def program(root: Path, name: str) -> list[str]:
    """The beginning of a command line that runs `name` of the root; its arguments are appended.

    Raises ProgramError where the root does not hold it.
    """
    path = next((p for f in _PROGRAM_FOLDERS if (p := root / f / name).is_file()), None)
    if path is None:
        raise ProgramError(f"{root}: no program {name!r} in it; delete the folder and run `sambung setup`")
    libraries = library_folder(root)
    # Some packages keep private libraries one folder below (pulseaudio, blas).
    folders = [libraries, *sorted({p.parent for p in libraries.glob("*/lib*.so.*")}), root / "lib" / libraries.name]
    search = ":".join(str(f) for f in folders if f.is_dir())
    return [str(loader(root)), "--library-path", search, "--argv0", name, str(path)]
