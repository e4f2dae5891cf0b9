"""Click speaks the reader's language."""

from __future__ import annotations

import inspect

import pytest
from click import core, decorators, exceptions, formatting, parser, termui, types
from click.testing import CliRunner

from ivr.cli import main
from ivr.cli.words import INDONESIAN


@pytest.mark.parametrize(
    ("language", "arguments", "words"),
    [
        ("id", ["calls", "--help"], ["Pemakaian: ", "Pilihan:", "bawaan: 50"]),
        ("en", ["calls", "--help"], ["Usage: ", "Options:", "default: 50"]),
        ("id", ["check", "--jsn"], ["Kesalahan: Tidak ada pilihan '--jsn'. Maksudnya ", "Bantuan: "]),
        ("en", ["check", "--jsn"], ["Error: No such option '--jsn'. Did you mean ", "Try "]),
        ("id", ["simulat"], ["Kesalahan: Tidak ada perintah 'simulat'. Maksudnya 'simulate'?"]),
        ("id", ["call"], ["Kesalahan: Belum disebut: "]),
        ("id", ["call", "1", "2", "3"], ["Terlalu banyak yang disebut: 2 3"]),
    ],
)
def test_click_speaks_the_readers_language(
    language: str, arguments: list[str], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", language)
    output = CliRunner().invoke(main, arguments).output
    assert [w for w in words if w not in output] == []


def test_every_translated_text_is_one_of_clicks() -> None:
    modules = (core, decorators, exceptions, formatting, parser, termui, types)
    source = "".join(inspect.getsource(module) for module in modules)
    assert [text for text in INDONESIAN if f'"{text}"' not in source] == []


def test_a_terminal_without_utf_8_shows_a_question_mark_for_what_it_cannot_show() -> None:
    shown = CliRunner(charset="latin-1").invoke(main, ["schema"])
    assert (shown.exit_code, "→" in shown.output, "?" in shown.output) == (0, False, True)
