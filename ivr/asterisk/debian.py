"""Debian packages without installing them: fetched by an ordinary user and unpacked into a folder.

apt works with a private state (`-o Dir::…`), so it knows nothing of what is installed and gives the
whole closure of what is asked for, libc included; `dpkg-deb -x` unpacks each package. The result runs
through `ivr.asterisk.program`. apt checks the signatures with the Debian archive's keys.

One mechanism serves Asterisk and the softphones of the demo. Nothing is half done: packages gather in
`<root>.work` and are kept over an interruption, and a finished root is moved into place at once.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

from ivr.asterisk.program import MACHINES
from ivr.i18n import tr

SUITE = "sid"
"""The only Debian suite that carries Asterisk's long-term release."""
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
MARKER = "sambung-packages.json"
"""In a finished root: {"packages": {name: version}}."""
DOWNLOAD_BATCH = 20

Progress = Callable[[str], None]


class DebianError(Exception):
    """Packages could not be had; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from: a mirror's `SUITE`, or ("" for both) the machine's own apt sources."""

    mirror: str = ""
    keyring: Path | None = None


def machine_mirror() -> str:
    """The Debian mirror that this machine's apt uses, "" where it uses none."""
    if not shutil.which("apt-get"):
        return ""
    lines = _run("apt-get", "indextargets", "--format", "$(ORIGIN)\t$(CODENAME)\t$(REPO_URI)").splitlines()
    for line in lines:
        origin, codename, uri = line.split("\t")
        if origin == "Debian" and not codename.endswith("-security"):
            return uri.rstrip("/")
    return ""


def packages_in(root: Path) -> dict[str, str]:
    """Name → version of the packages in a finished root; empty where there is none."""
    marker = root / MARKER
    if not marker.is_file():
        return {}
    found: dict[str, str] = json.loads(marker.read_text())["packages"]
    return found


def is_complete(root: Path, packages: Sequence[str]) -> bool:
    """Whether `root` was finished with these packages in it."""
    return set(packages) <= packages_in(root).keys()


def fetch(
    root: Path, packages: Sequence[str], *, mirror: str = "", own_sources: bool = False, progress: Progress
) -> None:
    """Make `root` hold `packages` and all that they need, beside what it holds already.

    `mirror`: a Debian mirror, default the one of this machine's apt. `own_sources`: take the packages
    from the machine's own apt sources instead (Ubuntu has Asterisk itself). Raises DebianError.
    """
    if is_complete(root, packages):
        return
    _need_tools()
    work = root.with_name(root.name + ".work")
    work.mkdir(parents=True, exist_ok=True)
    with _alone(work):
        apt = _Apt(work, Source() if own_sources else _debian_source(mirror, work))
        progress(tr("membaca daftar paket Debian", "reading Debian's package list"))
        apt.update()
        present = packages_in(root)
        closure = apt.closure([*packages, *present])
        if present.items() <= closure.items():
            missing = {n: v for n, v in closure.items() if n not in present}
            target = root if present else work / "root"
        else:  # Debian went on: old and new libraries do not mix
            missing, target = closure, work / "root"
        files = _download(apt, missing, progress)
        if target != root and target.exists():
            shutil.rmtree(target)  # of an interrupted run
        _unpack(files, target, progress)
        (target / MARKER).write_text(json.dumps({"packages": closure}, indent=1))
        if target != root:
            if root.exists():
                shutil.rmtree(root)
            target.rename(root)
        shutil.rmtree(work)


