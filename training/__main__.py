"""`python -m training --help`"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from ivr.speech.lexicon import LexiconError
from ivr.speech.model import ModelError
from ivr.voice.tts import VoiceError
from training import results as judging
from training import thresholds as fitting
from training.average import AverageError
from training.average import average as average_networks
from training.card import CardError, write_card
from training.corpus import CorpusError
from training.diphones import DiphonesError
from training.evaluate import TRIALS, alarms, dev_split
from training.evaluate import evaluate as hear
from training.export import export as export_network
from training.indspeech import IndspeechError, convert
from training.saved import NetworkError, write_whole
from training.splices import SplicesError
from training.thresholds import ThresholdsError
from training.train import Plan, PlanError
from training.train import train as train_network
from training.unseen import FILE as UNSEEN
from training.unseen import drawn, of_unseen
from training.unseen import unseen as test_unseen
from training.word_errors import WORD_ERRORS, word_errors

_BAD_INPUT = (
    *(AverageError, CardError, CorpusError, DiphonesError, IndspeechError, NetworkError, PlanError, SplicesError),
    *(ThresholdsError, LexiconError, ModelError, VoiceError),
)
T = TypeVar("T")

_speech = click.option(
    "--speech",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    multiple=True,
    help="folder of speech; may be given several times",
)
_out = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="folder of the model"
)
_model = click.option(
    "--out", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, help="folder of the model"
)
_work = click.option(
    "--work", type=click.Path(path_type=Path, file_okay=False), default=Path("build/training"), show_default=True
)
_sentences = click.option(
    "--sentences",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="what synthetic callers say, a line each",
)
_count = click.IntRange(min=0)
_callers = click.option(
    "--callers", type=_count, default=3000, show_default=True, help="utterances of synthetic callers"
)
_diphones = click.option(
    "--diphones",
    type=_count,
    default=0,
    show_default=True,
    help="utterances of MBROLA's Indonesian diphones (Debian: mbrola, mbrola-id1)",
)
_splices = click.option(
    "--splices",
    type=_count,
    default=0,
    show_default=True,
    help="utterances of people's own syllables in another order; the network of --from finds them",
)
_epochs = click.option("--epochs", type=click.IntRange(min=1), default=24, show_default=True)
_begin = click.option(
    "--from",
    "begin",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="a trained network.npz to begin with, a model's own for example; a few epochs are then enough",
)
_seed = click.option("--seed", type=_count, default=1, show_default=True)


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except _BAD_INPUT as e:
            raise click.ClickException(str(e)) from e
        except OSError as e:
            raise click.ClickException(f"{e.filename or 'a file'}: {e.strerror or e}") from e
        except ModuleNotFoundError as e:
            raise click.ClickException(f"{e.name} is not installed: pip install -e '.[training]'") from e


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
@_model
def evaluate(speech: tuple[Path, ...], work: Path, out: Path) -> None:
    """Hear the dev split with the model: WORK/trials.json, WORK/words.json."""
    work.mkdir(parents=True, exist_ok=True)
    write_whole(work / "trials.json", TRIALS.dump_json(hear(out, speech)))
    write_whole(work / "words.json", WORD_ERRORS.dump_json(word_errors(out, speech)))


@main.command()
@_work
@_model
def thresholds(work: Path, out: Path) -> None:
    """Fit confidence and thresholds on what `evaluate` heard."""
    fitting.write(_heard(TRIALS, work / "trials.json"), out)


@main.command()
@_work
@_model
def results(work: Path, out: Path) -> None:
    """Judge what `evaluate` heard, and noises besides: OUT/results.json, and a table, with what was measured apart."""
    trials, words = _heard(TRIALS, work / "trials.json"), _heard(WORD_ERRORS, work / "words.json")
    found = judging.judge(trials, words, alarms(out))
    write_whole(out / judging.FILE, (found.model_dump_json(indent=1) + "\n").encode())
    table = Table("what", "line", "errors, or N", "found (95 %)", "at most", "met", box=None)
    for row in judging.table(found, [*judging.beside(out), *of_unseen(out)]):
        table.add_row(*row)
    Console(width=120).print(table)


def _heard(kind: TypeAdapter[list[T]], file: Path) -> list[T]:
    try:
        return kind.validate_json(file.read_bytes())
    except (FileNotFoundError, ValidationError) as e:
        raise click.ClickException(f"{file} is missing or broken: `evaluate` makes it") from e


@main.command()
@_speech
@_sentences
@click.option(
    "--work", type=click.Path(path_type=Path, file_okay=False), default=Path("build/unseen"), show_default=True
)
@_model
@_callers
@_diphones
@_splices
@_epochs
@_seed
@_begin
@click.option(
    "--words",
    type=click.IntRange(min=1),
    default=25,
    show_default=True,
    help="words of the dialogue that training must not hear",
)
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
    write_whole(out / UNSEEN, (test_unseen(plan, work).model_dump_json(indent=1) + "\n").encode())


@main.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="folder of speech that it writes"
)
def indspeech(folders: tuple[Path, ...], out: Path) -> None:
    """Write INDspeech's corpora, as their authors give them out, as a folder for --speech: see docs/training.md."""
    print(f"{convert(folders, out)} utterances: {out}")


@main.command()
@_model
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
    dev_split(context.params["speech"])  # what cannot be judged is not worth an hour
    for command in (train, export, evaluate, thresholds, results, card):
        names = {parameter.name for parameter in command.params}
        context.invoke(command, **{name: value for name, value in options.items() if name in names})


if __name__ == "__main__":
    main()
