"""Loading a folder: everything wrong is told at its place, in one go; what is right becomes a site."""

from pathlib import Path

import pytest
from flow_kit import HOTLINE, TUESDAY, english, load, site, steps  # noqa: F401 - english is a fixture

from ivr.flow.loader import load_site
from ivr.flow.steps import Menu
from ivr.flow.steps import Queue as QueueStep
from ivr.settings import PROJECT

pytestmark = pytest.mark.usefixtures("english")


def told(folder: Path, *flows: str, hotline: str = HOTLINE) -> list[str]:
    """Problems as "file:line:column: message"."""
    problems = load(folder, *flows, hotline=hotline).problems
    return [str(p).removeprefix(f"{folder}/").replace(": error", "").replace(": warning", "") for p in problems]


GOOD = steps("a: {type: play, say: Halo., next: z}")


def test_the_flows_that_come_with_sambung_are_right() -> None:
    loaded = load_site(PROJECT / "ivr" / "flows", TUESDAY.date())
    assert loaded.problems == []
    assert loaded.site is not None
    assert {name for name in loaded.site.sources if "/" not in name} == {
        "hotline.yaml",
        "halo-kota.yaml",
        "di-luar-jam.yaml",
        "layanan.yaml",
        "jawaban.yaml",
        "pengaduan.yaml",
        "darurat.yaml",
        "pesan-suara.yaml",
        "kosakata.yaml",
    }
    assert "answers/kependudukan.yaml" in loaded.site.sources


def test_a_site_holds_what_the_files_say(tmp_path: Path) -> None:
    loaded = site(tmp_path, GOOD)
    assert loaded.lines["1500123"].flow == "utama"
    assert loaded.queues["umum"].max_wait == 120
    assert loaded.flows["utama"].start == "a"
    assert loaded.sources["utama.yaml"] == GOOD.encode()
    assert [(p.text, p.where) for p in loaded.prompts()] == [
        ("Halo.", "utama.yaml: a"),
        ("Selamat tinggal.", "utama.yaml: z"),
        (loaded.blocklist.say, "hotline.yaml: blocklist"),
    ]


def test_policy_and_queue_fill_in_what_a_step_leaves_out(tmp_path: Path) -> None:
    flow = steps(
        """
        a: {type: menu, say: Petugas tekan satu., keys: {1: q}, failed: q, tries: 5}
        q: {type: queue, queue: umum, answered: z, timeout: z, max_wait: 30s}
        """,
        constants="policy: {tries: 2, timeout: 9s, silence: Halo?}\n",
    )
    loaded = site(tmp_path, flow).flows["utama"].steps
    menu, queue = loaded["a"], loaded["q"]
    assert isinstance(menu, Menu)
    assert isinstance(queue, QueueStep)
    assert (menu.tries, menu.timeout, menu.silence) == (5, 9, "Halo?")
    assert (queue.max_wait, queue.ring_seconds) == (30, 20)


def test_constants_are_worked_out(tmp_path: Path) -> None:
    flow = steps("a: {type: play, say: 'Halo {kota}.', next: z}", constants="constants: {kota: Ambon, n: = 2 * 3}\n")
    assert site(tmp_path, flow).flows["utama"].constants == {"kota": "Ambon", "n": 6}


def test_a_folder_without_hotline(tmp_path: Path) -> None:
    (tmp_path / "utama.yaml").write_text(GOOD)
    assert any("hotline.yaml:1:1: error: is missing" in str(p) for p in load_site(tmp_path).problems)
    assert load_site(tmp_path / "nowhere").site is None