def _need_tools() -> None:
    missing = [t for t in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(t)]
    if missing:
        raise DebianError(
            tr(
                f"{', '.join(missing)} tidak ada di mesin ini. Sambung mengambil Asterisk dari Debian hanya di Debian "
                "atau Ubuntu; di sistem lain pasang Asterisk 18.12 atau lebih baru sendiri, dan letakkan di PATH.",
                f"{', '.join(missing)} is missing on this machine. Sambung fetches Asterisk only on Debian or Ubuntu; "
                "elsewhere install Asterisk 18.12 or newer yourself, on the PATH.",
            )
        )
    if platform.machine() not in MACHINES:
        kinds = ", ".join(MACHINES)
        raise DebianError(
            tr(
                f"{platform.machine()}: Sambung mengambil Asterisk hanya untuk {kinds}; di mesin ini pasang Asterisk "
                "18.12 atau lebih baru sendiri, dan letakkan di PATH.",
                f"{platform.machine()}: Sambung fetches Asterisk only for {kinds}; on this machine install Asterisk "
                "18.12 or newer yourself, on the PATH.",
            )
        )


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Hold the work folder against a second `sambung setup`."""
    with (work.with_name(work.name + ".lock")).open("w") as lock:
        flock(lock, LOCK_EX)
        yield


def _debian_source(mirror: str, work: Path) -> Source:
    mirror = mirror or machine_mirror()
    if not mirror:
        raise DebianError(
            tr(
                "apt di mesin ini tidak mengenal Asterisk maupun mirror Debian. Di Ubuntu: sudo apt-get update "
                "(Asterisk ada di universe). Di sistem lain isi debian_mirror di sambung.toml dengan alamat mirror "
                "Debian. Lalu jalankan lagi `sambung setup`.",
                "This machine's apt knows neither Asterisk nor a Debian mirror. On Ubuntu: sudo apt-get update "
                "(Asterisk is in universe). Elsewhere set debian_mirror in sambung.toml to a Debian mirror's "
                "address. Then run `sambung setup` again.",
            )
        )
    if not re.fullmatch(r"[a-z+]+://[^\s\[\]]+|file:/[^\s\[\]]+", mirror):
        raise DebianError(f"debian_mirror: {mirror!r} is no address such as http://host/debian")
    return Source(mirror.rstrip("/"), _keyring(work))


def _keyring(work: Path) -> Path:
    """The Debian archive's keys: installed on Debian; from the machine's own trusted apt elsewhere."""
    if installed := next((k for k in KEYRINGS if k.is_file()), None):
        return installed
    package = "debian-archive-keyring"
    folder = work / "keyring"
    folder.mkdir(exist_ok=True)
    try:
        if not list(folder.glob("*.deb")):
            _run("apt-get", "-q", "download", package, cwd=folder)
        _run("dpkg-deb", "-x", str(next(folder.glob("*.deb"))), str(folder))
        return next(p for k in KEYRINGS if (p := folder / k.relative_to("/")).is_file())
    except (DebianError, StopIteration) as e:
        raise DebianError(
            tr(
                f"Kunci arsip Debian tidak ada. Sebagai root: apt-get install {package}; lalu `sambung setup` lagi.",
                f"The Debian archive's keys are missing. As root: apt-get install {package}; then `sambung setup`.",
            )
        ) from e


class _Apt:
    """apt with a state of its own in `work`."""

    def __init__(self, work: Path, source: Source) -> None:
        self.debs = work / "debs"
        state, cache = work / "state", work / "cache"
        for folder in (self.debs, state / "lists" / "partial", cache / "archives" / "partial"):
            folder.mkdir(parents=True, exist_ok=True)
        options = {
            "Dir::State::status": "/dev/null",
            "Dir::Cache": str(cache),
            "Dir::Cache::pkgcache": "pkgcache.bin",  # container images switch these two off, and wait for it
            "Dir::Cache::srcpkgcache": "srcpkgcache.bin",
            "APT::Install-Recommends": "false",
            "APT::Get::Always-Include-Phased-Updates": "true",
            "APT::Sandbox::User": "",  # root in a private folder: the user _apt could not write there
            "Debug::NoLocking": "1",
            "Acquire::Retries": "3",
            "Acquire::Languages": "none",
        }
        self._own_lists = bool(source.mirror)
        if self._own_lists:
            sources = work / "sources.list"
            sources.write_text(f"deb [signed-by={source.keyring}] {source.mirror} {SUITE} main\n")
            options |= {
                "Dir::State::Lists": str(state / "lists"),
                "Dir::Etc::sourcelist": str(sources),
                "Dir::Etc::sourceparts": "/dev/null",
            }
        self._options = [f"-o{name}={value}" for name, value in options.items()]

    def update(self) -> None:
        """Read the package list; the machine's own is taken as it is."""
        if not self._own_lists:
            return
        update = ("update", "--error-on=any")  # a list that could not be read is an error, not a warning
        try:
            self._apt_get(*update)
        except DebianError as e:
            # A mirror that is a snapshot is older than its validity date. Only then is the date ignored.
            if not re.search(r"is not valid anymore|Check-Valid-Until|invalid since|is expired", str(e)):
                raise
            self._options.append("-oAcquire::Check-Valid-Until=false")
            self._apt_get(*update)

    def closure(self, packages: Sequence[str]) -> dict[str, str]:
        """Name → version of `packages` and everything they need."""
        text = self._apt_get("-s", "install", *packages)
        return dict(re.findall(r"^Inst (\S+) \((\S+) ", text, re.MULTILINE))

    def download(self, packages: Sequence[str]) -> None:
        self._apt_get("download", *packages, cwd=self.debs)

    def _apt_get(self, *arguments: str, cwd: Path | None = None) -> str:
        return _run("apt-get", "-q", *self._options, *arguments, cwd=cwd)


