"""`queue`: wait for an agent, and talk."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from ivr.channel import (
    Call,
    ConnectOutcome,
    HeardEnd,
    HungUp,
    Place,
    Sayings,
    TransferredAway,
    VisitOutcome,
)
from ivr.events import QueueJoined, QueueLeft
from ivr.flow.hearing import PHRASE_PAUSE, Decision, by_phrase, decide, note
from ivr.flow.hotline import Queue as QueueModel
from ivr.flow.model import Step
from ivr.flow.source import Path
from ivr.flow.values import Duration, Key, Phrase, QueueName, Target, Template, words

LOOK_SECONDS = 5.0
"""How often to look whether the position improved and agents are still there."""
SETTLE_SECONDS = 15.0
"""An improved position is told at most this often: a fast line must not become a count-down."""
AFTER_OFFER_SECONDS = 1.0
"""Music between two offers, so that offers that fail at once do not follow each other at once."""


class Queue(Step):
    """Wait in a queue until an agent answers. The caller hears the position, and again when it improves.

    Who left by a key, or waited too long, and comes back later in the same call finds the place that they had.

    The way out `answered` is taken when the agent has hung up and the caller is still there. `nobody`
    means that no agent is logged in (one on a pause is); it and `failed` lead where `timeout` leads, unless given.

    ```yaml
    petugas:
      type: queue
      queue: umum
      say: Mohon tunggu.
      keys:
        1: tinggalkan-pesan
      hint: Tekan satu untuk meninggalkan pesan.
      answered: terima-kasih
      timeout: tinggalkan-pesan
    ```
    """

    type: Literal["queue"] = "queue"
    queue: QueueName
    """The queue."""
    say: Template = Template("")
    """Said on joining."""
    position: Template = words(
        "Anda berada di antrean nomor {posisi:angka}.", "You are number {posisi:angka} in the queue."
    )
    """The position, said on joining, when it improves, and at an interval; empty: not said."""
    hint: Template = Template("")
    """Said after the position: what the keys do."""
    every: Duration = Field(60.0, ge=15, le=600)
    """The position is said again after this long."""
    keys: dict[Key, Target] = Field({})
    """Keys that leave the queue → step."""
    phrases: dict[Key, Annotated[list[Phrase], Field(min_length=1)]] = Field({})
    """Key → what callers may say instead of pressing it while they wait; only what is understood for sure counts."""
    priority: int = Field(0, ge=0, le=9)
    """A higher one goes before all lower ones."""
    max_wait: Duration = Field(QueueModel.model_fields["max_wait"].default, ge=10, le=7200)
    """How long to wait; the queue's own, unless given."""
    ring_seconds: Duration = Field(QueueModel.model_fields["ring_seconds"].default, ge=5, le=120)
    """How long an agent's telephone rings; the queue's own, unless given."""
    answered: Target = Target("")
    """After the talk, when the caller is still there."""
    timeout: Target
    """When the wait was too long."""
    nobody: Target | None = None
    """When no agent is logged in."""
    failed: Target | None = None
    """When the telephone system could not do it."""

    interacts = True
    talks = True
    person = True
    sets = ("posisi",)

    def exits(self) -> Mapping[str, Target]:
        return {
            "answered": self.answered,
            "timeout": self.timeout,
            "nobody": self.timeout if self.nobody is None else self.nobody,
            "failed": self.timeout if self.failed is None else self.failed,
        } | {f"key:{key}": target for key, target in self.keys.items()}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield from (((field,), getattr(self, field), self.keys) for field in ("say", "position", "hint"))

    def sayings(self) -> Iterator[Sayings]:
        return iter([self.spoken] if self.spoken else [])

    def choices(self) -> Mapping[str, Sequence[str]]:
        return self.phrases

    @cached_property
    def key_of(self) -> dict[str, str]:
        """Phrase → its key."""
        return by_phrase(self.phrases)

    @cached_property
    def spoken(self) -> Sayings | None:
        """What may be said while the caller waits."""
        return Sayings(tuple(self.key_of)) if self.key_of else None

    async def run(self, call: Call) -> str:
        return await _Visit(self, call).run()


