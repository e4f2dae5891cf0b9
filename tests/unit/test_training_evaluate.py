"""What counts as said in a menu, and what as outside of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.collected import COLUMNS, TABLE
from training.corpus import CorpusError
from training.evaluate import bounds, dev_split, says


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("halo selamat siang", "halo", True),
        ("halo selamat siang", "selamat siang", True),
        ("tolong saya", "tolong saya", True),
        ("saya kirim bantuan segera", "kirim bantuan", False),
        ("berapa harga tiketnya", "harga tiket", False),
    ],
)
def test_a_phrase_with_fillers_around_it_is_said(text: str, phrase: str, *, said: bool) -> None:
    assert says(text, phrase) is said


def test_speech_is_where_it_is_loud_and_everywhere_where_nothing_is() -> None:
    silence = np.zeros(1600, np.int16)
    assert bounds(np.concatenate([silence, np.full(1600, 8000, np.int16), silence])) == (0.2, 0.4)
    assert bounds(silence) == (0.0, 0.2)


def test_who_says_no_digits_cannot_tell_how_they_are_heard(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_text("\t".join(COLUMNS) + "\ndev\tdialogue\tA\tU\t0.1\thalo\n")
    (tmp_path / "dialogue/A").mkdir(parents=True)
    soundfile.write(tmp_path / "dialogue/A/U.wav", np.ones(800, np.int16), 8000)
    with pytest.raises(CorpusError, match="the dev split has no digits"):
        dev_split([tmp_path])
