"""The engine follows what is switched, and which lines are in surge by themselves."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from ivr.flow.hotline import Line, Surge
from ivr.flow.values import FlowName, QueueName, Template
from ivr.line.surge import SurgeTurn, SurgeWatch, note_surge, read_surge
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.settings import Settings
from ivr.store.followed import FollowedSwitches
from ivr.store.switches import switch_off, switch_on

NOW = 1_800_000_000.0


class Followed:
    """A store, and an engine's view of it."""

    def __init__(self, state: Path) -> None:
        self.settings = Settings(state=state)
        self.noted: list[tuple[str, str]] = []
        self.view = FollowedSwitches(self.settings, lambda what, detail: self.noted.append((what, detail)))

    async def on(self, reason: str, *, seconds: float = 60) -> int:
        return await switch_on(self.settings, Switch(Kind.SURGE, ALL_LINES, NOW, NOW + seconds, reason, "rini"))

    async def sees(self, now: float) -> list[str]:
        await self.view.look(now)
        return [s.reason for s in self.view.current.in_force(now)]


async def test_what_is_switched_is_seen_at_the_next_look_and_noted(tmp_path: Path) -> None:
    hotline = Followed(tmp_path)
    await hotline.on("sebelum mulai")
    assert await hotline.sees(NOW) == ["sebelum mulai"]
    assert hotline.noted == []  # it was noted when it began
    id = await hotline.on("banjir", seconds=30)
    assert await hotline.sees(NOW + 1) == ["sebelum mulai", "banjir"]
    await switch_off(hotline.settings, id, author="budi", now=NOW + 2)
    assert await hotline.sees(NOW + 2) == ["sebelum mulai"]
    assert await hotline.sees(NOW + 60) == []
    assert hotline.noted == [
        ("switched_on", "surge #2, all lines, by rini: banjir"),
        ("switched_off", "surge #2, all lines, by rini: banjir"),
        ("switched_off", "surge #1, all lines, by rini: sebelum mulai"),
    ]


async def test_a_store_that_is_broken_from_the_start_switches_nothing_until_it_is_mended(tmp_path: Path) -> None:
    hotline = Followed(tmp_path)
    hotline.settings.operations_db.write_bytes(b"this is no database" * 100)
    assert await hotline.sees(NOW) == []
    assert await hotline.sees(NOW + 1) == []
    ((what, why),) = hotline.noted  # once
    assert what == "switches_lost"
    assert "operations.db" in why
    hotline.settings.operations_db.unlink()
    await hotline.on("banjir")
    assert await hotline.sees(NOW + 2) == ["banjir"]
    assert [what for what, _ in hotline.noted[1:]] == ["switches_back", "switched_on"]


async def test_a_store_that_is_back_as_it_was_is_told_too(tmp_path: Path) -> None:
    state, away = tmp_path / "state", tmp_path / "away"
    hotline = Followed(state)
    await hotline.on("banjir")
    assert await hotline.sees(NOW) == ["banjir"]
    state.rename(away)
    state.touch()  # no folder
    assert await hotline.sees(NOW + 1) == ["banjir"]
    state.unlink()
    away.rename(state)
    assert await hotline.sees(NOW + 2) == ["banjir"]
    assert [what for what, _ in hotline.noted] == ["switches_lost", "switches_back"]


async def test_what_was_read_before_the_store_broke_goes_on_to_its_end(tmp_path: Path) -> None:
    hotline = Followed(tmp_path)
    await hotline.on("banjir")
    assert await hotline.sees(NOW) == ["banjir"]
    hotline.settings.operations_db.write_bytes(b"this is no database" * 100)
    os.utime(hotline.settings.operations_db, (NOW, NOW))
    assert [await hotline.sees(NOW + s) for s in (1, 59, 60)] == [["banjir"], ["banjir"], []]
    assert [what for what, _ in hotline.noted] == ["switches_lost", "switched_off"]


def lines(waiting: int = 10, queues: Collection[str] = ()) -> dict[str, Line]:
    surge = Surge(say=Template("Ramai."), waiting=waiting, queues=[QueueName(q) for q in queues])
    plain = Line(title="T", flow=FlowName("utama"))
    return {"110": plain.model_copy(update={"surge": surge}), "111": plain}


def test_a_surge_begins_at_its_threshold_and_ends_at_half_of_it() -> None:
    watch = SurgeWatch()
    turns = [(count, list(watch.look(lines(), lambda _, n=count: n, NOW))) for count in (9, 10, 12, 6, 5, 9, 10)]
    assert [(count, turn) for count, found in turns for turn in found] == [
        (10, SurgeTurn("110", began=True, waiting=10)),
        (5, SurgeTurn("110", began=False, waiting=5)),
        (10, SurgeTurn("110", began=True, waiting=10)),
    ]
    assert watch.since == {"110": NOW}


def test_a_surge_ends_with_its_line_or_its_threshold() -> None:
    for left in ({}, lines(waiting=0), {"111": lines()["111"]}):
        watch = SurgeWatch()
        list(watch.look(lines(), lambda _: 10, NOW))
        assert [turn.began for turn in watch.look(left, lambda _: 10, NOW)] == [False]
        assert watch.since == {}


def test_the_queues_of_a_surge_are_those_that_are_counted() -> None:
    asked: list[Collection[str]] = []
    list(SurgeWatch().look(lines(queues=["umum"]), lambda queues: asked.append(queues) or 0, NOW))
    assert asked == [["umum"]]


def test_the_commands_know_what_the_running_engine_sees(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    settings.run.mkdir()
    assert read_surge(settings, 7) == {}
    note_surge(settings, {"110": NOW}, pid=7)
    assert read_surge(settings, 7) == {"110": NOW}
    assert read_surge(settings, 8) == {}  # an engine that is gone
    (settings.run / "surge.json").write_text("{")
    assert read_surge(settings, 7) == {}
