"""What to make of what a caller says: one policy for every step that listens.

Keys are always beside speech. What is sure is taken; what is half sure is asked; what is neither is no answer, and
after some of those the step goes on with keys alone.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from ivr.channel import SKIP_KEYS, Call, Grammar, HeardEnd, Sayings, Utterance, Value
from ivr.events import MASKED_KEY, InputRejected, UtteranceHeard
from ivr.flow.policy import Asking, Choosing, Listening
from ivr.flow.yes_no import KEY_OF, NO_KEY, YES_KEY, YES_NO

_Answer = TypeVar("_Answer")

PHRASE_PAUSE = 0.4
"""Seconds of silence that end a phrase."""
HIGH_CERTAINTY = 0.95
"""How likely an answer is that is taken without asking where the policy's certainty is high."""


class Unfit(Exception):  # noqa: N818 - no fault: the caller is asked again
    """What the caller typed or said is no answer. `why`: as `InputRejected`'s; `told`: what they hear of it."""

    def __init__(self, why: str, told: str = "") -> None:
        super().__init__(why)
        self.why, self.told = why, told


class Decision(StrEnum):
    """What was made of an utterance; the last three of one that answers "is that right?"."""

    ACCEPTED = "accepted"
    CONFIRM = "confirm"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class End(StrEnum):
    """What came of a question. SILENCE and NOT_UNDERSTOOD are events.InputRejected's words."""

    SPOKEN = "spoken"
    KEY = "key"
    SILENCE = "silence"
    NOT_UNDERSTOOD = "not_understood"
    DEAF = "deaf"  # keys alone: the question is still to be asked


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a question, and what was `meant` where it is SPOKEN. A KEY is still in the buffer."""

    end: End
    meant: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice: its key, or what else the step's judge makes of words, and whether it was spoken."""

    key: str
    spoken: bool


Judge = Callable[[Call, Utterance], tuple[Decision, str]]
"""Says what is made of an utterance, and records it: how far it is trusted, and what was meant."""


def judge_by(means: Callable[[str], str]) -> Judge:
    """By the meaning of each phrase; "" where it means nothing now."""

    def judge(call: Call, utterance: Utterance) -> tuple[Decision, str]:
        decision, meant = decide(utterance, means)
        note(call, utterance, decision)
        return decision, meant

    return judge


_as_said = judge_by(str)


