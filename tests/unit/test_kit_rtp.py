"""The media that SIPp sends: byte for byte what RFC 3550, RFC 4733 and the pcap format say."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from tests.e2e.kit import audio, rtp


def header(packet: rtp.Packet) -> tuple[bool, int, int, int]:
    """Marker, payload type, sequence number, timestamp."""
    _, second, number, stamp, _ = struct.unpack(">BBHII", packet.data[:12])
    return bool(second & 0x80), second & 0x7F, number, stamp


def test_one_key_is_one_event_with_growing_duration_and_three_ends() -> None:
    packets = [p for p in rtp.stream(0.3, rtp.press("5", at=0.1)) if header(p)[1] == rtp.EVENT]
    assert [header(p)[0] for p in packets] == [True, False, False, False, False, False]
    assert {header(p)[3] for p in packets} == {800}
    bodies = [struct.unpack(">BBH", p.data[12:]) for p in packets]
    assert {code for code, _, _ in bodies} == {5}
    assert [(volume >> 7, duration) for _, volume, duration in bodies] == [
        (0, 160), (0, 320), (0, 480), (1, 480), (1, 480), (1, 480),
    ]  # fmt: skip


def test_ten_keys_a_second_do_not_overlap_and_share_one_sequence() -> None:
    packets = rtp.stream(1.2, rtp.press("0123456789*#"))
    events = [(header(p)[3], struct.unpack(">B", p.data[12:13])[0]) for p in packets if header(p)[1] == rtp.EVENT]
    assert list(dict.fromkeys(events)) == [(i * 800, i) for i in range(12)]
    assert [header(p)[2] for p in packets] == list(range(len(packets)))
    assert [p.at for p in packets] == sorted(p.at for p in packets)


def test_no_audio_is_sent_while_a_key_is_held() -> None:
    packets = rtp.stream(1, [rtp.Key("1", 0.4, 0.1)], audio.sine(440, 1))
    spoken = [p.at for p in packets if header(p)[1] == rtp.PCMU]
    assert not [at for at in spoken if 0.39 < at < 0.49]
    assert len(spoken) == 45
    assert all(len(p.data) == 12 + 160 for p in packets if header(p)[1] == rtp.PCMU)


def test_pcap_keeps_times_and_payload(tmp_path: Path) -> None:
    packets = rtp.stream(0.06, rtp.press("#", at=0.02))
    data = rtp.write_pcap(tmp_path / "media.pcap", packets, port=6000).read_bytes()
    assert struct.unpack("<IHHiIII", data[:24]) == (0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    position = 24
    for packet in packets:
        whole, micro, kept, length = struct.unpack("<IIII", data[position : position + 16])
        frame = data[position + 16 : position + 16 + kept]
        assert whole + micro / 1e6 == np.round(packet.at, 6)
        assert kept == length == 14 + 20 + 8 + len(packet.data)
        assert frame[12:14] == b"\x08\x00"
        assert struct.unpack(">HH", frame[16:18] + frame[38:40]) == (len(frame) - 14, len(packet.data) + 8)
        assert struct.unpack(">HH", frame[34:38]) == (6000, 6000)
        assert frame[42:] == packet.data
        position += 16 + kept
    assert position == len(data)


def test_ulaw_is_g711() -> None:
    # Values of ITU-T G.711's table: silence, the two ends, and a middle of each sign.
    assert rtp.encode_ulaw(np.array([0.0, 1.0, -1.0, 1000 / 32768, -1000 / 32768])) == bytes(
        [0xFF, 0x80, 0x00, 0xCE, 0x4E]
    )
