"""What the fields of a model mean: the strings that stand beneath them in the source.

Only the reference page and the JSON Schemas need them. pydantic's `use_attribute_docstrings` would read the source of
every model whenever the flow language is loaded, a quarter of what `sambung check` takes.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field → its docstring, those of inherited fields among them."""
    documented: dict[str, str] = {}
    for kind in reversed(model.__mro__[: model.__mro__.index(BaseModel)]):
        documented |= _in_module(kind.__module__).get(kind.__name__, {})
    return documented


@cache
def _in_module(module: str) -> dict[str, dict[str, str]]:
    """Class → field → docstring."""
    body = ast.parse(inspect.getsource(sys.modules[module])).body
    return {node.name: dict(_of_class(node)) for node in body if isinstance(node, ast.ClassDef)}


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for pair in pairwise(node.body):
        match pair:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                yield field, inspect.cleandoc(text)


class DescribedSchema(GenerateJsonSchema):
    """JSON Schema in which each field of a model has its docstring as description."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        written = super().model_schema(schema)
        for field, text in field_docs(schema["cls"]).items():
            if field in written.get("properties", {}):
                written["properties"][field]["description"] = text
        return written
