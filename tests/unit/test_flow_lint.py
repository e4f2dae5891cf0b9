"""Judgement of flows that can be read: ways, words, variables, kindness."""

from pathlib import Path

import pytest
from flow_kit import HOTLINE, english, load, steps  # noqa: F401 - english is a fixture

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
