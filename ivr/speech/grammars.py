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
COMPLETE = "[.]"
"""The word that comes out behind a phrase, once all of it was said."""


class BuiltGrammar(BaseModel):
    """What may be said at one listening state."""

    model_config = ConfigDict(frozen=True)

    digest: str
    """Of the graph of its phrases."""
    sentences: str = ""
    """Digest of the graph of sentences, which is heard where none of the phrases was surely said; "" without one."""
    phrases: dict[str, str]
    """Form (see `ivr.speech.lexicon`) → phrase as the supervisor wrote it; empty for digits."""
    digits: bool
    values: tuple[str, ...] = ()
    """Kinds of values that are said in words."""
    accept: float
    confirm: float
    units: str
    """Digest of the model's units: a model with others cannot use the graphs."""

    def with_sentences(self, digest: str) -> BuiltGrammar:
        """The same, with this graph of sentences."""
        return self.model_copy(update={"sentences": digest})

    @property
    def name(self) -> str:
        """Its own among the grammars of a version."""
        return self.digest + self.sentences

    @property
    def graphs(self) -> list[str]:
        """The digests of its graphs."""
        return [digest for digest in (self.digest, self.sentences) if digest]


_TABLE = TypeAdapter(dict[str, BuiltGrammar])


def write_grammars(version: Path, grammars: Iterable[BuiltGrammar]) -> None:
    """Write the table of a version's grammars into its folder."""
    table = {grammar.name: grammar for grammar in sorted(grammars, key=lambda grammar: grammar.name)}
    write_synced(version / FILE, _TABLE.dump_json(table, indent=1))


def read_grammars(version: Path) -> dict[str, BuiltGrammar]:
    """Name → grammar. Raises OSError or ValueError."""
    return _TABLE.validate_json((version / FILE).read_bytes())


def graph_digest(units: str, files: Iterable[bytes]) -> str:
    """The digest of a graph for the model's `units` (their digest), from the contents of GRAPH_FILES."""
    return hashlib.sha256(units.encode() + b"\0".join(files)).hexdigest()[:16]


def check_graphs(version: Path, grammar: BuiltGrammar) -> None:
    """Raises OSError where one of its graphs is missing, ValueError where one is not as it was built."""
    for digest in grammar.graphs:
        folder = version / GRAPHS / digest
        if graph_digest(grammar.units, [(folder / name).read_bytes() for name in GRAPH_FILES]) != digest:
            raise ValueError(f"{folder} was altered or damaged")
