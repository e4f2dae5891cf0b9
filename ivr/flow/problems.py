"""What is wrong in a flow, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ivr.i18n import tr

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding. `line` and `column` count from 1; `suggestion` is the name that was probably meant, or ""."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        word = self.severity if self.severity == "error" else tr("peringatan", "warning")
        if word == "error":
            word = tr("kesalahan", "error")
        hint = (
            tr(f"; maksudnya '{self.suggestion}'?", f"; did you mean '{self.suggestion}'?") if self.suggestion else ""
        )
        return f"{self.file}:{self.line}:{self.column}: {word}: {self.message}{hint}"


class FieldError(ValueError):
    """What a model finds wrong with one of its fields. `where`: the way to it; `key`: its name is wrong."""

    def __init__(self, message: str, *where: str | int, key: bool = False) -> None:
        super().__init__(message)
        self.where, self.key = where, key


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of `known` that `name` is a misspelling of, or ""."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""
