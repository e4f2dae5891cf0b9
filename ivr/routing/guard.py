"""Who guesses passwords is slowed: after some failures an address is refused by SIP for a while.

Asterisk reports every failed registration (also in its `security.log`) but never tires of answering. The
guard listens to these reports, tells of them, and keeps a list of refused addresses in a file that
`pjsip.conf` includes (docs/decisions/0003). An office full of agents behind one address is never refused
because of one telephone with an old password: who proved itself a while ago is only logged.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ivr.i18n import tr
from ivr.routing.ami import Ami, AmiDown, AmiEvent, AmiRefused
from ivr.settings import GuardSettings, Settings

log = logging.getLogger(__name__)

FAILURES = ("ChallengeResponseFailed", "InvalidAccountID", "InvalidPassword", "FailedACL")
LOOK_SECONDS = 1.0
"""The list is written at most this often, however many guess at once."""
RESOLVE_SECONDS = 120.0
"""The trunk's names are looked up this often: a provider may move."""
MOST_NOTES = 20
"""So many notes are taken between two looks, however many addresses guess, or one pretends to be."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Note = Callable[[str, str], None]
"""Takes a stable word and a detail for people, for the record."""


class Strikes:
    """Counts failures by address and says who is refused. Times are Unix time in seconds."""

    def __init__(
        self, settings: GuardSettings, exempt: Collection[Network] = (), refused: Mapping[str, float] | None = None
    ) -> None:
        """`exempt`: networks never refused, besides those of the settings; `refused`: by an earlier run."""
        self._settings = settings
        self._exempt: set[Network] = {*settings.never}
        self._failures: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=settings.failures))
        self._proved: dict[str, float] = {}
        self._refused = dict(refused or {})
        self.exempt(exempt)

    def exempt(self, networks: Collection[Network]) -> None:
        """These are never refused from now on; who of them is refused is let in."""
        self._exempt.update(networks)
        self._refused = {a: until for a, until in self._refused.items() if not self._is_exempt(a)}

    def proved(self, address: str, now: float) -> None:
        """`address` gave a right password."""
        self._proved[address] = now

    def failed(self, address: str, now: float) -> bool:
        """`address` failed; it is refused when that was once too often. Gives whether to tell of it.

        What is told is bounded: of one address no more than what would refuse it.
        """
        if address in self._refused:
            return False
        times = self._failures[address]
        telling = not self._too_many(times, now)
        times.append(now)
        if self._too_many(times, now) and not (self._is_exempt(address) or self._is_trusted(address, now)):
            self._refused[address] = now + self._settings.refused_seconds
        return telling

    def refused(self, now: float) -> dict[str, float]:
        """Refused address → until when; what is too old to matter is forgotten."""
        for address in [a for a, until in self._refused.items() if until <= now]:
            del self._refused[address]
            self._failures.pop(address, None)
        for address in [a for a, t in self._failures.items() if now - t[-1] >= self._settings.within_seconds]:
            del self._failures[address]
        for address in [a for a in self._proved if not self._is_trusted(a, now)]:
            del self._proved[address]
        return dict(sorted(self._refused.items()))

    def _too_many(self, times: deque[float], now: float) -> bool:
        return len(times) == times.maxlen and now - times[0] < self._settings.within_seconds

    def _is_exempt(self, address: str) -> bool:
        return any(ipaddress.ip_address(address) in exempt for exempt in self._exempt)

    def _is_trusted(self, address: str, now: float) -> bool:
        return now - self._proved.get(address, float("-inf")) < self._settings.trusted_seconds


class BoundedNotes:
    """Logs and passes on so many notes that no flood of them drives a call's events out of the record."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._taken = 0
        self._left_out: Counter[str] = Counter()

    def __call__(self, what: str, detail: str) -> None:
        """Take a note, or count it where there were too many since the last `sum_up`."""
        if self._taken == MOST_NOTES:
            self._left_out[what] += 1
            return
        self._taken += 1
        self._tell(what, detail)

    def sum_up(self) -> None:
        """Tell how many were left out; from now on notes are taken again."""
        for what, count in self._left_out.items():
            self._tell(what, tr(f"{count} lagi", f"{count} more"))
        self._left_out.clear()
        self._taken = 0

    def _tell(self, what: str, detail: str) -> None:
        log.warning("%s: %s", what, detail)
        self._note(what, detail)


