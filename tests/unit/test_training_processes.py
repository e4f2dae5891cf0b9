"""Processes beside the one that trains."""

import os
import signal

from training.processes import pool


def test_ctrl_c_is_for_the_process_that_has_them() -> None:
    with pool() as processes:
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
        assert signal.SIGINT in processes.apply(signal.pthread_sigmask, (signal.SIG_BLOCK, []))
        assert processes.apply(os.getpid) != os.getpid()
