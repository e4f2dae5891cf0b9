"""mimalloc in place of the C library's malloc, for speech servers: the decoder takes and gives back small pieces of
memory all the time (docs/decisions/0035-allocator.md).

The loader reads the variable when a process starts. Who sets it knows better.
"""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

_VARIABLE = "LD_PRELOAD"
LIBRARY = Path(sysconfig.get_path("platlib"), "cmeel.prefix/lib/libmimalloc.so.3")


def chosen() -> str:
    """What speech servers that we start will load; "" where there is neither a choice of another nor mimalloc."""
    return os.environ.get(_VARIABLE) or (str(LIBRARY) if LIBRARY.is_file() else "")


def environment() -> dict[str, str]:
    """What the environment of a speech server is to have besides ours."""
    return {_VARIABLE: chosen()} if chosen() else {}


def keep_from_children() -> None:
    """Those whom this process starts from now on have the C library's."""
    if os.environ.get(_VARIABLE) == str(LIBRARY):
        del os.environ[_VARIABLE]
