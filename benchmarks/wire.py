"""The RTP between telephones and Asterisk, with the time at which each packet reached the other side.

What the engine notes of a prompt is when it asked for it; what a caller heard is here. All UDP that reaches this
machine is copied to a raw socket, which needs root or CAP_NET_RAW.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.e2e.kit.machine import KitError

_SO_TIMESTAMPNS, _SO_RXQ_OVFL = 35, 40
"""Of <asm-generic/socket.h>; the module socket does not have them."""
_PORTS, _RTP, _SOUND = 20, 28, 40
"""Where an IP packet has UDP's ports, RTP and its payload."""
_LOOK = 0.02
"""Seconds between two looks, in which the socket does not fill."""


@dataclass(slots=True)
class Leg:
    """A call as its telephone has it. Times are seconds of the system's clock, as those of events.

    `sent`: sequence number → when that packet reached Asterisk. `heard`: when a packet came from Asterisk, and
    whether there was any sound in it.
    """

    sent: dict[int, float] = field(default_factory=dict)
    heard: list[tuple[float, bool]] = field(default_factory=list)


class Wire:
    """What went by so far: `legs` by the SSRC of the telephone."""

    def __init__(self, asterisk: range) -> None:
        """`asterisk`: the ports of its RTP (even) and RTCP (odd)."""
        self.legs: defaultdict[int, Leg] = defaultdict(Leg)
        self._asterisk = asterisk
        self._at_port: dict[int, Leg] = {}

    def see(self, packet: bytes, at: float) -> None:
        """Take an IP packet of UDP. What goes to a telephone that has sent nothing yet is nobody's."""
        sender, receiver = struct.unpack_from(">HH", packet, _PORTS)
        if receiver in self._asterisk and receiver % 2 == 0:
            number, ssrc = struct.unpack_from(">2xH4xI", packet, _RTP)
            leg = self._at_port[sender] = self.legs[ssrc]
            leg.sent[number] = at
        elif sender in self._asterisk and receiver in self._at_port:
            self._at_port[receiver].heard.append((at, len(set(packet[_SOUND:])) > 1))


@contextlib.asynccontextmanager
async def watch(asterisk: range) -> AsyncIterator[Wire]:
    """Watch the RTP of these ports. Raises KitError: at once where it may not, at the end where packets were missed."""
    wire = Wire(asterisk)
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_UDP)
    except PermissionError:
        raise KitError("RTP is watched over a raw socket: run this as root, or with CAP_NET_RAW") from None
    with raw:
        for option, value in ((socket.SO_RCVBUF, 1 << 22), (_SO_TIMESTAMPNS, 1), (_SO_RXQ_OVFL, 1)):
            raw.setsockopt(socket.SOL_SOCKET, option, value)
        watching = asyncio.create_task(_watch(raw, wire))
        try:
            yield wire
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _watch(raw: socket.socket, wire: Wire) -> None:
    while True:
        with contextlib.suppress(BlockingIOError):
            while True:
                packet, notes, *_ = raw.recvmsg(2048, 128)
                told = {kind: data for _, kind, data in notes}
                if _SO_RXQ_OVFL in told:
                    raise KitError("RTP went by unseen: this machine is too busy to watch it")
                seconds, nanoseconds = struct.unpack("qq", told[_SO_TIMESTAMPNS])
                wire.see(packet, seconds + nanoseconds / 1e9)
        await asyncio.sleep(_LOOK)
