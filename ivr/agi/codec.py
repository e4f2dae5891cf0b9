"""AGI's bytes, without any input or output.

`AgiDecoder` turns what Asterisk sends into messages, `encode` a command into a line. The traps it
knows (FACTS.md, "AGI"): `HANGUP` comes out of band; a 520 usage text spans lines; a value may hold
anything but a newline, spaces and parentheses too; a peer may send bytes that are no UTF-8, lines
without an end, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LINE = 65_536
"""Bytes. Asterisk's longest line is far shorter; a longer one is no Asterisk."""
MAX_ENVIRONMENT = 200
"""Lines of the environment. Asterisk sends about 25."""

_REPLY = re.compile(r"(\d{3})([ -])(.*)", re.DOTALL)
_RESULT = re.compile(r"result=(\S*)(?: \((.*)\))?(?: (?:endpos=(-?\d+)))?", re.DOTALL)
_ENDPOS = re.compile(r"endpos=(-?\d+)")
_RECOGNISED = re.compile(r"result=1 \((speech|digit|timeout|hangup)\)(?: digit=(.))?")
_SPOKEN = re.compile(r'score(\d+)=(-?\d+) text\1="(.*?)" grammar\1=(.*?)(?= score\d+=|\s*$)', re.DOTALL)


class AgiProtocolError(Exception):
    """The peer does not speak AGI; the connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What Asterisk tells of the call at its start: `agi_` names without the prefix, arguments in order."""

    values: dict[str, str]
    arguments: list[str]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one command.

    `code`: 200 done, 510 unknown command, 511 channel is dead, 520 wrong syntax. `result`: the word
    after `result=`; `value`: what stood in parentheses; `endpos`: samples of 8 kHz played.
    """

    code: int
    result: str = ""
    value: str = ""
    endpos: int = 0
    text: str = ""

    @property
    def number(self) -> int:
        """`result` as a number, -1 where it is none."""
        return int(self.result) if self.result.lstrip("-").isdigit() else -1

    @property
    def key(self) -> str:
        """The key that ended the command, "" without one (results of 0 and below)."""
        return chr(self.number) if 0 < self.number < 128 else ""


@dataclass(frozen=True, slots=True)
class HangupNotice:
    """Asterisk's out-of-band word that the caller is gone."""


Message = Environment | Reply | HangupNotice


class AgiDecoder:
    """Bytes in, messages out, in whatever pieces they come."""

    def __init__(self) -> None:
        self._buffer = b""
        self._environment: dict[str, str] | None = {}
        self._usage: list[str] | None = None

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes and give the messages that they complete. Raises AgiProtocolError."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > MAX_LINE:
            raise AgiProtocolError(f"a line of more than {MAX_LINE} bytes")
        for raw in lines:
            line = raw.decode("utf-8", errors="replace").removesuffix("\r")
            message = self._header(line) if self._environment is not None else self._line(line)
            if message is not None:
                yield message

    def _header(self, line: str) -> Message | None:
        assert self._environment is not None
        if line:
            name, colon, value = line.partition(":")
            if not colon or not name.startswith("agi_"):
                raise AgiProtocolError(f"expected 'agi_name: value', got {line[:80]!r}")
            if len(self._environment) >= MAX_ENVIRONMENT:
                raise AgiProtocolError(f"more than {MAX_ENVIRONMENT} lines of environment")
            self._environment[name[4:]] = value.strip()
            return None
        values, self._environment = self._environment, None
        numbered = sorted((int(n[4:]), v) for n, v in values.items() if n.startswith("arg_") and n[4:].isdigit())
        return Environment(values, [v for _, v in numbered])

    def _line(self, line: str) -> Message | None:
        if self._usage is not None:
            if line.startswith("520 "):
                text, self._usage = "\n".join(self._usage), None
                return Reply(520, text=text)
            self._usage.append(line)
            return None
        if line == "HANGUP":
            return HangupNotice()
        if not (match := _REPLY.fullmatch(line)):
            raise AgiProtocolError(f"expected a reply, got {line[:80]!r}")
        code, dash, rest = int(match[1]), match[2], match[3]
        if code == 520 and dash == "-":
            self._usage = [rest]
            return None
        if not (result := _RESULT.match(rest)):
            return Reply(code, text=rest)
        endpos = _ENDPOS.search(rest, result.end(1))
        return Reply(code, result[1], result[2] or "", int(endpos[1]) if endpos else 0, rest)


@dataclass(frozen=True, slots=True)
class SpeechResult:
    """One thing that the speech server says was spoken. `score`: 0-1000."""

    score: int
    text: str
    grammar: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """What ended SPEECH RECOGNIZE: "speech", "digit", "timeout", "hangup", or "" (there was nothing to listen with).

    `results`: the best first; none where the speech server died.
    """

    end: str
    key: str = ""
    results: tuple[SpeechResult, ...] = ()


def recognised(reply: Reply) -> Recognised:
    """Read the reply to SPEECH RECOGNIZE. Asterisk gives the results in no useful order and escapes no quotes."""
    if not (match := _RECOGNISED.match(reply.text)):
        return Recognised("")
    found = [SpeechResult(int(score), text, grammar) for _, score, text, grammar in _SPOKEN.findall(reply.text)]
    return Recognised(match[1], match[2] or "", tuple(sorted(found, key=lambda r: -r.score)))


def encode(command: str, *arguments: str | int) -> bytes:
    """A command line: `command` as it stands ("STREAM FILE"), every argument kept one word.

    Raises ValueError for a line break or NUL, which AGI cannot carry.
    """
    return " ".join([command, *(_word(str(a)) for a in arguments)]).encode() + b"\n"


def _word(word: str) -> str:
    if any(c in word for c in "\n\r\0"):
        raise ValueError(f"AGI cannot carry a line break or NUL: {word!r}")
    if word.isascii() and word.replace("_", "").isalnum():
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
