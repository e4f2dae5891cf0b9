"""`branch`: a choice by what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ivr.channel import Call
from ivr.flow.model import Step
from ivr.flow.values import Expression, Strict, Target


class Case(Strict):
    """One case: where to go when the expression is true."""

    when: Expression
    """The condition."""
    next: Target
    """Where it leads."""


class Branch(Step):
    """Take the first case that is true, else `otherwise` (also when a condition cannot be worked out).

    ```yaml
    periksa:
      type: branch
      cases:
        - when: bagian(nik, 1, 4) == '3578'
          next: warga-kota
      otherwise: luar-kota
    ```
    """

    type: Literal["branch"] = "branch"
    cases: list[Case] = Field(min_length=1)
    """The cases, in order."""
    otherwise: Target
    """Where to go when no case is true."""

    def exits(self) -> Mapping[str, Target]:
        cases = {f"case:{i}": case.next for i, case in enumerate(self.cases, start=1)}
        return cases | {"otherwise": self.otherwise, "failed": self.otherwise}

    async def run(self, call: Call) -> str:
        for i, case in enumerate(self.cases, start=1):
            if call.evaluate(case.when):
                return f"case:{i}"
        return "otherwise"
