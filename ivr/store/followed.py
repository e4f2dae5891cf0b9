"""What is switched on, as the engine sees it: read again whenever the store changes."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ivr.line.switches import ALL_LINES, Switch, Switches
from ivr.settings import Settings
from ivr.store.database import last_change
from ivr.store.switches import load_switches

log = logging.getLogger(__name__)

LOST, BACK = "switches_lost", "switches_back"
"""What SystemNoted says when the store cannot be read, and when it is read again."""
SWITCHED_ON, SWITCHED_OFF = "switched_on", "switched_off"


class FollowedSwitches:
    """Keeps `current` up to date, and notes what began to hold and what ceased to.

    While the store cannot be read, what was read last goes on to its own end; where nothing was, nothing is switched.
    """

    def __init__(self, settings: Settings, note: Callable[[str, str], None]) -> None:
        """`note`: takes a stable word and a detail for people."""
        self.current = Switches()
        self._settings, self._note = settings, note
        self._seen = -1.0
        self._trouble = ""
        self._held: dict[int, Switch] | None = None

    async def look(self, now: float) -> None:
        """Read what has changed. Never raises."""
        try:
            if (changed := last_change(self._settings)) != self._seen:
                self.current = await load_switches(self._settings, now=now)
                self._seen = changed
                self._tell_trouble("")
        except Exception as e:
            self._tell_trouble(str(e) or type(e).__name__)
        self._tell_changes(now)

    def _tell_trouble(self, trouble: str) -> None:
        if bool(trouble) != bool(self._trouble):
            log.error("what is switched on the lines: %s", trouble or "read again")
            self._note(LOST if trouble else BACK, trouble)
        self._trouble = trouble

    def _tell_changes(self, now: float) -> None:
        """What holds at the start is no news: it was noted when it began."""
        held = {switch.id: switch for switch in self.current.in_force(now)}
        before, self._held = self._held, held
        if before is None:
            return
        for id in held.keys() - before.keys():
            self._note(SWITCHED_ON, _words(held[id]))
        for id in before.keys() - held.keys():
            self._note(SWITCHED_OFF, _words(before[id]))


def _words(switch: Switch) -> str:
    where = "all lines" if switch.target == ALL_LINES else switch.target
    return f"{switch.kind} #{switch.id}, {where}, by {switch.author}: {switch.reason}"
