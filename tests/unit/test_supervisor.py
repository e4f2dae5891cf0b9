"""The supervisor, with real processes that die, freeze and live on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from ivr.asterisk.process import Daemon, raise_descriptor_limit, running_pid, shorten_log
from ivr.cli.conditions import end_word
from ivr.settings import Settings, Speech
from ivr.supervisor import (
    AlreadyRunning,
    Supervisor,
    is_running,
    status,
    stop_orphans,
    supervise,
)
from ivr.wards import HeartWard, speech_wards

BEATING = """
import os, sys, time
pipe = int(os.environ["SAMBUNG_HEARTBEAT_FD"])
while True:
    try:
        os.write(pipe, b".")
    except BlockingIOError:
        pass
    time.sleep(0.05)
"""


# --- real processes --------------------------------------------------------------------------------
@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


@pytest.fixture
def indonesian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")


class Rescues:
    def __init__(self) -> None:
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1


def engine(
    settings: Settings, program: str = BEATING, rescues: Rescues | None = None, name: str = "engine"
) -> HeartWard:
    return HeartWard(name, settings, [sys.executable, "-c", program], silence=1.0, mourn=rescues)


@asynccontextmanager
async def supervised(settings: Settings, *wards: HeartWard) -> AsyncIterator[None]:
    task = asyncio.create_task(Supervisor(settings, list(wards)).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def noted(settings: Settings, is_so: Callable[[dict[str, Any]], bool], name: str = "engine") -> dict[str, Any]:
    """The process's noted condition, as soon as it is as asked."""
    path = settings.run / "status.json"
    async with asyncio.timeout(20):
        while True:
            if path.exists() and is_so(condition := json.loads(path.read_text())[name]):
                return dict(condition)
            await asyncio.sleep(0.02)


def is_ready(condition: dict[str, Any]) -> bool:
    return bool(condition["state"] == "ready")


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("indonesian")
async def test_a_killed_engine_is_replaced_and_its_callers_rescued(settings: Settings) -> None:
    rescues = Rescues()
    async with supervised(settings, engine(settings, rescues=rescues)):
        first = await noted(settings, is_ready)
        os.kill(first["pid"], signal.SIGKILL)
        second = await noted(settings, lambda c: is_ready(c) and c["pid"] != first["pid"])
    assert second["restarts"] == 1
    assert (second["last_end"], end_word(second["last_end"])) == ("signal 9", "sinyal 9")
    assert rescues.count == 1


@pytest.mark.usefixtures("indonesian")
async def test_a_frozen_engine_is_ended_and_replaced(settings: Settings) -> None:
    async with supervised(settings, engine(settings)):
        first = await noted(settings, is_ready)
        os.kill(first["pid"], signal.SIGSTOP)
        second = await noted(settings, lambda c: is_ready(c) and c["pid"] != first["pid"])
        assert not runs(first["pid"])
    assert second["last_end"] == "frozen (no heartbeat), ended by force"
    assert end_word(second["last_end"]) == "macet (tanpa tanda hidup), dihentikan paksa"


@pytest.mark.usefixtures("indonesian")
async def test_an_engine_that_cannot_start_is_tried_again_and_the_reason_noted(settings: Settings) -> None:
    ward = HeartWard("engine", settings, ["/nowhere/engine"], silence=1.0)
    async with supervised(settings, ward):
        condition = await noted(settings, lambda c: c["restarts"] >= 2)
    assert "could not be started" in condition["last_end"]
    assert "/nowhere/engine" in condition["last_end"]
    assert end_word(condition["last_end"]).startswith("tidak dapat dimulai: [Errno 2]")


async def test_stopping_ends_the_engine(settings: Settings) -> None:
    async with supervised(settings, engine(settings)):
        pid = (await noted(settings, is_ready))["pid"]
    assert not runs(pid)
    assert (await noted(settings, lambda c: c["state"] == "stopped"))["pid"] == 0


async def test_wards_stop_one_after_the_other_the_last_named_first(settings: Settings) -> None:
    order = settings.state / "order"
    witness = BEATING.replace(
        "import os, sys, time",
        f"""
import os, signal, sys, time
def leave(*_):
    time.sleep(0.2)
    open({str(order)!r}, "a").write(sys.argv[1])
    os._exit(0)
signal.signal(signal.SIGTERM, leave)
""",
    )
    first, second = (
        HeartWard(name, settings, [sys.executable, "-c", witness, name], silence=1.0) for name in ("a", "b")
    )
    async with supervised(settings, first, second):
        await noted(settings, is_ready, "a")
        await noted(settings, is_ready, "b")
    assert order.read_text() == "ba"


async def test_the_next_supervisor_takes_over_what_still_runs(settings: Settings) -> None:
    ward = engine(settings)
    left_alone = ward.start()  # as a supervisor that died leaves it
    async with supervised(settings, engine(settings)):
        condition = await noted(settings, is_ready)
        assert condition["pid"] == left_alone.pid
        os.kill(left_alone.pid, signal.SIGSTOP)  # and watches it like its own
        await noted(settings, lambda c: is_ready(c) and c["pid"] != left_alone.pid)


