"""Fixtures of the end-to-end tests: real telephones on a real Asterisk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kit.machine import fetch_programs
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
