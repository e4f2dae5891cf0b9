"""A process that outlives the one who started it: found again by its pid file, watched by its pidfd.

Asterisk and the engine hold living calls. They run in a session of their own, so that the supervisor's
death ends neither, and the next supervisor takes them over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

WANTED_DESCRIPTORS = 65_535
"""A call costs about 7 descriptors; a soft limit of 1,024 ends near 140 calls."""
LOG_BYTES = 20_000_000
LOGS_KEPT = 3


class Daemon:
    """One such process. Made inside a running event loop by `start` or `adopt`."""

    def __init__(self, name: str, pid: int, pidfd: int, child: subprocess.Popen[bytes] | None, since: float) -> None:
        self.name, self.pid = name, pid
        self.adopted = child is None
        self.since = since
        """Unix time of its start."""
        self._pidfd, self._child = pidfd, child
        self._over = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(pidfd, self._note_end)

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        run: Path,
        output: Path,
        environment: Mapping[str, str] | None = None,
        descriptors: Sequence[int] = (),
    ) -> Daemon:
        """Start `command`; its stdout and stderr are appended to `output`, its pid goes to `run`/name.pid.

        `environment` is added to ours; `descriptors` stay open in it under the same numbers. Raises OSError.
        """
        for folder in (run, output.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with output.open("ab") as out:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=run,  # where a core file does not litter
                env={**os.environ, **(environment or {})},
                pass_fds=descriptors,
                start_new_session=True,
            )
        daemon = cls(name, child.pid, os.pidfd_open(child.pid), child, time.time())
        note = run / f"{name}.pid"
        part = note.with_suffix(".part")
        try:
            part.write_text(f"{child.pid} {_born(child.pid)}\n")
            part.replace(note)
        except OSError:  # a process that nobody can find again must not stay
            child.kill()
            child.wait()
            raise
        return daemon

    @classmethod
    def adopt(cls, name: str, *, run: Path) -> Daemon | None:
        """Take over the process of `run`/name.pid; None where it no longer runs, or is another by now."""
        try:
            pidfd = os.pidfd_open(running_pid(name, run=run) or -1)
        except OSError:
            return None
        pid = running_pid(name, run=run)  # once more: now the pidfd holds it
        if not pid:
            os.close(pidfd)
            return None
        return cls(name, pid, pidfd, None, (run / f"{name}.pid").stat().st_mtime)

    async def ended(self) -> str:
        """Wait until it is over and tell how: "exit 1", "signal 9", or "ended" for one that was adopted."""
        await self._over.wait()
        if self._child is None:
            return "ended"
        code = self._child.wait()
        return f"signal {-code}" if code < 0 else f"exit {code}"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens where it is over. Never reaches another process."""
        if not self._over.is_set():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    async def stop(self, grace: float) -> None:
        """Ask it to end, and end it by force after `grace` seconds."""
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await self.ended()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.ended()

    def _note_end(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._over.set()


def running_pid(name: str, *, run: Path) -> int:
    """The pid in `run`/name.pid; 0 where that process is over, or the pid belongs to another by now."""
    try:
        pid, born = (run / f"{name}.pid").read_text().split()
        return int(pid) if _born(int(pid)) == born else 0
    except (OSError, ValueError):
        return 0


def raise_descriptor_limit() -> int:
    """Raise this process's limit on open files, which its children inherit; gives the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # only root may go above the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, WANTED_DESCRIPTORS), max(hard, WANTED_DESCRIPTORS)))
        return max(soft, WANTED_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def shorten_log(path: Path, *, limit: int = LOG_BYTES, kept: int = LOGS_KEPT) -> None:
    """Put a grown log aside as `.1` (`.2`, …) and empty it in place: who writes it has it open to append."""
    if path.stat().st_size < limit:
        return
    for number in range(kept - 1, 0, -1):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(f"{path.name}.{number}").replace(path.with_name(f"{path.name}.{number + 1}"))
    shutil.copyfile(path, path.with_name(f"{path.name}.1"))
    os.truncate(path, 0)


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot, "" when it is over: a pid alone comes again."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if words[0] == "Z" else words[19]
