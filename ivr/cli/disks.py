"""A full disk, told in one sentence."""

from __future__ import annotations

import errno
from pathlib import Path

from ivr.i18n import tr


def is_full(error: OSError) -> bool:
    """Whether a file could not be written because its disk, or its user's share of it, is full."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def explain_full(error: OSError, state: Path) -> str:
    """Which disk is full, as far as the error knows it, and what to do."""
    where = error.filename or state
    return tr(
        f"disk penuh: {where}\n  → kosongkan, lalu ulangi", f"the disk is full: {where}\n  → make room, then try again"
    )
