"""How a line receives a call: what the caller hears before the flow, and which flow it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ivr.channel import EndReason, Value
from ivr.flow.hotline import Gate, Line
from ivr.flow.hours import CLOSES
from ivr.line.switches import Switches
from ivr.voice.book import Clip


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that meets the caller before the flow. `what` and `why`: as `events.LineNoted`.

    `say`: a prompt of the version with `values` filled in, "" for nothing; with `clip` a text that has its own audio.
    """

    what: str
    why: str
    say: str = ""
    clip: Clip | None = None
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reception:
    """`flow` answers after the notices, and to those whom the `gate` lets pass, unless the call ends with the notices:
    `end` is then why.
    """

    flow: str
    notices: tuple[Notice, ...] = ()
    end: EndReason | None = None
    gate: Gate | None = None


def receive(
    line: Line,
    number: str,
    caller: str,
    now: dt.datetime,
    *,
    switches: Switches,
    surging: Collection[str],
    blocked_say: str,
) -> Reception:
    """How the line `number` receives `caller` (E.164 or "").

    `surging`: lines that are in surge by themselves; `blocked_say`: what a blocked caller hears. Whoever is turned
    away hears the announcements first: in an emergency these are for everybody.
    """
    at = now.timestamp()
    announcements = switches.announcements(number, at)
    notices = [Notice("announcement", s.reason, s.text, s.clip) for s in announcements]
    if line.blocklist and (block := switches.block(caller, at)):
        notices.append(Notice("blocked", block.reason, blocked_say))
        return Reception(line.flow_at(now), tuple(notices), EndReason.BLOCKED)
    if any(s.instead for s in announcements):
        return Reception(line.flow_at(now), tuple(notices), EndReason.ANNOUNCED)
    gate, asks = None, switches.gate(number, at)
    if line.gate and (asks or line.gate.always):
        gate = line.gate
        notices.append(Notice("gate", asks.reason if asks else ""))
    closes = line.hours.closes_at(now) if line.hours else None
    if line.hours and not closes:
        holiday = line.hours.holiday(line.hours.local(now).date())
        return Reception(line.after_hours, (*notices, Notice("closed", holiday or "")), gate=gate)
    flow, by_hand = line.flow, switches.surge(number, at)
    if line.surge and (by_hand or number in surging):
        notices.append(Notice("surge", by_hand.reason if by_hand else "", line.surge.say))
        flow = line.surge.flow or flow
    if line.hours and closes and line.hours.closes_soon(now, closes):
        time = f"{closes:%H:%M}"
        notices.append(Notice("closing_soon", time, line.hours.closing_say, values={CLOSES: time}))
    return Reception(flow, tuple(notices), gate=gate)
