"""Four ways to run the same three-command menu: question with a key, a variable, thanks.

Each way tells where to call, and whose CPU a call costs.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

from benchmarks.proc import cpu
from ivr.asterisk.process import running_pid
from ivr.publish import load_version
from ivr.settings import PROJECT
from ivr.supervisor import status
from tests.e2e.kit.machine import LOOPBACK, free_port, until
from tests.e2e.kit.small_asterisk import SmallAsterisk
from tests.e2e.kit.telephone_system import TelephoneSystem

STANDING_CALLS = 1000
"""More than any run places: the bound on calls is not what is measured."""
QUESTION, THANKS = "Tekan satu.", "Terima kasih."

DIALPLAN = """
exten => plain,1,Answer()
 same => n,Read(PILIHAN,{question},1,,1,5)
 same => n,Set(PILIHAN=satu)
 same => n,Playback({thanks})
 same => n,Hangup()
exten => panoramisk,1,AGI(agi://127.0.0.1:{port}/menu)
 same => n,Hangup()
exten => pyst2,1,AGI({script})
 same => n,Hangup()
exten => roundtrip,1,AGI(agi://127.0.0.1:{roundtrip_port}/)
 same => n,Hangup()
"""


@dataclass(frozen=True, slots=True)
class Way:
    """`asterisk` and `python` are pids: Asterisk, and the Python processes that stand beside it."""

    name: str
    server: str
    number: str
    asterisk: int
    python: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU: Asterisk itself, the Python processes beside it, the scripts that Asterisk started."""

    asterisk: float
    python: float
    scripts: float


@dataclass(frozen=True, slots=True)
class Field:
    """All that runs for the comparison."""

    ways: tuple[Way, ...]
    system: TelephoneSystem
    small: SmallAsterisk
    roundtrip_port: int

    @property
    def sambung(self) -> Way:
        return self.ways[2]


def spent(way: Way) -> Spent:
    """CPU so far."""
    asterisk = cpu(way.asterisk)
    return Spent(asterisk.own, sum(cpu(pid).own for pid in way.python), asterisk.children)


@contextlib.asynccontextmanager
async def field(home: Path) -> AsyncIterator[Field]:
    """Start Sambung, the small Asterisk and the panoramisk application; end them whatever happens."""
    system = TelephoneSystem(
        home / "sambung", PROJECT / "benchmarks/flows", {"limits": {"standing_calls": STANDING_CALLS}}
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(system.down)
        await system.up()
        question, thanks = (_prompt(system, text) for text in (QUESTION, THANKS))
        port, roundtrip_port = free_port(), free_port()
        small = SmallAsterisk(
            home / "small",
            DIALPLAN.format(
                question=question,
                thanks=thanks,
                port=port,
                roundtrip_port=roundtrip_port,
                script=f"{_script(home)},{question},{thanks}",
            ),
        )
        stack.push_async_callback(small.stop)
        await small.start()
        application = await stack.enter_async_context(_panoramisk(port, question, thanks))
        sambung_pids = (running_pid("engine", run=system.settings.run), status(system.settings)["supervisor"]["pid"])
        yield Field(
            (
                Way("dialplan", small.sip, "plain", small.pid),
                Way("panoramisk", small.sip, "panoramisk", small.pid, (application,)),
                Way("sambung", system.sip, "600", system.pid("asterisk"), sambung_pids),
                Way("pyst2", small.sip, "pyst2", small.pid),
            ),
            system,
            small,
            roundtrip_port,
        )


def _prompt(system: TelephoneSystem, text: str) -> str:
    """The audio that Sambung plays, as Asterisk names it: without extension."""
    (segment,) = load_version(system.settings).book.render(text, {})
    assert segment.audio is not None, f"{text!r} has no audio"
    return str(segment.audio.with_suffix(""))


def _script(home: Path) -> Path:
    """The pyst2 script, run by this Python, without a shell between."""
    script = home / "menu.py"
    script.write_text(f"#!{sys.executable}\n" + (PROJECT / "benchmarks/pyst2_menu.py").read_text())
    script.chmod(0o755)
    return script


@contextlib.asynccontextmanager
async def _panoramisk(port: int, question: str, thanks: str) -> AsyncIterator[int]:
    """The panoramisk application; yields its pid."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.panoramisk_menu", str(port), question, thanks,
        cwd=PROJECT, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    try:
        await until("the panoramisk application", lambda: _listens(port), seconds=10)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        # A closed half-request would freeze panoramisk's loop for ever (FACTS.md), so it gets a whole one.
        writer.write(b"agi_network_script: nothing\n\n")
        writer.close()
        return True
    return False
