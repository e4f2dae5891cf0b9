"""Fixtures of the end-to-end tests: real telephones on a real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kit.hotline import Hotline
from tests.e2e.kit.machine import fetch_programs
from tests.e2e.kit.people import AGENT_TONE, CITIZEN_TONE
from tests.e2e.kit.provider import ConnectedHotline
from tests.e2e.kit.small_asterisk import SmallAsterisk
from tests.e2e.kit.softphone import Softphone
from tests.e2e.kit.telephone_system import TelephoneSystem

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder is end-to-end."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """Asterisk, baresip and SIPp, fetched once for all."""
    fetch_programs(print)


@pytest.fixture(scope="session")
def system(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelephoneSystem]:
    """One Sambung with the flows that ship, for tests that leave it as they found it."""
    shared = TelephoneSystem(tmp_path_factory.mktemp("system") / "shared")
    asyncio.run(shared.up())
    yield shared
    asyncio.run(shared.down())


@pytest.fixture(scope="session")
def shared_hotline(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """One Sambung with the flows in `flows/`, started once for all tests of calls."""
    shared = Hotline(tmp_path_factory.mktemp("hotline"))
    asyncio.run(shared.up())
    yield shared
    asyncio.run(shared.down())


@pytest.fixture(scope="module")
def doomed(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A hotline for the tests of one file, each of which kills a part of it and sees it come back."""
    own = Hotline(tmp_path_factory.mktemp("doomed"))
    asyncio.run(own.up())
    yield own
    asyncio.run(own.down())


@pytest.fixture
async def doomed_hotline(doomed: Hotline) -> AsyncIterator[Hotline]:
    """The same; after each test nothing may be left of its calls. What is left does not fail the next test too."""
    yield doomed
    try:
        await doomed.until_quiet(seconds=20)
    except TimeoutError:
        await doomed.down()
        await doomed.up()
        raise
    assert "Traceback" not in doomed.engine_log()


@pytest.fixture(scope="session")
def connected_hotline(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectedHotline]:
    """One hotline with a trunk, for the tests of those outside: a module puts it in place of `shared_hotline`."""
    shared = ConnectedHotline(tmp_path_factory.mktemp("connected"))
    asyncio.run(shared.up())
    yield shared
    asyncio.run(shared.down())


@pytest.fixture
async def hotline(shared_hotline: Hotline) -> AsyncIterator[Hotline]:
    """The shared hotline; whatever the test did, nothing of it may be left and the engine made no fault."""
    said = len(shared_hotline.engine_log())
    yield shared_hotline
    await shared_hotline.until_quiet()
    assert "Traceback" not in shared_hotline.engine_log()[said:]
    assert shared_hotline.empty_recordings() == []


@pytest.fixture
async def start_hotline(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Hotline]]]:
    """Starts a hotline of the test's own, to be broken: `await start_hotline({"limits": {…}})`."""
    async with AsyncExitStack() as stack:

        async def start(changes: dict[str, dict[str, Any]] | None = None) -> Hotline:
            own = Hotline(tmp_path / "hotline", changes)
            stack.push_async_callback(own.down)
            await own.up()
            return own

        yield start


@pytest.fixture
async def start_system(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[TelephoneSystem]]]:
    """Starts a Sambung of the test's own: `await start_system(flows=…, changes=…)`."""
    async with AsyncExitStack() as stack:

        async def start(flows: Path | None = None, changes: dict[str, dict[str, Any]] | None = None) -> TelephoneSystem:
            own = TelephoneSystem(tmp_path / "system", flows, changes)
            stack.push_async_callback(own.down)
            await own.up()
            return own

        yield start


@pytest.fixture
async def start_asterisk(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[SmallAsterisk]]]:
    """Starts an Asterisk without Sambung: `await start_asterisk(dialplan, accounts={…})`."""
    async with AsyncExitStack() as stack:

        async def start(dialplan: str, **more: Any) -> SmallAsterisk:
            asterisk = SmallAsterisk(tmp_path / "asterisk", dialplan, **more)
            stack.push_async_callback(asterisk.stop)
            await asterisk.start()
            return asterisk

        yield start


@pytest.fixture
async def start_phone(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Softphone]]]:
    """Starts a softphone: `await start_phone(server, user="101", password="…", says=440.0)`."""
    async with AsyncExitStack() as stack:
        count = 0

        async def start(server: str, **more: Any) -> Softphone:
            nonlocal count
            count += 1
            phone = Softphone(tmp_path / f"phone-{count}", server, **more)
            stack.push_async_callback(phone.stop)
            await phone.start()
            return phone

        yield start


@pytest.fixture
async def start_citizen(hotline: Hotline, start_phone: Any) -> Callable[..., Awaitable[Softphone]]:
    """Starts a citizen's telephone with a number of its own, which says 440 Hz: `await start_citizen()`."""

    async def start(**more: Any) -> Softphone:
        return await start_phone(hotline.sip, **{"user": hotline.new_caller(), "says": CITIZEN_TONE, **more})

    return start


@pytest.fixture
async def start_agent(hotline: Hotline, start_phone: Any) -> AsyncIterator[Callable[..., Awaitable[Softphone]]]:
    """Starts an agent's telephone, which says 950 Hz, and logs in: `await start_agent("101")`.

    With `duty=False` the telephone is registered, but takes no calls from queues.
    """
    async with AsyncExitStack() as stack:

        async def start(extension: str = "101", *, duty: bool = True, **more: Any) -> Softphone:
            password = await hotline.password(extension)
            phone = await start_phone(hotline.sip, user=extension, password=password, **{"says": AGENT_TONE, **more})
            if duty:
                stack.push_async_callback(hotline.log_out, extension)
                await hotline.log_in(extension)
            return phone

        yield start
