"""Asterisk's own witnesses: app_queue's log and the channel event log (CEL), read from their end.

Both are in order of time and only grow. Once a day the file is put aside under a name with the time
(`ivr.asterisk.rotation`); what is read goes on in these. A line that was torn, by a death of Asterisk or
because it is being written now, is left out.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from ivr.telephones import agent_of

BLOCK = 1 << 16
Line = TypeVar("Line", "QueueLine", "ChannelLine")


class QueueLine(NamedTuple):
    """A line of queue_log. `at`: Unix time in whole seconds, rounded down; `agent`: extension or "NONE"."""

    at: float
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


class ChannelLine(NamedTuple):
    """A line of the CEL file, whose columns `asterisk_conf/cel_custom.conf.j2` sets. `at`: Unix time."""

    event: str
    at: float
    caller: str
    extension: str
    context: str
    channel: str
    application: str
    uniqueid: str
    linkedid: str
    peer: str
    extra: str

    @property
    def ended_by(self) -> str:
        """Of a HANGUP: the channel that ended the call; "" where Asterisk did so itself."""
        try:
            return str(json.loads(self.extra)["hangupsource"])
        except (ValueError, TypeError, KeyError):
            return ""


def read_queue_log(path: Path, since: float) -> list[QueueLine]:
    """The lines from `since` (Unix time) on; none where there is no file."""
    return list(_tail(path, since, _queue_line))


def read_cel(path: Path, since: float) -> list[ChannelLine]:
    """The lines from `since` (Unix time) on; none where there is no file."""
    return list(_tail(path, since, _channel_line))


def put_aside_files(path: Path) -> list[Path]:
    """The older files of the log `path`, the newest first."""
    return sorted(path.parent.glob(f"{path.name}.*"), reverse=True)


def first_at(path: Path) -> float | None:
    """Unix time of the first whole line in a file of either log; None where there is none."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        for text in map(_text, file):
            if line := _queue_line(text) or _channel_line(text):
                return line.at
    return None


def _queue_line(text: str) -> QueueLine | None:
    match text.split("|"):
        case [at, call, queue, member, event, *data] if at.isascii() and at.isdigit():
            return QueueLine(float(at), call, queue, agent_of(member), event, tuple(data))
    return None


def _channel_line(text: str) -> ChannelLine | None:
    try:
        (row,) = csv.reader([text], strict=True)
        event, at, *rest = row
        return ChannelLine(event, float(at), *rest)
    except (csv.Error, ValueError, TypeError):
        return None


def _tail(path: Path, since: float, parse: Callable[[str], Line | None]) -> Iterator[Line]:
    with ExitStack() as opened:
        files = []
        for file in _newest_first(path, opened):
            files.append(file)
            if _go_back(file, since, parse):
                break  # what is in the others is older still
        for file in reversed(files):
            for raw in file:
                line = parse(_text(raw)) if raw.endswith(b"\n") else None
                if line and line.at >= since:
                    yield line


def _newest_first(path: Path, opened: ExitStack) -> Iterator[BinaryIO]:
    """The log's files. One that is put aside just now is met under both names, given once, never missed."""
    seen = set()
    for part in _parts(path):
        with suppress(FileNotFoundError):
            file = opened.enter_context(part.open("rb"))
            if (inode := os.fstat(file.fileno()).st_ino) not in seen:
                seen.add(inode)
                yield file


def _parts(path: Path) -> Iterator[Path]:
    yield path
    yield from put_aside_files(path)  # looked for only when the present one is open


def _go_back(file: BinaryIO, since: float, parse: Callable[[str], Line | None]) -> bool:
    """Go to a block before which there is nothing from `since` on; gives whether an older line was seen."""
    position = file.seek(0, 2)
    while position > 0:
        position = max(0, position - BLOCK)
        file.seek(position)
        if position > 0:
            file.readline()  # the rest of a line that began earlier
        while file.tell() < position + BLOCK and (raw := file.readline()):
            if line := parse(_text(raw)):
                if line.at < since:
                    file.seek(position)
                    return True
                break
    file.seek(0)
    return False


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").rstrip("\r\n")
