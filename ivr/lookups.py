"""Lookups: what a flow asks of other systems during a call, by the name of a query.

Where the query goes, the flow does not know: that is the administrator's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Json = Any
"""What JSON can say; of a row of a database, column → value."""


class LookupFailed(Exception):  # noqa: N818 - no fault of the flow: a state of another system
    """There is no answer. The message says why, without any of the values."""


class Lookups(Protocol):
    """Asks other systems."""

    async def ask(self, query: str, values: Mapping[str, str | int | float | bool], timeout: float) -> Json:
        """The answer, within `timeout` seconds; None where there is nothing of that kind. Raises LookupFailed.

        The query ends with the task that asks.
        """
