"""A caller who follows the script of a flow test, and watches that what must happen does happen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ivr import events as e
from ivr.channel import TO_A_PERSON
from ivr.flowtests.model import ScriptLine
from ivr.flowtests.words import WORDS, Heard
from ivr.i18n import tr
from ivr.sim.caller import Phone
from ivr.sim.ears import ACCEPT, AUDIO, CONFIRM

HALF_SURE = (ACCEPT + CONFIRM) / 2
_QUIET_COMMANDS = ("hold", "listen_on_hold", "connect", "transfer")
"""Commands in which the line says nothing: who wants to hang up does it there."""

Moment = tuple[float, "e.Event | Heard | ScriptLine"]
"""Seconds since the call began, and what happened then: an event, a prompt, or what the caller did."""


@dataclass(frozen=True, slots=True)
class Failure:
    """`expected`: the line of the script that was not met, None where the flow itself is at fault; `why` in words."""

    expected: ScriptLine | None
    why: str


class ScriptCaller:
    """Takes the lines of the script one after another; implements `ivr.sim.caller.Caller`.

    The caller acts when the line waits for an answer. What must happen may happen in any order, after what the caller
    did last and before the next question: who is asked anew before it happened was led elsewhere. Once the script is
    done they hang up, as soon as they are asked something or wait.
    """

    def __init__(self, script: Sequence[ScriptLine]) -> None:
        self._script, self._left = script, iter(script)
        self._line = next(self._left, None)
        """What is next; None once all of it is done."""
        self._since: list[e.Event | Heard] = []  # what happened since the caller acted
        self._compared = 0  # so many of these were no match for the line that is next
        self._heard = False  # whether a prompt is among these
        self._silences, self._waiting = 0, False
        self._variables: dict[str, str] = {}
        self.failure: Failure | None = None
        self.story: list[Moment] = []
        self.turns = 0
        """How often the caller answered, or was silent."""

    # --- ivr.sim.caller.Caller -----------------------------------------------------------------------
    def begins(self, phone: Phone) -> None:
        self._phone, self._loop = phone, asyncio.get_running_loop()
        self._look()

    def command(self, number: int, name: str) -> None:
        if name in _QUIET_COMMANDS and not self._waiting and self._next in (None, "hangs_up"):
            self._leave()

    def hears(self, text: str) -> None:
        self._heard = True
        self._note(Heard(text))

    def asked(self) -> None:
        line = self._line
        if self._waiting or (line is None and not self._heard):
            return  # more keys may come
        if line is None:
            self._leave()
        elif WORDS[line.word].acts:
            self._act(line)
        elif self._heard:
            self._fail(line, tr("penelepon ditanya lagi sebelum itu", "the caller was asked again before that"))

    def held(self) -> None:
        if not self._waiting and self._next in ("presses", "says", "says_unclearly", "says_audio"):
            self.asked()

    # --- what happens on the call --------------------------------------------------------------------
    def happened(self, event: e.Event) -> None:
        """The engine tells of an event."""
        if isinstance(event, e.VariableSet):
            self._variables[event.name] = event.value
        self._note(event)
        if isinstance(event, e.FlowProblem):
            self._fail(None, tr("kesalahan dalam alur", "a mistake in the flow") + f": {event.problem}")
        elif isinstance(event, e.CallEnded):
            self._over(event)

    def _over(self, event: e.CallEnded) -> None:
        if self._line:
            self._fail(self._line, tr("panggilan berakhir sebelum itu", "the call ended before that"))
        elif event.reason in TO_A_PERSON and all(line.word != "ends" for line in self._script):
            self._fail(None, tr("panggilan gagal", "the call failed") + f": {event.detail}")

    def _note(self, what: e.Event | Heard) -> None:
        self._tell(what)
        self._since.append(what)
        self._look()

    # --- the script ----------------------------------------------------------------------------------
    @property
    def _next(self) -> str | None:
        return self._line.word if self._line else None

    def _look(self) -> None:
        """Tick off what has happened; begin to wait where the script says so."""
        while (line := self._line) and not self._waiting:
            if line.word == "waits":
                self._waiting = True
                self._loop.call_later(line.value, self._waited)
            elif WORDS[line.word].acts or not self._has_happened(line):
                break
            else:
                self._line, self._compared = next(self._left, None), 0

    def _has_happened(self, line: ScriptLine) -> bool:
        if line.word == "variables":
            return all(self._variables.get(name) == value for name, value in line.value.items())
        happened, news = WORDS[line.word].happened, self._since[self._compared :]
        self._compared = len(self._since)
        return any(happened(what, line.value) for what in news)

    def _waited(self) -> None:
        self._waiting = False
        self._take_up()
        if (line := self._line) and WORDS[line.word].acts and line.word not in ("waits", "silent"):
            self._act(line)
        else:
            self._look()

    def _act(self, line: ScriptLine) -> None:
        self._tell(line)
        self.turns += 1
        if line.word == "silent" and self._silences + 1 < line.value:
            self._silences += 1
            self._begin_anew()
            return
        self._silences = 0
        self._take_up()
        match line.word:
            case "presses":
                self._phone.press(line.value)
            case "says":
                self._phone.say(line.value)
            case "says_unclearly":
                self._phone.say(line.value, HALF_SURE)
            case "says_audio":
                self._phone.say(f"{AUDIO} {line.value}")
            case "hangs_up":
                self._phone.hang_up()
        self._look()

    def _take_up(self) -> None:
        """The next line is the one that counts, and what happened so far no longer does."""
        self._line = next(self._left, None)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._since, self._compared, self._heard = [], 0, False

    def _leave(self) -> None:
        if line := self._line:
            self._act(line)
        else:
            self._phone.hang_up()

    def _fail(self, expected: ScriptLine | None, why: str) -> None:
        if self.failure is None:
            self.failure = Failure(expected, why)
            self._phone.hang_up()

    def _tell(self, what: e.Event | Heard | ScriptLine) -> None:
        if self.failure is None:
            self.story.append((self._loop.time(), what))
