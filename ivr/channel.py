"""What a step may ask of a call.

`Channel` is the telephone itself (Asterisk in `ivr.agi`, a script or a terminal in `ivr.sim`),
`WaitingRoom` the place in line, `Call` the whole that a step's `run()` is given. Nothing here knows a
step, and a step knows nothing but this.

Whoever can press keys can speak, where a step listens: `listen` stands beside `play` and `read_key`, on the
same key buffer, so that a key ends it as it ends a prompt.
"""

from __future__ import annotations

import datetime as dt
from asyncio import Event as WakeUp
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol, Self

from ivr.callbacks import CallbackDesk
from ivr.events import Event
from ivr.lookups import Lookups
from ivr.notifications import Outbox
from ivr.tickets import TicketDesk
from ivr.understood import Options, Slot, Understood

ALL_KEYS = "0123456789*#"
SKIP_KEYS = "0123456789*"
"""Keys that cut what is said. `#` does not: people end numbers and choices with it out of habit."""

Value = str | int | float | bool

LANGUAGE = "bahasa"
"""The variable that holds the language of the call."""
RECORDED = "direkam"
"""The variable that says whether the caller may be recorded: only while it is "ya"."""

RecordingKind = Literal["talk", "utterance", "message"]
"""A conversation, the answer to a question, or what callers leave of their own will."""


class EndReason(StrEnum):
    """Why a call's record was closed."""

    CALLER_HUNG_UP = "caller_hung_up"
    COMPLETED = "completed"  # the flow came to its end and Sambung hung up
    AGENT_HUNG_UP = "agent_hung_up"  # the talk ended and the flow had nothing left to say
    TRANSFERRED = "transferred"  # the call went on without Sambung
    BLOCKED = "blocked"  # the caller's number is blocked
    ANNOUNCED = "announced"  # an announcement stood in for the flow
    GHOST = "ghost"  # the line asked for a sign of life, and there was none
    LIMIT = "limit"  # the limit on steps or minutes was reached
    FAILED = "failed"  # a fault of Sambung: the caller was handed to the fallback queue
    ENGINE_LOST = "engine_lost"  # closed after a restart, from Asterisk's own witnesses
    ASTERISK_LOST = "asterisk_lost"


TO_A_PERSON = frozenset({EndReason.FAILED, EndReason.LIMIT})
"""Ends after which the caller is still there and must reach a person: the dialplan's fallback queue."""


class HungUp(Exception):  # noqa: N818 - the field's word
    """The caller is gone. Raised by any method of a Channel, caught only by the engine."""

    def __init__(self, *, talking: bool = False, lost: bool = False) -> None:
        super().__init__()
        self.talking = talking
        """Whether the caller was talking with somebody when they hung up."""
        self.lost = lost
        """Whether Asterisk went away, rather than the caller."""


class TransferredAway(Exception):  # noqa: N818
    """The call went on without us (an agent's blind transfer). Caught only by the engine."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a prompt. `audio` is an absolute path with its extension; None where text has none."""

    text: str
    audio: Path | None
    seconds: float = 0.0


Prompt = Sequence[Segment]


class Voiced(str):
    """A value with audio of its own: words that somebody wrote after the flows were published."""

    __slots__ = ("segment",)
    segment: Segment

    def __new__(cls, segment: Segment) -> Self:
        """The text of `segment`."""
        voiced = super().__new__(cls, segment.text)
        voiced.segment = segment
        return voiced


class Report(Protocol):
    """Takes a fact of one call; the call's id and the time are added. It happened `ago` seconds before now."""

    def __call__(self, event_type: type[Event], *, ago: float = 0.0, **data: object) -> None: ...


