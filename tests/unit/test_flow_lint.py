"""Judgement of flows that can be read: ways, words, variables, kindness."""

from pathlib import Path

import pytest
from flow_kit import HOTLINE, english, load, steps  # noqa: F401 - english is a fixture

from ivr.flow.expressions import CALL_VARIABLES
from ivr.flow.variables import all_variables

pytestmark = pytest.mark.usefixtures("english")


def told(folder: Path, *flows: str, hotline: str = HOTLINE) -> list[str]:
    """Problems as "line:column severity message", of all flows."""
    return [f"{p.line}:{p.column} {p.severity} {p.message}" for p in load(folder, *flows, hotline=hotline).problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: {type: play, say: 'Halo {nma}.', next: z}",
            ["4:30 error the variable 'nma' is never set"],
            id="unset variable in a template",
        ),
        pytest.param(
            "a: {type: play, say: 'Halo {caller:digitt}.', next: z}",
            ["4:38 error unknown format 'digitt'; did you mean 'digit'?"],
            id="template error at its column",
        ),
        pytest.param(
            "a: {type: branch, cases: [{when: umur > 3, next: z}], otherwise: z}",
            ["4:36 error the variable 'umur' is never set; if it is a text, quote it: 'umur'"],
            id="unset variable in an expression",
        ),
        pytest.param(
            "a: {type: branch, cases: [{when: line > > 3, next: z}], otherwise: z}",
            ["4:43 error cannot read the expression; write one like layanan == 'KTP' and umur >= 17"],
            id="expression error at its column",
        ),
        pytest.param(
            "a: {type: set, values: {x: = 1 + y}, next: z}",
            ["4:36 error the variable 'y' is never set; if it is a text, quote it: 'y'"],
            id="formula",
        ),
        pytest.param(
            "a: {type: play, say: Halo., next: z}\nb: {type: hangup}",
            ["5:3 warning step 'b' is never reached; lead a step to it, or remove it"],
            id="unreachable",
        ),
        pytest.param(
            "a: {type: play, say: Halo., next: b}\nb: {type: play, say: Halo., next: a}",
            [
                "5:37 error from 'b' the call goes back to 'a' and round for ever without waiting for the caller; lead "
                "it to a step that asks, waits or hangs up",
                "6:3 warning step 'z' is never reached; lead a step to it, or remove it",
            ],
            id="loop",
        ),
        pytest.param(
            "a: {type: menu, say: 'Petugas tekan satu.', keys: {1: q}, failed: b}\n"
            "b: {type: play, say: Halo., next: c}\n"
            "c: {type: input, say: Ketik., into: x, next: q, failed: a}\n"
            "q: {type: queue, queue: umum, answered: z, timeout: z}",
            [
                "6:59 warning a caller who stays silent goes back from 'c' to 'a' and is asked for ever; lead 'failed' "
                "to a person, or end the call",
            ],
            id="endless silence",
        ),
        pytest.param(
            "a: {type: play, say: Halo.}",
            [
                "4:3 warning after step 'a' (next) the call ends without a good-bye; lead it to a hangup step",
                "5:3 warning step 'z' is never reached; lead a step to it, or remove it",
            ],
            id="no good-bye",
        ),
        pytest.param(
            "a: {type: menu, say: Tekan satu., keys: {1: a}, failed: z}",
            ["4:3 warning no way leads from the menu 'a' to a person; lead a key or 'failed' to a queue"],
            id="no person",
        ),
        pytest.param(
            "a: {type: menu, say: 'Petugas tekan satu, tekan tombol 5, tekan bintang.', keys: {1: q}, failed: q}\n"
            "q: {type: queue, queue: umum, answered: z, timeout: z}",
            [
                "4:45 warning this text says 'tekan tombol 5', but key 5 is not in keys; add it, or change the text",
                "4:61 warning this text says 'tekan bintang', but key * is not in keys; add it, or change the text",
            ],
            id="announced key is missing",
        ),
        pytest.param(
            f"a: {{type: play, say: {'kata ' * 90}, next: b}}\n"
            "b: {type: menu, say: Petugas tekan satu., keys: {1: q}, failed: q}\n"
            "q: {type: queue, queue: umum, answered: z, timeout: z}",
            ["4:24 warning callers listen for about 32 seconds before their first choice; make it shorter"],
            id="long before the first choice",
        ),
        pytest.param(
            "a: {type: goto, flow: utamaa}",
            ["4:25 error there is no flow 'utamaa'"],
            id="unknown flow",
        ),
    ],
)
def test_one_flow(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert told(tmp_path, steps(text)) == expected


@pytest.mark.parametrize(("lost", "meant"), [("{1: akhir}, failed: z", ["b"]), ("{1: akhir}, failed: lagi", ["", ""])])
def test_only_one_lost_step_may_be_the_one_that_nothing_leads_to(tmp_path: Path, lost: str, meant: list[str]) -> None:
    flow = f"a: {{type: menu, say: Tekan satu., keys: {lost}}}\nb: {{type: play, say: Dah., next: z}}"
    assert [problem.suggestion for problem in load(tmp_path, steps(flow)).problems] == meant


PERSON = "q: {type: queue, queue: umum, answered: z, timeout: z}"
ONLY = "warning this text says '%s', but key %s does not count here, only %s; change the text"


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            "type: confirm, say: 'Ya, tekan satu. Tidak, tekan tiga.', yes: q, no: z",
            "4:51 " + ONLY % ("tekan tiga", 3, "1, 2"),
        ),
        ("type: confirm, say: 'Ya, tekan satu. Tidak, tekan dua.', yes: q, no: z", ""),
        (
            "type: callback, queue: umum, offer: 'Mau? Tekan satu, atau tekan lima.', next: z",
            "4:66 " + ONLY % ("tekan lima", 5, "1, 2"),
        ),
        (
            "type: callback, queue: umum, times: {sekarang: 'Segera, tekan satu.', sore: 'Sore, tekan dua.'}, next: z",
            "4:90 " + ONLY % ("tekan dua", 2, "4"),
        ),
        ("type: survey, say: 'Lewati? Tekan bintang.', questions: {puas: 'Dari satu, tidak, sampai empat, ya?'}", ""),
        (
            "type: survey, questions: {puas: 'Dari satu, tidak, sampai lima, ya?'}",
            "4:65 warning this text names scores up to 5, but 'scale' is 4; make them the same",
        ),
        (
            "type: input, say: Ketik., into: x, confirm: '{x}? Jika salah, tekan nol.', next: z",
            "4:69 " + ONLY % ("tekan nol", 0, "1, 2"),
        ),
        (
            "type: collect, slots: {a: {kind: jam}, b: {kind: tanggal}}, which: 'Jam, atau tekan tiga?', next: z",
            "4:85 " + ONLY % ("tekan tiga", 3, "1, 2"),
        ),
        (
            "type: menu, say: Petugas tekan satu., keys: {1: q}, phrases: {1: [petugas]}, half_sure: 'Ya? Tekan nol.'",
            "4:100 " + ONLY % ("Tekan nol", 0, "1, 2"),
        ),
    ],
)
def test_a_text_announces_keys_that_count(tmp_path: Path, step: str, expected: str) -> None:
    where = "next: q" if "survey" in step else "failed: q"
    found = told(tmp_path, steps(f"a: {{{step}, {where}}}\n{PERSON}"))
    assert found == ([expected] if expected else [])


