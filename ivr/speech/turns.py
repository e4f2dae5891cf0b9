"""The turns of one call's speech socket, without input or output: what comes in, and what is to be done about it.

A turn is one listening: from Asterisk's `set turn` to the final result. Three things would go wrong by themselves
(docs/speech-protocol.md): a final that comes between two SPEECH RECOGNIZE commands is lost, a result of an earlier
turn is taken for the answer of the next one, and a death looks like silence. So results carry their turn's id, those
of an earlier turn are dropped, a final after an onset is held until the engine listens again, and who cannot serve
a turn leaves the call.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ivr.speech.aeap import AeapError, Request, Result, answer, deliver, parse, refuse
from ivr.speech.heard import Final, Onset

FRAMES_OF_A_NEW_LISTENING = 2
"""So many frames after an interruption prove a new RECOGNIZE: the old one may let one more slip out."""
LISTENS_AGAIN_SECONDS = 0.5
"""So long after an interruption the engine listens again, also where no frames prove it: the telephone may send
nothing in silence. It takes a few milliseconds; a final that comes before is lost."""
MOST_RESULTS, MOST_LETTERS = 10, 1600
"""Of a final: so much fits into Asterisk's buffer of 4,096 bytes, with what stands beside the words."""
BYTES_PER_SECOND = 16_000
"""Of audio: 8 kHz, 16 bits."""


# --- what the engine asks for ------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Turn:
    """One listening, as `set turn` describes it. `pause`: seconds of silence that end the utterance."""

    id: str
    call: str
    grammar: str
    pause: float
    onset: bool
    record: str
    """Where its audio is kept, relative to the recordings, without ".wav"; "" = nowhere."""


_NAME = r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}"
_TURN = re.compile(
    rf"id=(?P<id>{_NAME});call=(?P<call>{_NAME});grammar=(?P<grammar>[A-Za-z0-9]+/[A-Za-z0-9]+);"
    rf"pause=(?P<pause>[0-9]{{1,5}});onset=(?P<onset>[01]);record=(?P<record>(?:{_NAME}(?:/{_NAME})*)?)"
)


def parse_turn(value: object) -> Turn:
    """Read the value of `set turn`. Raises ValueError."""
    if not (isinstance(value, str) and (found := _TURN.fullmatch(value))):
        raise ValueError(f"no turn: {value!r:.200}")
    return Turn(
        id=found["id"],
        call=found["call"],
        grammar=found["grammar"],
        pause=int(found["pause"]) / 1000,
        onset=found["onset"] == "1",
        record=found["record"],
    )


# --- what the server has to do -----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Send:
    """Send this message to Asterisk."""

    text: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Begin a new utterance; whatever was listened to before is over."""

    turn: Turn


@dataclass(frozen=True, slots=True)
class Feed:
    """Let the recogniser of this turn hear this audio."""

    turn: Turn
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the call: the engine then knows at once, and goes on with keys."""

    why: str


Action = Send | Listen | Feed | Leave


