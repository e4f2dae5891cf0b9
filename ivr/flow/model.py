"""What a loaded flow consists of. The engine walks it, the lint judges it, the steps fill it."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from pydantic import Field

from ivr.channel import Call, Sayings, Value
from ivr.flow.answers import ANY_DOCUMENT, FOLDER, AnswerEntry
from ivr.flow.expressions import parse
from ivr.flow.hotline import LIFE, Blocklist, Line, Queue
from ivr.flow.policy import Policy
from ivr.flow.source import Path
from ivr.flow.values import (
    Expression,
    Formula,
    Marked,
    Name,
    Phrase,
    Strict,
    Target,
    Template,
    VariableName,
    marked,
)
from ivr.speech.lexicon import Lexicon
from ivr.speech.understanding.interpreter import Interpreter
from ivr.speech.understanding.vocabulary import Vocabulary
from ivr.understood import Options
from ivr.voice.languages import INDONESIAN, Translations, is_free_text
from ivr.voice.template import Placeholder, parse_template


@dataclass(frozen=True, slots=True)
class FlowJump:
    """The call goes on at the start of `flow`; when `returns`, it comes back to the step's exit `next`."""

    flow: str
    returns: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a variable may hold, beside nothing: one of these `values`, to be said in one of these `formats`.

    None: whatever it is.
    """

    values: frozenset[str] | None = None
    formats: frozenset[str] | None = None


class Step(Strict, ABC):
    """One step of a flow. A step type is one file in `steps/`.

    `exits()` names every way out and the step it leads to; `run()` returns the name of one. A step never
    jumps on its own and knows nothing but the `Call` that it is given. When `run()` raises, the engine
    takes the exit `failed`: that is where mistakes of the flow lead, so nearly every step has it.
    """

    type: str

    interacts: ClassVar[bool] = False
    """Whether the caller, an agent or time decides here: what keeps a loop from spinning."""
    talks: ClassVar[bool] = False
    """Whether its time is conversation, which the limit on minutes leaves out."""
    person: ClassVar[bool] = False
    """Whether the caller can reach a person here."""
    final: ClassVar[bool] = False
    """Whether the call ends here, even inside a flow that was called from another."""
    sets: ClassVar[tuple[str, ...]] = ()
    """Variables that it sets by itself."""
    unset_at: ClassVar[tuple[str, ...]] = ()
    """Exits at which it has set none of its variables."""

    @abstractmethod
    def exits(self) -> Mapping[str, Target]:
        """Name of each exit → the step it leads to ("" = the end of the flow)."""

    @abstractmethod
    async def run(self, call: Call) -> str:
        """Do it; the name of the exit to take."""

    @cached_property
    def leads_to(self) -> Mapping[str, Target]:
        """`exits()`, for those who ask again and again."""
        return self.exits()

    def prompts(self) -> Iterator[str]:
        """The texts that it may speak, with their placeholders."""
        return self._texts()

    def _texts(self, *but: str) -> Iterator[str]:
        """The texts in its fields, those in the fields `but` left out."""
        for path, text in marked(self):
            if isinstance(text, Template) and text.strip() and path[0] not in but:
                yield text

    def sayings(self) -> Iterator[Sayings]:
        """What callers may say here, for each of its questions."""
        return iter(())

    @property
    def understands(self) -> bool:
        """Whether it understands sentences."""
        return False

    def choices(self) -> Mapping[str, Sequence[str]]:
        """Where callers choose in words: key → the phrases that stand for it."""
        return {}

    def options(self) -> Options | None:
        """Where it understands sentences: its options. Raises TemplateError where the first phrase of one is wrong."""
        return None

    def sets_before(self, field: str) -> bool:
        """Whether its variables may have a value when this field of it is said or worked out."""
        return True

    def contents(self) -> Mapping[str, Content]:
        """What is known of the values of variables that it sets."""
        return {}

    def reads(self) -> Iterator[str]:
        """Variables that it goes by, besides those that its fields name."""
        return iter(())

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        """Place and words of each of its texts that announce keys, and the keys that count there."""
        return iter(())

    def jump(self) -> FlowJump | None:
        """The flow that the call goes on with, once the step has run."""
        return None


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow. `constants` are worked out; `said`: see FlowHead.diucapkan; `file` is where it was read from."""

    name: str
    title: str
    start: str
    constants: Mapping[str, Value]
    policy: Policy
    said: Mapping[str, str]
    steps: Mapping[str, Step]
    file: str


@dataclass(frozen=True, slots=True)
class PromptUse:
    """A text that a flow speaks, in a language, with its placeholders. `where`: "halo-kota.yaml: menu-utama"."""

    text: str
    where: str
    language: str = INDONESIAN


