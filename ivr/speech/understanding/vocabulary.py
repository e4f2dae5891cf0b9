"""How citizens name documents, places and kinds of question: content of `kosakata.yaml`, written by supervisors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ivr.i18n import tr
from ivr.speech.templates import expand, parse


def _readable(template: str) -> str:
    for sentence in expand(parse(template)):
        if not re.search("[a-z0-9]", sentence, re.IGNORECASE):
            raise ValueError(tr(f"'{sentence}' tidak berisi kata", f"'{sentence}' has no word in it"))
    return template


Template = Annotated[str, AfterValidator(_readable)]
"""Sentences in the notation of ivr.speech.templates. Inflected and everyday forms of a word need not be listed."""
Phrases = Annotated[list[Template], Field(min_length=1)]


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Written):
    """How one kind of question is asked. Other words may stand between the words of a phrase."""

    phrases: Phrases
    """What is hardly ever said for another reason."""
    hints: list[Template] = []
    """What makes the question likely where none of the phrases is said."""


class Vocabulary(_Written):
    """Name → how citizens say it. The names are what flows, statistics and answers use."""

    documents: dict[str, Phrases] = {}
    """Documents and services."""
    questions: dict[str, Question] = {}
    """What citizens want to know of them, or want to be done."""
    places: dict[str, Phrases] = {}
    """Offices and other places that citizens name."""
    others: list[Template] = []
    """What sounds like a question of these and is none."""
    urgent: list[str] = []
    """Kinds of question that count before all others in a sentence, and are never passed over: emergencies."""
    spoken: dict[str, str] = {}
    """Name of a document, a kind of question or a place → the words by which callers hear it, where they differ."""

    def names(self) -> dict[str, str]:
        """Name of each document, kind of question and place → how it is spoken."""
        return {n: self.spoken.get(n, n) for n in (*self.documents, *self.questions, *self.places)}

    def templates(self) -> Iterator[str]:
        """All of them."""
        return (template for _, template in self.placed())

    def placed(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """All templates, each with its place."""
        lists: dict[tuple[str, ...], list[str]] = {
            **{("documents", name): phrases for name, phrases in self.documents.items()},
            **{("places", name): phrases for name, phrases in self.places.items()},
            ("others",): self.others,
            **{("questions", name, "phrases"): question.phrases for name, question in self.questions.items()},
            **{("questions", name, "hints"): question.hints for name, question in self.questions.items()},
        }
        return (((*place, i), template) for place, of_list in lists.items() for i, template in enumerate(of_list))


def said_twice(vocabulary: Vocabulary) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The place of each phrase that stands for something else before, and for what."""
    questions = {name: question.phrases for name, question in vocabulary.questions.items()}
    for part, named in (("documents", vocabulary.documents), ("questions", questions), ("places", vocabulary.places)):
        first: dict[str, str] = {}
        for name, phrases in named.items():
            for at, template in enumerate(phrases):
                others = {first.setdefault(text.casefold(), name) for text in expand(parse(template))} - {name}
                inside = ("phrases",) if part == "questions" else ()
                if others:
                    yield (part, name, *inside, at), min(others)
