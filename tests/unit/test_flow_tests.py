"""Tests of flows: what a script does and waits for, what is given, what is told of a failure."""

from __future__ import annotations

import asyncio
import re
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner
from flow_kit import english, site  # noqa: F401 - english is a fixture
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.channel import Call
from ivr.cli import main
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flow.steps import Play
from ivr.flowtests.model import AgentGiven, Given
from ivr.flowtests.reader import read_tests
from ivr.flowtests.runner import Result, Runner, coverage
from ivr.flowtests.words import REJECTED, WORDS
from ivr.settings import PROJECT, Settings, Speech
from tests.e2e.kit import voice

pytestmark = pytest.mark.usefixtures("english")
HOTLINE = """\
lines:
  1500123:
    title: Tes
    flow: utama
    hours: {week: {senin-jumat: 08:00-16:00}}
    after_hours: tutup
    surge: {say: Sedang sangat ramai.}
    gate: {}
blocklist: {say: Nomor Anda diblokir.}
queues:
  umum: {title: Umum, max_wait: 2m}
  lain: {title: Lain}
"""
FLOW = """\
flow: utama
start: menu
steps:
  menu:
    type: menu
    say: Untuk KTP, tekan satu. Untuk petugas, tekan nol.
    keys: {1: ktp, 2: nomor, 3: pesan, 4: pindah, 5: lapor, 6: tiket, 7: balik, 8: riwayat, "*": tagihan, 0: petugas}
    phrases: {1: [KTP], 0: [petugas]}
    failed: petugas
  ktp: {type: play, say: Bawalah kartu keluarga., next: menu}
  nomor: {type: input, say: Ketik nomor., into: nomor, min: 3, max: 3, confirm: "Nomor {nomor:digit}, benar?",
    next: periksa, failed: selesai}
  periksa:
    type: branch
    cases: [{when: "nomor == '123'", next: ktp}]
    otherwise: selesai
  pesan: {type: record, say: Sampaikan pesan., next: selesai, failed: menu}
  lapor: {type: ticket, kind: complaint, say: "Nomornya {tiket:digit}.", next: selesai, failed: petugas}
  tiket: {type: ticket_status, next: selesai, failed: petugas}
  balik: {type: callback, queue: umum, next: selesai, declined: menu, failed: petugas}
  riwayat:
    type: branch
    cases:
      - {when: panggilan(7) > 1, next: petugas}
      - {when: tiket_terbuka() > 0, next: tiket}
      - {when: telepon_balik() > 0, next: balik}
    otherwise: selesai
  tagihan: {type: lookup, query: pbb, into: {rp: rp}, next: sebut, not_found: menu, failed: petugas}
  sebut: {type: play, say: "Tagihan {rp:rupiah}.", next: kabar}
  kabar: {type: notify, to: piket, next: selesai}
  pindah: {type: transfer, to: "021500", answered: selesai, failed: menu}
  petugas: {type: queue, queue: umum, say: Mohon tunggu., keys: {9: pesan}, answered: selesai, timeout: selesai}
  selesai: {type: hangup, say: Terima kasih.}
"""
CLOSED = """\
flow: tutup
start: tutup
steps:
  tutup: {type: hangup, say: Kami tutup.}
"""
HEAD = "flow: utama\nat: 2026-11-24 10:00\n"


@pytest.fixture
def flows(tmp_path: Path) -> Site:
    return site(tmp_path, FLOW, CLOSED, hotline=HOTLINE)


def write(folder: Path, text: str, *, head: str = HEAD, name: str = "a.yaml") -> Path:
    file = folder / "tests" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(head + textwrap.dedent(text), encoding="utf-8")
    return file


def run(flows: Site, folder: Path, script: str, *, given_: str = "", head: str = HEAD) -> Result:
    """The result of one test with this script: lines without their dashes."""
    lines = [f"      - {line}" for line in textwrap.dedent(script).strip().splitlines()]
    more = [f"    {line}" for line in textwrap.dedent(given_).strip().splitlines()]
    file = write(folder, "\n".join(["tests:", "  T:", *more, "    call:", *lines]), head=head)
    read = read_tests([file], flows)
    assert not read.problems, "\n".join(map(str, read.problems))
    return Runner(flows, Settings()).run(read.tests[0])


