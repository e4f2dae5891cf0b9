"""A flow as it is checked: what it says, and where that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ivr.flow.model import Flow
from ivr.flow.sentences import VARIABLES
from ivr.flow.source import Path, Source
from ivr.flow.values import Marked, VariableName, marked


@dataclass(frozen=True)
class Draft:
    """A flow with its source. `written`: names of all its steps, also of those that are wrong in themselves."""

    flow: Flow
    source: Source
    written: frozenset[str]

    @cached_property
    def marks(self) -> Mapping[str, Sequence[tuple[Path, Marked]]]:
        """Step → its marked strings, each with its path in the step."""
        return {name: list(marked(step)) for name, step in self.flow.steps.items()}

    @cached_property
    def sets(self) -> Mapping[str, frozenset[str]]:
        """Step → the variables that it sets."""
        return {
            name: frozenset([
                *step.sets,
                *(VARIABLES.values() if step.understands else ()),
                *(str(text) for _, text in self.marks[name] if isinstance(text, VariableName)),
            ])
            for name, step in self.flow.steps.items()
        }  # fmt: skip
