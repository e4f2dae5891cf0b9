"""Asterisk's witnesses put aside and deleted, with real files and a writer that holds queue_log as Asterisk does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

import pytest

from ivr.asterisk.rotation import DAY_SECONDS, rotate_witnesses
from ivr.routing.ami import Ami, AmiDown
from ivr.settings import Settings
from ivr.store import asterisk_logs
from ivr.store.asterisk_logs import put_aside_files, read_cel, read_queue_log

T = 1_795_500_000.0
TOMORROW = T + DAY_SECONDS + 10


class Asterisk:
    """Holds queue_log open until it is told to open its logs anew, and opens the CEL file for each line."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        settings.cel.parent.mkdir(parents=True)
        self.is_up = True
        self.queue_log = self._open()

    def _open(self) -> TextIO:
        return self.settings.queue_log.open("a", buffering=1)

    async def action(self, name: str) -> None:
        assert name == "LoggerRotate"
        if not self.is_up:
            raise AmiDown
        self.queue_log.close()
        self.queue_log = self._open()

    def writes(self, *at: float) -> None:
        for moment in at:
            self.queue_log.write(f"{moment:.0f}|c|umum|NONE|ENTERQUEUE||x|1\n")
            with self.settings.cel.open("a") as file:
                file.write(f'"ANSWER","{moment:.6f}",1,2,"hotline","PJSIP/1","","c","c","",""\n')

    async def rotates(self, now: float, told_until: float = 0.0) -> None:
        await rotate_witnesses(self.settings, cast(Ami, self), now=now, told_until=told_until)

    def read(self, since: float = 0.0) -> tuple[list[float], list[float]]:
        queue = [line.at for line in read_queue_log(self.settings.queue_log, since)]
        return queue, [line.at for line in read_cel(self.settings.cel, since)]

    def aside(self) -> list[str]:
        return [p.name for path in (self.settings.queue_log, self.settings.cel) for p in put_aside_files(path)]


@pytest.fixture
def asterisk(tmp_path: Path) -> Iterator[Asterisk]:
    asterisk = Asterisk(Settings(state=tmp_path))
    yield asterisk
    asterisk.queue_log.close()


async def test_a_file_is_put_aside_a_day_after_its_first_line_and_all_is_read_on(asterisk: Asterisk) -> None:
    asterisk.writes(T, T + 5)
    await asterisk.rotates(T + DAY_SECONDS - 10)
    assert asterisk.aside() == []
    await asterisk.rotates(TOMORROW)
    assert asterisk.aside() == [f"queue_log.{TOMORROW:.0f}", f"cel.csv.{TOMORROW:.0f}"]
    asterisk.writes(TOMORROW + 1)
    await asterisk.rotates(TOMORROW + 60)
    assert len(asterisk.aside()) == 2
    for since in (0, T, T + 3, T + 5, TOMORROW, TOMORROW + 1, TOMORROW + 2):
        left = [at for at in (T, T + 5, TOMORROW + 1) if at >= since]
        assert asterisk.read(since) == (left, left)


async def test_while_asterisk_cannot_be_told_it_goes_on_in_the_file_put_aside(asterisk: Asterisk) -> None:
    asterisk.writes(T)
    asterisk.is_up = False
    with pytest.raises(AmiDown):
        await asterisk.rotates(TOMORROW)
    asterisk.writes(TOMORROW + 1)
    asterisk.is_up = True
    await asterisk.rotates(TOMORROW + 60)
    asterisk.writes(TOMORROW + 61)
    assert asterisk.read() == ([T, TOMORROW + 1, TOMORROW + 61],) * 2
    assert asterisk.settings.queue_log.read_text().count("\n") == 1


async def test_what_is_put_aside_while_it_is_read_is_read_once(
    asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asterisk.writes(T, T + 5)

    def late(path: Path) -> list[Path]:
        path.rename(path.with_name(f"{path.name}.{TOMORROW:.0f}"))
        path.write_text("")
        return put_aside_files(path)

    monkeypatch.setattr(asterisk_logs, "put_aside_files", late)
    assert asterisk.read() == ([T, T + 5], [T, T + 5])


async def test_what_is_old_and_told_is_deleted(asterisk: Asterisk) -> None:
    for at in (T, TOMORROW):
        asterisk.writes(at)
        await asterisk.rotates(at + DAY_SECONDS + 10)
        for path in (asterisk.settings.queue_log, asterisk.settings.cel):
            os.utime(put_aside_files(path)[0], (at, at))
    kept = asterisk.settings.logs.days_kept * DAY_SECONDS
    await asterisk.rotates(T + kept + 1, told_until=T - 1)  # the engine was away all the time
    assert len(asterisk.aside()) == 4
    await asterisk.rotates(T + kept - 1, told_until=T + kept)
    assert len(asterisk.aside()) == 4
    await asterisk.rotates(T + kept + 1, told_until=T + kept)
    assert asterisk.read() == ([TOMORROW], [TOMORROW])
    assert len(asterisk.aside()) == 2


async def test_where_there_is_nothing_yet_nothing_is_put_aside(asterisk: Asterisk) -> None:
    await asterisk.rotates(TOMORROW)
    assert asterisk.aside() == []
