"""Runs one call: picks the next step, enforces the limits, writes the trace.

A step returns the name of an exit; the engine looks up where that exit leads. `HungUp` and
`TransferredAway` are caught here and nowhere else. Whatever goes wrong, the caller is not left alone:
`run_call` tells through its result whether Sambung is done with the call or a person must take it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path

from ivr.callbacks import CallbackDesk
from ivr.callers import CallerArchive, PastUnknown
from ivr.channel import Channel, EndReason, HungUp, TransferredAway, WaitingRoom
from ivr.events import (
    CallEnded,
    CallerRemembered,
    CallStarted,
    EventSink,
    FlowProblem,
    LineNoted,
    StepEntered,
    StepLeft,
)
from ivr.flow.hotline import Line
from ivr.flow.model import Flow, Step
from ivr.line.gate import shows_life
from ivr.line.reception import Notice, Reception, receive
from ivr.line.switches import Switches
from ivr.live import LiveCall, Version
from ivr.lookups import Lookups
from ivr.notifications import Outbox
from ivr.passes import earlier_pass
from ivr.settings import Settings
from ivr.tickets import TicketDesk

log = logging.getLogger(__name__)


class Engine:
    """Runs calls by the version in force and what is switched on. Setting these concerns new calls only."""

    def __init__(
        self,
        version: Version,
        settings: Settings,
        sink: EventSink,
        room: WaitingRoom,
        *,
        tickets: TicketDesk,
        lookups: Lookups,
        outbox: Outbox,
        callbacks: CallbackDesk,
        callers: CallerArchive,
        clock: Callable[[], float] = time.time,
        may_record: Callable[[Path], bool] = lambda path: True,
    ) -> None:
        """`may_record`: whether a recording can be written to a path now."""
        self.version = version
        self.switches = Switches()
        self.surging: Collection[str] = ()
        """Lines that are in surge by themselves."""
        self._settings, self._sink, self._room, self._clock = settings, sink, room, clock
        self._tickets, self._callbacks, self._callers = tickets, callbacks, callers
        self._lookups, self._outbox = lookups, outbox
        self._may_record = may_record

    async def run_call(
        self, channel: Channel, *, call: str, number: str, caller: str, channel_name: str = ""
    ) -> EndReason:
        """Run one call from its first step to its end and close its record.

        `number`: the number dialled, as in the lines; `caller`: E.164 or "". When the task is cancelled
        the record stays open, to be closed after the restart by what Asterisk saw.
        """
        version = self.version
        line = version.site.lines.get(number)
        live = LiveCall(
            call,
            channel,
            version=version,
            line=line,
            settings=self._settings,
            sink=self._sink,
            room=self._room,
            tickets=self._tickets,
            lookups=self._lookups,
            outbox=self._outbox,
            callbacks=self._callbacks,
            clock=self._clock,
            may_record=self._may_record,
        )
        again = earlier_pass(call)
        reception = self._reception(live, number, caller, line, again=bool(again)) if line else Reception("")
        channel.report = live.emit
        live.emit(
            CallStarted,
            line=number,
            caller=caller,
            flow="" if reception.end else reception.flow,
            version=version.hash,
            channel=channel_name,
            continues=again,
        )
        for notice in reception.notices:
            live.emit(LineNoted, what=notice.what, why=notice.why)
        live.variables.update(caller=caller, line=number)
        reason, detail = EndReason.FAILED, ""
        try:
            if line is None:
                detail = f"no line has the number {number}"
                log.error("%s: %s; the caller goes to the fallback queue", call, detail)
            else:
                await channel.answer()
                reason, detail = await self._serve(live, reception)
        except HungUp as gone:
            reason = EndReason.ASTERISK_LOST if gone.lost else EndReason.CALLER_HUNG_UP
        except TransferredAway:
            reason = EndReason.TRANSFERRED
        except Exception as e:
            log.exception("%s: the engine failed; the caller goes to the fallback queue", call)
            detail = f"{type(e).__name__}: {e}"
        live.emit(CallEnded, reason=reason.value, detail=detail)
        return reason

    def _reception(self, live: LiveCall, number: str, caller: str, line: Line, *, again: bool) -> Reception:
        """How the line receives the call. A fault in what is switched leads to the flow, as if nothing were.

        One whom an agent sent back to the hotline (`again`) met what is switched, and gave a sign of life, before.
        """
        try:
            return receive(
                line.model_copy(update={"gate": None}) if again else line,
                number,
                caller,
                live.now(),
                switches=Switches() if again else self.switches,
                surging=() if again else self.surging,
                blocked_say=live.version.site.blocklist.say,
            )
        except Exception:
            log.exception("%s: what is switched on line %s cannot be told; its flow answers", live.id, number)
            return Reception(line.flow)

    async def _serve(self, live: LiveCall, reception: Reception) -> tuple[EndReason, str]:
        """Say what is to be said before the flow, and walk it: also where an announcement in its place is not heard."""
        said = [await self._say(live, notice) for notice in reception.notices]
        if reception.end is EndReason.BLOCKED or (reception.end and all(said)):
            return reception.end, ""
        if reception.gate and not await shows_life(live, reception.gate):
            return EndReason.GHOST, ""
        await self._remember(live)
        return await self._walk(live, live.version.site.flows[reception.flow])

    async def _remember(self, live: LiveCall) -> None:
        """Know what the caller's number did before, where a flow asks for it; nothing where that cannot be read."""
        caller, problem = str(live.variables["caller"]), ""
        if not (caller and live.version.site.asks_past):
            return
        try:
            live.past = await self._callers.past(caller, live.id, live.past.now)
        except PastUnknown as e:
            problem = str(e)
        past = live.past
        live.emit(
            CallerRemembered,
            calls=len(past.calls),
            tickets=past.tickets,
            callbacks=past.callbacks,
            problem=problem,
        )

    async def _say(self, live: LiveCall, notice: Notice) -> bool:
        """Whether the caller could hear it all, which no key cuts short where it has audio of its own."""
        live.variables.update(notice.values)
        if notice.clip:
            played = await live.announce(notice.say, notice.clip)
        elif notice.say:
            played = await live.say(notice.say)
        else:
            return True
        return not played.problem

    async def _walk(self, live: LiveCall, flow: Flow) -> tuple[EndReason, str]:
        live.variables.update(flow.constants)
        returns: list[tuple[Flow, str]] = []
        name: str = flow.start
        started, talked = self._clock(), 0.0
        for _ in range(self._settings.limits.steps_per_call):
            entered = self._clock()
            if entered - started - talked > self._settings.limits.minutes_in_flow * 60:
                return EndReason.LIMIT, f"longer than {self._settings.limits.minutes_in_flow} minutes"
            step = flow.steps[name]
            live.emit(StepEntered, flow=flow.name, step=name, type=step.type)
            exit_ = await self._run(live, flow, name, step)
            if step.talks:
                talked += self._clock() - entered
            to: str = step.leads_to[exit_]
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
