"""A real speech server whose recogniser knows a tone from silence and follows a script: it proves turns, not hearing.

The script is the grammar's name, "script/after300": at the first tone it tells the onset, and its final result when
that many more milliseconds of audio have come. Run as a program it is a speech server.
"""

from __future__ import annotations

import array
from collections.abc import Callable

import uvloop

from ivr.settings import load_settings
from ivr.speech.heard import Final, Hypothesis, Onset
from ivr.speech.server import run, set_up_logging
from ivr.speech.turns import BYTES_PER_SECOND, Turn

LOUD = 1000
HYPOTHESES = (Hypothesis("ka te pe", 0.9), Hypothesis("", 0.06), Hypothesis("akta lahir", 0.04))


class ScriptedRecogniser:
    """Hears one utterance; `after`: milliseconds from the onset to the final result."""

    def __init__(self, after: int, *, onset: bool) -> None:
        self._after, self._tells_onset = after / 1000, onset
        self._heard = 0.0
        self._onset: float | None = None

    def feed(self, pcm: bytes) -> list[Onset | Final]:
        """More audio."""
        began, self._heard = self._heard, self._heard + len(pcm) / BYTES_PER_SECOND
        found: list[Onset | Final] = []
        if self._onset is None and max(map(abs, array.array("h", pcm))) > LOUD:
            self._onset = began
            found += [Onset(began)] * self._tells_onset
        if self._onset is not None and self._heard - self._onset > self._after:
            found.append(Final(HYPOTHESES, self._onset, self._heard))
        return found


def prepare(turn: Turn) -> Callable[[], ScriptedRecogniser]:
    """The recogniser that a turn's grammar names."""
    after = int(turn.grammar.removeprefix("script/after"))
    return lambda: ScriptedRecogniser(after, onset=turn.onset)


if __name__ == "__main__":
    set_up_logging()
    uvloop.run(run(load_settings(), prepare, "speech-1"))
