"""`make bench`: what a call costs with Sambung, beside a plain dialplan and the usual AGI ways.

The same three-command menu runs in four ways, interleaved, so that a noisy machine is noisy for all.
SIPp places the calls on loopback and presses the key; CPU comes from /proc. Everything that is started
is ended, also on Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.proc import Holding, holding, machine
from benchmarks.roundtrip import RoundTrips
from benchmarks.ways import Field, Way, field, spent
from ivr.asterisk.debian import DebianError
from tests.e2e.kit import rtp, sipp
from tests.e2e.kit.machine import KitError, fetch_programs, program, until

console = Console(stderr=True, highlight=False, emoji=False)

KEY_AT = 0.5
"""Seconds after the answer at which the citizen presses 1."""
PYTHON_LIMIT, DIALPLAN_LIMIT, PYST2_LIMIT = 2.0, 2.6, 1 / 6
"""What must hold: ms of CPU a call in Sambung's own processes; all of it against dialplan and pyst2."""
PANORAMISK_LIMIT = 2.0 / 0.7
"""The first, in the measure of the machine that it was set on: an empty application took 0.7 ms there (0009)."""
PATIENCE = 20.0
"""Seconds after which a call that was not ended counts as failed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. Rates are calls a second."""

    runs: int
    calls: int
    rate: float
    standing: int
    search_seconds: float
    search_from: float
    search_to: float


FULL = Plan(runs=5, calls=150, rate=20, standing=100, search_seconds=8, search_from=20, search_to=320)
QUICK = Plan(runs=2, calls=40, rate=20, standing=20, search_seconds=3, search_from=20, search_to=80)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of one call in milliseconds."""

    asterisk: float
    python: float
    scripts: float

    @property
    def total(self) -> float:
        return self.asterisk + self.python + self.scripts


@dataclass(frozen=True, slots=True)
class Standing:
    """What one standing call holds: in Asterisk, in the engine."""

    calls: int
    asterisk: Holding
    engine: Holding


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured. Times in milliseconds, memory in bytes, rates in calls a second."""

    date: str
    machine: str
    versions: dict[str, str]
    costs: dict[str, list[Cost]]
    roundtrip_p50: float
    roundtrip_p99: float
    standing: Standing
    steady_rate: float
    first_failing_rate: float | None


async def place(way: Way, home: Path, calls: int, rate: float) -> sipp.Result:
    """`calls` calls through the menu, each of which the system has to end."""
    run = await sipp.citizens(
        home, way.server, way.number,
        calls=calls, rate=rate, keys=rtp.press("1", at=KEY_AT), stay=PATIENCE, leaves=False,
    )  # fmt: skip
    try:
        return await run.finish(calls / rate + PATIENCE + 10)
    finally:
        await run.stop()


async def cost(way: Way, home: Path, plan: Plan) -> Cost:
    """One run. Raises KitError when a call failed: a failed call costs less than it should."""
    before = spent(way)
    (await place(way, home, plan.calls, plan.rate)).check()
    after = spent(way)
    per_call = 1000 / plan.calls
    return Cost(
        (after.asterisk - before.asterisk) * per_call,
        (after.python - before.python) * per_call,
        (after.scripts - before.scripts) * per_call,
    )


async def costs(ground: Field, home: Path, plan: Plan) -> dict[str, list[Cost]]:
    """All ways in turn, `plan.runs` times over, after one call each to warm up."""
    found: dict[str, list[Cost]] = {way.name: [] for way in ground.ways}
    for way in ground.ways:
        (await place(way, home / "warm", 5, 5)).check()
    for run in range(plan.runs):
        for way in ground.ways:
            found[way.name].append(await cost(way, home / way.name, plan))
            console.print(f"run {run + 1}/{plan.runs}  {way.name:<11} {found[way.name][-1].total:6.2f} ms a call")
    return found


