"""One AGI conversation over one socket: commands go out one at a time, replies come back.

The call's hang-up is a state of the connection: once Asterisk says so, or the socket is gone, every
waiting and every later command raises `HungUp`. Nothing is sent to a dead channel but variables.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import cast

from ivr.agi.codec import AgiDecoder, AgiProtocolError, Environment, HangupNotice, Reply, encode
from ivr.channel import HungUp

log = logging.getLogger(__name__)

DEAD_CHANNEL = 511
ASK_AGAIN_SECONDS = 0.1
"""An interrupted Asterisk answers within a few milliseconds."""
NOTICE_SECONDS = 0.2
"""How long after a result of -1 Asterisk's HANGUP may come; it is sent right behind (FACTS.md)."""


class AgiError(Exception):
    """Asterisk refused a command: a fault of ours, never of the caller."""


class AgiConnection(asyncio.Protocol):
    """The server's side of one FastAGI socket. `on_ready` is called once the environment is there."""

    environment: Environment

    def __init__(self, on_ready: Callable[[AgiConnection], None]) -> None:
        self._on_ready: Callable[[AgiConnection], None] | None = on_ready
        self._decoder = AgiDecoder()
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._surplus: list[Reply] = []
        self.hung_up = asyncio.Event()
        self.closed = asyncio.Event()
        self.lost = False
        """Whether the socket went away without Asterisk's word that the caller hung up."""

    # --- asyncio.Protocol --------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._decoder.feed(data):
                match message:
                    case Reply():
                        self._take(message)
                    case HangupNotice():
                        self._gone()
                    case Environment():
                        self.environment = message
                        if self._on_ready:
                            ready, self._on_ready = self._on_ready, None
                            ready(self)
        except AgiProtocolError as e:
            log.warning("not AGI, closing: %s", e)
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = not self.hung_up.is_set()
        self._on_ready = None
        self.closed.set()
        self._gone()

    def _take(self, reply: Reply) -> None:
        if self._reply and not self._reply.done():
            self._reply.set_result(reply)
        else:
            self._surplus.append(reply)  # kept for `interrupt`, which knows whose it is

    def _gone(self) -> None:
        """A command in flight still gets its reply when the socket lives: HANGUP may overtake it."""
        self.hung_up.set()
        if self.closed.is_set() and self._reply and not self._reply.done():
            self._reply.set_exception(self._dead())
            self._reply.exception()  # where nobody waits for the reply any more, that is no fault to be logged

    def _dead(self) -> HungUp:
        return HungUp(lost=self.lost)

    # --- commands ----------------------------------------------------------------------------------
    async def command(self, command: str, *arguments: str | int, even_if_hung_up: bool = False) -> Reply:
        """Send one command and wait for its reply.

        Raises HungUp when the caller is gone, AgiError when Asterisk does not know the command.
        """
        reply = await self.begin(command, *arguments, even_if_hung_up=even_if_hung_up)
        return self.check(reply, command)

    def begin(self, command: str, *arguments: str | int, even_if_hung_up: bool = False) -> asyncio.Future[Reply]:
        """Send one command; the reply comes through the future. Raises HungUp."""
        if self._transport is None or self.closed.is_set() or (self.hung_up.is_set() and not even_if_hung_up):
            raise self._dead()
        if self._reply and not self._reply.done():
            raise RuntimeError("an AGI command is running; interrupt it first")
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(encode(command, *arguments))
        return self._reply

    async def settled(self) -> None:
        """Wait until the command in flight, if there is one, was answered. Raises HungUp."""
        if self._reply:
            await self._reply

    def check(self, reply: Reply, command: str) -> Reply:
        """The reply, if it is one to go on with. Raises HungUp or AgiError."""
        if reply.code == DEAD_CHANNEL:
            self._gone()
            raise self._dead()
        if reply.code != 200:
            raise AgiError(f"{command!r} was answered {reply.code} {reply.text}")
        return reply

    async def interrupt(self, token: str) -> list[Reply]:
        """End the running command at once and give the replies that it sent, if any.

        An interrupted STREAM FILE sends no reply, one that ended by itself in the same moment does,
        and both cases look alike on the wire. So a question is asked whose answer is known: the
        variable SAMBUNG_CALL, which holds `token`. What comes before that answer is the old command's.

        Asterisk reads ahead: a question that came together with its command lies unseen in Asterisk's
        own buffer until more bytes come. So it is asked again, and all answers are waited for: the next
        command, too, would be read together with a question that is still on its way.
        """
        self._surplus.clear()
        pending, replies = self._reply, list[Reply]()
        self._ask()
        asked, answered = 1, 0
        while answered < asked:
            if pending is None or pending.cancelled():
                pending = self._expect()
            try:
                async with asyncio.timeout(ASK_AGAIN_SECONDS):
                    reply = await pending
            except TimeoutError:
                self._ask()
                asked += 1
                continue
            pending = None
            if reply.code == DEAD_CHANNEL:
                raise self._dead()
            if reply.value == token:
                answered += 1
            else:
                replies.append(reply)
        return replies

    def _ask(self) -> None:
        if self._transport is None or self.closed.is_set():
            raise self._dead()
        self._transport.write(encode("GET VARIABLE", "SAMBUNG_CALL"))

    def _expect(self) -> asyncio.Future[Reply]:
        """The next reply; it may be there already."""
        self._reply = asyncio.get_running_loop().create_future()
        if self._surplus:
            self._reply.set_result(self._surplus.pop(0))
        return self._reply

    async def hung_up_soon(self) -> bool:
        """After a result of -1: whether it meant a hang-up. Waits for Asterisk's word a moment."""
        if not self.hung_up.is_set():
            try:
                async with asyncio.timeout(NOTICE_SECONDS):
                    await self.hung_up.wait()
            except TimeoutError:
                return False
        return True

    def close(self) -> None:
        """End the conversation; Asterisk goes on with the dialplan."""
        if self._transport:
            self._transport.close()
