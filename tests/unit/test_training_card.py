"""The model card is what the command writes, to the letter."""

from __future__ import annotations

import shutil
from pathlib import Path

from ivr.settings import PROJECT
from training.card import write_card
from training.compared import FILE as COMPARED
from training.compared import Compared, Heard
from training.results import Counted, Errors
from training.unseen import FILE, Unseen

UNSEEN = Unseen(
    words=["ada", "bisa"],
    epochs=13,
    callers=1500,
    diphones=4000,
    splices=4000,
    begun=True,
    phrases=58,
    errors=[Errors(what="menus of ten phrases", line="quiet", errors=2, of=174, at_most=0.03)],
    verdicts=[],
)

MENUS = Counted(what="menus of ten phrases", line="quiet", errors=2, of=174)


def test_no_figure_of_the_card_is_written_by_hand(tmp_path: Path) -> None:
    shipped = PROJECT / "models/id-telephony"
    shutil.copytree(shipped, tmp_path / "model")
    write_card(tmp_path / "model")
    assert (tmp_path / "model/README.md").read_text() == (shipped / "README.md").read_text()


def test_words_that_nobody_said_are_told_of_where_they_were_measured(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "models/id-telephony", tmp_path / "model")
    (tmp_path / "model" / FILE).write_text(UNSEEN.model_dump_json())
    write_card(tmp_path / "model")
    card = (tmp_path / "model/README.md").read_text()
    assert "without 2 words" in card
    assert all(len(line) <= 120 for line in card.splitlines() if not line.startswith("|"))
    assert "ada, bisa" in card
    assert "| menus of ten phrases | quiet | 2 of 174 | 1.15 % (0.32–4.09) | 3 % | yes |" in card
    (tmp_path / "model" / FILE).unlink()
    write_card(tmp_path / "model")
    assert "nobody said" not in (tmp_path / "model/README.md").read_text()


def test_whisper_is_told_of_where_it_was_measured(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "models/id-telephony", tmp_path / "model")
    compared = Compared(
        other="Whisper base",
        machine="a machine",
        dialogue=60,
        digits=30,
        pause=0.4,
        ours=Heard(errors=[MENUS], after=(0.3, 0.55), cpu=0.012),
        theirs=Heard(errors=[MENUS.model_copy(update={"errors": 180})], after=(1.5, 2.25), cpu=0.4),
    )
    (tmp_path / "model" / COMPARED).write_text(compared.model_dump_json())
    write_card(tmp_path / "model")
    card = (tmp_path / "model/README.md").read_text()
    ours, theirs = "2 of 174: 1.15 % (0.32–4.09)", "180 of 174: 103.45 % (97.84–100.00)"
    assert f"| menus of ten phrases | quiet | {ours} | {theirs} |" in card
    pause = "end of speech to result, pause of 0.4 s included"
    assert f"| {pause}, p50 | quiet | 0.30 s | 1.50 s |\n| {pause}, p95 | quiet | 0.55 s | 2.25 s |" in card
    assert "| quiet | 0.012 | 0.400 |" in card
    (tmp_path / "model" / COMPARED).unlink()
    write_card(tmp_path / "model")
    assert "Whisper" not in (tmp_path / "model/README.md").read_text()