async def test_orphans_are_stopped(settings: Settings) -> None:
    left_alone = [engine(settings, name=name).start() for name in ("asterisk", "speech-1", "engine")]
    assert await stop_orphans(settings) == ["engine", "speech-1", "asterisk"]
    assert [await daemon.ended() for daemon in left_alone] == ["signal 15"] * 3
    assert await stop_orphans(settings) == []


async def test_what_is_no_longer_wanted_is_ended_by_the_next_supervisor(settings: Settings) -> None:
    wanted, unwanted = engine(settings).start(), engine(settings, name="speech-2").start()
    task = asyncio.create_task(supervise(settings, [engine(settings)]))
    assert await unwanted.ended() == "signal 15"
    assert (await noted(settings, is_ready))["pid"] == wanted.pid
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_there_are_as_many_speech_servers_as_wanted_and_none_without_a_model(tmp_path: Path) -> None:
    def names(**speech: Any) -> list[str]:
        return [ward.name for ward in speech_wards(Settings(state=tmp_path, speech=Speech(**speech)))]

    assert names(servers=3) == ["speech-1", "speech-2", "speech-3"]
    assert names(servers=0) == []
    assert names(servers=3, model=tmp_path / "none") == []


async def test_a_pid_that_came_again_is_not_taken_for_ours(settings: Settings) -> None:
    settings.run.mkdir(parents=True)
    (settings.run / "engine.pid").write_text(f"{os.getpid()} 1\n")
    assert Daemon.adopt("engine", run=settings.run) is None


async def test_only_one_supervisor_serves_an_installation(settings: Settings) -> None:
    assert not is_running(settings)
    assert status(settings) == {}
    first = asyncio.create_task(supervise(settings, [engine(settings)]))
    await noted(settings, is_ready)
    assert is_running(settings)
    assert status(settings)["supervisor"]["pid"] == os.getpid()
    with pytest.raises(AlreadyRunning):
        await supervise(settings, [engine(settings)])
    os.kill(os.getpid(), signal.SIGTERM)
    await first
    assert not is_running(settings)


async def test_a_process_deaf_to_the_polite_word_is_ended_by_force(tmp_path: Path) -> None:
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)\n"
    output = tmp_path / "log" / "out.log"
    daemon = Daemon.start("deaf", [sys.executable, "-c", deaf + "time.sleep(60)"], run=tmp_path, output=output)
    async with asyncio.timeout(20):
        while not output.read_text():
            await asyncio.sleep(0.02)
    await daemon.stop(0.1)
    assert await daemon.ended() == "signal 9"


async def test_the_engine_has_many_descriptors(tmp_path: Path) -> None:
    limit = raise_descriptor_limit()
    output = tmp_path / "out.log"
    ask = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    daemon = Daemon.start("ask", [sys.executable, "-c", ask], run=tmp_path, output=output)
    assert await daemon.ended() == "exit 0"
    assert int(output.read_text()) == limit


def test_a_grown_log_is_put_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("a") as writer:
        for text in ("one", "two", "six"):
            print(text * 10, file=writer, flush=True)
            shorten_log(path, limit=10, kept=2)
        print("now", file=writer, flush=True)
        shorten_log(path, limit=10, kept=2)
    found = {p.name: p.read_text()[:3] for p in tmp_path.iterdir()}
    assert found == {"a.log": "now", "a.log.1": "six", "a.log.2": "two"}


async def test_what_cannot_be_noted_ends_nothing(settings: Settings) -> None:
    rescues = Rescues()
    async with supervised(settings, engine(settings, rescues=rescues)):
        first = (await noted(settings, lambda c: c["state"] == "ready"))["pid"]
        (settings.run / "status.part").mkdir()  # as a full disk would: the note cannot be written
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(20):
            while running_pid("engine", run=settings.run) in (None, first) or not rescues.count:
                await asyncio.sleep(0.02)
        assert rescues.count == 1
        (settings.run / "status.part").rmdir()


async def test_a_fault_in_watching_does_not_end_what_is_watched(settings: Settings) -> None:
    class Faulty(HeartWard):
        faults = 1

        async def watch(self, ready: Callable[[], None]) -> str:
            if self.faults:
                self.faults -= 1
                raise OSError(28, "No space left on device")
            return await super().watch(ready)

    ward = Faulty("engine", settings, [sys.executable, "-c", BEATING], silence=1.0)
    async with supervised(settings, ward):
        condition = await noted(settings, lambda c: c["state"] == "ready")
        assert condition["restarts"] == 0


async def test_a_process_that_cannot_be_noted_does_not_stay(tmp_path: Path) -> None:
    (tmp_path / "x.part").mkdir()
    before = set(psutil.Process().children())
    with pytest.raises(OSError, match=r"x\.part"):
        Daemon.start("x", [sys.executable, "-c", BEATING], run=tmp_path, output=tmp_path / "out.log")
    assert set(psutil.Process().children()) <= before
