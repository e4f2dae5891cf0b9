"""Callers who follow a script."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol


class Phone(Protocol):
    """The caller's end of the line."""

    def press(self, keys: str) -> None:
        """Press one key after another, at once."""

    def say(self, words: str, confidence: float = 1.0) -> None:
        """Begin to say something now; nobody hears it while the line does not listen."""

    def speech_server(self, *, up: bool) -> None:
        """The speech server dies, or comes back."""

    def hang_up(self) -> None: ...


class Caller(Protocol):
    """Somebody on the telephone. Each method returns at once; what the caller does goes to the phone."""

    def begins(self, phone: Phone) -> None:
        """The call begins."""

    def command(self, number: int, name: str) -> None:
        """The channel begins its `number`-th command, from 1."""

    def hears(self, text: str) -> None:
        """A prompt begins."""

    def asked(self) -> None:
        """The line is silent and waits for an answer."""

    def held(self) -> None:
        """Music plays, and a key would lead out of it."""


@dataclass(frozen=True, slots=True)
class Press:
    """Press `keys`, `gap` seconds apart: `at` seconds from the start of the call, or `after` the start of a
    prompt that contains `hears`."""

    keys: str
    hears: str = ""
    at: float | None = None
    after: float = 1.0
    gap: float = 0.1


@dataclass(frozen=True, slots=True)
class Say:
    """Say `words`: `at` seconds from the start of the call, or `after` the start of a prompt that contains `hears`.

    `confidence`: how sure the recogniser is to be of what it makes of them.
    """

    words: str
    hears: str = ""
    at: float | None = None
    after: float = 1.0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class SpeechServer:
    """The speech server dies, or comes back (`up`), `at` seconds from the start, or `after` the start of a prompt."""

    up: bool = False
    hears: str = ""
    at: float | None = None
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up: `at` seconds from the start, `after` the start of a prompt that contains `hears`, or `after`
    the start of the channel's `command`-th command (with 0, before it does anything)."""

    hears: str = ""
    at: float | None = None
    command: int = 0
    after: float = 0.0


Action = Press | Say | SpeechServer | HangUp


class ScriptedCaller:
    """Does what the script says, and otherwise listens in silence.

    Actions with `hears` are taken in order: each waits for its prompt once those before it had theirs.
    """

    def __init__(self, *script: Action) -> None:
        self._timed = [action for action in script if action.at is not None]
        self._answers = [action for action in script if action.hears]
        self._commands = {a.command: a for a in script if isinstance(a, HangUp) and a.command}

    def begins(self, phone: Phone) -> None:
        self._phone = phone
        for action in self._timed:
            self._act(action, action.at or 0.0)

    def command(self, number: int, name: str) -> None:
        if action := self._commands.get(number):
            self._act(action, action.after)

    def hears(self, text: str) -> None:
        if self._answers and self._answers[0].hears in text:
            action = self._answers.pop(0)
            self._act(action, action.after)

    def asked(self) -> None:
        """A script acts by the clock and by what it hears."""

    held = asked

    def _act(self, action: Action, delay: float) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(action, Press):
            for i, key in enumerate(action.keys):
                loop.call_later(delay + i * action.gap, self._phone.press, key)
        elif delay:
            loop.call_later(delay, self._do, action)
        else:
            self._do(action)

    def _do(self, action: Say | SpeechServer | HangUp) -> None:
        match action:
            case Say():
                self._phone.say(action.words, action.confidence)
            case SpeechServer():
                self._phone.speech_server(up=action.up)
            case HangUp():
                self._phone.hang_up()
