"""How well words are heard that nobody said in training: a supervisor may write any word into a menu.

Words of the dialogue are drawn by chance, a network is trained for this test alone without all that holds one of
them, and the dev speakers say them, alone and in sentences, to menus.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from ivr.speech.lexicon import DIGITS
from training.corpus import people
from training.evaluate import evaluate_menus
from training.export import export
from training.results import Errors, Figures, Verdicts, cross_judged, menu_errors, verdicts
from training.train import Plan, PlanError, train

FILE = "unseen.json"
_AT_MOST = 0.03


class Unseen(BaseModel):
    """What became of `phrases` that hold one of `words`, with a network of `epochs` that never heard these.

    `callers`, `diphones`: utterances of synthetic callers of both kinds, those that hold such a word among them;
    `splices`: of people's syllables in another order; `begun`: whether training began with another such network.
    """

    words: list[str]
    epochs: int
    callers: int
    diphones: int
    splices: int = 0
    begun: bool = False
    phrases: int
    errors: list[Errors]
    verdicts: list[Verdicts]


def of_unseen(folder: Path) -> Iterator[Figures]:
    """The figures in a model's folder, named so that they can stand beside others; none where nothing was measured."""
    if (file := folder / FILE).exists():
        errors = Unseen.model_validate_json(file.read_bytes()).errors
        yield Figures(errors=[e.model_copy(update={"what": f"words that nobody said: {e.what}"}) for e in errors])


def drawn(speech: Iterable[Path], count: int, seed: int) -> tuple[str, ...]:
    """Words of the dialogue, by chance; no digits, which are learnt in strings. Raises CorpusError, PlanError."""
    words = {word for u in people(speech, "dev") if u.corpus == "dialogue" for word in u.text.split()}
    words.difference_update(DIGITS)
    if len(words) < count:
        raise PlanError(
            f"people say {len(words)} words that are no digits in the dialogue of dev: leave out fewer (--words)"
        )
    return tuple(sorted(random.Random(seed).sample(sorted(words), count)))


def unseen(plan: Plan, work: Path) -> Unseen:
    """Train by `plan`, or go on with it, and judge the network that came of it; takes as long as any training."""
    export(train(plan, work), work / "model")
    return judge(plan, work / "model")


def judge(plan: Plan, model: Path) -> Unseen:
    """How well a model hears the words that its plan left out."""
    trials = evaluate_menus(model, plan.speech, plan.without)
    judged = cross_judged(trials)
    return Unseen(
        words=list(plan.without),
        epochs=plan.epochs,
        callers=plan.callers,
        diphones=plan.diphones,
        splices=plan.splices,
        begun=plan.begin is not None,
        phrases=len({trial.said for trial in trials if trial.inside}),
        errors=menu_errors(judged, _AT_MOST),
        verdicts=list(verdicts(judged)),
    )
