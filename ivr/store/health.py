"""How the history writer fares, told by the engine to the commands beside the history: that may be what is broken.

The note lies in the run folder and is overwritten in place: on a full disk there would be no room for a new one.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from ivr.settings import Settings
from ivr.store.writer import WriterHealth

BEHIND_SECONDS = 2.0
"""An event that waits longer than this shows that the writer is in trouble."""
_BYTES = 1024


def note_health(settings: Settings, health: WriterHealth, *, pid: int) -> None:
    """Note how the writer of the engine with this pid fares. Raises OSError."""
    note = {"pid": pid, **asdict(health), "trouble": health.trouble[:200]}
    file = os.open(_path(settings), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(file, json.dumps(note).encode().ljust(_BYTES), 0)
    finally:
        os.close(file)


def read_health(settings: Settings, pid: int) -> WriterHealth | None:
    """What the engine with this pid noted last; None where it has noted nothing."""
    try:
        note = json.loads(_path(settings).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return WriterHealth(**note) if note.pop("pid") == pid else None


def _path(settings: Settings) -> Path:
    return settings.run / "history.json"
