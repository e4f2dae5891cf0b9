"""Asterisk's witnesses, queue_log and CEL, are put aside once a day and deleted when they are old.

A file is put aside by a new name, which loses no line: Asterisk opens the CEL file for each line, and goes
on in the renamed queue_log until it is told to open its logs anew. `ivr.store.asterisk_logs` reads on in
the files that were put aside. All other logs are kept small by size (`ivr.asterisk.process.shorten_log`).
"""

from __future__ import annotations

from pathlib import Path

from ivr.routing.ami import Ami
from ivr.settings import Settings
from ivr.store.asterisk_logs import first_at, put_aside_files

DAY_SECONDS = 86_400.0


async def rotate_witnesses(settings: Settings, ami: Ami, *, now: float, told_until: float) -> None:
    """Put aside what begins over a day ago; delete what is older than `logs.days_kept` and already told.

    `told_until`: Unix time up to which the logs are in the record; younger lines are still needed. Raises
    AmiDown where Asterisk cannot be told now: the next time will do, for nothing is lost until then.
    """
    for path in (settings.queue_log, settings.cel):
        _put_aside(path, now)
        _delete_old(path, min(now - settings.logs.days_kept * DAY_SECONDS, told_until))
    if not settings.queue_log.exists():
        await ami.action("LoggerRotate")  # opens the logs anew, and no more: `rotatestrategy=none`


def _put_aside(path: Path, now: float) -> None:
    first = first_at(path)
    if first is not None and first < now - DAY_SECONDS:
        path.rename(path.with_name(f"{path.name}.{now:.0f}"))


def _delete_old(path: Path, before: float) -> None:
    for part in put_aside_files(path):
        if part.stat().st_mtime < before:
            part.unlink()
