"""One hundred mistakes in a copy of the hotline, and some found later: each is told at its line with its cure, and
nothing else is.

The set stands in tests/data/mistakes, its README says how to read it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flow_kit import TUESDAY

from ivr.flow.loader import load_site

MISTAKES = Path(__file__).parent.parent / "data" / "mistakes"
HOTLINE = MISTAKES / "hotline"


@dataclass
class Mistake:
    """An edit of one file. `cure`: what its message must name, in Indonesian and in English."""

    file: str
    edit: list[str] = field(default_factory=list)
    cure: tuple[str, str] = ("", "")
    warning: bool = False

    def applied(self) -> tuple[str, set[int]]:
        """The file with the mistake in it, and the lines at one of which it must be told."""
        rows = (HOTLINE / self.file).read_text().split("\n")
        told: set[int] = set()
        at = 0
        for hunk in _hunks(self.edit):
            old = [line[1:] for line in hunk if line[:1] not in ("+", "!")]
            (at, *others) = (i for i in range(at, len(rows)) if rows[i : i + len(old)] == old)
            assert at or not others, f"{old} stands several times in {self.file}"
            new = [line for line in hunk if line[:1] != "-"]
            told |= {at + i for i, line in enumerate(new, start=1) if line[:1] in ("!", "=")}
            rows[at : at + len(old)] = [line[1:] for line in new]
            at += len(new)
        return "\n".join(rows).replace("⇥", "\t").replace("␣", "\u00a0"), told


def _hunks(edit: list[str]) -> Iterator[list[str]]:
    hunk: list[str] = []
    for line in [*edit, "..."]:
        if line == "...":
            yield hunk
            hunk = []
        else:
            hunk.append(line)


def mistakes(files: str = "*.txt") -> Iterator[object]:
    for path in sorted(MISTAKES.glob(files)):
        number = 0
        mistake: Mistake | None = None
        for line in path.read_text().split("\n"):
            if line.startswith("@ "):
                mistake = Mistake(line[2:])
            elif mistake and (cure := re.fullmatch(r"(warning )?cure: (.+)", line)):
                indonesian, _, english = cure[2].partition(" / ")
                mistake.cure, mistake.warning = (indonesian, english or indonesian), bool(cure[1])
                number += 1
                yield pytest.param(mistake, id=f"{path.stem}-{number}")
                mistake = None
            elif mistake:
                mistake.edit.append(line)


def test_there_are_ten_of_each_of_ten_kinds() -> None:
    assert len(list(mistakes("[0-9]*.txt"))) == 100


def test_without_a_mistake_nothing_is_told() -> None:
    assert load_site(HOTLINE, TUESDAY.date()).problems == []


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("mistake", list(mistakes()))
def test_a_mistake_is_told_at_its_line_with_its_cure(
    mistake: Mistake, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", language)
    folder = tmp_path / "flows"
    shutil.copytree(HOTLINE, folder)
    text, lines = mistake.applied()
    (folder / mistake.file).write_text(text)
    (problem,) = load_site(folder, TUESDAY.date()).problems
    assert Path(problem.file).name == mistake.file
    assert problem.line in lines, problem
    assert problem.severity == "error" or mistake.warning
    assert mistake.cure[language == "en"] in str(problem).removeprefix(problem.file)