def _download(apt: _Apt, closure: dict[str, str], progress: Progress) -> list[Path]:
    wanted = {n: p for n, v in closure.items() if not (p := _deb(apt.debs, n, v))}
    names = list(wanted)
    for start in range(0, len(names), DOWNLOAD_BATCH):
        done = len(closure) - len(names) + start
        progress(tr(f"mengambil paket {done}/{len(closure)}", f"fetching packages {done}/{len(closure)}"))
        apt.download([f"{n}={closure[n]}" for n in names[start : start + DOWNLOAD_BATCH]])
    files = [_deb(apt.debs, n, v) for n, v in closure.items()]
    if lost := [n for n, f in zip(closure, files, strict=True) if f is None]:
        raise DebianError(f"apt-get download left out {', '.join(lost)}; run `sambung setup` again")
    return [f for f in files if f is not None]


def _deb(folder: Path, name: str, version: str) -> Path | None:
    """The package's file. apt writes it under its final name only when its hash is right."""
    escaped = version.replace(":", "%3a")
    return next(iter(folder.glob(f"{name.partition(':')[0]}_{escaped}_*.deb")), None)


def _unpack(files: list[Path], target: Path, progress: Progress) -> None:
    target.mkdir(exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        # base-files brings the links /lib → usr/lib; they must stand before anything is put below them.
        first = [f for f in files if f.name.startswith("base-files_")]
        for f in first:
            _extract(f, target)
        rest = [f for f in files if f not in first]
        for number, _ in enumerate(pool.map(lambda f: _extract(f, target), rest)):
            if number % DOWNLOAD_BATCH == 0:
                progress(tr(f"membongkar paket {number}/{len(rest)}", f"unpacking packages {number}/{len(rest)}"))


def _extract(deb: Path, target: Path) -> None:
    try:
        _run("dpkg-deb", "-x", str(deb), str(target))
    except DebianError:
        deb.unlink(missing_ok=True)  # fetched anew by the next run
        raise


def _run(*command: str, cwd: Path | None = None) -> str:
    """Run a command and give its output. Raises DebianError with the command's own last words."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        words = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "W:", "Err"))]
        said = "\n".join(words[-5:]) or (done.stderr or done.stdout).strip()[-500:]
        raise DebianError(f"{' '.join(w for w in command if not w.startswith('-o'))[:200]}:\n{said}")
    return done.stdout
