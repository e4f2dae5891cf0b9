"""RTP as SIPp can play it: a pcap file with a citizen's whole media, written byte by byte.

SIPp's own key files are one key long and half a second slow. Here audio (µ-law, 20 ms packets) and
RFC 4733 keys share one stream, so keys may come at any pace, ten in a second or all at once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.e2e.kit.audio import RATE, Samples

PACKET = 0.02
"""Seconds of one RTP packet."""
PCMU, EVENT = 0, 101
KEYS = "0123456789*#ABCD"
VOLUME = 10
"""Of a key, in -dBm0 (RFC 4733)."""
SSRC = 0x5A6B7C8D


@dataclass(frozen=True, slots=True)
class Key:
    """A key pressed `at` this second of the stream and held for `held` seconds."""

    key: str
    at: float
    held: float = 0.06


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP packet and when it leaves, in seconds from the beginning of the stream."""

    at: float
    data: bytes


def press(keys: str, *, at: float = 0.0, gap: float = 0.1) -> list[Key]:
    """`keys` pressed one each `gap` seconds, held for 60 % of that and at most 60 ms."""
    return [Key(key, at + i * gap, min(0.06, 0.6 * gap)) for i, key in enumerate(keys)]


def stream(seconds: float, keys: Sequence[Key] = (), audio: Samples | None = None, *, ssrc: int = SSRC) -> list[Packet]:
    """Packets of `seconds` of audio (silence by default, then repeated) with the keys on top.

    While a key is held no audio is sent, as telephones do. The last packet of a key is sent three
    times (RFC 4733, 2.5.1.4), close together: the next key may follow at once.
    """
    size = round(PACKET * RATE)
    sound = encode_ulaw(np.zeros(size) if audio is None else audio)
    count = round(seconds / PACKET)
    sound = (sound * (count * size // len(sound) + 1))[: count * size]
    held = [(k.at, k.at + k.held) for k in keys]
    timed: list[tuple[float, int, int, bool, bytes]] = [
        (i * PACKET, i * size, PCMU, i == 0, sound[i * size : (i + 1) * size])
        for i in range(count)
        if not any(begin - PACKET < i * PACKET < end for begin, end in held)
    ]
    for key in keys:
        timed += _key_packets(key)
    timed.sort(key=lambda packet: packet[0])
    return [
        Packet(at, struct.pack(">BBHII", 0x80, marker << 7 | payload, number & 0xFFFF, stamp, ssrc) + body)
        for number, (at, stamp, payload, marker, body) in enumerate(timed)
    ]


def _key_packets(key: Key) -> list[tuple[float, int, int, bool, bytes]]:
    code, stamp = KEYS.index(key.key), round(key.at * RATE)
    steps = max(1, round(key.held / PACKET))

    def body(step: int, end: bool) -> bytes:
        return struct.pack(">BBH", code, end << 7 | VOLUME, round(step * PACKET * RATE))

    going = [(key.at + i * PACKET, stamp, EVENT, i == 0, body(i + 1, False)) for i in range(steps)]
    done = [(key.at + key.held + i * 0.005, stamp, EVENT, False, body(steps, True)) for i in range(3)]
    return going + done


def write_pcap(path: Path, packets: Sequence[Packet], *, port: int = 4000) -> Path:
    """Write the packets as a pcap of Ethernet frames from and to 127.0.0.1:`port`.

    SIPp puts the call's own addresses and ports in and keeps the times.
    """
    with path.open("wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for packet in packets:
            udp = struct.pack(">HHHH", port, port, 8 + len(packet.data), 0) + packet.data
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
            frame = b"\0" * 12 + b"\x08\0" + ip + udp
            whole, micro = divmod(round(packet.at * 1_000_000), 1_000_000)
            f.write(struct.pack("<IIII", whole, micro, len(frame), len(frame)) + frame)
    return path


def encode_ulaw(samples: Samples) -> bytes:
    """G.711 µ-law of samples in -1…1."""
    pcm = np.clip(samples * 32768, -32635, 32635)
    magnitude = np.abs(pcm).astype(np.int64) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int64) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(pcm < 0, 0x80, 0)
    code: NDArray[np.uint8] = (~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8)
    return code.tobytes()
