"""The Channel over AGI where two witnesses disagree in time.

The far end is a script, as in test_agi_connection: a real Asterisk's manager cannot be made to lag on demand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ivr.agi.channel import AgiChannel
from ivr.agi.connection import AgiConnection
from ivr.channel import HungUp, TransferredAway
from ivr.voice.wav import HEADER_BYTES


class Listening:
    """Stands for the watch on a manager that is connected.

    `unwritten`: what MixMonitor has not written to `recording` yet; None: it cannot be asked to.
    """

    listening = True
    unwritten: bytes | None = b""
    recording: Path

    async def end_recording(self, channel: str) -> bool:
        if self.unwritten:
            self.recording.write_bytes(self.unwritten)
        return self.unwritten is not None


@pytest.fixture
def watch() -> Listening:
    return Listening()


@pytest.fixture
async def line(
    watch: Listening, tmp_path: Path
) -> AsyncIterator[tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter]]:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[AgiConnection] = loop.create_future()
    server = await loop.create_server(lambda: AgiConnection(ready.set_result), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"agi_uniqueid: 1.1\nagi_channel: PJSIP/warga-1\n\n")
    channel = AgiChannel(
        await ready,
        "1.1",
        watch=watch,  # type: ignore[arg-type]
        transfer_target=str,
        recordings=tmp_path,
    )
    yield channel, reader, writer
    writer.close()
    server.close()


async def test_a_key_that_is_not_asked_for_stays_for_the_next_question(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    channel, _, _ = line
    channel.key_begins("5")
    channel.key_witnessed("5")
    assert await channel.read_key(30, of="12") is None
    assert await channel.read_key(30) == "5"


async def test_a_key_that_was_used_is_not_taken_for_the_one_pressed_now(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    channel, reader, writer = line
    channel.key_begins("1")
    channel.key_witnessed("1")
    assert await channel.read_key(1) == "1"
    reading = asyncio.ensure_future(channel.read_key(30))
    assert (await reader.readline()).startswith(b"WAIT FOR DIGIT")
    writer.write(b"200 result=49\n")  # pressed again; the manager has not told of it yet
    assert (await reader.readline()).startswith(b"WAIT FOR DIGIT")
    assert not reading.done()
    channel.key_begins("1")
    channel.key_witnessed("1")
    assert await reader.readline() == b"GET VARIABLE SAMBUNG_CALL\n"
    writer.write(b"200 result=1\n200 result=1 (1.1)\n")
    assert await reading == "1"


@pytest.mark.parametrize(
    ("unwritten", "ended_by", "kept"),
    [
        (b"", "caller", False),
        (bytes(HEADER_BYTES + 320), "caller", True),  # of a second of talk nothing was on the disk yet
        (None, "caller", True),  # it may yet be written; what stays empty is removed when Asterisk starts
        (b"", "transfer", True),  # the recording goes on with the next agent
    ],
)
async def test_of_a_talk_that_ended_as_it_began_no_recording_is_kept(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter],
    watch: Listening,
    tmp_path: Path,
    unwritten: bytes | None,
    ended_by: str,
    kept: bool,
) -> None:
    channel, reader, writer = line
    channel.report = lambda *_, **__: None
    watch.unwritten, watch.recording = unwritten, tmp_path / "talk.wav"

    async def asterisk() -> None:
        async for command in reader:
            if command.startswith(b"EXEC MixMonitor"):
                watch.recording.touch()
            elif command.startswith(b"EXEC Queue"):
                channel.agent_answered("101")
                channel.talk_ended("101", ended_by)
                writer.write(b"200 result=-1\nHANGUP\n")
                continue
            writer.write(b"200 result=1\n")

    far_end = asyncio.ensure_future(asterisk())
    with pytest.raises(TransferredAway if ended_by == "transfer" else HungUp):
        await channel.connect("umum", "1.1/1", ring_seconds=5, recording=watch.recording)
    far_end.cancel()
    assert watch.recording.exists() is kept


async def test_who_was_sent_on_after_a_word_is_let_go_of_while_app_queue_still_has_them(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    channel, reader, writer = line
    channel.report = lambda *_, **__: None
    connecting = asyncio.ensure_future(channel.connect("umum", "1.1/1", ring_seconds=5, recording=None))
    while not (command := await reader.readline()).startswith(b"EXEC Queue"):
        assert command.startswith(b"SET VARIABLE")
        writer.write(b"200 result=1\n")
    channel.agent_answered("101")
    channel.talk_ended("101", "transfer")
    with pytest.raises(TransferredAway):
        await connecting
    noting = asyncio.ensure_future(channel.note_done("transferred"))
    await asyncio.sleep(0)
    writer.write(b"200 result=0\n")  # only now have they left app_queue
    assert await reader.readline() == b"SET VARIABLE SAMBUNG_DONE transferred\n"
    writer.write(b"200 result=1\n")
    await noting


@pytest.mark.parametrize(("reply", "ended_by"), [("dtmf", "key"), ("timeout", "silence")])
async def test_keys_around_a_recording_answer_nothing_after_it(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter], tmp_path: Path, reply: str, ended_by: str
) -> None:
    channel, reader, writer = line
    path = tmp_path / "pesan.wav"
    path.write_bytes(bytes(HEADER_BYTES))
    channel.key_begins("1")
    channel.key_witnessed("1")  # skipped the announcement
    recording = asyncio.ensure_future(channel.record(path, max_seconds=60, silence=4, stop_keys="#", beep=True))
    assert (await reader.readline()).startswith(b"RECORD FILE")
    for key in "2#" if reply == "dtmf" else "2":
        channel.key_begins(key)
        channel.key_witnessed(key)
    writer.write(b"200 result=35 (dtmf) endpos=8000\n" if reply == "dtmf" else b"200 result=0 (timeout) endpos=8000\n")
    assert (await recording).ended_by == ended_by
    assert await channel.read_key(0) is None


async def test_the_late_end_of_a_number_does_not_end_the_recording_that_follows(
    line: tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter], tmp_path: Path
) -> None:
    channel, reader, writer = line
    path = tmp_path / "pesan.wav"
    path.write_bytes(bytes(HEADER_BYTES + 16_000))
    channel.swallow("#", within=60)
    recording = asyncio.ensure_future(channel.record(path, max_seconds=60, silence=4, stop_keys="#", beep=True))
    for options in (b'60000 BEEP "s=4"', b'8000 "s=4"'):
        command = (await reader.readline()).strip()
        assert command.startswith(b"RECORD FILE")
        assert command.endswith(options)  # the second goes on where the first was
        assert not recording.done()
        channel.key_begins("#")
        channel.key_witnessed("#")
        writer.write(b"200 result=35 (dtmf) endpos=8000\n")
    assert (await recording).ended_by == "key"
