"""`sambung understand`: what sentences mean at a step, one JSON line each."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click

from ivr.channel import Hypothesis
from ivr.cli.flows import named_flow, perhaps, read_settings, site_of
from ivr.cli.moments import WrittenTime
from ivr.flow.model import Flow, Step
from ivr.flow.sentences import options_of
from ivr.i18n import tr
from ivr.sim.ears import Ears


@click.command(
    help=tr(
        "Pahami kalimat di sebuah langkah. Masukan: satu kalimat per baris. Keluaran: satu baris JSON per kalimat, "
        "dengan text, intent (nama pilihan yang dimaksud), slots (document, question, place, date, time, amount, …), "
        "probability (0–1) dan decision (accept, confirm, reject). "
        'Misalnya: echo "syarat KTP" | sambung understand --flow halo-kota --state menu-utama. '
        "Petunjuk: docs/understanding.md.",
        "Understand sentences at a step. Input: one sentence a line. Output: one JSON line for each, "
        "with text, intent (name of the option that is meant), slots (document, question, place, date, time, amount, "
        "…), probability (0–1) and decision (accept, confirm, reject). "
        'For example: echo "syarat KTP" | sambung understand --flow halo-kota --state menu-utama. '
        "See docs/understanding.md.",
    )
)
@click.argument("sentences", type=click.File(errors="replace"), default="-", metavar="[FILE]")
@click.option("--flow", required=True, help=tr("Nama alur, atau berkasnya.", "A flow's name, or its file."))
@click.option("--state", required=True, help=tr("Langkah yang punya 'phrases'.", "A step that has 'phrases'."))
@click.option("--today", type=WrittenTime("%Y-%m-%d"), help=tr("Hari ini untuk 'besok'.", "Today, for 'besok'."))
@click.option("--flows", "folder", type=click.Path(path_type=Path), help=tr("Folder alur.", "Its folder."))
def understand(sentences: TextIO, flow: str, state: str, today: dt.datetime | None, folder: Path | None) -> None:
    """Every line is answered at once, so that a program may ask and wait; empty lines are passed over."""
    site = site_of(folder, flow)
    step = _step(named_flow(site, flow), state)
    freely = step.options() is not None
    options = step.options() or options_of(getattr(step, "phrases", {}))
    understanding, ears = site.interpreter.at(options, freely=freely), Ears(lexicon=site.lexicon())
    grammar, zone = ears.grammar(next(step.sayings())), ZoneInfo(read_settings().timezone)
    for line in sentences:
        if text := line.strip():
            said = ears.read(text, grammar) if freely else [Hypothesis(text, 1.0)]
            found = understanding.best(said, (today or dt.datetime.now(zone)).date())
            answer = {
                "text": text,
                "intent": found.intent,
                "slots": found.slots,
                "probability": round(found.probability, 3),
                "decision": found.decision,
            }
            click.echo(json.dumps(answer, ensure_ascii=False))


def _step(flow: Flow, state: str) -> Step:
    """The step `state`, at which something may be said."""
    if state not in flow.steps:
        missing = tr(f"tidak ada langkah '{state}' di {flow.file}", f"there is no step '{state}' in {flow.file}")
        raise click.ClickException(missing + perhaps(state, flow.steps))
    if _listens(step := flow.steps[state]):
        return step
    others = ", ".join(name for name, step in flow.steps.items() if _listens(step)) or "-"
    raise click.ClickException(
        tr(
            f"langkah '{state}' tidak punya 'phrases'; yang punya: {others}",
            f"step '{state}' has no 'phrases'; these have: {others}",
        )
    )


def _listens(step: Step) -> bool:
    return bool(getattr(step, "phrases", None) or step.options() is not None)