PASSING = {
    "keys, and what is heard": "presses: 1\nhears: bawalah  KARTU\nstep: ktp\nstep: menu",
    "in any order until the next question": "step: menu\npresses: 1\nstep: menu\nhears: kartu keluarga",
    "words": "says: KTP\nstep: utama/ktp",
    "words half understood": "says_unclearly: petugas\nhears: Anda memilih petugas, benar\nsays: ya\nqueue: umum",
    "silence": "silent\nrejected: silence\nsilent: 2\nqueue: umum",
    "a key that is none": "presses: 9\nrejected: wrong_key",
    "a number and its variable": "presses: 2\npresses: 123\npresses: 1\nvariables: {nomor: '123'}\nhears: kartu",
    "a number key by key": "presses: 2\npresses: 1\npresses: 2\npresses: 3\nhears: Nomor satu dua tiga, benar?",
    "an agent": "presses: 0\nagent: 101\nhears: Terima kasih\nends: completed",
    "hanging up in a conversation": "presses: 0\nagent: 101\nwaits: 10s\nhangs_up\nends: caller_hung_up",
    "hanging up in a queue": "presses: 0\nqueue: umum\nhangs_up\nends: caller_hung_up",
    "a key during a prompt": "hears: Untuk KTP\nwaits: 1s\npresses: 1\nhears: kartu keluarga",
    "a message that is spoken": "presses: 3\nsays: Lampu mati.\nmessage\nends: completed",
    "a message ended by a key": "presses: 3\npresses: '#'\nmessage",
    "no message": "presses: 3\nsilent\nstep: menu",
    "a ticket": "presses: 5\nticket: complaint\nvariables: {tiket: '00000013'}\nhears: nol nol satu tiga",
    "a ticket of any kind": "presses: 5\nticket\nsays: ulangi\nhears: nol nol satu tiga\nsilent\nends: completed",
    "a callback": "presses: 7\npresses: 1\nhears: Untuk pagi hari\npresses: 1\ncallback: umum\nends: completed",
    "a callback in whatever queue": "presses: 7\nsays: ya\nsays: siang\ncallback\nhears: antara pukul sebelas",
    "a past that is none": "presses: 8\nends: completed",
    "a number that is refused": "presses: 4\ntransfer: 021500\nstep: menu",
}


@pytest.mark.parametrize("script", PASSING.values(), ids=PASSING)
def test_what_happens_passes(flows: Site, tmp_path: Path, script: str) -> None:
    assert run(flows, tmp_path, script).failure is None


AGAIN, OVER = "the caller was asked again before that", "the call ended before that"
FAILING = {
    "words that are not said": ("hears: Selamat datang", 6, AGAIN),
    "the old question is no answer to a key": ("presses: 1\nhears: kartu\nsays: KTP\nhears: Ketik nomor", 9, AGAIN),
    "another step": ("presses: 1\nstep: petugas", 7, AGAIN),
    "another queue": ("presses: 0\nqueue: lain", 7, OVER),
    "another value": ("presses: 2\npresses: 123\npresses: 1\nvariables: {nomor: '124'}", 9, AGAIN),
    "another end": ("presses: 0\nends: transferred", 7, OVER),
    "no message": ("presses: 3\nsilent\nmessage", 8, AGAIN),
    "an answer after the end": ("presses: 0\nhears: Terima kasih\npresses: 1", 8, OVER),
    "waiting beyond the end": ("presses: 0\nagent: 101\nwaits: 5m\nhangs_up", 8, OVER),
    "another kind of ticket": ("presses: 5\nticket: aspiration", 7, AGAIN),
    "another transfer": ("presses: 4\ntransfer: 021501", 7, AGAIN),
    "another rejection": ("silent\nrejected: wrong_key", 7, AGAIN),
}


@pytest.mark.parametrize(("script", "line", "why"), FAILING.values(), ids=FAILING)
def test_what_does_not_happen_fails_in_its_line(flows: Site, tmp_path: Path, script: str, line: int, why: str) -> None:
    failure = run(flows, tmp_path, script).failure
    assert failure
    assert failure.expected
    assert (failure.expected.line, failure.why) == (line, why)


