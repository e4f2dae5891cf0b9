"""One visit to app_queue as two witnesses tell it: who rang, who talked, how it ended.

The manager's events come at their own pace, or not at all; the channel's variables, which app_queue
sets when an agent answers, are the second witness. `Talk` joins them into typed events, each exactly
once.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from ivr.channel import HungUp, Report
from ivr.events import AgentAnswered, AgentRang, RingEnded, TalkEnded

ENDING_SECONDS = 0.3
"""How long the manager's word on who ended a talk or a ringing is waited for, once app_queue was left."""

_RING_OUTCOME = {"BUSY": "rejected", "CONGESTION": "rejected", "CHANUNAVAIL": "lost"}
_ENDED_BY = {"agent": "agent", "caller": "caller", "transfer": "transfer"}


@dataclass(frozen=True, slots=True)
class LastWord:
    """What the channel's variables tell of a visit to app_queue that is over."""

    agent: str = ""
    """Who answered, "" where nobody did."""
    talked: float = 0.0
    """Seconds since then; app_queue counts whole ones."""
    transferred: bool = False
    """Whether the agent sent the call elsewhere."""


class Talk:
    """Collects what happens from entering app_queue until leaving it."""

    def __init__(self, visit: str, recording: str, report: Report) -> None:
        self._visit, self._recording, self._report = visit, recording, report
        self._ringing: set[str] = set()
        self._cancelled: set[str] = set()
        self._news = asyncio.Event()
        self.sent_on = asyncio.Event()
        """The agent sent the call elsewhere; after an attended transfer it stays in app_queue all the same."""
        self.agent = ""
        self.ended_by = ""

    @property
    def answered(self) -> bool:
        return bool(self.agent)

    @property
    def _open(self) -> bool:
        """Whether the end of something is still to be told."""
        return bool(self._ringing - self._cancelled) or (self.answered and not self.ended_by)

    def rang(self, agent: str, *, ago: float = 0.0) -> None:
        if agent not in self._ringing:
            self._ringing.add(agent)
            self._report(AgentRang, ago=ago, visit=self._visit, agent=agent)

    def ring_ended(self, agent: str, dial_status: str) -> None:
        """An end by CANCEL is told by `close`: the caller left, or app_queue's time was up."""
        if dial_status == "CANCEL":
            self._cancelled.add(agent)
        elif dial_status != "ANSWER" and agent not in self._cancelled:
            self._end_ring(agent, _RING_OUTCOME.get(dial_status, "no_answer"))
        self._news.set()

    def _end_ring(self, agent: str, outcome: str) -> None:
        if agent in self._ringing:
            self._ringing.discard(agent)
            self._report(RingEnded, visit=self._visit, agent=agent, outcome=outcome)

    def answered_by(self, agent: str, *, ago: float = 0.0) -> None:
        if not self.agent:
            self.agent = agent
            self.rang(agent, ago=ago)
            self._ringing.discard(agent)
            self._report(AgentAnswered, ago=ago, visit=self._visit, agent=agent, recording=self._recording)
            for other in sorted(self._ringing):
                self._end_ring(other, "no_answer")

    def completed(self, reason: str) -> None:
        self.ended_by = _ENDED_BY.get(reason, "lost")
        if self.ended_by == "transfer":
            self.sent_on.set()
        self._news.set()

    async def close(self, word: LastWord, *, timed_out: bool = False, gone: HungUp | None = None) -> None:
        """app_queue was left: settle what is still open.

        `timed_out`: app_queue gave up ringing; otherwise it was the caller, by a key or by hanging up.
        `gone`: the caller hung up, or Asterisk died.
        """
        if word.agent:
            self.answered_by(word.agent, ago=word.talked)
        if self.answered and gone and gone.lost:
            self.completed("lost")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS):
                while self._open:
                    self._news.clear()
                    await self._news.wait()
        if self.answered:
            unheard = "transfer" if word.transferred else "caller" if gone else "agent"
            self.ended_by = self.ended_by or unheard
            self._report(TalkEnded, visit=self._visit, agent=self.agent, ended_by=self.ended_by)
        for agent in sorted(self._ringing):
            outcome = "no_answer" if timed_out else "lost" if gone and gone.lost else "caller_left"
            self._end_ring(agent, outcome)
