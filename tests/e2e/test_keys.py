"""Keys typed faster than a hand can, across prompts and the gaps between them: none lost, all in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.kit import rtp, sipp
from tests.e2e.kit.hotline import Hotline, Line

pytestmark = pytest.mark.e2e

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
