"""What processes used, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of CPU so far: of the process itself, and of its children that it has waited for."""

    own: float
    children: float

    def __sub__(self, earlier: Cpu) -> Cpu:
        return Cpu(self.own - earlier.own, self.children - earlier.children)

    def __add__(self, other: Cpu) -> Cpu:
        return Cpu(self.own + other.own, self.children + other.children)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process holds now: memory (PSS, bytes), open descriptors, threads."""

    memory: int
    descriptors: int
    threads: int


def cpu(pid: int) -> Cpu:
    """Of a living process. Threads that are over are counted, living children are not."""
    fields = _stat(pid)
    user, system, child_user, child_system = (int(value) / TICKS for value in fields[11:15])
    return Cpu(user + system, child_user + child_system)


def busy() -> float:
    """Seconds of CPU that this machine has spent on anything."""
    user, nice, system, _idle, _io, *others = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    return (user + nice + system + sum(others[:3])) / TICKS  # interrupts, and what was stolen; guests are users


def holding(pid: int) -> Holding:
    """Of a living process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return Holding(pss * 1024, len(list(Path(f"/proc/{pid}/fd").iterdir())), int(_stat(pid)[17]))


def processors() -> int:
    """How many of this machine's this process may use."""
    return len(os.sched_getaffinity(0))


def machine() -> str:
    """The processor and how many of it, for the report."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "?",
    )
    return f"{processors()} × {model}, Linux {os.uname().release}"


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the second, the name, may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
