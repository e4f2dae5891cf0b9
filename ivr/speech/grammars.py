"""The grammars of a published version: `grammars.json` beside the folder of their graphs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

FILE = "grammars.json"
GRAPHS = "grammars"
"""The folder of the graphs, one folder each, named by its digest."""


GARBAGE = "[unk]"
"""The word for what is none of a grammar's phrases."""


class BuiltGrammar(BaseModel):
    """What may be said at one listening state."""

    model_config = ConfigDict(frozen=True)

    digest: str
    phrases: dict[str, str]
    """Spoken form → phrase as the supervisor wrote it; empty for digits."""
    digits: bool
    accept: float
    confirm: float
    units: str
    """Digest of the model's units: a model with others cannot use the graph."""


_TABLE = TypeAdapter(dict[str, BuiltGrammar])


def write_grammars(version: Path, grammars: Iterable[BuiltGrammar]) -> None:
    """Write the table of a version's grammars into its folder."""
    table = {grammar.digest: grammar for grammar in sorted(grammars, key=lambda grammar: grammar.digest)}
    (version / FILE).write_bytes(_TABLE.dump_json(table, indent=1))


def read_grammars(version: Path) -> dict[str, BuiltGrammar]:
    """Digest → grammar. Raises OSError or ValueError."""
    return _TABLE.validate_json((version / FILE).read_bytes())
