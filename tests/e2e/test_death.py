"""The engine or the supervisor dies or freezes while calls stand. No conversation notices."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from ivr.asterisk.rotation import DAY_SECONDS, rotate_witnesses
from ivr.flow.steps.menu import Menu
from ivr.flow.steps.play import Play
from ivr.publish import load_version
from ivr.routing.ami import Ami
from tests.e2e.kit import audio
from tests.e2e.kit.audio import RATE, Samples
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.softphone import Softphone
from tests.e2e.kit.witnesses import ChannelEvent

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

CITIZEN, AGENT = 440.0, 950.0
SLACK_SECONDS = 1.2
"""How far the record and a witness may be apart: queue_log counts whole seconds."""
LONGEST_CUT = 0.3
"""Seconds of silence in a conversation that nobody takes for an interruption."""


@pytest.fixture
def hotline(doomed_hotline: Hotline) -> Hotline:
    return doomed_hotline


@dataclass
class Scene:
    """Citizens at the moments of a call, an agent who talks and one whose telephone rings."""

    listening: Softphone
    asked: Softphone
    waiting: Softphone
    ringing: Softphone
    talking: Softphone
    talker: Softphone
    rung: Softphone

    @property
    def unserved(self) -> list[Softphone]:
        """The citizens who are not with an agent yet."""
        return [self.listening, self.asked, self.waiting, self.ringing]


async def dial(citizen: Softphone, number: str) -> Softphone:
    await citizen.dial(number)
    await citizen.wait_for("CALL_ESTABLISHED")
    return citizen


async def talk(agent: Softphone, citizen: Softphone) -> None:
    """Pick up the ringing telephone, until both hear each other."""
    await agent.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    await hear_each_other(agent, citizen)


async def hear_each_other(agent: Softphone, citizen: Softphone, *, since: float = 0.0) -> None:
    """For two more seconds, counted from second `since` of what they heard."""
    await until("the agent's voice", lambda: audio.tone_seconds(after(citizen, since), AGENT) > 2, seconds=15)
    await until("the citizen's voice", lambda: audio.tone_seconds(after(agent, since), CITIZEN) > 2, seconds=15)


def after(phone: Softphone, second: float) -> Samples:
    """What the telephone heard from this second of its call on."""
    return phone.heard[round(second * RATE) :]


def now(phone: Softphone) -> float:
    """The present second of the telephone's call."""
    return len(phone.heard) / RATE


async def each_moment(hotline: Hotline, start_agent: Start, start_citizen: Start) -> Scene:
    listening, asked, waiting, ringing, talking = [await start_citizen() for _ in range(5)]
    talker = await start_agent("101")
    await dial(talking, Line.LONG_RING)
    await talker.wait_for("CALL_INCOMING")
    await talk(talker, talking)
    rung = await start_agent("102")
    await dial(ringing, Line.LONG_RING)
    await rung.wait_for("CALL_INCOMING")
    await dial(waiting, Line.LONG_RING)
    await until("music", lambda: audio.level(waiting.heard[-RATE:]) > audio.SILENT, seconds=10)
    await dial(listening, Line.STORY)
    await hears_the_story(hotline, listening)
    await dial(asked, Line.LISTENS)
    await hears_the_beginning(hotline, asked, flow="dengar", step="tanya")
    return Scene(listening, asked, waiting, ringing, talking, talker, rung)


async def hears_the_story(hotline: Hotline, citizen: Softphone) -> None:
    await hears_the_beginning(hotline, citizen, flow="cerita", step="cerita")


async def hears_the_beginning(hotline: Hotline, citizen: Softphone, *, flow: str, step: str) -> None:
    """Wait until the long prompt of this step has begun."""
    speaks = load_version(hotline.settings).site.flows[flow].steps[step]
    assert isinstance(speaks, Play | Menu)
    words = hotline.spoken(speaks.say)
    await until("the prompt", lambda: audio.find(words, citizen.heard), seconds=10)


def rows(hotline: Hotline, phone: Softphone) -> list[ChannelEvent]:
    """What Asterisk's log says of this citizen's own channel."""
    return [row for row in hotline.cel() if row.caller == phone.user and row.uniqueid == row.linkedid]


