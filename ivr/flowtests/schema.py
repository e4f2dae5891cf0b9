"""JSON Schema of a file of flow tests, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from ivr.flow.docstrings import DescribedSchema
from ivr.flowtests.model import Given
from ivr.flowtests.words import WORDS

_ALSO: dict[str, str] = {"line": "integer", "caller": "integer", "agents": "integer", "announcement": "string"}
"""Fields that may be written otherwise than they are kept: numbers without quotes, one value instead of a mapping."""


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12): what is given, at the head and in each test, and the words of a script."""
    given = TypeAdapter(Given).json_schema(schema_generator=DescribedSchema)
    definitions: dict[str, Any] = given.pop("$defs", {})
    for model in definitions.values():
        model["type"] = ["object", "string", "null"]  # of many a thing given, one word tells all
    fields: dict[str, Any] = given["properties"]
    fields["at"]["anyOf"] = [{"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"}]
    for field, type_ in _ALSO.items():
        about = {name: fields[field].pop(name) for name in ("title", "description", "default") if name in fields[field]}
        fields[field] = {"anyOf": [fields[field], {"type": type_}], **about}
    alone = [name for name, word in WORDS.items() if word.alone]
    line = {"type": "object", "properties": {name: {} for name in WORDS}, "minProperties": 1, "maxProperties": 1}
    script = {"type": "array", "minItems": 1, "items": {"anyOf": [line | _CLOSED, {"enum": alone}]}}
    test = {"type": "object", "properties": {**fields, "call": script}, "required": ["call"], **_CLOSED}
    tests = {"type": "object", "additionalProperties": test}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sambung flow tests",
        "type": "object",
        "properties": {**fields, "tests": tests},
        "required": ["tests"],
        **_CLOSED,
        "$defs": definitions,
    }


_CLOSED = {"additionalProperties": False}
