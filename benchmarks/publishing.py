"""`python -m benchmarks.publishing`: publish and roll back while 100 calls are live.

The calls stand in a menu of the version that they began with, and press a key after two others have been in force.
Others call all the while, five a second: how long the version before still takes new calls is seen by them.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.proc import machine
from ivr.asterisk.debian import DebianError
from tests.e2e.kit.live_publishing import NEW, PROBES, live_calls
from tests.e2e.kit.machine import KitError, fetch_programs

MOST_SECONDS = 2.0
"""So long after the move of the pointer the version before may still take new calls."""
HOLD = 55.0


async def measure(calls: int) -> bool:
    """Print the figures; whether all that must hold does."""
    out = Console(highlight=False)
    fetch_programs(lambda progress: print(progress, file=sys.stderr))
    with tempfile.TemporaryDirectory(prefix="sambung-bench-") as home:
        async with live_calls(Path(home), calls, hold=HOLD) as live:
            live.write(NEW)
            taken = {
                "publish": await live.changes("publish", "-m", "baru"),
                "rollback": await live.changes("rollback", str(live.version)),
            }
        untouched = live.untouched()
    out.print(f"{dt.datetime.now().astimezone().isoformat(timespec='seconds')}\n{machine()}")
    out.print(f"{_mark(untouched == calls)} {untouched} of {calls} live calls went on in their version, to its end")
    for name, seen in taken.items():
        out.print(
            f"{_mark(seen.last_old <= MOST_SECONDS)} {name}: the last call with the version before began "
            f"{seen.last_old:.2f} s after the pointer moved, at most {MOST_SECONDS:.0f}; the first one with the new "
            f"version after {seen.first_new:.2f} s ({PROBES:.0f} calls a second)"
        )
    return untouched == calls and all(seen.last_old <= MOST_SECONDS for seen in taken.values())


def _mark(good: bool) -> str:
    return "[green]✓[/green]" if good else "[red]✗[/red]"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100, help="live calls (default: %(default)s)")
    try:
        return 0 if asyncio.run(measure(parser.parse_args().calls)) else 1
    except (DebianError, KitError, TimeoutError) as e:
        print(f"The benchmark failed: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
