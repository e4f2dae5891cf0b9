"""A full disk, told in one sentence."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from ivr.i18n import tr

_NEARLY_NONE = 1_000_000
"""Bytes."""


def is_full(error: OSError) -> bool:
    """Whether a file could not be written because its disk, or its user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def explain_full(error: OSError, state: Path) -> str:
    """Which disk is full, as far as it is known, and what to do. `state`: its folder, there or still to be made."""
    there = next(folder for folder in (state, *state.absolute().parents) if folder.exists())
    path = error.filename or (state if shutil.disk_usage(there).free < _NEARLY_NONE else "")
    where = f": {path}" if path else ""
    return tr(
        f"disk penuh{where}\n  → kosongkan, lalu ulangi", f"the disk is full{where}\n  → make room, then try again"
    )
