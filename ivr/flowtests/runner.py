"""Runs flow tests, and counts which steps and ways out of them were taken."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Iterator

from ivr import events as e
from ivr.channel import TransferOutcome
from ivr.flow.hotline import Line
from ivr.flow.model import Site, Step
from ivr.flowtests.caller import Failure, Moment, ScriptCaller
from ivr.flowtests.model import FlowTest, Given
from ivr.line.switches import ALL_LINES, Kind, Switch, Switches
from ivr.routing.numbers import e164
from ivr.settings import Settings
from ivr.sim.agents import Agent, SimRoom
from ivr.sim.call import Unpublished, simulate
from ivr.sim.callbacks import SimCallbacks
from ivr.sim.callers import SimCallers
from ivr.sim.clock import StuckError
from ivr.sim.others import SimAnswer, SimLookups
from ivr.sim.tickets import SimTickets
from ivr.speech.availability import keys_only
from ivr.tickets import Status, Ticket

TALK_SECONDS = 60.0
"""How long somebody talks to whom a caller was transferred."""

Way = tuple[str, str, str]
"""Flow, step, and the exit taken; "" for the step itself."""


@dataclasses.dataclass(frozen=True, slots=True)
class Result:
    """What came of a test. `seconds`: how long it took, in real time; `turns`: how often the caller answered."""

    test: FlowTest
    failure: Failure | None
    story: list[Moment]
    ways: set[Way]
    turns: int
    seconds: float


class Runner:
    """Runs tests of one site.

    A test says itself whether speech is understood, also where the installation has no speech servers; no answers are
    kept, and so no notice of it is said.
    """

    def __init__(self, site: Site, settings: Settings) -> None:
        speech = settings.speech.model_copy(update={"servers": 1, "keep_audio": False})
        self._site, self._settings = site, settings.model_copy(update={"speech": speech})
        self._versions: dict[tuple[str, bool], tuple[Unpublished, str]] = {}

    def run(self, test: FlowTest) -> Result:
        """Call, and see whether what the test says happens. Never raises for what authors write."""
        began = time.perf_counter()
        given, caller = test.given, ScriptCaller(test.script)
        caller_number = e164(given.caller)
        version, number = self._version(given, test.hears_audio)

        events: list[e.Event] = []

        def sink(event: e.Event) -> None:
            events.append(event)
            caller.happened(event)

        try:
            simulate(
                version,
                number,
                caller,
                caller_number=caller_number,
                room=SimRoom(_agents(given, self._site)),
                others={str(queue): count for queue, count in given.waiting.items()},
                transfers={to: (TransferOutcome(outcome), TALK_SECONDS) for to, outcome in given.transfers.items()},
                at=given.at,
                settings=self._settings,
                may_record=given.room,
                switches=Switches(_switched_on(given, caller_number)),
                surging=[number] if given.surge else [],
                speech=given.speech,
                tickets=SimTickets(_tickets(given), works=given.store),
                lookups=SimLookups(_lookups(given)),
                callbacks=SimCallbacks(
                    {str(queue): count for queue, count in given.callbacks.items()},
                    [(caller_number, str(queue)) for queue in given.called_back],
                    works=given.store,
                ),
                callers=SimCallers(
                    given.earlier_calls,
                    tickets=sum(ticket.status != Status.ANSWERED for ticket in _tickets(given)),
                    callbacks=len(given.called_back),
                    works=given.store,
                ),
                sink=sink,
            )
        except StuckError as stuck:
            caller.failure = caller.failure or Failure(None, str(stuck))
        ways = set(_ways(events))
        return Result(test, caller.failure, caller.story, ways, caller.turns, time.perf_counter() - began)

    def _version(self, given: Given, hears_audio: bool) -> tuple[Unpublished, str]:
        """What answers, and the number to call. A flow that is named answers whatever hotline.yaml says."""
        key = given.line or given.flow, hears_audio
        if key not in self._versions:
            site, number = self._site, given.line
            if given.flow:
                number = "0"
                site = dataclasses.replace(site, lines={number: Line(title=given.flow, flow=given.flow)})
            model = self._settings.speech.model if hears_audio and not keys_only(self._settings) else None
            self._versions[key] = Unpublished(site, model), number
        return self._versions[key]


def _ways(events: Iterable[e.Event]) -> Iterator[Way]:
    for event in events:
        if isinstance(event, e.StepEntered):
            yield event.flow, event.step, ""
        elif isinstance(event, e.StepLeft):
            yield event.flow, event.step, event.exit


def _agents(given: Given, site: Site) -> Iterator[Agent]:
    for extension, agent in given.agents.items():
        yield Agent(
            extension,
            tuple(agent.queues) or tuple(site.queues),
            answers_after=agent.answers_after if agent.answers else None,
            talks=agent.talks,
            transfers=agent.transfers,
        )


def _tickets(given: Given) -> Iterator[Ticket]:
    for number, ticket in given.tickets.items():
        yield Ticket(number, Status(ticket.status), ticket.answer)


def _lookups(given: Given) -> dict[str, SimAnswer]:
    return {
        str(query): SimAnswer(
            lookup.answer if lookup.outcome == "found" else None, lookup.takes, fails=lookup.outcome == "failed"
        )
        for query, lookup in given.lookups.items()
    }


def _switched_on(given: Given, caller_number: str) -> Iterator[Switch]:
    if given.announcement:
        announced = given.announcement
        yield Switch(Kind.ANNOUNCEMENT, ALL_LINES, 0, math.inf, "", "", announced.say, instead=announced.instead)
    if given.gate:
        yield Switch(Kind.GATE, ALL_LINES, 0, math.inf, "", "")
    if given.blocked:
        yield Switch(Kind.BLOCK, caller_number, 0, math.inf, "", "")


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """Of one flow: all its steps and ways out that an author wrote, and those of them that were taken."""

    flow: str
    all: list[Way]
    taken: set[Way]

    def count(self, *, exits: bool) -> tuple[int, int]:
        """How many steps (or exits) were taken, and how many there are."""
        wanted = [way for way in self.all if bool(way[2]) == exits]
        return sum(way in self.taken for way in wanted), len(wanted)

    def missing(self) -> list[Way]:
        """Steps that were never entered, and exits never taken of the steps that were."""
        return [w for w in self.all if w not in self.taken and (not w[2] or (*w[:2], "") in self.taken)]


def coverage(site: Site, results: Iterable[Result]) -> list[Coverage]:
    """How much of each flow the tests went through."""
    taken = {way for result in results for way in result.ways}
    found = []
    for flow in site.flows.values():
        ways = [(flow.name, name, way) for name, step in flow.steps.items() for way in ("", *written_exits(step))]
        found.append(Coverage(flow.name, ways, taken.intersection(ways)))
    return found


def written_exits(step: Step) -> Iterator[str]:
    """The exits that the author thought of: those by which a step only bears a fault cannot be taken by a caller."""
    for name in step.exits():
        if name in type(step).model_fields:
            if name in step.model_fields_set:
                yield name
        elif name != "failed":
            yield name
