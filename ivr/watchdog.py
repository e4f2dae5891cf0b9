"""Tell systemd that this process is alive, where its unit asks for it (`WatchdogSec=`; sd_notify(3))."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress


async def reassure_systemd() -> None:
    """Say so twice in each period until cancelled; at once done where systemd does not ask.

    What asks is taken out of the environment: it is meant for this process, not for those it starts.
    """
    address, period = os.environ.pop("NOTIFY_SOCKET", ""), os.environ.pop("WATCHDOG_USEC", "")
    if not (address and period):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        while True:
            with suppress(OSError):  # systemd is being restarted, or busy: the next one will reach it
                line.sendto(b"WATCHDOG=1", address.replace("@", "\0", 1) if address[0] == "@" else address)
            await asyncio.sleep(int(period) / 2e6)
