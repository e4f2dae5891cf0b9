"""Grammars that Vosk has loaded together with the model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from weakref import WeakValueDictionary

from ivr.i18n import tr
from ivr.speech.confidence import Confidence
from ivr.speech.decoder import vosk
from ivr.speech.grammars import COMPLETE, GRAPHS, BuiltGrammar, read_grammars
from ivr.speech.lexicon import key_of, sentences
from ivr.speech.model import Model, ModelError

_ERRORS_ONLY = -2
"""Vosk's log level. It warns with every result that words were not aligned; we ask for no times of words."""
_SEARCH_FOR_SENTENCES = "--beam=10\n--lattice-beam=5\n"
"""Where words may follow each other in any order there are so many alternatives that the result would take seconds."""


@dataclass(frozen=True)
class LoadedGrammar:
    """A grammar that Vosk can decode with, any number of utterances at once."""

    grammar: BuiltGrammar
    confidence: Confidence
    vosk: vosk.Model
    sentences: vosk.Model | None = None
    """Hears sentences, where the grammar has them."""

    @cached_property
    def tells_ends(self) -> bool:
        """Whether it puts out COMPLETE behind its phrases; those of versions published before do not."""
        return bool(self.grammar.phrases) and self.vosk.vosk_model_find_word(COMPLETE) >= 0

    @cached_property
    def continued(self) -> frozenset[str]:
        """The forms of phrases that another phrase may continue: "KTP" where there is "KTP hilang"."""
        forms: dict[tuple[str, ...], set[str]] = {}
        for form in self.grammar.phrases:
            for sentence in sentences(form):
                forms.setdefault(key_of(sentence), set()).add(form)
        return frozenset(
            begun
            for said, longer in forms.items()
            for count in range(1, len(said))
            for begun in forms.get(said[:count], ())
            if longer - {begun}
        )


class LoadedGrammars:
    """The grammars that were used last, by id ("<version>/<digest>"). Threads may share it.

    A graph is loaded together with the network: about 15 ms and 4 MB each (docs/decisions/0007-grammars.md).
    Vosk wants a folder with everything in it: `run` gets one per grammar, made of links.
    """

    def __init__(self, model: Model, versions: Path, run: Path, capacity: int = 100) -> None:
        self._model, self._versions, self._run, self._capacity = model, versions, run, capacity
        self._loaded: OrderedDict[str, LoadedGrammar] = OrderedDict()
        self._sentences: WeakValueDictionary[str, vosk.Model] = WeakValueDictionary()  # by digest: menus share them
        self._lock = threading.Lock()

    def get(self, grammar_id: str) -> LoadedGrammar:
        """Load the grammar, or find it loaded. Raises ModelError."""
        with self._lock:
            if grammar_id not in self._loaded:
                self._loaded[grammar_id] = self._load(grammar_id)
                if len(self._loaded) > self._capacity:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(grammar_id)
            return self._loaded[grammar_id]

    def _load(self, grammar_id: str) -> LoadedGrammar:
        version, _, name = grammar_id.partition("/")
        try:
            grammar = read_grammars(self._versions / version)[name]
        except (OSError, ValueError, KeyError) as e:
            raise ModelError(f"no grammar {grammar_id}: {e!r}") from e
        if grammar.units != self._model.units_digest:
            raise ModelError(
                tr(
                    f"versi {version} dibuat untuk model suara lain; terbitkan lagi: sambung publish",
                    f"version {version} was built for another speech model; publish again: sambung publish",
                )
            )
        graphs = self._versions / version / GRAPHS
        return LoadedGrammar(
            grammar,
            self._model.confidence(digits=grammar.digits or bool(grammar.values)),
            load(self._model, graphs / grammar.digest, self._run / grammar.digest),
            self._load_sentences(graphs / grammar.sentences) if grammar.sentences else None,
        )

    def _load_sentences(self, graph: Path) -> vosk.Model:
        loaded = self._sentences.get(graph.name)
        if loaded is None:
            loaded = self._sentences[graph.name] = load_sentences(self._model, graph, self._run / graph.name)
        return loaded


def load_sentences(model: Model, graph: Path, folder: Path) -> vosk.Model:
    """As `load`, for a graph of sentences."""
    return load(model, graph, folder, search=_SEARCH_FOR_SENTENCES)


def load(model: Model, graph: Path, folder: Path, *, search: str = "") -> vosk.Model:
    """Load a graph with the model, through `folder`, which becomes a Vosk model made of links.

    `search`: settings of the decoder in place of the model's, in the notation of its conf/model.conf.
    """
    folder.mkdir(parents=True, exist_ok=True)
    conf = folder / "conf"
    links = {"am": model.folder / "am", "graph": graph} | ({} if search else {conf.name: model.folder / conf.name})
    for name, target in links.items():
        link = folder / name
        if not (link.is_symlink() and link.readlink() == target.resolve()):
            link.unlink(missing_ok=True)
            link.symlink_to(target.resolve())
    if search:
        conf.mkdir(exist_ok=True)
        for file in (model.folder / conf.name).iterdir():
            changed = f"\n{search}" if file.name == "model.conf" else ""
            (conf / file.name).write_text(file.read_text() + changed)
    vosk.SetLogLevel(_ERRORS_ONLY)
    try:
        return vosk.Model(str(folder))
    except Exception as e:  # Vosk raises nothing better
        raise ModelError(f"Vosk cannot load {graph}: {e}; see `sambung doctor`") from e
