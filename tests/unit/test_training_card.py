"""The model card that ships is what the command writes, to the letter."""

from __future__ import annotations

import shutil
from pathlib import Path

from ivr.settings import PROJECT
from training.card import write_card


def test_no_figure_of_the_card_is_written_by_hand(tmp_path: Path) -> None:
    shipped = PROJECT / "models/id-telephony"
    shutil.copytree(shipped, tmp_path / "model")
    write_card(tmp_path / "model")
    assert (tmp_path / "model/README.md").read_text() == (shipped / "README.md").read_text()
