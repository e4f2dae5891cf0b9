"""The FastAGI server: Asterisk hands a call over, the engine runs it."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
from collections.abc import Callable

from ivr.agi.channel import AgiChannel
from ivr.agi.connection import AgiConnection
from ivr.agi.listen import hold_music
from ivr.channel import TO_A_PERSON
from ivr.engine import Engine
from ivr.routing.numbers import e164
from ivr.routing.watch import CallWatch
from ivr.settings import Settings

log = logging.getLogger(__name__)

ENVIRONMENT_SECONDS = 5.0
"""A peer that has not introduced its call after this long is not Asterisk."""


class AgiServer:
    """Accepts calls on loopback and runs each as a task of its own."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        *,
        watch: CallWatch,
        transfer_target: Callable[[str], str],
    ) -> None:
        self._engine, self._settings = engine, settings
        self._watch, self._transfer_target = watch, transfer_target
        self._hold_music = hold_music(settings.prompts / "music")
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def standing(self) -> int:
        """Calls in the engine's hands now."""
        return len(self._tasks)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", self._settings.network.agi_port, backlog=512)
        for listening in self._server.sockets:  # a connection wakes us together with its first words
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, round(ENVIRONMENT_SECONDS))

    async def close(self) -> None:
        """Take no more calls and let go of those that stand; Asterisk takes care of their callers."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self) -> AgiConnection:
        def ready(connection: AgiConnection) -> None:
            patience.cancel()  # one timer less goes off for each call
            self._ready(connection)

        connection = AgiConnection(ready)
        patience = asyncio.get_running_loop().call_later(ENVIRONMENT_SECONDS, connection.close)
        return connection

    def _ready(self, connection: AgiConnection) -> None:
        task = asyncio.create_task(self._call(connection), name=f"call {connection.environment.values.get('uniqueid')}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, connection: AgiConnection) -> None:
        try:
            arguments = connection.environment.arguments
            if not (arguments and hmac.compare_digest(arguments[0], self._settings.secrets["agi"])):
                log.warning("an AGI connection without our secret was refused")
                return
            await self._run(connection)
        finally:
            connection.close()

    async def _run(self, connection: AgiConnection) -> None:
        values = connection.environment.values
        call = connection.environment.arguments[1]
        channel = AgiChannel(
            connection,
            call,
            watch=self._watch,
            transfer_target=self._transfer_target,
            recordings=self._settings.recordings,
            hold_music=self._hold_music,
        )
        with self._watch.channel(values["uniqueid"], channel):
            reason = await self._engine.run_call(
                channel,
                call=call,
                number=values.get("extension", ""),
                caller=e164(values.get("callerid", "")),
                channel_name=values.get("channel", ""),
            )
        if reason in TO_A_PERSON:
            await channel.to_a_person()
        else:
            await channel.note_done(reason.value)
