"""Click speaks the reader's language."""

from __future__ import annotations

import contextlib
import errno
import inspect
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click import core, decorators, exceptions, formatting, parser, termui, types
from click.testing import CliRunner

from ivr.cli import main
from ivr.cli.disks import explain_full
from ivr.cli.words import INDONESIAN

SAMBUNG = (sys.executable, "-c", "from ivr.cli import main; main()")
LATIN_1 = {"PYTHONIOENCODING": "latin-1"}


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
    ours, terminal = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        command = [*SAMBUNG, "calls", "--help"]
        done = subprocess.Popen(command, stdout=terminal, env={**os.environ, **LATIN_1})
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # of a terminal that nobody writes to any more
            while piece := screen.read(4096):
                shown += piece
    assert (done.wait(), b"+62?." in shown) == (0, True)


def test_what_a_command_writes_into_a_file_is_utf_8_everywhere() -> None:
    said = [
        subprocess.run([*SAMBUNG, "schema"], stdout=subprocess.PIPE, env={**os.environ, **more}, check=True).stdout
        for more in (LATIN_1, {"PYTHONIOENCODING": "utf-8"})
    ]
    assert said[0] == said[1]
    assert "→" in said[0].decode()


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    environment = {**os.environ, "SAMBUNG_LANG": "en", "SAMBUNG_STATE": str(tmp_path / "not/made")}
    with Path("/dev/full").open("w") as full:
        command = [*SAMBUNG, "schema"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: the disk is full\n  → make room, then try again\n")


def test_the_state_folder_is_named_where_its_own_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    never_room = Path("/proc")
    assert explain_full(OSError(errno.ENOSPC, "full"), never_room).startswith("the disk is full: /proc\n")
