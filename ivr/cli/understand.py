"""`sambung understand`: what sentences mean at a step, one JSON line each."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click

from ivr.cli.flows import named_flow, perhaps, read_settings, site_of
from ivr.flow.model import Flow
from ivr.i18n import tr
from ivr.speech.understanding.understand import Understanding


@click.command(
    help=tr(
        "Pahami kalimat di sebuah langkah. Masukan: satu kalimat per baris. Keluaran: satu baris JSON per kalimat, "
        "dengan text, intent (nama pilihan yang dimaksud), slots (document, question, place, date, time, amount, …), "
        "probability (0–1) dan decision (accept, confirm, reject). Petunjuk: docs/understanding.md.",
        "Understand sentences at a step. Input: one sentence a line. Output: one JSON line for each, "
        "with text, intent (name of the option that is meant), slots (document, question, place, date, time, amount, "
        "…), probability (0–1) and decision (accept, confirm, reject). See docs/understanding.md.",
    )
)
@click.argument("sentences", type=click.File(errors="replace"), default="-", metavar="[FILE]")
@click.option("--flow", required=True, help=tr("Nama alur, atau berkasnya.", "A flow's name, or its file."))
@click.option("--state", required=True, help=tr("Langkah yang punya 'phrases'.", "A step that has 'phrases'."))
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help=tr("Hari ini untuk 'besok'.", "Today, for 'besok'."))
@click.option("--flows", "folder", type=click.Path(path_type=Path), help=tr("Folder alur.", "Its folder."))
def understand(sentences: TextIO, flow: str, state: str, today: dt.datetime | None, folder: Path | None) -> None:
    """Every line is answered at once, so that a program may ask and wait; empty lines are passed over."""
    site = site_of(folder, flow)
    understanding = Understanding(site.vocabulary, _phrases(named_flow(site, flow), state).values(), site.lexicon())
    zone = ZoneInfo(read_settings().timezone)
    for line in sentences:
        if text := line.strip():
            understood = understanding.sentence(text, (today or dt.datetime.now(zone)).date())
            answer = dataclasses.asdict(understood) | {"probability": round(understood.probability, 3)}
            click.echo(json.dumps(answer, ensure_ascii=False))


def _phrases(flow: Flow, state: str) -> Mapping[str, Sequence[str]]:
    """Key → phrases of the step `state`."""
    if state not in flow.steps:
        missing = tr(f"tidak ada langkah '{state}' di {flow.file}", f"there is no step '{state}' in {flow.file}")
        raise click.ClickException(missing + perhaps(state, flow.steps))
    phrases: Mapping[str, Sequence[str]] = getattr(flow.steps[state], "phrases", {})
    if not phrases:
        others = ", ".join(name for name, step in flow.steps.items() if getattr(step, "phrases", None)) or "-"
        raise click.ClickException(
            tr(
                f"langkah '{state}' tidak punya 'phrases'; yang punya: {others}",
                f"step '{state}' has no 'phrases'; these have: {others}",
            )
        )
    return phrases
