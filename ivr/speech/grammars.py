"""The grammars of a published version: `grammars.json` beside the folder of their graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from ivr.synced import write_synced

FILE = "grammars.json"
GRAPHS = "grammars"
"""The folder of the graphs, one folder each, named by its digest."""
GRAPH_FILES = ("HCLG.fst", "words.txt")

GARBAGE = "[unk]"
"""The word for what is none of a grammar's phrases."""
FILLER = "[eh]"
"""The word for what people say before a phrase: politeness, hesitation."""


class BuiltGrammar(BaseModel):
    """What may be said at one listening state."""

    model_config = ConfigDict(frozen=True)

    digest: str
    phrases: dict[str, str]
    """Form (see `ivr.speech.lexicon`) → phrase as the supervisor wrote it; empty for digits."""
    digits: bool
    values: tuple[str, ...] = ()
    """Kinds of values that are said in words."""
    accept: float
    confirm: float
    units: str
    """Digest of the model's units: a model with others cannot use the graph."""


_TABLE = TypeAdapter(dict[str, BuiltGrammar])


def write_grammars(version: Path, grammars: Iterable[BuiltGrammar]) -> None:
    """Write the table of a version's grammars into its folder."""
    table = {grammar.digest: grammar for grammar in sorted(grammars, key=lambda grammar: grammar.digest)}
    write_synced(version / FILE, _TABLE.dump_json(table, indent=1))


def read_grammars(version: Path) -> dict[str, BuiltGrammar]:
    """Digest → grammar. Raises OSError or ValueError."""
    return _TABLE.validate_json((version / FILE).read_bytes())


def graph_digest(units: str, files: Iterable[bytes]) -> str:
    """The digest of a graph for the model's `units` (their digest), from the contents of GRAPH_FILES."""
    return hashlib.sha256(units.encode() + b"\0".join(files)).hexdigest()[:16]


def check_graph(version: Path, grammar: BuiltGrammar) -> None:
    """Raises OSError where its graph is missing, ValueError where it is not as it was built."""
    folder = version / GRAPHS / grammar.digest
    if graph_digest(grammar.units, [(folder / name).read_bytes() for name in GRAPH_FILES]) != grammar.digest:
        raise ValueError(f"{folder} was altered or damaged")
