"""The hotlines that come with Sambung: Halo Kota, and the example of another service."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flowtests.reader import files_beside, read_tests
from ivr.flowtests.runner import Runner, coverage
from ivr.settings import PROJECT, Settings

HALO_KOTA = PROJECT / "ivr" / "flows"
CLINIC = PROJECT / "docs" / "examples" / "klinik"
TODAY = dt.date(2026, 11, 24)
DOCUMENTS = ("KTP", "KK", "akta kelahiran", "akta kematian", "PBB", "NPWP", "IMB", "HGB", "SHM")
QUESTIONS = ("syarat", "prosedur", "biaya", "lama", "status", "tempat", "jam")
SAID_SECONDS = 20
LETTERS_PER_SECOND = 14


def site_of(folder: Path) -> Site:
    loaded = load_site(folder, TODAY)
    assert loaded.problems == []
    assert loaded.site
    return loaded.site


@pytest.mark.parametrize("folder", [HALO_KOTA, CLINIC], ids=lambda folder: folder.name)
def test_its_own_tests_pass_and_take_every_step_and_way_out(folder: Path) -> None:
    site = site_of(folder)
    read = read_tests(files_beside(folder), site)
    assert read.problems == []
    runner = Runner(site, Settings())
    results = [runner.run(test) for test in read.tests]
    assert [(result.test.name, result.failure) for result in results if result.failure] == []
    assert [way for flow in coverage(site, results) for way in flow.missing()] == []


def test_halo_kota_answers_each_question_about_each_document() -> None:
    site = site_of(HALO_KOTA)
    asked = [(document, question) for document in DOCUMENTS for question in QUESTIONS]
    assert [pair for pair in asked if not site.answer_about(*pair, TODAY)] == []


def test_halo_kota_answers_in_twenty_seconds() -> None:
    answers = site_of(HALO_KOTA).answers
    assert [n for n, entry in answers.items() if len(entry.say) > SAID_SECONDS * LETTERS_PER_SECOND] == []
