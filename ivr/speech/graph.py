"""The graph of one listening state: what may be said, as Vosk's decoder searches it.

A graph is a static HCLG of OpenFst: its input is the model's transitions, its output words. For phrases, each
phrase is one output word, all of them in parallel; for digits, the digits are in a loop. Beside them stands the
garbage word: any string of units. It always fits best; how much better than a phrase is what confidence is made
of (`ivr.speech.confidence`).

The network is trained with CTC: between any two units, and before and after speech, there may be blanks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.i18n import tr
from ivr.speech.grammars import GARBAGE, GRAPH_FILES, BuiltGrammar, graph_digest
from ivr.speech.lexicon import DIGITS, LexiconError, pronounce, spoken
from ivr.speech.model import Model
from ivr.synced import write_synced

_GARBAGE_WORD, _FIRST_WORD = 1, 2
GARBAGE_COST = 1.5
"""Cost of each unit of the garbage word, without which it would always win. Tuned on the dev split."""
_DIGIT_COST = 2.0
"""Cost of one more digit, against digits that noise makes. Tuned on the dev split."""


def build_grammar(phrases: Sequence[str], digits: bool, model: Model, folder: Path) -> BuiltGrammar:
    """Write HCLG.fst and words.txt into `folder`/<digest>; equal input gives equal files.

    Raises LexiconError, which names the phrase, where one cannot be said with the model's units or two sound alike.
    """
    table = {} if digits else _table(phrases)
    words = list(DIGITS) if digits else list(table)
    chains = [_chain(word, table.get(word, word), model.units) for word in words]
    content = (
        _graph(chains, loop=digits, units=len(model.units)).to_bytes(),
        "".join(f"{word} {i}\n" for i, word in enumerate(["<eps>", GARBAGE, *map(_token, words)])).encode(),
    )
    digest = graph_digest(model.units_digest, content)
    (folder / digest).mkdir(parents=True, exist_ok=True)
    for name, data in zip(GRAPH_FILES, content, strict=True):
        write_synced(folder / digest / name, data)
    confidence = model.confidence(digits=digits)
    return BuiltGrammar(
        digest=digest,
        phrases=table,
        digits=digits,
        accept=confidence.accept,
        confirm=confidence.confirm,
        units=model.units_digest,
    )


def _table(phrases: Sequence[str]) -> dict[str, str]:
    table: dict[str, str] = {}
    for phrase in phrases:
        said = spoken(phrase)
        if table.setdefault(said, phrase) != phrase:
            raise LexiconError(
                tr(
                    f"frasa '{phrase}' dan '{table[said]}' diucapkan sama",
                    f"phrases '{phrase}' and '{table[said]}' sound the same",
                )
            )
    return dict(sorted(table.items()))


def _token(said: str) -> str:
    """A whole phrase as one word of Vosk's."""
    return said.replace(" ", "_")


def words_of(text: str) -> list[str]:
    """The words in a result of Vosk's: phrases, digits or GARBAGE."""
    return [token.replace("_", " ") for token in text.split()]


def _chain(said: str, phrase: str, units: Sequence[str]) -> list[int]:
    number = {unit: k for k, unit in enumerate(units)}
    chain = [unit for word in said.split() for unit in pronounce(word)]
    if missing := next((unit for unit in chain if unit not in number), None):
        raise LexiconError(
            tr(f"model suara tidak mengenal bunyi '{missing}'", f"the speech model does not know the sound '{missing}'")
            + f" ({phrase})"
        )
    return [number[unit] for unit in chain]


def _graph(chains: Sequence[Sequence[int]], *, loop: bool, units: int) -> _Fst:
    fst = _Fst()
    start, choice, spoken_part, end = fst.state(), fst.state(), fst.state(), fst.state()
    fst.final[end] = 0.0
    _blanks(fst, start, choice)
    fst.arc(choice, end)  # nothing is said
    fst.arc(choice, spoken_part)
    for word, chain in enumerate(chains, start=_FIRST_WORD):
        at, output, cost = spoken_part, word, _DIGIT_COST if loop else 0.0
        for unit in chain:
            at = _unit(fst, at, unit, output, cost)
            output, cost = 0, 0.0
        fst.arc(at, end)
        if loop:
            fst.arc(at, spoken_part)
    _garbage(fst, choice, end, units)
    return fst


def _garbage(fst: _Fst, choice: int, end: int, units: int) -> None:
    """The garbage word: one unit or more, in any order."""
    again, blank = fst.state(), fst.state()
    fst.arc(again, end)
    fst.arc(blank, blank, _stays(0))
    fst.arc(blank, again)
    for unit in range(1, units):
        at = fst.state()
        fst.arc(choice, at, _begins(unit), _GARBAGE_WORD, GARBAGE_COST)
        fst.arc(again, at, _begins(unit), 0, GARBAGE_COST)
        fst.arc(at, at, _stays(unit))
        fst.arc(at, again)
        fst.arc(at, blank, _begins(0))


def _unit(fst: _Fst, at: int, unit: int, word: int, cost: float) -> int:
    """One unit and the blanks that may follow it; returns the state behind them."""
    said, behind = fst.state(), fst.state()
    fst.arc(at, said, _begins(unit), word, cost)
    fst.arc(said, said, _stays(unit))
    _blanks(fst, said, behind)
    return behind


def _blanks(fst: _Fst, at: int, behind: int) -> None:
    blank = fst.state()
    fst.arc(at, blank, _begins(0))
    fst.arc(blank, blank, _stays(0))
    fst.arc(blank, behind)
    fst.arc(at, behind)


def _begins(unit: int) -> int:
    """The model's transition into a unit; see `training/kaldi.py`."""
    return 2 * unit + 2


def _stays(unit: int) -> int:
    return 2 * unit + 1


@dataclass
class _Fst:
    """A vector FST over the tropical semiring, in the file format of OpenFst 1.6 and later."""

    arcs: list[list[tuple[int, int, float, int]]] = field(default_factory=list)
    final: dict[int, float] = field(default_factory=dict)

    def state(self) -> int:
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, source: int, target: int, transition: int = 0, word: int = 0, cost: float = 0.0) -> None:
        self.arcs[source].append((transition, word, cost, target))

    def to_bytes(self) -> bytes:
        magic, version, flags, expanded_and_mutable = 2125659606, 2, 0, 3
        counts = (0, len(self.arcs), sum(map(len, self.arcs)))  # start, states, arcs
        parts = [
            struct.pack("<i", magic),
            _string("vector"),
            _string("standard"),
            struct.pack("<iiQqqq", version, flags, expanded_and_mutable, *counts),
        ]
        for state, arcs in enumerate(self.arcs):
            parts.append(struct.pack("<fq", self.final.get(state, float("inf")), len(arcs)))
            parts += [struct.pack("<iifi", *arc) for arc in arcs]
        return b"".join(parts)


def _string(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()
