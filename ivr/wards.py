"""The processes that the supervisor keeps alive: how each is started, and how it shows that it works."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from ivr import heartbeat
from ivr.asterisk import control, unloaded
from ivr.asterisk.find import Installation
from ivr.asterisk.process import Daemon
from ivr.asterisk.pulse import Pulse
from ivr.recordings import mend_recordings
from ivr.routing.rescue import rescue_callers
from ivr.settings import Settings
from ivr.speech import allocator
from ivr.speech.availability import keys_only

log = logging.getLogger(__name__)

ASTERISK, ENGINE, SPEECH = "asterisk", "engine", "speech-"
"""Names of the processes; those of the speech servers go on with a number."""
POLL_SECONDS = 0.25
HEART_START_SECONDS = 30.0
ENGINE_SILENCE_SECONDS, SPEECH_SILENCE_SECONDS = 4.0, 1.25
HEART_STOP_SECONDS = 5.0
ASTERISK_PROBE_SECONDS = 1.0
ASTERISK_SILENCE_SECONDS = 10.0  # long: ending an Asterisk that is only busy would cut living calls
ASTERISK_START_SECONDS = 60.0
ASTERISK_STOP_SECONDS = 10.0


class Ward(Protocol):
    """A process that the supervisor keeps alive. `stop_seconds`: what it has to end by itself when it is asked to."""

    name: str
    stop_seconds: float

    def start(self) -> Daemon: ...

    async def watch(self, ready: Callable[[], None]) -> str:
        """Call `ready` once it works; return, with the reason, only when it is frozen."""

    async def mourn(self) -> None:
        """What must be done at once when it is dead."""


class AsteriskWard:
    name = ASTERISK
    stop_seconds = ASTERISK_STOP_SECONDS

    def __init__(self, settings: Settings, installation: Installation) -> None:
        self._settings, self._installation = settings, installation
        self._mending: asyncio.Task[int] | None = None

    def start(self) -> Daemon:
        # Of the Asterisk before this one; the calls of this one need not wait for it.
        mending = asyncio.to_thread(mend_recordings, self._settings, before=time.time())
        self._mending = asyncio.create_task(mending)
        unloaded.remove(self._settings, unloaded.names(self._settings))  # it reads all files as they are now
        return Daemon.start(
            self.name,
            control.command_line(self._settings, self._installation),
            run=self._settings.run,
            output=self._settings.log / "asterisk.log",
        )

    async def watch(self, ready: Callable[[], None]) -> str:
        try:
            async with asyncio.timeout(ASTERISK_START_SECONDS):
                await control.until_ready(self._settings, self._installation)
        except TimeoutError:
            return f"not ready {ASTERISK_START_SECONDS:.0f} s after its start"
        ready()
        pulse = Pulse(silence=ASTERISK_SILENCE_SECONDS, start=ASTERISK_SILENCE_SECONDS)
        last = time.monotonic()
        while True:
            sign = await control.answers(self._settings, ASTERISK_PROBE_SECONDS)
            now = time.monotonic()
            if pulse.step(now - last, sign=sign):
                return f"no answer for {ASTERISK_SILENCE_SECONDS:.0f} s"
            last = now
            await asyncio.sleep(ASTERISK_PROBE_SECONDS if sign else POLL_SECONDS)

    async def mourn(self) -> None:
        """Nothing: its calls are gone, and the engine notices by itself."""


class HeartWard:
    """A process of our own, which shows by its heartbeat (`ivr.heartbeat`) that it works.

    The pipe is non-blocking, named, and open at both ends: the process meets neither a broken pipe nor a block
    while there is no supervisor (it may meet a full one, BlockingIOError, and goes on).
    """

    stop_seconds = HEART_STOP_SECONDS

    def __init__(
        self,
        name: str,
        settings: Settings,
        command: Sequence[str],
        *,
        silence: float,
        mourn: Callable[[], Awaitable[None]] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`silence`: seconds without a heartbeat after which it is frozen; `mourn`: what its death asks for;
        `environment` is added to ours.
        """
        self.name = name
        self._settings, self._command, self._silence, self._mourn = settings, command, silence, mourn
        self._environment = {"SAMBUNG_STATE": str(settings.state), **(environment or {})}
        self._pipe = settings.run / f"{name}.heartbeat"
        settings.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._pipe.is_fifo():
            self._pipe.unlink(missing_ok=True)
            os.mkfifo(self._pipe, 0o600)
        self._beats = self._open_pipe()

    def _open_pipe(self) -> int:
        return os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)  # both ways: never at its end, never broken

    def start(self) -> Daemon:
        self._heard()  # what the one before wrote is no sign of this one
        descriptor = self._open_pipe()
        try:
            return Daemon.start(
                self.name,
                self._command,
                run=self._settings.run,
                output=self._settings.log / f"{self.name}.out.log",
                environment={**self._environment, heartbeat.VARIABLE: str(descriptor)},
                descriptors=[descriptor],
            )
        finally:
            os.close(descriptor)

    def _heard(self) -> bool:
        heard = False
        with contextlib.suppress(BlockingIOError):
            while os.read(self._beats, 4096):
                heard = True
        return heard

    async def watch(self, ready: Callable[[], None]) -> str:
        pulse = Pulse(silence=self._silence, start=HEART_START_SECONDS)
        last = time.monotonic()
        while True:
            await asyncio.sleep(POLL_SECONDS)
            was_alive, now = pulse.alive, time.monotonic()
            if pulse.step(now - last, sign=self._heard()):
                return "no heartbeat"
            last = now
            if pulse.alive and not was_alive:
                ready()

    async def mourn(self) -> None:
        if self._mourn:
            await self._mourn()


def engine_ward(settings: Settings) -> HeartWard:
    """The process that runs the calls; at its end callers whom nobody serves any more go to the fallback queue."""

    async def rescue() -> None:
        if rescued := await rescue_callers(settings):
            log.warning("%d callers were sent to the fallback queue", rescued)

    command = [sys.executable, "-m", "ivr.service"]
    return HeartWard(ENGINE, settings, command, silence=ENGINE_SILENCE_SECONDS, mourn=rescue)


def speech_wards(settings: Settings) -> list[HeartWard]:
    """The speech servers, where there can be any. A frozen one keeps callers in silence: it is ended at once."""
    if keys_only(settings):
        return []
    command = [sys.executable, "-m", "ivr.speech.server"]
    names = [f"{SPEECH}{number}" for number in range(1, settings.speech.servers + 1)]
    environment = allocator.environment()
    return [
        HeartWard(name, settings, [*command, name], silence=SPEECH_SILENCE_SECONDS, environment=environment)
        for name in names
    ]
