"""`python -m benchmarks.flow_tests`: how quickly flow tests run, on one core.

A turn is one answer of the caller, or one silence, with all that the flow says and does until the next. Two kinds of
test: those of the hotline that ships, each a call of its own with a few turns and sometimes minutes of waiting; and
one long conversation that goes round its menus.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.proc import machine
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flowtests.model import FlowTest
from ivr.flowtests.reader import files_beside, read_tests
from ivr.flowtests.runner import Runner
from ivr.settings import PROJECT, Settings

FLOWS = PROJECT / "ivr" / "flows"
ROUND = """\
      - hears: Silakan sebutkan keperluan Anda
      - presses: 1
      - says: syarat KTP
      - step: ada-lagi
      - presses: 1
"""
LONG = "flow: halo-kota\nat: 2026-11-24 10:00\ntests:\n  Panjang:\n    call:\n" + 30 * ROUND
BAR = 2000
"""Turns a second that must be reached."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to measure each")
    seconds = parser.parse_args().seconds
    site = load_site(FLOWS).site
    assert site, "the hotline that ships has errors"
    print(machine())
    measure("the hotline's tests", site, read_tests(files_beside(FLOWS), site).tests, seconds)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "panjang.yaml"
        file.write_text(LONG, encoding="utf-8")
        measure("one long conversation", site, read_tests([file], site).tests, seconds)


def measure(name: str, site: Site, tests: list[FlowTest], seconds: float) -> None:
    """Run the tests again and again for so many seconds of processor time; print what one second does."""
    runner = Runner(site, Settings())
    assert not any(runner.run(test).failure for test in tests), "a test fails"
    began, turns, calls = time.process_time(), 0, 0
    while (used := time.process_time() - began) < seconds:
        turns += sum(runner.run(test).turns for test in tests)
        calls += len(tests)
    verdict = "reached" if turns / used >= BAR else "missed"
    print(f"{name}: {calls / used:.0f} calls and {turns / used:.0f} turns a second ({BAR}: {verdict})")


if __name__ == "__main__":
    main()
