"""`answer`: tell what the answer base says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import model_validator

from ivr.channel import Call
from ivr.events import AnswerGiven, AnswerMissed, AnswerWithheld
from ivr.flow.model import Step
from ivr.flow.policy import Expiring
from ivr.flow.problems import FieldError
from ivr.flow.sentences import DOCUMENT, QUESTION, ask_besides, asked_besides
from ivr.flow.values import AnswerName, Target
from ivr.i18n import tr

_UNANSWERED = ("none", "which_question", "which_document")
"""Exits of one that goes by what was understood."""


class Answer(Expiring, Step):
    """Tell an answer of the answer base and go on. A key other than `#` cuts it short, as in `play`.

    With `answer` it is the one of that name. Otherwise it is the one to what was understood at a menu, the kind of
    question `pertanyaan` about `dokumen`: whatever answer has these among its `intents`. Where there is none, `none`.
    Where only one of the two was named, `which_question` or `which_document` may ask for the other. What else was asked
    for is then next: `dokumen_lain` and `pertanyaan_lain`, empty where there is nothing left or this answer holds for
    it, too. A flow that takes it over and comes back finds what follows it there.

    On a day on which the answer is not valid it is not told: the caller hears `expired_say` and goes to `expired`.
    One to whom it cannot be played goes there, too. Both come from the flow's policy, unless given.

    ```yaml
    syarat-ktp:
      type: answer
      answer: syarat-ktp
      next: ada-lagi
      expired: petugas

    jawab:
      type: answer
      next: ada-lagi
      none: petugas
      which_question: jenis-pertanyaan
      expired: petugas
    ```
    """

    type: Literal["answer"] = "answer"
    answer: AnswerName = AnswerName("")
    """The answer's name; empty: by what was understood."""
    next: Target = Target("")
    """The step after it."""
    none: Target = Target("")
    """Where to go when there is no answer to what was understood; best a person."""
    which_question: Target = Target("")
    """Where to go when a document was named and no kind of question; `none`, if empty."""
    which_document: Target = Target("")
    """Where to go when a kind of question was named and no document; `none`, if empty."""

    @model_validator(mode="after")
    def _leads_on_when_expired(self) -> Self:
        if not self.expired:
            raise ValueError(
                tr(
                    "'expired' belum ditulis: ke mana penelepon bila jawaban ini tidak berlaku lagi, sebaiknya ke "
                    "petugas; tulis di sini, atau sekali di 'policy'",
                    "'expired' is missing: where callers go once this answer is not valid, best to a person; write it "
                    "here, or once in 'policy'",
                )
            )
        return self

    @model_validator(mode="after")
    def _knows_its_answer(self) -> Self:
        by_name = [name for name in _UNANSWERED if getattr(self, name)]
        if not (self.answer or self.none):
            raise ValueError(
                tr(
                    "tulis 'answer': nama jawaban; atau, bila jawabannya menurut yang dikatakan penelepon, 'none': ke "
                    "mana bila tidak ada jawaban, sebaiknya ke petugas",
                    "write 'answer': the answer's name; or, where it is to be the one to what callers say, 'none': "
                    "where they go when there is no answer, best to a person",
                )
            )
        if self.answer and by_name:
            message = tr(
                f"jawabannya sudah ditentukan, '{self.answer}'; hapus baris ini, atau hapus 'answer'",
                f"the answer is given, '{self.answer}'; remove this line, or remove 'answer'",
            )
            raise FieldError(message, by_name[0], key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        told = {"next": self.next, "expired": self.expired, "failed": self.expired}
        if self.answer:
            return told
        return told | {name: getattr(self, name) or self.none for name in _UNANSWERED}

    def reads(self) -> Iterator[str]:
        return iter(() if self.answer else (DOCUMENT, QUESTION))

    async def run(self, call: Call) -> str:
        name, unanswered = (self.answer, "") if self.answer else _find(call)
        if not name:
            return unanswered
        words = call.find_answer(name)
        if words is None:
            call.emit(AnswerWithheld, answer=name)
            if self.expired_say:
                await call.say(self.expired_say)
            return "expired"
        call.emit(AnswerGiven, answer=name)
        if not self.answer:
            ask_besides(call, [pair for pair in asked_besides(call) if call.answer_about(*pair) != name])
        played = await call.say(words)
        return "failed" if played.problem else "next"


def _find(call: Call) -> tuple[str, str]:
    """The name of the answer to what was understood; where there is none, the exit to take."""
    document, question = (str(call.variables.get(name, "")) for name in (DOCUMENT, QUESTION))
    if name := call.answer_about(document, question):
        return name, ""
    if bool(document) != bool(question):
        return "", "which_question" if document else "which_document"
    call.emit(AnswerMissed, document=document, question=question)
    return "", "none"
