"""What is switched on, as the engine sees it: read again whenever the store changes."""

from __future__ import annotations

from collections.abc import Callable

from ivr.line.switches import ALL_LINES, Switch, Switches
from ivr.settings import Settings
from ivr.store.database import last_change
from ivr.store.switches import load_switches
from ivr.store.trouble import Trouble

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
        self._trouble = Trouble("what is switched on the lines", note, lost=LOST, back=BACK)
        self._held: dict[int, Switch] | None = None

    async def look(self, now: float) -> None:
        """Read what has changed. Never raises."""
        try:
            if (changed := last_change(self._settings)) != self._seen:
                self.current = await load_switches(self._settings, now=now)
                self._seen = changed
            self._trouble.tell("")
        except Exception as e:
            self._trouble.tell(str(e) or type(e).__name__)
        self._tell_changes(now)

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
