"""The engine process: calls, the waiting room, the manager, the history writer. Nothing heavy, ever.

Started by the supervisor process, which hands it a pipe for its heartbeat (`SAMBUNG_HEARTBEAT_FD`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable

import uvloop

from ivr.agi.server import AgiServer
from ivr.asterisk.rotation import rotate_witnesses
from ivr.connections.lookups import ConnectedLookups
from ivr.connections.outbox import StoredOutbox
from ivr.engine import Engine
from ivr.events import SystemNoted
from ivr.heartbeat import beat
from ivr.line.surge import SurgeWatch, note_surge
from ivr.pointer import current_hash
from ivr.publish import LoadedVersion, PublishError, load_version, written_at
from ivr.recordings import RecordingFolder
from ivr.routing.agents import AgentAccount, load_agents, transfer_target
from ivr.routing.ami import Ami, AmiDown, AmiRefused
from ivr.routing.board import AgentBoard
from ivr.routing.guard import Guard
from ivr.routing.numbers import e164
from ivr.routing.rooms import Room
from ivr.routing.watch import CallWatch
from ivr.settings import Settings, load_settings
from ivr.store.callbacks import StoredCallbacks
from ivr.store.callers import StoredCallers
from ivr.store.database import StoreError, last_change
from ivr.store.expiry import expire_audio
from ivr.store.followed import FollowedSwitches
from ivr.store.health import BEHIND_SECONDS, note_health
from ivr.store.tickets import StoredTickets
from ivr.store.witness import close_orphans
from ivr.store.writer import HistoryWriter, WriterHealth

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.5
FOLLOW_SECONDS = 1.0
HEALTH_SECONDS = 1.0
RESTART_SECONDS = 1.0
ORPHAN_CHECK_SECONDS = 10.0
ROTATION_SECONDS = 60.0
EXPIRY_SECONDS = 3600.0


class Service:
    """The parts of the engine process and how they hang together."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.writer = HistoryWriter(settings)
        self.ami = Ami(settings.network.ami_port, settings.secrets["ami"])
        self.watch = CallWatch(self.ami)
        self.board = AgentBoard(self.ami, self._wrapup)
        self.room = Room(self.board, knows=lambda: self.board.known)
        self.guard = Guard(settings, self._note)
        self.switches = FollowedSwitches(settings, self._note)
        self.surge = SurgeWatch()
        self.callbacks = StoredCallbacks(settings)
        self.callers = StoredCallers(settings)
        self.lookups = ConnectedLookups(settings, self._note)
        self.outbox = StoredOutbox(settings, self._note)
        self.agents: list[AgentAccount] = []
        self._agents_seen = -1.0
        self._health_noted: WriterHealth | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve calls until `stop` is set. Raises PublishError when there is no version to serve."""
        await self.writer.open()
        version = _load(self.settings)
        self._version_seen = version.hash, written_at(self.settings, version.hash)
        self.engine = Engine(
            version,
            self.settings,
            self.writer.emit,
            self.room,
            tickets=StoredTickets(self.settings),
            lookups=self.lookups,
            outbox=self.outbox,
            callbacks=self.callbacks,
            callers=self.callers,
            may_record=RecordingFolder(self.settings, self.writer.emit).accepts,
        )
        self.server = AgiServer(
            self.engine,
            self.settings,
            watch=self.watch,
            transfer_target=lambda target: transfer_target(self.settings, self.agents, target),
        )
        await self._follow_lines()  # before the first call, and before the heartbeat says that calls are taken
        try:
            async with asyncio.TaskGroup() as tasks:
                background = [
                    tasks.create_task(beat(HEARTBEAT_SECONDS)),  # the supervisor ends an engine that is silent
                    tasks.create_task(_every(RESTART_SECONDS, self.ami.run)),
                    tasks.create_task(_every(RESTART_SECONDS, self.guard.run)),
                    tasks.create_task(_every(RESTART_SECONDS, self.outbox.run)),
                    tasks.create_task(_every(FOLLOW_SECONDS, self._follow_version)),
                    tasks.create_task(_every(FOLLOW_SECONDS, self._follow_agents)),
                    tasks.create_task(_every(FOLLOW_SECONDS, self._follow_lines)),
                    tasks.create_task(_every(HEALTH_SECONDS, self._note_health)),
                    tasks.create_task(_every(ORPHAN_CHECK_SECONDS, self._close_orphans)),
                    tasks.create_task(_every(ROTATION_SECONDS, self._rotate_witnesses)),
                    tasks.create_task(_every(EXPIRY_SECONDS, self._expire_audio)),
                    tasks.create_task(_every(EXPIRY_SECONDS, self.outbox.forget)),
                    tasks.create_task(_every(EXPIRY_SECONDS, self._forget_callbacks)),
                ]
                gc.collect()
                gc.freeze()  # what was loaded so far lives as long as the process: never to be looked through again
                await self.server.start()
                self._note("engine_started", f"version {version.hash}")
                self._note_problems(version)
                log.info("taking calls, version %s", version.hash)
                await stop.wait()
                self._note("engine_stopped", f"{self.server.standing} calls standing")
                await self.server.close()
                for task in background:
                    task.cancel()
            await self.callers.close()
            await self.lookups.close()
            await self.outbox.close()
        finally:
            await self.writer.close()

    def _wrapup(self, queue: str) -> float:
        """Seconds that an agent rests after a call of this queue; none for a queue that is in no version."""
        known = self.engine.version.site.queues.get(queue)
        return known.wrapup_seconds if known else 0.0

    def _note(self, what: str, detail: str) -> None:
        self.writer.emit(SystemNoted(call="", at=time.time(), what=what, detail=detail))

    def _note_problems(self, version: LoadedVersion) -> None:
        """A version may serve although something of it is missing; that must not go unseen."""
        for problem in version.problems:
            log.warning("version %s: %s", version.hash, problem)
            self._note("version_problem", f"{version.hash}: {problem}")

    async def _follow_version(self) -> None:
        """Take up a newly published version for new calls; one that cannot be loaded is reported, not served."""
        wanted = current_hash(self.settings)
        if wanted is None or (found := (wanted, written_at(self.settings, wanted))) == self._version_seen:
            return
        self._version_seen = found
        try:
            loaded = await asyncio.to_thread(_load, self.settings, wanted)
        except PublishError as e:
            log.exception("version %s cannot be served", wanted)
            self._note("version_refused", f"{wanted}: {e}")
        else:
            self.engine.version = loaded
            self._note("version_loaded", wanted)
            self._note_problems(loaded)

    async def _follow_agents(self) -> None:
        """Know the accounts, and what the command line changed in them since."""
        changed = last_change(self.settings)
        if changed != self._agents_seen:
            try:
                self.agents = await load_agents(self.settings)
            except (StoreError, OSError):
                return  # `switches` has told it; it is tried again
            self._agents_seen = changed

    async def _follow_lines(self) -> None:
        """Know what is switched on the lines, and which of them are in surge by themselves."""
        now = time.time()
        await self.switches.look(now)
        self.engine.switches = self.switches.current
        turns = list(self.surge.look(self.engine.version.site.lines, self.room.waiting, now))
        self.engine.surging = frozenset(self.surge.since)
        for turn in turns:
            self._note("surge_began" if turn.began else "surge_ended", f"{turn.line}: {turn.waiting} callers wait")
        if turns:
            with contextlib.suppress(OSError):  # a full disk keeps `sambung lines` from telling it, no more
                note_surge(self.settings, self.surge.since, pid=os.getpid())

    async def _note_health(self) -> None:
        """Let the commands know how the record fares; in good times there is nothing new to note."""
        health = self.writer.health
        if not health.trouble and health.oldest_seconds < BEHIND_SECONDS:
            health = WriterHealth(0, 0.0, health.dropped, "")
        if health != self._health_noted:
            with contextlib.suppress(OSError):  # the disk may be full: that is then said without us
                note_health(self.settings, health, pid=os.getpid())
                self._health_noted = health

    async def _close_orphans(self) -> None:
        """Close the records that an earlier engine left open, as Asterisk's own log tells of them."""
        if not self.ami.connected:  # as at the start, when these records wait for it
            await asyncio.sleep(RESTART_SECONDS)
        try:
            alive = {m.uniqueid for m in await self.ami.action("CoreShowChannels") if "Uniqueid" in m}
        except (AmiDown, AmiRefused):
            return  # who still lives is not known now
        closed = await close_orphans(
            self.writer,
            alive=alive,
            lines=self.engine.version.site.lines,
            queue_log=self.settings.queue_log,
            cel=self.settings.cel,
            now=time.time(),
            caller_form=e164,
        )
        if closed:
            log.info("records closed from Asterisk's log: %s", ", ".join(closed))

    async def _rotate_witnesses(self) -> None:
        told_until = self.writer.witnessed_until or 0.0
        with contextlib.suppress(AmiDown):
            await rotate_witnesses(self.settings, self.ami, now=time.time(), told_until=told_until)

    async def _expire_audio(self) -> None:
        await expire_audio(self.writer, now=time.time())

    async def _forget_callbacks(self) -> None:
        await self.callbacks.forget(time.time())


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` again and again. No fault in it may reach the calls, which share the process."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("housekeeping failed and is tried again")
        await asyncio.sleep(seconds)


def _load(settings: Settings, hash: str | None = None) -> LoadedVersion:
    """A version that is ready for calls. Raises PublishError."""
    version = load_version(settings, hash)
    version.site.make_ready()
    return version


async def _main(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await Service(settings).run(stop)


def main() -> None:
    """Entry point of the engine process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    uvloop.run(_main(load_settings()))


if __name__ == "__main__":
    main()
