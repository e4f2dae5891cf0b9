"""Checks of the installation: each says what is so, and how to mend what is wrong."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import errno
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

from ivr import __version__, sayings
from ivr.asterisk import debian
from ivr.asterisk.find import apt_has_one, find
from ivr.asterisk.process import running_pid
from ivr.cli import rights
from ivr.cli.conditions import restarted, state_word
from ivr.cli.tables import NO_LIMIT
from ivr.cli.versions import told
from ivr.connections.database import problem_with
from ivr.i18n import tr
from ivr.pointer import PlanError, plans
from ivr.publish import LoadedVersion, PublishError, load_version
from ivr.routing.agents import load_agents
from ivr.settings import PROJECT, Settings
from ivr.speech import allocator
from ivr.speech.availability import keys_only
from ivr.speech.model import Model, ModelError
from ivr.store.database import StoreError
from ivr.store.health import BEHIND_SECONDS, read_health
from ivr.store.notifications import list_notifications
from ivr.supervisor import is_running, orphans, status
from ivr.voice.system import system_prompts

NAMED = 3
"""So many files are named; of more it is said how many."""
DESCRIPTORS_PER_CALL = 7
DESCRIPTORS_BESIDE = 500
PORTS_PER_CALL = 4  # RTP and RTCP, for the citizen and for the agent
OLDEST_CLOCK = 2026


@dataclass(frozen=True, slots=True)
class Finding:
    """`good` False: something does not work; `mend` says what to do about it."""

    good: bool
    what: str
    mend: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, those of one subject one after the other."""
    python = platform.python_version()
    yield Finding(True, f"Sambung {__version__}, Python {python}, {platform.platform()}")
    yield from _asterisk(settings)
    yield from _ports(settings)
    yield from _resources(settings)
    yield from _rights(settings)
    yield from _content(settings)
    yield from _clock(settings)
    yield from _speech(settings)
    yield from _processes(settings)
    yield from history(settings)
    yield from outside(settings)


