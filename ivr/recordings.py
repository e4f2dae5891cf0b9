"""The folder of the recordings: whether it takes another one, and mending those that a death broke.

A recording never stands in a call's way: where none can be written there is none, and that is said.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ivr.events import EventSink, SystemNoted
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.voice.wav import mend_wav

log = logging.getLogger(__name__)

STOPPED, RESUMED = "recording_stopped", "recording_resumed"
"""What SystemNoted says when the folder ceases to take recordings, and when it takes them again."""


class RecordingFolder:
    """Says whether a recording may be begun. A change of that is logged and recorded, each time once."""

    def __init__(self, settings: Settings, sink: EventSink) -> None:
        self._settings, self._sink = settings, sink
        self._problem = ""

    def accepts(self, path: Path) -> bool:
        """Make the folder for a new recording `path`; False where nothing can or should be written."""
        problem = self._problem_with(path.parent)
        if bool(problem) != bool(self._problem):
            log.warning("recordings: %s", problem or "written again")
            self._sink(SystemNoted("", time.time(), STOPPED if problem else RESUMED, problem))
        self._problem = problem
        return not problem

    def _problem_with(self, folder: Path) -> str:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free // 1_000_000
        except OSError as e:
            return str(e)
        if not os.access(folder, os.W_OK | os.X_OK):
            return tr(f"{folder} tidak dapat ditulisi", f"{folder} cannot be written to")
        if free < (wanted := self._settings.recording.minimum_free_mb):
            return tr(f"sisa ruang {free} MB, harus {wanted} MB", f"{free} MB are free, {wanted} MB must be")
        return ""


def mend_recordings(settings: Settings, *, before: float) -> int:
    """Mend what a death of Asterisk left unfinished; gives how many. Files without any sound are removed.

    `before`: Unix time when the Asterisk that runs now was started; what was written later is its own.
    """
    mark = settings.state / "recordings-mended"
    try:
        since = mark.stat().st_mtime if mark.exists() else 0.0
        mended = sum(_mend(path) for path in _written(settings.recordings, since, before))
        mark.touch()
        os.utime(mark, (before, before))
    except OSError as e:
        log.warning("recordings could not be looked through: %s", e)
        return 0
    if mended:
        log.warning("%d recordings that were cut off were mended", mended)
    return mended


def _written(folder: Path, since: float, before: float) -> Iterator[Path]:
    """Recordings last written between the two; only the folders of days that may hold one are looked into."""
    yesterday = dt.datetime.fromtimestamp(since, dt.UTC) - dt.timedelta(days=1)  # in whatever time zone
    for day in folder.glob("[0-9]*/[0-9]*/[0-9]*"):
        if day.relative_to(folder).as_posix() >= f"{yesterday:%Y/%m/%d}":
            for path in day.glob("*.wav"):
                with contextlib.suppress(FileNotFoundError):  # the engine removes empty ones meanwhile
                    if since <= path.stat().st_mtime < before:
                        yield path


def _mend(path: Path) -> bool:
    try:
        return mend_wav(path)
    except OSError as e:
        log.warning("%s cannot be mended: %s", path, e)
        return False
