"""Training with CTC over the units, every utterance on another simulated line in every second epoch.

Seeded, and resumable after each epoch. Features are made in processes without torch, which together with
kaldi-native-fbank was seen to hang.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivr.collected import TABLE
from training import line
from training.corpus import Samples, Utterance, callers, people
from training.diphones import diphone_callers
from training.export import SUBSAMPLING
from training.processes import pool
from training.saved import read_network, write_whole
from training.splices import spliced

if TYPE_CHECKING:
    from torch import Tensor

    from training.features import Features

BLANK = "blk"
_REPEATS = {"dialogue": 3}  # small, and the most like a call
_BATCH = 32
_QUIET_EACH = 10
"""Beside each so manieth utterance there is one as long in which nobody speaks, to learn that noise is silence."""
_RATE, _GENTLE_RATE = 2.5e-3, 6e-4
"""The highest learning rate: from nothing, and from a network that knows something."""
_AVERAGED = 0.998
"""Weight of what was before in the running average of the weights: about the last 500 batches count."""


class PlanError(ValueError):
    """A plan lacks something; the message says what."""


@dataclass(frozen=True)
class Plan:
    """What is learnt from, and how long.

    `callers`, `diphones`: utterances of synthetic callers of both kinds; `begin`: a network (.npz) to begin with;
    `splices`: utterances of people's syllables in another order, which that network finds; `without`: words that must
    not be heard, for `unseen`: nothing that holds one of them is learnt from. Raises PlanError.
    """

    speech: tuple[Path, ...]
    sentences: Path
    callers: int = 3000
    epochs: int = 24
    seed: int = 1
    begin: Path | None = None
    without: tuple[str, ...] = ()
    diphones: int = 0
    splices: int = 0

    def __post_init__(self) -> None:
        if self.splices and not self.begin:
            raise PlanError("to splice what people say, a trained network must find the sounds in it: name it (--from)")


def train(plan: Plan, work: Path) -> Path:
    """Train, or go on after the last epoch that an earlier run finished; returns the network's file (.npz) in `work`.

    Raises what `collect` raises, PlanError, NetworkError, OSError.
    """
    import torch  # noqa: PLC0415 - not in the processes that make features

    from training.network import Network, load, padded, save  # noqa: PLC0415

    torch.manual_seed(plan.seed)
    torch.set_num_threads(os.cpu_count() or 1)
    utterances = collect(plan)
    units = units_of(utterances, plan.begin)
    number = {unit: i for i, unit in enumerate(units)}
    quiet = utterances[::_QUIET_EACH]
    targets = [[number[unit] for unit in u.units] for u in utterances] + [[] for _ in quiet]
    lengths = [len(u.samples) for u in [*utterances, *quiet]]
    order = sorted(range(len(targets)), key=lengths.__getitem__)
    batches = [order[i : i + _BATCH] for i in range(0, len(order), _BATCH)]

    network = Network(len(units))
    if plan.begin:
        load(network, plan.begin)
    average = torch.optim.swa_utils.AveragedModel(network, avg_fn=_averaged, use_buffers=True)
    optimizer = torch.optim.Adam(network.parameters())
    rate = _GENTLE_RATE if plan.begin else _RATE
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=plan.epochs * len(batches))
    parts = {"network": network, "average": average, "optimizer": optimizer, "schedule": schedule}
    checkpoint = work / "checkpoint.pt"
    first = _resumed(checkpoint, plan, parts) if checkpoint.exists() else 0

    network.train()

    def learn(batch: Sequence[int], features: Mapping[int, Features]) -> float:
        inputs = [padded(features[i]) for i in batch]
        longest = max(map(len, inputs))
        x = torch.from_numpy(np.stack([np.pad(f, ((0, longest - len(f)), (0, 0)), "edge") for f in inputs]))
        with torch.autocast("cpu", torch.bfloat16):
            y = network(x).transpose(0, 1)
        loss = torch.nn.functional.ctc_loss(
            y,
            torch.tensor([unit for i in batch for unit in targets[i]]),
            torch.tensor([-(-len(features[i]) // SUBSAMPLING) for i in batch]),
            torch.tensor([len(targets[i]) for i in batch]),
            zero_infinity=True,
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        return loss.item()

    features: dict[int, Features] = {}
    print(f"{len(utterances)} utterances, {sum(lengths) / 8000 / 3600:.1f} h, {len(units)} units", flush=True)
    with pool(_begin, [u.samples for u in utterances], plan.seed) as processes:
        for epoch in range(first, plan.epochs):
            began = time.monotonic()
            again = [i for i in range(len(targets)) if i not in features or _line_of(epoch, i) == epoch]
            for i, heard in zip(again, processes.map(_hear, [(_line_of(epoch, i), i) for i in again], 32), strict=True):
                features[i] = heard
            shuffled = random.Random(plan.seed + epoch).sample(batches, len(batches))
            losses = [learn(batch, features) for batch in shuffled]
            _keep(checkpoint, plan, parts, epoch + 1)
            print(
                f"epoch {epoch + 1} of {plan.epochs}: loss {np.mean(losses):.3f}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    save(average.module, units, work / "network.npz")
    return work / "network.npz"


def collect(plan: Plan) -> list[Utterance]:
    """What is learnt from, as often as it is.

    Raises DiphonesError before anything else is read or made, and CorpusError, SplicesError, NetworkError, VoiceError.
    """

    def allowed(utterances: Iterable[Utterance]) -> list[Utterance]:
        return [u for u in utterances if not set(plan.without).intersection(u.text.split())]

    of_diphones = diphone_callers(plan.sentences, plan.diphones, plan.seed)
    human = allowed(people(plan.speech, "train"))
    synthetic = allowed(chain(callers(plan.sentences, plan.callers, plan.seed), of_diphones))
    pieces = allowed(spliced(human, plan.begin, plan.splices, plan.seed)) if plan.begin and plan.splices else []
    return [*(u for u in human for _ in range(_REPEATS.get(u.corpus, 1))), *synthetic, *pieces]


def _keep(checkpoint: Path, plan: Plan, parts: Mapping[str, Any], epochs: int) -> None:
    """Write all that training goes on with."""
    import torch  # noqa: PLC0415

    states = {name: part.state_dict() for name, part in parts.items()}
    states |= {"plan": written(plan), "epochs": epochs, "chance": torch.get_rng_state()}
    torch.save(states, content := io.BytesIO())
    write_whole(checkpoint, content.getvalue())


def _resumed(checkpoint: Path, plan: Plan, parts: Mapping[str, Any]) -> int:
    """Read all parts of an earlier run; returns its epochs."""
    import torch  # noqa: PLC0415

    try:
        saved = torch.load(checkpoint)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as e:
        raise PlanError(f"{checkpoint} cannot be read; remove it") from e
    if saved["plan"] != written(plan):
        raise PlanError(
            f"{checkpoint} is of another plan (options, speech, sentences or network to begin with): "
            "name another folder (--work), or remove it"
        )
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    torch.set_rng_state(saved["chance"])
    return int(saved["epochs"])


def units_of(utterances: Iterable[Utterance], begin: Path | None) -> list[str]:
    """The blank and all that is said; of a network to begin with, its own. Raises PlanError where it lacks one."""
    said = {unit: u.text for u in utterances for unit in u.units}
    if not begin:
        return [BLANK, *sorted(said)]
    units, _ = read_network(begin)
    if missing := min(said.keys() - set(units), default=None):
        raise PlanError(f"{begin} does not know the sound '{missing}' of '{said[missing]}': train without --from")
    return units


def written(plan: Plan) -> str:
    """A plan, and what its files contain: training goes on only with the same."""
    files = [*(folder / TABLE for folder in plan.speech), plan.sentences, *([plan.begin] if plan.begin else [])]
    return " ".join([str(plan), *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)])


def _averaged(average: Tensor, now: Tensor, count: int) -> Tensor:
    kept = min(_AVERAGED, (1 + count) / (10 + count))
    return kept * average + (1 - kept) * now


def _line_of(epoch: int, i: int) -> int:
    """The epoch whose line an utterance is heard on. Each line serves twice: to make one takes as long as an epoch."""
    return max(0, epoch - (epoch + i) % 2)


# --- in the processes that make features -------------------------------------------------------------
_speech: list[Samples] = []
_seed = 0


def _begin(speech: list[Samples], seed: int) -> None:
    global _speech, _seed  # a pool's process gets its data once
    _speech, _seed = speech, seed


def _hear(job: tuple[int, int]) -> Features:
    from training.features import mfcc  # noqa: PLC0415 - not beside torch

    epoch, i = job
    rng = np.random.default_rng([_seed, epoch, i])
    if i < len(_speech):
        return mfcc(line.call(_speech[i], _speech, rng))
    return mfcc(line.quiet_line(len(_speech[::_QUIET_EACH][i - len(_speech)]), _speech, rng))
