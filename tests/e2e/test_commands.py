"""What the commands say of agents on a running system."""

from __future__ import annotations

import pytest

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