def test_all_problems_in_one_go(tmp_path: Path) -> None:
    flow = """\
        flow: utama
        start: salm
        polcy: {tries: 3}
        steps:
          salam:
            type: play
            say: Halo.
            next: menuu
          menu:
            type: menuu
            say: x
          menu-2:
            type: menu
            sya: hai
            keys: {1: salam, 12: salam, 3: petugs}
            failed: salam
            tries: banyak
            timeout: 5 menit
          menu-3:
            type: menu
            say: hai
            keys: [a, b]
            failed:
          q:
            type: queue
            queue: umun
            timeout: salam
            exit: 3
          g: {type: goto}
          salam: {type: play, say: x}
          kosong:
          Besar: {type: hangup}
        """
    assert told(tmp_path, flow) == [
        "utama.yaml:2:8: the first step 'salm' does not exist; did you mean 'salam'?",
        "utama.yaml:3:1: 'polcy' is not known here; did you mean 'policy'?",
        "utama.yaml:8:11: 'next' of step 'salam' leads to 'menuu', which does not exist; did you mean 'menu'?",
        "utama.yaml:10:11: there is no step type 'menuu'; did you mean 'menu'?",
        "utama.yaml:14:5: 'sya' is not known here; did you mean 'say'?",
        "utama.yaml:15:22: '12' is not one key of a telephone: 0-9 * #",
        "utama.yaml:17:12: 'banyak' is not a whole number; write one like 3",
        "utama.yaml:18:14: '5 menit' is no duration; write 30s, 10m or 00:30; did you mean '5m'?",
        "utama.yaml:22:11: a list of 'key: step' belongs here, such as '1: menu-utama'",
        "utama.yaml:23:12: 'failed' has no value",
        "utama.yaml:26:12: there is no queue 'umun' in hotline.yaml; did you mean 'umum'?",
        "utama.yaml:28:5: 'exit' is not known here; there are: queue, say, position, hint, every, keys, phrases, "
        "priority, max_wait, ring_seconds, answered, timeout, nobody, failed",
        "utama.yaml:29:3: write one of the two: flow or call",
        "utama.yaml:30:3: 'salam' is already there in line 5; remove one of the two, or rename it",
        "utama.yaml:31:3: step 'kosong' is empty",
        "utama.yaml:32:3: 'Besar' is not a name (small letters, digits, hyphens); write besar",
    ]


def test_problems_of_hotline(tmp_path: Path) -> None:
    hotline = """\
        lines:
          1500123: {title: T, flow: utam, hours: {week: {senin: 08:00-16:00}}}
          0800a: {title: T, flow: utama}
          110: {flow: utama, hours: {week: {senen: 08:00-16:00}}}
        queues:
          Umum: {title: U, strategy: leastrecnt}
          fallback: {title: F, ring_seconds: 1s}
        line: {}
        """
    assert told(tmp_path, GOOD, hotline=hotline) == [
        "hotline.yaml:2:29: there is no flow 'utam'; did you mean 'utama'?",
        "hotline.yaml:2:35: line 1500123 has hours, but no 'after_hours' flow for the time outside them",
        "hotline.yaml:3:3: '0800a' is not a telephone number, digits only",
        "hotline.yaml:4:3: 'title' is missing",
        "hotline.yaml:4:37: 'senen' is no day of the week; write senin",
        "hotline.yaml:6:30: 'leastrecnt' is no choice here: ringall, leastrecent, fewestcalls, random, rrmemory, "
        "linear, wrandom; did you mean 'leastrecent'?",
        "hotline.yaml:7:3: the name 'fallback' is Sambung's own",
        "hotline.yaml:7:38: must be 5 to 120 seconds",
        "hotline.yaml:8:1: 'line' is not known here; did you mean 'lines'?",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- a\n- b\n", "a list of 'name: value' belongs here"),
        ("nur text", "a list of 'name: value' belongs here"),
        ("flow: x\n", "'steps' is missing"),
        ("flow: x\nstart: a\nsteps: [a]\n", "a list of 'name: value' belongs here"),
        ("flow: x\nstart: a\nsteps: {a: [b]}\n", "a list of 'name: value' belongs here"),
        ("flow: x\nstart: a\nsteps: {a: {say: b}}\n", "step 'a' has no 'type'"),
        ("flow: [x]\nstart: a\nsteps: {}\n", "a text belongs here"),
        ("flow: x\nstart: a\nconstants: {A: 1}\nsteps: {}\n", "'A' is not the name of a variable"),
        ("flow: x\nstart: a\nconstants: {a: =1/0}\nsteps: {}\n", "division by zero"),
        ("flow: x\nstart: a\nsteps: {a: {type: branch, cases: b, otherwise: [c]}}\n", "a list of '- …' belongs here"),
        ("flow: x\nstart: a\nsteps: {a: {type: branch, cases: [], otherwise: c}}\n", "this list is empty"),
        ("flow: x\nstart: a\nsteps: {a: {type: transfer, to: 0x1, failed: a}}\n", "'0x1' is not a telephone number"),
        (
            "flow: x\nstart: a\nsteps: {a: {type: input, say: x, into: n, pattern: (1+)+, next: a, failed: a}}\n",
            "repeated",
        ),
        ("flow: x\nstart: a\nsteps: {a: {type: input, say: x, into: n, pattern: (, next: a, failed: a}}\n", "pattern"),
        (
            "flow: x\nstart: a\nsteps: {a: {type: input, say: x, into: n, min: 9, max: 2, next: a, failed: a}}\n",
            "max is less than min (9)",
        ),
    ],
)
def test_a_wrong_shape_is_told(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "x.yaml").write_text(content)
    loaded = load(tmp_path, GOOD)
    assert loaded.site is None
    assert any(words in p.message and p.file.endswith("x.yaml") for p in loaded.problems), loaded.problems