@dataclass(frozen=True, slots=True)
class Played:
    """`seconds` that were heard; `completed` False when a key ended it (the key is still in the buffer).

    `problem` tells why a prompt could not be heard whole ("" when all went well).
    """

    seconds: float
    completed: bool
    problem: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Sayings:
    """What a caller may say at one point: `phrases` as the supervisor wrote them, and with `sentences` also what the
    site's vocabulary is about, in whatever words. `values`: a value in words, of this kind (one of `SPOKEN` in
    `ivr.speech.values.spoken`), or any number of them, of these kinds. None of all this: a number, see DIGITS.
    """

    phrases: tuple[str, ...] = ()
    sentences: bool = False
    values: tuple[str, ...] = ()


DIGITS = Sayings()
"""A number, by its digits, one by one or in groups."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Sayings made ready for the recogniser. `id`: "<version>/<name>", by which speech servers find it.

    `phrases`: form (how it is said) → phrase as written; empty for digits. `sentences`: whether others are heard, too.
    `values`: as of `Sayings`. A confidence of `accept` and more is sure, one of `confirm` and more half sure. `least`:
    what is less likely than that is not sure, whatever else is.
    """

    id: str
    phrases: Mapping[str, str]
    digits: bool
    accept: float
    confirm: float
    sentences: bool = False
    values: tuple[str, ...] = ()
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """`text`: a phrase as written, a sentence where those are heard, the words of values, or digits; "" for none.

    `confidence`: 0-1, how surely these words were said.
    """

    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What the recogniser made of what a caller said in one turn. `hypotheses`: best first.

    `onset`, `ended` (of the speech) and `result`: seconds after the turn began, None where that is not known.
    `audio`: the sound, where it is kept.
    """

    turn: str
    grammar: Grammar
    hypotheses: tuple[Hypothesis, ...] = ()
    onset: float | None = None
    ended: float | None = None
    result: float | None = None
    audio: Path | None = None


class HeardEnd(StrEnum):
    """What ended a listening."""

    SPEECH = "speech"
    KEY = "key"  # it is in the buffer
    SILENCE = "silence"
    UNAVAILABLE = "unavailable"  # no speech server: go on with keys
    FOREIGN = "foreign"  # nothing said in the language of the call is understood: go on with keys
    WOKEN = "woken"


@dataclass(frozen=True, slots=True)
class Heard:
    """`utterance` with SPEECH alone. `played`: what was heard of the prompt meanwhile."""

    end: HeardEnd
    utterance: Utterance | None = None
    played: Played = field(default_factory=lambda: Played(0.0, completed=False))


@dataclass(frozen=True, slots=True)
class Recorded:
    """`ended_by`: "key", "silence", "limit", "hangup" or "full" (no room on the disk: nothing kept)."""

    path: Path | None
    seconds: float
    ended_by: str


class VisitOutcome(StrEnum):
    """How a visit to a queue ended. One typed word, whatever Asterisk's variables say."""

    ANSWERED = "answered"  # the caller talked with an agent and is still on the line
    TIMEOUT = "timeout"  # waited as long as the flow allows
    NOBODY = "nobody"  # no agent is logged in
    LEFT_BY_KEY = "left_by_key"  # the caller pressed the exit key
    HUNG_UP = "hung_up"  # the caller hung up while waiting or ringing
    HUNG_UP_TALKING = "hung_up_talking"  # the caller ended the talk
    TRANSFERRED = "transferred"  # the agent sent the call elsewhere
    FAILED = "failed"  # Asterisk could not do it


class ConnectOutcome(StrEnum):
    """What came of offering a waiting caller to the agents once."""

    TALKED = "talked"  # an agent answered; the talk is over; the caller is still there
    NO_ANSWER = "no_answer"  # nobody took it: back to the waiting room
    NOBODY = "nobody"  # the queue has no agent logged in
    FAILED = "failed"


class HoldOutcome(StrEnum):
    KEY = "key"  # a key of those asked for is in the buffer
    WOKEN = "woken"
    ELAPSED = "elapsed"