def test_a_long_question_within_a_called_flow(tmp_path: Path) -> None:
    called = f"""\
        flow: lain
        start: m
        steps:
          m: {{type: menu, say: {"kata " * 90}, keys: {{1: ''}}, failed: ''}}
        """
    flow = steps(
        f"a: {{type: menu, say: Petugas., keys: {{1: q}}, failed: b}}\nb: {{type: goto, call: lain, next: q}}\n{PERSON}"
    )
    long = "4:24 warning callers listen for about 32 seconds before %s; make it shorter"
    assert told(tmp_path, flow, called) == [long % "they can choose at this step"]
    first = steps(f"a: {{type: goto, call: lain, next: q}}\n{PERSON}")
    assert told(tmp_path, first, called) == [long % "their first choice"]


def test_a_long_text_of_a_queue_without_keys_keeps_nobody_from_choosing(tmp_path: Path) -> None:
    queue = f"q: {{type: queue, queue: umum, say: {'kata ' * 90}, answered: z, timeout: z}}"
    menu = "a: {type: menu, say: 'Petugas, tekan satu.', keys: {1: q}, failed: q}"
    assert told(tmp_path, steps(f"{menu}\n{queue}")) == []


def test_a_loop_through_a_menu_or_a_called_flow_that_asks_is_no_loop(tmp_path: Path) -> None:
    flow = steps(
        """
        a: {type: goto, call: tanya, next: b}
        b: {type: branch, cases: [{when: x == 1, next: q}], otherwise: a}
        q: {type: queue, queue: umum, answered: z, timeout: z}
        """
    )
    called = "flow: tanya\nstart: t\nsteps:\n  t: {type: input, say: Ketik., into: x, next: '', failed: ''}\n"
    assert told(tmp_path, flow, called) == []


