"""What the benchmark of people who speak makes of the RTP that went by."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from benchmarks.speech import Trial, outcome, spoken
from benchmarks.wire import Leg, Wire
from tests.e2e.kit import rtp
from tests.e2e.kit.audio import RATE
from training.corpus import Utterance

ASTERISK, TELEPHONE = 20_000, 30_000


def ip(sender: int, receiver: int, data: bytes) -> bytes:
    return bytes(20) + struct.pack(">HHHH", sender, receiver, 8 + len(data), 0) + data


@pytest.fixture
def wire() -> Wire:
    return Wire(range(ASTERISK, ASTERISK + 10))


def test_a_call_is_known_by_its_ssrc_and_hears_what_goes_to_its_port(wire: Wire) -> None:
    silence, sound = rtp.stream(0.04, ssrc=7)[1].data, rtp.stream(0.02, ssrc=9)[0].data[:-1] + b"\1"
    wire.see(ip(ASTERISK, TELEPHONE, sound), 0.5)
    wire.see(ip(TELEPHONE, ASTERISK, silence), 1.0)
    wire.see(ip(ASTERISK, TELEPHONE, sound), 1.5)
    wire.see(ip(ASTERISK, TELEPHONE, silence), 2.0)
    assert list(wire.legs) == [7]
    assert wire.legs[7].sent == {1: 1.0}
    assert wire.legs[7].heard == [(1.5, True), (2.0, False)]


def test_a_port_belongs_to_the_call_that_uses_it_now(wire: Wire) -> None:
    for at, ssrc in ((1.0, 7), (2.0, 8)):
        packet = rtp.stream(0.02, ssrc=ssrc)[0].data
        wire.see(ip(TELEPHONE, ASTERISK + 2, packet), at)
        wire.see(ip(ASTERISK + 2, TELEPHONE, packet), at + 0.1)
    assert {ssrc: leg.heard for ssrc, leg in wire.legs.items()} == {7: [(1.1, False)], 8: [(2.1, False)]}


def test_rtcp_and_what_is_not_asterisks_are_nobodys(wire: Wire) -> None:
    packet = rtp.stream(0.02)[0].data
    wire.see(ip(TELEPHONE + 1, ASTERISK + 1, packet), 1.0)
    wire.see(ip(TELEPHONE, ASTERISK + 10, packet), 1.0)
    assert not wire.legs


@pytest.mark.parametrize(
    ("asked", "until_prompt", "until_cut"), [(14.0, 1.04, 1.02), (12.0, None, 0.3), (99.0, None, 3.04)]
)
def test_times_are_the_callers(asked: float, until_prompt: float | None, until_cut: float) -> None:
    size = round(rtp.PACKET * RATE)
    said = Utterance("dialogue", "A", "satu", np.repeat(np.array([0, 9999, 0], np.int16), 5 * size))
    first, last = spoken(said)
    assert (first, last) == (75 + 5, 75 + 9)
    heard = [(10.9, True), (11.3, True), (11.4, False), (12.02, True), (14.04, True)]
    events = [
        {"kind": "prompt_played", "at": 11.2, "seconds": 3.0, "completed": False},
        {"kind": "utterance_heard", "at": 13.9, "decision": "accepted", "hypotheses": [{"text": "satu"}]},
        {"kind": "prompt_played", "at": asked + 1, "seconds": 1.0, "completed": True},
    ]
    found = outcome(Trial("3000", said, "satu"), events, Leg({first: 11.0, last: 13.0}, heard))
    assert found.right
    assert found.until_prompt == (until_prompt and pytest.approx(until_prompt))
    assert found.until_cut == pytest.approx(until_cut)
