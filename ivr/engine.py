"""Runs one call: picks the next step, enforces the limits, writes the trace.

A step returns the name of an exit; the engine looks up where that exit leads. `HungUp` and
`TransferredAway` are caught here and nowhere else. Whatever goes wrong, the caller is not left alone:
`run_call` tells through its result whether Sambung is done with the call or a person must take it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from ivr.channel import (
    ALL_KEYS,
    Channel,
    EndReason,
    Grammar,
    Heard,
    HeardEnd,
    HoldOutcome,
    HungUp,
    Played,
    Prompt,
    Sayings,
    Segment,
    TransferredAway,
    Value,
    WaitingRoom,
)
from ivr.events import (
    MASKED_KEY,
    AgentAnswered,
    AgentRang,
    CallEnded,
    CallStarted,
    Event,
    EventSink,
    FlowProblem,
    KeyPressed,
    PromptFailed,
    PromptPlayed,
    SpeechBack,
    SpeechLost,
    StepEntered,
    StepLeft,
    TalkEnded,
    VariableSet,
)
from ivr.flow.expressions import ExpressionError, evaluate, parse, teks
from ivr.flow.model import Flow, Site, Step
from ivr.passes import earlier_pass
from ivr.settings import Settings
from ivr.voice.notice import notice_audio
from ivr.voice.template import names_in

log = logging.getLogger(__name__)


_HELD = {HoldOutcome.KEY: HeardEnd.KEY, HoldOutcome.WOKEN: HeardEnd.WOKEN, HoldOutcome.ELAPSED: HeardEnd.SILENCE}


class PromptBook(Protocol):
    """Gives the audio of a prompt (`ivr.voice.catalogue.PromptBook`)."""

    def render(self, text: str, variables: dict[str, Value]) -> Prompt: ...


class Version(Protocol):
    """A published version: what a call is run by (`ivr.publish.LoadedVersion`)."""

    @property
    def hash(self) -> str: ...
    @property
    def site(self) -> Site: ...
    @property
    def book(self) -> PromptBook: ...
    def grammar(self, sayings: Sayings) -> Grammar | None:
        """What the recogniser needs; None where the version has no such grammar."""


class LiveCall:
    """One call in the engine's hands; implements `ivr.channel.Call`."""

    def __init__(
        self,
        call: str,
        channel: Channel,
        *,
        version: Version,
        settings: Settings,
        sink: EventSink,
        room: WaitingRoom,
        clock: Callable[[], float],
        may_record: Callable[[Path], bool],
    ) -> None:
        self.id, self.channel, self.room = call, channel, room
        self.variables: dict[str, Value] = {}
        self.secret = False
        self.secrets: set[str] = set()
        self.notices: set[str] = set()
        self.version = version
        self.talk_ended_by = ""
        """Who ended the last conversation, as long as nothing was said to the caller since."""
        self._settings, self._sink, self._clock, self._may_record = settings, sink, clock, may_record
        self._zone = ZoneInfo(settings.timezone)
        self._recordings = 0
        self._deaf = False
        self._informed = not settings.recording.notice

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock(), self._zone)

    def emit(self, event_type: type[Event], *, ago: float = 0.0, **data: object) -> None:
        if event_type is AgentRang:
            self.room.ringing(str(data["visit"]), str(data["agent"]))
        elif event_type is AgentAnswered:
            self.room.talking(str(data["visit"]), ago=ago)
        elif event_type is TalkEnded:
            self.talk_ended_by = str(data["ended_by"])
        self._sink(event_type(call=self.id, at=self._clock() - ago, **data))

    def assign(self, name: str, value: Value, *, secret: bool = False) -> None:
        self.variables[name] = value
        (self.secrets.add if secret else self.secrets.discard)(name)
        self.emit(VariableSet, name=name, value=MASKED_KEY if secret else teks(value))

    async def say(self, text: str, *, stop_keys: str = ALL_KEYS) -> Played:
        prompt, spoken = self._render(text)
        played = await self._play(prompt, spoken, stop_keys=stop_keys)
        self._note_problem(spoken, played.problem)
        return played

    async def listen(
        self, text: str, sayings: Sayings, *, timeout: float, pause: float, stop_keys: str = ALL_KEYS
    ) -> Heard:
        heard = Heard(HeardEnd.UNAVAILABLE)
        if grammar := self._grammar(sayings):
            heard = await self._listen(text, grammar, timeout=timeout, pause=pause, stop_keys=stop_keys)
        self._note_deafness(deaf=heard.end is HeardEnd.UNAVAILABLE)
        return heard

    async def hold(
        self, sayings: Sayings | None, *, woken: asyncio.Event, seconds: float, pause: float, stop_keys: str
    ) -> Heard:
        if sayings is not None:
            heard: Heard | None = Heard(HeardEnd.UNAVAILABLE)
            if grammar := self._grammar(sayings):
                heard = await self.channel.listen_on_hold(
                    grammar,
                    woken=woken,
                    seconds=seconds,
                    pause=pause,
                    stop_keys=stop_keys,
                    audio=self._utterance_path(),
                )
            if heard:
                self._note_deafness(deaf=heard.end is HeardEnd.UNAVAILABLE)
                if heard.end is not HeardEnd.UNAVAILABLE:
                    return heard
        return Heard(_HELD[await self.channel.hold(woken=woken, seconds=seconds, stop_keys=stop_keys)])

    def _grammar(self, sayings: Sayings) -> Grammar | None:
        return self.version.grammar(sayings) if self._settings.speech.servers else None

    def _note_deafness(self, *, deaf: bool) -> None:
        if deaf is not self._deaf:
            self._deaf = deaf
            self.emit(SpeechLost if deaf else SpeechBack)

    async def _listen(self, text: str, grammar: Grammar, *, timeout: float, pause: float, stop_keys: str) -> Heard:
        prompt, spoken = self._render(text)
        audio = self._utterance_path()
        with self._recorded(prompt, spoken) as told:
            heard = await self.channel.listen(
                prompt, grammar, timeout=timeout, pause=pause, stop_keys=stop_keys, audio=audio
            )
            if heard.end is not HeardEnd.UNAVAILABLE or heard.played.seconds:
                told.append(heard.played)
        self._note_problem(spoken, heard.played.problem)
        return heard

    async def _play(self, prompt: Prompt, spoken: str, *, stop_keys: str) -> Played:
        with self._recorded(prompt, spoken) as told:
            played = await self.channel.play(prompt, stop_keys=stop_keys)
            told.append(played)
        return played

    def _render(self, text: str) -> tuple[Prompt, str]:
        """A prompt, and what the record tells of it."""
        prompt = self.version.book.render(text, self.variables)
        secret = self.secret or not self.secrets.isdisjoint(names_in(text))
        return prompt, text if secret else " ".join(s.text for s in prompt)

    @contextmanager
    def _recorded(self, prompt: Prompt, spoken: str) -> Iterator[list[Played]]:
        """Records what was heard of a prompt: as it is put into the list, or until the caller hung up."""
        self.talk_ended_by = ""
        started, told = self._clock(), list[Played]()
        try:
            yield told
        except HungUp:
            whole, heard = sum(s.seconds for s in prompt), self._clock() - started
            told.append(Played(min(whole, heard) if whole else heard, completed=0 < whole <= heard))
            raise
        finally:
            for played in told if prompt else ():
                ago = max(0.0, self._clock() - started - played.seconds)
                seconds = round(played.seconds, 2)
                self.emit(PromptPlayed, ago=ago, text=spoken, seconds=seconds, completed=played.completed)

    def _note_problem(self, spoken: str, problem: str) -> None:
        if problem:
            self.emit(PromptFailed, text=spoken, problem=problem)

    async def read_key(self, timeout: float) -> str | None:
        key = await self.channel.read_key(timeout)
        if key is not None:
            self.emit(KeyPressed, key=MASKED_KEY if self.secret else key)
        return key

    def evaluate(self, expression: str) -> Value:
        try:
            return evaluate(expression, self.variables)
        except ExpressionError:
            if not self.secret and self.secrets.isdisjoint(parse(expression).names):
                raise
            raise ExpressionError("an expression over a secret variable cannot be worked out") from None

    async def announce_recording(self) -> None:
        """No key cuts the notice short: a recording rests on its having been heard. Keys count afterwards."""
        recording = self._settings.recording
        if self._informed or not recording.conversations or not self._may_record(self._recording_path("talk")):
            return
        notice = Segment(recording.notice, notice_audio(self._settings))
        played = await self._play([notice], notice.text, stop_keys="")
        self._informed = not played.problem
        if played.problem:
            problem = f"{played.problem}: the conversation is not recorded"
            log.error("%s: the notice of recording: %s; run `sambung setup`", self.id, problem)
            self.emit(PromptFailed, text=notice.text, problem=problem)

    def new_recording(self, kind: str) -> Path | None:
        """`recordings/YYYY/MM/DD/<call>-<kind><n>.wav`: nothing in it comes from the caller."""
        if kind == "talk" and not (self._settings.recording.conversations and self._informed):
            return None
        self._recordings += 1
        path = self._recording_path(kind)
        return path if self._may_record(path) else None

    def _utterance_path(self) -> Path | None:
        """Where what the caller says now is kept; None: nowhere."""
        if self.secret or not self._settings.speech.keep_audio:
            return None
        return self.new_recording("utterance")

    def _recording_path(self, kind: str) -> Path:
        folder = self._settings.recordings / self.now().strftime("%Y/%m/%d")
        return folder / f"{self.id}-{kind}{self._recordings}.wav"

    def relative_recording(self, path: Path) -> str:
        return str(path.relative_to(self._settings.recordings))


