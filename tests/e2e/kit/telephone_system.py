"""One Sambung of a test's own: started as a user would, on free ports, in a folder that is thrown away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ivr.asterisk.process import running_pid
from ivr.settings import PROJECT, Settings, load_settings
from tests.e2e.kit import witnesses
from tests.e2e.kit.machine import LOOPBACK, KitError, bundle_root, free_port, free_sip_port, free_udp_range, until

RTP_PORTS = 2000
"""Two a call, and room for the benchmark's hundreds of calls."""


async def sambung(*arguments: str, state: Path, seconds: float = 120, language: str = "en") -> str:
    """Run the command `sambung` and return what it printed. Raises KitError when it fails."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("sambung")), *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "SAMBUNG_STATE": str(state), "SAMBUNG_LANG": language},
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        raise TimeoutError(f"sambung {' '.join(arguments)}: not done within {seconds:g} s") from None
    text = output.decode(errors="replace")
    if process.returncode:
        raise KitError(f"sambung {' '.join(arguments)} ended with {process.returncode}:\n{text}")
    return text


class TelephoneSystem:
    """A running Sambung with its Asterisk. `flows` defaults to the flows that ship.

    `changes` are settings besides ports and folders: {"limits": {"standing_calls": 5}, "timezone": "…"}.
    """

    def __init__(self, home: Path, flows: Path | None = None, changes: Mapping[str, Any] | None = None):
        self.home = home.resolve()
        self.state = self.home / "state"
        self.state.mkdir(parents=True)
        (self.state / "debian").symlink_to(bundle_root())
        rtp = free_udp_range(RTP_PORTS)
        network = {
            "sip_address": LOOPBACK,
            "sip_port": free_sip_port(),
            "rtp_start": rtp,
            "rtp_end": rtp + RTP_PORTS - 1,
            "agi_port": free_port(),
            "ami_port": free_port(),
            "speech_port": free_port(),
        }
        folders = {"flows": flows or PROJECT / "ivr/flows", "recordings": home / "recordings"}
        self._given: dict[str, Any] = {**folders, "network": network}
        self.settings: Settings = self._set(changes or {})

    async def __aenter__(self) -> TelephoneSystem:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    # --- as its administrator -----------------------------------------------------------------------
    async def up(self) -> None:
        """`sambung up`: returns when a call can be taken. What did start is stopped when it fails."""
        try:
            await sambung("up", state=self.state, seconds=300)  # the first one makes the audio of all flows
        except KitError:
            await self.down()
            raise

    async def down(self) -> None:
        """`sambung down`. Nothing is left running even where that fails, which is then raised."""
        try:
            await self.sambung("down")
        finally:
            self._end_by_force()

    def _end_by_force(self) -> None:
        """The supervisor first: it would start the others again. Only processes of this very state folder."""
        status = self.settings.run / "status.json"
        noted = json.loads(status.read_text()) if status.exists() else {}
        for name in sorted(noted, key=lambda name: name != "supervisor"):
            environment = Path(f"/proc/{noted[name]['pid']}/environ")
            with contextlib.suppress(OSError):
                if f"SAMBUNG_STATE={self.state}".encode() in environment.read_bytes().split(b"\0"):
                    os.kill(noted[name]["pid"], signal.SIGKILL)

    async def change(self, changes: Mapping[str, Any]) -> None:
        """Change settings, and let Asterisk take them up while it runs: `sambung setup`."""
        self.settings = self._set(changes)
        await self.sambung("setup")

    def _set(self, changes: Mapping[str, Any]) -> Settings:
        self._given |= changes
        (self.state / "sambung.toml").write_text(_toml(self._given))
        return load_settings(self.state)

    async def sambung(self, *arguments: str) -> str:
        """Run a `sambung` command on this system."""
        return await sambung(*arguments, state=self.state)

    async def agent_password(self, extension: str) -> str:
        """A new password for the agent, as the command gives it."""
        return read_password(await self.sambung("agents", "password", extension))

    @property
    def sip(self) -> str:
        """Host and port that it takes calls on."""
        return f"{self.settings.network.sip_address}:{self.settings.network.sip_port}"

    # --- as fate ------------------------------------------------------------------------------------
    def pid(self, name: str) -> int:
        """Of "engine", "asterisk" or "speech-1" as it runs now. Raises KitError when it does not."""
        if pid := running_pid(name, run=self.settings.run):
            return pid
        raise KitError(f"{name} does not run")

    def send(self, name: str, what: signal.Signals) -> int:
        """Send SIGKILL, SIGSTOP, SIGCONT … to "engine", "asterisk" or "speech-1"; returns the pid that it went to."""
        pid = self.pid(name)
        os.kill(pid, what)
        return pid

    async def restarted(self, name: str, old_pid: int, *, seconds: float = 15) -> int:
        """Wait until another process than `old_pid` is "engine" or "asterisk" and is ready."""

        def ready() -> bool:
            status = json.loads((self.settings.run / "status.json").read_text())
            return bool(status[name]["state"] == "ready" and status[name]["pid"] != old_pid)

        await until(f"the restart of {name}", ready, seconds=seconds)
        return self.pid(name)

    # --- as its auditor -----------------------------------------------------------------------------
    def queue_log(self, call: str = "") -> list[witnesses.QueueEvent]:
        """app_queue's log of this system."""
        return witnesses.queue_log(queue_log_path(self.settings), call)

    def cel(self, linked: str = "") -> list[witnesses.ChannelEvent]:
        """Asterisk's channel event log of this system."""
        return witnesses.cel(cel_path(self.settings), linked)

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of the history; none while there is no history."""
        return witnesses.query(self.settings.history_db, sql, *values) if self.settings.history_db.exists() else []

    def events(self, call: str) -> list[dict[str, Any]]:
        """The events of a call in order."""
        return witnesses.events(self.settings.history_db, call)

    async def closed_call(self, number: int = 1, *, seconds: float = 15) -> dict[str, Any]:
        """Wait until `number` calls have closed records, and return the latest of them."""
        rows: list[dict[str, Any]] = await until(
            f"{number} closed call records",
            lambda: len(found := self._closed()) >= number and found,
            seconds=seconds,
        )
        return rows[-1]

    def _closed(self) -> list[dict[str, Any]]:
        return self.query("SELECT * FROM calls WHERE ended_at IS NOT NULL ORDER BY started_at")


def queue_log_path(settings: Settings) -> Path:
    """Where Asterisk keeps app_queue's log."""
    return settings.asterisk / "log/queue_log"


def cel_path(settings: Settings) -> Path:
    """Where Asterisk keeps the channel event log."""
    return settings.asterisk / "log/cel-custom/cel.csv"


def read_password(output: str) -> str:
    """The password in what `sambung agents add|password` printed (in English). Raises KitError."""
    if found := re.search(r"password (\S+) \(note", output):
        return found[1]
    raise KitError(f"no password in: {output}")


def _toml(values: Mapping[str, Any]) -> str:
    def line(name: str, value: Any) -> str:
        return f"{name} = {json.dumps(str(value) if isinstance(value, Path) else value)}\n"

    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    text = "".join(line(name, value) for name, value in values.items() if name not in tables)
    for table, entries in tables.items():
        text += f"\n[{table}]\n" + "".join(line(name, value) for name, value in entries.items())
    return text
