"""The graph of one listening state: what may be said, as Vosk's decoder searches it.

A graph is a static HCLG of OpenFst: its input is the model's transitions, its output words. For phrases, each
phrase is one output word, whatever its template lets people say, all of them in parallel, with fillers before and
after them; for digits, digits and groups of them are in a loop; for values, the words of which they are made, in the
order in which `ivr.speech.values.spoken` puts them. Beside all this stands the garbage word: any string of units. It
always fits best; how much better than a phrase is what confidence is made of (`ivr.speech.confidence`).

A denial before a phrase ("nggak mau lapor") is garbage, whatever follows.

What may be left out (a filler, an optional word, all that makes an alternative longer than the shortest) costs what
it gains on the garbage when it is said: it brings the phrase to where it is said, and makes it no surer.

The network is trained with CTC: between any two units, and before and after speech, there may be blanks.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ivr.i18n import tr
from ivr.speech.colloquial import CONSONANTS, DENIALS, FILLERS
from ivr.speech.grammars import COMPLETE, FILLER, GARBAGE, GRAPH_FILES, BuiltGrammar, graph_digest
from ivr.speech.lexicon import DIGITS, Lexicon, LexiconError, pronounce, sentences, shortest, variants
from ivr.speech.model import Model
from ivr.speech.templates import Choice, parse, words_in
from ivr.speech.templates import Sequence as Template
from ivr.speech.values.digits import COUNTS, DASHES, GROUP_WORDS, OH, PLACES, PLUS, TIMES
from ivr.speech.values.spoken import SPOKEN
from ivr.synced import write_synced

_GARBAGE_WORD, _FILLER_WORD, _COMPLETE_WORD, FIRST_WORD = 1, 2, 3, 4
"""Numbers in words.txt."""
GARBAGE_COST = 1.5
"""Cost of each unit of the garbage word, without which it would always win. Tuned on the dev split."""
_WORD_COST = 2.0
"""Cost of one more digit (or word, in a loop), against those that noise makes. Tuned on the dev split."""
_WORD_BEGUN_COST = 1.0
"""As much of it where the word begins: less than a unit of garbage, so that a digit shows as one by its first sound."""
_GROUP_COST = 2.0
"""… and of a word that makes a group of digits, against those that single digits make. Tuned on the dev split."""
_OPTIONAL_COST = 1.2
"""Cost of each unit that may be left out: a little over what one that is said gains on the garbage. So tuned, too."""
_FILLER_COST = 0.5
"""Cost of each filler, against fillers that noise makes. Tuned on the dev split."""
_DENIED_COST = 0.9
"""Cost of each unit of a word that denies a phrase: what one that is said gains on the garbage."""
VARIANT_COST = 1.0
"""Cost of a word or sound that is not said as it is written. Tuned on the dev split."""
_COMPLETED = 1e-3
"""What a phrase gains at its end: of two ways that are alike, the one that is complete comes out."""

Starts = Sequence[tuple[int, int, float]]
"""Where the next sound may begin: state, the word that comes out with it (0: none), its cost."""
_Drawn = dict[tuple[Choice | str, int], int]
"""A word or a choice, and the state behind it → the state before it."""


def build_grammar(
    phrases: Sequence[str],
    digits: bool,
    model: Model,
    folder: Path,
    lexicon: Lexicon | None = None,
    *,
    values: Sequence[str] = (),
) -> BuiltGrammar:
    """Write HCLG.fst and words.txt into `folder`/<digest>; equal input gives equal files.

    `values`: kinds of SPOKEN, instead of phrases. Raises LexiconError, which names the phrase, where one cannot be said
    with the model's units or two sound alike.
    """
    table = {} if digits or values else _table(phrases, lexicon or Lexicon(), model)
    drawing = Drawing(model.units)
    if digits:
        words = [*DIGITS, *GROUP_WORDS]
        drawing.digits(words)
    elif values:
        templates = [SPOKEN[kind] for kind in dict.fromkeys(values)]
        words = sorted({word for template in templates for word in words_in(template)})
        drawing.values(templates, words, several=len(values) > 1)
    else:
        words = list(table)
        drawing.phrases(words)
    confidence = model.confidence(digits=digits or bool(values))
    return BuiltGrammar(
        digest=write_graph(drawing, words, model, folder),
        phrases=table,
        digits=digits,
        values=tuple(values),
        accept=confidence.accept,
        confirm=confidence.confirm,
        units=model.units_digest,
    )


def build_loop(words: Sequence[str], model: Model, folder: Path) -> str:
    """Write a graph in which any of the words may follow any other, to measure a model by; returns its digest."""
    drawing = Drawing(model.units)
    drawing.loop(words)
    return write_graph(drawing, words, model, folder)


def build_sounds(model: Model, folder: Path) -> str:
    """Write a graph in which any sound may follow any other, to tell what no phrase was; returns its digest."""
    sounds = model.units[1:]
    drawing = Drawing(model.units, garbage=False)
    drawing.loop(sounds)
    return write_graph(drawing, sounds, model, folder)


def write_graph(drawing: Drawing, words: Iterable[str], model: Model, folder: Path) -> str:
    """Write HCLG.fst and words.txt into `folder`/<digest>; `words`: those from FIRST_WORD on. Returns the digest."""
    tokens = ["<eps>", GARBAGE, FILLER, COMPLETE, *map(_token, words)]
    content = (drawing.to_bytes(), "".join(f"{token} {i}\n" for i, token in enumerate(tokens)).encode())
    digest = graph_digest(model.units_digest, content)
    (folder / digest).mkdir(parents=True, exist_ok=True)
    for name, data in zip(GRAPH_FILES, content, strict=True):
        write_synced(folder / digest / name, data)
    return digest


class PhraseTable:
    """The phrases of a grammar: each can be said with the model's units, and no two sound the same."""

    def __init__(self, model: Model, lexicon: Lexicon) -> None:
        self.phrases: dict[str, str] = {}
        """Form → phrase."""
        self._model, self._lexicon = model, lexicon
        self._phrase_of: dict[str, str] = {}

    def add(self, phrase: str) -> None:
        """Raises LexiconError, which names the phrase; then it is not added."""
        form = self._lexicon.form(phrase)
        units = {unit for word in re.findall("[a-z]+", form) for unit in pronounce(word)}
        if missing := units.difference(self._model.units):
            raise LexiconError(
                tr(
                    f"frasa '{phrase}': model suara tidak mengenal bunyi '{min(missing)}'",
                    f"phrase '{phrase}': the speech model does not know the sound '{min(missing)}'",
                )
            )
        said = set(sentences(form))
        if same := min((s for s in said if self._phrase_of.get(s, phrase) != phrase), default=None):
            raise LexiconError(
                tr(
                    f"frasa '{phrase}' dan '{self._phrase_of[same]}' diucapkan sama: '{same}'",
                    f"phrases '{phrase}' and '{self._phrase_of[same]}' sound the same: '{same}'",
                )
            )
        self._phrase_of.update(dict.fromkeys(said, phrase))
        self.phrases[form] = phrase


