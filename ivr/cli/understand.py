"""`sambung understand`: what sentences mean at a step, one JSON line each."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click

from ivr.cli.flows import named_flow, perhaps, read_settings, site_of
from ivr.cli.moments import WrittenTime
from ivr.flow.hearing import least
from ivr.flow.model import Flow, Site, Step
from ivr.flow.policy import Asking
from ivr.flow.sentences import on_meaning, options_of
from ivr.i18n import tr
from ivr.sim.ears import Ears
from ivr.speech.templates import parse, plainest
from ivr.understood import Decision, Understood


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
@click.option("--state", required=True, help=tr("Langkah yang mendengar kata.", "A step that hears words."))
@click.option("--today", type=WrittenTime("%Y-%m-%d"), help=tr("Hari ini untuk 'besok'.", "Today, for 'besok'."))
@click.option("--flows", "folder", type=click.Path(path_type=Path), help=tr("Folder alur.", "Its folder."))
def understand(sentences: TextIO, flow: str, state: str, today: dt.datetime | None, folder: Path | None) -> None:
    """Every line is answered at once, so that a program may ask and wait; empty lines are passed over."""
    site = site_of(folder, flow)
    step = _step(named_flow(site, flow), state)
    understand, zone = _understanding(site, step), ZoneInfo(read_settings().timezone)
    sure = least(step) if isinstance(step, Asking) else 0.0
    for line in sentences:
        if text := line.strip():
            found = understand(text, (today or dt.datetime.now(zone)).date())
            answer = {
                "text": text,
                "intent": found.intent,
                "slots": found.slots,
                "probability": round(found.probability, 3),
                "decision": on_meaning(found, sure),
            }
            click.echo(json.dumps(answer, ensure_ascii=False))


def _understanding(site: Site, step: Step) -> Callable[[str, dt.date], Understood]:
    """What a sentence means at a step, on a day. Sambung's own words, such as yes and no, mean just what they say."""
    ears = Ears(lexicon=site.lexicon())
    grammar = ears.grammar(next(step.sayings()))
    options = step.options()
    at_step = site.interpreter.at(options or options_of(step.choices()), freely=options is not None)

    def freely(text: str, today: dt.date) -> Understood:
        return at_step.best(ears.read(text, grammar), today)

    def own_words(text: str, _: dt.date) -> Understood:
        intent = names.get(ears.read(text, grammar)[0].text)
        return Understood(text, intent, {}, *((1.0, Decision.ACCEPT) if intent else (0.0, Decision.REJECT)))

    names = {way: plainest(parse(ways[0])) for ways in step.choices().values() for way in ways}
    if options is not None:
        return freely
    return at_step.sentence if hasattr(step, "phrases") else own_words


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
            f"di langkah '{state}' tidak ada yang dipilih dengan kata; yang ada: {others}",
            f"nothing is chosen in words at step '{state}'; but here: {others}",
        )
    )


def _listens(step: Step) -> bool:
    return bool(step.choices() or step.options() is not None)
