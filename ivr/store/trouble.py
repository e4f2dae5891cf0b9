"""Telling that a store cannot be used, and that it can be again: once each."""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)


class Trouble:
    """Whether something can be done with a store; what changes of that is logged and noted."""

    def __init__(self, what: str, note: Callable[[str, str], None], *, lost: str, back: str) -> None:
        """`what` is kept there, for the log. `note` takes `lost` and the problem, or `back` and ""."""
        self._what, self._note = what, note
        self._lost, self._back = lost, back
        self._problem = ""

    def tell(self, problem: str) -> None:
        """What is the matter now; "" for nothing."""
        if bool(problem) != bool(self._problem):
            log.error("%s: %s", self._what, problem or "well again")
            self._note(self._lost if problem else self._back, problem)
        self._problem = problem
