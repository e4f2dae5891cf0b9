"""`menu`: a choice by one key, or by saying it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ivr.channel import ALL_KEYS, SKIP_KEYS, Call, Sayings
from ivr.flow.hearing import Hearing, by_phrase, choose, judge_by
from ivr.flow.kinds import SAID_AS
from ivr.flow.model import Content, Step
from ivr.flow.policy import OPTION, Choosing, HearingSentences, Retrying
from ivr.flow.problems import FieldError
from ivr.flow.sentences import UNDERSTOOD, VARIABLES, Choices, Topic
from ivr.flow.source import Path
from ivr.flow.values import Key, Phrase, Target, Template, YesNo
from ivr.flow.yes_no import YES_NO
from ivr.i18n import tr
from ivr.speech.templates import parse, plainest
from ivr.understood import Options

_KINDS = {
    "date": "tanggal",
    "time": "jam",
    "amount": "rupiah",
    "nik": "nik",
    "telephone": "telepon",
    "ticket": "tiket",
}
"""Slot of a sentence → the kind of value that it is."""


class Menu(Choosing, HearingSentences, Retrying, Step):
    """Ask for one key and go where it leads. After `tries` questions without an answer: `failed`.

    The caller may press before the prompt has ended. With `phrases` they may say what they want instead, also over
    the prompt; each phrase stands for a key, so that keys always do. What was understood for sure is taken, what
    was half understood is asked (`half_sure`). What is not given here (tries, timeout, silence, wrong_key and what
    is said about speech) comes from the flow's policy.

    ```yaml
    menu-utama:
      type: menu
      say: Sebutkan keperluan Anda. Untuk KTP tekan satu. Untuk pengaduan tekan dua. Untuk petugas tekan nol.
      keys:
        1: ktp
        2: pengaduan
        0: petugas
      phrases:
        1: [KTP, "(buat|urus|perpanjang) KTP", kartu tanda penduduk]
        2: [pengaduan, lapor]
        0: [petugas, operator]
      understood: jawab
      failed: petugas
    ```

    With `understood` they may also say it in a sentence, in the words of `kosakata.yaml`. One that asks for what the
    phrases of a key name takes that key. Any other sets the variables `dokumen`, `pertanyaan` and `tempat` to what it
    is about ("" where it does not say), `dokumen_lain` and `pertanyaan_lain` to what it also asks for ("KTP sama KK",
    "syarat KTP dan biaya paspor"), `lainnya` to what follows that, and goes to `understood`; half understood, it is
    asked (`half_understood`). A key sets them, too, to what its first phrase is about. What else a sentence names is in
    `tanggal`, `jam`, `jumlah`, `bilangan`, `urutan`, `persen`, `lama`, `nik`, `telepon`, `tiket` and `angka`.
    """

    type: Literal["menu"] = "menu"
    say: Template
    """The question, with its keys."""
    keys: dict[Key, Target] = Field(min_length=1)
    """Key → step."""
    phrases: dict[Key, Annotated[list[Phrase], Field(min_length=1)]] = Field({})
    """Key → what callers may say instead of pressing it; the first phrase, at its plainest, is the option's name."""
    understood: Target = Target("")
    """Where a sentence leads that was understood; empty: sentences are not."""
    follow_up: YesNo = False
    """Whether what an answer leaves open stays as it was: "biayanya?", after "KTP", is about KTP."""
    failed: Target
    """Where to go when all tries were in vain; best a person."""

    interacts = True
    unset_at = ("failed",)

    @model_validator(mode="after")
    def _follows_up_sentences(self) -> Self:
        if self.follow_up and not self.understood:
            message = tr("hanya berlaku bersama 'understood'", "it counts only together with 'understood'")
            raise FieldError(message, "follow_up", key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        understood = {UNDERSTOOD: self.understood} if self.understood else {}
        return {f"key:{key}": target for key, target in self.keys.items()} | understood | {"failed": self.failed}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("say",), self.say, self.keys

    def prompts(self) -> Iterator[str]:
        unasked = ["half_sure"] if self.understood else ["half_sure", "half_understood"]
        if not any(self.sayings()):
            unasked += ["not_understood", "keys_only"]
        return iter([*self._texts(*unasked), *map(self._half_sure, self.phrases)])

    def sayings(self) -> Iterator[Sayings]:
        return iter([self._answers, YES_NO] if self._answers else [])

    @property
    def understands(self) -> bool:
        return bool(self.understood)

    def choices(self) -> Mapping[str, Sequence[str]]:
        return self.phrases

    def sets_before(self, field: str) -> bool:
        return field == "half_understood"

    def contents(self) -> Mapping[str, Content]:
        of_kind = {VARIABLES[slot]: Content(formats=SAID_AS[kind]) for slot, kind in _KINDS.items()}
        return of_kind if self.understands else {}

    def options(self) -> Options | None:
        return self._choices.options if self.understands else None

    @cached_property
    def _answers(self) -> Sayings | None:
        """What may be said in answer to the question."""
        said = Sayings(tuple(self._key_of), sentences=bool(self.understood))
        return said if self.phrases or self.understood else None

    @cached_property
    def _key_of(self) -> dict[str, str]:
        return by_phrase(self.phrases)

    @cached_property
    def _choices(self) -> Choices:
        return Choices(self.phrases)

    def _half_sure(self, meant: str) -> str:
        """The question whether a key was meant, by its option's name, or a sentence."""
        if meant == UNDERSTOOD:
            return self.half_understood
        return self.half_sure.replace(OPTION, plainest(parse(self.phrases[meant][0])))

    async def run(self, call: Call) -> str:
        heard = ALL_KEYS if "#" in self.keys else SKIP_KEYS
        topic = Topic(call, self._choices, follow_up=self.follow_up) if self.understood else None
        hearing = Hearing(
            call,
            self._answers,
            self,
            tries=self.speech_tries,
            judge=topic.judge if topic else judge_by(self._key_of.__getitem__),
            half_sure=self._half_sure,
            supposing=lambda: topic.variables if topic else {},
        )
        asking = partial(choose, call, hearing, self.say, self.keys, self, stop_keys=heard)
        chosen = await hearing.until_fit(asking, tries=self.tries, stop_keys=heard)
        if chosen is None:
            return "failed"
        if topic:
            if not chosen.spoken:
                topic.pressed(chosen.key)
            topic.take()
        return chosen.key if chosen.key == UNDERSTOOD else f"key:{chosen.key}"
