"""What happens inside app_queue, told once each, whichever witness speaks first."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.agi import talk as module
from ivr.agi.talk import LastWord, Talk
from ivr.channel import HungUp
from ivr.events import Event

Told = list[tuple[str, str, str]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def ago() -> dict[str, float]:
    """Kind of event → how many seconds ago it was said to be."""
    return {}


@pytest.fixture
def talk(told: Told, ago: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> Talk:
    monkeypatch.setattr(module, "ENDING_SECONDS", 0)

    def report(event_type: type[Event], **data: Any) -> None:
        told.append((event_type.kind, data["agent"], data.get("outcome") or data.get("ended_by") or ""))
        ago[event_type.kind] = data.get("ago", 0.0)

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
    await talk.close(LastWord(), **how)
    assert told == [("agent_rang", "101", ""), ("ring_ended", "101", outcome)]


async def test_when_one_of_two_answers_the_other_rings_no_more(talk: Talk, told: Told) -> None:
    talk.rang("101")
    talk.rang("102")
    talk.answered_by("102")
    talk.ring_ended("101", "CANCEL")
    talk.completed("agent")
    await talk.close(LastWord())
    assert told[2:] == [
        ("agent_answered", "102", ""),
        ("ring_ended", "101", "no_answer"),
        ("talk_ended", "102", "agent"),
    ]


@pytest.mark.parametrize(
    ("transferred", "gone", "ended_by"),
    [
        (False, None, "agent"),
        (False, HungUp(), "caller"),
        (True, HungUp(), "transfer"),
        (True, HungUp(lost=True), "lost"),
    ],
)
async def test_without_the_manager_the_channels_variables_tell(
    talk: Talk, told: Told, ago: dict[str, float], transferred: bool, gone: HungUp | None, ended_by: str
) -> None:
    await talk.close(LastWord("101", 5.0, transferred), gone=gone)
    assert told == [("agent_rang", "101", ""), ("agent_answered", "101", ""), ("talk_ended", "101", ended_by)]
    assert ago == {"agent_rang": 5.0, "agent_answered": 5.0, "talk_ended": 0.0}


async def test_a_refusal_is_told_at_once(talk: Talk, told: Told) -> None:
    talk.rang("101")
    talk.ring_ended("101", "BUSY")
    assert told[-1] == ("ring_ended", "101", "rejected")