def _asterisk(settings: Settings) -> Iterator[Finding]:
    if installation := find(settings):
        yield Finding(True, f"{installation.version} ({installation.command[-1]})")
        return
    yield Finding(False, tr("Asterisk belum ada", "There is no Asterisk yet"), "sambung setup")
    missing = [tool for tool in ("apt-get", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        yield Finding(
            False,
            tr(f"tidak ada {', '.join(missing)}", f"{', '.join(missing)} is missing"),
            tr("pasang Asterisk 18.12 atau lebih baru sendiri", "install Asterisk 18.12 or newer yourself"),
        )
    elif not (settings.debian_mirror or debian.machine_mirror() or apt_has_one()):
        yield Finding(
            False,
            tr("apt tidak mengenal Asterisk maupun mirror Debian", "apt knows neither Asterisk nor a Debian mirror"),
            tr("di Ubuntu: sudo apt-get update; di sistem lain", "on Ubuntu: sudo apt-get update; elsewhere")
            + tr(" isi debian_mirror di sambung.toml", " set debian_mirror in sambung.toml"),
        )


def _ports(settings: Settings) -> Iterator[Finding]:
    network = settings.network
    if not is_running(settings):
        yield from ports_taken(settings)
    wanted = settings.limits.standing_calls * PORTS_PER_CALL
    have = network.rtp_end - network.rtp_start + 1
    yield Finding(
        have >= wanted,
        tr(f"port RTP {have}, perlu {wanted}", f"{have} RTP ports, {wanted} are needed"),
        tr("perlebar network.rtp_start–rtp_end", "widen network.rtp_start–rtp_end")
        + tr(" atau kurangi limits.standing_calls", " or lower limits.standing_calls"),
    )


def ports_taken(settings: Settings) -> Iterator[Finding]:
    """A finding for each port that cannot be had, while no supervisor runs. What orphans hold will be taken over."""
    network = settings.network
    if not _is_own_address(network.sip_address):
        yield Finding(
            False,
            tr(
                f"network.sip_address = {network.sip_address}: bukan alamat mesin ini",
                f"network.sip_address = {network.sip_address}: not an address of this machine",
            ),
            tr(
                "tulis 0.0.0.0 (semua alamat), atau salah satu dari `ip address`, di sambung.toml",
                "write 0.0.0.0 (all addresses), or one of `ip address`, in sambung.toml",
            ),
        )
        return
    own = {running_pid(name, run=settings.run) for name in orphans(settings)}
    for name, address, port, kind in (
        ("sip_port", network.sip_address, network.sip_port, socket.SOCK_DGRAM),
        ("sip_port", network.sip_address, network.sip_port, socket.SOCK_STREAM),
        ("ami_port", "127.0.0.1", network.ami_port, socket.SOCK_STREAM),
        ("agi_port", "127.0.0.1", network.agi_port, socket.SOCK_STREAM),
        ("speech_port", "127.0.0.1", network.speech_port, socket.SOCK_STREAM),
    ):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # as Asterisk does: a port of ended connections is free
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as e:
                holder = _holder(port, kind)
                if holder and holder.pid in own:
                    continue
                word = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
                yield Finding(
                    False,
                    tr(f"port {port}/{word} tidak bebas", f"port {port}/{word} is not free")
                    + f": {_program(holder) or e.strerror}",
                    tr(
                        f"hentikan program yang memakainya (ss -lnp), atau ubah network.{name} di sambung.toml",
                        f"stop the program that holds it (ss -lnp), or change network.{name} in sambung.toml",
                    ),
                )


def _is_own_address(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as e:
            return e.errno != errno.EADDRNOTAVAIL
        return True


def _holder(port: int, kind: socket.SocketKind) -> psutil.Process | None:
    """Who holds a port; None where it is another user's, which only root may know."""
    for held in psutil.net_connections("inet"):
        if held.laddr and held.laddr[1] == port and held.type == kind and held.pid:
            with contextlib.suppress(psutil.Error):
                return psutil.Process(held.pid)
    return None


def _program(holder: psutil.Process | None) -> str:
    with contextlib.suppress(psutil.Error):  # it may be over by now
        return f"{holder.name()}, pid {holder.pid}, {holder.username()}" if holder else ""
    return ""


def _resources(settings: Settings) -> Iterator[Finding]:
    for folder in (settings.state, settings.recordings):
        yield _folder(folder, settings.recording.minimum_free_mb)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = settings.limits.standing_calls * DESCRIPTORS_PER_CALL + DESCRIPTORS_BESIDE
    yield Finding(
        hard == resource.RLIM_INFINITY or hard >= wanted,
        tr(f"berkas terbuka paling banyak {hard}, perlu {wanted}", f"at most {hard} open files, {wanted} are needed"),
        tr("naikkan `ulimit -Hn` (LimitNOFILE pada systemd)", "raise `ulimit -Hn` (LimitNOFILE with systemd)"),
    )


def _folder(folder: Path, minimum_mb: int) -> Finding:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as e:
        return Finding(False, f"{folder}: {e.strerror}", tr("perbaiki haknya", "mend its permissions"))
    if not os.access(folder, os.W_OK | os.X_OK):
        mend = tr("berikan hak tulis kepada pengguna ini", "give this user the right to write there")
        return Finding(False, tr(f"{folder}: tidak dapat ditulis", f"{folder}: cannot be written"), mend)
    return Finding(
        free >= minimum_mb,
        tr(f"{folder}: {free} MB bebas", f"{folder}: {free} MB free"),
        tr(
            f"sisakan {minimum_mb} MB; kurang dari itu tidak ada rekaman", f"free {minimum_mb} MB; below, no recordings"
        ),
    )


def _rights(settings: Settings) -> Iterator[Finding]:
    owner = rights.owner_of(settings.state)
    built = [settings.prompts / "built", settings.prompts / "system"]
    recorded = sorted(settings.recordings.glob("*/"))
    places = {place: found for place in (settings.state, *built, *recorded) if (found := rights.foreign(place, owner))}
    strange = [path for found in places.values() for path in found]
    them = ", ".join(str(path) for path in strange[:NAMED]) + (", …" if len(strange) > NAMED else "")
    name = rights.user(owner)
    yield Finding(
        not strange,
        tr(f"{len(strange)} berkas bukan milik {name}: {them}", f"{len(strange)} files are not {name}'s: {them}")
        if strange
        else tr(f"semua berkas milik {name}", f"all files are {name}'s"),
        rights.give_back(owner, *places),
    )
    for path in rights.exposed(settings):
        yield Finding(
            False,
            tr(f"{path}: dapat dibaca semua pengguna mesin ini", f"{path}: every user of this machine can read it"),
            f"chmod o= {path}",
        )


def _content(settings: Settings) -> Iterator[Finding]:
    system = settings.prompts / "system"
    missing = [name for name in system_prompts(settings) if not (system / f"{name}.wav").is_file()]
    what = tr("tidak ada: ", "missing: ") + ", ".join(missing) if missing else tr("lengkap", "complete")
    yield Finding(not missing, f"{system}: {what}", "sambung setup")
    if (settings.recording.conversations or settings.speech.keep_audio) and not settings.recording.notice:
        yield Finding(
            True,
            tr(
                "recording.notice kosong: alur sendiri yang harus memberitahukan apa yang direkam",
                "recording.notice is empty: the flows themselves must say what is recorded",
            ),
        )
    music = settings.prompts / "music"
    pieces = len(list(music.glob("*.*"))) if music.is_dir() else 0
    yield Finding(
        pieces > 0,
        tr(f"{music}: {pieces} musik tunggu", f"{music}: {pieces} pieces of music"),
        tr("letakkan musik (WAV 8 kHz mono) di sana", "put music (8 kHz mono WAV) there"),
    )
    try:
        version = load_version(settings)
    except PublishError as e:
        yield Finding(False, str(e), "sambung publish")
    else:
        lines = ", ".join(version.site.lines)
        yield Finding(
            True, tr(f"versi {version.hash[:12]}, nomor {lines}", f"version {version.hash[:12]}, lines {lines}")
        )
        yield from (Finding(False, problem, "sambung publish") for problem in version.problems)
    yield from _plans(settings)
    try:
        agents = [a.extension for a in asyncio.run(load_agents(settings))]
    except StoreError as e:
        yield Finding(False, str(e))
    else:
        yield Finding(bool(agents), tr("agen: ", "agents: ") + (", ".join(agents) or "–"), "sambung agents add")


def _plans(settings: Settings) -> Iterator[Finding]:
    """Planned versions that nobody gets unless somebody decides."""
    try:
        known = plans(settings)
    except PlanError as e:
        yield Finding(False, str(e))
    else:
        for plan in (plan for plan in known if plan.held):
            what = told(settings, plan)
            held = tr(f"rencana {plan.id} ditahan: {what}", f"plan {plan.id} is held: {what}")
            yield Finding(False, held, "sambung versions")


def _speech(settings: Settings) -> Iterator[Finding]:
    why = keys_only(settings) or _broken(settings.speech.model)
    yield Finding(
        not settings.speech.servers or not why,
        tr("ucapan: ", "speech: ") + (why or f"speech.servers = {settings.speech.servers}"),
        tr("perbaiki speech.model di sambung.toml, atau tulis", "mend speech.model in sambung.toml, or write")
        + " speech.servers = 0",
    )
    if not why:
        chosen = allocator.chosen()
        yield Finding(
            bool(chosen),
            tr("pengalokasi memori server ucapan: ", "allocator of speech servers: ")
            + (chosen or tr("milik sistem, yang lebih lambat", "the system's, which is slower")),
            f"{sys.executable} -m pip install -e {PROJECT}",
        )
        with contextlib.suppress(PublishError):  # which is a finding of its own
            yield from _grammars(settings, load_version(settings))


def _broken(model: Path) -> str:
    """Why a model that is all there cannot be used, in words; "" where it hears."""
    from ivr.speech.recorded import check_model  # noqa: PLC0415 - with numpy and Vosk

    try:
        check_model(model)
    except ModelError as e:
        return str(e)
    return ""


def _grammars(settings: Settings, version: LoadedVersion) -> Iterator[Finding]:
    """Whether what callers may say was built with the model that is there now."""
    units = Model.read(settings.speech.model).units_digest
    built = sayings.built(settings.versions / version.hash).values()
    missing = [said for said in version.site.sayings() if version.grammar(said) is None]
    if missing or any(grammar.units != units for grammar in built):
        yield Finding(
            False,
            tr(
                f"versi {version.hash} tidak dibuat dengan model ucapan ini: penelepon hanya dapat memakai tombol",
                f"version {version.hash} was not built with this speech model: callers have keys only",
            ),
            "sambung publish",
        )


def _clock(settings: Settings) -> Iterator[Finding]:
    now = dt.datetime.now(ZoneInfo(settings.timezone))
    yield Finding(
        now.year >= OLDEST_CLOCK, f"{now:%Y-%m-%d %H:%M:%S %Z}", tr("setel jam mesin ini", "set this machine's clock")
    )
    if shutil.which("timedatectl"):
        ask = ["timedatectl", "show", "-p", "NTPSynchronized", "--value"]
        said = subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip()
        if said:
            yield Finding(
                said == "yes",
                tr(f"jam selaras dengan NTP: {said}", f"clock synchronised by NTP: {said}"),
                "timedatectl set-ntp true",
            )


def _processes(settings: Settings) -> Iterator[Finding]:
    noted = status(settings)
    if not noted:
        yield unwatched(settings) or Finding(True, tr("Sambung tidak berjalan", "Sambung does not run"))
    for name, condition in noted.items():
        if name != "supervisor":
            ends = f", {again}" if (again := restarted(condition)) else ""
            yield Finding(
                condition["state"] == "ready",
                f"{name}: {state_word(condition['state'])}{ends}",
                tr(f"lihat {settings.log}", f"look into {settings.log}"),
            )


def unwatched(settings: Settings) -> Finding | None:
    """What a supervisor that died left behind: it holds the ports and takes calls, and must not be ended for that."""
    if is_running(settings) or not (names := ", ".join(orphans(settings))):
        return None
    return Finding(
        False,
        tr(f"supervisor mati; masih berjalan tanpa penjaga: {names}", f"the supervisor died; still running: {names}"),
        tr(
            "sambung up: mengambil alih semuanya, panggilan tidak terganggu",
            "sambung up: takes all over, calls go on",
        ),
    )


def history(settings: Settings) -> Iterator[Finding]:
    """How the record of calls fares: whether the running engine can write it, what it lost, what lies aside."""
    pid = running_pid("engine", run=settings.run)
    if pid and (health := read_health(settings, pid)):
        good = not health.trouble and health.oldest_seconds < BEHIND_SECONDS
        waiting = tr(
            f"{health.queued} peristiwa menunggu di memori, panggilan tetap jalan",
            f"{health.queued} events wait in memory, calls go on",
        )
        late = tr(f"tertinggal {health.oldest_seconds:.0f} d", f"{health.oldest_seconds:.0f} s behind")
        cause, mend = _trouble(settings, health.trouble)
        what = tr("ditulis", "is written") if good else f"{cause or late}; {waiting}"
        yield Finding(good, f"{settings.history_db}: {what}", mend)
        if health.dropped:
            yield Finding(
                False,
                tr(
                    f"{health.dropped} peristiwa hilang dari catatan sejak mesin mulai",
                    f"{health.dropped} events were lost from the record since the engine's start",
                ),
                tr(f"lihat {settings.log / 'engine.out.log'}", f"look into {settings.log / 'engine.out.log'}"),
            )
    for aside in sorted(settings.state.glob("history.db.damaged-*T*[0-9]")):
        yield Finding(
            False,
            tr(f"catatan yang rusak disisihkan: {aside}", f"a damaged record was put aside: {aside}"),
            tr("simpan di tempat lain (periksa juga disknya)", "keep it elsewhere (and look at the disk)"),
        )


def outside(settings: Settings) -> Iterator[Finding]:
    """Queries of databases, and notifications that have not arrived."""
    for name, query in settings.queries.items():
        if database := settings.connections[query.connection].database:
            problem = problem_with(database, query.sql, query.names)
            yield Finding(
                not problem,
                f"queries.{name}: {problem or database}",
                tr("perbaiki di sambung.toml", "mend it in sambung.toml"),
            )
    try:
        waiting = asyncio.run(list_notifications(settings, all=False, limit=NO_LIMIT))
    except StoreError:
        return  # told among the agents
    late = [queued for queued in waiting if queued.problem]
    if late:
        worst = max(late, key=lambda queued: queued.given_up)
        yield Finding(
            False,
            tr(f"{len(late)} pemberitahuan belum terkirim", f"{len(late)} notifications have not arrived")
            + f"; {worst.recipient}: {worst.problem}",
            "sambung notifications",
        )


def _trouble(settings: Settings, trouble: str) -> tuple[str, str]:
    """Why a record cannot be written, and what to do about it, from SQLite's own words."""
    if "locked" in trouble:
        mend = tr("tutup program yang memegangnya: ", "close the program that holds it: ")
        return tr(f"dipegang program lain ({trouble})", trouble), f"{mend}fuser -v {settings.history_db}"
    if "full" in trouble or "space" in trouble:
        mend = tr(f"kosongkan disk dari {settings.state}", f"make room on the disk of {settings.state}")
        return tr(f"disk penuh ({trouble})", trouble), mend
    if "readonly" in trouble or "open" in trouble or "ermission" in trouble:
        mend = tr("perbaiki haknya: ", "mend its permissions: ")
        return tr(f"tidak dapat dibuka atau ditulis ({trouble})", trouble), f"{mend}ls -l {settings.state}"
    log = settings.log / "engine.out.log"
    return trouble, tr(f"lihat {log}", f"look into {log}")
