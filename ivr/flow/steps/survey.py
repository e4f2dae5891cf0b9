"""`survey`: what callers think of the service."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ivr.channel import Call, Sayings
from ivr.events import SurveyAnswered
from ivr.flow.hearing import Hearing, by_phrase, choose, judge_by
from ivr.flow.model import Step
from ivr.flow.policy import OPTION, Choosing
from ivr.flow.problems import FieldError
from ivr.flow.source import Path
from ivr.flow.steps.record import Record
from ivr.flow.values import Duration, Name, Target, Template, VariableName, words
from ivr.i18n import tr
from ivr.voice.numbers import DIGITS

SKIP = "*"
TRIES = 2
"""So often a question is asked; then the survey ends: nobody has to answer."""
COMMENT = "komentar"
"""The question that the caller's spoken comment answers."""
DEFAULT_SCALE = 4

_SKIPS = ("lewati", "lewat saja", "tidak (usah|mau|perlu)", "cukup")

_DEFAULT_QUESTIONS = {
    VariableName("waktu"): words(
        "Apakah Anda dilayani dengan cepat? Dari satu, tidak cepat, sampai empat, sangat cepat.",
        "Were you served quickly? From one, not quickly, to four, very quickly.",
    ),
    VariableName("kompetensi"): words(
        "Apakah petugas kami menguasai pertanyaan Anda? Dari satu, tidak mampu, sampai empat, sangat mampu.",
        "Could our agent deal with your question? From one, not at all, to four, very well.",
    ),
    VariableName("perilaku"): words(
        "Apakah petugas kami sopan dan ramah? Dari satu, tidak ramah, sampai empat, sangat ramah.",
        "Was our agent polite and friendly? From one, not friendly, to four, very friendly.",
    ),
}


class Survey(Choosing, Step):
    """Ask callers to rate the service, by key or voice, and perhaps for a spoken comment.

    The questions that come with it are three of those of Permenpan RB 14/2017 (time, competence, conduct), on its scale
    from 1 to 4. The key `*` or "lewati" skips the rest; so does silence, after a second try. Each score is in the
    variable of its question, and `sambung survey` counts them. It stands best behind `answered` of a queue: who hung up
    before is never asked. What is not given here (timeout and what is said about silence, keys and speech) comes from
    the flow's policy.

    ```yaml
    nilai:
      type: survey
      comment: Jika Anda punya saran, sampaikan setelah nada, lalu tekan pagar. Jika tidak, tekan pagar.
      next: pamit
    ```
    """

    type: Literal["survey"] = "survey"
    survey: Name = "kepuasan"
    """The name by which its answers are counted."""
    say: Template = words(
        "Mohon nilai pelayanan kami, dengan tombol atau ucapan. Untuk melewatinya, tekan bintang.",
        "Please rate our service, using the keys. To skip this, press star.",
    )
    """Said before the first question."""
    questions: Annotated[dict[VariableName, Template], Field(min_length=1)] = Field(_DEFAULT_QUESTIONS)
    """Variable that takes the score → question, with what the lowest and the highest score mean."""
    scale: int = Field(DEFAULT_SCALE, ge=2, le=9)
    """The highest score; 1 is the lowest."""
    comment: Template = Template("")
    """Said before the tone after which a comment is recorded; empty: none is."""
    max: Duration = Field(60.0, ge=5, le=600)
    """The longest comment."""
    thanks: Template = words("Terima kasih atas penilaian Anda.", "Thank you for your rating.")
    """Said to who has answered at least one question."""
    next: Target = Target("")
    """The step after it, whatever was answered."""

    interacts = True

    @model_validator(mode="after")
    def _default_questions_fit_the_scale(self) -> Self:
        if self.scale != DEFAULT_SCALE and self.questions == _DEFAULT_QUESTIONS:
            message = tr(
                f"pertanyaan bawaan berskala 1 sampai {DEFAULT_SCALE}; tulis 'questions' sendiri",
                f"the questions that come with it go from 1 to {DEFAULT_SCALE}; write your own 'questions'",
            )
            raise FieldError(message, "scale")
        return self

    @model_validator(mode="after")
    def _comment_is_no_question(self) -> Self:
        if self.comment and COMMENT in self.questions:
            message = tr(
                f"'{COMMENT}' adalah nama komentar lisan; pakai nama lain untuk pertanyaan ini",
                f"'{COMMENT}' is the name of the spoken comment; give this question another one",
            )
            raise FieldError(message, "questions", COMMENT, key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.next}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("say",), self.say, self._keys
        yield from ((("questions", name), question, self._keys) for name, question in self.questions.items())

    @property
    def _keys(self) -> list[str]:
        return [SKIP, *map(str, range(1, self.scale + 1))]

    def prompts(self) -> Iterator[str]:
        return iter([*self._texts("half_sure"), *map(self._half_sure, self._key_of().values())])

    def sayings(self) -> Iterator[Sayings]:
        return iter([self._sayings()])

    def choices(self) -> Mapping[str, Sequence[str]]:
        scores = {str(score): (word,) for score, word in enumerate(DIGITS[1 : self.scale + 1], start=1)}
        return scores | {SKIP: _SKIPS}

    def _key_of(self) -> dict[str, str]:
        """What may be said → the key that it stands for."""
        return by_phrase(self.choices())

    def _sayings(self) -> Sayings:
        return Sayings(tuple(self._key_of()))

    def _half_sure(self, key: str) -> str:
        return self.half_sure.replace(OPTION, "lewati" if key == SKIP else DIGITS[int(key)])

    async def run(self, call: Call) -> str:
        await call.say(self.say)
        answered = False
        for name, question in self.questions.items():
            key = await self._ask(call, question)
            if not key:
                break
            score = int(key)
            call.assign(name, score)
            call.emit(SurveyAnswered, survey=self.survey, question=str(name), score=score, scale=self.scale)
            answered = True
        else:
            await self._take_comment(call)
        if answered:
            await call.say(self.thanks)
        return "next"

    async def _ask(self, call: Call, question: str) -> str:
        """The score, as a key; "" where the caller does not want to give any."""
        hearing = Hearing(
            call,
            self._sayings(),
            self,
            tries=self.speech_tries,
            judge=judge_by(self._key_of().__getitem__),
            half_sure=self._half_sure,
        )
        chosen = await hearing.until_fit(partial(choose, call, hearing, question, self._keys, self), tries=TRIES)
        return "" if chosen is None or chosen.key == SKIP else chosen.key

    async def _take_comment(self, call: Call) -> None:
        """One who hangs up while speaking has left a comment, too."""
        message = await Record(say=self.comment, max=self.max, failed=self.next).take(call) if self.comment else None
        if message and message.path:
            call.emit(SurveyAnswered, survey=self.survey, question=COMMENT, recording=message.path)
        if message and message.gone:
            raise message.gone
