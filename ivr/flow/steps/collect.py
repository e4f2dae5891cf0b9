"""`collect`: values such as a NIK, a date, a time or an amount, one or several, read back and corrected."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import Literal, Self

from pydantic import Field, model_validator

from ivr.channel import SKIP_KEYS, Call, Sayings, Value
from ivr.events import InputRejected
from ivr.flow.hearing import End, Hearing, Unfit, is_right, supposed
from ivr.flow.kinds import KINDS, SAID_AS, VALUE, Kind, KindName
from ivr.flow.model import Content, Step
from ivr.flow.policy import Choosing, TakingNumbers, shared_policy
from ivr.flow.problems import FieldError
from ivr.flow.source import Path
from ivr.flow.steps.menu import Menu
from ivr.flow.taking import GROUP_PAUSE, Question, take
from ivr.flow.values import (
    Expression,
    Pattern,
    Phrase,
    Strict,
    Target,
    Template,
    VariableName,
    YesNo,
    words,
)
from ivr.flow.yes_no import NO_KEY, YES_KEY, YES_NO
from ivr.i18n import tr
from ivr.speech.values.spoken import parts
from ivr.voice.numbers import DIGITS

_NOT_PLAIN = re.compile(r"[\[\](){}<>|]")
_MOST = 9
"""Slots: as many as there are keys to choose one by."""


class Slot(Strict):
    """A value that `collect` asks for. What a kind knows itself need not be given: question, length, checks.

    | kind | typed | spoken | the variable |
    |---|---|---|---|
    | `nik` | 16 digits | digits | text of digits; region, date of birth and sequence are checked |
    | `tiket` | 8 digits | digits | text of digits; the check digit fits |
    | `telepon` | 9–14 digits | digits | text, as `caller`: `+6281234567890` |
    | `digit` | `min` to `max` digits | digits | text: `0800` keeps its zero |
    | `tanggal` | DDMMYYYY | "lima Mei dua ribu dua puluh enam", "tanggal lima", "Senin depan" | text: `2026-05-05` |
    | `jam` | HHMM | "jam setengah dua siang", "tujuh lewat sepuluh" | text: `13:30` |
    | `rupiah` | the amount | "dua ratus lima puluh ribu", "satu setengah juta" | number, whole |
    | `angka` | up to 9 digits | "dua puluh lima", "dua koma lima", "kedua" | number, with the fraction that was said |
    """

    kind: KindName
    """What it is."""
    label: Phrase | None = None
    """Its name, as callers know it: "tanggal lahir"; the kind's, if missing."""
    say: Template = Template("")
    """The question; the kind's, if missing."""
    min: int | None = Field(None, ge=1, le=40)
    """How few digits are enough, of `digit`; 1, if missing."""
    max: int | None = Field(None, ge=1, le=40)
    """How many digits at most, of `digit`; 20, if missing."""
    pattern: Pattern = Pattern("")
    """A regular expression that the digits of `digit` must match; no repeated groups."""
    valid: Expression | None = None
    """An expression that must be true of the value. Of two times that may be meant ("jam sepuluh") it chooses one."""
    invalid: Template = Template("")
    """Said where `pattern` or `valid` does not hold; best the reason. The policy's `wrong_number`, if missing."""
    optional: YesNo = False
    """Whether it may be left out, by `#` or silence; its variable is empty then."""
    secret: YesNo = False
    """Whether it is kept out of the record, and all that `set` works out from it."""
    speak: YesNo = True
    """Whether it may be spoken."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        for field in ("min", "max", "pattern"):
            if self.kind != "digit" and field in self.model_fields_set:
                message = tr(
                    f"'{field}' hanya untuk kind: digit; pakai 'valid', atau hapus",
                    f"'{field}' is for kind: digit alone; use 'valid', or remove it",
                )
                raise FieldError(message, field, key=True)
        if self.label and _NOT_PLAIN.search(self.label):
            message = tr("nama isian berisi kata biasa saja, tanpa tanda kurung", "a label is plain words, no brackets")
            raise FieldError(message, "label")
        least, most = self.bounds
        if least > most:
            message = tr(f"max lebih kecil daripada min ({least})", f"max is less than min ({least})")
            raise FieldError(message, "max" if self.max is not None else "min")
        return self

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def bounds(self) -> tuple[int, int]:
        """How many digits there are, at least and at most."""
        return self.min or self.of_kind.min, self.max or self.of_kind.max

    @property
    def name(self) -> str:
        """What it is called when it is spoken of."""
        return self.label or self.of_kind.label

    @property
    def question(self) -> Template:
        return self.say or self.of_kind.question(self.label, speaks=self.speak, optional=self.optional)

    @property
    def in_words(self) -> bool:
        """Whether it may be said in a sentence."""
        return self.speak and self.of_kind.in_words is not None

    @property
    def sayings(self) -> Sayings | None:
        return self.of_kind.sayings if self.speak else None

    def texts(self) -> Iterator[str]:
        """All that may be said of it."""
        yield self.question
        yield self.of_kind.read_back(self.label)
        yield from self.of_kind.texts()
        if self.invalid:
            yield self.invalid


class Collect(Choosing, TakingNumbers, Step):
    """Ask for values, one after the other; read all of them back, and take again what is wrong.

    A value is typed or spoken. One that cannot be is told with its reason ("Tanggal lahir di dalam NIK itu tidak ada")
    and asked for again, `tries` times each. Then the caller hears all of them and presses 1, or says yes; after 2, or
    no, the caller says which one is wrong, and only that one is taken again. With `say` dates, times and amounts may be
    said in one sentence; what is not heard there is asked for by itself. The variables have their values at `next`.
    What is not given here (tries, timeout, silence, wrong_number and what is said about speech) comes from the flow's
    policy.

    ```yaml
    janji:
      type: collect
      slots:
        nik: {kind: nik, secret: ya}
        lahir: {kind: tanggal, label: tanggal lahir}
        telepon: {kind: telepon, optional: ya}
      next: catat
      failed: petugas
    ```
    """

    type: Literal["collect"] = "collect"
    say: Template = Template("")
    """Asks for all that are spoken in words, in one sentence: `Sebutkan tanggal dan jam kedatangan Anda.`"""
    slots: dict[VariableName, Slot] = Field(min_length=1)
    """Variable → what it takes; 9 at most."""
    confirm: Template = words(
        "Jika benar, tekan satu. Jika ada yang salah, tekan dua.",
        "If this is right, press one. If something is wrong, press two.",
    )
    """Asked once the values were read back."""
    which: Template = Template("")
    """Asks which one is wrong, with its keys: 1 for the first, and so on; put together of their names, if missing."""
    next: Target
    """The step after it."""
    failed: Target
    """Where to go when all tries were in vain; the variables are empty then. Best a person."""

    interacts = True

    @model_validator(mode="after")
    def _slots_are_told_apart(self) -> Self:
        if len(self.slots) > _MOST:
            message = tr(
                f"{len(self.slots)} isian, paling banyak {_MOST}; bagi menjadi dua langkah",
                f"{len(self.slots)} slots, {_MOST} at most; make two steps of them",
            )
            raise FieldError(message, "slots", key=True)
        called: dict[str, str] = {}
        for variable, slot in self.slots.items():
            other = called.setdefault(slot.name.casefold(), variable)
            if other != variable:
                message = tr(
                    f"'{other}' dan '{variable}' sama-sama disebut '{slot.name}'; beri 'label' yang berbeda",
                    f"'{other}' and '{variable}' are both called '{slot.name}'; give them different labels",
                )
                raise FieldError(message, "slots", variable, key=True)
        return self

    def exits(self) -> Mapping[str, Target]:
        return {"next": self.next, "failed": self.failed}

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        yield ("confirm",), self.confirm, YES_KEY + NO_KEY
        yield ("which",), self.which, [str(key) for key, _ in enumerate(self.slots, 1)]

    def contents(self) -> Mapping[str, Content]:
        return {name: Content(formats=SAID_AS.get(slot.kind)) for name, slot in self.slots.items()}

    def prompts(self) -> Iterator[str]:
        yield from self._texts("half_sure", *(() if self._speaks else ("not_understood", "keys_only")))
        for slot in self.slots.values():
            yield from slot.texts()
        if len(self.slots) > 1:
            yield from self._which.prompts()

    def sayings(self) -> Iterator[Sayings]:
        if self._speaks:
            yield from (slot.sayings for slot in self.slots.values() if slot.sayings is not None)
            yield YES_NO
            if len(self.slots) > 1:
                yield from self._which.sayings()
        if sentence := self._sentence:
            yield sentence

    @property
    def _speaks(self) -> bool:
        return any(slot.speak for slot in self.slots.values())

    @property
    def _sentence(self) -> Sayings | None:
        """What may be said in answer to `say`."""
        kinds = sorted(slot.kind for slot in self.slots.values() if slot.in_words)
        if not (self.say and kinds):
            return None
        different = tuple(dict.fromkeys(kinds))
        return Sayings(values=different if len(different) > 1 else tuple(kinds[:2]))

    async def run(self, call: Call) -> str:
        empty: dict[str, Value] = dict.fromkeys(self.slots, "")
        call.variables.update(empty)
        call.secrets.update(name for name, slot in self.slots.items() if slot.secret)
        taken = False
        try:
            taken = await self._take_all(call)
        finally:
            if not taken:
                call.variables.update(empty)
        return "next" if taken else "failed"

    async def _take_all(self, call: Call) -> bool:
        """Whether the caller gave all, and agreed to what was read back."""
        heard = await self._in_one_sentence(call)
        unsure = list(self.slots)
        missing = [name for name in unsure if name not in heard]
        for attempt in range(1, self.tries + 1):
            if not await self._ask(call, missing):
                break
            if await self._are_right(call, unsure):
                for name, slot in self.slots.items():
                    call.assign(name, call.variables[name], secret=slot.secret)
                return True
            call.emit(InputRejected, why="refused", attempt=attempt)
            wrong = await self._wrong_one(call) if attempt < self.tries else None
            if wrong is None:
                break
            unsure = missing = [wrong]
        return False

    async def _in_one_sentence(self, call: Call) -> set[VariableName]:
        """The variables that have a value after the answer to `say`; that there is none is no matter."""
        found: set[VariableName] = set()
        if not (sentence := self._sentence):
            if self.say:
                await call.say(self.say)
            return found
        hearing = Hearing(call, sentence, self, tries=self.speech_tries, pause=GROUP_PAUSE)
        call.secret = any(slot.secret for slot in self.slots.values() if slot.in_words)
        asked = await hearing.ask(self.say, stop_keys=SKIP_KEYS)
        if asked.end is not End.SPOKEN:
            return found
        said = parts(sentence.values, asked.meant)
        for name, slot in self.slots.items():
            if mine := next((part for part in said if slot.in_words and part[0] == slot.kind), None):
                said.remove(mine)
                with suppress(Unfit):
                    await self._accept(call, name, mine[1])
                    found.add(name)
        return found

    async def _ask(self, call: Call, names: Iterable[VariableName]) -> bool:
        """Whether all of these variables have a value, or may be left out."""
        for name in names:
            slot = self.slots[name]
            call.secret = slot.secret
            incomplete = slot.of_kind.incomplete or self.wrong_number
            question = Question(slot.question, *slot.bounds, incomplete, slot.sayings, optional=slot.optional)
            if not await take(call, question, self, partial(self._accept, call, name)):
                if not slot.optional:
                    return False
                call.variables[name] = ""
        return True

    async def _accept(self, call: Call, name: VariableName, given: str) -> None:
        slot = self.slots[name]
        if not given:
            call.variables[name] = ""
            return
        meant = slot.of_kind.values(given, call.now().date())
        fit = [value for value in meant if self._fits(call, name, value)]
        if not fit:
            raise Unfit("invalid", slot.invalid or self.wrong_number)
        if len(fit) > 1:
            raise slot.of_kind.unclear()
        call.variables[name] = fit[0]

    def _fits(self, call: Call, name: VariableName, value: Value) -> bool:
        call.variables[name] = value
        slot = self.slots[name]
        return bool(
            re.fullmatch(slot.pattern or ".*", str(value)) and (slot.valid is None or call.evaluate(slot.valid))
        )

    async def _are_right(self, call: Call, names: Iterable[VariableName]) -> bool:
        """Read back; silence counts as yes, since the caller heard it and did not object."""
        given = [name for name in names if call.variables[name] != ""]
        if not given:
            return True
        call.secret = any(self.slots[name].secret for name in given)
        for name in given:
            read_back = self.slots[name].of_kind.read_back(self.slots[name].label)
            with supposed(call, {VALUE: call.variables[name]}):  # a flow may have one of this name
                await call.say(read_back, stop_keys=YES_KEY + NO_KEY)
        return await is_right(call, self.confirm, listens=self._speaks, timeout=self.timeout, otherwise=True)

    async def _wrong_one(self, call: Call) -> VariableName | None:
        """The one that the caller says is wrong."""
        if len(self.slots) == 1:
            return next(iter(self.slots))
        call.secret = False
        which = self._which
        return dict(zip(which.exits(), self.slots, strict=False)).get(await which.run(call))

    @cached_property
    def _which(self) -> Menu:
        """Asks which one is wrong: the keys from 1 on, in their order."""
        names = [slot.name for slot in self.slots.values()]
        choices = [f"Untuk {name}, tekan {key}." for name, key in zip(names, DIGITS[1:], strict=False)]
        return Menu(
            say=self.which or Template(" ".join(["Mana yang salah?", *choices])),
            keys={str(key): self.next for key, _ in enumerate(names, 1)},
            phrases={str(key): [Phrase(name)] for key, name in enumerate(names, 1)} if self._speaks else {},
            failed=self.failed,
            **shared_policy(self, Menu),
        )