class Hearing:
    """How one step listens, from its first question to its last."""

    def __init__(
        self,
        call: Call,
        sayings: Sayings | None,
        policy: Asking,
        *,
        tries: int,
        pause: float = PHRASE_PAUSE,
        judge: Judge = _as_said,
        half_sure: Callable[[str], str] | None = None,
        supposing: Callable[[], Mapping[str, Value]] = dict,
    ) -> None:
        """`sayings`: None where the step does not listen at all. `pause`: seconds of silence that end an answer.

        `tries`: so many answers may fail. `half_sure` gives the question whether it was meant; without it half sure is
        enough, because the step itself asks. `supposing` gives variables for that question alone. How sure is sure
        enough is the policy's, where it is one of Listening.
        """
        self._call, self._timeout, self._pause = call, policy.timeout, pause
        self._sayings = sayings
        self._tries_left, self._keys_only = tries, policy.keys_only
        self._judge, self._half_sure, self._supposing = judge, half_sure, supposing
        self._least = least(policy)

    async def ask(self, text: str, *, timeout: float | None = None, stop_keys: str) -> Asked:
        """Say `text` and listen. DEAF where that is not possible: then `text` is still to be said."""
        if self._sayings is None:
            return Asked(End.DEAF)
        await self._call.announce_recording("utterance", self._sayings)
        heard = await self._call.listen(
            text,
            self._sayings,
            timeout=self._timeout if timeout is None else timeout,
            pause=self._pause,
            stop_keys=stop_keys,
        )
        if heard.utterance:
            await drop_keys(self._call)
            return await self._take(heard.utterance)
        if heard.end is HeardEnd.UNAVAILABLE and self._keys_only not in self._call.notices:
            self._call.notices.add(self._keys_only)
            await self._call.say(self._keys_only, stop_keys=stop_keys)
        if heard.end in (HeardEnd.UNAVAILABLE, HeardEnd.FOREIGN):
            return Asked(End.DEAF)
        return Asked(End.SILENCE if heard.end is HeardEnd.SILENCE else End.KEY)

    async def _take(self, utterance: Utterance) -> Asked:
        decision, meant = self._judge(self._call, replace(utterance, grammar=self._by_policy(utterance.grammar)))
        if decision is Decision.CONFIRM and self._half_sure:
            question = self._half_sure(meant)
            with supposed(self._call, self._supposing()):
                right = await is_right(self._call, question, listens=True, timeout=self._timeout, otherwise=False)
            decision = Decision.ACCEPTED if right else Decision.REJECTED
        if decision is not Decision.REJECTED:
            return Asked(End.SPOKEN, meant)
        self._tries_left -= 1
        return Asked(End.NOT_UNDERSTOOD)

    def _by_policy(self, grammar: Grammar) -> Grammar:
        """As sure as the policy wants it; with high certainty half sure is too little where the step itself asks."""
        if not self._least:
            return grammar
        return replace(grammar, least=self._least, confirm=grammar.confirm if self._half_sure else grammar.accept)

    async def until_fit(
        self,
        ask: Callable[[], Awaitable[_Answer]],
        *,
        tries: int,
        enough: Collection[str] = (),
        stop_keys: str = SKIP_KEYS,
    ) -> _Answer | None:
        """What `ask` brings once it does not raise Unfit; None where all tries were in vain, or the reason is `enough`.

        After such a reason the question is not asked again, and nothing was rejected.
        """
        for attempt in range(1, tries + 1):
            try:
                return await ask()
            except Unfit as unfit:
                if unfit.why in enough:
                    return None
                self._call.emit(InputRejected, why=unfit.why, attempt=attempt)
                if attempt < tries:
                    if unfit.told:
                        await self._call.say(unfit.told, stop_keys=stop_keys)
                    await self._give_up(stop_keys)
        return None

    async def _give_up(self, stop_keys: str) -> None:
        """Listen no more once too much was not understood, and say so."""
        if self._tries_left <= 0 and self._sayings is not None:
            self._sayings = None
            await self._call.say(self._keys_only, stop_keys=stop_keys)


