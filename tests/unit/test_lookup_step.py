"""lookup: what a caller hears while another system is asked, and what becomes of its answer."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from flow_kit import (
    HOTLINE,
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.flow.loader import Loaded, load_site
from ivr.flow.model import Site
from ivr.settings import PROJECT, Settings, load_settings
from ivr.sim.call import Trial
from ivr.sim.caller import HangUp, Press
from ivr.sim.others import SimAnswer, SimLookups

ANSWER = {"warga": {"nama": "Budi", "umur": 41, "nomor": "0800", "aktif": True, "gelar": None}, "tagihan": [{"rp": 5}]}


def asking(folder: Path, into: str = "", *, more: str = "") -> Site:
    return site(
        folder,
        steps(
            f"""
            a:
              type: lookup
              query: penduduk
              values: {{nik: = line, jenis: ktp}}
              into: {{{into}}}
              timeout: 5s
              meanwhile: Sebentar.
              {more}
              next: z
              not_found: k
              failed: p
            k: {{type: hangup, say: Tidak ada.}}
            p: {{type: hangup, say: Petugas.}}
            """
        ),
    )


def ask(asked: Site, *script: Any, **given: Any) -> Trial:
    return call(asked, *script, lookups=SimLookups({"penduduk": SimAnswer(**given)}))


def test_fields_of_the_answer_become_variables(tmp_path: Path) -> None:
    into = "nama: warga.nama, umur: warga.umur, nomor: warga.nomor:angka, aktif: warga.aktif, rp: tagihan.0.rp:teks"
    trial = ask(asking(tmp_path, into), answer=ANSWER)
    assert {(d["name"], d["value"]) for d in data(trial, "variable_set")} == {
        ("nama", "Budi"), ("umur", "41"), ("nomor", "800"), ("aktif", "ya"), ("rp", "5")
    }  # fmt: skip
    assert (said(trial), way(trial)[0]) == (["Selamat tinggal."], "a:next")
    assert data(trial, "lookup_ended") == [{"query": "penduduk", "exit": "next", "seconds": 0.0, "problem": ""}]


@pytest.mark.parametrize(
    ("field", "value"),
    [("warga.gelar?", ""), ("warga.tidak.ada?", ""), ("tagihan.3.rp?:angka", ""), ("warga.umur?:teks", "41")],
)
def test_what_may_be_missing_is_empty_then(tmp_path: Path, field: str, value: str) -> None:
    trial = ask(asking(tmp_path, f"x: {field}"), answer=ANSWER)
    assert data(trial, "variable_set") == [{"name": "x", "value": value}]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("warga.gelar", "the answer has no value warga.gelar"),
        ("warga", "the answer has no value warga"),
        ("tagihan.7.rp", "the answer has no value tagihan.7.rp"),
        ("tagihan.rp", "the answer has no value tagihan.rp"),
        ("warga.nama:angka", "warga.nama is not a number"),
    ],
)
def test_an_answer_that_is_not_as_expected_is_a_failure(tmp_path: Path, field: str, problem: str) -> None:
    trial = ask(asking(tmp_path, f"ada: warga.nama, x: {field}"), answer=ANSWER)
    assert data(trial, "lookup_ended")[0] == {"query": "penduduk", "exit": "failed", "seconds": 0.0, "problem": problem}
    assert (said(trial), data(trial, "variable_set")) == (["Petugas."], [])


def test_a_text_that_is_much_too_long_is_a_failure(tmp_path: Path) -> None:
    trial = ask(asking(tmp_path, "x: n"), answer={"n": "a" * 1001})
    assert way(trial)[0] == "a:failed"


@pytest.mark.parametrize(
    ("given", "heard"),
    [
        ({"answer": ANSWER, "seconds": 0.5}, ["Selamat tinggal."]),
        ({"answer": ANSWER, "seconds": 4}, ["Sebentar.", "Selamat tinggal."]),
        ({"answer": None}, ["Tidak ada."]),
        ({"answer": None, "seconds": 2}, ["Sebentar.", "Tidak ada."]),
        ({"fails": True}, ["Petugas."]),
        ({"answer": ANSWER, "seconds": 60}, ["Sebentar.", "Petugas."]),
    ],
    ids=["quick", "slow", "nothing found", "nothing found, slowly", "dead", "too slow"],
)
def test_what_the_caller_hears(tmp_path: Path, given: dict[str, Any], heard: list[str]) -> None:
    assert said(ask(asking(tmp_path, "x: warga.nama"), **given)) == heard


def test_nobody_waits_longer_than_the_timeout(tmp_path: Path) -> None:
    (ended,) = data(ask(asking(tmp_path), seconds=60), "lookup_ended")
    assert ended["seconds"] == 5.0


def test_music_plays_until_the_answer_is_there(tmp_path: Path) -> None:
    trial = ask(asking(tmp_path, "x: warga.nama"), answer=ANSWER, seconds=4)
    assert trial.commands == ["answer", "play", "hold", "play"]
    (ended,) = data(trial, "lookup_ended")
    assert ended["seconds"] == 4.0


def test_without_words_there_is_music_only(tmp_path: Path) -> None:
    flow = steps("a: {type: lookup, query: penduduk, meanwhile: '', next: z, not_found: z, failed: z}")
    assert ask(site(tmp_path, flow), seconds=4).commands == ["answer", "hold", "play"]


def test_who_hangs_up_is_no_longer_asked_for(tmp_path: Path) -> None:
    trial = ask(asking(tmp_path), HangUp(hears="Sebentar", after=0.2), answer=ANSWER, seconds=4)
    assert trial.reason == "caller_hung_up"
    assert data(trial, "lookup_ended") == []


def test_a_key_pressed_meanwhile_answers_the_next_question(tmp_path: Path) -> None:
    menu = """
    a: {type: lookup, query: penduduk, next: m, not_found: m, failed: m, meanwhile: Sebentar.}
    m: {type: menu, say: Tekan satu., keys: {1: z}, failed: a}
    """
    trial = ask(site(tmp_path, steps(menu)), Press("1", hears="Sebentar", after=0.2), answer=ANSWER, seconds=4)
    assert way(trial) == ["a:next", "m:key:1", "z:end"]


def test_what_is_asked_with_a_secret_is_secret(tmp_path: Path) -> None:
    flow = steps(
        """
        n: {type: input, say: NIK., into: nik, min: 3, max: 3, secret: ya, next: a, failed: a}
        a:
          type: lookup
          query: penduduk
          values: {nik: = nik}
          into: {nama: nama}
          next: z
          not_found: z
          failed: z
        """,
        start="n",
    )
    trial = ask(site(tmp_path, flow), Press("357", hears="NIK"), answer={"nama": "Budi"})
    assert {"name": "nama", "value": "•"} in data(trial, "variable_set")
    assert "Budi" not in str([event.data() for event in trial.events])


def test_an_answer_can_be_declared_secret(tmp_path: Path) -> None:
    trial = ask(asking(tmp_path, "nama: warga.nama", more="secret: ya"), answer=ANSWER)
    assert data(trial, "variable_set") == [{"name": "nama", "value": "•"}]


def test_values_are_worked_out_before_they_are_sent(tmp_path: Path) -> None:
    asked: list[Any] = []

    class Listening(SimLookups):
        async def ask(self, query: str, values: Any, timeout: float) -> Any:
            asked.append((query, values, timeout))
            return {}

    call(asking(tmp_path), lookups=Listening())
    assert asked == [("penduduk", {"nik": "1500123", "jenis": "ktp"}, 5.0)]


def test_a_value_that_cannot_be_worked_out_leads_to_failed(tmp_path: Path) -> None:
    flow = steps(
        """
        a: {type: lookup, query: q, values: {n: = bahasa + 1}, next: z, not_found: z, failed: p}
        p: {type: hangup, say: Petugas.}
        """
    )
    assert said(call(site(tmp_path, flow))) == ["Petugas."]


# --- what is written wrongly ------------------------------------------------------------------------
SETTINGS = """
[connections.pbb]
database = "/srv/pbb.db"
[queries.tagihan]
connection = "pbb"
sql = "SELECT rp FROM tagihan WHERE nop = :nop AND tahun = :tahun"
[recipients.piket]
mail_to = ["piket@kota.example"]
"""
WHOLE = "query: tagihan, values: {nop: '1', tahun: '2'}"


def checked(folder: Path, step: str) -> Loaded:
    (folder / "sambung.toml").write_text(SETTINGS)
    load(folder, steps(step))
    return load_site(folder, read_settings=lambda: load_settings(folder))


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("step", "at", "told"),
    [
        ("query: tagihn", "tagihn", "writes it below [queries.tagihn]; did you mean 'tagihan'?"),
        ("query: tagihan, values: {nop: '1'}", "tagihan", "'tagihan' needs 'tahun' in 'values'"),
        ("query: tagihan, values: {nop: '1', tahn: '2'}", "tahn", "does not use 'tahn'; did you mean 'tahun'?"),
        ("query: tagihan, values: {nop: '1', tahun: = thun}", "thun", "the variable 'thun' is never set"),
        (f"{WHOLE}, into: {{x: a..b}}", "a..b", "is no field of an answer"),
        (f"{WHOLE}, into: {{x: rp:rupiah}}", "rp:rupiah", "is no field of an answer"),
        (f"{WHOLE}, into: {{x y: rp}}", "x y", "'x y'"),
        ("query: tagihan, values: {Nop-1: '1'}", "Nop-1", "'Nop-1'"),
        (f"{WHOLE}, timeout: 2m", "2m", "60"),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_place_and_cure(tmp_path: Path, step: str, at: str, told: str) -> None:
    line = f"a: {{type: lookup, {step}, next: z, not_found: z, failed: z}}"
    (problem,) = [p for p in checked(tmp_path, line).problems if p.severity == "error"]
    assert told in str(problem)
    assert (Path(problem.file).name, problem.line, problem.column) == ("utama.yaml", 4, line.index(at) + 3)


@pytest.mark.usefixtures("english")
def test_an_unknown_recipient_is_told(tmp_path: Path) -> None:
    (problem,) = checked(tmp_path, "a: {type: notify, to: pikt, next: z}").problems
    assert "[recipients.pikt]; did you mean 'piket'?" in str(problem)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("more", "warned"),
    [("timeout: 11s, meanwhile: ''", True), ("timeout: 10s, meanwhile: ''", False), ("timeout: 60s", False)],
)
def test_a_long_wait_without_a_word_is_a_warning(tmp_path: Path, more: str, warned: bool) -> None:
    step = f"a: {{type: lookup, {WHOLE}, {more}, next: z, not_found: z, failed: z}}"
    found = [p for p in checked(tmp_path, step).problems if "without a word" in p.message]
    assert bool(found) == warned
    assert all(p.severity == "warning" for p in found)


def test_settings_are_read_only_where_they_are_needed(tmp_path: Path) -> None:
    def read() -> Settings:
        raise AssertionError

    load(tmp_path, steps("a: {type: play, say: Halo., next: z}"))
    assert load_site(tmp_path, read_settings=read).site


# --- the page -----------------------------------------------------------------------------------------
def test_the_examples_of_the_page_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (PROJECT / "docs" / "connections.md").read_text()
    blocks = re.findall(r"```(toml|yaml)\n(.*?)```", page, re.DOTALL)
    (tmp_path / "sambung.toml").write_text("".join(text for kind, text in blocks if kind == "toml"))
    monkeypatch.setenv("SAMBUNG_RECIPIENTS_DINAS_SECRET", "d" * 32)
    settings = load_settings(tmp_path)
    flow, step = (text for kind, text in blocks if kind == "yaml")
    load(tmp_path, flow, hotline=HOTLINE.replace("utama", "tagihan"))
    loaded = load_site(tmp_path, read_settings=lambda: settings)
    assert loaded.problems == []
    assert loaded.site
    bill = SimAnswer({"tagihan": [{"jumlah": 85000, "jatuh_tempo": "2026-11-30"}]}, seconds=2)
    trial = call(loaded.site, Press("1" * 18, hears="Ketik"), lookups=SimLookups({"tagihan-pbb": bill}))
    assert way(trial) == ["tanya-nop:next", "cari:next", "sebut:end"]
    assert "Mohon tunggu sebentar" in said(trial)[1]
    before = "isi: {type: set, values: {keperluan: a, lokasi: b, nik: c}, next: beri-tahu}\n"
    flow = f"{before}{step}petugas: {{type: hangup, say: Ya.}}\n"
    (tmp_path / "tagihan.yaml").write_text(f"flow: tagihan\nstart: isi\nsteps:\n{textwrap.indent(flow, '  ')}")
    assert load_site(tmp_path, read_settings=lambda: settings).problems == []
