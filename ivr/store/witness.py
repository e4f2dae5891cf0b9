"""What an engine did not see of calls, or did not live to tell, told from Asterisk's own logs.

What is missing is told as events, like all else, so that the projection stays the only way in.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from ivr.channel import EndReason
from ivr.events import CallStarted, Event, SystemNoted
from ivr.i18n import tr
from ivr.passes import channel_id, earlier_pass
from ivr.store import queries
from ivr.store.asterisk_logs import ChannelLine, QueueLine, read_cel, read_queue_log
from ivr.store.database import StoreError, open_reader
from ivr.store.retelling import Ending, Retelling
from ivr.store.writer import HistoryWriter

log = logging.getLogger(__name__)

CHECKED = "witness_checked"
"""What SystemNoted says: Asterisk's logs were compared with the record up to its time."""
NOTE_SECONDS = 600
"""It is noted at least this often, so that a new start need not read more of the logs than that."""
SLACK_SECONDS = 10.0
"""The logs are read from this much earlier on: a line may be written a little late."""
SETTLE_SECONDS = 3.0
"""A call that no engine saw is told only this long after its end; its engine may still be telling."""
GIVE_UP_SECONDS = 3600.0
"""A call that is gone, whose end no log tells, is closed once it is this old."""

CAME_BACK = "CAMEBACK"
"""The dialplan's line in queue_log where a channel comes back to the hotline: the new call's id, the line's number."""

_FROM_OUTSIDE = ("public", "trunk")
_HOTLINE = ("hotline", "fallback")
"""Contexts of `asterisk_conf/extensions.conf.j2`: where calls from outside begin, and what serves them."""


def _digits(number: str) -> str:
    return "".join(c for c in number if c in "+0123456789")


async def close_orphans(
    history: HistoryWriter,
    *,
    alive: set[str],
    lines: Collection[str],
    queue_log: Path,
    cel: Path,
    now: float,
    caller_form: Callable[[str], str] = _digits,
) -> list[str]:
    """Complete the records of calls that are gone and that no engine will complete; gives their ids.

    Concerned are calls that an earlier run of the engine left open, calls that reached the hotline
    without any engine seeing them, and calls that went on in the fallback queue after Sambung had ended
    them. `alive`: the unique ids of the channels that Asterisk has now; such calls are left for a later
    check, and so is all when the history cannot be read now. `lines`: the numbers that have a line.
    `caller_form` brings a caller's number, which may be anything, to the record's form.
    """
    await history.flush()
    try:
        engine = await open_reader(history.settings)
        try:
            async with engine.connect() as connection:
                check = _Check(history, connection, alive, lines=lines, now=now, caller_form=caller_form)
                closed = await check.run(queue_log, cel)
        finally:
            await engine.dispose()
    except (StoreError, DBAPIError, OSError) as e:
        log.warning("open records cannot be looked after now: %s", e)
        return []
    await history.flush()
    return closed


@dataclass(frozen=True)
class _Logs:
    """What Asterisk's logs say: app_queue's by call, CEL's by channel.

    `passes`: the lines where a channel's later calls begin; `starts`: when Asterisk itself was started.
    """

    queue: dict[str, list[QueueLine]]
    channel: dict[str, list[ChannelLine]]
    passes: dict[str, QueueLine]
    starts: list[float]

    @classmethod
    def read(cls, queue_log: Path, cel: Path, since: float) -> _Logs:
        logs = cls(defaultdict(list), defaultdict(list), {}, [])
        current: dict[str, str] = {}  # channel → its call now
        for line in read_queue_log(queue_log, since):
            if line.event == "QUEUESTART":
                logs.starts.append(line.at)
            elif line.event == CAME_BACK:
                current[line.call] = line.data[0]
                logs.passes[line.data[0]] = line
            else:
                logs.queue[current.get(line.call, line.call)].append(line)
        for row in read_cel(cel, since):
            logs.channel[row.uniqueid].append(row)
        return logs

    def rows(self, call: str) -> list[ChannelLine]:
        """CEL's rows of the call's channel, whatever the pass."""
        return self.channel.get(channel_id(call), [])

    def hangup(self, call: str) -> ChannelLine | None:
        return next((row for row in self.rows(call) if row.event == "HANGUP"), None)

    def last_seen(self, call: str) -> float:
        """The last sign of life of the call's channel."""
        return max((row.at for row in self.rows(call)), default=0.0)

    def next_pass(self, call: str) -> QueueLine | None:
        return next((line for later, line in self.passes.items() if earlier_pass(later) == call), None)

    def restarted(self, after: float) -> bool:
        return any(at > after for at in self.starts)


