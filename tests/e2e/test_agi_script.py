"""A site without FastAGI: `AGI(script)` serves the same flows, with the same record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import calls, talks
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]


@pytest.fixture(scope="module")
def shared_hotline(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A hotline whose calls come by a script, for the tests of this file."""
    shared = Hotline(tmp_path_factory.mktemp("script"), {"agi": {"script": True}})
    asyncio.run(shared.up())
    yield shared
    asyncio.run(shared.down())


async def test_the_whole_path(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await calls(citizen, Line.IMPATIENT)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Silakan nilai petugas kami."))
    assert (await citizen.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert (record["end_reason"], hotline.visit(record["id"])["outcome"]) == ("completed", "answered")
    assert hotline.logged(record["id"]) == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert "agi://" not in (hotline.settings.asterisk / "etc/extensions.conf").read_text()


async def test_keys_come_through_and_words_are_cut_short(hotline: Hotline, start_citizen: Start) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.KEYS)
    await citizen.send_keys("123456789012345671")
    assert (await citizen.ended()).by == "them"
    record = await hotline.record(citizen.user)
    assert [fact["value"] for fact in hotline.facts(record["id"], "variable_set")] == ["123", "45678901234567"]


async def test_a_hang_up_reaches_the_engine(hotline: Hotline, start_citizen: Start) -> None:
    """Asterisk tells a script by a signal; the engine hears of it as of any other."""
    citizen = await start_citizen()
    await calls(citizen, Line.WORDS)
    await until("the first words", lambda: len(citizen.heard) > 0, seconds=10)
    await citizen.hang_up()
    assert (await hotline.record(citizen.user, seconds=3))["end_reason"] == "caller_hung_up"
