"""The simulated channel keeps the promises of `ivr.channel.Channel`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.channel import (
    ConnectOutcome,
    HoldOutcome,
    HungUp,
    Played,
    Segment,
    TransferOutcome,
    TransferredAway,
)
from ivr.events import Event
from ivr.sim.agents import Agent, SimRoom
from ivr.sim.caller import HangUp, Press, ScriptedCaller
from ivr.sim.channel import SimChannel
from ivr.sim.clock import run

TEN_SECONDS = [Segment("a", None, 4.0), Segment("b", None, 6.0)]
Facts = list[tuple[str, dict[str, object]]]


def on_channel(
    body: Callable[[SimChannel, SimRoom], Awaitable[Any]], *script: Press | HangUp, agents: tuple[Agent, ...] = ()
) -> tuple[Any, float, Facts]:
    """What `body` gives, the time it took, and what the channel reported."""
    facts: Facts = []

    def report(event_type: type[Event], **data: object) -> None:
        facts.append((event_type.kind, data))

    async def main() -> tuple[Any, float, Facts]:
        room = SimRoom(agents)
        channel = SimChannel(ScriptedCaller(*script), room, {"101": (TransferOutcome.ANSWERED, 30.0)})
        channel.report = report
        return await body(channel, room), asyncio.get_running_loop().time(), facts

    return run(main())


def test_a_prompt_takes_its_time() -> None:
    played, took, _ = on_channel(lambda c, r: c.play(TEN_SECONDS))
    assert played == Played(10.0, completed=True)
    assert took == 10


def test_a_key_ends_a_prompt_and_stays_in_the_buffer() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> tuple[Played, str | None]:
        return await channel.play(TEN_SECONDS), await channel.read_key(5)

    (played, key), took, _ = on_channel(body, Press("7", at=6))
    assert played == Played(6.0, completed=False)
    assert (key, took) == ("7", 6)


def test_only_the_stop_keys_end_a_prompt() -> None:
    played, took, _ = on_channel(lambda c, r: c.play(TEN_SECONDS, stop_keys="1"), Press("7", at=6))
    assert (played.completed, took) == (True, 10)


def test_keys_typed_fast_are_all_kept_over_prompts_and_gaps() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> str:
        await channel.play(TEN_SECONDS)
        await asyncio.sleep(0.55)  # no command runs
        await channel.play(TEN_SECONDS, stop_keys="")
        keys = ""
        while key := await channel.read_key(3):
            keys += key
        return keys

    keys, _, _ = on_channel(body, Press("0123456789*#", at=2, gap=0.1))
    assert keys == "0123456789*#"


def test_silence() -> None:
    key, took, _ = on_channel(lambda c, r: c.read_key(5))
    assert (key, took) == (None, 5)


def test_hold_ends_by_key_by_waking_or_by_time() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> list[HoldOutcome]:
        woken = asyncio.Event()
        first = await channel.hold(woken=woken, seconds=5)
        second = await channel.hold(woken=woken, seconds=5, stop_keys="1")
        asyncio.get_running_loop().call_later(1, woken.set)
        await channel.read_key(0)
        return [first, second, await channel.hold(woken=woken, seconds=5)]

    outcomes, took, _ = on_channel(body, Press("1", at=7))
    assert outcomes == [HoldOutcome.ELAPSED, HoldOutcome.KEY, HoldOutcome.WOKEN]
    assert took == 8


COMMANDS: dict[str, Callable[[SimChannel], Awaitable[object]]] = {
    "play": lambda c: c.play(TEN_SECONDS),
    "read_key": lambda c: c.read_key(10),
    "hold": lambda c: c.hold(woken=asyncio.Event(), seconds=10),
    "record": lambda c: c.record(Path("x.wav"), max_seconds=60, silence=5, stop_keys="#", beep=True),
    "transfer": lambda c: c.transfer("101", ring_seconds=20),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("script", [HangUp(command=1), HangUp(at=3)], ids=["before", "during"])
def test_every_command_raises_once_the_caller_is_gone_and_again(command: str, script: HangUp) -> None:
    async def body(channel: SimChannel, room: SimRoom) -> None:
        for _ in range(2):
            with pytest.raises(HungUp):
                await COMMANDS[command](channel)

    _, took, _ = on_channel(body, script)
    assert took == (script.at or 0)


async def _meet(channel: SimChannel, room: SimRoom) -> ConnectOutcome:
    place = room.join("umum", "c")
    return await channel.connect("umum", place.visit, ring_seconds=20, recording=None)


@pytest.mark.parametrize(
    ("agent", "outcome", "facts"),
    [
        (Agent("101", ("umum",)), ConnectOutcome.TALKED, ["agent_rang", "agent_answered", "talk_ended agent"]),
        (Agent("101", ("umum",), rejects=True), ConnectOutcome.NO_ANSWER, ["agent_rang", "ring_ended rejected"]),
        (Agent("101", ("umum",), answers_after=None), ConnectOutcome.NO_ANSWER, ["agent_rang", "ring_ended no_answer"]),
        (Agent("101", ("umum",), answers_after=25), ConnectOutcome.NO_ANSWER, ["agent_rang", "ring_ended no_answer"]),
        (Agent("101", ("lain",)), ConnectOutcome.NOBODY, []),
    ],
    ids=["answers", "rejects", "never", "too late", "nobody"],
)
def test_agents(agent: Agent, outcome: ConnectOutcome, facts: list[str]) -> None:
    result, _, reported = on_channel(_meet, agents=(agent,))
    assert result == outcome
    assert [f"{kind} {d.get('outcome', d.get('ended_by', ''))}".strip() for kind, d in reported] == facts


def test_an_agent_may_answer_at_once() -> None:
    outcome, took, _ = on_channel(_meet, agents=(Agent("101", ("umum",), answers_after=0.0, talks=60),))
    assert (outcome, took) == (ConnectOutcome.TALKED, 60)


@pytest.mark.parametrize("talk", [_meet, lambda c, r: c.transfer("101", ring_seconds=20)], ids=["agent", "transfer"])
def test_what_is_pressed_in_a_conversation_answers_nothing_after_it(
    talk: Callable[[SimChannel, SimRoom], Awaitable[object]],
) -> None:
    async def body(channel: SimChannel, room: SimRoom) -> str | None:
        await talk(channel, room)
        return await channel.read_key(5)

    key, _, _ = on_channel(body, Press("1", at=20), agents=(Agent("101", ("umum",), answers_after=4),))
    assert key is None


def test_hanging_up_while_it_rings_and_while_talking() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> bool:
        with pytest.raises(HungUp) as caught:
            await _meet(channel, room)
        return caught.value.talking

    agents = (Agent("101", ("umum",), answers_after=4),)
    ringing, _, facts = on_channel(body, HangUp(at=2), agents=agents)
    assert not ringing
    assert facts[-1][1]["outcome"] == "caller_left"
    talking, _, facts = on_channel(body, HangUp(at=9), agents=agents)
    assert talking
    assert facts[-1][1]["ended_by"] == "caller"


def test_an_agent_sends_the_call_elsewhere() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> None:
        with pytest.raises(TransferredAway):
            await _meet(channel, room)

    _, _, facts = on_channel(body, agents=(Agent("101", ("umum",), transfers=True),))
    assert facts[-1][1]["ended_by"] == "transfer"


def test_the_room_offers_in_order_and_by_priority() -> None:
    async def body(channel: SimChannel, room: SimRoom) -> None:
        first, second = room.join("umum", "a"), room.join("umum", "b")
        urgent = room.join("umum", "c", priority=1)
        assert first.offered.is_set()  # joined while the agent was free
        assert [first.position, second.position, urgent.position] == [2, 3, 1]
        first.leave()
        assert urgent.offered.is_set()
        urgent.returned()
        assert not urgent.offered.is_set()
        await asyncio.sleep(5)
        assert urgent.offered.is_set()
        assert not second.offered.is_set()
        for place in (first, second, urgent):
            place.leave()
        assert not any(room.waiting.values())

    on_channel(body, agents=(Agent("101", ("umum",)),))
