"""The manager is away: a call's outcome rests on what AGI and the channel's variables tell.

A small Asterisk with our queues.conf and our engine in the test's own process, which no manager ever tells
anything: so the room fails open, and app_queue decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ivr.agi import channel
from ivr.agi.server import AgiServer
from ivr.asterisk.find import Installation
from ivr.asterisk.program import library_folder
from ivr.asterisk.render import render
from ivr.engine import Engine
from ivr.events import Event
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.routing.ami import Ami
from ivr.routing.board import AgentBoard
from ivr.routing.rooms import Room
from ivr.routing.watch import CallWatch
from ivr.settings import Network, Recording, Settings
from ivr.sim.callbacks import SimCallbacks
from ivr.sim.callers import SimCallers
from ivr.sim.others import SimLookups, SimOutbox
from ivr.sim.tickets import SimTickets
from ivr.telephones import interface_of
from ivr.voice.book import PromptBook
from tests.e2e.kit import audio
from tests.e2e.kit.machine import bundle_root, free_port, program, until
from tests.e2e.kit.people import AGENT_TONE, CITIZEN_TONE, calls, talks
from tests.e2e.kit.small_asterisk import SmallAsterisk
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

QUEUE, TRANSFER = "2001", "2005"
FLOWS = {
    "hotline": f"""
lines:
  {QUEUE}: {{title: Antrean, flow: antre}}
  {TRANSFER}: {{title: Dialihkan, flow: alih}}
queues:
  umum: {{title: Umum, ring_seconds: 10s, wrapup_seconds: 0s}}
""",
    "antre": """
flow: antre
start: petugas
steps:
  petugas: {type: queue, queue: umum, answered: pamit, timeout: pamit, nobody: pamit}
  pamit: {type: hangup}
""",
    "alih": """
flow: alih
start: rekan
steps:
  rekan: {type: transfer, to: 102, failed: pamit}
  pamit: {type: hangup}
