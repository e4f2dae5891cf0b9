"""A caller who does not speak Indonesian."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.people import calls
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e


async def test_who_chooses_english_hears_the_flow_and_its_values_in_english(
    hotline: Hotline, start_citizen: Callable[..., Awaitable[Softphone]]
) -> None:
    citizen = await start_citizen()
    await calls(citizen, Line.LANGUAGES)
    invitation = "Untuk bahasa Indonesia, tekan satu."
    await hears(citizen, hotline.spoken(invitation))
    await hears(citizen, hotline.spoken(invitation, "en"))
    await citizen.send_keys("2")
    await hears(citizen, hotline.spoken("Biayanya {biaya:rupiah}.", "en", biaya=50_000))
    await hears(citizen, hotline.spoken("Sampai jumpa.", "en"))
    await citizen.ended()
    call = (await hotline.record(citizen.user))["id"]
    assert [fact["text"] for fact in hotline.facts(call, "prompt_played")] == [
        "Untuk bahasa Indonesia, tekan satu.",
        "For English, press two.",
        "The fee is fifty thousand rupiah",
        "See you next time.",
    ]
    assert [(fact["name"], fact["value"]) for fact in hotline.facts(call, "variable_set")] == [("bahasa", "en")]
