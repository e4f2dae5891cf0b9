import json
from pathlib import Path

import numpy as np
import pytest

from ivr.settings import PROJECT
from ivr.speech.graph import build_grammar
from ivr.speech.loaded import load
from ivr.speech.model import Model
from ivr.voice.wav import RATE
from training.export import OFFSETS, acoustic_model, export, folded
from training.saved import Arrays, read_network, write_network

UNITS = ["blk", "a", "b", "c"]
WIDTH = 8


def random_network() -> Arrays:
    rng = np.random.default_rng(1)
    arrays: Arrays = {"normalise.running_mean": rng.normal(size=40), "normalise.running_var": rng.uniform(1, 2, 40)}
    for i in range(5):
        arrays |= {
            f"layers.{i}.weight": rng.normal(size=(WIDTH, 9 * 40 if i == 0 else 3 * WIDTH)) / 10,
            f"layers.{i}.bias": rng.normal(size=WIDTH),
            f"norms.{i}.weight": rng.uniform(0.5, 2, WIDTH),
            f"norms.{i}.bias": rng.normal(size=WIDTH),
            f"norms.{i}.running_mean": rng.normal(size=WIDTH),
            f"norms.{i}.running_var": rng.uniform(0.5, 2, WIDTH),
        }
    return arrays | {
        "output.weight": rng.normal(size=(len(UNITS), WIDTH)),
        "output.bias": rng.normal(size=len(UNITS)),
    }


@pytest.mark.parametrize("layer", [0, 1])
def test_a_folded_layer_gives_what_the_layer_and_its_norms_give(layer: int) -> None:
    arrays = random_network()
    weights = arrays[f"layers.{layer}.weight"]
    x = np.random.default_rng(2).normal(size=(len(OFFSETS[layer]), weights.shape[1] // len(OFFSETS[layer])))

    normal = x
    if layer == 0:
        mean, variance = arrays["normalise.running_mean"], arrays["normalise.running_var"]
        normal = (x - mean) / np.sqrt(variance + 1e-5)
    y = weights @ normal.ravel() + arrays[f"layers.{layer}.bias"]
    y = (y - arrays[f"norms.{layer}.running_mean"]) / np.sqrt(arrays[f"norms.{layer}.running_var"] + 1e-5)
    y = y * arrays[f"norms.{layer}.weight"] + arrays[f"norms.{layer}.bias"]

    affine, bias = folded(arrays, layer)
    np.testing.assert_allclose(affine @ x.ravel() + bias, y)


def test_vosk_decodes_with_an_exported_network(tmp_path: Path) -> None:
    import vosk  # noqa: PLC0415

    write_network(tmp_path / "network.npz", UNITS, random_network())
    export(tmp_path / "network.npz", tmp_path / "model")
    model = Model.read(tmp_path / "model")
    assert model.units == tuple(UNITS)
    assert (tmp_path / "model/network.npz").read_bytes() == (tmp_path / "network.npz").read_bytes()
    grammar = build_grammar(["aba", "cab"], False, model, tmp_path)
    decoder = vosk.KaldiRecognizer(load(model, tmp_path / grammar.digest, tmp_path / "run"), RATE)
    decoder.SetMaxAlternatives(5)
    decoder.AcceptWaveform(np.random.default_rng(3).normal(0, 1000, 8000).astype("<i2").tobytes())
    heard = {alternative["text"] for alternative in json.loads(decoder.FinalResult())["alternatives"]}
    assert heard
    assert heard <= {"aba [.]", "cab [.]", "[unk]", ""}


def test_what_its_makers_wrote_of_a_model_stays_when_it_is_made_anew(tmp_path: Path) -> None:
    write_network(tmp_path / "network.npz", UNITS, random_network())
    export(tmp_path / "network.npz", tmp_path / "model")
    (tmp_path / "model/origin.md").write_text("- Our callers.\n")
    (tmp_path / "model/thresholds.json").write_text("{}")
    export(tmp_path / "network.npz", tmp_path / "model")
    assert (tmp_path / "model/origin.md").read_text() == "- Our callers.\n"
    assert (tmp_path / "model/thresholds.json").read_text() == "{}"


def test_the_model_that_ships_is_made_of_the_network_that_ships() -> None:
    shipped = PROJECT / "models/id-telephony"
    made, there = acoustic_model(*read_network(shipped / "network.npz")), (shipped / "am/final.mdl").read_bytes()
    assert len(made) == len(there)
    differing = sum(a != b for a, b in zip(made, there, strict=True))
    assert differing < 1000  # another processor may round the biases of the first layer otherwise
