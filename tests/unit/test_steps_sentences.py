"""Menus that understand sentences, and answers that go by what was understood."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flow_kit import (
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.channel import Sayings
from ivr.cli import story
from ivr.flow.hearing import HIGH_CERTAINTY
from ivr.flow.model import Site
from ivr.sim.agents import Agent
from ivr.sim.call import Trial
from ivr.sim.caller import Action, Press, Say

HALF = 0.6
VOCABULARY = """\
documents:
  KTP: [KTP, kartu identitas]
  KK: [KK]
  PBB: [PBB]
questions:
  syarat: {phrases: [syarat], hints: [harus]}
  biaya: {phrases: [biaya]}
  lapor: {phrases: [lapor]}
  petugas: {phrases: [bicara petugas]}
  darurat: {phrases: [kebakaran]}
places:
  kecamatan: [kecamatan]
urgent: [darurat]
spoken: {lapor: pengaduan}
"""
FLOW = steps(
    """
    a:
      type: menu
      say: Sebutkan keperluan Anda.
      keys: {1: z, 2: z, 3: z, 0: z}
      phrases: {1: [KTP dan KK, KTP], 2: [lapor, cek tiket], 3: [syarat KTP], 0: [petugas, bicara petugas]}
      understood: jawab
      failed: z
    jawab: {type: answer, next: lagi, none: tiada, which_question: apa, which_document: mana, expired: lama}
    lagi: {type: menu, say: Ada lagi?, keys: {9: z}, understood: jawab, follow_up: ya, failed: z}
    apa:
      type: menu
      say: Apa tentang {dokumen}?
      keys: {1: jawab, 2: jawab}
      phrases: {1: [syaratnya], 2: [biaya]}
      understood: jawab
      follow_up: ya
      failed: z
    mana: {type: menu, say: Dokumen apa?, keys: {9: z}, understood: jawab, follow_up: ya, failed: z}
    tiada: {type: play, say: Belum ada jawaban., next: z}
    lama: {type: play, say: Sedang diperbarui., next: z}
    """
)
ANSWERS = """\
answers:
  syarat-ktp: {question: q, say: Syarat KTP., owner: o, valid_from: 2026-01-01, valid_until: 2027-12-31,
    intents: {KTP: [syarat]}}
  biaya: {question: q, say: Gratis., owner: o, valid_from: 2026-01-01, valid_until: 2027-12-31,
    intents: {KTP: [biaya], KK: [biaya]}}
  pbb: {question: q, say: Tentang PBB., owner: o, valid_from: 2026-01-01, valid_until: 2027-12-31,
    intents: {PBB: [], umum: [lapor]}}
  pbb-lama: {question: q, say: Lama., owner: o, valid_from: 2025-01-01, valid_until: 2025-12-31,
    intents: {PBB: [syarat]}}
