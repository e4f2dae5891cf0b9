"""The waiting room: fair, one promise per agent, nobody forgotten."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ivr.routing.rooms import Room, RoomPlace


class Board:
    """Stands for the agents' states, which a test sets by hand."""

    def __init__(self, **queues: list[str]) -> None:
        self.members = queues
        self.busy: set[str] = set()
        self.on_change: Callable[[], None] = lambda: None

    def free(self, queue: str) -> list[str]:
        return [a for a in self.members.get(queue, []) if a not in self.busy]

    def staffed(self, queue: str) -> bool:
        return bool(self.members.get(queue))


def room(board: Board, *, knows: bool = True, clock: Callable[[], float] = lambda: 0.0) -> Room:
    return Room(board, knows=lambda: knows, clock=clock)  # type: ignore[arg-type]


def test_first_come_first_served_and_priority_before_both() -> None:
    board = Board(umum=["101"])
    board.busy = {"101"}
    r = room(board)
    first, second, urgent = r.join("umum", "a"), r.join("umum", "b"), r.join("umum", "c", priority=5)
    assert (urgent.position, first.position, second.position) == (1, 2, 3)
    board.busy.clear()
    board.on_change()
    assert (urgent.offered.is_set(), first.offered.is_set()) == (True, False)
    urgent.leave()
    assert first.offered.is_set()
    assert not second.offered.is_set()


def test_who_comes_back_finds_their_place() -> None:
    r = room(Board())
    first, second = r.join("umum", "a", since=10.0), r.join("umum", "b", since=20.0)
    first.leave()
    again = r.join("umum", "a", since=10.0)
    assert (again.position, second.position) == (1, 2)
    assert again.visit != first.visit


def test_who_waits_is_counted_by_queue() -> None:
    r = room(Board())
    r.join("umum", "a")
    r.join("umum", "b")
    r.join("darurat", "c").leave()
    r.join("lain", "d")
    assert [r.waiting(q) for q in ([], ["umum"], ["umum", "lain"], ["darurat"])] == [3, 2, 3, 0]


def test_an_agent_of_two_queues_is_promised_once() -> None:
    r = room(Board(umum=["101"], darurat=["101"]))
    a, b = r.join("umum", "a"), r.join("darurat", "b")
    assert [a.offered.is_set(), b.offered.is_set()] == [True, False]


async def test_a_failed_offer_keeps_the_place_and_lets_other_agents_come_first() -> None:
    now = 0.0
    board = Board(umum=["101", "102"])
    board.busy = {"102"}
    r = room(board, clock=lambda: now)
    a, b = r.join("umum", "a"), r.join("umum", "b")
    a.returned()
    assert a.position == 1
    assert not a.offered.is_set()
    board.busy.clear()
    board.on_change()
    assert a.promised == "102"
    assert not b.offered.is_set()  # 101 rests a moment
    now = 10.0
    board.on_change()
    assert b.promised == "101"


def test_app_queue_may_choose_another_agent_than_was_promised() -> None:
    board = Board(umum=["101", "102"])
    r = room(board)
    a = r.join("umum", "a")
    assert a.promised == "101"
    r.ringing(a.visit, "102")
    b = r.join("umum", "b")
    assert (a.promised, b.promised) == ("102", "101")
    r.talking(a.visit)
    assert b.position == 1


def test_without_the_manager_the_head_of_each_queue_is_offered() -> None:
    r = room(Board(), knows=False)
    a, b, c = r.join("umum", "a"), r.join("umum", "b"), r.join("lain", "c")
    assert [p.offered.is_set() for p in (a, b, c)] == [True, False, True]
    a.leave()
    assert b.offered.is_set()
    assert r.staffed("umum")


class Anything(RuleBasedStateMachine):
    """Whatever happens in whatever order, promises are single and fair."""

    def __init__(self) -> None:
        super().__init__()
        self.board = Board(x=["1", "2"], y=["2", "3"])
        self.room = room(self.board)
        self.places: list[RoomPlace] = []
        self.number = 0

    @rule(queue=st.sampled_from("xy"), priority=st.integers(0, 2))
    def join(self, queue: str, priority: int) -> None:
        self.number += 1
        self.places.append(self.room.join(queue, f"c{self.number}", priority))

    @precondition(lambda self: self.places)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        place = data.draw(st.sampled_from(self.places))
        self.places.remove(place)
        place.leave()
        place.leave()

    @rule(agent=st.sampled_from("123"))
    def becomes_busy_or_free(self, agent: str) -> None:
        self.board.busy ^= {agent}
        self.board.on_change()

    @precondition(lambda self: any(p.offered.is_set() for p in self.places))
    @rule(data=st.data(), agent=st.sampled_from("123"))
    def app_queue_chooses(self, data: st.DataObject, agent: str) -> None:
        place = data.draw(st.sampled_from([p for p in self.places if p.offered.is_set()]))
        self.room.ringing(place.visit, agent)

    @invariant()
    def an_agent_is_promised_once(self) -> None:
        promised = [p.promised for p in self.places if p.promised]
        assert len(promised) == len(set(promised))

    @invariant()
    def no_free_agent_and_waiting_caller_stay_apart(self) -> None:
        held = {p.promised for p in self.places}
        for place in self.places:
            if not place.offered.is_set():
                assert set(self.board.free(place.queue)) <= held

    @invariant()
    def positions_are_one_to_n(self) -> None:
        for queue in "xy":
            line = [p.position for p in self.places if p.queue == queue]
            assert sorted(line) == list(range(1, len(line) + 1))


Anything.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestRoom = Anything.TestCase
