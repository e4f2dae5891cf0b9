"""A whole simulated call: the real engine and the real flows, in virtual time."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.callbacks import CallbackDesk
from ivr.callers import CallerArchive
from ivr.channel import EndReason, Grammar, Sayings, TransferOutcome
from ivr.engine import Engine
from ivr.events import Event
from ivr.flow.model import Site
from ivr.line.switches import Switches
from ivr.lookups import Lookups
from ivr.notifications import Outbox
from ivr.settings import Settings
from ivr.sim import clock
from ivr.sim.agents import SimRoom
from ivr.sim.callbacks import SimCallbacks
from ivr.sim.caller import Caller
from ivr.sim.callers import SimCallers
from ivr.sim.channel import SimChannel
from ivr.sim.ears import Ears
from ivr.sim.others import SimLookups, SimOutbox
from ivr.sim.tickets import SimTickets
from ivr.tickets import TicketDesk
from ivr.voice.book import PromptBook

CALL = "sim"
"""The id of a simulated call."""
CALLER = "+6281234567890"


@dataclass(frozen=True, slots=True)
class Trial:
    """What happened on a simulated call. `events` in order, their times in Unix seconds."""

    reason: EndReason
    events: list[Event]
    commands: list[str]


class Unpublished:
    """The flows as they lie in the folder, without audio; a version for the engine, for any number of calls.

    `model`: the folder of the recogniser's model, which recordings are heard with; without it none is understood.
    """

    hash = "simulation"

    def __init__(self, site: Site, model: Path | None = None) -> None:
        self.site, self.ears = site, Ears(model, site.lexicon(), site.vocabulary)
        self.book = PromptBook({}, Path(), translations=site.translations, names=site.names())

    def grammar(self, sayings: Sayings) -> Grammar | None:
        return self.ears.grammar(sayings)


def simulate(
    version: Unpublished,
    number: str,
    caller: Caller,
    *,
    caller_number: str = CALLER,
    room: SimRoom | None = None,
    others: Mapping[str, int] | None = None,
    transfers: dict[str, tuple[TransferOutcome, float]] | None = None,
    at: dt.datetime | None = None,
    settings: Settings | None = None,
    may_record: bool = True,
    switches: Switches | None = None,
    surging: Collection[str] = (),
    speech: bool = True,
    tickets: TicketDesk | None = None,
    lookups: Lookups | None = None,
    outbox: Outbox | None = None,
    callbacks: CallbackDesk | None = None,
    callers: CallerArchive | None = None,
    sink: Callable[[Event], None] = lambda event: None,
) -> Trial:
    """Call the line `number` and see what happens.

    `caller_number`: E.164, "" when withheld. `room`: the agents; nobody, if missing. `others`: queue → how many are
    in its line before. `at`: when the call begins, a local time (now, if missing). `may_record`: whether the disk takes
    recordings. `switches`: what is switched on. `surging`: lines in surge by themselves. `speech`: whether speech is
    understood. `tickets`, `callbacks`: where they are kept; in memory, if missing. `callers`: their past; none, if
    missing. `lookups`: who answers; nobody, if missing. `outbox`: who takes notifications. `sink` is told of each event
    at once.
    Raises `clock.StuckError` when the call would never end, or leaves a task behind.
    """
    room = room or SimRoom()
    settings = settings or Settings()
    start = at.replace(tzinfo=ZoneInfo(settings.timezone)).timestamp() if at else time.time()
    events: list[Event] = []

    def note(event: Event) -> None:
        events.append(event)
        sink(event)

    async def call() -> Trial:
        loop = asyncio.get_running_loop()
        for queue, count in (others or {}).items():
            room.fill(queue, count)
        channel = SimChannel(caller, room, transfers, version.ears)
        if not speech:
            channel.speech_server(up=False)
        engine = Engine(
            version,
            settings,
            note,
            room,
            tickets=tickets or SimTickets(),
            lookups=lookups or SimLookups(),
            outbox=outbox or SimOutbox(),
            callbacks=callbacks or SimCallbacks(),
            callers=callers or SimCallers(),
            clock=lambda: start + loop.time(),
            may_record=lambda path: may_record,
        )
        engine.switches, engine.surging = switches or Switches(), surging
        reason = await engine.run_call(channel, call=CALL, number=number, caller=caller_number, channel_name="Sim/1")
        await asyncio.sleep(0)  # what was cancelled with the last command ends now
        if left_over := asyncio.all_tasks() - {asyncio.current_task()}:
            raise clock.StuckError(f"tasks outlive the call: {left_over}")
        channel.close()
        return Trial(reason, events, channel.commands)

    return clock.run(call())