def test_two_files_with_the_same_flow(tmp_path: Path) -> None:
    (tmp_path / "andere.yaml").write_text(GOOD)
    assert told(tmp_path, GOOD) == [
        "andere.yaml:1:7: this name of a flow is used in utama.yaml already; give it another; did you mean 'andere'?"
    ]


def test_a_thousand_steps_are_checked_whole(tmp_path: Path) -> None:
    rows = [f"a{i}: {{type: play, say: Halo {i}., next: a{i + 1}}}" for i in range(1000)]
    rows += ["a1000: {type: play, say: Habis., next: b}"]
    (problem,) = load(tmp_path, steps("\n".join(rows), start="a0")).problems[:1]
    assert problem.message == "'next' of step 'a1000' leads to 'b', which does not exist"


def test_a_broken_quote_is_one_error_and_nothing_follows_from_it(tmp_path: Path) -> None:
    flow = steps("a: {type: input, say: 'Ketik., into: nik, next: z, failed: z}")
    caller = """\
        flow: dua
        start: s
        steps:
          s: {type: play, say: 'NIK {nik:digit}.', next: g}
          g: {type: goto, flow: utama}
        """
    (problem,) = told(tmp_path, flow, caller)
    assert problem.startswith("utama.yaml:4:25: the quote ' that is opened here")


def test_queues_that_cannot_be_read_are_no_second_mistake(tmp_path: Path) -> None:
    flow = steps("a: {type: queue, queue: umum, answered: z, timeout: z}")
    assert told(tmp_path, flow, hotline=HOTLINE.replace("20s", "lama")) == [
        "hotline.yaml:4:37: 'lama' is no duration; write 30s, 10m or 00:30"
    ]
    (problem,) = told(tmp_path, flow, hotline=HOTLINE.replace("Tes", "'Tes"))
    assert problem.startswith("hotline.yaml:2:20: the quote ' that is opened here")


def test_what_a_wrong_step_sets_is_not_said_to_be_missing(tmp_path: Path) -> None:
    flow = steps("a: {type: input, say: Ketik., into: nik, next: b}\nb: {type: play, say: '{nik:digit}.', next: z}")
    assert told(tmp_path, flow) == ["utama.yaml:4:3: 'failed' is missing"]


@pytest.mark.parametrize("name", ["lain.yml", "lain.YAML"])
def test_a_file_that_would_not_be_read_is_an_error(name: str, tmp_path: Path) -> None:
    hotline = HOTLINE.replace("flow: utama", "flow: utama, after_hours: lain, hours: {week: {senin: 08:00-16:00}}")
    (tmp_path / name).write_text(GOOD)
    assert told(tmp_path, GOOD, hotline=hotline) == [f"{name}:1:1: is not read; rename it to lain.yaml"]


def test_a_line_whose_flow_is_in_a_file_that_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "lain.yml").write_text(GOOD)
    hotline = HOTLINE.replace("flow: utama", "flow: lain")
    assert told(tmp_path, GOOD, hotline=hotline) == ["lain.yml:1:1: is not read; rename it to lain.yaml"]
