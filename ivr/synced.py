"""Files that are whole after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as f:
        f.write(content)
        f.flush()
        os.fsync(f.fileno())