class Guard:
    """Keeps Asterisk's list of refused addresses. Waits while Asterisk is away."""

    def __init__(self, settings: Settings, note: Note) -> None:
        self._file, self._note = _file(settings), BoundedNotes(note)
        self._in_force = read_refused(settings)
        trunk = {text: network(text) for text in [settings.trunk.host, *settings.trunk.addresses] if text}
        self._strikes = Strikes(settings.guard, [n for n in trunk.values() if n], self._in_force)
        self._trunk_names = [text for text, n in trunk.items() if n is None]
        # A connection of its own: a reload holds it up, and the calls' events must not wait for that.
        self._ami = Ami(settings.network.ami_port, settings.secrets["ami"], user="guard")
        for event in FAILURES:
            self._ami.on(event, self._failed)
        self._ami.on("SuccessfulAuth", self._proved)

    async def run(self) -> None:
        """Guard until cancelled."""
        listening = asyncio.create_task(self._ami.run())
        resolving = asyncio.create_task(self._exempt_trunk())
        try:
            while True:
                self._note.sum_up()
                refused = self._strikes.refused(time.time())
                if refused != self._in_force and self._ami.connected and await self._refuse(refused):
                    self._tell(self._in_force, refused)
                    self._in_force = refused
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            listening.cancel()
            resolving.cancel()

    async def _exempt_trunk(self) -> None:
        """Look the trunk's names up again and again; an address found once stays exempt."""
        while True:
            for name in self._trunk_names:
                try:
                    found = await asyncio.get_running_loop().getaddrinfo(name, None)
                except (OSError, UnicodeError) as e:
                    log.warning("the trunk's address %s cannot be looked up now: %s", name, e)
                else:
                    addresses = (network(str(sockaddr[0])) for *_, sockaddr in found)
                    self._strikes.exempt([a for a in addresses if a])
            await asyncio.sleep(RESOLVE_SECONDS)

    def _failed(self, event: AmiEvent) -> None:
        address = address_of(event)
        if self._strikes.failed(address, time.time()):
            self._note("login_failed", f"{address}: {event['Event']}, account {_printable(event['AccountID'])}")

    def _proved(self, event: AmiEvent) -> None:
        if event["Service"] == "PJSIP":
            self._strikes.proved(address_of(event), time.time())

    async def _refuse(self, refused: Mapping[str, float]) -> bool:
        """Let Asterisk refuse these and no others; False when it must be tried again."""
        lines = ["[refused]", "type=acl", *(f"deny={a} ; until {until:.0f}" for a, until in refused.items())]
        part = self._file.with_suffix(".part")
        try:
            part.write_text("\n".join([*lines, ""]) if refused else "")
            part.replace(self._file)
            await self._ami.action("Reload", Module="res_pjsip.so")
        except (AmiDown, AmiRefused, OSError) as e:
            log.warning("the list of refused addresses cannot be put in force yet: %s", e)
            return False
        return True

    def _tell(self, before: Collection[str], now: Collection[str]) -> None:
        for address in sorted({*now} - {*before}):
            self._note("address_refused", address)
        for address in sorted({*before} - {*now}):
            self._note("address_allowed", address)


def read_refused(settings: Settings) -> dict[str, float]:
    """Refused address → until when (Unix time), as last put in force."""
    path = _file(settings)
    text = path.read_text() if path.exists() else ""
    return {address: float(until) for address, until in re.findall(r"^deny=(\S+) ; until (\d+)$", text, re.MULTILINE)}


def address_of(event: Mapping[str, str]) -> str:
    """The remote address of a security event: "192.0.2.7" from "IPV4/UDP/192.0.2.7/5060"."""
    return event["RemoteAddress"].split("/")[2]


def _file(settings: Settings) -> Path:
    return settings.asterisk / "etc" / "pjsip_refused.conf"


def network(text: str) -> Network | None:
    """An address or a network; None for a host's name."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _printable(text: str) -> str:
    """A stranger's words on one short line."""
    return ascii(text[:60])
