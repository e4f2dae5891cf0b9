"""What training begins with; training itself needs torch."""

from pathlib import Path

import numpy as np
import pytest

from ivr.collected import TABLE
from tests.unit.test_training_export import UNITS, random_network
from training.corpus import Utterance
from training.train import Plan, units_of, written


def said(text: str) -> Utterance:
    return Utterance("dialogue", "A", text, np.zeros(8000, np.int16))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.npz"
    np.savez(path, units=np.array(UNITS), **random_network())
    return path


def test_a_network_to_begin_with_keeps_its_units(network: Path) -> None:
    assert units_of([said("aba")], None) == ["blk", "a", "b"]
    assert units_of([said("aba")], network) == UNITS


def test_a_sound_that_the_network_lacks_is_named(network: Path) -> None:
    with pytest.raises(ValueError, match="sound 'd' of 'dada'"):
        units_of([said("aba"), said("dada")], network)


def test_other_files_under_the_same_names_are_another_plan(network: Path) -> None:
    (folder := network.parent / "speech").mkdir()
    files = [folder / TABLE, network.parent / "sentences.txt", network]
    plan = Plan((folder,), files[1], begin=network)
    for file in files:
        file.write_bytes(b"what is learnt from")
    for file in files:
        before = written(plan)
        assert written(plan) == before
        file.write_bytes(b"something else")
        assert written(plan) != before