async def reaches_fallback_queue(hotline: Hotline, phone: Softphone, struck_at: float, struck: float) -> float:
    """Wait until the citizen is in the fallback queue and heard why; the seconds that both took.

    `struck_at`: Unix time of the blow; `struck`: the second of this telephone's call.
    """

    def entered() -> ChannelEvent | None:
        starts = [row for row in rows(hotline, phone) if row.event == "APP_START" and row.application == "Queue"]
        return next((row for row in starts if row.context == "fallback"), None)

    queued: ChannelEvent = await until(f"{phone.user} in the fallback queue", entered, seconds=20)
    entries = [line for line in hotline.queue_log(queued.uniqueid) if line.queue == "fallback"]
    assert entries[0].event == "ENTERQUEUE"
    words = audio.read_wav(hotline.settings.prompts / "system/fallback.wav")
    heard: audio.Match = await until("the reason", lambda: audio.find(words, after(phone, struck)), seconds=20)
    return max(queued.at - struck_at, heard.at)


# --- the engine ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("blow", "seconds"),
    [(signal.SIGKILL, 3.0), (signal.SIGSTOP, 10.0), (signal.SIGTERM, 3.0)],
    ids=["killed", "frozen", "stopped"],
)
async def test_the_engine_dies_at_each_moment_of_a_call(
    hotline: Hotline, start_agent: Start, start_citizen: Start, blow: signal.Signals, seconds: float
) -> None:
    scene = await each_moment(hotline, start_agent, start_citizen)
    seconds_struck = {phone.user: now(phone) for phone in (*scene.unserved, scene.talking, scene.talker)}
    struck_at = time.time()
    dead = hotline.send("engine", blow)

    for phone in scene.unserved:
        took = await reaches_fallback_queue(hotline, phone, struck_at, seconds_struck[phone.user])
        assert took <= seconds, phone.user
    await hotline.restarted("engine", dead)

    # The conversation goes on as if nothing had been.
    talker, talking = scene.talker, scene.talking
    await hear_each_other(talker, talking, since=max(now(talker), now(talking)))
    for phone in (talker, talking):
        assert audio.longest_silence(after(phone, seconds_struck[phone.user])) < LONGEST_CUT

    # The free agent's telephone rings again, for the first in the fallback queue.
    await scene.rung.wait_for("CALL_INCOMING", seconds=30)
    await scene.rung.answer()

    def with_agent() -> Softphone | None:
        return next((phone for phone in scene.unserved if audio.tone_seconds(phone.heard, AGENT) > 0.5), None)

    served = await until("the agent's voice", with_agent, seconds=15)
    left = [phone for phone in scene.unserved if phone is not served]
    for phone in left:
        await phone.hang_up()
    for agent, citizen in ((scene.rung, served), (talker, talking)):
        await agent.hang_up()
        await hears(citizen, audio.read_wav(hotline.settings.prompts / "system/goodbye.wav"))
        assert (await citizen.ended()).by == "them"

    records = {phone.user: await hotline.record(phone.user, seconds=30) for phone in (*scene.unserved, talking)}
    for phone in (*scene.unserved, talking):
        record, seen = records[phone.user], rows(hotline, phone)
        assert record["end_reason"] == "engine_lost"
        assert record["started_at"] == pytest.approx(seen[0].at, abs=SLACK_SECONDS)
        hangup = next(row for row in seen if row.event == "HANGUP")
        assert record["ended_at"] == pytest.approx(hangup.at, abs=SLACK_SECONDS)
    first_visit = {phone.user: hotline.visits(records[phone.user]["id"])[:-1] for phone in scene.unserved}
    assert first_visit == {
        scene.listening.user: [],
        scene.asked.user: [],
        scene.waiting.user: [("lama", "failed")],
        scene.ringing.user: [("lama", "failed")],
    }
    for phone in left:
        assert hotline.visits(records[phone.user]["id"])[-1] == ("fallback", "hung_up")
    assert hotline.visits(records[served.user]["id"])[-1] == ("fallback", "answered")
    assert hotline.visits(records[talking.user]["id"]) == [("lama", "answered")]
    talk_is_told(hotline, records[served.user], served, "102")
    talk_is_told(hotline, records[talking.user], talking, "101")
    leg = hotline.talk(records[talking.user]["id"])
    recorded = audio.read_wav(hotline.settings.recordings / leg["recording"])
    for tone in (CITIZEN, AGENT):
        assert audio.tone_seconds(recorded, tone) == pytest.approx(leg["ended_at"] - leg["answered_at"], abs=2)


