"""What flows look up, asked where the settings say: with a time-out, a memory, and rest for what is dead."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from ivr.channel import Value
from ivr.connections.breaker import Breaker
from ivr.connections.database import first_row
from ivr.connections.http import ask_server
from ivr.connections.web import NoAnswer, WebServer
from ivr.lookups import Json, LookupFailed
from ivr.settings import Settings
from ivr.settings_connections import Connection, Query

REMEMBERED = 500
"""So many answers are kept at most, each for its query's time."""
CLOSING_SECONDS = 2.0
LOST, BACK = "connection_lost", "connection_back"
"""What SystemNoted says when a connection is taken to be dead, and when it answers again."""


class ConnectedLookups:
    """Implements `ivr.lookups.Lookups`."""

    def __init__(
        self,
        settings: Settings,
        note: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`note`: takes a stable word and a detail for people."""
        self._settings, self._note, self._clock = settings, note, clock
        self._breakers = defaultdict[str, Breaker](lambda: Breaker(clock))
        self._servers = {name: _server(known) for name, known in settings.connections.items() if known.url}
        self._answers = OrderedDict[str, tuple[float, Json]]()
        self._running = set[asyncio.Task[Json]]()

    async def ask(self, query: str, values: Mapping[str, Value], timeout: float) -> Json:
        asked = self._settings.queries.get(query)
        if asked is None:
            raise LookupFailed(f"there is no [queries.{query}] in sambung.toml")
        if missing := asked.names - values.keys():
            raise LookupFailed(f"no value for {', '.join(sorted(missing))}")
        given = {name: values[name] for name in sorted(asked.names)}
        question = f"{query} {given}"
        if (known := self._answers.get(question)) and known[0] > self._clock():
            return known[1]
        answer = await self._ask_connection(asked, given, timeout)
        if asked.keep_seconds:
            self._remember(question, answer, asked.keep_seconds)
        return answer

    async def close(self) -> None:
        """Leave nothing open. What still runs was ended before, and is nearly done."""
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSING_SECONDS)
        for server in self._servers.values():
            await server.close()

    async def _ask_connection(self, query: Query, values: Mapping[str, Value], timeout: float) -> Json:
        breaker = self._breakers[query.connection]
        if not breaker.may_ask():
            raise LookupFailed(f"{query.connection} has not answered lately, and is not asked now")
        try:
            answer = await self._in_time(self._send(query, values), timeout)
        except NoAnswer as e:
            if breaker.failed():
                self._note(LOST, f"{query.connection}: {e}")
            raise LookupFailed(str(e)) from e
        except LookupFailed:
            self._alive(query.connection, breaker)
            raise
        self._alive(query.connection, breaker)
        return answer

    def _alive(self, connection: str, breaker: Breaker) -> None:
        if breaker.answered():
            self._note(BACK, connection)

    async def _send(self, query: Query, values: Mapping[str, Value]) -> Json:
        if database := self._settings.connections[query.connection].database:
            return await first_row(database, query.sql, values)
        return await ask_server(self._servers[query.connection], query, values)

    async def _in_time(self, work: Coroutine[Any, Any, Json], timeout: float) -> Json:
        """Do it in time, or end it, which is not waited for: nothing may hold a caller. Raises NoAnswer."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            await asyncio.wait([task], timeout=timeout)
        finally:
            task.cancel()
        if not task.done():
            raise NoAnswer(f"no answer for {timeout:g} s")
        return task.result()

    def _ended(self, task: asyncio.Task[Json]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, also where nobody waits for it any more

    def _remember(self, question: str, answer: Json, seconds: float) -> None:
        self._answers[question] = self._clock() + seconds, answer
        self._answers.move_to_end(question)
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)


def _server(connection: Connection) -> WebServer:
    secret = connection.secret.get_secret_value()
    headers = {connection.header: secret} if secret else {}
    return WebServer(connection.url, headers=headers, certificates=connection.certificates)
