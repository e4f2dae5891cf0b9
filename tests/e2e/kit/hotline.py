"""The telephone system of `tests/e2e/flows`, shared by many tests: a call is known by its caller's number."""

from __future__ import annotations

import base64
import itertools
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ivr.asterisk.control import run_command
from ivr.asterisk.find import find
from ivr.channel import Value
from ivr.publish import load_version
from ivr.routing.agents import AgentAccount, load_agents, log_in, log_out
from ivr.routing.ami import Ami
from tests.e2e.kit import prompts
from tests.e2e.kit.audio import Samples
from tests.e2e.kit.machine import KitError, free_port, until
from tests.e2e.kit.telephone_system import TelephoneSystem

FLOWS = Path(__file__).parent.parent / "flows"


class Line:
    """The numbers of `tests/e2e/flows/hotline.yaml`."""

    IMPATIENT = "2001"  # a queue with an exit key (9) and ten seconds of patience
    PATIENT = "2002"
    PRIORITY = "2003"  # the same queue, before all others
    WRAP_UP = "2004"  # a queue whose agents rest for four seconds after a talk
    TRANSFER = "2005"  # to extension 102
    FORBIDDEN_TRANSFER = "2006"
    KEYS = "2007"
    EVERY_STEP = "2008"
    WORDS = "2009"
    STORY = "2010"  # one prompt of nearly twenty seconds
    LONG_RING = "2011"  # a queue where telephones ring for a minute
    ROUND = "2012"  # a menu whose key 1 leads to itself
    LISTENS = "2013"  # menu, number and queue by voice
    MESSAGE = "2014"  # a choice, a number of two digits, and a message
    CALLBACK = "2016"  # a queue whose key 1 leads to a callback; after the talk a survey
    VALUES = "2017"  # a time and a date, and a yes
    SENTENCES = "2018"  # a menu that understands sentences
    SHORT = "1500123"
    WITH_AREA_CODE = "0215550100"
    OUTSIDE_TRANSFER = "2020"  # to 0811111111
    LANGUAGES = "2021"
    GATE = "2022"  # asks for a sign of life, twice
    OTHER_SYSTEMS = "2030"  # asks one that is silent, then one that answers, and tells it of the call


SECRET = base64.b64encode(b"dua puluh empat bita atau lebih").decode()
"""By which the other system knows our notifications."""


def _settings(other_system: int) -> dict[str, dict[str, Any]]:
    address = f"http://127.0.0.1:{other_system}"
    return {
        "recording": {"minimum_free_mb": 0, "notice": ""},
        "connections.pajak": {"url": address, "secret": "Bearer rahasia"},
        "queries.diam": {"connection": "pajak", "get": "/diam"},
        "queries.tagihan": {"connection": "pajak", "get": "/tagihan/{nomor}"},
        "recipients.pajak": {"url": f"{address}/kabar", "secret": SECRET},
    }


