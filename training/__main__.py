"""`python -m training --help`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from training import results as judging
from training import thresholds as fitting
from training.average import AverageError
from training.average import average as average_networks
from training.card import write_card
from training.diphones import DiphonesError
from training.evaluate import TRIALS, alarms
from training.evaluate import evaluate as hear
from training.export import export as export_network
from training.indspeech import IndspeechError, convert
from training.splices import SplicesError
from training.train import Plan, PlanError
from training.train import train as train_network
from training.unseen import FILE as UNSEEN
from training.unseen import drawn, of_unseen
from training.unseen import unseen as test_unseen
from training.word_errors import WORD_ERRORS, word_errors

_speech = click.option(
    "--speech",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    multiple=True,
    help="folder of speech; may be given several times",
)
_out = click.option("--out", type=click.Path(path_type=Path), required=True, help="folder of the model")
_work = click.option("--work", type=click.Path(path_type=Path), default=Path("build/training"), show_default=True)
_sentences = click.option(
    "--sentences",
    type=click.Path(path_type=Path, exists=True),
    required=True,
    help="what synthetic callers say, a line each",
)
_callers = click.option("--callers", default=3000, show_default=True, help="utterances of synthetic callers")
_diphones = click.option(
    "--diphones",
    default=0,
    show_default=True,
    help="utterances of MBROLA's Indonesian diphones (Debian: mbrola, mbrola-id1)",
)
_splices = click.option(
    "--splices",
    default=0,
    show_default=True,
    help="utterances of people's own syllables in another order; the network of --from finds them",
)
_epochs = click.option("--epochs", default=24, show_default=True)
_begin = click.option(
    "--from",
    "begin",
    type=click.Path(path_type=Path, exists=True),
    help="a trained network.npz to begin with, a model's own for example; a few epochs are then enough",
)
_seed = click.option("--seed", default=1, show_default=True)


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (AverageError, DiphonesError, IndspeechError, PlanError, SplicesError) as e:
            raise click.ClickException(str(e)) from e


@click.group(cls=_Group)
def main() -> None:
    """Make a recogniser: see docs/training.md."""


@main.command()
@_speech
@_sentences
@_work
@_callers
@_diphones
@_splices
@_epochs
@_seed
@_begin
def train(
    *,
    speech: tuple[Path, ...],
    sentences: Path,
    work: Path,
    callers: int,
    diphones: int,
    splices: int,
    epochs: int,
    seed: int,
    begin: Path | None,
) -> None:
    """Train the network, or go on with it: WORK/network.npz."""
    work.mkdir(parents=True, exist_ok=True)
    plan = Plan(speech, sentences, callers, epochs, seed, begin, diphones=diphones, splices=splices)
    print(train_network(plan, work))


@main.command()
@click.argument("networks", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_work
def average(networks: tuple[Path, ...], work: Path) -> None:
    """Write the mean of networks, of which each was trained from the one before: WORK/network.npz."""
    work.mkdir(parents=True, exist_ok=True)
    average_networks(networks, work / "network.npz")


@main.command()
@_work
@_out
def export(work: Path, out: Path) -> None:
    """Write the trained network as a model that Vosk loads."""
    export_network(work / "network.npz", out)


@main.command()
@_speech
@_work
@_out
def evaluate(speech: tuple[Path, ...], work: Path, out: Path) -> None:
    """Hear the dev split with the model: WORK/trials.json, WORK/words.json."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "trials.json").write_bytes(TRIALS.dump_json(hear(out, speech)))
    (work / "words.json").write_bytes(WORD_ERRORS.dump_json(word_errors(out, speech)))


@main.command()
@_work
@_out
def thresholds(work: Path, out: Path) -> None:
    """Fit confidence and thresholds on what `evaluate` heard."""
    fitting.write(TRIALS.validate_json((work / "trials.json").read_bytes()), out)


@main.command()
@_work
@_out
def results(work: Path, out: Path) -> None:
    """Judge what `evaluate` heard, and noises besides: OUT/results.json, and a table, with what was measured apart."""
    trials = TRIALS.validate_json((work / "trials.json").read_bytes())
    words = WORD_ERRORS.validate_json((work / "words.json").read_bytes())
    found = judging.judge(trials, words, alarms(out))
    (out / judging.FILE).write_text(found.model_dump_json(indent=1) + "\n")
    table = Table("what", "line", "errors, or N", "found (95 %)", "at most", "met", box=None)
    for row in judging.table(found, [*judging.beside(out), *of_unseen(out)]):
        table.add_row(*row)
    Console(width=120).print(table)


@main.command()
@_speech
@_sentences
@click.option("--work", type=click.Path(path_type=Path), default=Path("build/unseen"), show_default=True)
@_out
@_callers
@_diphones
@_splices
@_epochs
@_seed
@_begin
@click.option("--words", default=25, show_default=True, help="words of the dialogue that training must not hear")
def unseen(
    *,
    speech: tuple[Path, ...],
    sentences: Path,
    work: Path,
    out: Path,
    callers: int,
    diphones: int,
    splices: int,
    epochs: int,
    seed: int,
    begin: Path | None,
    words: int,
) -> None:
    """Train a network without some words, and see how well they are heard: OUT/unseen.json, for the card."""
    work.mkdir(parents=True, exist_ok=True)
    without = drawn(speech, words, seed)
    plan = Plan(speech, sentences, callers, epochs, seed, begin, without, diphones=diphones, splices=splices)
    (out / UNSEEN).write_text(test_unseen(plan, work).model_dump_json(indent=1) + "\n")


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="folder of speech that it writes")
def indspeech(folders: tuple[Path, ...], out: Path) -> None:
    """Write INDspeech's corpora, as their authors give them out, as a folder for --speech: see docs/training.md."""
    print(f"{convert(folders, out)} utterances: {out}")


@main.command()
@_out
def card(out: Path) -> None:
    """Write the model card with what was measured."""
    write_card(out)


@main.command(name="all")
@_speech
@_sentences
@_work
@_out
@_callers
@_diphones
@_splices
@_epochs
@_seed
@_begin
@click.pass_context
def everything(context: click.Context, /, **options: object) -> None:
    """All of the above, one after another."""
    for command in (train, export, evaluate, thresholds, results, card):
        names = {parameter.name for parameter in command.params}
        context.invoke(command, **{name: value for name, value in options.items() if name in names})


if __name__ == "__main__":
    main()
