"""The telephone company at the other end of a trunk, on an address of its own, and a hotline that it serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import free_sip_port

PROVIDER = "127.0.0.5"
"""The address that its calls come from."""
OUTSIDE = "0811111111"
"""The only outside number that calls may be transferred to."""
FAILURES = 4
REFUSED_SECONDS = 6.0


class ConnectedHotline(Hotline):
    """A hotline with a trunk of one line, which refuses addresses that guess passwords, its own too."""

    def __init__(self, home: Path) -> None:
        self._trunk: dict[str, Any] = {
            "host": PROVIDER,
            "port": free_sip_port(PROVIDER),
            "caller_id": Line.WITH_AREA_CODE,
            "max_calls": 1,
            "qualify_seconds": 1,
        }
        guard = {
            "failures": FAILURES,
            "refused_seconds": REFUSED_SECONDS,
            "never": ["127.0.0.1/32"],
        }
        super().__init__(home, {"trunk": self._trunk, "transfer_numbers": [OUTSIDE], "guard": guard})

    async def set_trunk(self, **changes: object) -> None:
        """The trunk with these settings and, for the rest, those that it began with."""
        await self.change({"trunk": self._trunk | changes})
