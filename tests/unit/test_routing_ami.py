"""The manager's wrapper against the defects that FACTS.md lists for panoramisk's own.

The far end is a script: a real Asterisk does not split a letter, freeze or refuse on demand. That the
wrapper speaks with a real one is what every end-to-end test shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from ivr.routing import ami as module
from ivr.routing.ami import Ami, AmiDown, AmiEvent, AmiRefused


class Manager:
    """A manager interface whose answers the test decides."""

    def __init__(self) -> None:
        self.seen: list[dict[str, str]] = []
        self.answers: dict[str, Callable[[dict[str, str]], bytes]] = {}
        self.writers: list[asyncio.StreamWriter] = []
        self.logins = asyncio.Semaphore(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        while True:
            try:
                packet = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            action = dict(line.split(": ", 1) for line in packet.decode().strip().split("\r\n"))
            self.seen.append(action)
            answer = self.answers.get(action["Action"], lambda a: b"Response: Success\r\nMessage: ok\r\n")(action)
            if answer:
                writer.write(answer + f"ActionID: {action['ActionID']}\r\n\r\n".encode())
            if action["Action"] == "Login":
                self.logins.release()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writers[-1].write(part)

    def actions(self, name: str) -> int:
        return sum(a["Action"] == name for a in self.seen)


@pytest.fixture
async def manager() -> AsyncIterator[tuple[Manager, Ami]]:
    manager = Manager()
    server = await asyncio.start_server(manager.serve, "127.0.0.1", 0)
    ami = Ami(server.sockets[0].getsockname()[1], "geheim")
    running = asyncio.create_task(ami.run())
    await manager.logins.acquire()
    await until(lambda: ami.connected)
    yield manager, ami
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    server.close()
    for writer in manager.writers:
        writer.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def next_event(ami: Ami, name: str, act: Callable[[], object]) -> AmiEvent:
    got: asyncio.Future[AmiEvent] = asyncio.get_running_loop().create_future()
    ami.on(name, lambda e: got.done() or got.set_result(e))
    act()
    async with asyncio.timeout(10):
        return await got


async def test_a_letter_split_over_two_reads_stays_whole(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    raw = "Event: Hi\r\nName: Sitié\r\n\r\n".encode()
    cut = raw.index(b"\xc3") + 1

    def send_split() -> None:
        far.send(raw[:cut])
        asyncio.get_running_loop().call_later(0.05, far.send, raw[cut:])

    assert (await next_event(ami, "Hi", send_split))["Name"] == "Sitié"


async def test_a_callback_that_raises_harms_nobody(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    ami.on("Hi", lambda e: 1 / 0)
    await next_event(ami, "Hi", lambda: far.send(b"Event: Hi\r\n\r\n"))
    assert (await ami.action("Ping"))[0].success


async def test_a_refusal_is_an_error_with_asterisk_s_words(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    far.answers["QueueAdd"] = lambda a: b"Response: Error\r\nMessage: Unable to add: No such queue\r\n"
    with pytest.raises(AmiRefused, match="No such queue"):
        await ami.action("QueueAdd", Queue="x")


async def test_a_silent_manager_is_given_up_and_called_again_but_the_action_is_not(
    manager: tuple[Manager, Ami], monkeypatch: pytest.MonkeyPatch
) -> None:
    far, ami = manager
    monkeypatch.setattr(module, "ACTION_SECONDS", 0.2)
    far.answers["Originate"] = lambda a: b""
    with pytest.raises(AmiDown):
        await ami.action("Originate", Channel="PJSIP/101")
    await far.logins.acquire()
    await until(lambda: ami.connected)
    assert far.actions("Originate") == 1


async def test_a_broken_connection_fails_what_waits_and_comes_back(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    far.answers["Status"] = lambda a: far.writers[-1].transport.abort() or b""  # type: ignore[func-returns-value]
    lost: list[bool] = []
    ami.on_lost.append(lambda: lost.append(True))
    with pytest.raises(AmiDown):
        await ami.action("Status")
    await far.logins.acquire()
    await until(lambda: ami.connected)
    assert lost


async def test_a_wrong_password_is_said_and_tried_again(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    far.answers["Login"] = lambda a: b"Response: Error\r\nMessage: Authentication failed\r\n"
    far.writers[-1].transport.abort()
    await until(lambda: "Authentication failed" in ami.problem)
    far.answers.clear()
    await until(lambda: ami.connected)


async def test_no_value_can_become_a_second_header(manager: tuple[Manager, Ami]) -> None:
    _, ami = manager
    with pytest.raises(ValueError, match="line break"):
        await ami.action("QueueAdd", Queue="x\r\nAction: Originate")


async def test_what_an_action_lists_comes_together(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager

    def listed(action: dict[str, str]) -> bytes:
        id_ = f"ActionID: {action['ActionID']}\r\n".encode()
        return (
            b"Response: Success\r\nEventList: start\r\nMessage: list will follow\r\n" + id_ + b"\r\n"
            b"Event: Row\r\nName: a\r\n" + id_ + b"\r\nEvent: RowsComplete\r\nEventList: Complete\r\n"
        )

    far.answers["Rows"] = listed
    assert [m.event for m in await ami.action("Rows")] == ["", "Row", "RowsComplete"]


async def test_an_answer_that_only_sounds_like_a_list_is_one_message(manager: tuple[Manager, Ami]) -> None:
    far, ami = manager
    far.answers["QueueAdd"] = lambda a: b"Response: Success\r\nMessage: Added interface to queue\r\n"
    (message,) = await ami.action("QueueAdd", Queue="umum")
    assert message.message == "Added interface to queue"
