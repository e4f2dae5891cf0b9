"""Click speaks the reader's language."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

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
        ("id", ["simulate", "x", "--at", "besok"], ["'besok': tulis seperti '2026-12-25 10:00'"]),
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


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", "from ivr.cli import main; main()", "schema"]
        environment = {**os.environ, "SAMBUNG_LANG": "en", "SAMBUNG_STATE": str(tmp_path)}
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: the disk is full: {tmp_path}\n  → make room, then try again\n",
    )