def _table(phrases: Sequence[str], lexicon: Lexicon, model: Model) -> dict[str, str]:
    """Form → phrase."""
    table = PhraseTable(model, lexicon)
    for phrase in phrases:
        table.add(phrase)
    return dict(sorted(table.phrases.items()))


def _token(form: str) -> str:
    """A whole phrase as one word of Vosk's."""
    return form.replace(" ", "_")


def words_of(text: str) -> list[str]:
    """The words in a result of Vosk's: forms of phrases, digits or GARBAGE."""
    return [token.replace("_", " ") for token in text.split() if token not in (FILLER, COMPLETE)]


class Drawing:
    """A graph on its way."""

    def __init__(self, units: Sequence[str], *, garbage: bool = True) -> None:
        self._fst = _Fst()
        self._number = {unit: k for k, unit in enumerate(units)}
        start, self._choice, self._end = (self._fst.state() for _ in range(3))
        self._fst.final[self._end] = 0.0
        self._blanks(start, self._choice)
        self._fst.arc(self._choice, self._end)  # nothing is said
        if garbage:
            again = self._fst.state()
            self._fst.arc(again, self._end)
            self._garbage([(self._choice, _GARBAGE_WORD, GARBAGE_COST), (again, 0, GARBAGE_COST)], again)

    def to_bytes(self) -> bytes:
        return self._fst.to_bytes()

    def loop(self, words: Iterable[str]) -> None:
        again = self._again()
        for number, word in enumerate(words, start=FIRST_WORD):
            self._in_loop([again], number, word, (self._end, again))

    def digits(self, words: Iterable[str]) -> None:
        """Digits and groups of them: the words of DIGITS and GROUP_WORDS. What makes a group stands where it can."""
        again = self._again()
        behind_word, behind_digit, behind_count, behind_oh, repeated = (self._fst.state() for _ in range(5))
        for state in (self._end, again):
            self._fst.arc(behind_word, state)
        before = {"kali": behind_count, PLUS: self._choice, OH: self._choice}
        before |= dict.fromkeys(PLACES, behind_digit) | dict.fromkeys(DASHES, behind_word)
        behind = {"kali": (repeated, self._end), PLUS: (again,), OH: (behind_oh,)}
        behind |= dict.fromkeys(TIMES, (repeated,)) | dict.fromkeys(DASHES, (again,))
        for number, word in enumerate(words, start=FIRST_WORD):
            if digit := DIGITS.get(word):
                starts = [again, repeated, *([behind_oh] if digit == "8" else [])]
                places = [*([behind_digit] if digit > "1" else []), *([behind_count] if word in COUNTS else [])]
                self._in_loop(starts, number, word, [behind_word, *places])
            else:
                starts = [before.get(word, again)]
                self._in_loop(starts, number, word, behind.get(word, (behind_word,)), _GROUP_COST)

    def _again(self) -> int:
        """The state before each word of a loop."""
        again = self._fst.state()
        self._fst.arc(self._choice, again)
        return again

    def _in_loop(self, before: Iterable[int], number: int, word: str, then: Iterable[int], cost: float = 0.0) -> None:
        behind = self._word([(state, number, _WORD_BEGUN_COST + cost) for state in before], word)
        for state in then:
            self._fst.arc(behind, state, cost=_WORD_COST - _WORD_BEGUN_COST)

    def phrases(self, forms: Sequence[str]) -> None:
        """A word that is a phrase is no other way to say another one."""
        before, after, again = self._among_fillers()
        for denial in filter(self._has, DENIALS):
            denied = self._word([(at, _GARBAGE_WORD, 0.0) for at in (self._choice, again)], denial, _DENIED_COST)
            self._fst.arc(denied, again)
        for number, form in enumerate(forms, start=FIRST_WORD):
            start = [(before, number, 0.0)]
            one_word = form.isalpha()
            for state, _, cost in (
                self._colloquial(start, form, forms) if one_word else self._template(start, parse(form))
            ):
                self._fst.arc(state, after, word=_COMPLETE_WORD, cost=cost - _COMPLETED)

    def values(self, templates: Iterable[Template], words: Iterable[str], *, several: bool) -> None:
        """One value, or any number of them; each word comes out by itself."""
        before, after, _ = self._among_fillers()
        number = {word: k for k, word in enumerate(words, start=FIRST_WORD)}
        drawn: _Drawn = {}
        for template in templates:
            self._fst.arc(before, self._each_word(template, after, number, drawn))
        if several:
            self._fst.arc(after, before)
            self._fillers(after, before, 0)

    def _among_fillers(self) -> tuple[int, int, int]:
        """The states between which something may be said with fillers around it, and that behind each one before."""
        before, after = self._fst.state(), self._fst.state()
        self._fst.arc(self._choice, before)
        self._fst.arc(after, self._end)
        again = self._fillers(self._choice, before, _FILLER_WORD)
        self._fillers(after, self._end, 0)
        return before, after, again

    def _each_word(self, template: Template, behind: int, number: Mapping[str, int], drawn: _Drawn) -> int:
        """Draw a template of which each word comes out by its number, from its end; returns the state before it.

        What is said before the same state is drawn once.
        """
        for part in reversed(template):
            for step in (part,) if isinstance(part, Choice) else reversed(part.text.split()):
                if (step, behind) not in drawn:
                    before = drawn[step, behind] = self._fst.state()
                    if isinstance(step, Choice):
                        for option in step.options:
                            cost = step.cost if option else 0.0
                            self._fst.arc(before, self._each_word(option, behind, number, drawn), cost=cost)
                    else:
                        for state, _, cost in self._colloquial([(before, number[step], _WORD_COST)], step):
                            self._fst.arc(state, behind, cost=cost)
                behind = drawn[step, behind]
        return behind

    def _template(self, starts: Starts, template: Template) -> Starts:
        """Draw a template behind `starts`; returns where it ends."""
        for part in template:
            if isinstance(part, Choice):
                least = min(map(shortest, part.options))
                starts = [
                    end
                    for option in part.options
                    for end in self._template(_dearer(starts, _OPTIONAL_COST * (shortest(option) - least)), option)
                ]
            else:
                for word in part.text.split():
                    starts = self._colloquial(starts, word)
        return starts

    def _colloquial(self, starts: Starts, word: str, but: Collection[str] = ()) -> Starts:
        """A word, and the other ways in which people say it, `but` these."""
        behind = [self._word(starts, word, loan=True)]
        for variant in filter(self._has, (other for other in variants(word) if other not in but)):
            longer = max(0, len(pronounce(variant)) - len(pronounce(word)))
            behind.append(self._word(_dearer(starts, VARIANT_COST + _OPTIONAL_COST * longer), variant))
        return [(state, 0, 0.0) for state in behind]

    def _fillers(self, begin: int, end: int, output: int) -> int:
        """Any number of them; returns the state behind each."""
        again = self._fst.state()
        self._fst.arc(again, end)
        for filler in filter(self._has, FILLERS):
            starts = [(begin, output, _FILLER_COST), (again, 0, _FILLER_COST)]
            self._fst.arc(self._word(starts, filler, _OPTIONAL_COST), again)
        return again

    def _has(self, word: str) -> bool:
        return all(unit in self._number for unit in pronounce(word))

    def _word(self, starts: Starts, word: str, cost: float = 0.0, *, loan: bool = False) -> int:
        """The units of a word, each at a cost; `loan`: with other sounds for those of loan words. The state behind."""
        for unit in pronounce(word):
            blank = self._blank()
            said = [self._unit(_dearer(starts, cost), blank, self._number[unit])]
            for other in filter(self._has, CONSONANTS.get(unit, ()) if loan else ()):
                said.append(self._unit(_dearer(starts, cost + VARIANT_COST), blank, self._number[other]))
            starts = [(state, 0, 0.0) for state in (*said, blank)]
        behind = self._fst.state()
        for state, _, _ in starts:
            self._fst.arc(state, behind)
        return behind

    def _unit(self, starts: Starts, blank: int, unit: int) -> int:
        """One unit, and the way to the blanks that may follow it. Returns the state where it was said."""
        said = self._fst.state()
        for state, word, cost in starts:
            self._fst.arc(state, said, _begins(unit), word, cost)
        self._fst.arc(said, said, _stays(unit))
        self._fst.arc(said, blank, _begins(0))
        return said

    def _garbage(self, starts: Starts, behind: int) -> None:
        """Any unit, and the blanks that may follow it."""
        fst = self._fst
        blank = self._blank()
        fst.arc(blank, behind)
        for unit in range(1, len(self._number)):
            at = fst.state()
            for state, word, cost in starts:
                fst.arc(state, at, _begins(unit), word, cost)
            fst.arc(at, at, _stays(unit))
            fst.arc(at, behind)
            fst.arc(at, blank, _begins(0))

    def _blanks(self, at: int, behind: int) -> None:
        blank = self._blank()
        self._fst.arc(at, blank, _begins(0))
        self._fst.arc(blank, behind)
        self._fst.arc(at, behind)

    def _blank(self) -> int:
        """A state of any number of blanks."""
        blank = self._fst.state()
        self._fst.arc(blank, blank, _stays(0))
        return blank


def _dearer(starts: Starts, cost: float) -> Starts:
    return [(state, word, before + cost) for state, word, before in starts]


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