GIVEN = {
    "the line is open": ("line: 1500123\nat: 2026-11-24 10:00", "step: menu"),
    "the line is closed": ("line: 1500123\nat: 2026-11-28 10:00", "hears: Kami tutup\nends: completed"),
    "the flow itself is never closed": ("at: 2026-11-28 10:00", "step: menu"),
    "the other agent": ("agents: 2", "presses: 0\nagent: 101"),
    "nobody is there": ("agents: 0", "presses: 0\nstep: selesai"),
    "the agent does not answer": (
        "agents: {101: {answers: tidak}}",
        "presses: 0\nqueue: umum\npresses: 9\nstep: pesan",
    ),
    "the agent is slow": ("agents: {101: {answers_after: 15s}}", "presses: 0\nwaits: 18s\nagent: 101"),
    "the agent transfers": ("agents: {77: {transfers: ya}}", "presses: 0\nagent: 77\nends: transferred"),
    "the agent of another queue": ("agents:\n  101: {queues: [lain]}\n  102:", "presses: 0\nagent: 102"),
    "others wait": (
        "waiting: {umum: 2}\nagents: {101: {talks: 10s}}",
        "presses: 0\nhears: nomor dua\nwaits: 20s\nhears: nomor satu\nagent: 101",
    ),
    "others wait in vain": (
        "waiting: {umum: 2}\nagents: {101: {answers: tidak}}",
        "presses: 0\nhears: antrean nomor tiga\nstep: selesai",
    ),
    "the transfer is answered": ("transfers: {021500: answered}", "presses: 4\nends: completed"),
    "speech is out of order": ("speech: tidak", "hears: Silakan gunakan tombol\nsays: KTP\nrejected: silence"),
    "the disk is full": ("room: tidak", "presses: 3\nstep: menu"),
    "a ticket that is answered": (
        "tickets: {00000013: {answer: Lampu menyala.}}",
        "presses: 6\npresses: 00000013\npresses: 1\nhears: sudah dijawab. Lampu menyala.",
    ),
    "a ticket in work": (
        "tickets: {00000013: in_work}",
        "presses: 6\npresses: 00000013\npresses: 1\nhears: sedang kami tangani",
    ),
    "another system answers": (
        "lookups: {pbb: {answer: {rp: 85000}}}",
        "presses: '*'\nhears: delapan puluh lima ribu rupiah\nnotify: piket\nvariables: {rp: '85000'}\nends: completed",
    ),
    "another system takes its time": (
        "lookups: {pbb: {answer: {rp: 85000}, takes: 5s}}",
        "presses: '*'\nhears: Mohon tunggu sebentar\nnotify: piket",
    ),
    "another system takes too long": (
        "lookups: {pbb: {answer: {rp: 85000}, takes: 1m}}",
        "presses: '*'\nhears: Mohon tunggu sebentar\nqueue: umum",
    ),
    "another system finds nothing": ("lookups: {pbb: not_found}", "presses: '*'\nstep: tagihan\nstep: menu"),
    "another system is dead": ("lookups: {pbb: failed}", "presses: '*'\nqueue: umum"),
    "another system is not given": ("", "presses: '*'\nqueue: umum"),
    "tickets cannot be kept": ("store: tidak", "presses: 5\nhears: belum dapat kami catat\nqueue: umum"),
    "the number called before": ("earlier_calls: [0.5, 6, 8]", "presses: 8\nqueue: umum"),
    "the number called long ago": ("earlier_calls: [3, 8]", "presses: 8\nends: completed"),
    "the caller's ticket is open": ("tickets: {00000013: open}", "presses: 8\nhears: nomor tiket Anda"),
    "the caller's ticket is answered": ("tickets: {00000013: answered}", "presses: 8\nends: completed"),
    "the past cannot be read": ("earlier_calls: [1, 1]\nstore: tidak", "presses: 8\nends: completed"),
    "a withheld number has no past": ("earlier_calls: [1, 1]\ncaller: anonymous", "presses: 8\nends: completed"),
    "the caller waits for a callback": (
        "called_back: [umum]",
        "presses: 8\nhears: sudah kami catat sebelumnya\npresses: 1\ncallback_cancelled\nstep: menu",
    ),
    "many wait for a callback": ("callbacks: {umum: 20}", "presses: 7\nhears: belum dapat\nqueue: umum"),
    "callbacks cannot be kept": ("store: tidak", "presses: 7\nhears: belum dapat menjanjikan\nqueue: umum"),
    "an announcement": ("announcement: Gempa bumi.", "hears: Gempa bumi\nstep: menu"),
    "an announcement instead": ("announcement: {say: Gempa., instead: ya}", "hears: Gempa\nends: announced"),
    "a blocked number": ("blocked: ya\nline: 1500123", "hears: Nomor Anda diblokir\nends: blocked"),
    "the caller's number": ("caller: 081234567890\nblocked: ya\nline: 1500123", "ends: blocked"),
    "a blocked number that is withheld": ("blocked: ya\ncaller: anonymous\nline: 1500123", "step: menu"),
    "a gate": ("gate: ya\nline: 1500123", "says: halo\nhears: Untuk KTP\nstep: menu"),
    "a gate and nobody": ("gate: ya\nline: 1500123", "silent: 2\nhears: Kami tidak mendengar Anda\nends: ghost"),
    "surge": ("surge: ya\nline: 1500123", "hears: Sedang sangat ramai\nstep: menu"),
}


