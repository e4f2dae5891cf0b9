"""`python -m training --help`"""

from __future__ import annotations

from pathlib import Path

import click

from training import thresholds as fitting
from training.card import write_card
from training.evaluate import TRIALS, alarms
from training.evaluate import evaluate as hear
from training.export import export as export_network
from training.train import Plan
from training.train import train as train_network

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
_epochs = click.option("--epochs", default=24, show_default=True)
_seed = click.option("--seed", default=1, show_default=True)


@click.group()
def main() -> None:
    """Make a recogniser: see docs/training.md."""


@main.command()
@_speech
@_sentences
@_work
@_callers
@_epochs
@_seed
def train(*, speech: tuple[Path, ...], sentences: Path, work: Path, callers: int, epochs: int, seed: int) -> None:
    """Train the network, or go on with it: WORK/network.npz."""
    work.mkdir(parents=True, exist_ok=True)
    print(train_network(Plan(speech, sentences, callers, epochs, seed), work))


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
    """Hear the dev split with the model: WORK/trials.json."""
    work.mkdir(parents=True, exist_ok=True)
    (work / "trials.json").write_bytes(TRIALS.dump_json(hear(out, speech)))


@main.command()
@_work
@_out
def thresholds(work: Path, out: Path) -> None:
    """Fit confidence and thresholds on what `evaluate` heard."""
    trials = TRIALS.validate_json((work / "trials.json").read_bytes())
    fitting.write(trials, [], out)  # alarms are judged by the thresholds
    fitting.write(trials, alarms(out), out)


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
@_epochs
@_seed
@click.pass_context
def everything(context: click.Context, /, **options: object) -> None:
    """All of the above, one after another."""
    for command in (train, export, evaluate, thresholds, card):
        names = {parameter.name for parameter in command.params}
        context.invoke(command, **{name: value for name, value in options.items() if name in names})


if __name__ == "__main__":
    main()
