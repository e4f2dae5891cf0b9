"""Keys typed faster than a hand can, across prompts and the gaps between them: none lost, all in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.e2e.kit import audio, rtp, sipp
from tests.e2e.kit.audio import RATE
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import CITIZEN_TONE, calls
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

FIRST, SECOND, CHOICE = "123", "45678901234567", "1"
"""What the flow takes by two inputs and a menu, with a prompt before each."""
CALLS = 20


@pytest.mark.parametrize("gap", [0.1, 0.07, 0.05])
@pytest.mark.parametrize("start", [0.02, 0.6])
async def test_no_key_is_lost(hotline: Hotline, tmp_path: Path, gap: float, start: float) -> None:
    caller = hotline.new_caller()
    keys = rtp.press(FIRST + SECOND + CHOICE, at=start, gap=gap)
    run = await sipp.citizens(
        tmp_path / "sipp", hotline.sip, Line.KEYS, calls=CALLS, rate=10, caller=caller, keys=keys, leaves=False
    )
    (await run.finish()).check()  # each call was ended by the flow
    records = await hotline.records(caller, CALLS)
    assert [record["end_reason"] for record in records] == ["completed"] * CALLS
    taken = [[fact["value"] for fact in hotline.facts(record["id"], "variable_set")] for record in records]
    assert taken == [[FIRST, SECOND]] * CALLS
    pressed = ["".join(fact["key"] for fact in hotline.facts(record["id"], "key_pressed")) for record in records]
    assert pressed == [FIRST + SECOND + CHOICE] * CALLS


async def test_keys_pressed_before_the_question_answer_it(hotline: Hotline, tmp_path: Path) -> None:
    """All at once in the first prompt, then nothing more: what is not asked yet waits in the buffer."""
    caller = hotline.new_caller()
    keys = rtp.press(FIRST + SECOND + CHOICE, at=0.1, gap=0.04)
    run = await sipp.citizens(tmp_path / "sipp", hotline.sip, Line.KEYS, caller=caller, keys=keys, leaves=False)
    (await run.finish()).check()
    record = await hotline.record(caller)
    assert [fact["value"] for fact in hotline.facts(record["id"], "variable_set")] == [FIRST, SECOND]
    assert not hotline.facts(record["id"], "input_rejected")


async def test_a_hash_out_of_habit_cuts_nothing_and_ends_no_recording(hotline: Hotline, start_citizen: Start) -> None:
    """After the choice, after the number that was complete without it; then one that is meant."""
    citizen = await start_citizen()
    await calls(citizen, Line.MESSAGE)
    await citizen.send_keys("1#")
    await hears(citizen, hotline.spoken("Ketik dua angka."))
    await citizen.send_keys("42")
    await hears(citizen, hotline.spoken("Ya?"))
    await citizen.send_keys("#")
    pressed = len(citizen.heard)
    await until("two seconds of message", lambda: len(citizen.heard) - pressed > 2 * RATE, seconds=10)
    await citizen.send_keys("#")
    await citizen.ended()
    call = (await hotline.record(citizen.user))["id"]
    played = {fact["text"]: fact["completed"] for fact in hotline.facts(call, "prompt_played")}
    assert played["Baik, siapkan nomor Anda, lalu sampaikan pesannya."]
    (message,) = hotline.facts(call, "message_recorded")
    assert message["ended_by"] == "key"
    assert 1 < message["seconds"] < 4
    sound = audio.read_wav(hotline.settings.recordings / message["path"])
    assert audio.tone_seconds(sound, CITIZEN_TONE) == pytest.approx(message["seconds"], abs=0.3)
