"""How long one AGI command takes, there and back, over Sambung's own connection."""

from __future__ import annotations

import asyncio
import time

from ivr.agi.connection import AgiConnection
from ivr.channel import HungUp
from tests.e2e.kit.machine import LOOPBACK


class RoundTrips:
    """A FastAGI server that asks each call for a variable `commands` times and notes how long it took."""

    def __init__(self, commands: int) -> None:
        self._commands = commands
        self._tasks: set[asyncio.Task[None]] = set()
        self.seconds: list[float] = []

    async def serve(self, port: int) -> asyncio.Server:
        """Start; the caller closes the server."""
        return await asyncio.get_running_loop().create_server(lambda: AgiConnection(self._ready), LOOPBACK, port)

    def _ready(self, connection: AgiConnection) -> None:
        task = asyncio.create_task(self._call(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, connection: AgiConnection) -> None:
        try:
            await connection.command("ANSWER")
            for _ in range(self._commands):
                began = time.perf_counter()
                await connection.command("GET VARIABLE", "UNIQUEID")
                self.seconds.append(time.perf_counter() - began)
        except HungUp:
            pass  # the run was ended early; what was measured counts
        finally:
            connection.close()