def test_from_the_end_of_a_called_flow_the_way_goes_on_behind_the_call(tmp_path: Path) -> None:
    menu = "flow: tanya\nstart: t\nsteps:\n  t: {type: goto, call: menu}\n"
    called = "flow: menu\nstart: m\nsteps:\n  m: {type: menu, say: Tekan satu., keys: {1: ''}, failed: ''}\n"
    person = "q: {type: queue, queue: umum, answered: z, timeout: z}"
    assert told(tmp_path, steps(f"a: {{type: goto, call: tanya, next: q}}\n{person}"), menu, called) == []
    lost = told(tmp_path, steps("a: {type: goto, call: tanya, next: z}"), menu, called)
    assert lost == ["4:3 warning no way leads from the menu 'm' to a person; lead a key or 'failed' to a queue"]


def test_a_loop_across_flows(tmp_path: Path) -> None:
    flow = steps("a: {type: goto, flow: lain}\nb: {type: play, say: x, next: z}")
    other = "flow: lain\nstart: t\nsteps:\n  t: {type: goto, flow: utama}\n"
    assert any("round for ever" in line for line in told(tmp_path, flow, other))


def test_a_flow_that_nothing_leads_to(tmp_path: Path) -> None:
    other = "flow: lain\nstart: t\nsteps:\n  t: {type: hangup}\n"
    assert told(tmp_path, steps("a: {type: play, say: Halo., next: z}"), other) == [
        "1:7 warning the flow 'lain' is not used; name it in hotline.yaml or in a goto, or remove this file"
    ]


def test_menus_outside_opening_hours_need_no_person(tmp_path: Path) -> None:
    hotline = """\
        lines:
          110: {title: T, flow: utama, hours: {week: {senin: 08:00-16:00}}, after_hours: tutup}
        """
    closed = """\
        flow: tutup
        start: m
        steps:
          m: {type: menu, say: Tekan satu., keys: {1: m}, failed: h}
          h: {type: hangup}
        """
    assert told(tmp_path, steps("a: {type: play, say: Halo., next: z}"), closed, hotline=hotline) == []


def test_policy_words_are_checked_where_they_stand(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: menu, say: Petugas tekan satu., keys: {1: q}, failed: q}\n"
        "q: {type: queue, queue: umum, answered: z, timeout: z}",
        constants="policy: {silence: 'Halo {x}'}\n",
    )
    assert told(tmp_path, flow) == ["3:25 error the variable 'x' is never set"]


# --- phrases ----------------------------------------------------------------------------------------
def menu(phrases: str, head: str = "") -> str:
    text = (
        f"a: {{type: menu, say: Halo., keys: {{1: q, 2: z}}, phrases: {{{phrases}}}, failed: q}}\n"
        "q: {type: queue, queue: umum, answered: z, timeout: z}"
    )
    return steps(text, constants=head)


