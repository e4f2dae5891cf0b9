"""The turns of a speech socket, against a model of Asterisk that does everything in every order."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import booleans, data, sampled_from

from ivr.speech.heard import Final, Hypothesis, Onset
from ivr.speech.turns import Action, Feed, Leave, Listen, Send, Turn, Turns, parse_turn

FRAME = bytes(320)
SETUP = '{"request":"setup","id":"s","version":"1","codecs":[{"name":"slin"}],"params":{}}'
ONSET, FINAL = Onset(0.1), Final((Hypothesis("ka te pe", 0.9),), 0.1, 0.4)
KTP, NONE = Hypothesis("ka te pe", 0.9126), Hypothesis("", 0.05)


def turn_value(name: str, *, onset: bool = True) -> str:
    return f"id={name};call=17.3;grammar=ab12/cd34;pause=700;onset={int(onset)};record="


def set_turn(name: str, *, onset: bool = True) -> str:
    return json.dumps({"request": "set", "id": f"ask-{name}", "params": {"turn": turn_value(name, onset=onset)}})


def sent(actions: list[Action]) -> list[dict[str, Any]]:
    return [json.loads(action.text) for action in actions if isinstance(action, Send)]


def begun(turns: Turns, name: str, *, onset: bool = True, at: float = 0.0) -> Turn:
    """A turn that was set and answered."""
    (listen,) = turns.receive_message(set_turn(name, onset=onset), at)
    assert isinstance(listen, Listen)
    assert sent(turns.ready(listen.turn)) == [{"response": "set", "id": f"ask-{name}"}]
    return listen.turn


@pytest.fixture
def turns() -> Turns:
    turns = Turns()
    assert sent(turns.receive_message(SETUP, 0.0)) == [{"response": "setup", "id": "s", "codecs": [{"name": "slin"}]}]
    return turns


# --- the words of a turn -----------------------------------------------------------------------------
def test_a_turn_says_how_to_listen() -> None:
    value = "id=17.3.1;call=17.3;grammar=ab12/cd34;pause=700;onset=1;record=2026/11/24/17.3-1"
    assert parse_turn(value) == Turn("17.3.1", "17.3", "ab12/cd34", 0.7, True, "2026/11/24/17.3-1")


@pytest.mark.parametrize(
    "value",
    [
        "",
        None,
        7,
        turn_value("a").replace("record=", "record=/etc/a"),
        turn_value("a").replace("record=", "record=a/../../b"),
        turn_value("a").replace("record=", "record=a/"),
        turn_value("a").replace("ab12/cd34", "../cd34"),
        turn_value('a"'),
        turn_value("a,b"),
        turn_value("a") + "\n",
    ],
)
def test_a_turn_that_says_something_else_is_never_answered(turns: Turns, value: object) -> None:
    """AGI takes a second for that, and so the engine knows."""
    (action,) = turns.receive_message(json.dumps({"request": "set", "id": "x", "params": {"turn": value}}), 0.0)
    assert isinstance(action, Leave)


# --- one turn ----------------------------------------------------------------------------------------
def test_a_final_without_an_onset_goes_out_at_once_with_its_times(turns: Turns) -> None:
    turn = begun(turns, "t", onset=False, at=10.0)
    assert turns.receive_audio(FRAME, 10.12) == [Feed(turn, FRAME)]
    assert turns.heard(turn, [Onset(0.5)], 11.0) == []  # nobody asked
    (message,) = sent(turns.heard(turn, [Final((KTP, NONE), 0.5, 1.2)], 12.0))
    assert message["request"] == "set"
    assert message["params"]["results"] == [
        {"text": "ka te pe", "score": 913, "grammar": "t,600,1300,2000"},
        {"text": "", "score": 50, "grammar": "t,600,1300,2000"},
    ]
    assert turns.receive_audio(FRAME, 12.02) == []  # the utterance is over


def test_a_final_after_an_onset_waits_until_the_engine_listens_again(turns: Turns) -> None:
    turn = begun(turns, "t")
    turns.receive_audio(FRAME, 0.02)
    (onset,) = sent(turns.heard(turn, [Onset(0.0)], 0.3))
    assert onset["params"]["results"] == [{"text": "", "score": 0, "grammar": "onset,t"}]
    assert turns.heard(turn, [Final((KTP,), 0.0, 0.2)], 0.3) == []
    for at in (0.32, 0.34, 0.36):
        assert turns.receive_audio(FRAME, at) == []  # of the first RECOGNIZE still
    assert turns.receive_message(json.dumps({"response": "set", "id": onset["id"]}), 0.37) == []
    assert turns.receive_audio(FRAME, 0.38) == []  # the last one of the first, perhaps
    (final,) = sent(turns.receive_audio(FRAME, 0.40))
    assert final["params"]["results"][0]["text"] == "ka te pe"
    assert turns.receive_audio(FRAME, 0.42) == []


def test_where_no_audio_follows_the_onset_time_shows_that_the_engine_listens_again(turns: Turns) -> None:
    turn = begun(turns, "t")
    turns.receive_audio(FRAME, 0.02)
    (onset,) = sent(turns.heard(turn, [Onset(0.0)], 0.3))
    assert turns.heard(turn, [Final((KTP,), 0.0, 0.2)], 0.3) == []
    assert turns.release(turn, 9.0) == []  # nobody has taken the onset yet
    turns.receive_message(json.dumps({"response": "set", "id": onset["id"]}), 9.0)
    assert turns.release(turn, 9.4) == []
    assert (turns.is_listened_to(turn, 9.4), turns.is_listened_to(turn, 9.5)) == (False, True)
    assert turns.is_open(turn)
    (final,) = sent(turns.release(turn, 9.5))
    assert final["params"]["results"][0]["text"] == "ka te pe"
    assert not turns.is_open(turn)


def ping(name: str) -> str:
    return json.dumps({"request": "set", "id": f"ping-{name}", "params": {"ping": name}})


@pytest.mark.parametrize("onset", [True, False])
def test_a_final_that_nobody_took_is_told_again_once_the_engine_listens_again(turns: Turns, onset: bool) -> None:
    turn = begun(turns, "t", onset=onset)
    turns.receive_audio(FRAME, 0.02)
    found = [Onset(0.0), Final((KTP,), 0.0, 0.2)]
    (lost,) = sent(turns.heard(turn, found, 0.3))
    (pong,) = sent(turns.receive_message(ping("t"), 5.0))
    assert pong == {"response": "set", "id": "ping-t"}
    assert turns.receive_audio(FRAME, 5.02) == []
    (again,) = sent(turns.receive_audio(FRAME, 5.04))
    assert again["params"] == lost["params"]
    assert turns.receive_audio(FRAME, 5.06) == []


def test_a_final_that_is_found_between_two_pieces_of_a_wait_is_held(turns: Turns) -> None:
    turn = begun(turns, "t", onset=False)
    turns.receive_audio(FRAME, 0.02)
    turns.receive_message(ping("t"), 5.0)
    assert turns.heard(turn, [Final((KTP,), 0.0, 0.2)], 5.001) == []
    assert turns.receive_audio(FRAME, 5.02) == []
    assert len(sent(turns.receive_audio(FRAME, 5.04))) == 1


def test_an_onset_between_two_pieces_of_a_wait_is_not_told_for_it_would_be_lost(turns: Turns) -> None:
    turn = begun(turns, "t")
    turns.receive_message('{"request":"set","id":"p","params":{"ping":"t"}}', 1.0)
    assert turns.heard(turn, [Onset(0.0)], 1.1) == []
    assert len(sent(turns.heard(turn, [Onset(0.0)], 1.6))) == 1


def test_an_onset_after_an_interruption_holds_the_final_again(turns: Turns) -> None:
    turn = begun(turns, "t")
    turns.receive_audio(FRAME, 0.02)
    turns.receive_message(ping("t"), 1.0)
    for at in (1.02, 1.04):
        turns.receive_audio(FRAME, at)
    assert len(sent(turns.heard(turn, [Onset(0.0)], 2.0))) == 1
    assert turns.heard(turn, [Final((KTP,), 0.0, 0.2)], 2.0) == []


def test_a_final_that_comes_with_its_onset_goes_alone(turns: Turns) -> None:
    turn = begun(turns, "t")
    turns.receive_audio(FRAME, 0.02)
    (final,) = sent(turns.heard(turn, [Onset(0.0), Final((KTP,), 0.0, 0.2)], 0.3))
    assert final["params"]["results"][0]["grammar"].startswith("t,")


def test_as_many_results_are_told_as_asterisk_can_take(turns: Turns) -> None:
    """The best of them, in 4,096 bytes."""
    turn = begun(turns, "t")
    turns.receive_audio(FRAME, 0.02)
    found = [Hypothesis(f"{'kata ' * 60}{i}", 0.1) for i in range(12)]
    (final,) = sent(turns.heard(turn, [Final(tuple(found), 0.0, 0.2)], 0.3))
    told = [result["text"] for result in final["params"]["results"]]
    assert told == [h.text for h in found[: len(told)]]
    assert 3 < len(told) < 10
    assert sum(map(len, told)) < 4096 - 10 * 200


def test_a_recogniser_that_comes_too_late_answers_nothing(turns: Turns) -> None:
    (first,) = turns.receive_message(set_turn("a"), 0.0)
    assert isinstance(first, Listen)
    begun(turns, "b")
    assert turns.ready(first.turn) == []


# --- what Asterisk would never say -------------------------------------------------------------------
@pytest.mark.parametrize("message", ["", "{", "[]", "7", '{"id":"a"}', '{"request":7,"id":"a"}', '{"request":"set"}'])
def test_what_is_no_message_ends_the_socket(turns: Turns, message: str) -> None:
    (action,) = turns.receive_message(message, 0.0)
    assert isinstance(action, Leave)


def test_audio_before_setup_ends_the_socket() -> None:
    assert Turns().receive_audio(FRAME, 0.0) == [Leave("audio before setup")]


def test_set_before_setup_and_unknown_requests_are_answered_with_an_error(turns: Turns) -> None:
    (early,) = sent(Turns().receive_message(set_turn("t"), 0.0))
    assert early == {"response": "set", "id": "ask-t", "error_msg": "setup comes first"}
    (unknown,) = sent(turns.receive_message('{"request":"get","id":"g","params":["results"]}', 0.0))
    assert unknown["error_msg"]


def test_a_ping_is_answered_and_ends_no_turn(turns: Turns) -> None:
    turn = begun(turns, "t")
    (pong,) = sent(turns.receive_message('{"request":"set","id":"p","params":{"ping":"t"}}', 0.0))
    assert pong == {"response": "set", "id": "p"}
    assert turns.receive_audio(FRAME, 0.1) == [Feed(turn, FRAME)]


def test_audio_between_setup_and_the_first_turn_and_strange_answers_are_passed_over(turns: Turns) -> None:
    assert turns.receive_audio(FRAME, 0.0) == []
    assert turns.receive_message('{"response":"set","id":"sambung-1"}', 0.0) == []


# --- everything in every order -----------------------------------------------------------------------
class Telephony(RuleBasedStateMachine):
    """Asterisk, the engine and the recogniser around the turns; what is sent arrives in order, some time later.

    Asterisk as tried: a result ends the RECOGNIZE that runs, or is lost; one more frame may slip out as it ends.
    The engine as it is to behave: it listens when `set turn` was answered, again after an onset, and again in the same
    turn after a ping.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turns = Turns()
        self.turns.receive_message(SETUP, 0.0)
        self.to_us: deque[str | bytes] = deque()
        self.to_asterisk: deque[dict[str, Any]] = deque()
        self.number = 0
        self.is_answered = self.is_recognising = self.may_slip = self.was_cut = False
        self.heard: list[Turn] = []  # the turns that have audio
        self.finals: set[str] = set()  # those whose recogniser found one
        self.ends: list[str] = []  # what ended a RECOGNIZE

    @property
    def name(self) -> str:
        return f"t{self.number}"

    @property
    def has_its_final(self) -> bool:
        return any(end.startswith(f"{self.name},") for end in self.ends)

    # --- the engine
    @initialize(onset=booleans())
    def listening(self, onset: bool) -> None:
        """The interesting part begins here."""
        self.new_turn(onset)
        self.we_read()
        self.asterisk_reads()
        self.recognise()
        self.audio()
        self.we_read()

    @precondition(lambda self: not self.is_recognising and (self.was_cut or self.has_its_final))
    @rule(onset=booleans())
    def new_turn(self, onset: bool) -> None:
        self.number += 1
        self.is_answered = self.was_cut = self.may_slip = False
        self.to_us.append(set_turn(self.name, onset=onset))

    @precondition(lambda self: self.is_answered and not (self.is_recognising or self.was_cut or self.has_its_final))
    @rule()
    def recognise(self) -> None:
        self.is_recognising, self.may_slip = True, False

    @precondition(lambda self: self.was_cut)
    @rule()
    def go_on(self) -> None:
        self.is_answered = self.was_cut = self.may_slip = False
        self.to_us.append(ping(self.name))

    @precondition(lambda self: self.is_recognising)
    @rule()
    def a_key_or_the_time_out(self) -> None:
        self.is_recognising, self.was_cut = False, True

    # --- Asterisk
    @precondition(lambda self: self.is_recognising or self.may_slip)
    @rule()
    def audio(self) -> None:
        self.to_us.append(FRAME)
        self.may_slip = False

    @precondition(lambda self: self.to_asterisk)
    @rule()
    def asterisk_reads(self) -> None:
        message = self.to_asterisk.popleft()
        if "response" in message:
            self.is_answered |= message["id"] in (f"ask-{self.name}", f"ping-{self.name}")
            return
        self.to_us.append(json.dumps({"response": "set", "id": message["id"]}))
        result = message["params"]["results"][0]["grammar"]
        is_of_this_turn = self.name in result.split(",")
        if self.is_recognising:
            assert is_of_this_turn, "a result of an earlier turn ended this one"
            self.is_recognising, self.may_slip = False, True
            self.ends.append(result)
        else:
            was_interrupted = self.was_cut or not self.is_answered
            assert was_interrupted or not is_of_this_turn, "a result was lost between two RECOGNIZE"

    # --- the recogniser, which may still be busy with an earlier turn
    @precondition(lambda self: self.heard)
    @rule(data=data(), found=sampled_from([(ONSET,), (FINAL,), (ONSET, FINAL)]))
    def recogniser_finds(self, data: Any, found: tuple[Onset | Final, ...]) -> None:
        turn = data.draw(sampled_from(self.heard[-3:]))
        if FINAL in found:
            self.finals.add(turn.id)
        self._do(self.turns.heard(turn, found, 1.0))

    # --- ourselves
    @precondition(lambda self: self.to_us)
    @rule()
    def we_read(self) -> None:
        frame = self.to_us.popleft()
        receive = self.turns.receive_audio if isinstance(frame, bytes) else self.turns.receive_message
        self._do(receive(frame, 1.0))

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Listen(turn):
                    self._do(self.turns.ready(turn))
                case Feed(turn):
                    self.heard += [turn] * (turn not in self.heard)
                case Send(text):
                    self.to_asterisk.append(json.loads(text))
                case Leave(why):
                    pytest.fail(why)

    # --- what must hold
    @invariant()
    def nothing_is_taken_twice(self) -> None:
        assert len(self.ends) == len(set(self.ends))

    def teardown(self) -> None:
        """A final that was found for a turn that is still listened to gets there."""
        if not self.is_recognising or self.name not in self.finals:
            return
        for _ in range(20):
            while self.to_us:
                self.we_read()
            while self.to_asterisk:
                self.asterisk_reads()
            if self.has_its_final:
                return
            if not self.is_recognising:
                self.recognise()
            self.audio()
        pytest.fail("a final was held for ever")


TestTelephony = Telephony.TestCase
TestTelephony.settings = settings(max_examples=200, stateful_step_count=60)
