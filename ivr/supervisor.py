"""The process that keeps Asterisk, the engine and the speech servers alive.

It starts them, or takes over those that still run, and looks after them: what ends is started again,
with a growing pause when it keeps ending; what is frozen is ended first. It holds no call itself: when
it dies, calls go on, and the next supervisor takes over. `ivr.wards` knows each of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import logging.handlers
import os
import signal
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from ivr.asterisk.find import find
from ivr.asterisk.process import LOG_BYTES, LOGS_KEPT, Daemon, raise_descriptor_limit, running_pid, shorten_log
from ivr.asterisk.pulse import Backoff
from ivr.pointer import follow_plans
from ivr.settings import Settings, SettingsError, load_settings
from ivr.wards import (
    ASTERISK,
    ASTERISK_STOP_SECONDS,
    HEART_STOP_SECONDS,
    POLL_SECONDS,
    AsteriskWard,
    Ward,
    engine_ward,
    speech_wards,
)
from ivr.watchdog import reassure_systemd

log = logging.getLogger("ivr.supervisor")  # also when run as a program

LOG_CHECK_SECONDS = 60.0
PLANS_SECONDS = 1.0
LOCK_PATIENCE_SECONDS = 1.0  # `is_running` holds the lock for a moment too
LOCK = "supervisor.lock"


# --- the supervisor --------------------------------------------------------------------------------
@dataclass(slots=True)
class Condition:
    """What `sambung status` says of one process. `state`: "starting", "ready", "pausing", "stopped"."""

    state: str = "starting"
    pid: int = 0
    since: float = 0.0
    restarts: int = 0
    last_end: str = ""


class Supervisor:
    """Keeps its wards alive until `run` is cancelled, then stops them, the last named one first."""

    def __init__(self, settings: Settings, wards: list[Ward]) -> None:
        self._settings, self._wards = settings, wards
        self._conditions = {ward.name: Condition() for ward in wards}
        self._since = time.time()

    async def run(self) -> None:
        housework = {asyncio.create_task(self._tidy_logs()), asyncio.create_task(self._follow_plans())}
        keeping = {ward.name: asyncio.create_task(self._keep(ward), name=ward.name) for ward in self._wards}
        try:
            # Not gather: its cancellation would reach all at once, and they are to stop in order.
            done, _ = await asyncio.wait({*keeping.values(), *housework}, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in housework:
                task.cancel()
            for ward in reversed(self._wards):
                keeping[ward.name].cancel()
                await asyncio.gather(keeping[ward.name], return_exceptions=True)

    async def _keep(self, ward: Ward) -> None:
        backoff, condition = Backoff(), self._conditions[ward.name]
        mourning: set[asyncio.Task[None]] = set()
        while True:
            daemon = await self._begin(ward, condition)
            started = time.monotonic()
            if daemon:
                try:
                    condition.last_end = await self._attend(ward, daemon, condition)
                except asyncio.CancelledError:
                    await daemon.stop(ward.stop_seconds)
                    self._note(condition, state="stopped", pid=0)
                    raise
                task = asyncio.create_task(self._mourn(ward))
                mourning.add(task)
                task.add_done_callback(mourning.discard)
            pause = backoff.pause(time.monotonic() - started)
            log.error("%s: %s; starting again in %.1f s", ward.name, condition.last_end, pause)
            self._note(condition, state="pausing", pid=0, restarts=condition.restarts + 1)
            await asyncio.sleep(pause)

    async def _begin(self, ward: Ward, condition: Condition) -> Daemon | None:
        try:
            daemon = Daemon.adopt(ward.name, run=self._settings.run) or ward.start()
        except OSError as e:
            condition.last_end = f"could not be started: {e}"
            return None
        log.info("%s: %s, pid %d", ward.name, "taken over" if daemon.adopted else "started", daemon.pid)
        self._note(condition, state="starting", pid=daemon.pid, since=daemon.since)
        return daemon

    async def _attend(self, ward: Ward, daemon: Daemon, condition: Condition) -> str:
        """Until it has ended or was ended; gives how."""

        def ready() -> None:
            log.info("%s: ready", ward.name)
            self._note(condition, state="ready")

        watching = asyncio.create_task(ward.watch(ready))
        ending = asyncio.create_task(daemon.ended())
        try:
            await asyncio.wait({watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            while not ending.done() and watching.exception():
                # Our own fault, a full disk for one, is no reason to end what may work well.
                log.error("%s: watching failed, begun again: %r", ward.name, watching.exception())
                await asyncio.sleep(POLL_SECONDS)
                watching = asyncio.create_task(ward.watch(ready))
                await asyncio.wait({watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                return ending.result()
            frozen = watching.result()
            daemon.send(signal.SIGKILL)
            await ending
            return f"frozen ({frozen}), ended by force"
        finally:
            watching.cancel()
            ending.cancel()

    @staticmethod
    async def _mourn(ward: Ward) -> None:
        try:
            await ward.mourn()
        except Exception:
            log.exception("%s: what its end asks for could not be done", ward.name)

    def _note(self, condition: Condition, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(condition, name, value)
        status = {"supervisor": {"pid": os.getpid(), "since": self._since}}
        status |= {name: asdict(c) for name, c in self._conditions.items()}
        path = self._settings.run / "status.json"
        part = path.with_suffix(".part")
        try:
            part.write_text(json.dumps(status, indent=1))
            part.replace(path)
        except OSError as e:  # `sambung status` shows the past then; the calls go on
            log.warning("%s cannot be written: %s", path, e)

    async def _follow_plans(self) -> None:
        """Put planned versions in force when their time comes, and let Asterisk know what they changed."""
        owed, trouble = False, ""
        while True:
            try:
                for plan in await asyncio.to_thread(follow_plans, self._settings):
                    outcome = "held: another version is in force" if plan.held else "in force"
                    log.info("plan %d, version %s: %s", plan.id, plan.move.hash, outcome)
                    owed |= not plan.held
                if owed:
                    from ivr.asterisk.configure import apply  # noqa: PLC0415 - seldom needed, and large

                    await apply(self._settings)
                    owed = False
                trouble = ""
            except Exception as e:
                if repr(e) != trouble:  # said once, not each second: a person has to mend it
                    log.exception("plans cannot be followed and are tried again")
                trouble = repr(e)
            await asyncio.sleep(PLANS_SECONDS)

    async def _tidy_logs(self) -> None:
        while True:
            for folder in (self._settings.log, self._settings.asterisk / "log"):
                for path in folder.glob("*.log"):
                    try:
                        shorten_log(path)
                    except OSError as e:  # a full disk, for one: the calls matter more
                        log.warning("%s could not be shortened: %s", path, e)
            await asyncio.sleep(LOG_CHECK_SECONDS)


# --- running it, and asking about it ---------------------------------------------------------------
class AlreadyRunning(Exception):  # noqa: N818
    """Another supervisor holds this installation."""


@contextmanager
def _the_only_one(settings: Settings, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the installation's lock; try for `patience` seconds. Raises AlreadyRunning."""
    settings.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    deadline = time.monotonic() + patience
    with (settings.run / LOCK).open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise AlreadyRunning from None
                time.sleep(0.05)
        yield


