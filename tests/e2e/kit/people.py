"""What citizens and agents do with their telephones, as far as all tests do it alike."""

from __future__ import annotations

from tests.e2e.kit import audio
from tests.e2e.kit.machine import until
from tests.e2e.kit.softphone import Softphone

CITIZEN_TONE, AGENT_TONE = 440.0, 950.0
"""What the telephones of `start_citizen` and `start_agent` say."""


async def calls(citizen: Softphone, number: str) -> None:
    """Dial and be answered."""
    await citizen.dial(number)
    await citizen.wait_for("CALL_ESTABLISHED")


async def talks(agent: Softphone, citizen: Softphone, *, seconds: float = 0.5) -> None:
    """Pick up the ringing telephone and talk, until both heard each other for `seconds`."""
    await agent.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    for heard, whose, tone in ((citizen, "the agent", AGENT_TONE), (agent, "the citizen", CITIZEN_TONE)):
        await until(f"{whose}'s voice", lambda h=heard, t=tone: audio.tone_seconds(h.heard, t) > seconds, seconds=15)
