"""The caller may hang up at any moment of any step: the record closes once and rightly, nothing is left over."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flow_kit import call, data, site, steps

from ivr.channel import EndReason, TransferOutcome, VisitOutcome
from ivr.flow.model import Site
from ivr.flow.steps import STEP_TYPES
from ivr.sim.agents import Agent
from ivr.sim.call import Trial
from ivr.sim.caller import HangUp, Press

FLOW = steps(
    """
    a: {type: play, say: Selamat datang., next: e}
    e: {type: language, keys: {1: id}, next: j}
    j: {type: answer, answer: jam-buka, next: m, expired: k}
    m: {type: menu, say: Tekan satu atau dua., keys: {1: i, 2: k}, failed: k}
    i:
      type: input
      say: Ketik tiga angka.
      into: nomor
      min: 3
      max: 3
      secret: ya
      confirm: Anda mengetik {nomor:digit}.
      next: b
      failed: k
    b: {type: branch, cases: [{when: nomor == 123, next: s}], otherwise: k}
    s: {type: set, values: {layanan: KTP, panjangnya: = panjang(nomor)}, next: g}
    g: {type: goto, call: bantuan, next: q}
    q: {type: queue, queue: umum, say: Mohon tunggu., keys: {9: k}, hint: Tekan sembilan., answered: v, timeout: r}
    v: {type: survey, questions: {puas: Puas?}, next: t}
    t: {type: transfer, to: '201', say: Anda disambungkan., answered: r, failed: r}
    r: {type: record, say: Sampaikan pesan., next: l, failed: l}
    l: {type: ticket, kind: complaint, record: Ceritakan., say: "Tiket {tiket:digit}.", next: o, failed: k}
    o: {type: callback, queue: umum, next: n, failed: k}
    n: {type: notify, to: piket, text: Ada laporan., next: u}
    u: {type: lookup, query: tagihan, next: c, not_found: c, failed: c}
    c: {type: ticket_status, next: f, failed: f}
    f: {type: confirm, say: Setuju?, yes: x, no: x, failed: x}
    x: {type: collect, slots: {jam: {kind: jam}}, next: k, failed: k}
    k: {type: goto, flow: pamit}
    """
)
HELP = "flow: bantuan\nstart: p\nsteps:\n  p: {type: play, say: Ini bantuan.}\n"
BYE = "flow: pamit\nstart: h\nsteps:\n  h: {type: hangup, say: Terima kasih.}\n"
ANSWERS = """
answers:
  jam-buka: {question: Kapan?, say: Buka pukul delapan., owner: Humas, valid_from: 2026-01-01, valid_until: 2099-12-31}
"""
TALK = (
    Press("1", hears="Tekan satu"),
    Press("123", hears="Ketik"),
    Press("1", hears="mengetik"),
    Press("#", hears="pesan", after=6),
    Press("#", hears="Ceritakan", after=6),
)
AGENTS = (
    Agent("101", ("umum",), rejects=True),
    Agent("102", ("umum",), answers_after=None),
    Agent("103", ("umum",), talks=20),
)
TRANSFERS = {"201": (TransferOutcome.ANSWERED, 15.0)}


@pytest.fixture
def flows(tmp_path: Path) -> Site:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / "humas.yaml").write_text(ANSWERS)
    return site(tmp_path, FLOW, HELP, BYE)


def trial(flows: Site, *more: HangUp, agents: tuple[Agent, ...] = AGENTS) -> Trial:
    return call(flows, *TALK, *more, agents=agents, transfers=TRANSFERS)


def moments(flows: Site) -> Iterator[HangUp]:
    """Before each command, in the middle of each, and each half second of the call."""
    whole = trial(flows)
    for number in range(1, len(whole.commands) + 1):
        yield HangUp(command=number)
        yield HangUp(command=number, after=0.3)
    length = whole.events[-1].at - whole.events[0].at
    for half in range(int(length * 2)):
        yield HangUp(at=half / 2)


def judge(trial: Trial) -> None:
    """What must hold however a call ends."""
    kinds = [event.kind for event in trial.events]
    assert kinds.count("call_ended") == 1
    assert kinds[-1] == "call_ended"
    assert data(trial, "call_ended")[0]["reason"] == trial.reason
    joined = [d["visit"] for d in data(trial, "queue_joined")]
    assert joined == [d["visit"] for d in data(trial, "queue_left")]
    assert kinds.count("agent_rang") == kinds.count("ring_ended") + kinds.count("agent_answered")
    assert kinds.count("agent_answered") == kinds.count("talk_ended")


def test_the_call_goes_through_every_step_type(flows: Site) -> None:
    whole = trial(flows)
    judge(whole)
    assert whole.reason is EndReason.COMPLETED
    assert {d["type"] for d in data(whole, "step_entered")} == set(STEP_TYPES)
    assert [d["outcome"] for d in data(whole, "ring_ended")] == ["rejected", "no_answer"]


def test_hang_up_at_any_moment(flows: Site, caplog: pytest.LogCaptureFixture) -> None:
    outcomes: set[object] = set()
    for moment in moments(flows):
        ended = trial(flows, moment)
        judge(ended)
        assert ended.reason is EndReason.CALLER_HUNG_UP, moment
        left = data(ended, "queue_left")
        talked = data(ended, "talk_ended")
        if left and talked and talked[0]["ended_by"] == "caller":
            assert left[0]["outcome"] == VisitOutcome.HUNG_UP_TALKING
        outcomes |= {d["outcome"] for d in left}
    assert outcomes == {VisitOutcome.HUNG_UP, VisitOutcome.HUNG_UP_TALKING, VisitOutcome.ANSWERED}
    assert [r for r in caplog.records if r.levelno >= logging.ERROR] == []


def test_an_agent_who_transfers_ends_the_call_as_transferred(flows: Site) -> None:
    ended = trial(flows, agents=(Agent("101", ("umum",), transfers=True),))
    judge(ended)
    assert ended.reason is EndReason.TRANSFERRED
    assert data(ended, "queue_left")[0]["outcome"] == VisitOutcome.TRANSFERRED
