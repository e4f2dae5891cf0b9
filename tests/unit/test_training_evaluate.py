"""What counts as said in a menu, and what as outside of it."""

from __future__ import annotations

import pytest

from training.evaluate import says


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