class Hotline(TelephoneSystem):
    """A running Sambung with these lines, agents 101, 102 and 103, and all witnesses of each call."""

    def __init__(self, home: Path, changes: dict[str, Any] | None = None) -> None:
        self.flows = Path(shutil.copytree(FLOWS, home / "flows"))
        self.other_system = free_port()
        super().__init__(home, self.flows, {**_settings(self.other_system), **(changes or {})})
        self._callers = itertools.count(1)
        self._passwords: dict[str, str] = {}

    def new_caller(self) -> str:
        """A caller's number that has not called yet, as a telephone says it."""
        return f"0812{next(self._callers):08d}"

    async def password(self, extension: str) -> str:
        """An agent's password, made when it is first asked for."""
        if extension not in self._passwords:
            self._passwords[extension] = await self.agent_password(extension)
        return self._passwords[extension]

    async def log_in(self, extension: str) -> None:
        """Log the agent in to all queues."""
        await self._as_manager(log_in, extension)

    async def log_out(self, extension: str) -> None:
        """Log the agent out of all queues, whatever their telephone does."""
        await self._as_manager(log_out, extension)

    async def _as_manager(self, act: Callable[[Ami, AgentAccount], Awaitable[None]], extension: str) -> None:
        agent = next(a for a in await load_agents(self.settings) if a.extension == extension)
        async with Ami(self.settings.network.ami_port, self.settings.secrets["ami"]).for_a_moment() as ami:
            await act(ami, agent)

    # --- witnesses of one call ----------------------------------------------------------------------
    async def records(self, caller: str, calls: int, *, seconds: float = 10) -> list[dict[str, Any]]:
        """The closed records of the `calls` calls from `caller`, in order."""
        sql = "SELECT * FROM calls WHERE caller = ? AND ended_at IS NOT NULL ORDER BY started_at"
        found: list[dict[str, Any]] = await until(
            f"{calls} closed records of {caller}",
            lambda: len(rows := self.query(sql, f"+62{caller[1:]}")) >= calls and rows,
            seconds=seconds,
        )
        if len(found) != calls:
            raise KitError(f"{len(found)} calls from {caller}, not {calls}")
        return found

    async def record(self, caller: str, *, seconds: float = 10) -> dict[str, Any]:
        """The closed record of the only call from `caller`."""
        return (await self.records(caller, 1, seconds=seconds))[0]

    def visit(self, call: str) -> dict[str, Any]:
        """The only queue visit of a call."""
        rows = self.query("SELECT * FROM queue_visits WHERE call = ?", call)
        if len(rows) != 1:
            raise KitError(f"call {call}: {len(rows)} queue visits")
        return rows[0]

    def visits(self, call: str) -> list[tuple[str, str]]:
        """The queues that a call visited and what came of it, in order."""
        rows = self.query("SELECT queue, outcome FROM queue_visits WHERE call = ? ORDER BY joined_at", call)
        return [(row["queue"], row["outcome"]) for row in rows]

    def talk(self, call: str) -> dict[str, Any]:
        """The only conversation of a call."""
        rows = self.query("SELECT * FROM talk_legs WHERE call = ?", call)
        if len(rows) != 1:
            raise KitError(f"call {call}: {len(rows)} conversations")
        return rows[0]

    def rings(self, call: str) -> list[tuple[str, str]]:
        """Who rang for a call and what came of it, in order."""
        rows = self.query("SELECT agent, outcome FROM ring_attempts WHERE call = ? ORDER BY rang_at", call)
        return [(row["agent"], row["outcome"]) for row in rows]

    def facts(self, call: str, kind: str) -> list[dict[str, Any]]:
        """The events of one kind of a call, in order."""
        return [event for event in self.events(call) if event["kind"] == kind]

    def logged(self, call: str) -> list[str]:
        """The events of app_queue's log about a call, in order."""
        return [entry.event for entry in self.queue_log(call)]

    def spoken(self, text: str, language: str = "id", **values: Value) -> Samples:
        """What a prompt of the version in force sounds like."""
        return prompts.spoken(load_version(self.settings), text, language, **values)

    def audio_of(self, text: str) -> Path:
        """The file of a prompt that is one piece."""
        (segment,) = load_version(self.settings).book.render(text, {})
        if segment.audio is None:
            raise KitError(f"no audio for {text!r}")
        return segment.audio

    # --- what a call may not leave behind -----------------------------------------------------------
    async def asterisk(self, command: str) -> str:
        """Run a command of Asterisk's console."""
        installation = find(self.settings)
        assert installation is not None
        return await run_command(self.settings, installation, command)

    async def until_quiet(self, *, seconds: float = 10) -> None:
        """Wait until no channel stands and no record is open. Raises TimeoutError."""

        async def quiet() -> bool:
            standing = "0 active channels" in await self.asterisk("core show channels count")
            return standing and not self.query("SELECT id FROM calls WHERE ended_at IS NULL")

        await until("the end of all channels and records", quiet, seconds=seconds)

    def engine_log(self) -> str:
        """What the engine had to say."""
        return (self.settings.log / "engine.out.log").read_text(errors="replace")

    def empty_recordings(self) -> list[Path]:
        """Recordings without sound: nothing behind the 44 bytes of a WAV header."""
        return sorted(path for path in self.settings.recordings.rglob("*.wav") if path.stat().st_size <= 44)
