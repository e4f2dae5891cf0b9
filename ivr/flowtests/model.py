"""What a file of flow tests says: what is given, and the script of the call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ivr.flow.values import Duration, FlowName, LineNumber, Number, QueryName, QueueName, Strict, YesNo
from ivr.i18n import tr
from ivr.sim.call import CALLER
from ivr.speech.values.tickets import LENGTH, number_of, serial_of

FIRST_AGENT = 101
MOST_AGENTS = 99


class AgentGiven(Strict):
    """An agent who is logged in."""

    queues: list[QueueName] = Field([])
    """Their queues; all, unless given."""
    answers: YesNo = True
    """Whether they answer at all."""
    answers_after: Duration = Field(4.0, ge=0, le=600)
    """How long their telephone rings before they answer."""
    talks: Duration = Field(60.0, ge=0, le=7200)
    """How long they talk, and then hang up."""
    transfers: YesNo = False
    """Whether they send the caller elsewhere instead of hanging up."""


class Announced(Strict):
    """An announcement that is switched on."""

    say: str
    """What is announced."""
    instead: YesNo = False
    """Whether the call ends after it."""


def _before_the_flow(value: object) -> object:
    """An announcement of which nothing but the text is said."""
    return {"say": value} if isinstance(value, str) else value


def _moment(value: object) -> dt.datetime | None:
    if value is None:
        return None
    try:
        return dt.datetime.strptime(str(value).strip(), "%Y-%m-%d %H:%M")
    except ValueError:
        raise ValueError(
            tr(
                f"'{value}' bukan waktu; tulis seperti 2026-11-24 10:00",
                f"'{value}' is no time; write it like 2026-11-24 10:00",
            )
        ) from None


def _agents(value: object) -> object:
    """So many agents, or those who are named."""
    if not isinstance(value, str):
        return value
    if not value.isdigit() or int(value) > MOST_AGENTS:
        raise ValueError(
            tr(
                f"'{value}' bukan jumlah petugas; tulis angka 0 sampai {MOST_AGENTS}, atau daftar '101: …'",
                f"'{value}' is no number of agents; write 0 to {MOST_AGENTS}, or a list '101: …'",
            )
        )
    return {str(FIRST_AGENT + i): {} for i in range(int(value))}


def _no_settings(value: object) -> object:
    """An agent of whom nothing else is said: `101:`."""
    return {} if value is None else value


def _ticket_number(number: str) -> str:
    """Where the check digit alone is wrong, the number that was meant is named."""
    try:
        serial_of(number)
    except ValueError as e:
        if not (len(number) == LENGTH and number.isdecimal() and int(number[:-1])):
            raise
        meant = number_of(int(number[:-1]))
        raise ValueError(tr(f"{e}; maksudnya {meant}?", f"{e}; did you mean {meant}?")) from None
    return number


TicketNumber = Annotated[str, AfterValidator(_ticket_number)]


class TicketGiven(Strict):
    """A ticket that there is already."""

    status: Literal["open", "in_work", "answered"] = "answered"
    """How it stands."""
    answer: str = ""
    """The officer's answer."""


def _unanswered(value: object) -> object:
    """A ticket of which only its status is said."""
    return {"status": value} if isinstance(value, str) else value


class LookupGiven(Strict):
    """What another system answers."""

    answer: dict[str, Any] | list[Any] = Field({})
    """Its answer, in which `into` finds its fields."""
    outcome: Literal["found", "not_found", "failed"] = "found"
    """Whether there is one."""
    takes: Duration = Field(0.0, ge=0, le=120)
    """How long it takes."""


def _without_answer(value: object) -> object:
    """A lookup of which only its outcome is said."""
    return {"outcome": value} if isinstance(value, str) else value


class Given(Strict):
    """What is so when the call begins. It may stand at the head of the file, for all its tests, and in each test."""

    at: Annotated[dt.datetime | None, BeforeValidator(_moment)] = None
    """When the call begins, in the installation's time: `2026-11-24 10:00`."""
    line: LineNumber | Literal[""] = ""
    """The number that is dialled; its hours count."""
    flow: FlowName = FlowName("")
    """The flow that answers, instead of a line: whatever the hours are."""
    caller: Number | Literal["anonymous"] = CALLER
    """The caller's number; `anonymous`: withheld."""
    agents: Annotated[dict[Number, Annotated[AgentGiven, BeforeValidator(_no_settings)]], BeforeValidator(_agents)] = (
        Field(default_factory=lambda: {str(FIRST_AGENT): AgentGiven()})
    )
    """How many agents are logged in to all queues, or each by extension with what they do; one, unless given."""
    waiting: dict[QueueName, Annotated[int, Field(ge=0, le=1000)]] = Field({})
    """Queue → how many callers are in its line already."""
    transfers: dict[Number, Literal["answered", "busy", "no_answer", "failed"]] = Field({})
    """Number → what comes of a transfer to it; others are refused."""
    announcement: Annotated[Announced | None, BeforeValidator(_before_the_flow)] = None
    """What is announced on the line, as by `sambung lines announce`: a text, or `{say: …, instead: ya}`."""
    surge: YesNo = False
    """Whether the line is in surge."""
    gate: YesNo = False
    """Whether the line asks for a sign of life first, as by `sambung lines gate`."""
    blocked: YesNo = False
    """Whether the caller's number is blocked."""
    speech: YesNo = True
    """Whether speech is understood; `tidak`: the speech server is out of order."""
    room: YesNo = True
    """Whether the disk has room for recordings."""
    tickets: dict[TicketNumber, Annotated[TicketGiven, BeforeValidator(_unanswered)]] = Field({})
    """Number → how the ticket stands: `open`, `in_work`, or `{answer: …}`."""
    earlier_calls: list[Annotated[float, Field(ge=0)]] = Field([])
    """How many days ago the caller's number called before, each time: `[2, 10]`."""
    callbacks: dict[QueueName, Annotated[int, Field(ge=0, le=10_000)]] = Field({})
    """Queue → how many others wait to be called back."""
    called_back: list[QueueName] = Field([])
    """Queues in which the caller's number waits to be called back already."""
    store: YesNo = True
    """Whether tickets and callbacks can be kept and read, and the caller's past."""
    lookups: dict[QueryName, Annotated[LookupGiven, BeforeValidator(_without_answer)]] = Field({})
    """Query → what is answered: `{answer: {nama: …}}`, `not_found` or `failed`; all others fail."""


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One line of a script: what the caller does, or what must happen. `line`, `column`: its place in the file."""

    word: str
    value: Any
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class FlowTest:
    """One test. `line`, `column`: the place of its name in `file`."""

    name: str
    file: str
    line: int
    column: int
    given: Given
    script: tuple[ScriptLine, ...]

    @property
    def hears_audio(self) -> bool:
        """Whether it needs the recogniser."""
        return any(line.word == "says_audio" for line in self.script)
