"""Asterisk's manager interface (AMI) behind one wrapper; the only importer of panoramisk.

panoramisk parses messages and joins the answers of an action; its `Manager` is not used, because
(FACTS.md) a callback that raises ends its connection, UTF-8 split over two reads loses letters, an
unanswered action is sent again after a reconnect, a bad login is retried in silence, no action has a
limit and a half-open connection goes unnoticed. This wrapper mends each of these.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ivr.i18n import tr

log = logging.getLogger(__name__)

ACTION_SECONDS = 5.0
PING_SECONDS = 5.0
RECONNECT_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0)

AmiEvent: TypeAlias = Mapping[str, str]
"""An event's headers, named as Asterisk writes them."""
Callback = Callable[[AmiEvent], None]


class AmiDown(Exception):  # noqa: N818
    """Asterisk's manager cannot be reached now; the action was not carried out, or nobody knows."""


class AmiRefused(Exception):  # noqa: N818
    """Asterisk answered an action with an error; the message is Asterisk's."""


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """panoramisk's protocol over bytes, so that a letter split over two reads stays whole."""

    encoding = "utf8"
    forgetable_actions = ()

    def __init__(self, tell: Callable[[str], None], lost: Callable[[], None]) -> None:
        self._bytes = b""
        self._tell, self._lost = tell, lost
        self.greeted = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.factory = self

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        if not self.greeted.done():
            greeting, newline, rest = self._bytes.partition(b"\r\n")
            if not newline:
                return
            self.greeted.set_result(greeting.decode(errors="replace"))
            self._bytes = rest
        *packets, self._bytes = self._bytes.split(b"\r\n\r\n")
        for packet in packets:
            try:
                text = packet.decode(errors="replace").strip("\r\n")
                if text.startswith("Event: ") and "\r\nActionID: " not in text:
                    self._tell(text)
                elif (message := Message.from_line(text)) is not None:
                    self.handle_message(message)
            except Exception:
                log.exception("an AMI message could not be handled: %r", packet[:200])

    def dispatch(self, message: Message) -> None:
        """An event that answers an action for which nobody waits any more."""

    def connection_lost(self, exc: Exception | None) -> None:
        waiting: list[Action] = list(self.responses.values())
        self.responses.clear()
        for action in waiting:
            if not action.future.done():
                action.future.set_exception(AmiDown("the connection to Asterisk was lost"))
                action.future.exception()  # it may have no reader any more
        self.closed = True
        self._lost()


class _Request(Action):  # type: ignore[misc]
    """An action. Its answer is a list where Asterisk says so; panoramisk guesses by words ("Added … to queue")."""

    @property
    def multi(self) -> bool:
        return str(self.responses[0].get("EventList", "")).lower() == "start"


class Ami:
    """A lasting connection to one Asterisk: it reconnects by itself and says whether it stands."""

    def __init__(self, port: int, secret: str, *, user: str = "sambung", host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._login = (user, secret)
        self._callbacks: dict[str, list[Callback]] = defaultdict(list)
        self._protocol: _Protocol | None = None
        self._down = asyncio.Event()
        self.connected = False
        self.problem = tr("belum tersambung", "not connected yet")
        self.on_connected: list[Callable[[], Awaitable[None]]] = []
        """Called after each login, before events are believed: the place to ask for the whole state."""
        self.on_lost: list[Callable[[], None]] = []

    def on(self, event: str, callback: Callback) -> None:
        """Call `callback` for every event of this name. What it raises is logged and goes no further."""
        self._callbacks[event].append(callback)

    async def run(self) -> None:
        """Hold the connection until cancelled."""
        attempt = 0
        while True:
            try:
                await self._session()
                attempt = 0
            except (OSError, TimeoutError, AmiDown, AmiRefused) as e:
                problem = f"{type(e).__name__}: {e}" if str(e) else type(e).__name__
                if problem != self.problem:
                    log.warning("Asterisk's manager at %s:%s: %s", *self._address, problem)
                self.problem = problem
            await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
            attempt += 1

    @contextlib.asynccontextmanager
    async def for_a_moment(self, seconds: float = 2.0) -> AsyncIterator[Ami]:
        """Connect for as long as the context lasts. Raises AmiDown when that takes longer than `seconds`."""
        connected = asyncio.Event()

        async def note() -> None:
            connected.set()

        self.on_connected.append(note)
        running = asyncio.create_task(self.run())
        try:
            try:
                async with asyncio.timeout(seconds):
                    await connected.wait()
            except TimeoutError:
                raise AmiDown(self.problem) from None
            yield self
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _session(self) -> None:
        self._down.clear()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(ACTION_SECONDS):
            transport, protocol = await loop.create_connection(
                lambda: _Protocol(self._dispatch, self._down.set), *self._address
            )
        self._protocol = protocol
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                await protocol.greeted
            user, secret = self._login
            await self.action("Login", Username=user, Secret=secret)
            self.connected, self.problem = True, ""
            for hook in self.on_connected:
                await hook()
            while not self._down.is_set():
                await self.action("Ping")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PING_SECONDS):
                        await self._down.wait()
        finally:
            self.connected, self._protocol = False, None
            transport.abort()
            for lost in self.on_lost:
                lost()

    def _dispatch(self, text: str) -> None:
        """Tell of one event. Read here and not by panoramisk: each key of each call comes this way."""
        lines = text.split("\r\n")
        name = lines[0].removeprefix("Event: ")
        if callbacks := self._callbacks.get(name):
            event = {header: value for header, _, value in (line.partition(": ") for line in lines)}
            for callback in callbacks:
                try:
                    callback(event)
                except Exception:
                    log.exception("a callback for %s failed", name)

    async def action(self, name: str, **headers: str | int | list[str]) -> list[Message]:
        """Carry out an action and give all that Asterisk answered (one message, or a list's events).

        It is sent once and never again. Raises AmiDown (no connection, no answer in 5 s), AmiRefused,
        ValueError for a line break in a value.
        """
        protocol = self._protocol
        if protocol is None or protocol.closed:
            raise AmiDown(self.problem)
        for value in headers.values():
            if any(c in str(value) for c in "\r\n"):
                raise ValueError(f"AMI cannot carry a line break: {value!r}")
        action = _Request({"Action": name, **headers})
        try:
            async with asyncio.timeout(ACTION_SECONDS):
                answer: Any = await protocol.send(action, as_list=None)
        except TimeoutError:
            protocol.responses.pop(action.id, None)
            protocol.transport.abort()  # a peer that is silent this long is half open
            raise AmiDown(f"no answer to {name} in {ACTION_SECONDS:.0f} s") from None
        messages: list[Message] = answer if isinstance(answer, list) else [answer]
        if not messages[0].success:
            raise AmiRefused(f"{name}: {messages[0].message}")
        return messages