async def roundtrip(ground: Field, home: Path, commands: int = 200, calls: int = 10) -> tuple[float, float]:
    """p50 and p99 in milliseconds, ten calls at once."""
    trips = RoundTrips(commands)
    server = await trips.serve(ground.roundtrip_port)
    async with server:
        way = Way("roundtrip", ground.small.sip, "roundtrip", ground.small.pid)
        (await place(way, home / "roundtrip", calls, calls)).check()
    cuts = statistics.quantiles(trips.seconds, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


async def standing(ground: Field, home: Path, calls: int) -> Standing:
    """Calls that stand in a menu and say nothing: what each holds."""
    asterisk, (engine, *_) = ground.sambung.asterisk, ground.sambung.python
    before = holding(asterisk), holding(engine)
    run = await sipp.citizens(home / "standing", ground.sambung.server, "601", calls=calls, rate=20, stay=50)
    try:
        await until(
            f"{calls} standing calls",
            lambda: holding(engine).descriptors >= before[1].descriptors + calls,
            seconds=calls / 20 + 20,
        )
        after = holding(asterisk), holding(engine)
    finally:
        await run.stop()
    return Standing(calls, *(_share(b, a, calls) for b, a in zip(before, after, strict=True)))


def _share(before: Holding, after: Holding, calls: int) -> Holding:
    return Holding(
        (after.memory - before.memory) // calls,
        round((after.descriptors - before.descriptors) / calls),
        round((after.threads - before.threads) / calls),
    )


async def steady_rate(ground: Field, home: Path, plan: Plan) -> tuple[float, float | None]:
    """The highest rate without a failed call, and the lowest that had one (None: the search's end held).

    Doubles until a call fails, then halves the interval three times. SIPp shares the two cores.
    """

    async def holds(rate: float) -> bool:
        try:
            result = await place(ground.sambung, home / "rate", round(rate * plan.search_seconds), rate)
        except TimeoutError:
            good = False
        else:
            good = not result.failed and result.successful == result.calls > 0
        console.print(f"{rate:5.0f} calls a second: {'held' if good else 'failed'}")
        return good

    good, rate = 0.0, plan.search_from
    while await holds(rate):
        good, rate = rate, rate * 2
        if rate > plan.search_to:
            return good, None
    bad = rate
    for _ in range(3):
        middle = round((good + bad) / 2)
        if await holds(middle):
            good = middle
        else:
            bad = middle
    return good, bad


async def measure(plan: Plan) -> Report:
    """Everything, in a folder that is thrown away."""
    fetch_programs(console.print)
    with tempfile.TemporaryDirectory(prefix="sambung-bench-") as folder:
        home = Path(folder)
        async with field(home) as ground:
            held = await standing(ground, home / "sipp", plan.standing)  # first: memory once used is used again
            found = await costs(ground, home / "sipp", plan)
            p50, p99 = await roundtrip(ground, home / "sipp")
            rate, failing = await steady_rate(ground, home / "sipp", plan)
        return Report(
            date=dt.datetime.now().astimezone().isoformat(timespec="seconds"),
            machine=machine(),
            versions=await versions(),
            costs=found,
            roundtrip_p50=p50,
            roundtrip_p99=p99,
            standing=held,
            steady_rate=rate,
            first_failing_rate=failing,
        )


async def versions() -> dict[str, str]:
    """Of what was measured."""
    process = await asyncio.create_subprocess_exec(*program("asterisk"), "-V", stdout=asyncio.subprocess.PIPE)
    asterisk = (await process.communicate())[0].decode().strip().removeprefix("Asterisk ")
    packages = {name: version(name) for name in ("sambung", "panoramisk", "pyst2", "uvloop")}
    return {"python": sys.version.split()[0], "asterisk": asterisk, **packages}


def show(report: Report) -> None:
    """The report as a person reads it."""
    out = Console(highlight=False)
    out.print(f"{report.date}\n{report.machine}\n" + ", ".join(f"{n} {v}" for n, v in report.versions.items()))
    table = Table("CPU, ms a call", "Asterisk", "Python", "scripts", "all", "spread of all", "× dialplan")
    plain = statistics.median(cost.total for cost in report.costs["dialplan"])
    for name, costs_ in report.costs.items():
        middle = [
            statistics.median(getattr(cost, part) for cost in costs_) for part in ("asterisk", "python", "scripts")
        ]
        totals = [cost.total for cost in costs_]
        total = statistics.median(totals)
        table.add_row(
            name, *(f"{ms:.2f}" for ms in middle), f"{total:.2f}",
            f"{min(totals):.2f}–{max(totals):.2f}", f"{total / plain:.2f}",
        )  # fmt: skip
    out.print(table)
    runs = len(report.costs["dialplan"])
    out.print(f"Median of {runs} interleaved runs. Python: engine and supervisor, or the panoramisk application.")
    sambung = statistics.median(cost.total for cost in report.costs["sambung"])
    script = statistics.median(cost.total for cost in report.costs["pyst2"])
    engine, empty = (statistics.median(c.python for c in report.costs[name]) for name in ("sambung", "panoramisk"))
    for what, value, limit in (
        ("Sambung's own processes, ms a call", engine, PYTHON_LIMIT),
        ("the same, times an empty panoramisk application", engine / empty, PANORAMISK_LIMIT),
        ("all with Sambung, times the dialplan", sambung / plain, DIALPLAN_LIMIT),
        ("all with Sambung, times pyst2", sambung / script, PYST2_LIMIT),
    ):
        out.print(
            f"{'[green]✓[/green]' if value <= limit else '[red]✗[/red]'} {what}: {value:.2f}, at most {limit:.2f}"
        )
    out.print(f"AGI round trip     p50 {report.roundtrip_p50:.2f} ms, p99 {report.roundtrip_p99:.2f} ms")
    for name, share in (("Asterisk", report.standing.asterisk), ("engine", report.standing.engine)):
        out.print(
            f"A standing call    {share.memory / 1024:.0f} KiB, {share.descriptors} descriptors, "
            f"{share.threads} threads in {name} (of {report.standing.calls})"
        )
    failing = (
        f"; at {report.first_failing_rate:.0f} a call failed" if report.first_failing_rate else "; no rate tried failed"
    )
    out.print(f"Steady rate        {report.steady_rate:.0f} calls a second without a failed call{failing}")


async def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short runs: to see that it works")
    parser.add_argument("--json", action="store_true", help="the report as JSON on stdout")
    options = parser.parse_args()
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    began = time.monotonic()
    try:
        report = await measure(QUICK if options.quick else FULL)
    except (DebianError, KitError, TimeoutError) as e:
        console.print(f"The benchmark failed: {e}", style="red", markup=False)
        return 1
    except asyncio.CancelledError:
        console.print("Interrupted; everything was ended.")
        return 130
    if options.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        show(report)
    console.print(f"{time.monotonic() - began:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
