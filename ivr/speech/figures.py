"""How a speech server fares, told by it each minute to its log and to `sambung status --json`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ivr.settings import Settings


@dataclass(slots=True)
class Counters:
    """What a server did since its start. `outside`: utterances that were nothing of their grammar."""

    calls: int = 0
    refused: int = 0
    turns: int = 0
    onsets: int = 0
    finals: int = 0
    outside: int = 0
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Lag:
    """Milliseconds that `batches` of audio took from their arrival until they were decoded."""

    batches: int
    p50: int
    p95: int
    max: int

    @classmethod
    def of(cls, counted: Counter[int]) -> Lag:
        """`counted`: milliseconds → how many batches took so long; at least one."""
        taken = sorted(counted.elements())
        return cls(len(taken), taken[len(taken) // 2], taken[len(taken) * 19 // 20], taken[-1])


@dataclass(frozen=True, slots=True)
class Figures:
    """At one time (`at`, Unix seconds). `here`: calls that are there now; `lag_ms`: since the figures before."""

    pid: int
    at: float
    here: int
    since_start: Counters
    lag_ms: Lag | None


def note_figures(settings: Settings, name: str, figures: Figures) -> None:
    """Note how the server of this name fares, in place of what it noted before. Raises OSError."""
    path = _path(settings, name)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(figures)))
    part.replace(path)


def read_figures(settings: Settings, name: str, pid: int) -> dict[str, Any] | None:
    """What the server of this name and pid noted last; None where it has noted nothing."""
    try:
        noted: dict[str, Any] = json.loads(_path(settings, name).read_text())
    except (OSError, ValueError):
        return None
    return noted if noted["pid"] == pid else None


def _path(settings: Settings, name: str) -> Path:
    return settings.run / f"{name}.figures.json"
