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


class Listening:
    """Stands for the watch on a manager that is connected."""

    listening = True


@pytest.fixture
async def line() -> AsyncIterator[tuple[AgiChannel, asyncio.StreamReader, asyncio.StreamWriter]]:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[AgiConnection] = loop.create_future()
    server = await loop.create_server(lambda: AgiConnection(ready.set_result), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"agi_uniqueid: 1.1\n\n")
    channel = AgiChannel(
        await ready,
        "1.1",
        watch=Listening(),
        transfer_target=str,
        recordings=Path("recordings"),  # type: ignore[arg-type]
    )
    yield channel, reader, writer
    writer.close()
    server.close()


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
