"""Listening over AGI: every end of a turn, and the deaths that look like silence.

The far end is a script: what a real Asterisk does is told by tests/e2e/test_speech_protocol.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from ivr.agi import listen
from ivr.agi.channel import AgiChannel
from ivr.agi.connection import AgiConnection
from ivr.channel import Grammar, Heard, HeardEnd, HungUp, Hypothesis, Segment

GRAMMAR = Grammar("v1/g1", {"ka te pe": "KTP", "pengaduan": "Pengaduan"}, digits=False, accept=0.8, confirm=0.5)
MUSIC = Segment("", Path("/prompts/musik.wav"), 90.0)
LONG = Segment("Sebutkan keperluan Anda.", Path("/prompts/tanya.wav"), 60.0)
NOTHING = "200 result=1 (timeout) endpos=0"
DIED = "200 result=1 (speech) endpos=0 results=0 "


def spoken(*results: tuple[int, str, str]) -> str:
    told = " ".join(f'score{i}={s} text{i}="{t}" grammar{i}={g}' for i, (s, t, g) in enumerate(results))
    return f"200 result=1 (speech) endpos=0 results={len(results)} {told}"


ONSET = spoken((0, "", "onset,1.1.1"))
KTP = spoken((90, "", "1.1.1,400,1100,1650"), (910, "ka te pe", "1.1.1,400,1100,1650"))


@dataclass
class Asterisk:
    """Answers SPEECH RECOGNIZE by a script (None: by a key only), all else at once, and keeps what it was asked."""

    answers: Iterator[str | None]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    listening: bool = True
    asked: list[str] = field(default_factory=list)
    servers: int = 1
    slow: str = ""
    """A command whose answer takes as long as Asterisk waits for a dead server, as often as `slow_times`."""
    slow_times: int = 1
    recognising: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        async for line in self.reader:
            command = line.decode().strip()
            self.asked.append(command)
            if command.startswith("SPEECH RECOGNIZE"):
                if (answer := next(self.answers)) is None:
                    self.recognising.set()
                    continue
            elif command.startswith("SPEECH CREATE"):
                answer = f"200 result={self.servers}"
            else:
                if self.slow and self.slow_times and command.startswith(self.slow):
                    self.slow_times -= 1
                    await asyncio.sleep(2 * listen.DEAD_SECONDS)
                answer = "200 result=1"
            self.say(answer)

    def say(self, answer: str) -> None:
        self.writer.write(answer.encode() + b"\n")

    async def press_own_key(self, channel: str) -> None:
        assert channel == "PJSIP/warga-1"
        self.say("200 result=1 (digit) digit=D endpos=0")

    @property
    def commands(self) -> list[str]:
        """What was asked, without its arguments."""
        return [" ".join(command.split()[:2]) for command in self.asked]

    @property
    def played(self) -> list[str]:
        """The sounds that were listened under."""
        return [Path(c.split()[2].strip('"')).name for c in self.asked if c.startswith("SPEECH RECOGNIZE")]


Start = Callable[..., "asyncio.Future[tuple[AgiChannel, Asterisk]]"]


@pytest.fixture
async def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Start]:
    monkeypatch.setattr(listen, "DEAD_SECONDS", 0.2)
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[AgiConnection] = loop.create_future()
    server = await loop.create_server(lambda: AgiConnection(ready.set_result), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"agi_uniqueid: 1.1\nagi_channel: PJSIP/warga-1\n\n")
    running: list[asyncio.Future[None]] = []

    async def begin(*answers: str | None) -> tuple[AgiChannel, Asterisk]:
        asterisk = Asterisk(iter(answers), reader, writer)
        channel = AgiChannel(
            await ready,
            "1.1",
            hold_music=MUSIC,
            watch=asterisk,
            transfer_target=str,
            recordings=tmp_path,  # type: ignore[arg-type]
        )
        running.append(asyncio.ensure_future(asterisk.run()))
        return channel, asterisk

    yield begin  # type: ignore[misc]
    for task in running:
        task.cancel()
    writer.close()
    server.close()


async def ask(channel: AgiChannel, *, stop_keys: str = "0123456789*", audio: Path | None = None) -> Heard:
    return await channel.listen([LONG], GRAMMAR, timeout=6, pause=0.5, stop_keys=stop_keys, audio=audio)


async def test_speech_over_the_prompt(start: Start, tmp_path: Path) -> None:
    channel, asterisk = await start(ONSET, KTP)
    kept = tmp_path / "2026/11/24/1.1-utterance1.wav"
    heard = await ask(channel, audio=kept)
    assert heard.end is HeardEnd.SPEECH
    assert heard.utterance is not None
    assert heard.utterance.hypotheses == (Hypothesis("KTP", 0.91), Hypothesis("", 0.09))
    assert (heard.utterance.onset, heard.utterance.ended, heard.utterance.result) == (0.4, 1.1, 1.65)
    assert (heard.utterance.turn, heard.utterance.audio) == ("1.1.1", kept)
    assert not heard.played.completed
    assert asterisk.played == ["tanya", "silence"]
    told = "id=1.1.1;call=1.1;grammar=v1/g1;pause=500;onset=1;record=2026/11/24/1.1-utterance1"
    assert asterisk.asked[:2] == ["SPEECH CREATE sambung", f'SPEECH SET turn "{told}"']


async def test_results_of_another_turn_are_no_answer(start: Start) -> None:
    late = spoken((990, "pengaduan", "1.1.0,1,2,3"))
    channel, asterisk = await start(late, KTP)
    heard = await ask(channel)
    assert heard.utterance is not None
    assert heard.utterance.hypotheses[0].text == "KTP"
    assert asterisk.played == ["tanya", "tanya"]  # the prompt went on


async def test_a_phrase_that_is_not_of_this_grammar_is_none(start: Start) -> None:
    channel, _ = await start(spoken((900, "tidak ada", "1.1.1,1,2,3")))
    heard = await ask(channel)
    assert heard.utterance is not None
    assert heard.utterance.hypotheses == (Hypothesis("", 0.9),)


async def test_a_key_ends_it_and_stays_in_the_buffer(start: Start) -> None:
    channel, asterisk = await start("200 result=1 (digit) digit=1 endpos=0")
    asterisk.listening = False  # AGI's word alone
    assert (await ask(channel)).end is HeardEnd.KEY
    assert await channel.read_key(0) == "1"


async def test_a_key_that_is_no_answer_lets_the_prompt_go_on(start: Start) -> None:
    channel, asterisk = await start("200 result=1 (digit) digit=# endpos=0", KTP)
    asterisk.listening = False
    assert (await ask(channel)).end is HeardEnd.SPEECH
    assert asterisk.played == ["tanya", "tanya"]
    # What was said at that moment is told again.
    assert asterisk.commands[-3:] == ["SPEECH RECOGNIZE", "SPEECH SET", "SPEECH RECOGNIZE"]


async def test_a_server_that_died_when_a_key_was_no_answer(start: Start) -> None:
    channel, asterisk = await start("200 result=1 (digit) digit=# endpos=0")
    asterisk.listening = False
    asterisk.slow = "SPEECH SET ping"
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    assert asterisk.commands[-1] == "SPEECH DESTROY"


async def test_a_key_that_only_the_manager_saw_ends_it_too(start: Start) -> None:
    channel, asterisk = await start(None)
    heard = asyncio.ensure_future(ask(channel))
    await asterisk.recognising.wait()
    channel.key_begins("4")
    channel.key_witnessed("4")
    assert (await heard).end is HeardEnd.KEY
    assert await channel.read_key(0) == "4"


async def test_a_key_pressed_before_is_an_answer_at_once(start: Start) -> None:
    channel, asterisk = await start()
    channel.key_begins("1")
    channel.key_witnessed("1")
    assert (await ask(channel)).end is HeardEnd.KEY
    assert asterisk.played == []


async def test_silence_is_silence_where_the_server_answers(start: Start) -> None:
    channel, asterisk = await start(NOTHING)
    assert (await ask(channel)).end is HeardEnd.SILENCE
    assert asterisk.asked[-1] == 'SPEECH SET ping "1.1.1"'


async def test_silence_on_a_dead_socket_is_none_of_the_caller_s(start: Start) -> None:
    channel, asterisk = await start(NOTHING)
    asterisk.slow = "SPEECH SET ping"
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    assert asterisk.commands[-1] == "SPEECH DESTROY"


async def test_a_server_that_dies_in_a_word_is_replaced_at_the_next_turn(start: Start) -> None:
    channel, asterisk = await start(ONSET, DIED, spoken((900, "ka te pe", "1.1.2,1,2,3")))
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    assert (await ask(channel)).end is HeardEnd.SPEECH
    assert asterisk.commands[4:7] == ["SPEECH DESTROY", "SPEECH CREATE", "SPEECH SET"]


async def test_a_server_that_died_between_turns_is_replaced_at_once(start: Start) -> None:
    channel, asterisk = await start(NOTHING, spoken((900, "ka te pe", "1.1.2,1,2,3")))
    await ask(channel)
    asterisk.slow = "SPEECH SET turn"
    assert (await ask(channel)).end is HeardEnd.SPEECH
    assert asterisk.commands[-5:] == [
        "SPEECH SET", "SPEECH DESTROY", "SPEECH CREATE", "SPEECH SET", "SPEECH RECOGNIZE",
    ]  # fmt: skip


async def test_no_server_is_asked_for_again_only_after_a_while(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    channel, asterisk = await start(KTP.replace("1.1.1", "1.1.3"))
    asterisk.servers = 0
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    asterisk.servers = 1
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    assert asterisk.commands == ["SPEECH CREATE"] * listen.SERVERS_TO_TRY
    monkeypatch.setattr(listen, "RETRY_SECONDS", 0)
    assert (await ask(channel)).end is HeardEnd.SPEECH


async def test_a_grammar_that_no_server_can_serve_costs_the_caller_silence_once(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    channel, asterisk = await start(KTP.replace("1.1.1", "1.1.2"))
    asterisk.slow, asterisk.slow_times = "SPEECH SET turn", 2
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    asked = len(asterisk.asked)
    assert (await ask(channel)).end is HeardEnd.UNAVAILABLE
    assert len(asterisk.asked) == asked
    assert len([told for told in caplog.messages if "v1/g1" in told]) == 1
    assert (await hold(channel, asyncio.Event(), grammar=replace(GRAMMAR, id="v1/g2"))).end is HeardEnd.SPEECH


async def test_speech_without_an_end_is_an_utterance_that_is_nothing(start: Start) -> None:
    channel, _ = await start(ONSET, NOTHING)
    heard = await ask(channel)
    assert heard.end is HeardEnd.SPEECH
    assert heard.utterance is not None
    assert heard.utterance.hypotheses == ()


async def test_hanging_up(start: Start) -> None:
    channel, _ = await start("200 result=1 (hangup) endpos=0\nHANGUP")
    with pytest.raises(HungUp):
        await ask(channel)


async def hold_without_listening(channel: AgiChannel) -> None:
    woken = asyncio.Event()
    woken.set()
    await channel.hold(woken=woken, seconds=30)


@pytest.mark.parametrize(
    ("deaf", "command"),
    [
        (lambda channel: channel.connect("umum", "1.1-1", ring_seconds=20, recording=None), "EXEC Queue"),
        (lambda channel: channel.transfer("PJSIP/201", ring_seconds=20), "EXEC Dial"),
        (hold_without_listening, "SET MUSIC"),
    ],
    ids=["talk", "transfer", "hold"],
)
async def test_nobody_keeps_a_place_that_is_not_listened_to(
    start: Start, deaf: Callable[[AgiChannel], Awaitable[object]], command: str
) -> None:
    channel, asterisk = await start(KTP, KTP.replace("1.1.1", "1.1.2"))
    channel.report = Mock()
    await ask(channel)
    await deaf(channel)
    assert asterisk.commands.index("SPEECH DESTROY") < asterisk.commands.index(command)
    await deaf(channel)
    assert asterisk.commands.count("SPEECH DESTROY") == 1
    assert (await ask(channel)).end is HeardEnd.SPEECH
    assert asterisk.commands.count("SPEECH CREATE") == 2


# --- on hold ----------------------------------------------------------------------------------------
async def hold(channel: AgiChannel, woken: asyncio.Event, *, seconds: float = 30, grammar: Grammar = GRAMMAR) -> Heard:
    heard = await channel.listen_on_hold(grammar, woken=woken, seconds=seconds, pause=0.5, stop_keys="1")
    assert heard is not None
    return heard


async def test_who_waits_is_woken(start: Start) -> None:
    channel, asterisk = await start(None)
    woken = asyncio.Event()
    heard = asyncio.ensure_future(hold(channel, woken))
    await asterisk.recognising.wait()
    woken.set()
    assert (await heard).end is HeardEnd.WOKEN
    assert asterisk.played == ["musik"]
    assert ";onset=0;" in asterisk.asked[1]  # the music goes on until what was said is known


async def test_one_turn_goes_on_from_one_piece_of_the_wait_to_the_next(start: Start) -> None:
    channel, asterisk = await start(None, KTP)
    woken = asyncio.Event()
    assert (await hold(channel, woken, seconds=0.1)).end is HeardEnd.SILENCE
    heard = await hold(channel, woken)
    assert heard.utterance is not None
    assert heard.utterance.hypotheses[0].text == "KTP"
    # Nothing beside the listening itself, but the question that makes the server tell again what was lost.
    pieces = asterisk.commands[asterisk.commands.index("SPEECH RECOGNIZE") :]
    assert pieces == ["SPEECH RECOGNIZE", "SPEECH SET", "SPEECH RECOGNIZE"]
    assert asterisk.asked[-2] == 'SPEECH SET ping "1.1.1"'


async def test_that_they_wait_again_is_noted_once_after_each_offer(start: Start) -> None:
    """Should the engine die, the dialplan tells by that who has talked and who still waits."""
    channel, asterisk = await start(None, None, None)
    channel.report = Mock()
    for offers in (0, 1):
        if offers:
            await channel.connect("umum", "1.1-1", ring_seconds=20, recording=None)
        for _ in range(2 - offers):
            assert (await hold(channel, asyncio.Event(), seconds=0.05)).end is HeardEnd.SILENCE
        told = [asked for asked in asterisk.asked if asked.startswith("SET VARIABLE MEMBERINTERFACE")]
        assert len(told) == offers


async def test_after_an_answer_the_next_piece_of_the_wait_is_a_new_turn(start: Start) -> None:
    channel, _ = await start(KTP, KTP.replace("1.1.1", "1.1.2"))
    assert (await hold(channel, asyncio.Event())).end is HeardEnd.SPEECH
    assert (await hold(channel, asyncio.Event())).end is HeardEnd.SPEECH


async def test_the_music_begins_again_at_its_end(start: Start) -> None:
    channel, asterisk = await start(NOTHING, KTP)
    assert (await hold(channel, asyncio.Event())).end is HeardEnd.SPEECH
    assert asterisk.played == ["musik", "musik"]


async def test_who_cannot_be_woken_is_not_listened_to(start: Start) -> None:
    channel, asterisk = await start()
    asterisk.listening = False  # the manager is away
    assert await channel.listen_on_hold(GRAMMAR, woken=asyncio.Event(), seconds=30, pause=0.5) is None
    assert asterisk.asked == []


@pytest.mark.parametrize("servers", [0, 1])
async def test_a_server_that_died_while_waiting_is_replaced_where_another_one_is(start: Start, servers: int) -> None:
    channel, asterisk = await start(None, KTP.replace("1.1.1", "1.1.2"))
    assert (await hold(channel, asyncio.Event(), seconds=0.1)).end is HeardEnd.SILENCE
    asterisk.slow, asterisk.servers = "SPEECH SET ping", servers
    end = (await hold(channel, asyncio.Event())).end
    assert end is (HeardEnd.SPEECH if servers else HeardEnd.UNAVAILABLE)