@pytest.mark.parametrize(
    ("phrases", "expected"),
    [
        pytest.param('1: ["(buat|urus) KTP", KTP hilang], 2: [pajak]', [], id="templates"),
        pytest.param(
            '1: ["mau (buat|urus KTP"]',
            ["4:70 error phrase 'mau (buat|urus KTP': '(' is not closed by ')'"],
            id="not closed",
        ),
        pytest.param(
            "1: [KTP 👍]",
            ["4:69 error phrase 'KTP 👍': '👍' cannot be said; write its sound in the letters a-z"],
            id="emoji",
        ),
        pytest.param(
            "1: [petugas/operator]",
            ["4:72 error '/' is not said; write alternatives in brackets: (one|other)"],
            id="slash",
        ),
        pytest.param(
            '1: ["kartu.*nikah"]',
            ["4:72 error '*' is not said; remove it, or write its sound in the letters a-z"],
            id="signs of regular expressions",
        ),
        pytest.param(
            '1: ["operator @ kota"]',
            ["4:75 error '@' is not said; remove it, or write its sound in the letters a-z"],
            id="at",
        ),
        pytest.param("1: [dr. Sutomo, KTP-el, Jum'at, '50% saja?', Tanya & Jawab]", [], id="signs that are said"),
        pytest.param(
            '1: ["[saya] lapor"], 2: ["(saya|kami) lapor"]',
            [
                "4:86 error the phrase '(saya|kami) lapor' is there already, for key 1: '[saya] lapor' may be said "
                "'saya lapor', too; remove one"
            ],
            id="the same sentence",
        ),
        pytest.param(
            "1: [PBB, PBB kota], 2: [PBG]",
            [
                "4:85 warning the phrase 'PBG' sounds nearly like 'PBB' (key 1); they are easily mixed up: "
                "make one longer"
            ],
            id="nearly alike",
        ),
        pytest.param("1: [PBB, PBG], 2: [KTP]", [], id="nearly alike, but for the same key"),
    ],
)
def test_phrases(tmp_path: Path, phrases: str, expected: list[str]) -> None:
    assert told(tmp_path, menu(phrases)) == expected


def test_how_words_are_said_holds_in_all_flows(tmp_path: Path) -> None:
    one = menu("1: [IMB], 2: [i em ge]", "diucapkan: {IMB: (i em be|imbe)}\n")
    assert told(tmp_path, one) == [
        "5:75 warning the phrase 'i em ge' sounds nearly like 'IMB' (key 1); they are easily mixed up: make one longer"
    ]
    other = menu("1: [imbe], 2: [syarat IMB]").replace("flow: utama", "flow: lain")
    assert told(tmp_path, one, other) == [
        "1:7 warning the flow 'lain' is not used; name it in hotline.yaml or in a goto, or remove this file",
        "5:75 warning the phrase 'i em ge' sounds nearly like 'IMB' (key 1); they are easily mixed up: make one longer",
    ]
    clash = menu("1: [imbe], 2: [IMB]").replace("flow: utama", "flow: lain")
    assert (
        "4:76 error the phrase 'IMB' is there already, for key 1: 'imbe' may be said 'imbe', too; remove one"
        in told(tmp_path, one, clash)
    )


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{IMB: (imbe}", "3:18 error phrase '(imbe': '(' is not closed by ')'"),
        ("{IMB: 👍}", "3:18 error phrase '👍': '👍' cannot be said; write its sound in the letters a-z"),
        ("{IMB: imbe, Grha  Sabha: gria}", "3:24 warning 'Grha  Sabha' is in no phrase"),
        ("{IMBB: imbe}", "3:13 warning 'IMBB' is in no phrase"),
        ("{IMB: [i em be]}", "3:18 error a text belongs here, not a list"),
    ],
)
def test_how_words_are_said_is_checked(tmp_path: Path, said: str, problem: str) -> None:
    assert told(tmp_path, menu("1: [IMB]", f"diucapkan: {said}\n"))[0] == problem


