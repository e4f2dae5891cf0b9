"""Asterisk itself dies or freezes: its calls are lost, and said to be; new ones are served at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

CITIZEN, AGENT = 440.0, 950.0


@pytest.fixture
def hotline(doomed_hotline: Hotline) -> Hotline:
    return doomed_hotline


async def talks(hotline: Hotline, agent: Softphone, citizen: Softphone) -> None:
    """Dial, be connected with the agent, talk until both have heard two seconds of each other."""
    await citizen.dial(Line.LONG_RING)
    await agent.wait_for("CALL_INCOMING", seconds=20)
    await agent.answer()
    await until("the agent's voice", lambda: audio.tone_seconds(citizen.heard, AGENT) > 2, seconds=15)
    await until("the citizen's voice", lambda: audio.tone_seconds(agent.heard, CITIZEN) > 2, seconds=15)


async def dials_until_answered(citizen: Softphone, number: str, *, seconds: float) -> None:
    """Dial, and dial again whenever the call fails. Raises TimeoutError."""

    async def answered() -> bool:
        await citizen.dial(number)
        event = await citizen.wait_for("CALL_ESTABLISHED", "CALL_CLOSED", seconds=seconds)
        return bool(event["type"] == "CALL_ESTABLISHED")

    await until("an answer", answered, seconds=seconds)


async def is_free(hotline: Hotline, agent: str) -> bool:
    """Whether app_queue would ring this agent now."""
    lines = (await hotline.asterisk("queue show lama")).splitlines()
    return any(f"PJSIP/{agent}" in line and "Not in use" in line for line in lines)


@pytest.mark.parametrize(
    ("blow", "seconds"), [(signal.SIGKILL, 10.0), (signal.SIGSTOP, 25.0)], ids=["killed", "frozen"]
)
async def test_asterisk_dies_while_two_talk(
    hotline: Hotline, start_agent: Start, start_citizen: Start, blow: signal.Signals, seconds: float
) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    await talks(hotline, agent, citizen)
    dead = hotline.send("asterisk", blow)
    await dials_until_answered(await start_citizen(), Line.STORY, seconds=seconds)
    back_at = time.time()
    assert hotline.pid("asterisk") != dead

    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "asterisk_lost"
    assert hotline.visits(record["id"]) == [("lama", "failed")]
    talk = hotline.talk(record["id"])
    assert (talk["agent"], talk["ended_by"]) == ("101", "lost")
    assert record["ended_at"] == pytest.approx(talk["ended_at"], abs=0.1)
    assert talk["answered_at"] + 2 < talk["ended_at"] < back_at

    # The recording that was left without a length can be heard.
    recorded = audio.read_wav(hotline.settings.recordings / talk["recording"])
    for tone in (CITIZEN, AGENT):
        assert audio.tone_seconds(recorded, tone) > 1

    # The agent is still logged in and is called again; what the telephone believes of the dead call is its own affair.
    await agent.hang_up()
    await until("the agent's telephone", lambda: is_free(hotline, "101"), seconds=10)
    another = await start_citizen()
    await talks(hotline, agent, another)
    await another.hang_up()
    assert (await hotline.record(another.user))["end_reason"] == "caller_hung_up"