"""


def write(folder: Path, vocabulary: str = VOCABULARY, answers: str = ANSWERS) -> Path:
    (folder / "kosakata.yaml").write_text(vocabulary)
    (folder / "answers").mkdir(exist_ok=True)
    (folder / "answers" / "a.yaml").write_text(answers)
    return folder


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site(write(tmp_path_factory.mktemp("flows")), FLOW)


def says(words: str, confidence: float = 1.0) -> Say:
    return Say(words, hears="Sebutkan", confidence=confidence)


def variables(trial: Trial) -> dict[object, object]:
    return {d["name"]: d["value"] for d in data(trial, "variable_set")}


def told(trial: Trial) -> list[object]:
    return [d["answer"] for d in data(trial, "answer_given")]


@pytest.mark.parametrize(
    ("words", "exit_", "about"),
    [
        ("saya mau tanya syarat bikin KK", "understood", ("KK", "syarat", "")),
        ("berapa biaya KTP di kecamatan", "understood", ("KTP", "biaya", "kecamatan")),
        ("biayanya", "understood", ("", "biaya", "")),
        ("soal PBB", "understood", ("PBB", "", "")),
        ("aduh itu lho mbak tetangga sebelah PBB rumahnya naik turun", "understood", ("PBB", "", "")),
        ("biaya lapor syarat PBB rumah sebelah gudang", "understood", ("PBB", "", "")),
        # what a key's phrases ask for
        ("KTP", "key:1", ("KTP", "", "")),
        ("kartu identitas", "key:1", ("KTP", "", "")),
        ("persyaratan kartu identitas", "key:3", ("KTP", "syarat", "")),
        ("saya mau melapor soal PBB", "key:2", ("PBB", "lapor", "")),
        ("mau bicara sama petugas tentang KTP", "key:0", ("KTP", "petugas", "")),
        ("petugas", "key:0", ("", "", "")),
        ("cek tiket", "key:2", ("", "lapor", "")),
        ("begini lho, cek tiketnya sekarang", "key:2", ("", "lapor", "")),
        ("syarat KTP apa, rumah saya kebakaran", "understood", ("KTP", "darurat", "")),
    ],
)
def test_where_a_sentence_leads(hotline: Site, words: str, exit_: str, about: tuple[str, str, str]) -> None:
    trial = call(hotline, says(words))
    assert way(trial)[0] == f"a:{exit_}"
    found = {name: value for name, value in variables(trial).items() if name in ("dokumen", "pertanyaan", "tempat")}
    assert found == dict(zip(("dokumen", "pertanyaan", "tempat"), about, strict=True))


def test_the_values_of_a_sentence_are_variables(hotline: Site) -> None:
    trial = call(hotline, says("biaya KK besok jam dua siang, lima ribu rupiah"))
    assert variables(trial) == {
        "dokumen": "KK",
        "pertanyaan": "biaya",
        "dokumen_lain": "",
        "pertanyaan_lain": "",
        "lainnya": "",
        "tempat": "",
        "tanggal": "2026-11-25",
        "jam": "14:00",
        "jumlah": "5000",
    }


@pytest.mark.parametrize("words", ["halo", "selamat pagi semuanya", "🙂", "x" * 5000])
def test_what_is_not_understood_is_asked_again(hotline: Site, words: str) -> None:
    trial = call(hotline, says(words), Press("1", hears="Sebutkan"))
    assert [d["why"] for d in data(trial, "input_rejected")] == ["not_understood"]
    assert data(trial, "sentence_understood")[0]["decision"] == "rejected"
    assert way(trial)[0] == "a:key:1"


@pytest.mark.parametrize(
    ("words", "sure", "question"),
    [
        ("berapa biaya KK", HALF, "Maksud Anda biaya KK benar? Tekan satu jika benar, dua jika salah."),
        ("biaya kucing tetangga", 1.0, "Maksud Anda biaya benar? Tekan satu jika benar, dua jika salah."),
        ("tentang KK", HALF, "Maksud Anda KK benar? Tekan satu jika benar, dua jika salah."),
        ("saya mau lapor", HALF, "Anda memilih lapor, benar? Tekan satu jika benar, dua jika salah."),
    ],
)
def test_what_is_half_understood_is_asked_in_words(hotline: Site, words: str, sure: float, question: str) -> None:
    trial = call(hotline, says(words, sure), Press("2", hears="benar?"), Press("1", hears="Sebutkan"))
    assert said(trial)[1] == question
    assert way(trial)[0] == "a:key:1"
    assert set(variables(trial).values()) <= {""}
    assert data(trial, "sentence_understood")[0]["decision"] == "confirm"


def test_where_certainty_is_high_a_likely_meaning_is_asked_about(hotline: Site, tmp_path: Path) -> None:
    strict = site(write(tmp_path), FLOW.replace("start: a\n", "start: a\npolicy: {certainty: tinggi}\n"))
    found = [data(call(at, says("biaya kucing")), "sentence_understood")[0] for at in (hotline, strict)]
    assert [f["decision"] for f in found] == ["accepted", "confirm"]
    assert found[0]["probability"] < HIGH_CERTAINTY


def test_what_is_confirmed_is_taken(hotline: Site) -> None:
    trial = call(hotline, says("berapa biaya KK", HALF), Say("ya", hears="benar?"))
    assert told(trial) == ["biaya"]
    assert {name: value for name, value in variables(trial).items() if value} == {
        "dokumen": "KK",
        "pertanyaan": "biaya",
    }


def test_an_emergency_is_asked_about_where_anything_else_is_passed_over(hotline: Site) -> None:
    trial = call(hotline, says("aduh pak cepetan deh rame banget orang teriak kebakaran gudang sebelah pabrik roti"))
    (found,) = data(trial, "sentence_understood")
    assert (found["slots"], found["decision"]) == ({"question": "darurat"}, "confirm")
    assert found["probability"] < 0.5


@pytest.mark.parametrize(
    ("script", "answers", "exits"),
    [
        ([says("syarat KK KTP"), Press("1", hears="benar?")], [], None),
        ([says("biaya KK")], ["biaya"], ["jawab:next"]),
        ([says("biaya PBB")], [], ["jawab:none"]),
        ([says("soal PBB")], ["pbb"], ["jawab:next"]),
        ([says("syarat PBB")], [], ["jawab:expired"]),
        ([says("biayanya"), Say("KK", hears="Dokumen")], ["biaya"], ["jawab:which_document", "jawab:next"]),
        ([says("tentang KK"), Say("biaya", hears="Apa")], ["biaya"], ["jawab:which_question", "jawab:next"]),
        ([says("tentang KK"), Press("2", hears="Apa")], ["biaya"], ["jawab:which_question", "jawab:next"]),
        ([says("biaya KK"), Say("kalau KTP", hears="lagi?")], ["biaya", "biaya"], ["jawab:next", "jawab:next"]),
    ],
)
def test_answers_to_what_was_understood(
    hotline: Site, script: list[Action], answers: list[str], exits: list[str] | None
) -> None:
    trial = call(hotline, *script)
    assert told(trial) == answers
    if exits:
        assert [taken for taken in way(trial) if taken.startswith("jawab:")] == exits


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("saya mau tanya syarat KTP sama KK", ("KK", "", "")),  # a key
        ("saya mau tanya biaya KTP sama KK", ("", "", "")),  # one answer for both
        ("saya mau tanya syarat bikin KTP", ("", "", "")),
        ("saya mau tanya biaya KTP dan syarat KK", ("KK", "syarat", "")),
        ("saya mau tanya syarat dan biaya KTP", ("", "biaya", "")),  # a key
        ("biaya KTP, syarat KK, sama syarat PBB", ("KK", "syarat", "PBB: syarat")),
        ("saya mau tanya biaya KTP sama KK sama PBB", ("PBB", "biaya", "")),
    ],
)
def test_what_is_asked_besides_is_left_to_answer_unless_it_has_the_same_answer(
    hotline: Site, words: str, left: tuple[str, str, str]
) -> None:
    found = variables(call(hotline, says(words)))
    assert tuple(found[name] for name in ("dokumen_lain", "pertanyaan_lain", "lainnya")) == left


def test_another_question_stays_until_its_document_is_named(hotline: Site) -> None:
    found = variables(call(hotline, says("biaya dan syaratnya"), Say("KTP", hears="Dokumen")))
    assert (found["dokumen_lain"], found["pertanyaan_lain"]) == ("KTP", "biaya")


def test_another_document_stays_until_one_is_named_anew(hotline: Site) -> None:
    keeps, changes = (
        call(hotline, says("soal KK sama PBB"), Say(words, hears="Apa tentang"))
        for words in ("syaratnya", "syarat KTP")
    )
    assert variables(keeps)["dokumen_lain"] == "PBB"
    assert (variables(changes)["dokumen"], variables(changes)["dokumen_lain"]) == ("KTP", "")


def test_names_are_said_as_the_vocabulary_has_them_spoken(hotline: Site) -> None:
    trial = call(hotline, says("tentang KK"))
    assert said(trial)[1] == "Apa tentang KK"
    texts = [use.text for use in hotline.prompts()]
    assert {"KK", "kecamatan", "pengaduan"} <= set(texts)
    assert "lapor" not in texts


def test_a_question_without_an_answer_is_in_the_record_in_words(hotline: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    trial = call(hotline, says("biaya PBB di kecamatan"))
    lines = [story.sentence(event.kind, event.data()) for event in trial.events]
    assert "there is no answer: biaya PBB" in lines
    assert any(line.startswith("understood: biaya PBB, tempat: kecamatan (9") for line in lines)


def test_of_two_answers_the_valid_one_is_told(hotline: Site) -> None:
    assert hotline.answer_about("PBB", "syarat", dt.date(2026, 1, 1)) == "pbb-lama"
    assert hotline.answer_about("", "lapor", dt.date(2026, 1, 1)) == "pbb"
    assert hotline.answer_about("", "syarat", dt.date(2026, 1, 1)) is None
    assert hotline.answer_about("", "", dt.date(2026, 1, 1)) is None


def test_a_menu_that_understands_asks_the_recogniser_for_sentences(hotline: Site) -> None:
    phrases = ("KTP dan KK", "KTP", "lapor", "cek tiket", "syarat KTP", "petugas", "bicara petugas")
    assert Sayings(phrases, sentences=True) in hotline.sayings()
    assert Sayings((), sentences=True) in hotline.sayings()


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ((FLOW, "understood: jawab", "understood: jawb"), "'understood' of step 'a' leads to 'jawb', which does not"),
        ((FLOW, "understood: jawab, follow_up: ya", "follow_up: ya"), "only together with 'understood'"),
        ((FLOW, "next: lagi, none: tiada,", "next: lagi,"), "write 'answer': the answer's name; or"),
        ((FLOW, "none: tiada", "answer: biaya, none: tiada"), "the answer is given, 'biaya'; remove this line"),
        ((VOCABULARY, VOCABULARY, "places: {kecamatan: [kecamatan]}"), "sentences are understood by kosakata.yaml"),
        ((VOCABULARY, "[darurat]", "[darurt]"), "'darurt' is not in this file; did you mean 'darurat'?"),
        ((VOCABULARY, "{lapor:", "{laporr:"), "'laporr' is not in this file; did you mean 'lapor'?"),
        ((ANSWERS, "KTP: [syarat]", "KTP: [syarat, biaya]"), "'biaya KTP' is answered by 'syarat-ktp', also on 2026-0"),
        ((ANSWERS, "{PBB: [],", "{PBBB: [],"), "'PBBB' is not in kosakata.yaml; did you mean 'PBB'?"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, change: tuple[str, str, str], problem: str) -> None:
    text, old, new = change
    assert old in text
    changed = text.replace(old, new)
    vocabulary, answers, flow = (changed if text is whole else whole for whole in (VOCABULARY, ANSWERS, FLOW))
    loaded = load(write(tmp_path, vocabulary, answers), flow)
    assert [str(p) for p in loaded.problems if problem in str(p)], "\n".join(map(str, loaded.problems))
    assert loaded.site is None


@pytest.mark.usefixtures("english")
def test_an_answer_by_what_was_understood_needs_a_menu_that_understands(tmp_path: Path) -> None:
    flow = steps("a: {type: answer, next: z, none: z, expired: z}")
    (problem,) = [p for p in load(write(tmp_path), flow).problems if p.severity == "error"]
    assert (
        problem.message == "this step goes by 'dokumen', which is never set; write 'understood' in the menu before it"
    )


def test_answers_with_intents_are_used_by_a_step_that_goes_by_them(tmp_path: Path) -> None:
    answers = ANSWERS + (
        "  tiada: {question: q, say: Halo., owner: o, valid_from: 2026-01-01, valid_until: 2027-12-31}\n"
    )
    unused = [p for p in load(write(tmp_path, answers=answers), FLOW).problems if "tiada" in p.message]
    assert len(unused) == 1
    assert "no flow uses" in unused[0].message or "tidak ada alur" in unused[0].message


def test_agents_are_reached_as_before(hotline: Site) -> None:
    trial = call(hotline, says("bicara petugas"), agents=(Agent("101", ("umum",)),))
    assert way(trial)[0] == "a:key:0"


@pytest.mark.usefixtures("english")
def test_the_story_tells_what_another_version_understood() -> None:
    kept = {"option": "", "slots": {"hospital": "RSUD"}, "probability": 0.9, "decision": "accepted"}
    assert story.sentence("sentence_understood", kept) == "understood: hospital: RSUD (90 %), accepted"
