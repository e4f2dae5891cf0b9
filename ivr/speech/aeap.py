"""AEAP messages, as Asterisk's res_speech_aeap and a speech server exchange them: JSON, one object each.

Requests go both ways, `{"request": name, "id": …}`, and each is answered, `{"response": name, "id": …}`.
Audio travels beside them in binary frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

CODEC = "slin"
"""Signed linear, 16 bits, 8 kHz: what AGI's SPEECH RECOGNIZE delivers, 320 bytes each 20 ms."""


class AeapError(ValueError):
    """This is no AEAP message."""


@dataclass(frozen=True, slots=True)
class Request:
    """Asterisk wants something: "setup", "set", "get"."""

    id: str
    name: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Response:
    """Asterisk's answer to a request of ours."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """One of the results that end a SPEECH RECOGNIZE. `score`: 0–1000; no text may hold a quote."""

    text: str
    score: int
    grammar: str


def parse(text: str | bytes) -> Request | Response:
    """Read a message. Raises AeapError."""
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as e:
        raise AeapError(f"no JSON: {e}") from e
    if not isinstance(message, dict) or not isinstance(message.get("id"), str):
        raise AeapError("no object with an id")
    match message:
        case {"request": str(name)}:
            params = message.get("params")
            return Request(message["id"], name, params if isinstance(params, dict) else {})
        case {"response": str(name)}:
            return Response(message["id"], name)
    raise AeapError("neither a request nor a response")


def answer(request: Request) -> str:
    """Yes to a request. To `setup` nothing else may ever be said: a no leaks a thread in Asterisk for each call."""
    more = {"codecs": [{"name": CODEC}]} if request.name == "setup" else {}
    return _write({"response": request.name, "id": request.id, **more})


def refuse(request: Request, why: str) -> str:
    """No to a request other than `setup`."""
    return _write({"response": request.name, "id": request.id, "error_msg": why})


def deliver(request_id: str, results: Sequence[Result]) -> str:
    """A request of ours that ends the running SPEECH RECOGNIZE with these results."""
    listed = [{"text": r.text, "score": r.score, "grammar": r.grammar} for r in results]
    return _write({"request": "set", "id": request_id, "params": {"results": listed}})


def _write(message: dict[str, Any]) -> str:
    return orjson.dumps(message).decode()
