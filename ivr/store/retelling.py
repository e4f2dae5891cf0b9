"""The part of one call that its record lacks, told from app_queue's log.

The log's lines of what the record knows already change nothing; its times are whole seconds, rounded
down, so nothing is told as earlier than what came before it. (Only a telephone's ringing is: several
ring at the same time, and the log speaks of each when it stops.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ivr.channel import EndReason, VisitOutcome
from ivr.events import AgentAnswered, AgentRang, CallEnded, Event, QueueJoined, QueueLeft, RingEnded, TalkEnded
from ivr.store.asterisk_logs import QueueLine
from ivr.store.queries import Story

NEAR_SECONDS = 2.0
"""A line and a recorded fact that lie no further apart are the same."""

_AFTER_TALK = {
    "agent": VisitOutcome.ANSWERED,
    "caller": VisitOutcome.HUNG_UP_TALKING,
    "transfer": VisitOutcome.TRANSFERRED,
    "lost": VisitOutcome.FAILED,
}


@dataclass(frozen=True)
class Ending:
    """How the call ended. `at`: when its hang-up was seen, None where it was not."""

    at: float | None
    reason: EndReason
    detail: str


@dataclass
class _Visit:
    id: str
    queue: str
    joined_at: float
    answered_at: float | None = None
    ours: bool = False
    """Whether it is told here: then app_queue's own time-out ended it."""


