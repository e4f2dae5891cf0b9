"""Who guesses passwords is slowed: after some failures an address is refused by SIP for a while.

Asterisk reports every failed registration (also in its `security.log`) but never tires of answering. The
guard listens to these reports and keeps a list of refused addresses in a file that `pjsip.conf` includes.
An office full of agents behind one address is never refused because of one telephone with an old
password: who proved itself a while ago is only logged. Nor are this machine and the trunk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Collection

from ivr.asterisk import control
from ivr.asterisk.control import AsteriskError
from ivr.asterisk.find import Installation
from ivr.routing.ami import Ami, AmiMessage
from ivr.settings import Settings

log = logging.getLogger(__name__)

FAILURES = ("ChallengeResponseFailed", "InvalidAccountID", "InvalidPassword", "FailedACL")
STRIKES = 10
STRIKE_SECONDS = 60.0
REFUSED_SECONDS = 600.0
TRUSTED_SECONDS = 3600.0
LOOK_SECONDS = 1.0


class Strikes:
    """Counts failures by address and says who is refused. Times are seconds of any steady clock."""

    def __init__(self, exempt: Collection[str] = ()) -> None:
        self._exempt = frozenset(exempt)
        self._failures: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=STRIKES))
        self._proved: dict[str, float] = {}
        self._refused: dict[str, float] = {}

    def proved(self, address: str, now: float) -> None:
        """`address` gave a right password."""
        self._proved[address] = now

    def failed(self, address: str, now: float) -> None:
        """`address` failed; it is refused when that was once too often."""
        if address in self._exempt or address in self._refused:
            return
        times = self._failures[address]
        times.append(now)
        trusted = now - self._proved.get(address, float("-inf")) < TRUSTED_SECONDS
        if len(times) == STRIKES and now - times[0] < STRIKE_SECONDS and not trusted:
            self._refused[address] = now + REFUSED_SECONDS

    def refused(self, now: float) -> list[str]:
        """The refused addresses; what is too old to matter is forgotten."""
        for address in [a for a, until in self._refused.items() if until <= now]:
            del self._refused[address]
            self._failures.pop(address, None)
        for address in [a for a, times in self._failures.items() if now - times[-1] >= STRIKE_SECONDS]:
            del self._failures[address]
        for address in [a for a, when in self._proved.items() if now - when >= TRUSTED_SECONDS]:
            del self._proved[address]
        return sorted(self._refused)


class Guard:
    """Keeps Asterisk's list of refused addresses. Runs beside Asterisk, and waits while it is away."""

    def __init__(self, settings: Settings, installation: Installation) -> None:
        self._settings, self._installation = settings, installation
        self._file = settings.asterisk / "etc" / "pjsip_refused.conf"
        self._strikes = Strikes({"127.0.0.1", settings.trunk.host, *settings.trunk.addresses})
        self._ami = Ami(settings.network.ami_port, settings.secrets["ami"], user="guard")
        for event in FAILURES:
            self._ami.on(event, lambda e: self._strikes.failed(address_of(e), time.monotonic()))
        self._ami.on("SuccessfulAuth", self._note_proved)

    async def run(self) -> None:
        """Guard until cancelled."""
        listening = asyncio.create_task(self._ami.run())
        try:
            written: list[str] | None = None  # unknown: of an earlier run
            while True:
                refused = self._strikes.refused(time.monotonic())
                if refused != written and self._ami.connected:
                    with contextlib.suppress(AsteriskError):  # once more a moment later
                        await self._refuse(refused)
                        written = refused
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            listening.cancel()

    def _note_proved(self, event: AmiMessage) -> None:
        if event["Service"] == "PJSIP":
            self._strikes.proved(address_of(event), time.monotonic())

    async def _refuse(self, addresses: list[str]) -> None:
        text = "\n".join(["[refused]", "type=acl", *(f"deny={a}" for a in addresses)]) if addresses else ""
        before = self._file.read_text() if self._file.exists() else ""
        if text == before:
            return
        part = self._file.with_suffix(".part")
        part.write_text(text)
        part.replace(self._file)
        await control.reload(self._settings, self._installation, ["module reload res_pjsip.so"])
        log.warning("refused by SIP after failed registrations: %s", ", ".join(addresses) or "nobody any more")


def address_of(event: AmiMessage) -> str:
    """The remote address of a security event: "192.0.2.7" from "IPV4/UDP/192.0.2.7/5060"."""
    return str(event["RemoteAddress"]).split("/")[2]