# --- the turns ---------------------------------------------------------------------------------------
class Turns:
    """Of one socket. Times are seconds of any steady clock."""

    def __init__(self) -> None:
        self._is_set_up = False
        self._turn: _TurnState | None = None
        self._numbers = itertools.count(1)

    def receive_audio(self, pcm: bytes, now: float) -> list[Action]:
        """What to do about audio from Asterisk."""
        if not self._is_set_up:
            return [Leave("audio before setup")]
        if (state := self._turn) is None:
            return []
        state.take_frame(pcm, now)
        return self._deliver_final(state, now) if state.final else [Feed(state.turn, pcm)]

    def receive_message(self, message: str | bytes, now: float) -> list[Action]:
        """What to do about a message from Asterisk."""
        try:
            parsed = parse(message)
        except AeapError as e:
            return [Leave(str(e))]
        if isinstance(parsed, Request):
            return self._receive_request(parsed, now)
        if self._turn and parsed.id == self._turn.onset_request:
            self._turn.interrupt(now)
        return []

    def ready(self, turn: Turn) -> list[Action]:
        """What to do now that the grammar of `turn` is loaded.

        Only now `set turn` is answered. AGI does not tell an error from a success, but no answer at all takes it a
        second: so the engine knows before the prompt begins that nobody will listen.
        """
        state = self._turn
        return [Send(answer(state.request))] if state and state.turn is turn else []

    def is_listened_to(self, turn: Turn, now: float) -> bool:
        """Whether Asterisk is sending the audio of this turn, as far as can be known here."""
        return self._turn is not None and self._turn.turn is turn and self._turn.is_listened_to(now)

    def is_open(self, turn: Turn) -> bool:
        """Whether the final of this turn is still to be sent."""
        state = self._turn
        return state is not None and state.turn is turn and not state.is_delivered

    def release(self, turn: Turn, now: float) -> list[Action]:
        """What to do about a final that is held, as time passes."""
        state = self._turn
        return self._deliver_final(state, now) if state and state.turn is turn and state.final else []

    def heard(self, turn: Turn, found: Sequence[Onset | Final], now: float) -> list[Action]:
        """What to do about that which the recogniser of `turn` found in its audio."""
        state = self._turn
        if state is None or state.turn is not turn or state.final:
            return []
        for event in found:
            if isinstance(event, Final):
                state.final, state.final_at = event, now
                return self._deliver_final(state, now)  # an onset that came with it would only delay it
        if not (found and turn.onset and state.is_listened_to(now)) or state.onset_request:
            return []  # while nobody listens the onset would be lost: then the final alone ends the prompt
        state.onset_request, state.is_cut = self._new_id(), True
        return [Send(deliver(state.onset_request, [Result("", 0, f"onset,{turn.id}")]))]

    def _receive_request(self, request: Request, now: float) -> list[Action]:
        if request.name == "setup":
            self._is_set_up = True
        elif request.name != "set":
            return [Send(refuse(request, "only setup and set are served"))]
        elif not self._is_set_up:
            return [Send(refuse(request, "setup comes first"))]
        elif "turn" in request.params:
            return self._begin(request, now)
        elif self._turn and request.params.get("ping") == self._turn.turn.id:
            self._turn.is_delivered = False  # who asks has no answer: it fell between two RECOGNIZE
            self._turn.interrupt(now)
        return [Send(answer(request))]

    def _begin(self, request: Request, now: float) -> list[Action]:
        try:
            turn = parse_turn(request.params["turn"])
        except ValueError as e:
            return [Leave(str(e))]
        self._turn = _TurnState(turn, request, began=now)
        return [Listen(turn)]

    def _deliver_final(self, state: _TurnState, now: float) -> list[Action]:
        if state.is_delivered or not state.is_listened_to(now):
            return []
        state.is_delivered = True
        return [Send(deliver(self._new_id(), state.results()))]

    def _new_id(self) -> str:
        return f"sambung-{next(self._numbers)}"


@dataclass(slots=True)
class _TurnState:
    turn: Turn
    request: Request
    """Which began it."""
    began: float
    audio_began: float | None = None
    onset_request: str = ""
    """The id of the message that told the onset."""
    is_cut: bool = False
    """Whether the onset is on its way: it ends the RECOGNIZE that runs."""
    interrupted_at: float = -math.inf
    """When it was known last that no RECOGNIZE ran."""
    frames_since: int = 0
    final: Final | None = None
    final_at: float = 0.0
    is_delivered: bool = False

    def is_listened_to(self, now: float) -> bool:
        """Whether a RECOGNIZE of this turn runs that would take a final."""
        listens_again = now - self.interrupted_at >= LISTENS_AGAIN_SECONDS
        return not self.is_cut and (listens_again or self.frames_since >= FRAMES_OF_A_NEW_LISTENING)

    def interrupt(self, now: float) -> None:
        """No RECOGNIZE runs, and another one will."""
        self.is_cut, self.interrupted_at, self.frames_since = False, now, 0

    def take_frame(self, pcm: bytes, now: float) -> None:
        if self.audio_began is None:
            self.audio_began = max(self.began, now - len(pcm) / BYTES_PER_SECOND)
        self.frames_since += 1

    def results(self) -> list[Result]:
        assert self.final is not None
        assert self.audio_began is not None
        before = self.audio_began - self.began
        spoken = (before + self.final.onset, before + self.final.end, self.final_at - self.began)
        told = ",".join([self.turn.id, *(str(round(seconds * 1000)) for seconds in spoken)])
        best = self.final.hypotheses[:MOST_RESULTS]
        letters = itertools.accumulate(len(h.text) for h in best)
        fitting = [h for h, sum_ in zip(best, letters, strict=True) if sum_ <= MOST_LETTERS]
        return [Result(h.text, round(h.confidence * 1000), told) for h in fitting]
