"""Programs of an unpacked Debian root, run through that root's own loader.

The root's libraries are newer than the machine's. The loader that came with them is started by hand
and told where they lie; so the machine's libc does not matter, nothing is installed, and nothing needs
root. Files outside the root (settings, prompts, recordings) keep their ordinary paths.
"""

from __future__ import annotations

from pathlib import Path

_LOADERS = ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")
_LOADER_FOLDERS = ("usr/lib64", "usr/lib", "lib64", "lib")
_PROGRAM_FOLDERS = ("usr/sbin", "usr/bin", "sbin", "bin")


class ProgramError(Exception):
    """A program or a part of it is missing; the message says which and what to do."""


def library_folder(root: Path) -> Path:
    """The root's main library folder, such as `usr/lib/x86_64-linux-gnu`."""
    found = sorted(root.glob("usr/lib/*-linux-gnu"))
    if not found:
        raise ProgramError(f"{root}: no usr/lib/*-linux-gnu in it; delete the folder and run `sambung setup`")
    return found[0]


def loader(root: Path) -> Path:
    """The root's own dynamic loader."""
    for folder in (*_LOADER_FOLDERS, f"lib/{library_folder(root).name}", f"usr/lib/{library_folder(root).name}"):
        for name in _LOADERS:
            if (path := root / folder / name).is_file():
                return path
    raise ProgramError(f"{root}: no {' or '.join(_LOADERS)} in it; this machine's kind is not served")


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