def test_two_flows_do_not_differ_in_how_a_word_is_said(tmp_path: Path) -> None:
    one = menu("1: [IMB]", "diucapkan: {IMB: imbe}\n")
    other = menu("1: [IMB]", "diucapkan: {imb: i em be}\n").replace("flow: utama", "flow: lain")
    assert "3:18 error 'IMB' is said otherwise in lain.yaml: 'i em be'" in told(tmp_path, one, other)


@pytest.mark.parametrize(
    ("phrase", "problem"),
    [
        ("(pilih|daftar layanan", "phrase '(pilih|daftar layanan': '(' is not closed by ')'"),
        ("[petugas]", "phrase '[petugas]': all words may be left out here"),
        ("", "phrase '': there is no word here yet"),
        ("(a|b|c|d|e) " * 4, "stands for 625 sentences, 500 at most"),
    ],
)
def test_the_first_phrase_of_a_key_at_a_menu_that_understands_sentences(
    tmp_path: Path, phrase: str, problem: str
) -> None:
    (tmp_path / "kosakata.yaml").write_text("documents: {KTP: [KTP]}\n")
    flow = steps(
        f"a: {{type: menu, say: Halo., keys: {{1: q}}, phrases: {{1: ['{phrase}']}}, understood: q, failed: q}}\n"
        "q: {type: queue, queue: umum, answered: z, timeout: z}"
    )
    (found,) = told(tmp_path, flow)
    assert problem in found


# --- variables --------------------------------------------------------------------------------------
TICKET = "t: {type: ticket, kind: complaint, say: 'Nomor {tiket:digit}.', next: %s, failed: z}"
LATE = (
    "error nothing has set '{0}' on the way to here: set it first in a step set, as {0}: \"\" or {0}: 0, or lead "
    "the call through the step '{1}' (utama), which sets it"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "a: {type: play, say: 'Tiket {tiket:digit}.', next: t}\n" + TICKET % "z",
            ["4:31 " + LATE.format("tiket", "t")],
            id="set later",
        ),
        pytest.param(
            "a: {type: play, say: 'Tiket {tiket:digit}.', next: z}\n" + TICKET % "z",
            [
                "4:31 " + LATE.format("tiket", "t"),
                "5:3 warning step 't' is never reached; lead a step to it, or remove it",
            ],
            id="set in a step that is never reached",
        ),
        pytest.param(
            "a: {type: menu, say: 'Petugas tekan nol, lapor tekan satu.', keys: {0: q, 1: t}, failed: b}\n"
            "b: {type: play, say: 'Tiket {tiket:digit}.', next: q}\n"
            "q: {type: queue, queue: umum, answered: b, timeout: z}\n" + TICKET % "b",
            [],
            id="set on one of the ways",
        ),
        pytest.param(
            "a: {type: ticket, kind: complaint, say: 'Nomor {tiket:digit}.', next: z, failed: b}\n"
            "b: {type: play, say: 'Tiket {tiket:digit}.', next: z}",
            ["5:31 " + LATE.format("tiket", "a")],
            id="set, but not at this exit",
        ),
        pytest.param(
            "a: {type: input, say: Ketik., into: x, valid: x > 3, confirm: 'Angka {x}', next: z, failed: b}\n"
            "b: {type: play, say: '{x}', next: z}",
            [],
            id="the variable of the step itself",
        ),
        pytest.param(
            "a: {type: set, values: {n: = n + 1}, next: b}\n"
            "b: {type: input, say: 'Ketik {n}.', into: x, next: a, failed: z}",
            ["4:32 " + LATE.format("n", "a")],
            id="counted without a beginning",
        ),
        pytest.param(
            "a: {type: set, values: {n: 0, m: = n}, next: b}\n"
            "b: {type: set, values: {n: = n + m}, next: c}\n"
            "c: {type: input, say: 'Ketik {n}.', into: x, next: b, failed: z}",
            [],
            id="counted from a beginning",
        ),
        pytest.param(
            "a: {type: set, values: {m: = n, n: 0}, next: z}",
            ["4:32 " + LATE.format("n", "a")],
            id="in the wrong order within a step",
        ),
        pytest.param(
            "a: {type: input, say: Ketik., into: x, next: b, failed: z}\n"
            "b: {type: set, values: {n: = 1 if x == 1 else n + 1}, next: a}",
            [],
            id="what need not be worked out",
        ),
    ],
)
def test_a_variable_is_set_before_it_is_used(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert told(tmp_path, steps(text)) == expected


def test_variables_are_kept_from_flow_to_flow(tmp_path: Path) -> None:
    other = """\
        flow: lain
        start: s
        constants: {kota: Ambon}
        steps:
          s: {type: play, say: "{nomor:digit}", next: t}
          t: {type: set, values: {hasil: selesai}}
        """
    flow = "a: {type: input, say: Ketik., into: nomor, next: b, failed: z}\nb: {type: goto, call: lain, next: c}\n"
    assert told(tmp_path, steps(f"{flow}c: {{type: play, say: '{{kota}} {{hasil}}', next: z}}"), other) == []
    early = f"a: {{type: play, say: '{{hasil}} {{kota}}', next: a2}}\n{flow.replace('a:', 'a2:')}"
    assert told(tmp_path, steps(f"{early}c: {{type: play, say: Halo., next: z}}"), other) == [
        "4:25 " + LATE.replace("(utama)", "(lain)").format("hasil", "t"),
        "4:33 error nothing has set 'kota' on the way to here: set it first in a step set, as kota: \"\" or kota: "
        "0, or lead the call through 'lain', which sets it",
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("n: n + 1", "4:38 warning this is a text and is not worked out; for that write: = n + 1; if it is meant"),
        ("k: caller", "4:38 warning this is the word 'caller', not what the variable 'caller' holds; for that write"),
        ("k: 'Halo {n}'", "4:38 warning {…} is not filled in here; write an expression"),
        ("k: 08:00-16:00", ""),
        ("k: KTP-el", ""),
        ("k: Jalan Merdeka 1", ""),
        ("k: n lama", ""),
        ("k: n-balik", ""),
    ],
)
def test_a_text_that_was_probably_meant_to_be_worked_out(tmp_path: Path, values: str, expected: str) -> None:
    flow = steps(f"a: {{type: set, values: {{n: = 1, {values}}}, next: z}}".replace("n: = 1, n:", "m: = 1, n:"))
    found = told(tmp_path, flow)
    assert [line[: len(expected)] for line in found] == ([expected] if expected else [])


