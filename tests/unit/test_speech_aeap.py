"""AEAP's messages."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis.strategies import text

from ivr.speech.aeap import AeapError, Request, Response, Result, answer, deliver, parse, refuse

SETUP = '{"request":"setup","id":"1a","version":"1","codecs":[{"name":"slin","attributes":{}}],"params":{"a":"b"}}'


def test_requests_and_answers_are_told_apart() -> None:
    assert parse(SETUP) == Request("1a", "setup", {"a": "b"})
    assert parse('{"request":"get","id":"2","params":["results"]}') == Request("2", "get", {})
    assert parse('{"response":"set","id":"3","error_msg":"no"}') == Response("3", "set")


def test_setup_is_answered_with_the_codec() -> None:
    assert json.loads(answer(Request("1a", "setup"))) == {"response": "setup", "id": "1a", "codecs": [{"name": "slin"}]}


def test_a_no_carries_its_reason() -> None:
    assert json.loads(refuse(Request("2", "get"), "why")) == {"response": "get", "id": "2", "error_msg": "why"}


def test_results_are_a_request_of_ours() -> None:
    assert json.loads(deliver("r1", [Result("satu dua", 912, "t,1,2,3")])) == {
        "request": "set",
        "id": "r1",
        "params": {"results": [{"text": "satu dua", "score": 912, "grammar": "t,1,2,3"}]},
    }


@given(text())
def test_whatever_comes_is_a_message_or_an_aeap_error(given: str) -> None:
    with suppress(AeapError):
        parse(given)
