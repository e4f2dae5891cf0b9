"""The key buffer: each key once, in order, whichever witness saw it."""

from __future__ import annotations

import asyncio

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


async def test_a_late_manager_does_not_double_a_key(monkeypatch) -> None:  # type: ignore[no-untyped-def]
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


async def test_a_key_that_was_used_is_not_taken_for_the_one_pressed_now() -> None:
    buffer = KeyBuffer(lambda: True)
    buffer.witness("1")
    assert buffer.take() == "1"
    buffer.command_begins()
    reporting = asyncio.ensure_future(buffer.report("1"))
    await asyncio.sleep(0)
    assert not reporting.done()  # it waits for the manager's word on this key
    buffer.witness("1")
    await reporting
    assert drain(buffer) == "1"


async def test_a_key_taken_while_the_manager_was_away_swallows_none_later() -> None:
    here = False
    buffer = KeyBuffer(lambda: here)
    await buffer.report("1")
    here = True
    buffer.witness("1")
    assert drain(buffer) == "11"
