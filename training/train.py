"""Training with CTC over the units, every utterance on another simulated line in every second epoch.

Seeded, and resumable after each epoch. Features are made in processes without torch, which together with
kaldi-native-fbank was seen to hang.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import line
from training.corpus import Samples, Utterance, callers, people
from training.export import LEFT_CONTEXT, RIGHT_CONTEXT, SUBSAMPLING

BLANK = "blk"
_REPEATS = {"dialogue": 3}  # small, and the most like a call
_BATCH = 32
_QUIET = 0.06
"""Share of utterances in which nobody speaks, to learn that noise is silence."""
_QUIET_SECONDS = 3.0

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """What is learnt from, and how long."""

    speech: tuple[Path, ...]
    sentences: Path
    callers: int = 3000
    epochs: int = 24
    seed: int = 1


def train(plan: Plan, work: Path) -> Path:
    """Train, or go on where an earlier run was stopped; returns the network's file (.npz) in `work`."""
    import torch  # noqa: PLC0415 - not in the processes that make features

    from training.network import Network, save  # noqa: PLC0415

    torch.manual_seed(plan.seed)
    torch.set_num_threads(os.cpu_count() or 1)
    utterances = _collect(plan)
    units = [BLANK, *sorted({unit for u in utterances for unit in u.units})]
    number = {unit: i for i, unit in enumerate(units)}
    targets = [[number[unit] for unit in u.units] for u in utterances] + [[]] * int(_QUIET * len(utterances))
    lengths = [len(u.samples) for u in utterances] + [int(_QUIET_SECONDS * 8000)] * (len(targets) - len(utterances))
    order = sorted(range(len(targets)), key=lengths.__getitem__)
    batches = [order[i : i + _BATCH] for i in range(0, len(order), _BATCH)]

    network = Network(len(units))
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2.5e-3, total_steps=plan.epochs * len(batches))
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
    checkpoint, first = work / "checkpoint.pt", 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        if saved["plan"] != repr(plan):
            raise ValueError(f"{checkpoint} is of another plan; remove it")
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        first = saved["epochs"]

    network.train()

    def learn(batch: Sequence[int], features: Mapping[int, Features]) -> float:
        padded = [_padded(features[i]) for i in batch]
        longest = max(len(f) for f in padded)
        x = torch.from_numpy(np.stack([np.pad(f, ((0, longest - len(f)), (0, 0)), "edge") for f in padded]))
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
        return loss.item()

    features: dict[int, Features] = {}
    context = multiprocessing.get_context("spawn")
    print(f"{len(utterances)} utterances, {sum(lengths) / 8000 / 3600:.1f} h, {len(units)} units", flush=True)
    with context.Pool(os.cpu_count(), _begin, ([u.samples for u in utterances], plan.seed)) as pool:
        for epoch in range(first, plan.epochs):
            began = time.monotonic()
            again = [i for i in range(len(targets)) if i not in features or _line_of(epoch, i) == epoch]
            for i, heard in zip(again, pool.map(_hear, [(_line_of(epoch, i), i) for i in again], 32), strict=True):
                features[i] = heard
            shuffled = random.Random(plan.seed + epoch).sample(batches, len(batches))
            losses = [learn(batch, features) for batch in shuffled]
            torch.save(
                {"plan": repr(plan), "epochs": epoch + 1, **{name: part.state_dict() for name, part in parts.items()}},
                checkpoint,
            )
            print(
                f"epoch {epoch + 1} of {plan.epochs}: loss {np.mean(losses):.3f}, {time.monotonic() - began:.0f} s",
                flush=True,
            )
    save(network, units, work / "network.npz")
    return work / "network.npz"


def _collect(plan: Plan) -> list[Utterance]:
    human = [u for folder in plan.speech for u in people(folder, "train") for _ in range(_REPEATS.get(u.corpus, 1))]
    return human + list(callers(plan.sentences, plan.callers, plan.seed))


def _padded(features: Features) -> Features:
    """As Kaldi does at both ends, so that there is an output for every third frame."""
    return np.pad(features, ((LEFT_CONTEXT, RIGHT_CONTEXT + SUBSAMPLING - 1), (0, 0)), "edge")


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
    return mfcc(line.quiet_line(_QUIET_SECONDS, _speech, rng))
