"""Versions change while people are on the line."""

from __future__ import annotations

import pytest

from tests.e2e.kit.live_publishing import NEW, OLD, live_calls

pytestmark = pytest.mark.e2e


async def test_live_calls_keep_their_version_and_new_ones_have_the_new_one(
    programs: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with live_calls(tmp_path_factory.mktemp("terbit"), 5, hold=35) as live:
        live.write(NEW)
        published = await live.changes("publish", "-m", "baru")
        rolled_back = await live.changes("rollback", str(live.version))
        planned = await live.changes("publish", "--over", str(live.version), "--at", "2s")
    assert live.untouched() == 5
    for taken in (published, rolled_back, planned):
        assert taken.last_old < 2
    calls = live.system.query("SELECT id FROM calls")
    facts = [fact for call in calls for fact in live.system.events(call["id"])]
    assert {OLD, NEW} <= {fact["text"] for fact in facts if fact["kind"] == "prompt_played"}
