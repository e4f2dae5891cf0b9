"""`make bench-calls SPEECH=DIR`: people speak to menus on real calls; who is routed right, and how quickly.

DIR is laid out as docs/training.md says; its development split speaks, which the model never heard. Each sentence of
the corpus `dialogue` is a phrase of a menu of ten, and every speaker says it over the menu's prompt; five speakers of
`digits` say ten numbers each. Nobody answers "is that right?": a call that was asked it counts by what was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.proc import machine
from ivr.speech.lexicon import DIGITS
from tests.e2e.kit import sipp
from tests.e2e.kit.audio import RATE, Samples
from tests.e2e.kit.machine import KitError, fetch_programs, until
from tests.e2e.kit.telephone_system import TelephoneSystem
from training.corpus import Utterance, people

console = Console(stderr=True, highlight=False)

NUMBERS, NUMBER_SPEAKERS, NUMBERS_EACH = "3999", 5, 10
SPEAKS_AT = 1.5
"""Seconds after the answer: the prompt has begun, and is twelve seconds long."""
STAYS = 6.0
"""Seconds on the line after the last word."""
SPREAD = 10.0
"""Seconds over which the first calls begin, about as long as a call is: people do not all speak in the same moment."""
RIGHT, QUICK_MS, CUT_MS = 0.95, 900, 400
"""What must hold: the share of calls routed right; p95 from the end of a phrase to the next prompt, and from the
beginning of speech to the end of the prompt."""
QUESTION = (
    "Silakan sebutkan keperluan Anda sekarang. Pertanyaan ini cukup panjang, supaya setiap orang dapat memotongnya "
    "dengan berbicara, kapan saja, dan tidak perlu menunggu sampai kalimat terakhir selesai diucapkan."
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One call: who says what to which line, and what should come of it."""

    line: str
    said: Utterance
    expected: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. `until_prompt`, `until_cut`: seconds, None where there was nothing to measure."""

    trial: Trial
    heard: str
    decision: str
    until_prompt: float | None
    until_cut: float | None

    @property
    def right(self) -> bool:
        return self.heard == self.trial.expected and self.decision in ("accepted", "confirm")


# --- who says what ----------------------------------------------------------------------------------
@cache
def corpus(speech: Path, kind: str) -> dict[str, list[Utterance]]:
    """What the development split of a corpus says, by speaker."""
    found: defaultdict[str, list[Utterance]] = defaultdict(list)
    for utterance in people(speech, "dev"):
        if utterance.corpus == kind:
            found[utterance.speaker].append(utterance)
    return dict(sorted(found.items()))


def menus(speech: Path, count: int) -> list[list[str]]:
    """Up to `count` menus of ten sentences."""
    texts = list(dict.fromkeys(u.text for said in corpus(speech, "dialogue").values() for u in said))
    return [texts[i : i + 10] for i in range(0, len(texts), 10)][:count]


def trials(speech: Path, of_menus: Sequence[Sequence[str]]) -> Iterator[Trial]:
    line_of = {text: str(3000 + i) for i, ten in enumerate(of_menus) for text in ten}
    for said in corpus(speech, "dialogue").values():
        yield from (Trial(line_of[u.text], u, u.text) for u in said if u.text in line_of)
    for said in itertools.islice(corpus(speech, "digits").values(), NUMBER_SPEAKERS):
        yield from (Trial(NUMBERS, u, "".join(DIGITS[word] for word in u.text.split())) for u in said[:NUMBERS_EACH])


def write_flows(folder: Path, of_menus: Sequence[Sequence[str]]) -> None:
    """A line for each menu, and one for numbers."""
    folder.mkdir()
    policy = {"half_sure": "Benar?", "not_understood": "Bagaimana?", "silence": "Diam.", "keys_only": "Pakai tombol."}
    done = {"type": "hangup", "say": "Terima kasih."}
    flows: dict[str, dict[str, Any]] = {}
    for i, ten in enumerate(of_menus):
        ask = {"type": "menu", "say": QUESTION, "tries": 1, "failed": "z"}
        ask |= {
            "keys": dict.fromkeys(map(str, range(len(ten))), "z"),
            "phrases": {str(k): [t] for k, t in enumerate(ten)},
        }
        flows[str(3000 + i)] = {"a": ask, "z": done}
    number = {"type": "input", "say": QUESTION, "into": "nomor", "speak": True, "confirm": "Benar?", "tries": 1}
    flows[NUMBERS] = {"a": number | {"next": "z", "failed": "z"}, "z": done}
    lines = {line: {"title": line, "flow": f"f{line}"} for line in flows}
    (folder / "hotline.yaml").write_text(yaml.safe_dump({"lines": lines}))
    for line, steps in flows.items():
        flow = {"flow": f"f{line}", "start": "a", "policy": policy, "steps": steps}
        (folder / f"f{line}.yaml").write_text(yaml.safe_dump(flow))


# --- calls ------------------------------------------------------------------------------------------
async def place(system: TelephoneSystem, trial: Trial, number: int, home: Path) -> Outcome:
    """Place one call and read its record."""
    caller = f"0812{number:08d}"
    sound: Samples = trial.said.samples / 32768
    seconds = SPEAKS_AT + len(sound) / RATE + STAYS
    says = np.zeros(round(seconds * RATE))
    says[round(SPEAKS_AT * RATE) :][: len(sound)] = sound
    run = await sipp.citizens(
        home / caller, system.sip, trial.line, caller=caller, says=says, media_seconds=seconds, stay=seconds
    )
    await run.finish(seconds + 30)
    sql = "SELECT id FROM calls WHERE caller = ? AND ended_at IS NOT NULL"
    (row,) = await until("the record", lambda: system.query(sql, f"+62{caller[1:]}"), seconds=30)
    return outcome(trial, system.events(row["id"]))


def outcome(trial: Trial, events: Sequence[dict[str, Any]]) -> Outcome:
    """Read from a call's events; a prompt began as long before its event as it lasted."""
    at = next((i for i, event in enumerate(events) if event["kind"] == "utterance_heard"), None)
    if at is None:
        return Outcome(trial, "", "not heard", None, None)
    heard, prompts = events[at], [i for i, event in enumerate(events) if event["kind"] == "prompt_played"]
    began = heard["at"] - heard["result"]
    cut = next((events[i] for i in prompts if i < at and not events[i]["completed"]), None)
    following = next((events[i] for i in prompts if i > at), None)
    text = heard["hypotheses"][0]["text"] if heard["hypotheses"] else ""
    return Outcome(
        trial,
        text,
        heard["decision"],
        following["at"] - following["seconds"] - began - heard["ended"] if following else None,
        cut["at"] - began - heard["onset"] if cut else None,
    )


