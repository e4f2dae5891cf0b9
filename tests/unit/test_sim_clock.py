"""Virtual time."""

import asyncio

import pytest

from ivr.sim.clock import StuckError, run


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
