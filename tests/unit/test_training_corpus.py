"""Reading people's speech."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.voice.wav import RATE
from training.corpus import COLUMNS, TABLE, people


@pytest.mark.parametrize(
    ("utterance", "written", "read"),
    [
        ("MIW_U025", "tiket bus lima", "tiket bus satu juta tujuh ratus lima"),
        ("MIW_U026", "kereta tujuh puluh lima ribu", "kereta lima puluh ribu"),
        ("FMJ_U025", "tiket bus lima", "tiket bus lima"),
    ],
)
def test_what_the_corpus_transcribes_wrongly_is_learnt_as_it_was_read(
    tmp_path: Path, utterance: str, written: str, read: str
) -> None:
    speaker = utterance.partition("_")[0]
    (tmp_path / TABLE).write_text("\t".join(COLUMNS) + f"\ndev\tdialogue\t{speaker}\t{utterance}\t0.1\t{written}\n")
    (tmp_path / "dialogue" / speaker).mkdir(parents=True)
    soundfile.write(tmp_path / "dialogue" / speaker / f"{utterance}.flac", np.zeros(RATE // 10, np.int16), RATE)
    assert [u.text for u in people(tmp_path, "dev")] == [read]
