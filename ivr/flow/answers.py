"""The answer base: what callers are told, and agents read, each answer with its owner and its last day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import Field, model_validator

from ivr.flow.fields import check_name, is_mapping, known_fields, validate
from ivr.flow.hours import Date
from ivr.flow.problems import FieldError
from ivr.flow.source import Path, Source
from ivr.flow.values import NAME, DocumentName, Name, QuestionName, Strict, Template, marked
from ivr.i18n import tr
from ivr.speech.understanding.vocabulary import Vocabulary

FOLDER = "answers"
"""The folder beside the flows that holds the answer base."""
ANY_DOCUMENT = "umum"
"""Stands in `intents` for a question that names no document: "jam buka"."""
EXPIRY_AHEAD_DAYS = 30
"""An answer that is valid for no more days is worth a warning."""


class AnswerEntry(Strict):
    """What callers are told about one thing. It stands below `answers:` in a file of the folder `answers`.

    ```yaml
    answers:
      syarat-ktp:
        question: Apa syarat membuat KTP?
        say: Bawalah kartu keluarga ke kantor kecamatan. Pembuatan KTP tidak dipungut biaya.
        text: Sidik jari, foto, dan iris mata direkam di tempat, sehingga tidak dapat diwakilkan.
        source: UU 24/2013 pasal 79A
        owner: Dinas Kependudukan dan Pencatatan Sipil
        valid_from: 2026-01-01
        valid_until: 2027-12-31
        intents:
          KTP: [syarat, biaya]
    ```
    """

    question: str
    """The question that it answers."""
    say: Template
    """What callers hear."""
    text: str = ""
    """What agents read beside it: details and exceptions."""
    source: str = ""
    """The law or regulation that it rests on."""
    owner: str
    """The office that keeps it right."""
    valid_from: Date
    """Its first day."""
    valid_until: Date
    """Its last day: from the next one on no caller hears it."""
    intents: dict[DocumentName, list[QuestionName]] = Field({})
    """What citizens ask that it answers: document → kinds of question; `[]`: only a document, `umum`: no document."""

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_until < self.valid_from:
            message = tr(
                f"hari terakhir lebih awal daripada hari pertama, {self.valid_from}; tulis tanggal sesudahnya",
                f"the last day is before the first, {self.valid_from}; write a date after it",
            )
            raise FieldError(message, "valid_until")
        return self

    def days_left(self, today: dt.date) -> int:
        """For how many days it is still valid, today included; 0 or less: it has expired."""
        return (self.valid_until - today).days + 1

    def is_valid(self, day: dt.date) -> bool:
        """Whether callers may hear it on this day."""
        return self.valid_from <= day <= self.valid_until


class AnswersHead(Strict):
    """A file of the folder `answers`."""

    answers: dict[Name, AnswerEntry]
    """Name → answer."""


@dataclass(slots=True)
class AnswerBase:
    """The answers that are right in themselves, and the file of each.

    `written`: names of all there are, also of those that are wrong. `whole`: every file could be read.
    """

    entries: dict[str, AnswerEntry] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    whole: bool = True

    def read(self, source: Source) -> None:
        """Add the answers of one file; what is wrong with it is reported."""
        answers = _below_answers(source)
        self.whole = self.whole and answers is not None
        for name, given in (answers or {}).items():
            self._read(source, name, given)

    def _read(self, source: Source, name: str, given: object) -> None:
        path = ("answers", name)
        self.written.add(name)
        if first := self.sources.get(name):
            line = first.place(path, key=True)[0]
            message = tr(
                f"jawaban '{name}' sudah ada di {first.file}:{line}; hapus salah satu, atau ganti namanya",
                f"the answer '{name}' is already there in {first.file}:{line}; remove one of the two, or rename it",
            )
            source.report(path, message, key=True)
            return
        check_name(source, path, NAME)
        self.sources[name] = source
        if given is None:
            source.report(path, tr(f"jawaban '{name}' kosong", f"the answer '{name}' is empty"), key=True)
            return
        if is_mapping(source, path, given) and (entry := validate(source, path, given, AnswerEntry)):
            self.entries[name] = entry


def _below_answers(source: Source) -> dict[str, Any] | None:
    """What stands below `answers:`; None where nothing can be read there."""
    if source.data is None or not is_mapping(source, (), source.data):
        return None
    if "answers" not in source.data and not source.nearest("answers", source.data):
        message = tr(
            "awali berkas ini dengan baris 'answers:', dan beri setiap jawaban 2 spasi lagi di depannya",
            "begin this file with the line 'answers:', and put 2 more spaces in front of every answer",
        )
        source.report((), message)
        return None
    answers: Any = known_fields(source, (), source.data, AnswersHead).get("answers")
    return answers if is_mapping(source, ("answers",), answers) else None


def check_answers(base: AnswerBase, vocabulary: Vocabulary | None, today: dt.date) -> None:
    """Report intents that kosakata.yaml does not know (unless `vocabulary` is None), and what expires."""
    for name, entry in base.entries.items():
        if vocabulary is not None:
            _check_intents(base.sources[name], name, entry, vocabulary)
        _check_expiry(base.sources[name], name, entry, today)
    _check_rivals(base)


def _check_intents(source: Source, name: str, entry: AnswerEntry, vocabulary: Vocabulary) -> None:
    known: Mapping[type, Mapping[str, object]] = {
        DocumentName: vocabulary.documents,
        QuestionName: vocabulary.questions,
    }
    for path, text in marked(entry):
        names = known.get(type(text))
        if names is not None and text not in names and text != ANY_DOCUMENT:
            message = tr(f"'{text}' tidak ada di kosakata.yaml", f"'{text}' is not in kosakata.yaml")
            near = source.nearest(text, names)
            listed = "" if near else tr(f"; yang ada: {', '.join(names)}", f"; there are: {', '.join(names)}")
            at = ("answers", name, *path)
            source.report(at, message + listed, suggestion=near, key=isinstance(text, DocumentName))


def _check_rivals(base: AnswerBase) -> None:
    """Report what two answers are to answer on the same day."""
    first: dict[tuple[str, str], list[str]] = {}
    for name, entry in base.entries.items():
        for document, questions in entry.intents.items():
            for i, question in enumerate(questions or [""]):
                others = first.setdefault((document, question), [])
                if other := next((o for o in others if _overlap(entry, base.entries[o])), None):
                    day = max(entry.valid_from, base.entries[other].valid_from)
                    what = f"{question} {document}".strip()
                    message = tr(
                        f"'{what}' sudah dijawab '{other}', juga pada {day}; hapus salah satu, atau ubah tanggalnya",
                        f"'{what}' is answered by '{other}', also on {day}; remove one of the two, or change the dates",
                    )
                    at: Path = ("answers", name, "intents", document, *([i] if questions else []))
                    base.sources[name].report(at, message, key=not questions)
                others.append(name)


def _overlap(one: AnswerEntry, other: AnswerEntry) -> bool:
    """Whether there is a day on which both are valid."""
    return one.valid_from <= other.valid_until and other.valid_from <= one.valid_until


def _check_expiry(source: Source, name: str, entry: AnswerEntry, today: dt.date) -> None:
    left = entry.days_left(today)
    if left > EXPIRY_AHEAD_DAYS:
        return
    if left <= 0:
        message = tr(
            f"jawaban '{name}' tidak berlaku lagi dan tidak diucapkan; tanyakan kepada {entry.owner}, lalu perbarui "
            "isi dan tanggalnya, atau hapus",
            f"the answer '{name}' is no longer valid, and not told; ask {entry.owner}, then renew its words and its "
            "date, or remove it",
        )
    else:
        message = tr(
            f"jawaban '{name}' segera habis masa berlakunya; tanyakan kepada {entry.owner} apakah masih benar, lalu "
            "perbarui tanggalnya",
            f"the answer '{name}' expires soon; ask {entry.owner} whether it is still right, then renew its date",
        )
    source.report(("answers", name, "valid_until"), message, severity="warning")