class Retelling:
    """Goes through the log's lines of one call with what the record knows, and tells what is missing."""

    def __init__(self, call: str, story: Story | None = None) -> None:
        self.call = call
        self._story = story
        self._told: list[Event] = []
        self._at = 0.0
        self._visits: dict[str, _Visit] = {}  # queue → the open visit to it
        self._ringing: dict[str, str] = {}  # agent → visit
        self._talking: tuple[str, _Visit] | None = None
        if story:
            self._take_up(story)

    def _take_up(self, story: Story) -> None:
        self._at = max([story["call"]["started_at"], *(event["at"] for event in story["events"])])
        for row in story["visits"]:
            if row["left_at"] is None:
                joined = row["joined_at"] or story["call"]["started_at"]
                self._visits[row["queue"] or ""] = _Visit(row["id"], row["queue"] or "", joined)
        by_id = {visit.id: visit for visit in self._visits.values()}
        for row in story["attempts"]:
            if row["ended_at"] is None:
                self._ringing[row["agent"]] = row["visit"]
        for row in story["legs"]:
            if visit := by_id.get(row["visit"]):
                visit.answered_at = row["answered_at"]
                if row["ended_at"] is None:
                    self._talking = row["agent"], visit

    def add(self, event: Event) -> None:
        """Tell an event."""
        self._told.append(event)
        self._at = max(self._at, event.at)

    def complete(self, lines: Iterable[QueueLine], ending: Ending, *, last_seen: float = 0.0) -> list[Event]:
        """All that is missing, and the end. `last_seen`: the last sign of life, for an end nobody saw."""
        at = self._until(lines, ending, last_seen)
        self.add(CallEnded(self.call, at, ending.reason.value, ending.detail))
        return self._told

    def go_on(self, lines: Iterable[QueueLine], ending: Ending, *, last_seen: float = 0.0) -> list[Event]:
        """All that is missing of a call whose record is closed, and stays closed as it was."""
        self._until(lines, ending, last_seen)
        return self._told

    def _until(self, lines: Iterable[QueueLine], ending: Ending, last_seen: float) -> float:
        """Tell all up to the end of the call; gives its time."""
        lost = ending.at is None or ending.reason is EndReason.ASTERISK_LOST
        for line in lines:
            self._hear(line, lost=lost)
        at = self._not_before(last_seen if ending.at is None else ending.at)
        if self._talking:
            self._end_talk(at, "lost")
        for agent in list(self._ringing):
            self._end_ring(at, agent, "lost" if lost else "caller_left")
        for visit in list(self._visits.values()):
            unanswered = VisitOutcome.FAILED if lost else VisitOutcome.HUNG_UP
            self._leave(at, visit, VisitOutcome.ANSWERED if visit.answered_at else unanswered)
        return at

    def _hear(self, line: QueueLine, *, lost: bool) -> None:
        """Take a line up. `lost`: nobody ended this call.

        ABANDON tells nothing here: it stands for a hang-up, and for being sent to another queue as well.
        """
        at, visit = self._not_before(line.at), self._visits.get(line.queue)
        match line.event:
            case "ENTERQUEUE":
                self._enter(at, line)
            case "RINGNOANSWER":
                self._rang_in_vain(at, line, "no_answer")
            case "RINGCANCELED":
                self._rang_in_vain(at, line, "caller_left")
            case "CONNECT":
                self._connect(at, line)
            case "COMPLETEAGENT":
                self._end_talk(at, "agent")
            case "COMPLETECALLER":
                self._end_talk(at, "lost" if lost else "caller")  # so it says of an Asterisk that is stopped, too
            case "BLINDTRANSFER" | "ATTENDEDTRANSFER":
                self._end_talk(at, "transfer")
            case "EXITWITHTIMEOUT" if visit and visit.ours:
                self._leave(at, visit, VisitOutcome.TIMEOUT)
            case "EXITWITHKEY" if visit and visit.ours:
                self._leave(at, visit, VisitOutcome.LEFT_BY_KEY)
            case "EXITEMPTY" if visit and visit.ours:
                self._leave(at, visit, VisitOutcome.NOBODY)

    def _enter(self, at: float, line: QueueLine) -> None:
        """The engine's callers enter app_queue once per offer: that is no new visit."""
        if line.queue in self._visits or self._recorded_visit(line):
            return
        for visit in list(self._visits.values()):
            self._leave(at, visit, VisitOutcome.FAILED)
        position = int(line.data[2]) if len(line.data) > 2 and line.data[2].isdigit() else 1
        visit = _Visit(f"{self.call}/{line.queue}-{line.at:.0f}", line.queue, at, ours=True)
        self._visits[line.queue] = visit
        self.add(QueueJoined(self.call, at, visit.id, line.queue, position))

    def _recorded_visit(self, line: QueueLine) -> bool:
        visits = self._story["visits"] if self._story else []
        return any(
            row["queue"] == line.queue
            and (row["joined_at"] or 0.0) - NEAR_SECONDS <= line.at
            and line.at <= (row["left_at"] or line.at) + NEAR_SECONDS
            for row in visits
        )

    def _rang_in_vain(self, at: float, line: QueueLine, outcome: str) -> None:
        attempts = self._story["attempts"] if self._story else []
        if any(
            row["agent"] == line.agent and row["ended_at"] and abs(row["ended_at"] - line.at) <= NEAR_SECONDS
            for row in attempts
        ):
            return
        if line.agent not in self._ringing:
            milliseconds = line.data[0] if line.data else ""
            self._ring(line.at - (int(milliseconds) / 1000 if milliseconds.isdigit() else 0.0), line)
        self._end_ring(at, line.agent, outcome)

    def _ring(self, at: float, line: QueueLine) -> None:
        if visit := self._visits.get(line.queue):
            self._ringing[line.agent] = visit.id
            self.add(AgentRang(self.call, max(at, visit.joined_at), visit.id, line.agent))

    def _end_ring(self, at: float, agent: str, outcome: str) -> None:
        if visit := self._ringing.pop(agent, None):
            self.add(RingEnded(self.call, self._not_before(at), visit, agent, outcome))

    def _connect(self, at: float, line: QueueLine) -> None:
        legs = self._story["legs"] if self._story else []
        visit = self._visits.get(line.queue)
        if visit is None or any(
            row["agent"] == line.agent and abs(row["answered_at"] - line.at) <= NEAR_SECONDS for row in legs
        ):
            return
        if line.agent not in self._ringing:
            seconds = line.data[2] if len(line.data) > 2 else ""
            self._ring(line.at - (int(seconds) if seconds.isdigit() else 0), line)
        del self._ringing[line.agent]
        visit.answered_at = at = self._not_before(at)
        self._talking = line.agent, visit
        self.add(AgentAnswered(self.call, at, visit.id, line.agent, recording=""))

    def _end_talk(self, at: float, ended_by: str) -> None:
        if self._talking:
            agent, visit = self._talking
            self._talking = None
            self.add(TalkEnded(self.call, at, visit.id, agent, ended_by))
            self._leave(at, visit, _AFTER_TALK[ended_by])

    def _leave(self, at: float, visit: _Visit, outcome: VisitOutcome) -> None:
        if self._visits.pop(visit.queue, None) is None:
            return  # a log that lost a line: the visit was left before
        for agent in [agent for agent, rings_in in self._ringing.items() if rings_in == visit.id]:
            self._end_ring(at, agent, "caller_left" if outcome is VisitOutcome.HUNG_UP else "no_answer")
        waited = max(0.0, (visit.answered_at or at) - visit.joined_at)
        self.add(QueueLeft(self.call, at, visit.id, visit.queue, outcome.value, round(waited, 1)))

    def _not_before(self, at: float) -> float:
        return max(at, self._at)
