"""kosakata.yaml: read with the flows, wrong places told with a way out."""

from pathlib import Path

import pytest
from flow_kit import HOTLINE, english, load, steps  # noqa: F401 - english is a fixture

from ivr.flow.loader import VOCABULARY, load_site
from ivr.settings import PROJECT

pytestmark = pytest.mark.usefixtures("english")

FLOW = steps("a: {type: play, say: Halo., next: z}")


def told(folder: Path, vocabulary: str) -> list[str]:
    """Problems as "line:column: message"."""
    (folder / VOCABULARY).write_text(vocabulary)
    problems = load(folder, FLOW, hotline=HOTLINE).problems
    return [f"{p.line}:{p.column}: {p.message}" for p in problems]


def test_the_vocabulary_is_part_of_the_site() -> None:
    site = load_site(PROJECT / "ivr" / "flows").site
    assert site is not None
    assert "KK" in site.vocabulary.documents["KK"]
    assert VOCABULARY in site.sources


def test_a_folder_needs_no_vocabulary(tmp_path: Path) -> None:
    site = load(tmp_path, FLOW, hotline=HOTLINE).site
    assert site is not None
    assert site.vocabulary.documents == {}


@pytest.mark.parametrize(
    ("vocabulary", "problem"),
    [
        ("dokumen: {KTP: [KTP]}", "1:1: 'dokumen' is not known here"),
        ("documents:\n  KTP:\n    - kartu (tanda|", "3:7: '(' is not closed by ')'"),
        ("documents:\n  KTP:\n    - KTP\n    - '🙂'", "4:7: '🙂' has no word in it"),
        ("documents:\n  KTP: []", "2:8: this list is empty"),
        ("documents:\n  KTP: KTP", "2:8: a list of '- …' belongs here, or [KTP]"),
        ("questions:\n  biaya: {hints: [bayar]}", "2:3: 'phrases' is missing"),
        ("documents:\n  KTP: [kartu penduduk]\n  KK: [kartu (keluarga|penduduk)]", "3:8: is said for 'KTP' too"),
        ("questions:\n  lama: {phrases: [kapan]}\n  jam: {phrases: [kapan]}", "3:19: is said for 'lama' too"),
        ("documents:\n\t- KTP", "2:1: a tab; indent with spaces"),
        ("- KTP", "1:1: a list of 'name: value' belongs here"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, vocabulary: str, problem: str) -> None:
    assert problem in told(tmp_path, vocabulary)
