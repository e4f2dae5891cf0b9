"""The relocated packages: real .deb files, without the network."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from ivr.asterisk import debian
from ivr.asterisk.debian import DebianError, Source, fetch, is_complete, packages_in
from ivr.asterisk.find import apt_has_one, version_of
from ivr.asterisk.program import ProgramError, program


class Archive:
    """Stands in for apt: an archive of packages with one file each, packed when they are downloaded."""

    def __init__(self) -> None:
        self.versions = {"libc6": "2.42-1", "asterisk": "1:22.10.1-1", "baresip-core": "4.0-1"}
        self.needs = {"asterisk": ["libc6"], "baresip-core": ["libc6"]}
        self.downloaded: list[str] = []
        self.broken = ""

    def __call__(self, work: Path, source: Source) -> Archive:
        self.debs = work / "debs"
        self.debs.mkdir(parents=True, exist_ok=True)
        return self

    def update(self) -> None: ...

    def closure(self, packages: Sequence[str]) -> dict[str, str]:
        names = dict.fromkeys(n for p in packages for n in (p, *self.needs.get(p, [])))
        return {n: self.versions[n] for n in names}

    def download(self, packages: Sequence[str]) -> None:
        for package in packages:
            name, _, version = package.partition("=")
            self.downloaded.append(name)
            tree = self.debs / "tree"
            (tree / "DEBIAN").mkdir(parents=True)
            control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n"
            (tree / "DEBIAN/control").write_text(control)
            (tree / "usr/share").mkdir(parents=True)
            (tree / f"usr/share/{name}").write_text(version)
            deb = self.debs / f"{name}_{version.replace(':', '%3a')}_all.deb"
            subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True, capture_output=True)
            shutil.rmtree(tree)
            if name == self.broken:
                os.truncate(deb, 200)


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Archive:
    archive = Archive()
    monkeypatch.setattr(debian, "_Apt", archive)
    return archive


def quiet(_: str) -> None: ...


def held(root: Path) -> dict[str, str]:
    return {p.name: p.read_text() for p in (root / "usr/share").iterdir()}


def test_the_closure_is_unpacked_and_noted(tmp_path: Path, archive: Archive) -> None:
    root, words = tmp_path / "debian", list[str]()
    fetch(root, ["asterisk"], own_sources=True, progress=words.append)
    assert held(root) == packages_in(root) == {"asterisk": "1:22.10.1-1", "libc6": "2.42-1"}
    assert is_complete(root, ["asterisk"])
    assert not is_complete(root, ["asterisk", "baresip-core"])
    assert words
    assert not (tmp_path / "debian.work").exists()


def test_what_is_there_is_not_fetched_again(tmp_path: Path, archive: Archive) -> None:
    root = tmp_path / "debian"
    for _ in range(2):
        fetch(root, ["asterisk"], own_sources=True, progress=quiet)
    assert sorted(archive.downloaded) == ["asterisk", "libc6"]


def test_more_packages_come_beside_those_that_are_there(tmp_path: Path, archive: Archive) -> None:
    root = tmp_path / "debian"
    fetch(root, ["asterisk"], own_sources=True, progress=quiet)
    running = (root / "usr/share/asterisk").open()  # a running program keeps its files
    fetch(root, ["baresip-core"], own_sources=True, progress=quiet)
    assert archive.downloaded[2:] == ["baresip-core"]
    assert os.fstat(running.fileno()).st_nlink == 1
    assert set(held(root)) == {"asterisk", "libc6", "baresip-core"}


def test_when_debian_went_on_all_is_fetched_anew(tmp_path: Path, archive: Archive) -> None:
    root = tmp_path / "debian"
    fetch(root, ["asterisk"], own_sources=True, progress=quiet)
    archive.versions["libc6"] = "2.43-1"
    fetch(root, ["baresip-core"], own_sources=True, progress=quiet)
    assert held(root) == {"asterisk": "1:22.10.1-1", "libc6": "2.43-1", "baresip-core": "4.0-1"}


def test_an_interrupted_run_leaves_no_root_and_is_gone_on_with(tmp_path: Path, archive: Archive) -> None:
    root = tmp_path / "debian"
    archive.broken = "libc6"
    with pytest.raises(DebianError, match="libc6"):
        fetch(root, ["asterisk"], own_sources=True, progress=quiet)
    assert not root.exists()
    archive.broken = ""
    fetch(root, ["asterisk"], own_sources=True, progress=quiet)
    assert archive.downloaded.count("asterisk") == 1  # only the broken one came again
    assert set(held(root)) == {"asterisk", "libc6"}


def test_without_apt_it_says_what_else_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    with pytest.raises(DebianError, match=r"apt-get.* missing .*install Asterisk 18\.12 or newer yourself"):
        fetch(tmp_path / "debian", ["asterisk"], progress=quiet)


def a_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, candidate: str, origin: str) -> None:
    """A machine whose apt offers this Asterisk, and whose packages come from `origin`."""
    answers = {
        "apt-cache": f"asterisk:\n  Installed: (none)\n  Candidate: {candidate}",
        "apt-get": f"{origin}\tnoble-security\thttp://mirror/security/\n{origin}\tnoble\thttp://mirror/main/",
        "dpkg-deb": "",
    }
    for name, answer in answers.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_machine_whose_apt_has_asterisk_needs_no_debian_mirror(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_machine(tmp_path, monkeypatch, "1:20.6.0~dfsg+~cs6.13.40431414-2build5", "Ubuntu")
    assert apt_has_one()
    assert debian.machine_mirror() == ""


@pytest.mark.parametrize("candidate", ["(none)", "1:16.28.0~dfsg-0+deb11u4"])
def test_without_asterisk_in_apt_a_debian_mirror_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, candidate: str
) -> None:
    a_machine(tmp_path, monkeypatch, candidate, "Debian")
    assert not apt_has_one()
    assert debian.machine_mirror() == "http://mirror/main"


def test_without_either_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    a_machine(tmp_path, monkeypatch, "(none)", "Ubuntu")
    with pytest.raises(DebianError, match=r"On Ubuntu: sudo apt-get update.*debian_mirror"):
        fetch(tmp_path / "debian", ["asterisk"], progress=quiet)


def test_a_mirror_cannot_smuggle_apt_options(tmp_path: Path) -> None:
    with pytest.raises(DebianError, match="debian_mirror"):
        fetch(tmp_path / "debian", ["asterisk"], mirror="http://host/debian [trusted=yes]", progress=quiet)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Asterisk 22.10.1~dfsg+~cs6.15-1", (22, 10)),
        ("1:20.6.0~dfsg+~cs6.13.40431414-2build5", (20, 6)),
        ("Asterisk certified/18.9-cert5", None),
        ("(none)", None),
        ("", None),
    ],
)
def test_versions_as_they_are_told(text: str, number: tuple[int, int] | None) -> None:
    assert version_of(text) == number


@pytest.mark.parametrize(
    ("machine", "libraries", "loader"),
    [
        ("x86_64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        ("aarch64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
    ],
)
@pytest.mark.parametrize("lib", ["usr/lib", "lib"])
def test_a_program_runs_through_the_loader_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, libraries: str, loader: str, lib: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: machine)
    folder, own = tmp_path / "usr/lib" / libraries, tmp_path / lib / libraries / loader
    for path in (own, tmp_path / "usr/sbin/asterisk", folder / "pulseaudio/libpulsecommon.so.1"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "asterisk/modules").mkdir(parents=True)
    search = [folder, folder / "pulseaudio", *([own.parent] if lib == "lib" else [])]
    assert program(tmp_path, "asterisk") == [
        str(own),
        "--library-path",
        ":".join(map(str, search)),
        "--argv0",
        "asterisk",
        str(tmp_path / "usr/sbin/asterisk"),
    ]


def test_a_missing_program_or_machine_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(ProgramError, match=r"'baresip'.*sambung setup"):
        program(tmp_path, "baresip")
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/baresip").touch()
    with pytest.raises(ProgramError, match=r"aarch64-linux-gnu is not there.*sambung setup"):
        program(tmp_path, "baresip")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(ProgramError, match=r"riscv64: only x86_64 and aarch64"):
        program(tmp_path, "baresip")
