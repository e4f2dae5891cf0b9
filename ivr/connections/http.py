"""Queries over HTTP: paths and JSON filled with values, and what the status of the answer means."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from ivr.channel import Value
from ivr.connections.web import NoAnswer, WebServer
from ivr.flow.expressions import teks
from ivr.lookups import Json, LookupFailed
from ivr.settings_connections import Query, fill, placeholders

TRIES = 3
"""So often a GET is sent, where there is no answer. A POST may do something, and is sent once."""
BACK_OFF_SECONDS = 0.2
"""Between the first two; then twice as long each time."""
NOT_FOUND = (404, 204)
TOO_MANY = 429


async def ask_server(server: WebServer, query: Query, values: Mapping[str, Value]) -> Json:
    """The answer's JSON; None where there is nothing of that kind. Raises LookupFailed, NoAnswer."""
    path = _path(query.get or query.post, values)
    if query.post:
        status, content = await _answered(server, "POST", path, orjson.dumps(_filled(query.body, values)))
    else:
        status, content = await _repeated(server, path)
    if status in NOT_FOUND:
        return None
    if not 200 <= status < 300:
        raise LookupFailed(f"{server.host}: HTTP {status}")
    try:
        return orjson.loads(content) or None
    except orjson.JSONDecodeError:
        raise LookupFailed(f"{server.host}: the answer is no JSON") from None


async def _repeated(server: WebServer, path: str) -> tuple[int, bytes]:
    for attempt in range(TRIES - 1):
        try:
            return await _answered(server, "GET", path)
        except NoAnswer:
            await asyncio.sleep(BACK_OFF_SECONDS * 2**attempt)
    return await _answered(server, "GET", path)


async def _answered(server: WebServer, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """A server that says that it cannot answer now gave no answer."""
    status, content = await server.request(method, path, body=body)
    if status >= 500 or status == TOO_MANY:
        raise NoAnswer(f"{server.host}: HTTP {status}")
    return status, content


def _path(path: str, values: Mapping[str, Value]) -> str:
    """`path` with values; none of them can lead to another one. Raises LookupFailed."""
    said = {name: teks(values[name]) for name in placeholders(path)}
    if wrong := [name for name, text in said.items() if text in ("", ".", "..")]:
        raise LookupFailed(f"no value for {', '.join(wrong)}")
    return fill(path, {name: quote(text, safe="") for name, text in said.items()})


def _filled(body: Any, values: Mapping[str, Value]) -> Any:
    """`body` with values: "{nik}" alone becomes the value, as it is, amid other words its text."""
    if isinstance(body, dict):
        return {name: _filled(inner, values) for name, inner in body.items()}
    if isinstance(body, list):
        return [_filled(inner, values) for inner in body]
    if not isinstance(body, str):
        return body
    names = placeholders(body)
    if len(names) == 1 and body == f"{{{names[0]}}}":
        return values[names[0]]
    return fill(body, {name: teks(values[name]) for name in names})
