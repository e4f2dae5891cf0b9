"""Which Asterisk serves here: the machine's own where it is new enough, otherwise a fetched one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ivr.asterisk import debian
from ivr.asterisk.program import ProgramError, library_folder, program
from ivr.settings import Settings

OLDEST = (18, 12)
"""The first release with `res_speech_aeap`."""
PACKAGES = ("asterisk", "asterisk-modules")
TEST_PACKAGES = ("baresip-core", "sip-tester")
"""A softphone and a load generator, for the demo and the tests."""
_NEEDED_MODULE = "res_speech_aeap.so"


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be run. `data` holds its `documentation`, which its modules need to load."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str

    @property
    def available(self) -> frozenset[str]:
        """The names of its modules, such as "chan_pjsip.so"."""
        return frozenset(p.name for p in self.modules.glob("*.so"))


def version_of(text: str) -> tuple[int, int] | None:
    """(22, 10) from "Asterisk 22.10.1~dfsg-1" or a Debian version such as "1:22.10.1~dfsg-1"; else None."""
    found = re.search(r"(?:^|[\s:])(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else None


def find(settings: Settings) -> Installation | None:
    """The Asterisk to use now; None where none is here yet."""
    return _on_path() or _in_bundle(settings.bundle)


def provide(settings: Settings, progress: Callable[[str], None]) -> Installation:
    """Find an Asterisk, or fetch one as an ordinary user. Raises DebianError, ProgramError."""
    if found := find(settings):
        return found
    _fetch(settings, PACKAGES, progress)
    if (fetched := _in_bundle(settings.bundle)) is None:
        raise ProgramError(f"{settings.bundle}: was fetched, but holds no Asterisk; delete it and run `sambung setup`")
    return fetched


def provide_for_tests(settings: Settings, progress: Callable[[str], None]) -> None:
    """Fetch Asterisk, baresip and SIPp, whatever the machine has: tests run what they know. Raises DebianError."""
    _fetch(settings, (*PACKAGES, *TEST_PACKAGES), progress)


def apt_has_one() -> bool:
    """Whether the machine's own apt offers an Asterisk that is new enough."""
    if not shutil.which("apt-cache"):
        return False
    policy = subprocess.run(["apt-cache", "policy", PACKAGES[0]], capture_output=True, text=True, check=False).stdout
    candidate = re.search(r"Candidate: (\S+)", policy)
    number = version_of(candidate[1]) if candidate else None
    return number is not None and number >= OLDEST


def _fetch(settings: Settings, packages: tuple[str, ...], progress: Callable[[str], None]) -> None:
    own = apt_has_one()
    debian.fetch(settings.bundle, packages, mirror=settings.debian_mirror, own_sources=own, progress=progress)


def _on_path() -> Installation | None:
    path = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if path is None:
        return None
    version = _ask_version([path])
    if (number := version_of(version)) is None or number < OLDEST:
        return None
    prefix = Path(path).resolve().parent.parent
    folders = [
        *prefix.glob("lib/*/asterisk/modules"),
        prefix / "lib/asterisk/modules",
        prefix / "lib64/asterisk/modules",
    ]
    modules = next((f for f in folders if (f / _NEEDED_MODULE).is_file()), None)
    data = _with_documentation(prefix / "share/asterisk", Path("/var/lib/asterisk"))
    return Installation((path,), modules, data, version) if modules and data else None


def _in_bundle(root: Path) -> Installation | None:
    if not debian.is_complete(root, PACKAGES):
        return None
    command = program(root, "asterisk")
    modules = library_folder(root) / "asterisk/modules"
    data = _with_documentation(root / "usr/share/asterisk", root / "var/lib/asterisk")
    if data is None or not (modules / _NEEDED_MODULE).is_file():
        return None
    return Installation(tuple(command), modules, data, f"Asterisk {debian.packages_in(root)['asterisk']}")


def _with_documentation(*folders: Path) -> Path | None:
    return next((f for f in folders if (f / "documentation/core-en_US.xml").is_file()), None)


def _ask_version(command: list[str]) -> str:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