@pytest.mark.parametrize(("so", "script"), GIVEN.values(), ids=GIVEN)
def test_what_is_given(flows: Site, tmp_path: Path, so: str, script: str) -> None:
    assert run(flows, tmp_path, script, given_=so).failure is None


def test_what_stands_at_the_head_holds_for_all_tests_and_can_be_replaced(flows: Site, tmp_path: Path) -> None:
    head = "line: 1500123\nat: 2026-11-28 10:00\n"
    assert run(flows, tmp_path, "hears: Kami tutup", head=head).failure is None
    assert run(flows, tmp_path, "step: menu", given_="flow: utama", head=head).failure is None
    assert run(flows, tmp_path, "step: menu", given_="at: 2026-11-27 10:00", head=head).failure is None


def test_words_are_understood_also_where_the_installation_has_keys_only(flows: Site, tmp_path: Path) -> None:
    file = write(tmp_path, "tests:\n  T: {call: [{says: KTP}, {step: ktp}]}")
    (test,) = read_tests([file], flows).tests
    assert Runner(flows, Settings(speech=Speech(servers=0))).run(test).failure is None


def test_a_mistake_in_the_flow_fails_the_test(tmp_path: Path) -> None:
    text = FLOW.replace("nomor == '123'", "1 / (angka(nomor) - 123) > 0")
    result = run(
        site(tmp_path, text, CLOSED, hotline=HOTLINE), tmp_path, "presses: 2\npresses: 123\npresses: 1\nstep: periksa"
    )
    assert result.failure
    assert result.failure.expected is None
    assert "a mistake in the flow" in result.failure.why


