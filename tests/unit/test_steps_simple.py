"""play, branch, set, goto, hangup: given this flow and caller, expect this way and these words."""

from pathlib import Path

import pytest
from flow_kit import call, data, said, site, steps, way

from ivr.channel import EndReason
from ivr.sim.caller import HangUp, Press


def test_play_goes_on(tmp_path: Path) -> None:
    trial = call(site(tmp_path, steps("a: {type: play, say: Halo., next: z}")))
    assert said(trial) == ["Halo.", "Selamat tinggal."]
    assert trial.reason is EndReason.COMPLETED


@pytest.mark.parametrize(("interrupt", "seconds"), [("ya", 1.0), ("tidak", 2.0)])
def test_a_key_cuts_a_prompt_unless_it_must_be_heard(tmp_path: Path, interrupt: str, seconds: float) -> None:
    flow = steps(f"a: {{type: play, say: Percakapan ini akan direkam., interrupt: {interrupt}, next: z}}")
    trial = call(site(tmp_path, flow), Press("1", at=1))
    first = data(trial, "prompt_played")[0]
    assert (first["seconds"], first["completed"]) == (seconds, interrupt == "tidak")


def test_variables_are_spoken(tmp_path: Path) -> None:
    flow = steps("a: {type: play, say: 'Biaya {n:rupiah}.', next: z}", constants="constants: {n: = 250 * 4}\n")
    assert said(call(site(tmp_path, flow)))[0] == "Biaya seribu rupiah"


@pytest.mark.parametrize(
    ("n", "exit_"),
    [("=1", "case:1"), ("=7", "case:2"), ("=99", "otherwise"), ("Ani", "failed")],
)
def test_branch(tmp_path: Path, n: str, exit_: str) -> None:
    flow = steps(
        """
        a:
          type: branch
          cases:
            - {when: n < 5, next: z}
            - {when: n < 10, next: z}
          otherwise: z
        """,
        constants=f"constants: {{n: {n}}}\n",
    )
    trial = call(site(tmp_path, flow))
    assert way(trial)[0] == f"a:{exit_}"
    assert len(data(trial, "flow_problem")) == (exit_ == "failed")
    assert trial.reason is EndReason.COMPLETED


def test_set_works_in_order_and_is_recorded(tmp_path: Path) -> None:
    flow = steps("a: {type: set, values: {x: KTP, n: = 2 + 3, m: = n * 2, b: = m > 9}, next: z}")
    trial = call(site(tmp_path, flow))
    assert [(d["name"], d["value"]) for d in data(trial, "variable_set")] == [
        ("x", "KTP"),
        ("n", "5"),
        ("m", "10"),
        ("b", "ya"),
    ]


def test_a_mistake_in_set_is_told_and_the_call_goes_on(tmp_path: Path) -> None:
    trial = call(site(tmp_path, steps("a: {type: set, values: {n: = 1 / panjang('')}, next: z}")))
    assert way(trial) == ["a:failed", "z:end"]
    (problem,) = data(trial, "flow_problem")
    assert (problem["flow"], problem["step"]) == ("utama", "a")
    assert "ExpressionError" in str(problem["problem"])


SUB = "flow: sub\nstart: s\nsteps:\n  s: {type: play, say: Di sub., next: t}\n  t: {type: play, say: Masih.}\n"


def test_goto_calls_a_flow_and_comes_back(tmp_path: Path) -> None:
    flow = steps("a: {type: goto, call: sub, next: b}\nb: {type: play, say: Kembali., next: z}")
    trial = call(site(tmp_path, flow, SUB))
    assert said(trial) == ["Di sub.", "Masih.", "Kembali.", "Selamat tinggal."]


def test_goto_leaves_for_good(tmp_path: Path) -> None:
    flow = steps("a: {type: goto, flow: sub}\nb: {type: play, say: Kembali., next: z}")
    trial = call(site(tmp_path, flow, SUB))
    assert said(trial) == ["Di sub.", "Masih."]
    assert trial.reason is EndReason.COMPLETED


def test_flows_called_from_called_flows_come_back_one_by_one(tmp_path: Path) -> None:
    flow = steps("a: {type: goto, call: luar, next: b}\nb: {type: play, say: Akhir., next: z}")
    outer = "flow: luar\nstart: s\nsteps:\n  s: {type: goto, call: sub}\n"
    assert said(call(site(tmp_path, flow, outer, SUB))) == ["Di sub.", "Masih.", "Akhir.", "Selamat tinggal."]


def test_hangup_says_good_bye(tmp_path: Path) -> None:
    trial = call(site(tmp_path, steps("a: {type: hangup, say: Dadah.}")))
    assert said(trial) == ["Dadah."]
    assert trial.reason is EndReason.COMPLETED


def test_hanging_up_during_the_good_bye(tmp_path: Path) -> None:
    trial = call(site(tmp_path, steps("a: {type: hangup, say: Dadah.}")), HangUp(at=0.2))
    assert trial.reason is EndReason.CALLER_HUNG_UP


def test_hangup_in_a_called_flow_ends_the_call(tmp_path: Path) -> None:
    flow = steps("a: {type: goto, call: sub, next: b}\nb: {type: play, say: Kembali., next: z}")
    ends = "flow: sub\nstart: s\nsteps:\n  s: {type: hangup, say: Dadah.}\n"
    assert said(call(site(tmp_path, flow, ends))) == ["Dadah."]