def talk_is_told(hotline: Hotline, record: dict[str, Any], phone: Softphone, agent: str) -> None:
    """The record's only conversation is that of Asterisk's log: with this agent, who ended it."""
    leg = hotline.talk(record["id"])
    assert (record["agent"], leg["agent"], leg["ended_by"]) == (agent, agent, "agent")
    bridge = {row.event: row.at for row in rows(hotline, phone) if row.event.startswith("BRIDGE_")}
    assert leg["answered_at"] == pytest.approx(bridge["BRIDGE_ENTER"], abs=SLACK_SECONDS)
    assert leg["ended_at"] == pytest.approx(bridge["BRIDGE_EXIT"], abs=SLACK_SECONDS)


async def test_the_engine_dies_in_a_talk_whose_beginning_was_put_aside(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    await dial(citizen, Line.LONG_RING)
    await agent.wait_for("CALL_INCOMING")
    await talk(agent, citizen)
    async with Ami(hotline.settings.network.ami_port, hotline.settings.secrets["ami"]).for_a_moment() as ami:
        await rotate_witnesses(hotline.settings, ami, now=time.time() + 2 * DAY_SECONDS, told_until=0.0)
    engine = hotline.send("engine", signal.SIGKILL)
    await citizen.hang_up()
    await hotline.restarted("engine", engine)

    record = await hotline.record(citizen.user)
    leg = hotline.talk(record["id"])
    assert (record["end_reason"], leg["agent"], leg["ended_by"]) == ("engine_lost", "101", "caller")
    assert hotline.logged(record["id"]) == ["COMPLETECALLER"]  # in the present file; all before is in the other one


# --- the supervisor ------------------------------------------------------------------------------------
async def test_the_supervisor_dies_and_the_next_one_takes_over(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    await dial(citizen, Line.LONG_RING)
    await agent.wait_for("CALL_INCOMING")
    await talk(agent, citizen)
    struck = {phone.user: now(phone) for phone in (agent, citizen)}
    before = {name: hotline.pid(name) for name in ("engine", "asterisk")}
    supervisor = json.loads(await hotline.sambung("status", "--json"))["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGKILL)

    second = await dial(await start_citizen(), Line.STORY)  # calls are taken without a supervisor, too
    await hears_the_story(hotline, second)
    await second.hang_up()
    await hotline.up()

    assert {name: hotline.pid(name) for name in before} == before
    assert json.loads(await hotline.sambung("status", "--json"))["supervisor"]["pid"] != supervisor
    await hear_each_other(agent, citizen, since=max(now(agent), now(citizen)))
    for phone in (agent, citizen):
        assert audio.longest_silence(after(phone, struck[phone.user])) < LONGEST_CUT
    await agent.hang_up()
    await hears(citizen, hotline.spoken("Terima kasih banyak."))
    record = await hotline.record(citizen.user)
    assert record["end_reason"] == "completed"


# --- all of it -----------------------------------------------------------------------------------------
async def test_sambung_is_stopped_while_two_talk(hotline: Hotline, start_agent: Start, start_citizen: Start) -> None:
    agent, citizen = await start_agent("101"), await start_citizen()
    await dial(citizen, Line.LONG_RING)
    await agent.wait_for("CALL_INCOMING")
    await talk(agent, citizen)
    await hotline.down()
    assert [(await phone.ended()).by for phone in (agent, citizen)] == ["them", "them"]
    await hotline.up()
    record = await hotline.record(citizen.user)
    hangup = next(row for row in rows(hotline, citizen) if row.event == "HANGUP")
    assert record["ended_at"] == pytest.approx(hangup.at, abs=SLACK_SECONDS)
    leg = hotline.talk(record["id"])
    assert (record["end_reason"], leg["agent"], leg["ended_by"]) == ("asterisk_lost", "101", "lost")
    assert leg["ended_at"] == pytest.approx(hangup.at, abs=SLACK_SECONDS)
