"""What the supervisor's tutorial tells to write does what it says."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

from ivr.flow.loader import load_site
from ivr.flow.problems import Problem
from ivr.flowtests.reader import files_beside, read_tests
from ivr.flowtests.runner import Runner
from ivr.settings import PROJECT, Settings

TUTORIAL = (PROJECT / "docs" / "tutorial.md").read_text(encoding="utf-8")
HOURS, ANSWER, WORDS, ENGLISH, TEST = re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL)
TODAY = dt.date(2026, 11, 27)


def problems(flows: Path) -> list[Problem]:
    return load_site(flows, TODAY).problems


def failing(flows: Path) -> list[str]:
    site = load_site(flows, TODAY).site
    assert site
    runner = Runner(site, Settings())
    results = [runner.run(test) for test in read_tests(files_beside(flows), site).tests]
    return [result.test.name for result in results if result.failure]


def put(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_tutorial_from_the_opening_hour_to_the_new_answer(tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    shutil.copytree(PROJECT / "ivr" / "flows", flows)

    put(flows / "hotline.yaml", "        sabtu: 08:00-12:00\n", HOURS)
    assert problems(flows) == []
    assert failing(flows) == ["Sabtu sore, pesan ditinggalkan dengan ucapan"]
    put(flows / "tests" / "nomor.yaml", "at: 2026-11-28 12:00", "at: 2026-11-28 14:00")
    put(flows / "di-luar-jam.yaml", "Sabtu sampai pukul dua belas", "Sabtu sampai pukul empat belas")

    (flows / "answers" / "ketenagakerjaan.yaml").write_text(ANSWER, encoding="utf-8")
    (unknown,) = problems(flows)
    assert (unknown.severity, unknown.line, unknown.column) == ("error", 11, 7)
    put(flows / "kosakata.yaml", "documents:\n", "documents:\n" + WORDS)
    (untranslated,) = problems(flows)
    assert (untranslated.severity, untranslated.line, untranslated.column) == ("warning", 4, 10)
    (flows / "languages" / "en" / "jawaban-ketenagakerjaan.yaml").write_text(ENGLISH, encoding="utf-8")
    (flows / "tests" / "ketenagakerjaan.yaml").write_text(TEST, encoding="utf-8")
    assert problems(flows) == []
    assert failing(flows) == []