""",
}
DIALPLAN = """
exten => _2XXX,1,Set(SAMBUNG_CALL=${{UNIQUEID}})
 same => n,AGI(agi://127.0.0.1:{port}/call,{secret},${{SAMBUNG_CALL}})
 same => n,Hangup()
exten => 102,1,Dial(PJSIP/102,30)
"""


@dataclass
class Unpublished:
    """The flows of this file, whose sentences have no audio."""

    site: Site
    hash: str = "test"
    book: PromptBook = field(default_factory=lambda: PromptBook({}, Path()))


@dataclass
class Lonely:
    """An engine without a manager, its Asterisk, and everything that it told."""

    asterisk: SmallAsterisk
    told: list[Event]

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind, with their times."""
        return [{"at": event.at, **event.data()} for event in self.told if event.kind == kind]

    async def ended(self) -> str:
        """Wait for the end of the only call; how it ended."""
        facts: list[dict[str, Any]] = await until("the end of the call", lambda: self.facts("call_ended"), seconds=10)
        return str(facts[0]["reason"])

    async def logged(self, event: str) -> None:
        """Wait until app_queue's log tells of `event`."""
        log = self.asterisk.home / "log/queue_log"
        await until(event, lambda: log.exists() and event in log.read_text(), seconds=10)


def installation() -> Installation:
    modules = library_folder(bundle_root()) / "asterisk/modules"
    return Installation(tuple(program("asterisk")), modules, bundle_root() / "usr/share/asterisk", "")


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[Lonely]:
    (tmp_path / "flows").mkdir()
    for name, text in FLOWS.items():
        (tmp_path / f"flows/{name}.yaml").write_text(text)
    site = load_site(tmp_path / "flows").site
    assert site is not None
    settings = Settings(
        state=tmp_path / "s",
        recordings=tmp_path / "recordings",
        network=Network(agi_port=free_port()),
        recording=Recording(conversations=False),
    )
    render(settings, installation(), agents=[], lines=site.lines, queues=site.queues, exit_keys={})
    ami = Ami(free_port(), "")  # nobody listens there
    watch, board = CallWatch(ami), AgentBoard(ami, lambda queue: 0.0)
    told: list[Event] = []
    engine = Engine(
        Unpublished(site),
        settings,
        told.append,
        Room(board, knows=lambda: board.known),
        tickets=SimTickets(),
        lookups=SimLookups(),
        outbox=SimOutbox(),
        callbacks=SimCallbacks(),
        callers=SimCallers(),
    )
    server = AgiServer(engine, settings, watch=watch, transfer_target=interface_of)
    asterisk = SmallAsterisk(
        tmp_path / "asterisk",
        DIALPLAN.format(port=settings.network.agi_port, secret=settings.secrets["agi"]),
        accounts={"101": "rahasia", "102": "rahasia"},
        queues=(settings.asterisk / "etc/queues.conf").read_text(),
    )
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        await server.start()
        stack.push_async_callback(asterisk.stop)
        await asterisk.start()
        yield Lonely(asterisk, told)


@pytest.fixture
async def phones(lonely: Lonely, start_phone: Any) -> tuple[Softphone, Softphone, Softphone]:
    """A citizen's telephone, and those of 101, who is in the queue, and 102."""
    sip = lonely.asterisk.sip
    agents = [await start_phone(sip, user=user, password="rahasia", says=AGENT_TONE) for user in ("101", "102")]
    await lonely.asterisk.console("queue add member PJSIP/101 to umum")
    return await start_phone(sip, user="08123", says=CITIZEN_TONE), agents[0], agents[1]


@pytest.mark.parametrize("options", [channel.QUEUE_OPTIONS, channel.QUEUE_OPTIONS.replace("c", "")])
async def test_the_agent_hangs_up_and_the_flow_goes_on(
    lonely: Lonely, phones: tuple[Softphone, ...], monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """Also where app_queue says -1, without any status, of a caller who is still there (no option `c`)."""
    monkeypatch.setattr(channel, "QUEUE_OPTIONS", options)
    citizen, agent, _ = phones
    await calls(citizen, QUEUE)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen, seconds=2.5)
    await agent.hang_up()
    assert (await citizen.ended()).by == "them"
    assert await lonely.ended() == "agent_hung_up"
    assert lonely.facts("step_left")[0]["exit"] == "answered"
    ((joined,), (answered,), (ended,), (left,)) = (
        lonely.facts(kind) for kind in ("queue_joined", "agent_answered", "talk_ended", "queue_left")
    )
    assert (answered["agent"], ended["ended_by"], left["outcome"]) == ("101", "agent", "answered")
    assert ended["at"] - answered["at"] > 2.5 - 1  # app_queue counts whole seconds
    assert left["waited"] == pytest.approx(answered["at"] - joined["at"], abs=0.2)


async def test_the_agent_sends_the_call_to_another(lonely: Lonely, phones: tuple[Softphone, ...]) -> None:
    citizen, agent, colleague = phones
    await calls(citizen, QUEUE)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.transfer("102")
    await colleague.wait_for("CALL_INCOMING")
    assert await lonely.ended() == "transferred"
    assert lonely.facts("queue_left")[0]["outcome"] == "transferred"
    await citizen.hang_up()


async def test_the_agent_has_a_word_with_another_and_sends_the_call_there(
    lonely: Lonely, phones: tuple[Softphone, ...]
) -> None:
    """Nobody tells of that before they are done."""
    citizen, agent, colleague = phones
    await calls(citizen, QUEUE)
    await agent.wait_for("CALL_INCOMING")
    await talks(agent, citizen)
    await agent.dial("102")
    await colleague.wait_for("CALL_INCOMING")
    await colleague.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    await agent.complete_transfer()
    await agent.ended()
    await until("their talk", lambda: audio.tone_seconds(colleague.heard, CITIZEN_TONE) > 0.5, seconds=10)
    await colleague.hang_up()
    assert await lonely.ended() == "transferred"
    assert lonely.facts("talk_ended")[0]["ended_by"] == "transfer"
    assert lonely.facts("queue_left")[0]["outcome"] == "transferred"
    assert (await citizen.ended()).by == "them"


async def test_the_caller_ends_the_talk_of_a_transfer(lonely: Lonely, phones: tuple[Softphone, ...]) -> None:
    citizen, _, colleague = phones
    await calls(citizen, TRANSFER)
    await colleague.wait_for("CALL_INCOMING")
    await talks(colleague, citizen)
    await citizen.hang_up()
    assert await lonely.ended() == "caller_hung_up"
    assert lonely.facts("transfer_ended")[0]["outcome"] == "hung_up_talking"


async def test_while_all_agents_are_on_a_pause_the_caller_waits(lonely: Lonely, phones: tuple[Softphone, ...]) -> None:
    citizen, agent, _ = phones
    await lonely.asterisk.console("queue pause member PJSIP/101")
    await calls(citizen, QUEUE)
    await lonely.logged("ENTERQUEUE")
    await lonely.asterisk.console("queue unpause member PJSIP/101")
    await agent.wait_for("CALL_INCOMING")
    await citizen.hang_up()
    assert await lonely.ended() == "caller_hung_up"
    assert lonely.facts("queue_left")[0]["outcome"] == "hung_up"
