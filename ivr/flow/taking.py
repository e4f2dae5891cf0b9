"""Taking a value: typed on the keys or spoken, until it is one that can be used."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ivr.channel import DIGITS, SKIP_KEYS, Call, Sayings
from ivr.flow.hearing import PHRASE_PAUSE, End, Hearing, Unfit, await_key
from ivr.flow.policy import TakingNumbers

END_KEY = "#"
START_OVER = "*"
"""The key that throws away what was typed so far."""
KEY_PAUSE = 4.0
"""Seconds to wait between two digits."""
GROUP_PAUSE = 1.0
"""Seconds of silence that end a spoken number which might go on."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: `min` to `max` digits, or one of `sayings` (None: it cannot be spoken).

    `incomplete`: said where there are too few or too many digits. `end_key` ends them ("": none does); it does nothing
    before the first, but where the value is `optional`: there it leaves the value out. `pause`: seconds between keys.
    """

    say: str
    min: int
    max: int
    incomplete: str
    sayings: Sayings | None = None
    end_key: str = END_KEY
    pause: float = KEY_PAUSE
    optional: bool = False

    def keys(self, *, begun: bool) -> str:
        """Those that count before the first digit, or once the number has `begun`: where none is, none ends."""
        return SKIP_KEYS.replace(self.end_key, "") + (self.end_key if begun or self.optional else "")


async def take(call: Call, question: Question, policy: TakingNumbers, accept: Callable[[str], Awaitable[None]]) -> bool:
    """Ask until `accept` does not raise Unfit; False where all tries were in vain.

    `accept` is given the digits, or the words that were said; "" where an optional value was left out.
    """
    # Numbers are said in groups. Where their length is known, the pauses between them end nothing.
    pause = PHRASE_PAUSE if question.sayings == DIGITS and question.min == question.max else GROUP_PAUSE
    hearing = Hearing(call, question.sayings, policy, tries=policy.speech_tries, pause=pause)

    async def ask() -> bool:
        await accept(await _answer(call, question, policy, hearing))
        return True

    return bool(await hearing.until_fit(ask, tries=policy.tries))


async def _answer(call: Call, question: Question, policy: TakingNumbers, hearing: Hearing) -> str:
    """What was said or typed. Raises Unfit."""
    digits, text, wait = "", question.say, policy.timeout
    while len(digits) < question.min:  # people say a long number in pieces
        asked = await hearing.ask(text, timeout=wait, stop_keys=question.keys(begun=bool(digits)))
        if asked.end is not End.SPOKEN:
            break
        if question.sayings != DIGITS:
            return asked.meant
        digits, text, wait = digits + asked.meant, "", question.pause
    else:
        return _whole(question, digits)
    if asked.end is End.NOT_UNDERSTOOD:
        raise Unfit("not_understood", policy.not_understood)
    if asked.end is End.DEAF:  # what was lost may have been digits: the number begins anew
        digits = ""
        await call.say(question.say, stop_keys=question.keys(begun=False))
    if asked.end in (End.DEAF, End.KEY):
        digits = await _typed(call, question, policy, digits)
    if not digits and not question.optional:
        raise Unfit("silence", policy.silence)
    return _whole(question, digits)


async def _typed(call: Call, question: Question, policy: TakingNumbers, digits: str) -> str:
    """`digits` and what is typed after them."""
    while len(digits) < question.max:
        timeout = question.pause if digits else policy.timeout
        key = await await_key(call, question.keys(begun=bool(digits)), timeout=timeout)
        if key is None or key == question.end_key:
            break
        digits = "" if key == START_OVER else digits + key
    else:
        call.channel.swallow(question.end_key, within=question.pause)
    return digits


def _whole(question: Question, digits: str) -> str:
    """`digits`, where there are as many as there should be. Raises Unfit."""
    if digits and len(digits) < question.min:
        raise Unfit("too_short", question.incomplete)
    if len(digits) > question.max:  # only speech goes on after the last digit
        raise Unfit("invalid", question.incomplete)
    return digits
