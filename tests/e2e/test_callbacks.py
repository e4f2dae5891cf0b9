"""A caller who does not want to wait: from the queue to the list of those to be called back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr.flow.steps.callback import Callback
from ivr.publish import load_version
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.people import calls
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

NUMBER = "0315312144"


def step(hotline: Hotline) -> Callback:
    found = load_version(hotline.settings).site.flows["balik"].steps["telepon-balik"]
    assert isinstance(found, Callback)
    return found


async def waiting(hotline: Hotline) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await hotline.sambung("callbacks", "--json"))
    return found


async def test_who_leaves_the_queue_is_called_back_at_the_number_they_type(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    says = step(hotline)
    await calls(citizen, Line.CALLBACK)
    await agent.wait_for("CALL_INCOMING")
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken(says.own_number, nomor_telepon=citizen.user), first=2)
    await citizen.send_keys("2")
    await hears(citizen, hotline.spoken(says.other_number), first=2)
    await citizen.send_keys(f"{NUMBER}#")
    await hears(citizen, hotline.spoken(says.confirm, nomor_telepon=NUMBER))
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken(says.say))
    assert (await citizen.ended()).by == "them"

    record = await hotline.record(citizen.user)
    (opened,) = hotline.facts(record["id"], "callback_opened")
    (kept,) = await waiting(hotline)
    joined = hotline.visit(record["id"])["joined_at"]
    assert (kept["id"], kept["number"], kept["queue"]) == (opened["id"], f"+62{NUMBER[1:]}", "umum")
    assert kept["since"] == pytest.approx(joined, abs=0.5)
    assert kept["details"] == {"line": Line.CALLBACK}
    assert f"callback {kept['id']} to +62{NUMBER[1:]} taken down" in await hotline.sambung("call", record["id"])
    assert await hotline.sambung("callbacks", "done", str(kept["id"])) == f"Callback {kept['id']}: called back.\n"
    assert await waiting(hotline) == []