def test_a_text_that_is_compared_is_meant_as_a_text(tmp_path: Path) -> None:
    for text in ("caller", "caller/line"):
        flow = steps(
            f"""
            a: {{type: set, values: {{hasil: {text}}}, next: b}}
            b: {{type: branch, cases: [{{when: hasil == '{text}', next: z}}], otherwise: z}}
            """
        )
        assert told(tmp_path, flow) == []


@pytest.mark.parametrize(("said", "warned"), [("{layanan}", False), ("{layanan:digit}", True)])
def test_a_text_that_is_said_as_a_word_is_meant_as_one(tmp_path: Path, said: str, warned: bool) -> None:
    flow = steps(
        f"""
        a: {{type: ticket, kind: complaint, into: pengaduan, say: 'Nomor {{pengaduan:digit}}.', next: b, failed: z}}
        b: {{type: set, values: {{layanan: pengaduan}}, next: c}}
        c: {{type: play, say: 'Tentang {said}.', next: z}}
        """
    )
    assert ["the word 'pengaduan'" in problem for problem in told(tmp_path, flow)] == [True] * warned


@pytest.mark.parametrize(
    ("again", "cure"), [("= n + 1", "set what it is at first in a step set"), ("lain", "use another name")]
)
def test_a_constant_that_is_replaced(tmp_path: Path, again: str, cure: str) -> None:
    (problem,) = told(
        tmp_path, steps(f"a: {{type: set, values: {{n: {again}}}, next: z}}", constants="constants: {n: 0}\n")
    )
    assert cure in problem