async def run(speech: Path, count: int, at_once: int) -> list[Outcome]:
    """All calls, `at_once` at a time."""
    of_menus = menus(speech, count)
    wanted, places = list(trials(speech, of_menus)), asyncio.Semaphore(at_once)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_flows(home / "flows", of_menus)
        async with TelephoneSystem(home / "system", home / "flows", {"recording": {"conversations": False}}) as system:

            async def one(number: int, trial: Trial) -> Outcome:
                async with places:
                    if number < at_once:
                        await asyncio.sleep(number / at_once * SPREAD)
                    return await place(system, trial, number, home)

            return await asyncio.gather(*(one(number, trial) for number, trial in enumerate(wanted)))


# --- the report -------------------------------------------------------------------------------------
def _ms(seconds: Sequence[float | None], share: float) -> float:
    """A quantile in milliseconds of what could be measured."""
    known = [s for s in seconds if s is not None]
    return 1000 * float(np.quantile(known, share)) if known else float("nan")


def report(outcomes: Sequence[Outcome], at_once: int, seconds: float) -> bool:
    """Print the figures; whether all that must hold does."""
    out = Console(width=120)
    out.print(f"{machine()}; {at_once} calls at once, {len(outcomes)} calls in {seconds:.0f} s")
    table = Table(
        "", "calls", "right", "of them asked", "wrong", "not understood", "prompt p50/p95", "cut p50/p95", box=None
    )
    for what, those in _kinds(outcomes):
        right, asked = sum(o.right for o in those), sum(o.right and o.decision == "confirm" for o in those)
        wrong = sum(not o.right and o.decision in ("accepted", "confirm") for o in those)
        counts = (len(those), right, asked, wrong, len(those) - right - wrong)
        spans = ([o.until_prompt for o in those], [o.until_cut for o in those])
        times = [f"{_ms(span, 0.5):.0f}/{_ms(span, 0.95):.0f} ms" for span in spans]
        table.add_row(what, *map(str, counts), *times)
    out.print(table)
    out.print("prompt: from the end of speech to the next prompt; cut: from its beginning to the end of the prompt")
    for o in outcomes:
        if not o.right:
            out.print(f"{o.trial.said.speaker} said “{o.trial.said.text}”: {o.decision}, “{o.heard}”")
    phrases = _kinds(outcomes)[0][1]  # a number ends only after a longer pause
    quick = _ms([o.until_prompt for o in phrases], 0.95) < QUICK_MS
    return (
        quick
        and statistics.fmean(o.right for o in outcomes) >= RIGHT
        and _ms([o.until_cut for o in outcomes], 0.95) < CUT_MS
    )


def _kinds(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    return [
        ("phrases, menus of ten", [o for o in outcomes if o.trial.line != NUMBERS]),
        ("numbers", [o for o in outcomes if o.trial.line == NUMBERS]),
    ]


def main() -> None:
    """Exit code 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--menus", type=int, default=10, help="how many menus of ten sentences (default: %(default)s)")
    parser.add_argument("--at-once", type=int, default=6, help="calls at once (default: %(default)s)")
    given = parser.parse_args()
    try:
        fetch_programs(console.print)
        began = time.monotonic()
        outcomes = asyncio.run(run(given.speech, given.menus, given.at_once))
    except (KitError, FileNotFoundError) as e:  # of the corpus
        sys.exit(str(e))
    sys.exit(0 if report(outcomes, given.at_once, time.monotonic() - began) else 1)


if __name__ == "__main__":
    main()
