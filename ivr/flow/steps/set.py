"""`set`: give variables a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import Call, Value
from ivr.flow.expressions import ExpressionError, parse
from ivr.flow.model import Content, Step
from ivr.flow.values import Formula, Target, VariableName


class Set(Step):
    """Give variables a value: a text as it stands or, with `=` in front, an expression.

    What is worked out from a secret variable is kept out of the record, too.

    ```yaml
    hitung:
      type: set
      values:
        layanan: KTP
        percobaan: = percobaan + 1
      next: menu-ktp
    ```
    """

    type: Literal["set"] = "set"
    values: dict[VariableName, Formula] = Field(min_length=1)
    """Variable → value, worked out in this order."""
    next: Target = Target("")
    """The step after it."""

    def sets_before(self, field: str) -> bool:
        return False

    def contents(self) -> Mapping[str, Content]:
        return {name: Content(values=_values(formula)) for name, formula in self.values.items()}

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    async def run(self, call: Call) -> str:
        for name, formula in self.values.items():
            value, secret = worked_out(call, formula)
            call.assign(name, value, secret=secret)
        return "next"


def worked_out(call: Call, formula: Formula) -> tuple[Value, bool]:
    """The value, and whether it comes from a secret variable. Raises ExpressionError."""
    if formula.expression is None:
        return str(formula), False
    secret = not call.secrets.isdisjoint(parse(formula.expression).names)
    return call.evaluate(formula.expression), secret


def _values(formula: Formula) -> frozenset[str] | None:
    """The texts that alone can come of it; None where it may be anything."""
    if formula.expression is None:
        return frozenset([str(formula)])
    try:
        values = parse(formula.expression).values()
    except ExpressionError:
        return None
    return None if values is None else frozenset(values)
