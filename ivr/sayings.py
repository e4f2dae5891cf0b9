"""What callers may say to a site's flows, made ready for the recogniser: built when published, found when loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.channel import DIGITS, Grammar, Sayings
from ivr.speech.grammars import FILE, GRAPHS, BuiltGrammar, check_graph, read_grammars, write_grammars
from ivr.speech.lexicon import Lexicon


def build(sayings: Iterable[Sayings], lexicon: Lexicon, model: Path, version: Path) -> None:
    """Build a grammar for each of `sayings` into a version's folder, by the recogniser's model in the folder `model`.

    Raises ModelError where the model cannot be used, LexiconError where a phrase cannot be said.
    """
    # The engine imports this module to load versions: the recogniser stays out of it.
    from ivr.speech.graph import build_grammar  # noqa: PLC0415
    from ivr.speech.model import Model  # noqa: PLC0415

    if wanted := sorted(sayings):
        known = Model.read(model)
        folder = version / GRAPHS
        write_grammars(
            version, [build_grammar(s.phrases, s == DIGITS, known, folder, lexicon, values=s.values) for s in wanted]
        )


def built(version: Path) -> dict[str, BuiltGrammar]:
    """The grammars in a version's folder, by digest; none where it has none.

    Raises OSError or ValueError, also where a graph is not as it was built.
    """
    found = read_grammars(version) if (version / FILE).exists() else {}
    for grammar in found.values():
        check_graph(version, grammar)
    return found


def grammars(
    sayings: Iterable[Sayings], lexicon: Lexicon, version: str, found: Mapping[str, BuiltGrammar]
) -> dict[Sayings, Grammar]:
    """The grammar of each of `sayings` that the version named `version` has one for."""
    by_forms = {(frozenset(grammar.phrases), grammar.digits, grammar.values): grammar for grammar in found.values()}
    known: dict[Sayings, Grammar] = {}
    for wanted in sayings:
        # Two menus may write the same words differently and share a graph: each gets its own words back.
        phrases = {lexicon.form(phrase): phrase for phrase in wanted.phrases}
        if grammar := by_forms.get((frozenset(phrases), wanted == DIGITS, wanted.values)):
            id_ = f"{version}/{grammar.digest}"
            known[wanted] = Grammar(
                id_, phrases, grammar.digits, grammar.accept, grammar.confirm, values=grammar.values
            )
    return known