class TransferOutcome(StrEnum):
    """What came of a transfer. ANSWERED: the far end ended the talk and the caller is still there."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    HUNG_UP = "hung_up"  # the caller hung up while it rang
    HUNG_UP_TALKING = "hung_up_talking"  # the caller ended the talk
    REFUSED = "refused"  # not among the numbers that calls may be transferred to
    FAILED = "failed"


class Channel(Protocol):
    """The telephone of one call. Every method raises `HungUp` once the caller is gone.

    Keys are buffered from answer to hang-up, whatever runs and between commands: none is lost.
    """

    report: Report
    """Set by the engine: where the channel tells who rang and who talked (`AgentRang` … `TalkEnded`)."""

    async def answer(self) -> None: ...

    async def play(self, prompt: Prompt, *, stop_keys: str = ALL_KEYS) -> Played:
        """Play until the end, or until one of `stop_keys` is in the buffer (at once if already there)."""

    async def read_key(self, timeout: float, *, of: str = ALL_KEYS) -> str | None:
        """Take the next key from the buffer; None after `timeout` seconds of silence.

        One that is not of these keys stays in the buffer, and None is given at once.
        """

    def swallow(self, key: str, *, within: float) -> None:
        """If the next key is `key`, pressed at most `within` seconds from now, it never gets into the buffer."""

    async def listen(
        self,
        prompt: Prompt,
        grammar: Grammar,
        *,
        timeout: float,
        pause: float,
        stop_keys: str = ALL_KEYS,
        audio: Path | None = None,
    ) -> Heard:
        """Play while listening, until one of `stop_keys`, speech, or `timeout` seconds of silence after the prompt.

        Speech ends the prompt; `pause` seconds of silence end speech. The sound is kept in `audio` (8 kHz 16-bit
        mono WAV). Only during the prompt's last segment anything is heard.
        """

    async def listen_on_hold(
        self,
        grammar: Grammar,
        *,
        woken: WakeUp,
        seconds: float,
        pause: float,
        stop_keys: str = "",
        audio: Path | None = None,
    ) -> Heard | None:
        """`hold` while listening; SILENCE after `seconds`.

        None where only `hold` is possible, whether there is a speech server or not.
        """

    async def hold(self, *, woken: WakeUp, seconds: float, stop_keys: str = "") -> HoldOutcome:
        """Play music until woken, for at most `seconds`, or until one of `stop_keys` is pressed."""

    async def record(self, path: Path, *, max_seconds: float, silence: float, stop_keys: str, beep: bool) -> Recorded:
        """Record the caller into `path` (8 kHz 16-bit mono WAV).

        Keys pressed before it and during it are thrown away: they answer nothing else.
        """

    async def connect(self, queue: str, visit: str, *, ring_seconds: float, recording: Path | None) -> ConnectOutcome:
        """Offer the caller to the queue's agents once, ring at most `ring_seconds`; return after the talk."""

    async def transfer(self, target: str, *, ring_seconds: float) -> TransferOutcome:
        """Call `target` (an extension or a number that transfers may reach); return after the talk."""


class Place(Protocol):
    """One caller's place in one queue, from joining to leaving. It is kept over failed offers."""

    visit: str
    offered: WakeUp
    """Set when an agent is free for this caller; cleared by `returned`."""

    @property
    def position(self) -> int:
        """From 1, counted over those who still wait in this queue."""

    @property
    def waited(self) -> float:
        """Seconds from joining until the talk began or the caller left; until now while they wait."""

    def returned(self) -> None:
        """Nobody answered the offer: the caller waits on, in the same place."""

    def leave(self) -> None:
        """The caller no longer waits (answered, gone, timed out). Idempotent."""


