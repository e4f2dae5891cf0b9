"""What callers may say to a site's flows, made ready for the recogniser: built when published, found when loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ivr.channel import DIGITS, Grammar, Sayings
from ivr.speech.grammars import FILE, GRAPHS, BuiltGrammar, check_graphs, read_grammars, write_grammars
from ivr.speech.lexicon import Lexicon
from ivr.speech.understanding.vocabulary import Vocabulary


def build(sayings: Iterable[Sayings], vocabulary: Vocabulary, lexicon: Lexicon, model: Path, version: Path) -> None:
    """Build a grammar for each of `sayings` into a version's folder, by the recogniser's model in the folder `model`.

    Raises ModelError where the model cannot be used, LexiconError where a phrase cannot be said or the vocabulary is
    too large.
    """
    # The engine imports this module to load versions: the recogniser stays out of it.
    from ivr.speech.graph import build_grammar  # noqa: PLC0415
    from ivr.speech.model import Model  # noqa: PLC0415
    from ivr.speech.sentence_graph import build_sentences  # noqa: PLC0415
    from ivr.speech.spoken_vocabulary import SpokenVocabulary  # noqa: PLC0415

    if wanted := sorted(sayings):
        known, folder = Model.read(model), version / GRAPHS
        sentences = ""
        if any(s.sentences for s in wanted):
            sentences = build_sentences(SpokenVocabulary(vocabulary, lexicon), known, folder)
        made = [
            (build_grammar(s.phrases, s == DIGITS, known, folder, lexicon, values=s.values), s.sentences)
            for s in wanted
        ]
        write_grammars(version, [g.with_sentences(sentences) if also else g for g, also in made])


def built(version: Path) -> dict[str, BuiltGrammar]:
    """The grammars in a version's folder, by digest; none where it has none.

    Raises OSError or ValueError, also where a graph is not as it was built.
    """
    found = read_grammars(version) if (version / FILE).exists() else {}
    for grammar in found.values():
        check_graphs(version, grammar)
    return found


def grammars(
    sayings: Iterable[Sayings], lexicon: Lexicon, version: str, found: Mapping[str, BuiltGrammar]
) -> dict[Sayings, Grammar]:
    """The grammar of each of `sayings` that the version named `version` has one for."""
    by_forms = {(frozenset(g.phrases), g.digits, g.values, bool(g.sentences)): g for g in found.values()}
    known: dict[Sayings, Grammar] = {}
    for wanted in sayings:
        # Two menus may write the same words differently and share a graph: each gets its own words back.
        phrases = {lexicon.form(phrase): phrase for phrase in wanted.phrases}
        if grammar := by_forms.get((frozenset(phrases), wanted == DIGITS, wanted.values, wanted.sentences)):
            known[wanted] = Grammar(
                f"{version}/{grammar.name}",
                phrases,
                grammar.digits,
                grammar.accept,
                grammar.confirm,
                wanted.sentences,
                grammar.values,
            )
    return known