def is_running(settings: Settings) -> bool:
    """Whether a supervisor holds this installation. To ask changes nothing and makes no file."""
    try:
        with (settings.run / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def status(settings: Settings) -> dict[str, dict[str, Any]]:
    """What the supervisor last noted: "supervisor", "asterisk", "engine", "speech-1" …; empty where none runs."""
    if not is_running(settings):
        return {}
    try:
        noted: dict[str, dict[str, Any]] = json.loads((settings.run / "status.json").read_text())
    except FileNotFoundError:
        return {}
    return noted


def orphans(settings: Settings, *, but: Collection[str] = ()) -> list[str]:
    """Names of what runs of this installation, whoever started it, but for these; Asterisk is the last to be ended."""
    noted = sorted(path.stem for path in settings.run.glob("*.pid") if path.stem not in but)
    running = [name for name in noted if running_pid(name, run=settings.run)]
    return sorted(running, key=lambda name: name == ASTERISK)


async def stop_orphans(settings: Settings, *, but: Collection[str] = ()) -> list[str]:
    """End the orphans in this order; gives their names."""
    stopped = []
    for name in orphans(settings, but=but):
        if daemon := Daemon.adopt(name, run=settings.run):
            await daemon.stop(ASTERISK_STOP_SECONDS if name == ASTERISK else HEART_STOP_SECONDS)
            stopped.append(name)
    return stopped


async def supervise(settings: Settings, wards: list[Ward]) -> None:
    """Keep the wards alive until SIGTERM or SIGINT. Raises AlreadyRunning."""
    with _the_only_one(settings, patience=LOCK_PATIENCE_SECONDS):
        (settings.run / "status.json").unlink(missing_ok=True)  # what an earlier one noted is past
        raise_descriptor_limit()
        await stop_orphans(settings, but={ward.name for ward in wards})  # as many speech servers as are now wanted
        reassuring = asyncio.create_task(reassure_systemd())
        running = asyncio.create_task(Supervisor(settings, wards).run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running
        reassuring.cancel()


def main() -> None:
    """`python -m ivr.supervisor`: supervise the installation of `$SAMBUNG_STATE`."""
    try:
        settings = load_settings()
    except SettingsError as e:
        sys.exit(str(e))
    settings.log.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        settings.log / "supervisor.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8"
    )
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", handlers=[handler]
    )
    installation = find(settings)
    if installation is None:
        sys.exit("no Asterisk: run `sambung setup`")
    # They stop in the other order: who calls whom is then still there.
    wards: list[Ward] = [AsteriskWard(settings, installation), *speech_wards(settings), engine_ward(settings)]
    try:
        uvloop.run(supervise(settings, wards))
    except AlreadyRunning:
        sys.exit("sambung is already running")


if __name__ == "__main__":
    main()
