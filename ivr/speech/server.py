"""A speech server: Asterisk's callers on one side, a recogniser on the other. docs/speech-protocol.md has the rules.

Any number of these processes share one port of the loopback: the kernel gives each new call to one of them. Each
decodes in one thread, so there is one process for each core.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import signal
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus

import uvloop
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from ivr.heartbeat import beat
from ivr.settings import Settings, SettingsError, load_settings
from ivr.speech.call import Hearing, Prepare, SpeechCall
from ivr.speech.loaded import LoadedGrammars
from ivr.speech.model import Model, ModelError
from ivr.speech.recogniser import Recogniser
from ivr.speech.turns import Turn

log = logging.getLogger("ivr.speech.server")  # also when run as a program

HEARTBEAT_SECONDS = 0.25
STUCK_SECONDS = 5.0
"""A batch that is decoded for so long never ends: without heartbeats the supervisor ends the server."""
GRACE_SECONDS = 2.0
"""At its end a server takes no new calls and lets those that it has go on for so long."""
REPORT_SECONDS = 60.0
LARGEST_FRAME = 65_536
"""Bytes. Asterisk sends 320 of audio at a time."""
BACKLOG = 256


class SpeechServer:
    """Serves calls until it is told to stop."""

    def __init__(self, settings: Settings, prepare: Prepare) -> None:
        self._settings = settings
        self._path = f"/{settings.secrets['speech']}"
        self._hearing = Hearing(prepare, settings.recordings if settings.speech.keep_audio else None)
        self._standing = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, and for a moment longer those who are still there."""
        server = await serve(
            self._serve_call,
            sock=self._listen(),
            process_request=self._admit,
            max_size=LARGEST_FRAME,
            compression=None,
            ping_interval=None,  # on the loopback a dead peer's socket is closed by the kernel
        )
        background = [
            asyncio.create_task(beat(HEARTBEAT_SECONDS, lambda: self._hearing.busy_seconds < STUCK_SECONDS)),
            asyncio.create_task(self._report()),
        ]
        log.info("listening on port %d", self._settings.network.speech_port)
        await stop.wait()
        await self._leave(server)
        for task in background:
            task.cancel()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", self._settings.network.speech_port))
        listener.listen(BACKLOG)
        return listener

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse the upgrade where a call cannot be served: later, Asterisk would leak a thread for it."""
        if request.path != self._path:
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        if self._standing >= self._settings.speech.calls_per_server:
            self._hearing.counters.refused += 1
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "")
        return None

    async def _serve_call(self, connection: ServerConnection) -> None:
        self._hearing.counters.calls += 1
        self._standing += 1
        self._nobody.clear()
        try:
            await SpeechCall(connection, self._hearing).serve()
        finally:
            self._standing -= 1
            if not self._standing:
                self._nobody.set()

    async def _leave(self, server: Server) -> None:
        server.close(close_connections=False)
        log.info("leaving, %d calls are here", self._standing)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._nobody.wait()
        except TimeoutError:
            await asyncio.gather(*(connection.close() for connection in server.connections))
        await server.wait_closed()
        self._hearing.close()

    async def _report(self) -> None:
        """A line of figures a minute, where there is anything new to tell."""
        told = dataclasses.replace(self._hearing.counters)
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            if self._hearing.counters != told:
                told = dataclasses.replace(self._hearing.counters)
                log.info("%d calls are here; since the start: %s", self._standing, told)


async def run(settings: Settings, prepare: Prepare) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await SpeechServer(settings, prepare).run(stop)


def set_up_logging() -> None:
    """To stderr, which the supervisor keeps in a file."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("websockets").setLevel(logging.CRITICAL)  # who knocks and goes away is no news


def main() -> None:
    """`python -m ivr.speech.server speech-1`: serve with the installation's model, under this name."""
    set_up_logging()
    try:
        settings = load_settings()
        model = Model.read(settings.speech.model)
    except (SettingsError, ModelError) as e:
        sys.exit(str(e))
    # A folder for each server: they would stumble over each other's links.
    grammars = LoadedGrammars(model, settings.versions, settings.run / "grammars" / sys.argv[1])

    def prepare(turn: Turn) -> Callable[[], Recogniser]:
        grammar = grammars.get(turn.grammar)
        return lambda: Recogniser(grammar, pause=turn.pause, onset=turn.onset)

    uvloop.run(run(settings, prepare))


if __name__ == "__main__":
    main()
