"""What happens on a call, as typed facts in the past tense.

One vocabulary feeds the trace, the store, the live feed and the tests. An event never asks for
anything and is never changed. `at` is Unix time in seconds (UTC); `call` is the call's id, made of
Asterisk's unique id of the citizen's channel (`ivr.passes`; "" for what concerns no single call).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

_Event = TypeVar("_Event")

MASKED_KEY = "•"
"""Stands for a key that was pressed at a step declared secret."""


@dataclass_transform(frozen_default=True)
def fact(cls: type[_Event]) -> type[_Event]:
    """A dataclass that the type checker keeps unchanged; one frozen by Python takes several times as long to make."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@fact
class Event:
    """The base of all events."""

    kinds: ClassVar[dict[str, type[Event]]] = {}
    kind: ClassVar[str]
    __slots__: ClassVar[tuple[str, ...]]

    call: str
    at: float

    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        Event.kinds[cls.kind] = cls

    def data(self) -> dict[str, Any]:
        """The event's own fields, without `call` and `at`, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


EventSink = Callable[[Event], None]
"""Takes an event and returns at once: it never blocks and never raises."""


# --- the call itself -------------------------------------------------------------------------------
@fact
class CallStarted(Event):
    """A citizen's call reached the hotline. `caller` is E.164 ("+62…") or "" when withheld.

    `continues`: the call that this one was before an agent sent it back to the hotline.
    """

    line: str
    caller: str
    flow: str
    version: str
    channel: str
    continues: str = ""


@fact
class CallEnded(Event):
    """The call is over and its record closed.

    `reason`: one of `EndReason`'s values; `detail`: for people, may be empty.
    """

    reason: str
    detail: str = ""


@fact
class LineNoted(Event):
    """What of the line's state met the caller before the flow.

    `what`: "announcement", "blocked", "closed", "surge", "closing_soon", "gate"; `why`: for people, "" where
    nobody said.
    """

    what: str
    why: str


@fact
class CallerRemembered(Event):
    """What the flow is told of the caller's number: earlier calls of the last year, open tickets and callbacks.

    `problem`: why they could not be read ("" when all went well).
    """

    calls: int
    tickets: int
    callbacks: int
    problem: str = ""


# --- the flow --------------------------------------------------------------------------------------
@fact
class StepEntered(Event):
    flow: str
    step: str
    type: str


@fact
class StepLeft(Event):
    """`exit` is the name of the exit that the step returned, `to` the step it leads to ("" = end)."""

    flow: str
    step: str
    exit: str
    to: str


@fact
class AnswerGiven(Event):
    """The answer of this name is being told: the prompt that follows says how much of it was heard."""

    answer: str


@fact
class AnswerWithheld(Event):
    """The answer of this name was not told, for it is not valid today."""

    answer: str


@fact
class AnswerMissed(Event):
    """There is no answer to this kind of question about the document; either is "" where it was not named."""

    document: str
    question: str


@fact
class PromptPlayed(Event):
    """`text` as spoken; `seconds` heard; `completed` is False when a key or a hang-up cut it short."""

    text: str
    seconds: float
    completed: bool


@fact
class PromptFailed(Event):
    """A prompt whose audio could not be played; the call goes on without it."""

    text: str
    problem: str


@fact
class KeyPressed(Event):
    """`key` is one of 0-9 * # or `MASKED_KEY`."""

    key: str


@fact
class UtteranceHeard(Event):
    """The caller spoke, and this was made of it.

    `turn` is unique; `hypotheses`: `text` ("" = none of the phrases, `MASKED_KEY` at a secret step) and
    `confidence` (0-1) of each, best first. `decision`: "accepted", "confirm" (half sure: the caller is asked),
    "rejected"; of the answer to that question "confirmed", "refused" or "rejected". `onset`, `ended`, `result`:
    seconds after the turn began. `audio` relative to `recordings/`, "" when not kept.
    """

    turn: str
    grammar: str
    hypotheses: list[dict[str, Any]]
    decision: str
    onset: float | None = None
    ended: float | None = None
    result: float | None = None
    audio: str = ""


@fact
class SentenceUnderstood(Event):
    """What was made of the words of an utterance (`turn`) at a menu that understands sentences.

    `option`: the option of the menu that is meant, "" where it is none. `slots`: `document`, `question`, `place` and
    the values that are named. `probability` (0-1) and `decision` ("accepted", "confirm", "rejected") are of the whole.
    """

    turn: str
    option: str
    slots: dict[str, Any]
    probability: float
    decision: str


