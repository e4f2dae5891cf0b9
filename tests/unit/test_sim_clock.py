"""Virtual time."""

import asyncio

import pytest

from ivr.sim.clock import StuckError, run, running


def test_an_hour_passes_at_once_and_in_order() -> None:
    woke: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        woke.append((name, asyncio.get_running_loop().time()))

    async def main() -> None:
        await asyncio.gather(sleeper("hour", 3600), sleeper("second", 1), sleeper("minute", 60))

    run(main())
    assert woke == [("second", 1), ("minute", 60), ("hour", 3600)]


def test_a_time_out_in_virtual_time() -> None:
    async def main() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.sleep(31)
        return asyncio.get_running_loop().time()

    assert run(main()) == 30


def test_waiting_for_what_never_comes_is_an_error_and_not_for_ever() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StuckError):
        run(main())


def test_time_jumps_for_the_only_task_that_waits() -> None:
    async def main() -> list[tuple[bool, float]]:
        loop = running()
        seen = [(loop.jump(5), loop.time())]
        timer = loop.call_later(10, seen.append, (False, -1.0))
        seen += [(loop.jump(seconds), loop.time()) for seconds in (9, 1, 2, 0.5)]
        timer.cancel()
        return seen

    assert run(main()) == [(True, 5), (True, 14), (False, 14), (False, 14), (True, 14.5)]


def test_time_does_not_jump_while_another_task_is_ready() -> None:
    async def main() -> list[tuple[bool, float]]:
        loop, seen = running(), list[tuple[bool, float]]()
        loop.call_soon(lambda: None)
        seen.append((loop.jump(5), loop.time()))
        await asyncio.sleep(0)
        seen.append((loop.jump(5), loop.time()))
        return seen

    assert run(main()) == [(False, 0), (True, 5)]


def test_there_are_no_threads() -> None:
    with pytest.raises(RuntimeError, match="no threads in virtual time"):
        run(asyncio.to_thread(len, ""))
