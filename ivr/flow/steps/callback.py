"""`callback`: take down whom to call back, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from ivr.callbacks import Callback as Kept
from ivr.callbacks import CallbacksDown, Request
from ivr.channel import DIGITS, Call, Sayings
from ivr.events import CallbackCancelled, CallbackFound, CallbackOpened, CallbacksFailed
from ivr.flow.details import details
from ivr.flow.expressions import teks
from ivr.flow.hearing import Chosen, End, Hearing, Unfit, by_phrase, choose, is_right, judge_by
from ivr.flow.hotline import Queue as QueueModel
from ivr.flow.kinds import KINDS, SAID_AS
from ivr.flow.model import Content, Step
from ivr.flow.policy import OPTION, Choosing, TakingNumbers
from ivr.flow.source import Path
from ivr.flow.steps.ticket import must_say
from ivr.flow.taking import Question, take
from ivr.flow.values import QueueName, SetVariable, Target, Template, words
from ivr.flow.windows import Window, next_windows
from ivr.flow.yes_no import NO_KEY, YES_KEY, YES_NO
from ivr.speech.values.digits import national
from ivr.speech.values.telephones import callable_number

NOW: Literal["sekarang"] = "sekarang"
When = Literal["sekarang", "pagi", "siang", "sore"]

NUMBER, POSITION = "nomor_telepon", "urutan_telepon"
DAY, BEGINS, ENDS = "tanggal_telepon", "mulai_telepon", "sampai_telepon"
AHEAD_DAYS = 14
"""The next day on which the line is open must not be further away."""
_NUMBER = KINDS["telepon"]

_KEYS: dict[When, str] = {when: str(key) for key, when in enumerate(get_args(When), start=1)}
_PHRASES: dict[When, tuple[str, ...]] = {
    "sekarang": ("(secepatnya|secepat mungkin)", "sekarang [juga]", "segera"),
    "pagi": ("pagi [hari]",),
    "siang": ("siang [hari]",),
    "sore": ("sore [hari]",),
}


class Callback(Choosing, TakingNumbers, Step):
    """Call the caller back instead of letting them wait: by their place in line, or in a part of the day.

    The place is that of when they first waited in `queue` during this call. The number is the caller's own, read back,
    or another one, typed or spoken; where theirs is withheld it is asked for. Numbers abroad and of services are
    refused. Only times at which the line is open are offered. A number has one callback in a queue: who asks for a
    second is told of the first, and may cancel it on their own telephone. It is on the disk before it is confirmed.

    `full` leads on where as many wait as the queue allows (`max_callbacks`), or the line does not open within two
    weeks. `declined` is for who does not want one; both lead where `failed` leads, unless given. Callers who say
    nothing to the question when are called as soon as possible. What is not given here (tries, timeout, silence,
    wrong_number and what is said about speech) comes from the flow's policy.

    ```yaml
    telepon-balik:
      type: callback
      queue: umum
      offer: Kami dapat menelepon Anda kembali. Jika Anda setuju, tekan satu. Untuk tetap menunggu, tekan dua.
      details: [keperluan]
      next: pamit
      declined: petugas
      failed: petugas
    ```
    """

    type: Literal["callback"] = "callback"
    queue: QueueName
    """The queue whose agents call back."""
    offer: Template = Template("")
    """Asks whether the caller wants it: 1 yes, 2 no; empty: who comes here does."""
    details: list[SetVariable] = Field([])
    """Variables that agents see with it, also secret ones."""
    own_number: Template = words(
        "Kami akan menelepon Anda di nomor {nomor_telepon:digit}. Jika benar, tekan satu. Untuk nomor lain, tekan dua.",
        "We will call you at {nomor_telepon:digit}. If that is right, press one. For another number, press two.",
    )
    """Reads the caller's own number back."""
    other_number: Template = words(
        "Ketik atau sebutkan nomor telepon Anda dengan kode wilayah atau operator, lalu tekan pagar.",
        "Please type your telephone number with its area or operator code, then press hash.",
    )
    """Asks for another number."""
    confirm: Template = words(
        "Nomor {nomor_telepon:digit}, benar? Tekan satu jika benar, dua jika salah.",
        "The number {nomor_telepon:digit}, is that right? Press one if it is, two if not.",
    )
    """Reads that number back."""
    when: Template = words("Kapan sebaiknya kami menelepon Anda?", "When should we call you?")
    """Asks when, today."""
    when_later: Template = words(
        "Kami buka kembali {tanggal_telepon:tanggal}. Kapan sebaiknya kami menelepon Anda?",
        "We are open again on {tanggal_telepon:tanggal}. When should we call you?",
    )
    """Asks when, on the next day on which the line is open."""
    times: Annotated[dict[When, Template], Field(min_length=1)] = Field({
        "sekarang": words("Untuk secepatnya, tekan satu.", "For as soon as possible, press one."),
        "pagi": words("Untuk pagi hari, tekan dua.", "For the morning, press two."),
        "siang": words("Untuk siang hari, tekan tiga.", "For midday, press three."),
        "sore": words("Untuk sore hari, tekan empat.", "For the afternoon, press four."),
    })  # fmt: skip
    """The times that are offered, and what is said of each: 1 sekarang, 2 pagi (8–11), 3 siang (–15), 4 sore (–18)."""
    say: Template = words(
        "Baik, sudah kami catat. Kami akan menelepon Anda begitu giliran Anda tiba.",
        "Thank you, we have noted it. We will call you when it is your turn.",
    )
    """Confirms it to who is called as soon as possible; `{urutan_telepon:angka}` is the place in line."""
    say_later: Template = words(
        "Baik, sudah kami catat. Kami akan menelepon Anda {tanggal_telepon:tanggal}, antara "
        "{mulai_telepon:jam} dan {sampai_telepon:jam}.",
        "Thank you, we have noted it. We will call you on {tanggal_telepon:tanggal}, between "
        "{mulai_telepon:jam} and {sampai_telepon:jam}.",
    )
    """Confirms it to who is called in a part of the day."""
    known: Template = words(
        "Permintaan telepon balik untuk nomor ini sudah kami catat sebelumnya.",
        "A request to call this number has been noted before.",
    )
    """Said where the number has a callback in this queue already."""
    cancel: Template = words(
        "Apakah Anda ingin membatalkannya? Tekan satu jika ya, dua jika tidak.",
        "Would you like to cancel that? Press one for yes, two for no.",
    )
    """Asked then on that telephone itself."""
    cancelled: Template = words("Baik, permintaan itu kami batalkan.", "We have cancelled it.")
    """Said after a yes."""
    unavailable: Template = words(
        "Mohon maaf, saat ini kami belum dapat menjanjikan telepon balik.",
        "We are sorry, we cannot promise to call you back right now.",
    )
    """Said before `full` and `failed`."""
    max_callbacks: int = Field(QueueModel.model_fields["max_callbacks"].default, ge=0, le=10_000)
    """So many may wait to be called back; the queue's own, unless given."""
    next: Target
    """When there is a callback."""
    declined: Target | None = None
    """When the caller wants none, or cancelled theirs."""
    full: Target | None = None
    """When none can be offered."""
    failed: Target
    """When the caller gave no number, or callbacks cannot be kept; best a person."""

    interacts = True
    sets = (NUMBER, POSITION, DAY, BEGINS, ENDS)

    @model_validator(mode="after")
    def _number_is_read_back(self) -> Self:
        for field in ("own_number", "confirm"):
            must_say(NUMBER, getattr(self, field), field)
        return self

    def exits(self) -> Mapping[str, Target]:
        return {
            "next": self.next,
            "declined": self.failed if self.declined is None else self.declined,
            "full": self.failed if self.full is None else self.full,
            "failed": self.failed,
        }

    def announced(self) -> Iterator[tuple[Path, str, Collection[str]]]:
        for field in ("offer", "own_number", "confirm", "cancel"):
            yield (field,), getattr(self, field), YES_KEY + NO_KEY
        for field in ("when", "when_later"):
            yield (field,), getattr(self, field), [_KEYS[when] for when in self.times]
        for when, text in self.times.items():
            yield ("times", when), text, _KEYS[when]

    def contents(self) -> Mapping[str, Content]:
        kinds = {NUMBER: "telepon", DAY: "tanggal", BEGINS: "jam", ENDS: "jam"}
        return {name: Content(formats=SAID_AS[kind]) for name, kind in kinds.items()}

    def prompts(self) -> Iterator[str]:
        return iter([*self._texts("half_sure"), *map(self._half_sure, self.times)])

    def sayings(self) -> Iterator[Sayings]:
        return iter([DIGITS, YES_NO, self._sayings()])

    def choices(self) -> Mapping[str, Sequence[str]]:
        return _phrases(self.times)

    def _sayings(self) -> Sayings:
        return Sayings(tuple(by_phrase(self.choices())))

    def _half_sure(self, when: When) -> str:
        return self.half_sure.replace(OPTION, "secepatnya" if when == NOW else when)

    async def run(self, call: Call) -> str:
        try:
            return await self._run(call)
        except CallbacksDown as e:
            call.emit(CallbacksFailed, problem=str(e))
            await call.say(self.unavailable)
            return "failed"

    async def _run(self, call: Call) -> str:
        own = callable_number(teks(call.variables["caller"]))
        if own and (kept := await call.callbacks.find(own, self.queue)):
            return await self._tell_known(call, kept, cancels=True)
        windows = self._windows(call)
        if not windows or await call.callbacks.count(self.queue) >= self.max_callbacks:
            await call.say(self.unavailable)
            return "full"
        if self.offer and not await self._agrees(call, self.offer, otherwise=False):
            return "declined"
        number = await self._number(call, own)
        if not number:
            return "failed"
        if kept := await call.callbacks.find(number, self.queue):
            return await self._tell_known(call, kept, cancels=number == own)
        return await self._open(call, number, *await self._choose(call, windows))

    async def _agrees(self, call: Call, question: str, *, otherwise: bool) -> bool:
        return await is_right(call, question, listens=True, timeout=self.timeout, otherwise=otherwise)

    async def _tell_known(self, call: Call, kept: Kept, *, cancels: bool) -> str:
        """The caller, or somebody, asked for this before."""
        call.emit(CallbackFound, id=kept.id, queue=self.queue, position=kept.position)
        call.assign(POSITION, kept.position)
        await call.say(self.known)
        if not cancels or not await self._agrees(call, self.cancel, otherwise=False):
            return "next"
        await call.callbacks.cancel(kept, call.now().timestamp())
        call.emit(CallbackCancelled, id=kept.id, queue=self.queue)
        await call.say(self.cancelled)
        return "declined"

    # --- whom ---------------------------------------------------------------------------------------
    async def _number(self, call: Call, own: str) -> str:
        """The number to call, E.164; "" where the caller gave none."""
        if own:
            call.assign(NUMBER, national(own))
            if await self._agrees(call, self.own_number, otherwise=True):
                return own
        question = Question(self.other_number, _NUMBER.min, _NUMBER.max, self.wrong_number, DIGITS)
        if await take(call, question, self, partial(self._accept, call)):
            return callable_number(teks(call.variables[NUMBER]))
        call.variables[NUMBER] = ""
        return ""

    async def _accept(self, call: Call, digits: str) -> None:
        number = callable_number(digits)
        if not number:
            raise Unfit("invalid", self.wrong_number)
        call.variables[NUMBER] = national(number)
        if not await self._agrees(call, self.confirm, otherwise=True):
            raise Unfit("refused")
        call.assign(NUMBER, national(number))

    # --- when ---------------------------------------------------------------------------------------
    def _windows(self, call: Call) -> dict[When, Window | None]:
        """The times that can be offered, in order; None where the place in line alone decides."""
        now = call.now()
        open_times = list(call.open_times(AHEAD_DAYS))
        offered: dict[When, Window | None] = {}
        if NOW in self.times and any(opens <= now < closes for opens, closes in open_times):
            offered[NOW] = None
        for part, window in next_windows(open_times, now).items():
            today = window[0].date() == now.astimezone(window[0].tzinfo).date()
            if part in self.times and (today or NOW not in offered):
                offered[part] = window
        return offered

    async def _choose(self, call: Call, windows: Mapping[When, Window | None]) -> tuple[When, Window | None]:
        """The time that the caller wants: the first one, where they do not say."""
        first: When = next(iter(windows))
        if (window := windows[first]) and window[0].date() > call.now().astimezone(window[0].tzinfo).date():
            _set_day(call, window[0])
            question = self.when_later
        else:
            question = self.when
        of_key = {_KEYS[when]: when for when in windows}
        wanted = await self._ask_when(call, question, of_key) if len(windows) > 1 else first
        return wanted, windows[wanted]

    async def _ask_when(self, call: Call, question: str, of_key: Mapping[str, When]) -> When:
        offered = by_phrase(_phrases(of_key.values()))
        hearing = Hearing(
            call,
            self._sayings(),
            self,
            tries=self.speech_tries,
            judge=judge_by(lambda phrase: offered.get(phrase, "")),
            half_sure=lambda key: self._half_sure(of_key[key]),
        )
        *before, last = question, *(self.times[when] for when in of_key.values())

        async def ask() -> Chosen:
            for text in before:
                await call.say(text)
            return await choose(call, hearing, last, of_key, self)

        chosen = await hearing.until_fit(ask, tries=self.tries, enough={End.SILENCE})
        return of_key[chosen.key if chosen else next(iter(of_key))]

    # --- taken down ---------------------------------------------------------------------------------
    async def _open(self, call: Call, number: str, when: When, window: Window | None) -> str:
        now = call.now().timestamp()
        begins, ends = (time.timestamp() for time in window) if window else (None, None)
        told = details(call, self.details)
        line, caller = (teks(call.variables[name]) for name in ("line", "caller"))
        since = call.waiting_since.get(self.queue, now)
        request = Request(self.queue, line, call.id, number, caller, now, since, when, begins, ends, told)
        kept = await call.callbacks.open(request, most=self.max_callbacks)
        if kept is None:
            await call.say(self.unavailable)
            return "full"
        call.emit(
            CallbackOpened,
            id=kept.id,
            queue=self.queue,
            number=number,
            position=kept.position,
            window=when,
            begins=begins,
            ends=ends,
        )
        call.assign(POSITION, kept.position)
        if window:
            _set_day(call, window[0])
            call.assign(BEGINS, f"{window[0]:%H:%M}")
            call.assign(ENDS, f"{window[1]:%H:%M}")
        await call.say(self.say_later if window else self.say, stop_keys="")
        return "next"


def _phrases(times: Iterable[When]) -> dict[str, Sequence[str]]:
    """Key of each of these times → what may be said of it."""
    return {_KEYS[when]: _PHRASES[when] for when in times}


def _set_day(call: Call, time: dt.datetime) -> None:
    call.assign(DAY, time.date().isoformat())