@fact
class AudioDeleted(Event):
    """What the caller said is no longer kept. `audio` as `UtteranceHeard`'s; `why`: "expired" or "by_hand"."""

    audio: str
    why: str


@fact
class SpeechLost(Event):
    """Speech cannot be understood now: the call goes on with keys."""


@fact
class SpeechBack(Event):
    """Speech is understood again on this call."""


@fact
class InputRejected(Event):
    """What the caller did was no answer here.

    `why`: "silence", "wrong_key", "too_short", "invalid", "refused" (the caller heard it and said no),
    "not_understood" (what was said).
    """

    why: str
    attempt: int


@fact
class VariableSet(Event):
    name: str
    value: str


@fact
class FlowProblem(Event):
    """A mistake in the flow met at run time: the call went on as `handled` says."""

    flow: str
    step: str
    problem: str
    handled: str


@fact
class MessageRecorded(Event):
    """The caller's recorded message. `path` relative to `recordings/`; "" when nothing was kept."""

    path: str
    seconds: float
    ended_by: str


# --- tickets ---------------------------------------------------------------------------------------
@fact
class TicketOpened(Event):
    """A ticket lies on the disk. `what`: its kind, as `tickets.Kind`."""

    number: str
    what: str


@fact
class TicketFound(Event):
    """The caller asked how a ticket stands. `status`: as `tickets.Status`, or "unknown": there is none."""

    number: str
    status: str


@fact
class TicketsFailed(Event):
    """Tickets could not be written or read."""

    problem: str


# --- other systems ---------------------------------------------------------------------------------
@fact
class LookupEnded(Event):
    """A query was asked. `exit`: "next", "not_found" or "failed"; `problem`: why it failed, "" where it did not."""

    query: str
    exit: str
    seconds: float
    problem: str


@fact
class NotificationQueued(Event):
    """A recipient will be told of the call."""

    recipient: str


# --- callbacks -------------------------------------------------------------------------------------
@fact
class CallbackOpened(Event):
    """A callback lies on the disk. `position` in its queue; `window`, `begins`, `ends`: as `callbacks.Request`."""

    id: int
    queue: str
    number: str
    position: int
    window: str
    begins: float | None
    ends: float | None


@fact
class CallbackFound(Event):
    """The caller has a callback already."""

    id: int
    queue: str
    position: int


@fact
class CallbackCancelled(Event):
    """The caller no longer wants a callback."""

    id: int
    queue: str


@fact
class CallbacksFailed(Event):
    """Callbacks could not be written or read."""

    problem: str


# --- surveys ---------------------------------------------------------------------------------------
@fact
class SurveyAnswered(Event):
    """The caller rated the service: `score` from 1 to `scale`, or a spoken comment, relative to `recordings/`."""

    survey: str
    question: str
    score: int | None = None
    scale: int | None = None
    recording: str = ""


# --- waiting, ringing, talking ---------------------------------------------------------------------
@fact
class QueueJoined(Event):
    """The caller began to wait. `visit` is unique per queue visit; `position` counts from 1."""

    visit: str
    queue: str
    position: int


@fact
class AgentRang(Event):
    """A ring attempt began. `agent` is the agent's extension."""

    visit: str
    agent: str


@fact
class RingEnded(Event):
    """A ring attempt ended without talk. `outcome`: "no_answer", "rejected", "caller_left", "lost"."""

    visit: str
    agent: str
    outcome: str


@fact
class AgentAnswered(Event):
    """Talk began. `recording` relative to `recordings/`, "" when not recorded.

    Of a talk that ends as it begins no file is kept.
    """

    visit: str
    agent: str
    recording: str


@fact
class TalkEnded(Event):
    """Talk ended. `ended_by`: "agent", "caller", "transfer", "lost"."""

    visit: str
    agent: str
    ended_by: str


@fact
class QueueLeft(Event):
    """The visit is over. `outcome`: one of `channel.VisitOutcome`'s values; `waited` in seconds."""

    visit: str
    queue: str
    outcome: str
    waited: float


@fact
class TransferStarted(Event):
    target: str


@fact
class TransferEnded(Event):
    """`outcome`: one of `channel.TransferOutcome`'s values; `seconds` of ringing and talk, 0 without a talk."""

    target: str
    outcome: str
    seconds: float


# --- the system ------------------------------------------------------------------------------------
@fact
class SystemNoted(Event):
    """Something about Sambung itself: `what` is a stable word, `detail` for people."""

    what: str
    detail: str = ""
