"""What is wrong in a flow, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ivr.i18n import tr

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding. `line` and `column` count from 1; `suggestion` is the name that was probably meant, or ""."""

    file: str
    line: int
    column: int
    severity: Severity
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        word = self.severity if self.severity == "error" else tr("peringatan", "warning")
        if word == "error":
            word = tr("kesalahan", "error")
        hint = (
            tr(f"; maksudnya '{self.suggestion}'?", f"; did you mean '{self.suggestion}'?") if self.suggestion else ""
        )
        return f"{self.file}:{self.line}:{self.column}: {word}: {self.message}{hint}"


class FieldError(ValueError):
    """What a model finds wrong with one of its fields. `where`: the way to it; `key`: its name is wrong."""

    def __init__(self, message: str, *where: str | int, key: bool = False) -> None:
        super().__init__(message)
        self.where, self.key = where, key


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of `known` that `name` is a misspelling of, or ""."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


_IN_ENGLISH = {
    "pengaduan": "complaint",
    "aduan": "complaint",
    "keluhan": "complaint",
    "laporan": "complaint",
    "aspirasi": "aspiration",
    "saran": "aspiration",
    "usulan": "aspiration",
    "informasi": "information",
    "permohonan informasi": "information",
    "semua": "ringall",
    "acak": "random",
    "bergantian": "rrmemory",
    "berurutan": "linear",
    "selesai": "completed",
    "tamat": "completed",
    "penelepon menutup": "caller_hung_up",
    "petugas menutup": "agent_hung_up",
    "dialihkan": "transferred",
    "pengumuman": "announced",
    "diblokir": "blocked",
    "gagal": "failed",
    "batas": "limit",
    "diam": "silence",
    "salah tombol": "wrong_key",
    "tidak dipahami": "not_understood",
}
"""What people write in Indonesian → the choice that they mean."""


def choice_meant(name: str, choices: Iterable[str]) -> str:
    """The one of `choices` that `name` is a misspelling or the Indonesian word of, or ""."""
    names = {choice.lower(): choice for choice in choices}
    names |= {word: choice for word, choice in _IN_ENGLISH.items() if choice in names}
    return names.get(nearest(name.lower(), names), "")
