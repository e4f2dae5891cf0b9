"""FastAGI as bare as it comes: a test writes commands to a call and reads what Asterisk answers."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from tests.e2e.kit.machine import LOOPBACK


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` is Asterisk's line; `seconds`: how long it took."""

    text: str
    seconds: float

    @property
    def result(self) -> int:
        """The number after `result=`."""
        found = re.search(r"result=(-?\d+)", self.text)
        assert found, self.text
        return int(found[1])


class BareAgi:
    """One call. `hung_up` is true once Asterisk said so."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.hung_up = False

    async def command(self, line: str) -> Answer:
        """Give a command and wait for its answer. Raises EOFError when the call is over."""
        started = time.monotonic()
        self._writer.write(f"{line}\n".encode())
        while text := (await self._reader.readline()).decode().strip():
            if text != "HANGUP":
                return Answer(text, time.monotonic() - started)
            self.hung_up = True
        raise EOFError(line)

    def close(self) -> None:
        """Let the dialplan go on."""
        self._writer.close()


class BareAgiServer:
    """Takes the calls of `agi://…`: each is handed out by `next_call`."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[BareAgi] = asyncio.Queue()

    async def start(self) -> str:
        """Listen; gives the URL."""
        self._server = await asyncio.start_server(self._take, LOOPBACK, 0)
        return f"agi://{LOOPBACK}:{self._server.sockets[0].getsockname()[1]}/"

    async def next_call(self, seconds: float = 15) -> BareAgi:
        """The next call that reached us."""
        return await asyncio.wait_for(self._calls.get(), seconds)

    def stop(self) -> None:
        """Take no more calls."""
        self._server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (await reader.readline()).strip():
            pass  # the environment
        self._calls.put_nowait(BareAgi(reader, writer))