@dataclass(frozen=True)
class Site:
    """All of a folder: lines, queues, flows, the very bytes they were read from (file name → content), the words, the
    answers, and what understands sentences by them.
    """

    lines: Mapping[str, Line]
    queues: Mapping[str, Queue]
    flows: Mapping[str, Flow]
    sources: Mapping[str, bytes]
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    blocklist: Blocklist = field(default_factory=Blocklist)
    answers: Mapping[str, AnswerEntry] = field(default_factory=dict)
    translations: Translations = field(default_factory=Translations)
    interpreter: Interpreter = field(default_factory=Interpreter)

    def understanding_menus(self) -> set[Options]:
        """The options of each menu at which sentences are understood."""
        steps = (step for flow in self.flows.values() for step in flow.steps.values())
        return {options for step in steps if (options := step.options()) is not None}

    def make_ready(self) -> None:
        """Prepare for understanding, so that no call waits for it: some tenths of a second."""
        for options in self.understanding_menus():
            self.interpreter.at(options, freely=True)

    def names(self) -> dict[str, str]:
        """What is said for the names of the vocabulary that variables may hold; none where none may."""
        return {"": "", **self.vocabulary.names()} if self.understanding_menus() else {}

    def answer_about(self, document: str, question: str, day: dt.date) -> str | None:
        """The name of the answer to this question ("" = none is named), valid on `day` where there is such a one."""
        names = self._answers_about.get((document or ANY_DOCUMENT, question), ())
        found = [(self.answers[name].is_valid(day), self.answers[name].valid_from, name) for name in names]
        return max(found)[2] if found else None

    @cached_property
    def _answers_about(self) -> Mapping[tuple[str, str], Sequence[str]]:
        """Document and kind of question ("" = none is named) → names of the answers to it."""
        found = defaultdict[tuple[str, str], list[str]](list)
        for name, entry in self.answers.items():
            for document, questions in entry.intents.items():
                for question in questions or ("",):
                    found[document, question].append(name)
        return found

    @cached_property
    def asks_past(self) -> bool:
        """Whether some flow asks what a caller's number did before the call."""
        formulas = (Formula(text).expression for text in self.named(Formula))
        return any(parse(text).asks_past for text in (*self.named(Expression), *formulas) if text)

    def prompts(self) -> Iterator[PromptUse]:
        """Every text that may be spoken, once in each language that has it, with the step that speaks it first."""
        first = dict[str, str]()
        for where, text in self._texts():
            first.setdefault(str(text), where)
        for language in (INDONESIAN, *self.translations.texts):
            for text, where in first.items():
                words, said_in = self.translations.said(text, language)
                if said_in == language:
                    yield PromptUse(words, where, language)

    def _texts(self) -> Iterator[tuple[str, str]]:
        prompts = list(self._prompts())
        yield from prompts
        parts = (part for _, text in prompts for part in parse_template(text))
        plainly = {part.name for part in parts if isinstance(part, Placeholder) and not part.format}
        yield from ((where, text) for where, name, text in self._free_texts() if name in plainly)

    def _free_texts(self) -> Iterator[tuple[str, str, str]]:
        """Where a flow gives a variable words as they stand, the variable, and the words."""
        for flow in self.flows.values():
            for name, value in flow.constants.items():
                if isinstance(value, str) and is_free_text(value):
                    yield f"{flow.file}: constants", name, value
            for name, step in flow.steps.items():
                for path, text in marked(step):
                    if isinstance(text, Formula) and text.expression is None and is_free_text(text):
                        yield f"{flow.file}: {name}", str(path[-1]), str(text)

    def _prompts(self) -> Iterator[tuple[str, str]]:
        for flow in self.flows.values():
            for name, step in flow.steps.items():
                yield from ((f"{flow.file}: {name}", text) for text in step.prompts())
        yield from ((f"{FOLDER}: {name}", entry.say) for name, entry in self.answers.items())
        yield from ((f"kosakata.yaml: {name}", words) for name, words in self.names().items() if words)
        for number, line in self.lines.items():
            yield from ((f"hotline.yaml: {number}", text) for text in line.prompts())
        yield "hotline.yaml: blocklist", self.blocklist.say

    def sayings(self) -> set[Sayings]:
        """All that callers may say anywhere."""
        of_steps = {s for flow in self.flows.values() for step in flow.steps.values() for s in step.sayings()}
        return of_steps | ({LIFE} if any(line.gate for line in self.lines.values()) else set())

    def named(self, kind: type[Marked]) -> set[str]:
        """The names of this kind in all steps."""
        steps = (step for flow in self.flows.values() for step in flow.steps.values())
        return {str(name) for step in steps for _, name in marked(step) if isinstance(name, kind)}

    def lexicon(self) -> Lexicon:
        """Knows how the phrases of all flows are said."""
        return Lexicon({words: way for flow in self.flows.values() for words, way in flow.said.items()})


class FlowHead(Strict):
    """A flow file without its steps."""

    flow: Name
    """The flow's name, by which lines and other flows refer to it."""
    title: str = ""
    """Its name for people."""
    start: Target
    """The step that the call begins with."""
    constants: dict[VariableName, str] = Field({})
    """Variables with a fixed value: a text, or after `=` an expression."""
    policy: Policy = Policy()
    """What happens on silence and wrong keys."""
    diucapkan: dict[str, Phrase] = Field({})
    """Word or words as they stand in phrases → how callers say them: `IMB: (i em be|imbe)`. It holds in all flows."""
