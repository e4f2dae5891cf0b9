"""What is switched, in the real store."""

from pathlib import Path

import pytest
from flow_kit import english  # noqa: F401 - a fixture

from ivr.flow.hotline import Blocklist
from ivr.line.switches import ALL_LINES, Kind, Switch
from ivr.settings import Settings
from ivr.store.switches import (
    DAY_SECONDS,
    SwitchError,
    clear_caller,
    load_strikes,
    load_switches,
    strike,
    switch_log,
    switch_off,
    switch_on,
)
from ivr.voice.book import Clip

NOW = 1_800_000_000.0
CALLER, OTHER = "+6281234567890", "+6281200000000"
RULES = Blocklist(strikes=3, within_days=30, block_days=14)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


def announcement(target: str = ALL_LINES, *, since: float = NOW, hours: float = 1) -> Switch:
    clip = Clip("0123.wav", 4.5)
    return Switch(
        Kind.ANNOUNCEMENT, target, since, since + hours * 3600, "banjir", "rini", "Ada banjir.", clip, instead=True
    )


async def test_what_is_switched_on_is_loaded_as_it_was_given(settings: Settings) -> None:
    id = await switch_on(settings, announcement())
    (found,) = (await load_switches(settings, now=NOW)).in_force(NOW)
    given = announcement()
    assert (found.id, found.clip, found.instead, found.text) == (id, given.clip, True, "Ada banjir.")
    assert (found.since, found.until, found.reason, found.author) == (NOW, NOW + 3600, "banjir", "rini")


async def test_it_ends_by_itself_and_stays_in_the_log(settings: Settings) -> None:
    await switch_on(settings, announcement())
    loaded = await load_switches(settings, now=NOW)
    assert [len(loaded.in_force(NOW + s)) for s in (-1, 0, 3599, 3600)] == [0, 1, 1, 0]
    assert (await load_switches(settings, now=NOW + 3600)).in_force(NOW) == []
    assert [s.reason for s in await switch_log(settings, limit=10)] == ["banjir"]


@pytest.mark.usefixtures("english")
async def test_it_is_ended_before_its_time_once(settings: Settings) -> None:
    id = await switch_on(settings, announcement())
    assert (await switch_off(settings, id, author="budi", now=NOW + 60)).id == id
    assert (await load_switches(settings, now=NOW + 60)).in_force(NOW + 60) == []
    (logged,) = await switch_log(settings, limit=10)
    assert (logged.ended_at, logged.ended_by) == (NOW + 60, "budi")
    for gone in (id, id + 1):
        with pytest.raises(SwitchError, match=f"ID {gone} is on"):
            await switch_off(settings, gone, author="budi", now=NOW + 61)


async def test_a_block_is_not_ended_by_an_id(settings: Settings) -> None:
    id = await switch_on(settings, Switch(Kind.BLOCK, CALLER, NOW, NOW + 60, "iseng", "rini"))
    with pytest.raises(SwitchError):
        await switch_off(settings, id, author="budi", now=NOW)


async def test_enough_strikes_within_the_time_block_a_caller_for_a_time(settings: Settings) -> None:
    days = [0, 40, 50, 60]  # the first is too old to count when the third comes
    outcomes = [
        await strike(settings, CALLER, RULES, reason=f"hari {d}", author="101", now=NOW + d * DAY_SECONDS) for d in days
    ]
    assert [count for count, _ in outcomes] == [1, 1, 2, 3]
    assert [block is not None for _, block in outcomes] == [False, False, False, True]
    at = NOW + 60 * DAY_SECONDS
    switched = await load_switches(settings, now=at)
    block = switched.block(CALLER, at)
    assert block is not None
    assert "hari 60" in block.reason
    assert block.until == at + 14 * DAY_SECONDS
    assert switched.block(CALLER, block.until) is None
    assert switched.block(OTHER, at) is None


async def test_strikes_count_once(settings: Settings) -> None:
    for minute in range(3):
        await strike(settings, CALLER, RULES, reason="iseng", author="101", now=NOW + minute)
    assert await load_strikes(settings, RULES, now=NOW + 10) == {}
    assert await strike(settings, CALLER, RULES, reason="lagi", author="101", now=NOW + 20) == (1, None)
    assert [s.reason for s in (await load_strikes(settings, RULES, now=NOW + 20))[CALLER]] == ["lagi"]


async def test_old_strikes_are_not_kept(settings: Settings) -> None:
    await strike(settings, CALLER, RULES, reason="lama", author="101", now=NOW)
    later = NOW + 400 * DAY_SECONDS
    await strike(settings, OTHER, RULES, reason="baru", author="101", now=later)
    assert await clear_caller(settings, CALLER, author="budi", now=later) == (0, 0)


async def test_a_caller_who_is_cleared_begins_anew(settings: Settings) -> None:
    for minute in range(3):
        await strike(settings, CALLER, RULES, reason="iseng", author="101", now=NOW + minute)
    assert await clear_caller(settings, CALLER, author="budi", now=NOW + 60) == (1, 3)
    assert (await load_switches(settings, now=NOW + 60)).block(CALLER, NOW + 60) is None
    assert await clear_caller(settings, CALLER, author="budi", now=NOW + 61) == (0, 0)
    assert (await switch_log(settings, limit=1))[0].ended_by == "budi"
