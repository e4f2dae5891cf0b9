"""What the benchmark makes of the RTP that went by."""

from __future__ import annotations

import struct

import pytest

from benchmarks.wire import Wire
from tests.e2e.kit import rtp

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