class Engine:
    """Runs calls by the version in force. Setting `version` concerns new calls only."""

    def __init__(
        self,
        version: Version,
        settings: Settings,
        sink: EventSink,
        room: WaitingRoom,
        *,
        clock: Callable[[], float] = time.time,
        may_record: Callable[[Path], bool] = lambda path: True,
    ) -> None:
        """`may_record`: whether a recording can be written to a path now."""
        self.version = version
        self._settings, self._sink, self._room, self._clock = settings, sink, room, clock
        self._may_record = may_record

    async def run_call(
        self, channel: Channel, *, call: str, number: str, caller: str, channel_name: str = ""
    ) -> EndReason:
        """Run one call from its first step to its end and close its record.

        `number`: the number dialled, as in the lines; `caller`: E.164 or "". When the task is cancelled
        the record stays open, to be closed after the restart by what Asterisk saw.
        """
        version = self.version
        live = LiveCall(
            call,
            channel,
            version=version,
            settings=self._settings,
            sink=self._sink,
            room=self._room,
            clock=self._clock,
            may_record=self._may_record,
        )
        line = version.site.lines.get(number)
        name = line.flow_at(live.now()) if line else ""
        channel.report = live.emit
        live.emit(
            CallStarted,
            line=number,
            caller=caller,
            flow=name,
            version=version.hash,
            channel=channel_name,
            continues=earlier_pass(call),
        )
        live.variables.update(caller=caller, line=number)
        reason, detail = EndReason.FAILED, ""
        try:
            if line is None:
                detail = f"no line has the number {number}"
                log.error("%s: %s; the caller goes to the fallback queue", call, detail)
            else:
                await channel.answer()
                reason, detail = await self._walk(live, version.site.flows[name])
        except HungUp as gone:
            reason = EndReason.ASTERISK_LOST if gone.lost else EndReason.CALLER_HUNG_UP
        except TransferredAway:
            reason = EndReason.TRANSFERRED
        except Exception as e:
            log.exception("%s: the engine failed; the caller goes to the fallback queue", call)
            detail = f"{type(e).__name__}: {e}"
        live.emit(CallEnded, reason=reason.value, detail=detail)
        return reason

    async def _walk(self, live: LiveCall, flow: Flow) -> tuple[EndReason, str]:
        live.variables.update(flow.constants)
        returns: list[tuple[Flow, str]] = []
        name: str = flow.start
        started, talked = self._clock(), 0.0
        for _ in range(self._settings.limits.steps_per_call):
            if self._clock() - started - talked > self._settings.limits.minutes_in_flow * 60:
                return EndReason.LIMIT, f"longer than {self._settings.limits.minutes_in_flow} minutes"
            step = flow.steps[name]
            live.emit(StepEntered, flow=flow.name, step=name, type=step.type)
            entered = self._clock()
            exit_ = await self._run(live, flow, name, step)
            talked += (self._clock() - entered) * step.talks
            to: str = step.exits()[exit_]
            live.emit(StepLeft, flow=flow.name, step=name, exit=exit_, to=to)
            if jump := step.jump():
                if jump.returns:
                    returns.append((flow, to))
                else:
                    returns.clear()
                flow = live.version.site.flows[jump.flow]
                live.variables.update(flow.constants)
                to = flow.start
            if step.final:
                returns.clear()
            while not to and returns:
                flow, to = returns.pop()
            if not to:
                return (EndReason.AGENT_HUNG_UP if live.talk_ended_by == "agent" else EndReason.COMPLETED), ""
            name = to
        return EndReason.LIMIT, f"more than {self._settings.limits.steps_per_call} steps"

    async def _run(self, live: LiveCall, flow: Flow, name: str, step: Step) -> str:
        """Run one step; a fault in it leads to its exit `failed`, where it has one."""
        try:
            return await step.run(live)
        except (HungUp, TransferredAway):
            raise
        except Exception as e:
            if "failed" not in step.exits():
                raise
            log.exception("%s: step %s of %s failed", live.id, name, flow.name)
            live.emit(FlowProblem, flow=flow.name, step=name, problem=f"{type(e).__name__}: {e}", handled="exit failed")
            return "failed"
        finally:
            live.secret = False
