"""The key buffer: each key once, in order, whichever witness saw it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.agi import keys as module
from ivr.agi.keys import KeyBuffer

KEYS = st.lists(st.tuples(st.sampled_from("0123456789*#"), st.booleans()), max_size=30)


def drain(buffer: KeyBuffer) -> str:
    return "".join(iter(buffer.take, None))


@given(KEYS)
def test_keys_between_commands_are_kept_in_order(pressed: list[tuple[str, bool]]) -> None:
    """The manager tells of all, AGI only of those that ended a command."""

    async def run() -> str:
        buffer = KeyBuffer(lambda: True)
        for key, ended_a_command in pressed:
            buffer.witness(key)
            if ended_a_command:
                await buffer.report(key)
        return drain(buffer)

    assert asyncio.run(run()) == "".join(k for k, _ in pressed)


@given(KEYS)
def test_agi_may_be_the_first_to_tell(pressed: list[tuple[str, bool]]) -> None:
    async def run() -> str:
        buffer = KeyBuffer(lambda: True)
        for key, ended_a_command in pressed:
            reporting = asyncio.ensure_future(buffer.report(key)) if ended_a_command else None
            await asyncio.sleep(0)
            buffer.witness(key)
            if reporting:
                await reporting
        return drain(buffer)

    assert asyncio.run(run()) == "".join(k for k, _ in pressed)


async def test_without_the_manager_agi_is_believed() -> None:
    buffer = KeyBuffer(lambda: False)
    await buffer.report("1")
    await buffer.report("1")
    assert drain(buffer) == "11"


async def test_a_late_manager_does_not_double_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONFIRM_SECONDS", 0)
    buffer = KeyBuffer(lambda: True)
    await buffer.report("5")
    buffer.witness("5")
    buffer.witness("6")
    assert drain(buffer) == "56"


async def test_waiting_ends_only_with_a_key_that_was_asked_for() -> None:
    buffer = KeyBuffer(lambda: True)
    with buffer.arrival("#") as arrived:
        buffer.witness("1")
        assert not arrived.done()
        buffer.witness("#")
        assert arrived.done()
    with buffer.arrival("#") as arrived:
        assert arrived.done()
    assert drain(buffer) == "1#"


async def test_keys_of_a_conversation_answer_nothing_after_it() -> None:
    buffer = KeyBuffer(lambda: True)
    for key in "42#":
        buffer.witness(key)
    buffer.forget()
    assert not buffer.any_of("42#")
    reported = asyncio.create_task(buffer.report("4"))
    await asyncio.sleep(0)
    buffer.witness("4")
    await reported
    assert drain(buffer) == "4"


@given(st.text("0123456789*#", max_size=30), st.data())
def test_a_key_whose_end_is_told_again_counts_once(pressed: str, data: st.DataObject) -> None:
    """Asterisk puts keys that came too fast back into its queue, and tells of their ends once more."""

    async def run() -> str:
        buffer = KeyBuffer(lambda: True)
        again: list[str] = []
        for key in pressed:
            buffer.begins(key)
            buffer.witness(key)
            again.append(key)
            while again and data.draw(st.booleans()):
                buffer.witness(again.pop(0))
        return drain(buffer)

    assert asyncio.run(run()) == pressed


async def test_a_key_whose_end_was_lost_counts_as_soon_as_the_next_has_ended() -> None:
    buffer = KeyBuffer(lambda: True)
    buffer.begins("1")
    buffer.begins("2")
    assert drain(buffer) == ""
    buffer.witness("2")
    assert drain(buffer) == "12"


async def test_a_key_that_agi_reports_late_counts_once() -> None:
    buffer = KeyBuffer(lambda: True)
    for key in "12":
        buffer.begins(key)
        buffer.witness(key)
    assert drain(buffer) == "12"
    for _ in range(2):
        await buffer.report("1")  # it ends a later command, and another one
        await buffer.report("2")
    assert drain(buffer) == ""


async def test_a_key_whose_beginning_was_lost_counts() -> None:
    buffer = KeyBuffer(lambda: True)
    buffer.begins("1")
    buffer.witness("1")
    buffer.witness("2")
    assert drain(buffer) == "12"


async def test_what_agi_told_alone_swallows_nothing_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONFIRM_SECONDS", 0)
    monkeypatch.setattr(module, "AGAIN_SECONDS", -1)
    buffer = KeyBuffer(lambda: True)
    await buffer.report("5")
    buffer.witness("5")
    assert drain(buffer) == "55"


async def test_a_key_that_ended_no_command_vouches_for_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A # that the prompt before a recording let pass; then the one that ends the recording, told by AGI first."""
    monkeypatch.setattr(module, "AGAIN_SECONDS", -1)
    buffer = KeyBuffer(lambda: True)
    buffer.witness("#")
    buffer.clear()
    reported = asyncio.create_task(buffer.report("#"))
    await asyncio.sleep(0)
    assert not reported.done()
    buffer.witness("#")
    await reported
    assert drain(buffer) == "#"


async def test_a_key_taken_while_the_manager_was_away_swallows_none_later() -> None:
    here = False
    buffer = KeyBuffer(lambda: here)
    await buffer.report("1")
    here = True
    buffer.witness("1")
    assert drain(buffer) == "11"


@pytest.mark.parametrize("manager", [True, False])
async def test_a_late_end_of_a_number_is_swallowed_once_whoever_tells_of_it(manager: bool) -> None:
    buffer = KeyBuffer(lambda: manager)
    buffer.swallow("#", within=60)
    for key in "##":
        if manager:
            buffer.begins(key)
            buffer.witness(key)
        await buffer.report(key)
    assert drain(buffer) == "#"


async def test_a_key_that_is_there_already_is_swallowed_only_as_the_next_one() -> None:
    buffer = KeyBuffer(lambda: True)
    for key in "#1#":
        buffer.witness(key)
    buffer.swallow("#", within=60)
    assert (buffer.take(), buffer.any_of("#")) == ("1", True)
    buffer.swallow("#", within=60)
    buffer.swallow("#", within=0)
    buffer.witness("#")
    assert drain(buffer) == "#"