class _Check:
    def __init__(
        self,
        history: HistoryWriter,
        connection: AsyncConnection,
        alive: set[str],
        *,
        lines: Collection[str],
        now: float,
        caller_form: Callable[[str], str],
    ) -> None:
        self._history, self._connection, self._alive, self._now = history, connection, alive, now
        self._lines, self._caller_form = lines, caller_form

    async def run(self, queue_log: Path, cel: Path) -> list[str]:
        left_open = await queries.open_calls(self._connection, started_before=self._history.opened_at)
        orphans = [call for call in left_open if channel_id(call["id"]) not in self._alive]
        before = await self._checked_until()
        ended = await queries.calls_to_a_person(self._connection, ended_since=before - SLACK_SECONDS)
        since = min([before, *(call["started_at"] for call in (*orphans, *ended))]) - SLACK_SECONDS
        logs = await asyncio.to_thread(_Logs.read, queue_log, cel, since)
        told = [call["id"] for call in orphans if await self._close(call["id"], call["started_at"], logs)]
        unseen, unseen_until = await self._fill_in(logs)
        onward, onward_until = await self._go_on(ended, logs)
        told, until = told + unseen + onward, min(unseen_until, onward_until)
        self._history.witnessed_until = until
        if told or int(until / NOTE_SECONDS) != int(before / NOTE_SECONDS):
            self._history.emit(SystemNoted("", until, CHECKED, tr(f"{len(told)} dilengkapi", f"{len(told)} completed")))
        return told

    async def _checked_until(self) -> float:
        """Until when the logs were compared before; a history without any past begins now."""
        if self._history.witnessed_until is not None:
            return self._history.witnessed_until
        noted = await queries.last_noted(self._connection, CHECKED)
        return noted or await queries.first_event_at(self._connection) or self._now

    async def _close(self, call: str, started_at: float, logs: _Logs) -> bool:
        """Close an open record, unless its end is still to be told."""
        ending = self._ending(call, started_at, logs, seen=True)
        if ending:
            self._tell(Retelling(call, await queries.story(self._connection, call)), logs, ending)
        return ending is not None

    async def _fill_in(self, logs: _Logs) -> tuple[list[str], float]:
        """Tell the calls that no engine saw; gives them, and until when there is none left to tell."""
        arrivals = {event.call: event for event in self._arrivals(logs)}
        known = await queries.known_calls(self._connection, list(arrivals))
        told, until = [], self._now
        for call, start in arrivals.items():
            if call in known:
                continue
            if ending := self._ending(call, start.at, logs, seen=False):
                retelling = Retelling(call)
                retelling.add(start)
                self._tell(retelling, logs, ending)
                told.append(call)
            else:
                until = min(until, start.at)
        return told, until

    async def _go_on(self, ended: list[queries.Record], logs: _Logs) -> tuple[list[str], float]:
        """Tell what came after Sambung had ended a call; gives these calls, and until when none is left to tell."""
        told, until = [], self._now
        for call, started_at, ended_at in ((row["id"], row["started_at"], row["ended_at"]) for row in ended):
            if ending := self._ending(call, started_at, logs, seen=True):
                retelling = Retelling(call, await queries.story(self._connection, call))
                if events := retelling.go_on(logs.queue.get(call, []), ending, last_seen=logs.last_seen(call)):
                    self._emit(events)
                    told.append(call)
            else:
                until = min(until, ended_at)
        return told, until

    def _arrivals(self, logs: _Logs) -> Iterator[CallStarted]:
        """Each time that a citizen came to the hotline."""
        for call, rows in logs.channel.items():
            if _is_citizens(call, rows):
                yield self._arrival(call, rows[0].at, _line(rows[0], self._lines), rows)
        for call, line in logs.passes.items():
            yield self._arrival(call, line.at, line.data[1], logs.rows(call))

    def _arrival(self, call: str, at: float, line: str, rows: list[ChannelLine]) -> CallStarted:
        caller, channel = (self._caller_form(rows[0].caller), rows[0].channel) if rows else ("", "")
        return CallStarted(call, at, line, caller, "", "", channel, earlier_pass(call))

    def _ending(  # noqa: PLR0911 - one rule, one return
        self, call: str, started_at: float, logs: _Logs, *, seen: bool
    ) -> Ending | None:
        """How a call ended that no engine will close; None while that is still to be told."""
        if onward := logs.next_pass(call):
            return Ending(onward.at, EndReason.TRANSFERRED, tr("kembali ke hotline", "back to the hotline"))
        if hangup := logs.hangup(call):
            if not seen and hangup.at > self._now - SETTLE_SECONDS:
                return None
            if not hangup.ended_by and logs.restarted(hangup.at):
                stopped = tr("Asterisk dihentikan di tengah panggilan", "Asterisk was stopped during the call")
                return Ending(hangup.at, EndReason.ASTERISK_LOST, stopped)
            if hangup.extension == "overload":
                return Ending(hangup.at, EndReason.LIMIT, tr("semua saluran terpakai", "all lines were taken"))
            died = tr("mesin Sambung mati di tengah panggilan", "Sambung's engine died during the call")
            away = tr("datang saat Sambung mati", "it came while Sambung was down")
            return Ending(hangup.at, EndReason.ENGINE_LOST, died if seen else away)
        if channel_id(call) in self._alive:
            return None
        if logs.restarted(started_at):
            died = tr("Asterisk mati di tengah panggilan", "Asterisk died during the call")
            return Ending(None, EndReason.ASTERISK_LOST, died)
        if logs.rows(call) and self._now - started_at < GIVE_UP_SECONDS:
            return None
        return Ending(None, EndReason.ENGINE_LOST, tr("tidak ada saksi atas akhirnya", "nothing tells how it ended"))

    def _tell(self, retelling: Retelling, logs: _Logs, ending: Ending) -> None:
        call = retelling.call
        self._emit(retelling.complete(logs.queue.get(call, []), ending, last_seen=logs.last_seen(call)))

    def _emit(self, events: list[Event]) -> None:
        for event in events:
            self._history.emit(event)


def _is_citizens(call: str, rows: list[ChannelLine]) -> bool:
    """Whether these rows are of a citizen's own channel; an agent who dials the hotline is one, too."""
    start = rows[0]
    outside = start.context in _FROM_OUTSIDE or any(row.context in _HOTLINE for row in rows)
    return start.event == "CHAN_START" and start.linkedid == call and outside


def _line(start: ChannelLine, lines: Collection[str]) -> str:
    """The number dialled; of the telephone company's forms of it the first that has a line, as in the dialplan."""
    digits = "".join(c for c in start.extension if c.isdigit())
    if start.context != "trunk":
        return digits
    national = f"0{digits[2:]}" if digits.startswith("62") else digits
    return next((form for form in (digits, national, national[1:]) if form in lines), national)
