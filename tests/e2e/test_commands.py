"""What the commands say of agents on a running system, and what the demo leaves behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.supervisor import is_running, orphans
from tests.e2e import demo
from tests.e2e.kit.hotline import Hotline
from tests.e2e.kit.machine import KitError

pytestmark = pytest.mark.e2e


async def test_each_command_on_an_agent_says_what_is_now_so(shared_hotline: Hotline) -> None:
    for command in ("pause", "unpause"):
        with pytest.raises(KitError, match=r"101 is not logged in; first \*11 or `sambung agents login`"):
            await shared_hotline.sambung("agents", command, "101")
    for command, said in (
        ("login", "is logged in to "),
        ("pause", "is on a pause: takes no calls."),
        ("unpause", "is back from the pause: takes calls."),
        ("logout", "is logged out of "),
    ):
        assert said in await shared_hotline.sambung("agents", command, "101")


async def test_who_logs_in_an_agent_is_told_at_once_where_calls_would_not_reach_them(
    hotline: Hotline, start_agent: Callable[..., Awaitable[Any]]
) -> None:
    away = "their softphone is not registered: calls do not reach them"
    assert away in await hotline.sambung("agents", "login", "101")
    await start_agent("101", duty=False)
    assert away not in await hotline.sambung("agents", "login", "101")
    await hotline.sambung("agents", "logout", "101")


async def test_the_demo_stops_what_it_started_and_nothing_else(shared_hotline: Hotline, tmp_path: Path) -> None:
    settings = Hotline(tmp_path).settings
    async with demo.running(settings):
        assert is_running(settings)
    assert (is_running(settings), orphans(settings)) == (False, [])
    async with demo.running(shared_hotline.settings):
        pass
    assert is_running(shared_hotline.settings)
