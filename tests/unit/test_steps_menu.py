"""menu: keys, silence, wrong keys, tries."""

from pathlib import Path

import pytest
from flow_kit import call, data, said, site, steps, way

from ivr.flow.model import Site
from ivr.sim.caller import Press

MENU = "Untuk KTP tekan satu. Untuk petugas tekan nol."


@pytest.fixture
def menu(tmp_path: Path) -> Site:
    flow = steps(
        f"""
        a: {{type: menu, say: {MENU}, keys: {{1: z, 0: q}}, failed: q, timeout: 5s}}
        q: {{type: queue, queue: umum, timeout: z, answered: z}}
        """,
        constants="policy: {silence: Diam., wrong_key: Salah.}\n",
    )
    return site(tmp_path, flow)


@pytest.mark.parametrize(
    ("script", "first", "rejected"),
    [
        ([Press("1", hears="KTP", after=6)], "a:key:1", []),
        ([Press("0", hears="KTP")], "a:key:0", []),
        ([Press("9", hears="KTP"), Press("1", hears="KTP")], "a:key:1", ["wrong_key"]),
        ([Press("1", hears="Diam")], "a:key:1", ["silence"]),
        ([Press("91", at=0)], "a:key:1", ["wrong_key"]),
        ([Press("#1", at=0)], "a:key:1", []),
        ([], "a:failed", ["silence", "silence", "silence"]),
        ([Press("999", at=0)], "a:failed", ["wrong_key"] * 3),
        ([Press("*", hears="KTP"), Press("5", hears="KTP")], "a:failed", ["wrong_key", "wrong_key", "silence"]),
    ],
)
def test_menu(menu: Site, script: list[Press], first: str, rejected: list[str]) -> None:
    trial = call(menu, *script)
    assert way(trial)[0] == first
    assert [d["why"] for d in data(trial, "input_rejected")] == rejected
    assert [d["attempt"] for d in data(trial, "input_rejected")] == list(range(1, len(rejected) + 1))


def test_the_question_is_asked_again_after_the_reason(menu: Site) -> None:
    assert said(call(menu, Press("9", hears="KTP", after=6)))[:5] == [MENU, "Salah.", MENU, "Diam.", MENU]


@pytest.mark.parametrize(
    "step",
    [
        "{type: menu, say: Tekan., keys: {1: z}, tries: 1, failed: z}",
        "{type: input, say: Tekan., into: x, min: 3, max: 3, tries: 1, next: z, failed: z}",
        "{type: callback, offer: Tekan., queue: umum, next: z, declined: z, failed: z}",
    ],
)
def test_keys_that_do_nothing_are_no_answer(tmp_path: Path, step: str) -> None:
    flow = steps(f"a: {step}", constants="policy: {timeout: 5s}\n")
    trial = call(site(tmp_path, flow), Press("#" * 60, at=0, gap=1), speech=False)
    assert way(trial)[0] in ("a:failed", "a:declined")
    assert len(data(trial, "key_pressed")) < 10


def test_a_key_cuts_the_question(menu: Site) -> None:
    first = data(call(menu, Press("1", hears="KTP", after=1)), "prompt_played")[0]
    assert (first["seconds"], first["completed"]) == (1.0, False)


def test_a_stray_pound_key_does_not_cut_the_question(menu: Site) -> None:
    first = data(call(menu, Press("#", hears="KTP", after=1)), "prompt_played")[0]
    assert first["completed"] is True


def test_a_menu_may_use_star_and_pound(tmp_path: Path) -> None:
    flow = steps("""
        a: {type: menu, say: Ulangi tekan pagar., keys: {"#": z, "*": q}, failed: q}
        q: {type: queue, queue: umum, timeout: z, answered: z}
        """)
    assert way(call(site(tmp_path, flow), Press("#", at=1)))[0] == "a:key:#"
