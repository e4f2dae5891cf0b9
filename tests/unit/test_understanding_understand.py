"""From sentences to the options of a menu and to slots; the command."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ivr.channel import Hypothesis
from ivr.cli import main
from ivr.flow.loader import load_site
from ivr.settings import PROJECT
from ivr.speech.lexicon import Lexicon
from ivr.speech.understanding.certainty import Certainty
from ivr.speech.understanding.interpreter import Interpreter
from ivr.speech.understanding.understand import Understanding
from ivr.understood import Decision, Understood

FLOWS = PROJECT / "ivr" / "flows"
WORDS = ["bukan", "tapi", "KTP", "KK", "syarat", "berapa", "besok", "jam", "dua", "setengah", "juta", "di mana"]
TODAY = dt.date(2026, 11, 26)
OPTIONS = (
    ("syarat KTP", "KTP"),
    ("syarat kartu keluarga", "KK"),
    ("pengaduan", "keluhan"),
    ("menu utama", "kembali [ke awal]"),
    ("pajak", "PBB", "bayar pajak"),
)


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    site = load_site(FLOWS).site
    assert site is not None
    return site.interpreter.at(OPTIONS)


def understood(understanding: Understanding, text: str) -> Understood:
    return understanding.sentence(text, TODAY)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("mau tanya persyaratan KTP", "syarat KTP"),
        ("KTP", "syarat KTP"),
        ("berapa biaya KTP", None),
        ("KK syaratnya apa", "syarat kartu keluarga"),
        ("saya mau lapor jalan berlubang", "pengaduan"),
        ("kembali ke awal dong", "menu utama"),
        ("soal pajak", "pajak"),
        ("bayar pajak bumi", "pajak"),
        ("nomor wajib pajak", None),
        ("pajak penghasilan", None),
        ("saya mau bayar pajak penghasilan", None),
        ("pajak hotel", None),
        ("pajak dividen", None),
        ("pajak rumah", "pajak"),
        ("pajak motor", None),
        ("bayar pajak kendaraan", None),
        ("cara bayar BPJS", None),
        ("pajak untuk STNK", None),
        ("mau bayar pajak", "pajak"),
        ("halo", None),
    ],
)
def test_the_option_that_is_meant(understanding: Understanding, text: str, intent: str | None) -> None:
    found = understood(understanding, text)
    assert found.intent == intent
    assert (found.decision is Decision.REJECT) == (text in ("halo", "pajak dividen"))


def test_what_names_half_of_two_options_is_none_of_them(understanding: Understanding) -> None:
    found = understood(understanding, "syaratnya apa")
    assert (found.intent, found.slots, found.decision) == (None, {"question": "syarat"}, Decision.ACCEPT)


def test_what_names_half_of_one_option_is_less_sure(understanding: Understanding) -> None:
    half, whole = understood(understanding, "kartu keluarga"), understood(understanding, "syarat kartu keluarga")
    assert half.intent == whole.intent == "syarat kartu keluarga"
    assert half.probability < whole.probability


def test_who_says_the_words_of_two_options_is_asked(understanding: Understanding) -> None:
    assert understood(understanding, "saya mau mengadu soal petugas pajak").decision is not Decision.ACCEPT


def test_an_option_is_named_by_its_first_phrase_at_its_plainest() -> None:
    site = load_site(FLOWS).site
    assert site is not None
    menu = site.interpreter.at((("[saya] (mau|ingin) buat KTP",), ("[tolong] matikan lampu",)))
    assert understood(menu, "buat KTP").intent == "mau buat KTP"
    assert understood(menu, "matikan lampu").intent == "matikan lampu"


@pytest.mark.parametrize("text", ["izin IMB", "izin imbe", "izin i em be", "perizinan imbe dong"])
def test_a_word_is_known_as_it_is_written_and_as_it_is_said(text: str) -> None:
    site = load_site(FLOWS).site
    assert site is not None
    interpreter = Interpreter(site.vocabulary, Lexicon({"IMB": "(i em be|imbe)"}))
    menu = interpreter.at((("[urus] izin IMB",), ("izin usaha",)))
    found = understood(menu, text)
    assert (found.intent, found.slots["document"]) == ("izin IMB", "IMB")


def test_slots(understanding: Understanding) -> None:
    found = understood(understanding, "besok jam dua siang saya bisa ambil KTP di kecamatan, bayar lima ribu rupiah?")
    assert found.slots["document"] == "KTP"
    assert found.slots["place"] == "kecamatan"
    assert found.slots["date"] == "2026-11-27"
    assert found.slots["time"] == "14:00"
    assert found.slots["amount"] == 5000


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("bulan depan", "date", "2026-12-01/2026-12-31"),
        ("jam dua", "time", ["02:00", "14:00"]),
        ("setengah juta rupiah", "amount", 500_000),
        ("sembilan puluh menit", "duration", "PT90M"),
        ("tiga bulan", "duration", "P3M"),
        ("tiga puluh detik", "duration", "PT30S"),
        ("dua koma lima persen", "percent", 2.5),
    ],
)
def test_values_are_plain(understanding: Understanding, text: str, slot: str, value: object) -> None:
    assert understood(understanding, text).slots[slot] == value


def test_hypotheses_that_mean_the_same_count_together(understanding: Understanding) -> None:
    heard = [Hypothesis("syarat KK", 0.4), Hypothesis("syarat KTP", 0.3), Hypothesis("persyaratan KTP", 0.3)]
    found = understanding.best(heard, TODAY)
    assert found.intent == "syarat KTP"
    assert found.text == "syarat KTP"
    assert (round(found.confidence, 3), found.probability > 0.5) == (0.6, True)
    assert found.decision is Decision.CONFIRM


def test_what_is_rejected_names_nothing(understanding: Understanding) -> None:
    found = understanding.best([Hypothesis("syarat KTP besok", 0.2), Hypothesis("", 0.8)], TODAY)
    assert (found.intent, found.decision, found.slots) == (None, Decision.REJECT, {"date": "2026-11-27"})
    assert (found.confidence, found.probability > 0) == (0.2, True)


def test_a_document_that_was_heard_is_taken_by_its_probability_and_a_written_one_at_its_word() -> None:
    written, surely, hardly = (
        at_a_free_menu().best([Hypothesis("paspor", confidence)], TODAY) for confidence in (1.0, 0.99, 0.6)
    )
    assert (written.decision, surely.decision, hardly.decision) == (Decision.ACCEPT, Decision.ACCEPT, Decision.CONFIRM)
    assert surely.probability > hardly.probability
    assert {"document": "paspor"} == written.slots == surely.slots == hardly.slots


def test_the_probability_of_a_document_alone_is_that_it_is_this_one() -> None:
    plain, unclear = (understood(at_a_free_menu(), text) for text in ("paspor", "paspor abang tetangga sebelah rumah"))
    assert plain.slots == unclear.slots == {"document": "paspor"}
    assert plain.probability == unclear.probability == Certainty.read().document


def test_silence_that_is_certain_makes_no_writing_of_the_rest() -> None:
    silence, heard = Hypothesis("", 1.0), Hypothesis("biaya", 0.9)
    assert at_a_free_menu().best([silence, heard], TODAY) == at_a_free_menu().best([heard], TODAY)


def test_a_question_that_was_heard_without_its_document_is_less_likely_than_in_writing() -> None:
    written, heard = (at_a_free_menu().best([Hypothesis("biaya", sure)], TODAY).probability for sure in (1.0, 0.9))
    assert heard < written - 0.1


@given(said=st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=12))
def test_any_text_is_understood_or_not(understanding: Understanding, said: list[str]) -> None:
    found = understood(understanding, " ".join(said))
    assert 0 <= found.probability <= 1
    assert json.loads(json.dumps(found.slots)) == found.slots
    assert (found.decision is Decision.REJECT) == (found.probability < 0.5)


@given(
    heard=st.lists(
        st.tuples(
            st.lists(st.sampled_from([*WORDS, "lapor", "pajak"]), max_size=6).map(" ".join)
            | st.sampled_from([phrase for of_key in OPTIONS for phrase in of_key]),
            st.floats(0, 1),
        ),
        max_size=5,
    )
)
def test_whatever_was_heard_is_understood_or_not(heard: list[tuple[str, float]]) -> None:
    found = at_a_free_menu().best([Hypothesis(*each) for each in heard], TODAY)
    assert 0 <= found.probability <= 1
    assert 0 <= found.confidence <= 1
    assert found.intent is None or found.intent in {"syarat KTP", "syarat kartu keluarga", *(o[0] for o in OPTIONS[2:])}
    if found.decision is Decision.REJECT:
        assert found.intent is None
        assert not {"document", "question"} & found.slots.keys()


@cache
def at_a_free_menu() -> Understanding:
    site = load_site(FLOWS).site
    assert site is not None
    return site.interpreter.at(OPTIONS, freely=True)


def test_what_may_be_an_emergency_after_all_is_asked_about() -> None:
    lost, missing = (at_a_free_menu().sentence(text, TODAY) for text in ("KTP saya hilang", "KTP anak saya hilang"))
    assert (lost.decision, missing.decision) == (Decision.ACCEPT, Decision.CONFIRM)
    assert lost.slots == missing.slots


def test_no_hypothesis_means_nothing() -> None:
    assert at_a_free_menu().best([], TODAY) == Understood("", None, {}, 0.0, Decision.REJECT, 0.0)


def test_phrases_and_sentences_that_mean_the_same_count_together() -> None:
    heard = [Hypothesis("keluhan", 0.4), Hypothesis("syarat KTP", 0.3), Hypothesis("saya mau melapor", 0.3)]
    found = at_a_free_menu().best(heard, TODAY)
    assert (found.intent, round(found.confidence, 3), found.decision) == ("pengaduan", 0.7, Decision.ACCEPT)


def test_a_text_without_end_is_cut(understanding: Understanding) -> None:
    found = understood(understanding, "bukan KTP KK " * 100_000 + "syarat")
    assert found.slots == {}
    assert len(found.text) > 1_000_000


# --- the command ------------------------------------------------------------------------------------
def run(*args: str, sentences: str = "", folder: Path = FLOWS) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["understand", "--flows", str(folder), *args], input=sentences)
    return result.exit_code, result.output


def test_one_line_for_each_sentence() -> None:
    code, output = run(
        *("--flow", "halo-kota", "--state", "menu-utama", "--today", "2026-11-26"),
        sentences="Mohon info syarat bikin KTP\n\n  besok  \n",
    )
    assert code == 0
    first, second = map(json.loads, output.splitlines())
    assert first == {
        "text": "Mohon info syarat bikin KTP",
        "intent": None,
        "slots": {"document": "KTP", "question": "syarat"},
        "probability": first["probability"],
        "decision": "accept",
    }
    assert first["probability"] > 0.95
    assert second == {
        "text": "besok",
        "intent": None,
        "slots": {"date": "2026-11-27"},
        "probability": 0.0,
        "decision": "reject",
    }


def test_the_command_knows_how_the_flows_say_words(tmp_path: Path) -> None:
    flow = (FLOWS / "halo-kota.yaml").read_text()
    shutil.copytree(FLOWS, tmp_path, dirs_exist_ok=True)
    (tmp_path / "halo-kota.yaml").write_text(flow.replace("\nsteps:", "\ndiucapkan: {PBB: pebebe}\nsteps:", 1))
    code, output = run("--flow", "halo-kota", "--state", "menu-utama", sentences="bayar pebebe", folder=tmp_path)
    assert (code, json.loads(output)["slots"]["document"]) == (0, "PBB")


def test_at_a_confirm_step_it_is_yes_no_or_neither() -> None:
    sentences = "mau dong\nnggak usah\ntidak tahu\n"
    code, output = run("--flow", "halo-kota", "--state", "pengaduan-sibuk", sentences=sentences)
    assert code == 0
    found = [json.loads(line) for line in output.splitlines()]
    assert [(line["intent"], line["decision"]) for line in found] == [
        ("ya", "accept"),
        ("tidak", "accept"),
        (None, "reject"),
    ]


@pytest.mark.parametrize(("certainty", "decision"), [("biasa", "accept"), ("tinggi", "confirm")])
def test_the_command_knows_how_sure_a_step_must_be(tmp_path: Path, certainty: str, decision: str) -> None:
    flow = (FLOWS / "halo-kota.yaml").read_text()
    shutil.copytree(FLOWS, tmp_path, dirs_exist_ok=True)
    changed = flow.replace("\npolicy:\n", f"\npolicy:\n  certainty: {certainty}\n", 1)
    (tmp_path / "halo-kota.yaml").write_text(changed)
    code, output = run("--flow", "halo-kota", "--state", "menu-utama", sentences="biaya kucing", folder=tmp_path)
    assert (code, json.loads(output)["decision"]) == (0, decision)


@pytest.mark.parametrize(
    ("flow", "state", "message"),
    [
        ("halo-kotta", "menu-utama", "there is no flow 'halo-kotta'; did you mean 'halo-kota'?"),
        ("halo-kota", "menu-utma", "there is no step 'menu-utma' in halo-kota.yaml; did you mean 'menu-utama'?"),
        ("halo-kota", "salam", "nothing is chosen in words at step 'salam'; but here: menu-utama, ada-lagi"),
    ],
)
def test_a_wrong_name_is_told(monkeypatch: pytest.MonkeyPatch, flow: str, state: str, message: str) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    code, output = run("--flow", flow, "--state", state)
    assert code == 1
    assert message in output


def test_a_program_may_ask_and_wait() -> None:
    arguments = ["understand", "--flow", str(FLOWS / "halo-kota.yaml"), "--state", "menu-utama"]
    with subprocess.Popen(
        [sys.executable, "-c", "from ivr.cli import main; main()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    ) as program:
        assert program.stdin
        assert program.stdout
        for text in ("PBB", "petugas"):
            program.stdin.write(f"{text}\n")
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["text"] == text
        program.stdin.close()
        assert program.wait(30) == 0