class _Visit:
    """One caller's wait, from joining to leaving."""

    def __init__(self, step: Queue, call: Call) -> None:
        self.step, self.call = step, call
        self.exit_keys = "".join(step.keys)
        since = call.waiting_since.setdefault(step.queue, call.now().timestamp())
        self.place: Place = call.room.join(step.queue, call.id, step.priority, since)
        self.joined = self._time()
        self.told, self.told_at = 0, 0.0  # the position last said, and when

    async def run(self) -> str:
        """The exit to take. When the engine stops, the call goes on without it: then nothing is told here."""
        place = self.place
        try:
            self.call.emit(QueueJoined, visit=place.visit, queue=self.step.queue, position=place.position)
            exit_ = await self._wait()
        except HungUp as gone:
            self._left(_outcome_of(gone))
            raise
        except TransferredAway:
            self._left(VisitOutcome.TRANSFERRED)
            raise
        except Exception:
            self._left(VisitOutcome.FAILED)
            raise
        finally:
            place.leave()
        if exit_ == "answered":
            del self.call.waiting_since[self.step.queue]
        self._left(VisitOutcome.LEFT_BY_KEY if exit_.startswith("key:") else VisitOutcome(exit_))
        return exit_

    def _left(self, outcome: VisitOutcome) -> None:
        visit, waited = self.place.visit, round(self.place.waited, 1)
        self.call.emit(QueueLeft, visit=visit, queue=self.step.queue, outcome=outcome.value, waited=waited)

    async def _wait(self) -> str:
        step, call, place = self.step, self.call, self.place
        if not call.room.staffed(step.queue):
            return "nobody"
        await call.announce_recording("talk")
        if step.say:
            await call.say(step.say, stop_keys=self.exit_keys)
        if exit_ := await self._left_by_key():
            return exit_
        while (left := self.joined + step.max_wait - self._time()) > 0:
            pause, woken = LOOK_SECONDS, place.offered
            if unanswered := place.offered.is_set():
                if exit_ := await self._offer():
                    return exit_
                pause, woken = AFTER_OFFER_SECONDS, asyncio.Event()
            elif self._should_tell():
                await self._tell()
            if exit_ := await self._hold(woken, min(pause, left)):
                return exit_
            if unanswered:
                place.returned()  # only now: an agent whom the caller left by key is to blame for nothing
            if not call.room.staffed(step.queue):
                return "nobody"
        return "timeout"

    async def _offer(self) -> str:
        """Let agents ring; the exit when the wait is over, "" when it goes on in the same place."""
        recording = self.call.new_recording("talk")
        outcome = await self.call.channel.connect(
            self.step.queue, self.place.visit, ring_seconds=self.step.ring_seconds, recording=recording
        )
        if outcome is ConnectOutcome.NO_ANSWER:
            return ""
        if outcome is ConnectOutcome.TALKED:
            return "answered"
        return "nobody" if outcome is ConnectOutcome.NOBODY else "failed"

    async def _hold(self, woken: asyncio.Event, seconds: float) -> str:
        """Music until woken, for at most `seconds`; the exit that the caller chose meanwhile, "" for none."""
        held = await self.call.hold(
            self.step.spoken, woken=woken, seconds=seconds, pause=PHRASE_PAUSE, stop_keys=self.exit_keys
        )
        if held.utterance:
            decision, key = decide(held.utterance, self.step.key_of.__getitem__)
            # To ask whether it was meant would keep an agent waiting who may be free any moment.
            sure = decision is Decision.ACCEPTED
            note(self.call, held.utterance, decision if sure else Decision.REJECTED)
            return f"key:{key}" if sure else ""
        return await self._left_by_key() if held.end is HeardEnd.KEY else ""

    async def _left_by_key(self) -> str:
        """The exit of the first key pressed that leaves the queue; "" when there is none."""
        while self.step.keys and (key := await self.call.read_key(0)):
            if key in self.step.keys:
                return f"key:{key}"
        return ""

    def _should_tell(self) -> bool:
        if not (self.step.position or self.step.hint):
            return False
        since = self._time() - self.told_at
        improved = self.place.position < self.told and since >= SETTLE_SECONDS
        return not self.told or improved or since >= self.step.every

    async def _tell(self) -> None:
        self.told = self.place.position
        self.call.variables["posisi"] = self.told
        for text in (self.step.position, self.step.hint):
            if text and not self.place.offered.is_set():
                await self.call.say(text, stop_keys=self.exit_keys)
        self.told_at = self._time()

    @staticmethod
    def _time() -> float:
        return asyncio.get_running_loop().time()


def _outcome_of(gone: HungUp) -> VisitOutcome:
    if gone.lost:
        return VisitOutcome.FAILED
    return VisitOutcome.HUNG_UP_TALKING if gone.talking else VisitOutcome.HUNG_UP
