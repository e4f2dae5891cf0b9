"""The guard's judgement: who is refused, for how long, and who never is; and the list that it keeps."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from ivr.routing.ami import AmiDown
from ivr.routing.guard import MOST_NOTES, BoundedNotes, Guard, Strikes, address_of, network, read_refused
from ivr.settings import GuardSettings, Settings, Trunk

STRANGER = "203.0.113.9"
PROVIDER = "sip.penyedia.example"
RULES = GuardSettings()


def guess(strikes: Strikes, times: int, *, address: str = STRANGER, start: float = 0.0, gap: float = 0.1) -> float:
    """Fail so many times; gives the time of the last one."""
    for number in range(times):
        strikes.failed(address, start + number * gap)
    return start + (times - 1) * gap


def test_one_too_many_failures_are_refused_and_one_fewer_are_not() -> None:
    strikes = Strikes(RULES)
    now = guess(strikes, RULES.failures - 1)
    assert strikes.refused(now) == {}
    strikes.failed(STRANGER, now)
    assert strikes.refused(now) == {STRANGER: now + RULES.refused_seconds}


def test_slow_failures_are_only_a_forgetful_person() -> None:
    strikes = Strikes(RULES)
    now = guess(strikes, RULES.failures * 3, gap=RULES.within_seconds / (RULES.failures - 1))
    assert strikes.refused(now) == {}


def test_it_ends_by_itself_and_begins_from_nothing() -> None:
    strikes = Strikes(RULES)
    now = guess(strikes, RULES.failures)
    assert STRANGER in strikes.refused(now + RULES.refused_seconds - 1)
    assert strikes.refused(now + RULES.refused_seconds) == {}
    strikes.failed(STRANGER, now + RULES.refused_seconds)
    assert strikes.refused(now + RULES.refused_seconds) == {}


def test_trying_on_while_refused_does_not_prolong_it() -> None:
    strikes = Strikes(RULES)
    now = guess(strikes, RULES.failures)
    guess(strikes, 100, start=now + 1)
    assert strikes.refused(now + RULES.refused_seconds) == {}


def test_an_office_with_one_forgotten_telephone_is_not_refused() -> None:
    strikes = Strikes(RULES)
    strikes.proved(STRANGER, 0.0)
    now = guess(strikes, RULES.failures * 5, start=1.0)
    assert strikes.refused(now) == {}
    later = RULES.trusted_seconds + 1
    assert list(strikes.refused(guess(strikes, RULES.failures, start=later))) == [STRANGER]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9", "::1", "192.0.2.7"])
def test_this_machine_and_the_trunk_are_never_refused(address: str) -> None:
    trunk = network("192.0.2.0/28")
    assert trunk is not None
    strikes = Strikes(RULES, [trunk])
    assert strikes.refused(guess(strikes, RULES.failures * 2, address=address)) == {}


def test_this_machine_is_refused_where_the_settings_say_so() -> None:
    strikes = Strikes(GuardSettings(never=[]))
    assert list(strikes.refused(guess(strikes, RULES.failures, address="127.0.0.9"))) == ["127.0.0.9"]


def test_addresses_are_counted_apart() -> None:
    strikes = Strikes(RULES)
    guess(strikes, RULES.failures - 1)
    now = guess(strikes, RULES.failures - 1, address="198.51.100.2")
    assert strikes.refused(now) == {}


def test_what_an_earlier_engine_refused_stays_refused() -> None:
    assert Strikes(RULES, refused={STRANGER: 100.0}).refused(99.0) == {STRANGER: 100.0}


def test_who_was_made_exempt_since_is_let_in() -> None:
    rules = GuardSettings.model_validate({"never": [f"{STRANGER}/32"]})
    assert Strikes(rules, refused={STRANGER: 100.0}).refused(99.0) == {}


@pytest.mark.parametrize("trusted", [False, True])
def test_what_is_told_of_a_flood_is_bounded(trusted: bool) -> None:
    strikes = Strikes(RULES)
    if trusted:
        strikes.proved(STRANGER, 0.0)
    told = [strikes.failed(STRANGER, number * 0.01) for number in range(1000)]
    assert sum(told) == RULES.failures


def test_a_flood_from_many_addresses_is_told_in_few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    told: list[tuple[str, str]] = []
    notes = BoundedNotes(lambda what, detail: told.append((what, detail)))
    for number in range(1000):
        notes("login_failed", f"192.0.2.{number % 256}")
    notes("address_refused", STRANGER)
    assert len(told) == MOST_NOTES
    notes.sum_up()
    assert told[MOST_NOTES:] == [("login_failed", f"{1000 - MOST_NOTES} more"), ("address_refused", "1 more")]
    notes("login_failed", STRANGER)
    notes.sum_up()
    assert told[MOST_NOTES + 2 :] == [("login_failed", STRANGER)]


def test_the_address_in_asterisks_words() -> None:
    assert address_of({"RemoteAddress": "IPV4/UDP/203.0.113.9/47278"}) == STRANGER
    assert address_of({"RemoteAddress": "IPV6/UDP/2001:db8::9/47278"}) == "2001:db8::9"


def test_a_hosts_name_is_no_network() -> None:
    assert network(PROVIDER) is None
    assert network("") is None


# --- the list -----------------------------------------------------------------------------------------
class FakeAmi:
    """Asterisk's manager as the guard sees it."""

    def __init__(self) -> None:
        self.connected = True
        self.down = False
        self.reloads: list[str] = []
        self.callbacks: dict[str, Any] = {}

    def on(self, event: str, callback: Any) -> None:
        self.callbacks[event] = callback

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def action(self, name: str, **headers: str) -> None:
        if self.down:
            raise AmiDown
        self.reloads.append(f"{name} {headers['Module']}")

    def guess(self, account: str = "101", address: str = STRANGER) -> None:
        remote = f"IPV4/UDP/{address}/5060"
        self.callbacks["InvalidPassword"](
            {"Event": "InvalidPassword", "RemoteAddress": remote, "AccountID": account, "Service": "PJSIP"}
        )


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Name → address: what the name server knows."""
    known: dict[str, str] = {}

    def getaddrinfo(name: str, *_: Any, **__: Any) -> list[Any]:
        if name not in known:
            raise socket.gaierror("Name or service not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (known[name], 0))]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return known


@pytest.fixture
def ami(monkeypatch: pytest.MonkeyPatch, names: dict[str, str]) -> FakeAmi:
    fake = FakeAmi()
    monkeypatch.setattr("ivr.routing.guard.Ami", lambda *_, **__: fake)
    monkeypatch.setattr("ivr.routing.guard.LOOK_SECONDS", 0.001)
    return fake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "asterisk/etc").mkdir(parents=True)
    rules = GuardSettings(failures=3, refused_seconds=0.3)
    return Settings(state=tmp_path, guard=rules, trunk=Trunk(host=PROVIDER))


async def until(look: Any) -> None:
    async with asyncio.timeout(5):
        while not look():
            await asyncio.sleep(0.001)


async def test_the_list_is_written_put_in_force_told_and_lifted(ami: FakeAmi, settings: Settings) -> None:
    notes: list[tuple[str, str]] = []
    guarding = asyncio.create_task(Guard(settings, lambda what, detail: notes.append((what, detail))).run())
    for _ in range(5):
        ami.guess()
    await until(lambda: ("address_refused", STRANGER) in notes)
    assert list(read_refused(settings)) == [STRANGER]
    assert ami.reloads[-1] == "Reload res_pjsip.so"
    await until(lambda: ("address_allowed", STRANGER) in notes)
    assert read_refused(settings) == {}
    assert [what for what, _ in notes].count("login_failed") == 3
    guarding.cancel()


async def test_what_cannot_be_put_in_force_is_tried_again_and_not_told_before(ami: FakeAmi, settings: Settings) -> None:
    notes: list[tuple[str, str]] = []
    ami.down = True
    guarding = asyncio.create_task(Guard(settings, lambda what, detail: notes.append((what, detail))).run())
    for _ in range(3):
        ami.guess()
    await until(lambda: read_refused(settings))
    assert ("address_refused", STRANGER) not in notes
    ami.down = False
    await until(lambda: ("address_refused", STRANGER) in notes)
    guarding.cancel()


async def test_a_trunk_that_is_given_by_name_is_let_in_once_its_name_is_known_and_for_good(
    ami: FakeAmi,
    settings: Settings,
    names: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("ivr.routing.guard.RESOLVE_SECONDS", 0.001)
    lasting = settings.model_copy(update={"guard": GuardSettings(failures=3, refused_seconds=1000)})
    notes: list[tuple[str, str]] = []
    guarding = asyncio.create_task(Guard(lasting, lambda what, detail: notes.append((what, detail))).run())
    for _ in range(3):
        ami.guess()
    await until(lambda: ("address_refused", STRANGER) in notes)
    names[PROVIDER] = STRANGER
    await until(lambda: ("address_allowed", STRANGER) in notes)
    del names[PROVIDER]
    caplog.clear()
    await until(lambda: PROVIDER in caplog.text)
    for address in (STRANGER, "198.51.100.2"):
        for _ in range(3):
            ami.guess(address=address)
    await until(lambda: ("address_refused", "198.51.100.2") in notes)
    guarding.cancel()
    assert list(read_refused(settings)) == ["198.51.100.2"]


async def test_a_strangers_words_stay_on_one_line(
    ami: FakeAmi, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[tuple[str, str]] = []
    Guard(settings, lambda what, detail: notes.append((what, detail)))
    ami.guess("101\r\nEvent: Owned\x1b[31m" + "x" * 1000)
    (detail,) = (detail for what, detail in notes if what == "login_failed")
    assert detail.isprintable()
    assert len(detail) < 150
    assert "\n" not in caplog.messages[-1]
