"""What happens inside app_queue, told once each, whichever witness speaks first."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.agi import talk as module
from ivr.agi.talk import Talk
from ivr.channel import HungUp
from ivr.events import Event

Told = list[tuple[str, str, str]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def talk(told: Told, monkeypatch: pytest.MonkeyPatch) -> Talk:
    monkeypatch.setattr(module, "ENDING_SECONDS", 0)

    def report(event_type: type[Event], **data: Any) -> None:
        told.append((event_type.kind, data["agent"], data.get("outcome") or data.get("ended_by") or ""))

    return Talk("1/1", "", report)


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ({"timed_out": True}, "no_answer"),
        ({}, "caller_left"),
        ({"gone": HungUp()}, "caller_left"),
        ({"gone": HungUp(lost=True)}, "lost"),
    ],
    ids=["app_queue's time is up", "the caller presses a key", "the caller hangs up", "Asterisk dies"],
)
async def test_who_cancelled_a_ringing(talk: Talk, told: Told, how: dict[str, Any], outcome: str) -> None:
    talk.rang("101")
    talk.ring_ended("101", "CANCEL")
    talk.ring_ended("101", "NOANSWER")  # its channel's end, told behind
    await talk.close(**how)
    assert told == [("agent_rang", "101", ""), ("ring_ended", "101", outcome)]


async def test_when_one_of_two_answers_the_other_rings_no_more(talk: Talk, told: Told) -> None:
    talk.rang("101")
    talk.rang("102")
    talk.answered_by("102")
    talk.ring_ended("101", "CANCEL")
    talk.completed("agent")
    await talk.close()
    assert told[2:] == [
        ("agent_answered", "102", ""),
        ("ring_ended", "101", "no_answer"),
        ("talk_ended", "102", "agent"),
    ]


async def test_without_the_manager_the_channel_variable_tells(talk: Talk, told: Told) -> None:
    await talk.close(interface_agent="101")
    await talk.close(gone=HungUp())
    assert told == [("agent_rang", "101", ""), ("agent_answered", "101", ""), ("talk_ended", "101", "agent")]


async def test_a_refusal_is_told_at_once(talk: Talk, told: Told) -> None:
    talk.rang("101")
    talk.ring_ended("101", "BUSY")
    assert told[-1] == ("ring_ended", "101", "rejected")