async def await_key(call: Call, keys: str, *, timeout: float) -> str | None:
    """The next of `keys`, None where none is pressed within `timeout` seconds; other keys do nothing."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while (key := await call.read_key(max(0.0, deadline - loop.time()))) is not None:
        if key in keys:
            return key
    return None


async def drop_keys(call: Call) -> None:
    """What was pressed until now is no answer, here or at the next step."""
    while await call.read_key(0) is not None:
        pass


@contextmanager
def supposed(call: Call, variables: Mapping[str, Value]) -> Iterator[None]:
    """Variables that have these values for a text alone, and whatever they had before after it."""
    before = dict(call.variables)
    call.variables.update(variables)
    try:
        yield
    finally:
        call.variables.clear()
        call.variables.update(before)


async def choose(
    call: Call, hearing: Hearing, question: str, keys: Collection[str], policy: Choosing, *, stop_keys: str = SKIP_KEYS
) -> Chosen:
    """Ask for one of `keys`. Raises Unfit.

    Only `stop_keys` count: a `#` out of habit that is none of them does nothing.
    """
    asked = await hearing.ask(question, stop_keys=stop_keys)
    if asked.end is End.SPOKEN:
        return Chosen(asked.meant, spoken=True)
    if asked.end is End.NOT_UNDERSTOOD:
        raise Unfit("not_understood", policy.not_understood)
    key = None
    if asked.end is not End.SILENCE:
        if asked.end is End.DEAF:
            await call.say(question, stop_keys=stop_keys)
        key = await await_key(call, stop_keys, timeout=policy.timeout)
    if key is None:
        raise Unfit("silence", policy.silence)
    if key not in keys:
        raise Unfit("wrong_key", policy.wrong_key)
    return Chosen(key, spoken=False)


async def is_right(call: Call, question: str, *, listens: bool, timeout: float, otherwise: bool) -> bool:
    """Ask for yes or no, by the keys 1 and 2 and, where the step `listens`, by voice; silence means `otherwise`.

    Once something was said that was not understood, silence means no: it may have been an objection.
    """
    keys = YES_KEY + NO_KEY
    end = HeardEnd.UNAVAILABLE
    for _ in range(2 if listens else 0):
        await call.announce_recording("utterance", YES_NO)
        heard = await call.listen(question, YES_NO, timeout=timeout, pause=PHRASE_PAUSE, stop_keys=keys)
        end = heard.end
        if not heard.utterance:
            break
        understood = _yes_or_no(heard.utterance)
        note(call, heard.utterance, understood)
        if understood is not Decision.REJECTED:
            return understood is Decision.CONFIRMED
        otherwise = False
    if end in (HeardEnd.SPEECH, HeardEnd.SILENCE):
        return otherwise
    if end is not HeardEnd.KEY:
        await call.say(question, stop_keys=keys)
    key = await await_key(call, keys, timeout=timeout)
    return otherwise if key is None else key == YES_KEY


def _yes_or_no(utterance: Utterance) -> Decision:
    """A yes must be sure; a no need not be."""
    decision, key = decide(utterance, KEY_OF.__getitem__)
    if key == YES_KEY and decision is Decision.ACCEPTED:
        return Decision.CONFIRMED
    return Decision.REFUSED if key == NO_KEY else Decision.REJECTED


def by_phrase(phrases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Phrase → its key, from key → phrases."""
    return {str(phrase): key for key, of_key in phrases.items() for phrase in of_key}


def decide(utterance: Utterance, means: Callable[[str], str]) -> tuple[Decision, str]:
    """How far to trust an utterance, and what was meant ("" where it is not trusted).

    Several ways to say the same ("KTP", "buat KTP") compete in the recogniser: their confidences count together.
    """
    confidence: defaultdict[str, float] = defaultdict(float)
    for hypothesis in utterance.hypotheses:
        if hypothesis.text and (meaning := means(hypothesis.text)):
            confidence[meaning] += hypothesis.confidence
    meant = max(confidence, key=confidence.__getitem__, default="")
    decision = trust(confidence[meant], utterance.grammar)
    return decision, "" if decision is Decision.REJECTED else meant


def least(policy: Asking) -> float:
    """What is less likely than this is not taken without asking."""
    return HIGH_CERTAINTY if isinstance(policy, Listening) and policy.certainty == "tinggi" else 0.0


def trust(confidence: float, grammar: Grammar) -> Decision:
    """How far to trust words that were heard with this confidence."""
    if confidence < grammar.confirm:
        return Decision.REJECTED
    return Decision.ACCEPTED if confidence >= max(grammar.accept, grammar.least) else Decision.CONFIRM


def note(call: Call, utterance: Utterance, decision: Decision) -> None:
    """Record an utterance; at a secret step only that there was one."""

    def shown(text: str) -> str:
        return MASKED_KEY if text and call.secret else text

    call.emit(
        UtteranceHeard,
        turn=utterance.turn,
        grammar=utterance.grammar.id,
        hypotheses=[{"text": shown(h.text), "confidence": round(h.confidence, 3)} for h in utterance.hypotheses],
        decision=decision.value,
        onset=utterance.onset,
        ended=utterance.ended,
        result=utterance.result,
        audio=call.relative_recording(utterance.audio) if utterance.audio else "",
    )