def test_the_steps_of_a_call_that_never_ends_count(
    flows: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(self: Play, call: Call) -> str:
        await asyncio.Event().wait()
        return "next"

    monkeypatch.setattr(Play, "run", hang)
    result = run(flows, tmp_path, "presses: 1\nstep: ktp")
    assert result.failure
    assert result.ways == {("utama", "menu", ""), ("utama", "menu", "key:1"), ("utama", "ktp", "")}


def test_a_caller_who_does_nothing_more_hangs_up(flows: Site, tmp_path: Path) -> None:
    result = run(flows, tmp_path, "presses: 1\nhears: kartu keluarga")
    assert ("utama", "ktp", "next") in result.ways
    assert result.story[-1][1].data()["reason"] == "caller_hung_up"  # type: ignore[union-attr]


def test_a_recording_is_heard_by_the_recogniser(flows: Site, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    voice.say(tmp_path / "tests" / "warga.wav", 0.5, "ka te pe")
    file = write(tmp_path, "tests:\n  T: {call: [{says_audio: warga.wav}, {hears: Bawalah kartu keluarga}]}")
    (test,) = read_tests([file], flows).tests
    assert Runner(flows, Settings()).run(test).failure is None
    deaf = Runner(flows, Settings(speech=Speech(model=tmp_path))).run(test).failure
    assert deaf
    assert "a recording is heard with a model only" in deaf.why


# --- mistakes in the tests themselves ---------------------------------------------------------------
WRONG = {
    "a word that is misspelt": ("- press: 1", "'press' is not known", "did you mean 'presses'?"),
    "a step that does not exist": ("- step: mneu", "there is no step 'mneu'", "did you mean 'menu'?"),
    "a queue that does not exist": ("- queue: umun", "there is no queue 'umun'", "did you mean 'umum'?"),
    "an agent who is not there": ("- agent: 102", "'102' is not among the 'agents'", "did you mean '101'?"),
    "a # without quotes": ("- presses: #", "the keys are missing", "presses: '#'"),
    "words that are no keys": ("- presses: KTP", "'KTP' are no keys of a telephone", "says"),
    "no value": ("- says", "'says' has no value", ""),
    "a value too many": ("- hangs_up: ya", "no value belongs here", ""),
    "two words in one": ("- hears: a\n        says: b", "one word with its value belongs here", "- presses: 1"),
    "nothing to be heard": ("- hears: …", "words that are heard belong here", ""),
    "no duration": ("- waits: lama", "'lama' is no duration", "30s"),
    "no number of times": ("- silent: banyak", "'banyak' is no number of times", ""),
    "a kind of ticket that there is not": (
        "- ticket: complain",
        "'complain' is no choice",
        "did you mean 'complaint'?",
    ),
    "an end that there is not": ("- ends: selesai", "'selesai' is no choice here", "did you mean 'completed'?"),
    "an end that no test can reach": ("- ends: engine_lost", "'engine_lost' is no choice here", ""),
    "a recipient that there is not": ("- notify: pikt", "no flow notifies 'pikt'", "did you mean 'piket'?"),
    "audio that is not there": ("- says_audio: x.wav", "there is no audio file", "x.wav"),
    "variables that are none": ("- variables: nomor", "a list of 'name: value' belongs here", ""),
}


@pytest.mark.parametrize(("line", "message", "cure"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_a_script_is_told_in_its_line(
    flows: Site, tmp_path: Path, line: str, message: str, cure: str
) -> None:
    file = write(tmp_path, f"tests:\n  T:\n    call:\n      - step: menu\n      {line}\n")
    read = read_tests([file], flows)
    (problem,) = read.problems
    assert (problem.file, problem.line, read.tests) == (str(file), 7, [])
    assert message in str(problem)
    assert cure in str(problem)


TRAPS = {
    "a field that is misspelt": ("flow: utama\nagens: 2\n", 2, "did you mean 'agents'?"),
    "a time that is none": ("flow: utama\nat: besok\n", 2, "write it like 2026-11-24 10:00"),
    "a time of the day alone": ("flow: utama\nat: 12:30\n", 2, "write it like 2026-11-24 10:00"),
    "no for a number": ("flow: utama\nagents: no\n", 2, "'no' is no number of agents"),
    "a line that there is not": ("line: 0800\nat: 2026-11-24 10:00\n", 1, "the number 0800 is not in hotline.yaml"),
    "a flow that there is not": ("flow: utma\nat: 2026-11-24 10:00\n", 1, "did you mean 'utama'?"),
    "a queue where nobody can wait": ("flow: utama\nwaiting: {umun: 2}\n", 2, "did you mean 'umum'?"),
    "a queue that there is not": ("flow: utama\nagents: {101: {queues: [umun]}}\n", 2, "did you mean 'umum'?"),
    "a field of an agent": ("flow: utama\nagents: {101: {talk: 1m}}\n", 2, "'talk' is not known here"),
    "a ticket number that is none": ("flow: utama\ntickets: {00000017: open}\n", 2, "did you mean 00000013?"),
    "a status that is none": ("flow: utama\ntickets: {00000013: opne}\n", 2, "did you mean 'open'?"),
    "a query that there is not": ("flow: utama\nlookups: {pbbb: failed}\n", 2, "did you mean 'pbb'?"),
    "an outcome that there is not": ("flow: utama\nlookups: {pbb: notfound}\n", 2, "did you mean 'not_found'?"),
    "the same field twice": (
        "flow: utama\nflow: tutup\nat: 2026-11-24 10:00\n",
        2,
        "'flow' is already there in line 1",
    ),
    "a tab": ("flow: utama\nagents:\n\t101:\n", 3, "tab"),
}


@pytest.mark.parametrize(("head", "line", "words"), TRAPS.values(), ids=TRAPS)
def test_a_mistake_in_what_is_given_is_told_in_its_line(
    flows: Site, tmp_path: Path, head: str, line: int, words: str
) -> None:
    read = read_tests([write(tmp_path, "tests:\n  T:\n    call: [{step: menu}]\n", head=head)], flows)
    problem = read.problems[0]
    assert problem.line == line
    assert words in str(problem)


@pytest.mark.parametrize(
    ("head", "tests", "line", "words"),
    [
        (HEAD, "tests:\n  T:\n    call: []", 5, "write how the call goes"),
        (HEAD, "tests:\n  T:\n    at: 2026-11-24 11:00", 4, "write how the call goes"),
        (HEAD, "tests:\n  T: {call: [silent]}\n  T: {call: [silent]}", 5, "'T' is already there in line 4"),
        (HEAD, "", 1, "'tests' is missing"),
        (HEAD, "tests: [a]", 3, "a list of 'name: value' belongs here"),
        ("", "tests:\n  T: {at: 2026-11-24 10:00, call: [silent]}", 2, "write 'line' (the number dialled) or 'flow'"),
        ("flow: utama\n", "tests:\n  T: {call: [silent]}", 3, "write when the call begins"),
        ("flow: utama\n", "tests:\n  T: {line: 1500123, flow: utama, call: [silent]}", 3, "write 'line'"),
    ],
)
def test_what_a_test_needs(flows: Site, tmp_path: Path, head: str, tests: str, line: int, words: str) -> None:
    (problem,) = read_tests([write(tmp_path, tests, head=head)], flows).problems
    assert problem.line == line
    assert words in str(problem)


_WORDS = st.sampled_from(
    ["flow", "line", "utama", "1500123", "at", "2026-11-24 10:00", "agents", "tests", "call", "101"]
)
_SCALARS = _WORDS | st.sampled_from(list(WORDS)) | st.none() | st.text(max_size=5) | st.integers(0, 200).map(str)
_ANYTHING = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_SCALARS, inner, max_size=3), max_leaves=12
)


@given(head=st.dictionaries(_WORDS, _ANYTHING, max_size=4), tests=_ANYTHING, script=_ANYTHING)
@settings(max_examples=150)
def test_whatever_is_written_is_read_or_reported(
    head: dict[str, object], tests: object, script: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "anything"
    folder.mkdir(exist_ok=True)
    flows = site(folder, FLOW, CLOSED, hotline=HOTLINE)
    whole = head | {"tests": {"T": {"call": script}, "U": tests}}
    file = write(folder, yaml.safe_dump(whole, allow_unicode=True), head="")
    read = read_tests([file], flows)
    assert bool(read.tests) != bool(read.problems)
    for test in read.tests:
        Runner(flows, Settings()).run(test)


# --- coverage ---------------------------------------------------------------------------------------
def test_coverage_counts_what_the_author_wrote(flows: Site, tmp_path: Path) -> None:
    found = {c.flow: c for c in coverage(flows, [run(flows, tmp_path, "presses: 1\nstep: menu")])}
    utama = found["utama"]
    assert utama.count(exits=False) == (2, 15)
    # menu 11, riwayat 4, balik, petugas and tagihan 3, ktp, sebut, kabar and selesai 1, the others 2; not what only a
    # fault would take
    assert utama.count(exits=True) == (2, 40)
    missing = [way[1:] for way in utama.missing()]
    assert ("nomor", "") in missing
    assert ("menu", "key:0") in missing
    assert ("nomor", "next") not in missing
    assert found["tutup"].count(exits=False) == (0, 1)


# --- the command ------------------------------------------------------------------------------------
@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flows: Site) -> Path:
    """An installation whose flows lie in the folder."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "sambung.toml").write_text(f'flows = "{tmp_path}"\n')
    monkeypatch.setenv("SAMBUNG_STATE", str(state))
    return tmp_path


def sambung(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)
    return result.exit_code, result.output


TWO = """\
tests:
  Baik: {call: [{presses: 1}, {hears: kartu keluarga}]}
  Buruk:
    call:
      - presses: 1
      - hears: kartu nama
"""


def test_a_failure_says_where_what_was_expected_and_what_happened(installed: Path) -> None:
    file = write(installed, TWO)
    code, output = sambung("test")
    assert code == 1
    told = ["✓ Baik", "✗ Buruk", f"{file}:8", "expected: the caller hears “kartu nama”", f"what happened: {AGAIN}"]
    told += [
        "nearly that: “kartu keluarga.”",
        "00:00 step menu (menu)",
        "☎ the caller presses 1",
        "» Bawalah kartu keluarga.",
    ]
    places = [output.index(words) for words in told]
    assert places == sorted(places)
    assert "1 test(s) passed, 1 failed; 2 turns" in output


def test_a_failure_is_told_in_indonesian(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    write(installed, "tests:\n  T: {call: [{presses: 0}, {ends: transferred}]}\n")
    output = sambung("test")[1]
    assert "seharusnya: panggilan berakhir: transferred (dialihkan)" in output
    assert "yang terjadi: panggilan berakhir sebelum itu" in output
    assert "panggilan berakhir: selesai" in output
    assert "0 uji lulus, 1 gagal; 1 giliran bicara" in output


@pytest.mark.parametrize("path", ["", "tests", "tests/a.yaml", "utama.yaml"])
def test_what_can_be_named(installed: Path, path: str) -> None:
    write(installed, TWO.replace("kartu nama", "kartu"))
    code, output = sambung("test", installed / path)
    assert code == 0
    assert "2 test(s) passed, 0 failed" in output


def test_only_tests_of_a_name(installed: Path) -> None:
    write(installed, TWO)
    code, output = sambung("test", "--only", "baik")
    assert (code, "Buruk" in output) == (0, False)
    assert "no test has 'x' in its name" in sambung("test", "--only", "x")[1]


def test_coverage_is_shown(installed: Path) -> None:
    write(installed, TWO)
    (line,) = [line for line in sambung("test")[1].splitlines() if "│ utama" in line]
    assert "2/15" in line
    assert "2/40" in line
    assert "menu key 2, menu key 3" in line


def test_junit(installed: Path) -> None:
    file = write(installed, TWO)
    sambung("test", "--junit", installed / "out.xml")
    (suite,) = ET.parse(installed / "out.xml").getroot()
    assert (suite.attrib["name"], suite.attrib["tests"], suite.attrib["failures"]) == (str(file), "2", "1")
    good, bad = suite
    assert (good.attrib["name"], list(good)) == ("Baik", [])
    (failure,) = bad
    assert failure.attrib["message"] == f"{file}:8"
    assert "kartu nama" in str(failure.text)


def test_mistakes_in_tests_are_told_like_those_in_flows(installed: Path) -> None:
    file = write(installed, TWO.replace("presses", "press"))
    write(installed, "", name="b.yml")
    code, output = sambung("test")
    assert code == 1
    assert f"{file}:4:" in output
    assert "error: 'press' is not known" in output
    assert "b.yml:1:1: error: is not read; rename it to b.yaml" in output


def test_check_of_a_file_of_tests(installed: Path) -> None:
    file = write(installed, TWO.replace("presses", "press"))
    code, output = sambung("check", file)
    assert code == 1
    assert f"{file}:4:" in output
    assert "2 error(s)" in output
    (installed / "utama.yaml").write_text(FLOW.replace("next: menu", "next: mneu"))
    assert "did you mean 'menu'?" in sambung("check", file)[1]


def test_without_tests_the_command_says_where_to_write_them(installed: Path) -> None:
    code, output = sambung("test")
    assert code == 1
    assert f"write them in {installed}/tests/*.yaml" in output


def test_flows_that_are_wrong_are_not_tested(installed: Path) -> None:
    write(installed, TWO)
    (installed / "utama.yaml").write_text(FLOW.replace("next: menu", "next: mneu"))
    code, output = sambung("test")
    assert code == 1
    assert "did you mean 'menu'?" in output


# --- the page for those who write tests ---------------------------------------------------------------
PAGE = (PROJECT / "docs" / "flow-tests.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_passes(tmp_path: Path) -> None:
    loaded = load_site(PROJECT / "ivr" / "flows").site
    assert loaded
    example = PAGE.split("```yaml\n")[1].split("```")[0]
    read = read_tests([write(tmp_path, example, head="")], loaded)
    runner = Runner(loaded, Settings())
    assert len(read.tests) == 2
    assert [runner.run(test).failure for test in read.tests] == [None, None]


@pytest.mark.parametrize("word", [*WORDS, *Given.model_fields, *AgentGiven.model_fields, *REJECTED])
def test_the_page_tells_of_every_word_in_both_languages(word: str) -> None:
    first, second = PAGE.split("# Flow tests")
    assert re.search(rf"\b{word}\b", first)
    assert word in REJECTED or re.search(rf"`{word}[`:]", second)
