"""A version that changes while calls are live: who is touched, and how soon new calls have the new one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ivr.pointer import current_hash, moves
from tests.e2e.kit import rtp, sipp
from tests.e2e.kit.machine import KitError, until
from tests.e2e.kit.telephone_system import TelephoneSystem

OLD, NEW = "Versi lama.", "Versi baru."
LIVE, PROBE = "0812000001", "0812000002"
"""Whose calls they are: of those who stay in the menu, and of those who call meanwhile."""
RATE = 20.0
PROBES = 5.0
"""Calls a second while the version changes."""
_HOTLINE = "lines: {600: {title: Terbit, flow: terbit}}\n"
_FLOW = """
flow: terbit
start: menu
steps:
  menu: {type: menu, say: Tekan satu., keys: {1: jawab}, failed: jawab, timeout: 60s}
  jawab: {type: play, say: WORDS, next: selesai}
  selesai: {type: hangup}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """How a change of version was taken up, in seconds from its move of the pointer.

    `last_old`: when the last call began that still had the version before (0: none did); `first_new`: when the first
    one began that had the new version.
    """

    last_old: float
    first_new: float


class LiveCalls:
    """Calls that stand in a menu and press 1 `hold` seconds after their answer."""

    def __init__(self, system: TelephoneSystem, flows: Path, home: Path, calls: int) -> None:
        self.system, self.calls = system, calls
        self._flows, self._home, self._probes = flows, home, 0
        self.version = current_hash(system.settings)

    def write(self, words: str) -> None:
        """Make this what key 1 leads to, in the next version."""
        (self._flows / "terbit.yaml").write_text(_FLOW.replace("WORDS", words), encoding="utf-8")

    def standing(self) -> int:
        """How many are in the menu now."""
        return len(self._those("ended_at IS NULL AND last_step = 'terbit:menu'"))

    def closed(self) -> int:
        """How many are over."""
        return len(self._those("ended_at IS NOT NULL"))

    def _those(self, condition: str, *values: object) -> list[str]:
        """The live calls of which this is true."""
        sql = f"SELECT id FROM calls WHERE caller = ? AND {condition}"
        return [row["id"] for row in self.system.query(sql, f"+62{LIVE[1:]}", *values)]

    async def changes(self, *command: str) -> Taken:
        """Run a command that moves the pointer, with calls before, during and after it."""
        self._probes += 1
        before, known = current_hash(self.system.settings), len(moves(self.system.settings))
        probes = await sipp.citizens(
            self._home / f"probes-{self._probes}", self.system.sip, "600",
            calls=10_000, rate=PROBES, caller=PROBE, keys=rtp.press("1", at=0.5), stay=20, leaves=False,
        )  # fmt: skip
        try:
            await self.system.sambung(*command)
            await until("the move of the pointer", lambda: len(moves(self.system.settings)) > known, seconds=20)
            moved = moves(self.system.settings)[-1]
            await until("a call with the new version", lambda: self._probed(moved.at, moved.hash), seconds=20)
            await asyncio.sleep(2)  # calls that began after it, whichever version they have
        finally:
            await probes.stop()
        old = self._probed(moved.at, str(before))
        return Taken(last_old=max(old, default=0.0), first_new=min(self._probed(moved.at, moved.hash)))

    def _probed(self, since: float, version: str) -> list[float]:
        """Seconds after `since` at which calls began that have this version."""
        rows = self.system.query(
            "SELECT started_at FROM calls WHERE caller = ? AND started_at > ? AND version = ?",
            f"+62{PROBE[1:]}", since, version,
        )  # fmt: skip
        return [row["started_at"] - since for row in rows]

    def untouched(self) -> int:
        """How many went through the flow as it was when they called: their version, its words, its end."""
        return sum(
            any(event["kind"] == "prompt_played" and event["text"] == OLD for event in self.system.events(call))
            for call in self._those("version = ? AND end_reason = 'completed'", self.version)
        )


@asynccontextmanager
async def live_calls(home: Path, calls: int, *, hold: float) -> AsyncIterator[LiveCalls]:
    """A system with that many live calls; at the end they have pressed their key and all went well.

    Raises KitError where one failed, or they pressed it before the block was done.
    """
    flows = home / "flows"
    flows.mkdir(parents=True)
    (flows / "hotline.yaml").write_text(_HOTLINE, encoding="utf-8")
    (flows / "terbit.yaml").write_text(_FLOW.replace("WORDS", OLD), encoding="utf-8")
    limits = {"limits": {"standing_calls": calls + 100}}
    async with TelephoneSystem(home / "sambung", flows, limits) as system:
        live = LiveCalls(system, flows, home, calls)
        citizens = await sipp.citizens(
            home / "live", system.sip, "600",
            calls=calls, rate=RATE, caller=LIVE, keys=rtp.press("1", at=hold), media_seconds=hold,
            stay=hold + 30, leaves=False,
        )  # fmt: skip
        try:
            await until(f"{calls} live calls", lambda: live.standing() == calls, seconds=calls / RATE + 20)
            yield live
            if live.standing() != calls:
                raise KitError(f"too slow: {live.standing()} of {calls} calls still stand in the menu")
            (await citizens.finish(hold + 40)).check()
            await until("their records", lambda: live.closed() == calls, seconds=10)
        finally:
            await citizens.stop()
