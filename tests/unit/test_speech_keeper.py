"""The process that ends calls for a speech server: a real one, and a socket in place of Asterisk's."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import psutil
import pytest

from ivr.speech.keeper import AGAIN_SECONDS, GOODBYE, Keeper
from tests.e2e.kit.machine import until

FRAME = b"\x82\xfe\x01\x40" + bytes(324)
"""20 ms of audio, as Asterisk sends it."""


class Call:
    """Asterisk's end of a socket, and the server's."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as port:
            self.asterisk = socket.create_connection(port.getsockname(), timeout=20)
            self.server, _ = port.accept()

    def told(self) -> dict[str, object]:
        """The next message."""
        opcode, size = self.asterisk.recv(2, socket.MSG_WAITALL)
        assert opcode == 0x81
        message: dict[str, object] = json.loads(self.asterisk.recv(size, socket.MSG_WAITALL))
        return message

    def is_over(self) -> bool:
        return self.asterisk.recv(1) == b""


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    keeper = Keeper()
    yield keeper
    keeper.close()


@pytest.fixture
def call() -> Iterator[Call]:
    call = Call()
    yield call
    call.asterisk.close()
    call.server.close()


LOST = {"request": "set", "id": "sambung-lost", "params": {"results": [{"text": "", "score": 0, "grammar": "lost"}]}}


def test_a_call_whose_server_is_gone_is_told_so_and_ended_when_nothing_comes_any_more(
    keeper: Keeper, call: Call
) -> None:
    keeper.hold(call.server)
    call.server.close()  # the keeper has it, too
    call.asterisk.sendall(FRAME * 50)
    keeper.close()
    assert call.told() == LOST
    assert call.is_over()


async def test_while_audio_comes_it_is_told_again(keeper: Keeper, call: Call) -> None:
    """A RECOGNIZE began behind the first one."""
    keeper.leave(keeper.hold(call.server))
    call.asterisk.settimeout(AGAIN_SECONDS / 20)

    def speaks_and_is_told() -> bool:
        call.asterisk.sendall(FRAME)
        try:
            return call.told() == LOST
        except TimeoutError:
            return False

    for _ in range(3):
        await until("the news", speaks_and_is_told, seconds=5)


def test_asterisks_goodbye_ends_it_at_once(keeper: Keeper, call: Call) -> None:
    keeper.leave(keeper.hold(call.server))
    assert call.told() == LOST
    call.asterisk.sendall(FRAME + GOODBYE + bytes(6))
    assert call.is_over()


async def test_a_call_that_ended_leaves_nothing(keeper: Keeper, call: Call) -> None:
    process = psutil.Process(keeper.pid)
    keeper.hold(call.server)
    await until("the handing over", lambda: process.net_connections("tcp"), seconds=20)
    call.server.shutdown(socket.SHUT_RDWR)
    assert call.is_over()
    call.asterisk.close()
    await until("its end", lambda: not process.net_connections("tcp"), seconds=20)


def test_without_a_keeper_a_call_is_the_servers_own(keeper: Keeper, call: Call) -> None:
    process = psutil.Process(keeper.pid)
    process.kill()
    process.wait(20)
    number = keeper.hold(call.server)
    assert not keeper.leave(number)