def test_what_is_known_of_variables_holds_for_those_of_every_call() -> None:
    assert set(all_variables([], None, []).contents) == set(CALL_VARIABLES)


@pytest.mark.parametrize(
    ("given", "when", "expected"),
    [
        ("ya", "direkam == ya", ""),
        ("tidak", "direkam == 'ya'", ""),
        ("= tidak", "direkam", ""),
        ("Tidak", "direkam", "4:36 warning 'Tidak' means that the caller is not recorded; write ya or tidak"),
        ("ya", "direkam == 'Ya'", "5:47 warning 'direkam' never holds 'Ya'; it is one of: tidak, ya"),
    ],
)
def test_who_may_be_recorded_is_ya_or_tidak(tmp_path: Path, given: str, when: str, expected: str) -> None:
    refusal = f"a: {{type: set, values: {{direkam: {given}}}, next: b}}"
    flow = steps(f"{refusal}\nb: {{type: branch, cases: [{{when: {when}, next: z}}], otherwise: z}}")
    assert told(tmp_path, flow) == ([expected] if expected else [])


def test_whether_a_caller_may_be_recorded_is_known_where_no_step_sets_it(tmp_path: Path) -> None:
    assert told(tmp_path, steps("a: {type: branch, cases: [{when: direkam == ya, next: z}], otherwise: z}")) == []


def test_a_variable_that_is_always_empty(tmp_path: Path) -> None:
    flow = "a: {type: set, values: {nama: ''}, next: b}\nb: {type: branch, cases: [{when: nama == 'Budi', next: z}], "
    assert told(tmp_path, steps(f"{flow}otherwise: z}}")) == [
        "5:44 warning 'nama' never holds 'Budi'; it is always empty"
    ]


UNDERSTOOD = """
    a: {{type: menu, say: Petugas tekan nol., keys: {{0: q}}, phrases: {{0: [petugas]}}, understood: b, failed: q}}
    b: {{type: branch, cases: [{{when: "{when}", next: z}}], otherwise: c}}
    c: {{type: set, values: {{hasil: layanan}}, next: d}}
    d: {{type: branch, cases: [{{when: "{then}", next: z}}], otherwise: q}}
    q: {{type: queue, queue: umum, answered: z, timeout: z}}
    """


@pytest.mark.parametrize(
    ("when", "then", "expected"),
    [
        ("dokumen == 'KTP' and pertanyaan in ('syarat', '')", "hasil != 'layanan'", ""),
        ("pertanyaan == 'sarat'", "hasil == 'layanan'", "6:51 warning 'pertanyaan' never holds 'sarat'"),
        ("dokumen in ('KTP', 'KKK')", "hasil == 'layanan'", "6:56 warning 'dokumen' never holds 'KKK'"),
        ("'SIM' == dokumen", "hasil == 'layanan'", "6:37 warning 'dokumen' never holds 'SIM'; it is one of: KK, KTP"),
        ("lama == 'P3M'", "hasil == 'layana'", "8:46 warning 'hasil' never holds 'layana'"),
        ("jumlah > 5", "hasil > 5", "8:45 warning what 'hasil' holds is no number, and cannot be compared with 5"),
        ("bahasa == 'en'", "hasil == 'layanan'", "6:47 warning 'bahasa' never holds 'en'; it is one of: id"),
    ],
)
def test_what_a_variable_never_holds(tmp_path: Path, when: str, then: str, expected: str) -> None:
    (tmp_path / "kosakata.yaml").write_text(
        "documents: {KTP: [KTP], KK: [KK]}\nquestions: {syarat: {phrases: [syarat]}}"
    )
    found = told(tmp_path, steps(UNDERSTOOD.format(when=when, then=then)))
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (
            "{caller:rupiah}",
            "6:25 error what 'caller' holds cannot be said as rupiah; write {caller:digit} or {caller:telepon}",
        ),
        ("{bahasa:angka}", "6:25 error what 'bahasa' holds cannot be said as angka; write {bahasa}"),
        ("{lahir:jam}", "6:25 error what 'lahir' holds cannot be said as jam; write {lahir:hari} or {lahir:tanggal}"),
        ("{nik:rupiah}", "6:25 error what 'nik' holds cannot be said as rupiah; write {nik:digit}"),
        ("{caller:telepon} {lahir:tanggal} {lahir:hari} {nik:digit} {n:durasi} {line} {nik}", ""),
    ],
)
def test_a_value_is_said_in_a_format_that_fits(tmp_path: Path, say: str, expected: str) -> None:
    slots = "{lahir: {kind: tanggal}, nik: {kind: nik}, n: {kind: angka}}"
    flow = steps(
        f"""
        a: {{type: collect, slots: {slots}, next: b, failed: z}}
        b: {{type: play, say: '{say}', next: z}}
        """
    )
    assert told(tmp_path, flow) == ([expected] if expected else [])


