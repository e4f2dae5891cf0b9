"""Processes beside the one that trains."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.pool import Pool
from typing import Any


@contextmanager
def pool(begin: Callable[..., None] | None = None, *given: Any) -> Iterator[Pool]:
    """A process for each core, which knows nothing of this one; each calls `begin` first, with what is given.

    Ctrl-C is for the process that has the pool: it ends the others.
    """
    resource_tracker.ensure_running()  # to start it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # which the processes inherit
    try:
        processes = multiprocessing.get_context("spawn").Pool(os.cpu_count(), begin, given)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with processes:
        yield processes
