"""The board of agents, fed with manager events as Asterisk 22 was seen to send them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from ivr.routing.ami import AmiRefused
from ivr.routing.board import AgentBoard, AgentState


class Events:
    """Stands for the manager's connection: the test says what Asterisk tells."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
        self.on_connected: list[Callable[[], Awaitable[None]]] = []
        self.on_lost: list[Callable[[], None]] = []
        self.members: list[dict[str, str]] = []
        self.actions: list[tuple[str, dict[str, str]]] = []

    async def action(self, name: str, **headers: str) -> list[Any]:
        self.actions.append((name, headers))
        if headers.get("Endpoint") == "103":
            raise AmiRefused("Unable to retrieve endpoint 103")
        return [{"Event": "QueueMember", **member} for member in self.members if name == "QueueStatus"]

    def on(self, event: str, callback: Callable[[Any], None]) -> None:
        self.callbacks[event].append(callback)

    def tell(self, event: str, **values: str) -> None:
        for callback in self.callbacks[event]:
            callback(values)

    def member(self, agent: str = "101", queue: str = "umum", **values: str) -> None:
        usual = {"Status": "1", "Paused": "0", "InCall": "0", "LastCall": "0"}
        self.tell("QueueMemberStatus", Queue=queue, Interface=f"PJSIP/{agent}", **{**usual, **values})


@pytest.fixture
def asterisk() -> Events:
    return Events()


@pytest.fixture
def board(asterisk: Events) -> AgentBoard:
    return AgentBoard(asterisk, {"umum": 15.0, "darurat": 0.0, "fallback": 0.0}.__getitem__)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, AgentState.FREE),
        ({"Status": "6"}, AgentState.RINGING),
        ({"Status": "2"}, AgentState.TALKING),
        ({"InCall": "1"}, AgentState.TALKING),
        ({"Paused": "1"}, AgentState.PAUSED),
        ({"Status": "5"}, AgentState.UNREACHABLE),
        ({"Status": "4"}, AgentState.UNREACHABLE),
        ({"LastCall": str(int(time.time()) - 3600)}, AgentState.FREE),
    ],
)
async def test_states(asterisk: Events, board: AgentBoard, values: dict[str, str], state: AgentState) -> None:
    asterisk.member(**values)
    assert board.states() == {"101": {"umum": state}}
    assert board.free("umum") == (["101"] if state is AgentState.FREE else [])
    assert board.staffed("umum") is (state is not AgentState.UNREACHABLE)


async def test_where_the_queue_of_the_last_call_is_not_known_each_queue_has_its_own_rest(
    asterisk: Events, board: AgentBoard
) -> None:
    asterisk.member(queue="umum")
    asterisk.member(queue="darurat", LastCall=str(int(time.time()) - 1))
    assert board.states()["101"] == {"umum": AgentState.WRAP_UP, "darurat": AgentState.FREE}
    assert board.staffed("umum")


@pytest.mark.parametrize(
    ("last", "state"),
    [("umum", AgentState.WRAP_UP), ("darurat", AgentState.FREE), ("fallback", AgentState.FREE)],
)
async def test_the_rest_is_the_one_that_the_queue_of_the_last_call_asks_for(
    asterisk: Events, board: AgentBoard, last: str, state: AgentState
) -> None:
    asterisk.tell("AgentComplete", Queue=last, Interface="PJSIP/101")
    for queue in ("umum", "darurat"):
        asterisk.member(queue=queue, LastCall=str(int(time.time()) - 1))
    assert board.states()["101"] == {"umum": state, "darurat": state}


async def test_after_a_lost_connection_the_queue_of_the_last_call_is_not_known_any_more(
    asterisk: Events, board: AgentBoard
) -> None:
    asterisk.tell("AgentComplete", Queue="darurat", Interface="PJSIP/101")
    for lost in asterisk.on_lost:
        lost()
    asterisk.member(queue="umum", LastCall=str(int(time.time()) - 1))
    assert board.states()["101"] == {"umum": AgentState.WRAP_UP}


async def test_who_logs_out_is_off_the_board(asterisk: Events, board: AgentBoard) -> None:
    changes: list[bool] = []
    board.on_change = lambda: changes.append(True)
    asterisk.member()
    asterisk.tell("QueueMemberRemoved", Queue="umum", Interface="PJSIP/101")
    assert (board.states(), board.staffed("umum"), len(changes)) == ({}, False, 2)


async def test_the_fallback_queue_is_not_ours(asterisk: Events, board: AgentBoard) -> None:
    asterisk.member(queue="fallback")
    assert board.states() == {}


async def test_without_the_manager_nothing_is_known(asterisk: Events, board: AgentBoard) -> None:
    asterisk.member()
    for lost in asterisk.on_lost:
        lost()
    assert board.states() == {}


async def test_telephones_that_seem_to_be_away_are_looked_for_on_connecting(
    asterisk: Events, board: AgentBoard
) -> None:
    for agent, device in (("103", "5"), ("101", "1"), ("102", "5")):
        for queue in ("umum", "darurat"):
            member = {"Queue": queue, "Location": f"PJSIP/{agent}", "Status": device, "Paused": "0"}
            asterisk.members.append(member)
    await board.refresh()
    assert asterisk.actions[1:] == [("PJSIPQualify", {"Endpoint": agent}) for agent in ("103", "102")]
    assert board.free("umum") == ["101"]
