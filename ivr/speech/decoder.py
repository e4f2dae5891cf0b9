"""Vosk, with the kernels that suit this processor; whoever needs Vosk takes it from here.

Its OpenBLAS is of 2020 and takes a processor that is younger for the oldest of all (PRESCOTT, of 2004). Where the
processor has AVX-512 that costs half of the decoder's time; OpenBLAS itself asks for more than that only to tell one
from the other. It reads the variable when the library is loaded. Who sets it knows better.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_NEEDED = {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"}


def _has_avx512() -> bool:
    try:
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and set(flags[1].split()) >= _NEEDED


if _has_avx512():
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import vosk  # noqa: E402

__all__ = ["vosk"]
