"""`make bench-calls SPEECH=DIR`: people speak to menus on real calls; who is routed right, and how quickly.

DIR is laid out as docs/training.md says; its development split speaks, which the model never heard. Each sentence of
the corpus `dialogue` is a phrase of a menu of ten, and every speaker says it over the menu's prompt; five speakers of
`digits` say ten numbers each; all of them call in a mixed order. Nobody answers "is that right?": a call that was asked
it counts by what was asked. One SIPp is all the telephones; each sends a packet every 20 ms from the answer on.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import os
import random
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

from benchmarks.proc import busy, cpu, machine, processors
from benchmarks.wire import Leg, watch
from ivr.speech.lexicon import DIGITS
from ivr.supervisor import status
from ivr.wards import SPEECH
from tests.e2e.kit import rtp, sipp
from tests.e2e.kit.audio import RATE, SILENT, level
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
"""Seconds over which the first calls begin, longer than a call is: people do not all speak in the same moment. From
then on a call begins when one ends."""
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
    """What came of a call. Seconds as the caller has them, between packets; None where there was nothing to measure.

    `until_prompt`: from the last packet with speech to the first one of the prompt that answers it, where that does not
    interrupt the caller. `until_cut`: from the first packet with speech to the last one of the question with a sound.
    """

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
    for utterance in people([speech], "dev"):
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
def telephone(trial: Trial, number: int) -> sipp.Caller:
    """Says it over the prompt, and sends silence else, as telephones do."""
    says = np.zeros(round(SPEAKS_AT * RATE) + len(trial.said.samples) + round(STAYS * RATE))
    says[round(SPEAKS_AT * RATE) :][: len(trial.said.samples)] = trial.said.samples / 32768
    return sipp.Caller(_name(number), trial.line, rtp.stream(len(says) / RATE, audio=says, ssrc=number))


def _name(number: int) -> str:
    return f"0812{number:08d}"


def spoken(said: Utterance) -> tuple[int, int]:
    """The numbers of the first and the last packet that have speech in them."""
    size, before = round(rtp.PACKET * RATE), round(SPEAKS_AT / rtp.PACKET)
    sound = said.samples / 32768
    loud = [i for i in range(len(sound) // size) if level(sound[i * size :][:size]) > SILENT]
    return before + loud[0], before + loud[-1]


def outcome(trial: Trial, events: Sequence[dict[str, Any]], leg: Leg) -> Outcome:
    """Join what the engine noted of a call with what went over the wire.

    The engine tells which prompt is which: what is received after it asked for one belongs to it.
    """
    at = next((i for i, event in enumerate(events) if event["kind"] == "utterance_heard"), None)
    if at is None:
        return Outcome(trial, "", "not heard", None, None)
    utterance = events[at]
    prompts = [i for i, event in enumerate(events) if event["kind"] == "prompt_played"]
    was_cut = any(i < at and not events[i]["completed"] for i in prompts)
    answer = next((events[i] for i in prompts if i > at), None)
    asked = answer["at"] - answer["seconds"] if answer else math.inf
    begins, ends = (leg.sent.get(number) for number in spoken(trial.said))
    answered = min((t for t, _ in leg.heard if t >= asked), default=None)
    silent = max((t for t, is_sound in leg.heard if is_sound and t < asked), default=None) if was_cut else None
    return Outcome(
        trial,
        utterance["hypotheses"][0]["text"] if utterance["hypotheses"] else "",
        utterance["decision"],
        answered - ends if answered and ends and answered > ends else None,
        silent - begins if silent and begins else None,
    )


@dataclass(frozen=True, slots=True)
class Run:
    """All calls, and how it went.

    `cpu`: percent of one processor, by whose. `spacings`: seconds between two packets of the same telephone.
    """

    outcomes: list[Outcome]
    seconds: float
    cpu: dict[str, float]
    spacings: list[float]


async def run(speech: Path, count: int, at_once: int) -> Run:
    """Place all calls, `at_once` at a time, and read their records."""
    of_menus = menus(speech, count)
    wanted = list(trials(speech, of_menus))
    random.Random(0).shuffle(wanted)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_flows(home / "flows", of_menus)
        crowd = [telephone(trial, number) for number, trial in enumerate(wanted)]
        longest = max(telephone.media[-1].at for telephone in crowd)
        async with TelephoneSystem(home / "system", home / "flows", {"recording": {"conversations": False}}) as system:
            network = system.settings.network
            async with watch(range(network.rtp_start, network.rtp_end + 1)) as wire:
                callers = await sipp.crowd(home / "sipp", system.sip, crowd, at_once=at_once, spread=SPREAD)
                began, before = time.monotonic(), _spent(system)
                (await callers.finish(SPREAD + (len(crowd) / at_once + 2) * longest)).check()
                seconds, after = time.monotonic() - began, _spent(system)
            sql = "SELECT id, caller FROM calls WHERE ended_at IS NOT NULL"
            rows = await until("the records", lambda: len(r := system.query(sql)) == len(wanted) and r, seconds=30)
            ids = {row["caller"]: row["id"] for row in rows}
            outcomes = [
                outcome(trial, system.events(ids[f"+62{_name(number)[1:]}"]), wire.legs[number])
                for number, trial in enumerate(wanted)
            ]
        spacings = [s for leg in wire.legs.values() for s in _spacings(leg)]
        return Run(outcomes, seconds, {who: 100 * (after[who] - before[who]) / seconds for who in before}, spacings)


def _spacings(leg: Leg) -> Iterator[float]:
    times = [at for _, at in sorted(leg.sent.items())]
    return (after - before for before, after in itertools.pairwise(times[1:]))  # SIPp has its own time for the first


def _spent(system: TelephoneSystem) -> dict[str, float]:
    """Seconds of CPU so far, by whose; SIPp's count when it is over."""
    spent = defaultdict[str, float](float)
    for name, noted in status(system.settings).items():
        spent["speech servers" if name.startswith(SPEECH) else name] += cpu(noted["pid"]).own
    mine = cpu(os.getpid())
    spent |= {"telephones (SIPp)": mine.children, "this benchmark": mine.own}
    return {**spent, "others": busy() - sum(spent.values())}


# --- the report -------------------------------------------------------------------------------------
def _ms(seconds: Sequence[float | None], share: float) -> float:
    """A quantile in milliseconds of what could be measured."""
    known = [s for s in seconds if s is not None]
    return 1000 * float(np.quantile(known, share)) if known else float("nan")


def report(run: Run, at_once: int) -> bool:
    """Print the figures; whether all that must hold does."""
    out, outcomes = Console(width=120), run.outcomes
    out.print(f"{machine()}; {at_once} calls at once, {len(outcomes)} calls in {run.seconds:.0f} s")
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
    shares = ", ".join(f"{who} {percent:.0f}" for who, percent in run.cpu.items())
    out.print(f"CPU, of {100 * processors()} %: {shares}")
    spacings = "/".join(f"{_ms(run.spacings, share):.0f}" for share in (0.01, 0.5, 0.99, 1))
    out.print(f"telephones sent a packet each {spacings} ms (p1/p50/p99/most); 20 is right")
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
        done = asyncio.run(run(given.speech, given.menus, given.at_once))
    except (KitError, TimeoutError, FileNotFoundError) as e:  # the last: of the corpus
        sys.exit(str(e))
    sys.exit(0 if report(done, given.at_once) else 1)


if __name__ == "__main__":
    main()
