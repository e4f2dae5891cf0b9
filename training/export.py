"""A trained network as a model that stock Vosk loads: am/final.mdl, conf/, phones.txt.

The network (`network.py`) is a stack of convolutions over frames with batch norm, ReLU and a softmax. Batch
norm and the normalisation of the input are constants after training and are folded into the affine layers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import kaldi
from training.saved import Arrays, read_network, write_whole

SUBSAMPLING = 3
"""The first layer gives an output for every third frame."""
OFFSETS = (tuple(range(-4, 5)), (-3, 0, 3), (-3, 0, 3), (-6, 0, 3), (-6, 0, 3))
"""Neighbours of a frame that each layer sees. What is to come costs the caller time, what was does not."""
LEFT_CONTEXT, RIGHT_CONTEXT = -sum(map(min, OFFSETS)), sum(map(max, OFFSETS))
"""Frames that the network sees on either side of the one it judges."""
BLANK_PRIOR = 8.0
"""Divides the blank's probability, which training with CTC makes too sure of itself. Tuned on the dev split."""
_UNFITTED = {"bias": 0, "fit": 1, "accept": 0.9, "confirm": 0.5}
"""Until `thresholds` has fitted them."""
_EPSILON = 1e-5
"""torch's BatchNorm1d."""

ORIGIN = """\
- Synthetic callers: 3,000 utterances of espeak-ng's Indonesian voice in 27 variants, sentences that people ask
  public services (the text of INDspeech_TELDIALOG_LVCSR) and strings of digits.
- A simulated line, another one in every second epoch: A-law, µ-law and GSM, limits to the band, reverberation, lost
  packets, hiss, babble, music, tones, clicks; and stretches in which nobody speaks. Coughs, cleared throats, breath
  and the like, alone and between words, are synthetic too.
"""
"""What a network of our own training learnt from besides people: for the card."""

MFCC_CONF = """\
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=-200
--sample-frequency=8000
--dither=0
"""

# Graphs are small, so the beams are wide: what is pruned has no cost to be compared with. Determinization by
# phones would gain nothing, and cost much in the garbage word.
# Rule 2 says at each piece of audio whether speech has been followed by 0.1 s of silence; how long is enough
# is the recogniser's to say, and the other rules never come true.
MODEL_CONF = """\
--min-active=150
--max-active=7000
--beam=20.0
--lattice-beam=12.0
--acoustic-scale=1.0
--frame-subsampling-factor=3
--frames-per-chunk=9
--phone-determinize=false
--endpoint.silence-phones=1
--endpoint.rule1.min-trailing-silence=1000
--endpoint.rule2.min-trailing-silence=0.1
--endpoint.rule2.max-relative-cost=1e10
--endpoint.rule3.min-trailing-silence=1000
--endpoint.rule4.min-trailing-silence=1000
--endpoint.rule5.min-utterance-length=1000
"""


def export(network: Path, folder: Path) -> None:
    """Write the model of `network` (.npz) into `folder`, and the network itself, to begin another training with.

    Thresholds and an origin.md that are there stay. Raises NetworkError, OSError.
    """
    units, arrays = read_network(network)
    for part in ("am", "conf"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    write_whole(folder / "am/final.mdl", acoustic_model(units, arrays))
    (folder / "conf/mfcc.conf").write_text(MFCC_CONF)
    (folder / "conf/model.conf").write_text(MODEL_CONF)
    if not (folder / "origin.md").exists():
        (folder / "origin.md").write_text(ORIGIN)
    write_whole(folder / "network.npz", network.read_bytes())
    (folder / "phones.txt").write_text("".join(f"{unit}\n" for unit in units))
    if not (folder / "thresholds.json").exists():
        (folder / "thresholds.json").write_text(json.dumps({"phrases": _UNFITTED, "digits": _UNFITTED}))


def acoustic_model(units: Sequence[str], arrays: Arrays) -> bytes:
    """The bytes of am/final.mdl."""
    config, components, below = ["input-node name=input dim=40"], [], "input"
    for i, offsets in enumerate(OFFSETS):
        weights, bias = folded(arrays, i)
        inputs = ", ".join(f"Offset({below}, {k})" if k else below for k in offsets)
        components += [
            (f"affine{i}", kaldi.fixed_affine(weights, bias)),
            (f"relu{i}", kaldi.nonlinear("RectifiedLinearComponent", len(bias))),
        ]
        config += [
            f"component-node name=affine{i} component=affine{i} input=Append({inputs})",
            f"component-node name=relu{i} component=relu{i} input=affine{i}",
        ]
        below = f"relu{i}"
    components += [
        ("output", kaldi.fixed_affine(arrays["output.weight"], arrays["output.bias"])),
        ("softmax", kaldi.nonlinear("LogSoftmaxComponent", len(units))),
    ]
    config += [
        f"component-node name=output-affine component=output input={below}",
        "component-node name=softmax component=softmax input=output-affine",
        "output-node name=output input=softmax objective=linear",
    ]
    priors = np.array([BLANK_PRIOR] + [1.0] * (len(units) - 1))
    network = kaldi.nnet(config, components)
    return (
        kaldi.HEAD
        + kaldi.transition_model(len(units))
        + kaldi.acoustic_model(network, LEFT_CONTEXT, RIGHT_CONTEXT, priors)
    )


def folded(arrays: Arrays, layer: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (outputs, offsets * inputs) and bias of one layer, normalisations included."""
    weights, bias = arrays[f"layers.{layer}.weight"], arrays[f"layers.{layer}.bias"]
    if layer == 0:
        scale = np.tile(1 / np.sqrt(arrays["normalise.running_var"] + _EPSILON), len(OFFSETS[0]))
        bias = bias - weights @ (np.tile(arrays["normalise.running_mean"], len(OFFSETS[0])) * scale)
        weights = weights * scale
    scale = arrays[f"norms.{layer}.weight"] / np.sqrt(arrays[f"norms.{layer}.running_var"] + _EPSILON)
    bias = (bias - arrays[f"norms.{layer}.running_mean"]) * scale + arrays[f"norms.{layer}.bias"]
    return weights * scale[:, None], bias
