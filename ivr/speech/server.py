"""A speech server: Asterisk's callers on one side, a recogniser on the other. docs/speech-protocol.md has the rules.

Any number of these processes share one port of the loopback: the kernel gives each new call to one of them. Each
decodes in one thread, so there is one process for each core.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from http import HTTPStatus

import uvloop
from picows import (
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from ivr.heartbeat import beat
from ivr.settings import Settings, SettingsError, load_settings
from ivr.speech import allocator
from ivr.speech.call import SpeechCall
from ivr.speech.figures import Figures, Lag, note_figures
from ivr.speech.hearing import Hearing, Prepare
from ivr.speech.keeper import Keeper
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
LOOK_SECONDS = 1.0
"""So often dead sockets are looked for."""
LARGEST_FRAME = 65_536
"""Bytes. Asterisk sends 320 of audio at a time."""
BACKLOG = 256


class SpeechServer:
    """Serves calls until it is told to stop."""

    def __init__(self, settings: Settings, prepare: Prepare, name: str) -> None:
        self._settings, self._name = settings, name
        self._path = f"/{settings.secrets['speech']}".encode()
        self._hearing = Hearing(prepare, settings.recordings if settings.speech.keep_audio else None)
        self._keeper = Keeper()
        self._calls: set[SpeechCall] = set()
        self._has_room, self._is_full, self._is_empty = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._count()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, and for a moment longer those who are still there."""
        with self._bind() as port:
            taking = asyncio.create_task(self._take_calls(port))

            def is_well() -> bool:
                return not taking.done() and self._hearing.busy_seconds < STUCK_SECONDS

            background = [
                asyncio.create_task(work)
                for work in (beat(HEARTBEAT_SECONDS, is_well), self._report(), self._drop_the_dead())
            ]
            log.info("listening on port %d", self._settings.network.speech_port)
            await stop.wait()
            taking.cancel()
            await asyncio.wait([taking])
        await self._leave()
        for task in background:
            task.cancel()

    def _bind(self) -> socket.socket:
        port = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        port.bind(("127.0.0.1", self._settings.network.speech_port))
        port.listen(BACKLOG)
        return port

    async def _take_calls(self, port: socket.socket) -> None:
        """Listen while there are places, so that the kernel gives other calls to another server."""
        while True:
            server = await ws_create_server(self._admit, sock=port.dup(), backlog=BACKLOG, max_frame_size=LARGEST_FRAME)
            try:
                await self._is_full.wait()
            finally:
                server.close()
                port.shutdown(socket.SHUT_RDWR)  # listens no more, and nobody else can have it
            await self._has_room.wait()

    def _admit(self, request: WSUpgradeRequest) -> SpeechCall | WSUpgradeResponseWithListener:
        """Refuse the upgrade where a call cannot be served: later, Asterisk would leak a thread for it."""
        if request.path != self._path:
            return _refusal(HTTPStatus.NOT_FOUND)
        if not self._places:
            self._hearing.counters.refused += 1
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE)
        return SpeechCall(self._hearing, self._keeper, self._come, self._gone)

    def _come(self, call: SpeechCall) -> None:
        self._hearing.counters.calls += 1
        self._calls.add(call)
        self._count()

    def _gone(self, call: SpeechCall) -> None:
        self._calls.discard(call)
        self._count()

    def _count(self) -> None:
        for event, is_so in (
            (self._is_full, not self._places),
            (self._has_room, bool(self._places)),
            (self._is_empty, not self._calls),
        ):
            (event.set if is_so else event.clear)()

    @property
    def _places(self) -> int:
        """How many more calls can be served."""
        return max(0, self._settings.speech.calls_per_server - len(self._calls))

    async def _leave(self) -> None:
        log.info("leaving, %d calls are here", len(self._calls))
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._is_empty.wait()
        except TimeoutError:
            for call in tuple(self._calls):
                call.leave("the server ends")
        self._hearing.close()
        self._keeper.close()

    async def _drop_the_dead(self) -> None:
        """With uvloop, picows is not told of a reset right behind data: such a call would keep its place for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for call in tuple(self._calls):
                if call.is_dead:
                    call.drop()

    async def _report(self) -> None:
        """A line of figures a minute, where there is anything new to tell."""
        told = dataclasses.replace(self._hearing.counters), 0
        while True:
            await asyncio.sleep(REPORT_SECONDS)
            lags = self._hearing.take_lags()
            counters, here = now = dataclasses.replace(self._hearing.counters), len(self._calls)
            if lags or now != told:
                told = now
                figures = Figures(os.getpid(), time.time(), here, counters, Lag.of(lags) if lags else None)
                log.info("%s", figures)
                try:
                    note_figures(self._settings, self._name, figures)
                except OSError as e:  # `sambung status` shows the past then; the calls go on
                    log.warning("the figures cannot be noted: %s", e)


def _refusal(status: HTTPStatus) -> WSUpgradeResponseWithListener:
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_error_response(status), None)


async def run(settings: Settings, prepare: Prepare, name: str) -> None:
    """Serve under this name until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await SpeechServer(settings, prepare, name).run(stop)


def set_up_logging() -> None:
    """To stderr, which the supervisor keeps in a file."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("picows").setLevel(logging.ERROR)  # who knocks and goes away is no news


def main() -> None:
    """`python -m ivr.speech.server speech-1`: serve with the installation's model, under this name."""
    set_up_logging()
    allocator.keep_from_children()
    try:
        settings = load_settings()
        model = Model.read(settings.speech.model)
    except (SettingsError, ModelError) as e:
        sys.exit(str(e))
    _, name = sys.argv
    # A folder for each server: they would stumble over each other's links.
    grammars = LoadedGrammars(model, settings.versions, settings.run / "grammars" / name)

    def prepare(turn: Turn) -> Callable[[], Recogniser]:
        grammar = grammars.get(turn.grammar)
        return lambda: Recogniser(grammar, pause=turn.pause, onset=turn.onset)

    uvloop.run(run(settings, prepare, name))


if __name__ == "__main__":
    main()