class WaitingRoom(Protocol):
    """Who waits where, and whose turn it is."""

    def join(self, queue: str, call: str, priority: int = 0, since: float = 0.0) -> Place:
        """Those of the highest priority go first, then those who wait `since` (Unix seconds) the earliest."""

    def ringing(self, visit: str, agent: str) -> None:
        """`agent`'s telephone rings for this visit; it need not be the agent who was free for it."""

    def talking(self, visit: str, *, ago: float = 0.0) -> None:
        """The visit's caller has talked with an agent for `ago` seconds, and waits no longer."""

    def staffed(self, queue: str) -> bool:
        """Whether any agent is logged in to the queue; True when that cannot be known (fail open)."""


class Call(Protocol):
    """What a step's `run()` is given."""

    id: str
    channel: Channel
    room: WaitingRoom
    tickets: TicketDesk
    lookups: Lookups
    outbox: Outbox
    callbacks: CallbackDesk
    waiting_since: dict[str, float]
    """Queue → when this caller first waited there (Unix seconds), until an agent has answered."""
    variables: dict[str, Value]
    secret: bool
    """Whether keys are masked in the record (set by a step for its own time)."""
    notices: set[str]
    """What was said to this caller and is not to be said twice."""
    secrets: set[str]
    """Variables whose values are kept out of the record; their names stand here before they take a value."""

    def now(self) -> dt.datetime:
        """The time in the line's time zone, zone-aware."""

    def open_times(self, days: int) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """When the line is open, from the beginning of today on for so many days, zone-aware."""

    def emit(self, event_type: type[Event], *, ago: float = 0.0, **data: object) -> None:
        """Record what happened `ago` seconds before now, with this call's id."""

    def assign(self, name: str, value: Value, *, secret: bool = False) -> None:
        """Give a variable its value and record it; of a `secret` one only that it was set."""

    @property
    def language(self) -> str:
        """The language of the call."""

    async def say(self, text: str, *, stop_keys: str = SKIP_KEYS, language: str = "") -> Played:
        """Play a prompt of the flow: `text` as written there, with `{name}` filled from the variables.

        It is said in the language of the call, unless another is given.
        """

    def find_answer(self, name: str) -> str | None:
        """The words of this answer, for `say`; None where it is not valid today."""

    def answer_about(self, document: str, question: str) -> str | None:
        """The name of the answer to this question about a document, "" where none is named; None where there is none.

        It is one that is valid today, where there is such a one.
        """

    def about(self, options: Options, phrase: str) -> Mapping[str, Slot]:
        """What this phrase of a menu with these options is about, as the slots of `Understood`."""

    def understand(self, options: Options, hypotheses: Sequence[Hypothesis]) -> Understood:
        """What these mean at a menu with these options."""

    async def read_key(self, timeout: float, *, of: str = ALL_KEYS) -> str | None:
        """`Channel.read_key`, recorded."""

    async def listen(self, text: str, sayings: Sayings, *, timeout: float, pause: float, stop_keys: str) -> Heard:
        """`say` while listening, as `Channel.listen`; where that is not possible FOREIGN or UNAVAILABLE.

        FOREIGN comes before `text` was said, UNAVAILABLE perhaps. What is made of an utterance, the step records.
        """

    async def hold(
        self, sayings: Sayings | None, *, woken: WakeUp, seconds: float, pause: float, stop_keys: str
    ) -> Heard:
        """`Channel.hold`, listening where there are `sayings` and that is possible; SILENCE after `seconds`."""

    def evaluate(self, expression: str) -> Value:
        """Evaluate a flow expression over the variables. Raises `flow.expressions.ExpressionError`."""

    async def announce_recording(self, kind: RecordingKind, sayings: Sayings | None = None) -> None:
        """Say the notice of recording, where such a one is to follow; once per call, whatever is pressed.

        `sayings`: of an utterance, what may be said.
        """

    def new_recording(self, kind: RecordingKind) -> Path | None:
        """A new path below `recordings/`; None where there is no room on the disk.

        None, too, for a talk or an utterance that is not wanted, and where the caller was not told or has refused.
        """

    def relative_recording(self, path: Path) -> str:
        """`path` as the record names it, relative to `recordings/`."""
