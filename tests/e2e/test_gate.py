"""A line that asks for a sign of life before its flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.people import calls
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e


async def test_a_silent_call_ends_as_a_ghost_and_a_key_lets_a_caller_pass(
    hotline: Hotline, start_citizen: Callable[..., Awaitable[Softphone]]
) -> None:
    ghost, citizen = await start_citizen(says=None), await start_citizen(says=None)
    await calls(ghost, Line.GATE)
    await calls(citizen, Line.GATE)
    await hears(citizen, hotline.spoken("Halo?"))
    await citizen.send_keys("5")
    await hears(citizen, hotline.spoken("Untuk bahasa Indonesia, tekan satu."))
    await hears(ghost, hotline.spoken("Kami tutup teleponnya."))
    assert (await ghost.ended()).by == "them"
    record = await hotline.record(ghost.user)
    assert (record["end_reason"], record["last_step"]) == ("ghost", None)
    assert [fact["why"] for fact in hotline.facts(record["id"], "input_rejected")] == ["silence", "silence"]
    assert (await citizen.hang_up()).status == 200
    passed = (await hotline.record(citizen.user))["id"]
    assert not hotline.facts(passed, "input_rejected")
