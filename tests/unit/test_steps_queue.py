"""queue: the waiting room."""

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flow_kit import LINE, TUESDAY, UNANNOUNCED, call, data, said, site, steps, way

from ivr.channel import EndReason, VisitOutcome
from ivr.flow.model import Site
from ivr.sim.agents import Agent, SimRoom
from ivr.sim.call import Trial, Unpublished, simulate
from ivr.sim.caller import HangUp, Phone, Press, ScriptedCaller

SLOW = Agent("101", ("umum",), answers_after=4, talks=30)
NEVER = Agent("102", ("umum",), answers_after=None)


@pytest.fixture
def queue(tmp_path: Path) -> Site:
    flow = steps(
        """
        a:
          type: queue
          queue: umum
          say: Mohon tunggu.
          hint: Tekan satu untuk pesan.
          keys: {1: z}
          answered: z
          timeout: z
          nobody: z
          failed: z
        """
    )
    return site(tmp_path, flow)


def left(trial: Trial) -> object:
    (visit,) = data(trial, "queue_left")
    return visit["outcome"]


@pytest.mark.parametrize(
    ("agents", "script", "exit_", "outcome"),
    [
        ([SLOW], [], "answered", VisitOutcome.ANSWERED),
        ([], [], "nobody", VisitOutcome.NOBODY),
        ([Agent("101", ("lain",))], [], "nobody", VisitOutcome.NOBODY),
        ([NEVER], [], "timeout", VisitOutcome.TIMEOUT),
        ([NEVER], [Press("1", at=40)], "key:1", VisitOutcome.LEFT_BY_KEY),
        (
            [Agent("101", ("umum",), answers_after=None)],
            [Press("1", hears="antrean")],
            "key:1",
            VisitOutcome.LEFT_BY_KEY,
        ),
        ([Agent("100", ("umum",), rejects=True), SLOW], [], "answered", VisitOutcome.ANSWERED),
    ],
)
def test_ways_out(queue: Site, agents: list[Agent], script: list[Press], exit_: str, outcome: VisitOutcome) -> None:
    trial = call(queue, *script, agents=tuple(agents))
    assert way(trial)[0] == f"a:{exit_}"
    assert left(trial) == outcome
    assert trial.reason is EndReason.COMPLETED


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        (HangUp(hears="Mohon"), VisitOutcome.HUNG_UP),
        (HangUp(at=3), VisitOutcome.HUNG_UP),
        (HangUp(at=20), VisitOutcome.HUNG_UP_TALKING),
    ],
    ids=["at the first word", "ringing", "talking"],
)
def test_hanging_up(queue: Site, script: HangUp, outcome: VisitOutcome) -> None:
    trial = call(queue, script, agents=(SLOW,))
    assert left(trial) == outcome
    assert trial.reason is EndReason.CALLER_HUNG_UP


def test_keys_that_lead_nowhere_change_nothing(queue: Site) -> None:
    trial = call(queue, Press("2345", at=2), Press("1", at=60), agents=(NEVER,))
    assert way(trial)[0] == "a:key:1"
    assert "".join(str(d["key"]) for d in data(trial, "key_pressed")) == "23451"


def test_no_answer_keeps_the_place_and_the_visit(queue: Site) -> None:
    trial = call(queue, agents=(Agent("100", ("umum",), rejects=True), SLOW))
    kinds = ("queue_joined", "agent_rang", "ring_ended", "agent_answered", "talk_ended", "queue_left")
    assert len({d["visit"] for kind in kinds for d in data(trial, kind)}) == 1
    assert [d["agent"] for d in data(trial, "agent_rang")] == ["100", "101"]


def test_an_agent_who_is_free_at_once_is_not_kept_waiting_by_a_position(queue: Site) -> None:
    assert said(call(queue, agents=(SLOW,))) == ["Mohon tunggu.", "Selamat tinggal."]


class ThirdInLine(ScriptedCaller):
    """Comes third, after two who leave 20 and 100 seconds into the call."""

    def __init__(self, room: SimRoom) -> None:
        super().__init__()
        self._room = room

    def begins(self, phone: Phone) -> None:
        super().begins(phone)
        self._room.join("lain", "another")  # the only agent rings there, for good
        for i, seconds in enumerate((20, 100)):
            asyncio.get_running_loop().call_later(seconds, self._room.join("umum", f"other{i}").leave)


def test_the_position_is_told_at_first_when_it_improves_and_at_an_interval(queue: Site) -> None:
    room = SimRoom([Agent("101", ("lain", "umum"))])
    trial = simulate(Unpublished(queue), LINE, ThirdInLine(room), room=room, at=TUESDAY, settings=UNANNOUNCED)
    told = [
        (int(event.at - trial.events[0].at), str(event.data()["text"]).split()[-1])
        for event in trial.events
        if event.kind == "prompt_played" and "antrean" in event.data()["text"]
    ]
    assert told == [(3, "tiga"), (27, "dua"), (90, "dua"), (109, "satu")]


def test_a_wait_counts_until_an_agent_answers(queue: Site) -> None:
    trial = call(queue, agents=(SLOW,))
    assert data(trial, "queue_left")[0]["waited"] == pytest.approx(len("Mohon tunggu.") / 14 + 4, abs=0.1)


WAYS = """
    a: {type: queue, queue: umum, keys: {1: b, 2: c}, answered: a, timeout: z, nobody: z}
    b: {type: play, say: Sebentar., next: a}
    c: {type: hangup}
"""


class Later(ScriptedCaller):
    """Somebody else joins the queue after this caller."""

    def __init__(self, *script: Press, room: SimRoom, since: float) -> None:
        super().__init__(*script)
        self._room, self._since = room, since

    def begins(self, phone: Phone) -> None:
        super().begins(phone)
        loop = asyncio.get_running_loop()
        loop.call_later(10, lambda: loop.call_later(80, self._room.join("umum", "other", 0, self._since).leave))


@pytest.mark.parametrize(
    ("agents", "script", "positions"),
    [([NEVER], [Press("1", at=20), Press("2", at=60)], [1, 1]), ([SLOW], [Press("2", at=60)], [1, 2])],
    ids=["before those who came meanwhile", "but not after an agent has answered"],
)
def test_whose_place_it_is(tmp_path: Path, agents: list[Agent], script: list[Press], positions: list[int]) -> None:
    room = SimRoom(agents)
    site_ = site(tmp_path, steps(WAYS))
    since = TUESDAY.replace(tzinfo=ZoneInfo(UNANNOUNCED.timezone)).timestamp() + 10
    trial = simulate(
        Unpublished(site_), LINE, Later(*script, room=room, since=since), room=room, at=TUESDAY, settings=UNANNOUNCED
    )
    assert [visit["position"] for visit in data(trial, "queue_joined")] == positions