def test_a_vocabulary_that_is_too_large_to_listen_for_is_told_before_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "kosakata.yaml").write_text("documents:\n  KTP: ['(a|b|c|d|e) (f|g|h|i|j)']\n")
    assert told(tmp_path, steps("a: {type: play, say: Halo., next: z}")) == []
    many = "".join(f"    - (a|b|c|d|e) (f|g|h|i|j) k{i}\n" for i in range(121))
    (tmp_path / "kosakata.yaml").write_text(f"documents:\n  KTP:\n{many}")
    (problem,) = told(tmp_path, steps("a: {type: play, say: Halo., next: z}"))
    assert problem.startswith("1:1 error kosakata.yaml is too large to listen for: 3025 phrases")


def test_phrases_of_the_vocabulary_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "kosakata.yaml").write_text("documents:\n  akta nikah: [nikah, kartu.*nikah]\n")
    assert told(tmp_path, steps("a: {type: play, say: Halo., next: z}")) == [
        "2:29 error '*' is not said; remove it, or write its sound in the letters a-z"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: {type: play, say: &Selamat datang, next: z}",
            "4:24 warning to YAML '&Selamat' is no part of the text; put quotes around it: \"&Selamat …\"",
        ),
        ("a: {type: play, say: &s Selamat datang, next: b}\nb: {type: play, say: *s, next: z}", ""),
        ("a: {type: play, say: '&Selamat datang', next: z}", ""),
        (
            "a:\n  type: menu\n  say: Petugas, tekan nol.\n  keys:\n    0: q\n    #: z\n  failed: q\n" + PERSON,
            '9:7 warning this line is taken for a remark, since it begins with #; the key is written "#":',
        ),
        ("# a: b\na: {type: play, say: Halo., next: z}\n#b: c", ""),
    ],
)
def test_signs_that_yaml_swallows(tmp_path: Path, text: str, expected: str) -> None:
    assert told(tmp_path, steps(text)) == ([expected] if expected else [])


def test_a_number_that_may_mean_two_things_is_told_in_steps_and_constants(tmp_path: Path) -> None:
    text = steps("a: {type: set, values: {n: = tarif * 1.250}, next: z}", constants="constants: {tarif: = 1.500}\n")
    problems = told(tmp_path, text)
    assert [place for place in ("1500", "1.5", "1250", "1.25") if any(place in p for p in problems)] == [
        "1500",
        "1.5",
        "1250",
        "1.25",
    ]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("13:00-16:00, 08:00-12:00", "08:00 is before the closing at 16:00; put the times in order"),
        ("20:00-24:00, 08:00-12:00", "08:00 is before the closing at 24:00"),
        ("08:00-12:00, 12:00-16:00", ""),
    ],
)
@pytest.mark.parametrize("field", ["week: {senin: '%s'}", "week: {}, open_on: {2026-12-24: '%s'}"])
def test_the_times_of_a_day_are_in_order(tmp_path: Path, field: str, times: str, expected: str) -> None:
    hours = HOTLINE.replace("flow: utama", f"flow: utama, after_hours: utama, hours: {{{field % times}}}")
    problems = told(tmp_path, steps("a: {type: play, say: Halo., next: z}"), hotline=hours)
    assert [expected in problem for problem in problems] == ([True] if expected else [])
