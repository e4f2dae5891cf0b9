"""The AGI conversation over a real socket.

The far end is a script that answers as Asterisk was seen to answer (FACTS.md): a real Asterisk cannot
be made to send two replies in the same moment, or to break off inside a line, on demand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ivr.agi.connection import AgiConnection, AgiError
from ivr.channel import HungUp

HELLO = b"agi_network: yes\nagi_uniqueid: 1.1\n\n"


class Line:
    """Both ends of one AGI conversation."""

    def __init__(self, agi: AgiConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.agi, self.reader, self.writer = agi, reader, writer

    async def expect(self, command: str) -> None:
        assert (await self.reader.readline()).decode().rstrip("\n") == command

    def answer(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[AgiConnection] = loop.create_future()
    server = await loop.create_server(lambda: AgiConnection(ready.set_result), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(HELLO)
    yield Line(await ready, reader, writer)
    writer.close()
    server.close()


async def test_a_command_and_its_reply(line: Line) -> None:
    running = asyncio.ensure_future(line.agi.command("STREAM FILE", "a b", "1"))
    await line.expect('STREAM FILE "a b" 1')
    line.answer("200 result=49 endpos=800")
    assert (await running).key == "1"


async def test_an_interrupted_prompt_sends_no_reply(line: Line) -> None:
    line.agi.begin("STREAM FILE", "a", "")
    await line.expect('STREAM FILE a ""')
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    await line.expect("GET VARIABLE SAMBUNG_CALL")
    line.answer("200 result=1 (1.1)")
    assert await interrupting == []


@pytest.mark.parametrize("own", ["200 result=0 endpos=80", "200 result=50 endpos=80", "200 result=1"])
async def test_a_command_that_ended_in_the_same_moment_keeps_its_reply(line: Line, own: str) -> None:
    line.agi.begin("WAIT FOR DIGIT", 1000)
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    await line.expect("WAIT FOR DIGIT 1000")
    line.answer(own, "200 result=1 (1.1)")
    (reply,) = await interrupting
    assert f"200 result={reply.result}" in own
    running = asyncio.ensure_future(line.agi.command("ANSWER"))  # and the next reply is the next command's
    await line.expect("GET VARIABLE SAMBUNG_CALL")
    await line.expect("ANSWER")
    line.answer("200 result=7")
    assert (await running).result == "7"


async def test_a_reply_that_was_already_there_is_not_lost_by_the_interruption(line: Line) -> None:
    running = line.agi.begin("STREAM FILE", "a", "")
    line.answer("200 result=0 endpos=80")
    await running
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    line.answer("200 result=1 (1.1)")
    assert [r.endpos for r in await interrupting] == [80]


async def test_a_question_that_asterisk_read_ahead_is_asked_again(line: Line) -> None:
    """Seen on Asterisk 22: two commands in one packet, and the second lies in its buffer until more comes."""
    line.agi.begin("WAIT FOR DIGIT", 1000)
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    await line.expect("WAIT FOR DIGIT 1000")
    await line.expect("GET VARIABLE SAMBUNG_CALL")
    await line.expect("GET VARIABLE SAMBUNG_CALL")
    line.answer("200 result=1", "200 result=1 (1.1)", "200 result=1 (1.1)")
    assert [reply.value for reply in await interrupting] == [""]


async def test_an_answer_that_came_late_is_not_the_next_command_s(line: Line) -> None:
    line.agi.begin("WAIT FOR DIGIT", 1000)
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    await line.expect("WAIT FOR DIGIT 1000")
    for _ in range(2):
        await line.expect("GET VARIABLE SAMBUNG_CALL")
    line.answer("200 result=1", "200 result=1 (1.1)")
    await line.expect("GET VARIABLE SAMBUNG_CALL")  # the second one lies in the buffer now: again
    line.answer("200 result=1 (1.1)", "200 result=1 (1.1)")
    await interrupting
    running = asyncio.ensure_future(line.agi.command("ANSWER"))
    await line.expect("ANSWER")
    line.answer("200 result=7")
    assert (await running).result == "7"


async def test_who_hangs_up_while_a_question_lies_unread_is_gone(line: Line) -> None:
    line.agi.begin("WAIT FOR DIGIT", 1000)
    interrupting = asyncio.ensure_future(line.agi.interrupt("1.1"))
    await line.expect("WAIT FOR DIGIT 1000")
    await line.expect("GET VARIABLE SAMBUNG_CALL")
    line.writer.transport.abort()
    with pytest.raises(HungUp):
        await interrupting


async def test_hangup_lets_the_running_command_end_and_refuses_the_next(line: Line) -> None:
    running = asyncio.ensure_future(line.agi.command("STREAM FILE", "a", ""))
    await line.expect('STREAM FILE a ""')
    line.answer("200 result=-1 endpos=0", "HANGUP")
    assert (await running).number == -1
    assert await line.agi.hung_up_soon()
    with pytest.raises(HungUp) as gone:
        await line.agi.command("ANSWER")
    assert not gone.value.lost


async def test_variables_can_still_be_set_after_a_hangup(line: Line) -> None:
    line.answer("HANGUP")
    await line.agi.hung_up.wait()
    running = asyncio.ensure_future(line.agi.command("SET VARIABLE", "SAMBUNG_DONE", "completed", even_if_hung_up=True))
    await line.expect("SET VARIABLE SAMBUNG_DONE completed")
    line.answer("200 result=1")
    assert (await running).number == 1


async def test_a_dead_channel_is_a_hangup(line: Line) -> None:
    running = asyncio.ensure_future(line.agi.command("ANSWER"))
    line.answer("511 Command Not Permitted on a dead channel or intercept routine")
    with pytest.raises(HungUp):
        await running


async def test_a_socket_that_breaks_off_is_asterisk_lost(line: Line) -> None:
    running = asyncio.ensure_future(line.agi.command("ANSWER"))
    await line.expect("ANSWER")
    line.writer.transport.abort()
    with pytest.raises(HungUp) as gone:
        await running
    assert gone.value.lost


async def test_a_refused_command_is_our_fault_not_a_hangup(line: Line) -> None:
    running = asyncio.ensure_future(line.agi.command("NONSENSE"))
    line.answer("510 Invalid or unknown command")
    with pytest.raises(AgiError, match="NONSENSE"):
        await running


@pytest.mark.parametrize("noise", [b"POST / HTTP/1.1\r\n", b"\xff" * 70_000])
async def test_a_peer_that_speaks_no_agi_is_let_go(line: Line, noise: bytes) -> None:
    line.writer.write(noise)
    await line.agi.closed.wait()


async def test_two_commands_at_once_are_refused(line: Line) -> None:
    line.agi.begin("ANSWER")
    with pytest.raises(RuntimeError, match="interrupt"):
        line.agi.begin("ANSWER")
