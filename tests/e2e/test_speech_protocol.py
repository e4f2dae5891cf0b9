"""The speech protocol (docs/speech-protocol.md) against a real Asterisk and a real speech server.

Only the recogniser follows a script: these tests prove turns, not hearing. The engine's part is played by the test.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from ivr.settings import load_settings
from ivr.supervisor import Supervisor
from ivr.wards import SPEECH_SILENCE_SECONDS, HeartWard
from tests.e2e.kit import audio, scripted_speech, sipp
from tests.e2e.kit.bare_agi import Answer, BareAgi, BareAgiServer
from tests.e2e.kit.machine import LOOPBACK, free_port, until
from tests.e2e.kit.small_asterisk import SmallAsterisk
from tests.e2e.kit.softphone import Softphone

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

NAME = "speech-1"
PLACES = 30
REFUSALS = 1000


class Call:
    """A caller on one side, the engine's commands on the other."""

    def __init__(self, house: House, agi: BareAgi) -> None:
        self._house, self.agi = house, agi

    async def listen(self, turn: str, *, after: int = 300, onset: bool = True, record: str = "") -> None:
        """`SPEECH SET turn`; the final result is to come `after` milliseconds of speech."""
        value = f"id={turn};call=17.3;grammar=script/after{after};pause=500;onset={int(onset)};record={record}"
        answer = await self.agi.command(f"SPEECH SET turn {value}")
        assert answer.seconds < 0.9, "nobody answered"

    async def recognise(self, *, prompt: str = "prompt", timeout: int = 5) -> Answer:
        """`SPEECH RECOGNIZE`."""
        return await self.agi.command(f"SPEECH RECOGNIZE {self._house.home / prompt} {timeout}")


class House:
    """An Asterisk, a supervised speech server, a telephone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        (home / "state").mkdir()
        port = free_port()
        (home / "state/sambung.toml").write_text(
            f'recordings = "{home}/recordings"\n[network]\nspeech_port = {port}\n'
            f"[speech]\ncalls_per_server = {PLACES}\nkeep_audio = true\n"
        )
        self.settings = load_settings(home / "state")
        self.url = f"ws://{LOOPBACK}:{port}/{self.settings.secrets['speech']}"
        self.word = audio.write_wav(home / "word.wav", audio.sine(440, 3))
        audio.write_wav(home / "prompt.wav", audio.sine(300, 20, -40))
        audio.write_wav(home / "silent.wav", audio.sine(300, 0.1, -90))

    async def start(self) -> None:
        command = [sys.executable, scripted_speech.__file__]
        ward = HeartWard(NAME, self.settings, command, silence=SPEECH_SILENCE_SECONDS)
        self._supervising = asyncio.create_task(Supervisor(self.settings, [ward]).run())
        self._agi = BareAgiServer()
        dialplan = f"exten => listen,1,Answer()\n same => n,AGI({await self._agi.start()})\n same => n,Hangup()\n"
        self.asterisk = SmallAsterisk(self.home / "asterisk", dialplan, speech_url=self.url)
        await self.asterisk.start()
        self.phone = Softphone(self.home / "phone", self.asterisk.sip)
        await self.phone.start()
        await self.server()

    async def stop(self) -> None:
        await self.phone.stop()
        await self.asterisk.stop()
        self._agi.stop()
        self._supervising.cancel()
        await asyncio.gather(self._supervising, return_exceptions=True)

    async def server(self, *, after: int = 0) -> psutil.Process:
        """The speech server, as soon as it is ready, and another than the one with the pid `after`."""
        status = self.settings.run / "status.json"

        def ready() -> int:
            noted = json.loads(status.read_text())[NAME] if status.exists() else {}
            return noted["pid"] if noted.get("state") == "ready" and noted["pid"] != after else 0

        return psutil.Process(await until("the speech server", ready, seconds=20))

    @asynccontextmanager
    async def call(self) -> AsyncIterator[Call]:
        """A call with a socket to the speech server; afterwards nothing of it may be left."""
        await self.phone.say(None)
        await self.phone.dial("listen")
        call = await self.answered()
        try:
            yield call
        finally:
            call.agi.close()
            await self.phone.ended()
        await self.until_quiet()

    async def answered(self) -> Call:
        """The call that just came in, with its socket."""
        call = Call(self, await self._agi.next_call())
        assert (await call.agi.command("SPEECH CREATE sambung")).result == 1
        return call

    async def until_quiet(self) -> None:
        """Wait until the speech server holds no call, and listens."""
        server = await self.server()

        def is_quiet() -> bool:
            return {c.status for c in server.net_connections()} == {psutil.CONN_LISTEN}

        await until("the socket's end", is_quiet, seconds=10)

    def held_by_asterisk(self) -> dict[str, int]:
        """What leaks where a socket is not ended well."""
        asterisk = psutil.Process(self.asterisk.pid)
        return {"descriptors": asterisk.num_fds(), "threads": asterisk.num_threads()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(programs: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    try:
        await house.start()
        yield house
    finally:
        await house.stop()


def grammars(answer: Answer) -> set[str]:
    """What the results say of themselves, without the times."""
    return set(re.findall(r"grammar\d=((?:onset,)?[^, ]+)", answer.text))


async def test_a_final_comes_whenever_it_follows_the_onset(house: House) -> None:
    async with house.call() as call:
        for after in (0, 100, 200, 300):
            await call.listen(f"t{after}", after=after)
            await house.phone.say(house.word)
            answer = await call.recognise()
            if after:  # else both came at once, and the final went alone
                assert grammars(answer) == {f"onset,t{after}"}
                answer = await call.recognise(prompt="silent")
            assert grammars(answer) == {f"t{after}"}
            # Asterisk turns their order round: the scores tell the best.
            assert re.findall(r'score\d=(\d+) text\d="(.*?)"', answer.text) == [
                ("40", "akta lahir"),
                ("60", ""),
                ("900", "ka te pe"),
            ]
            await house.phone.say(None)


async def test_a_prompt_that_may_not_be_cut_is_ended_by_the_final_alone(house: House) -> None:
    async with house.call() as call:
        await call.listen("t", onset=False)
        await house.phone.say(house.word)
        assert grammars(await call.recognise()) == {"t"}


async def test_the_result_of_an_earlier_turn_is_no_answer(house: House) -> None:
    async with house.call() as call:
        await call.listen("t1", after=100)
        await house.phone.say(house.word)
        assert grammars(await call.recognise()) == {"onset,t1"}
        await house.phone.say(None)  # and what t1 would have found is not listened to any more
        await call.listen("t2")
        assert "(timeout)" in (await call.recognise(prompt="silent", timeout=1)).text
        await house.phone.say(house.word)
        await call.listen("t3")
        assert grammars(await call.recognise()) == {"onset,t3"}
        assert grammars(await call.recognise(prompt="silent")) == {"t3"}


async def test_a_key_during_speech_ends_the_listening_and_the_next_turn_is_clean(house: House) -> None:
    async with house.call() as call:
        await call.listen("t1", after=5000)
        await house.phone.say(house.word)
        assert grammars(await call.recognise()) == {"onset,t1"}
        listening = asyncio.create_task(call.recognise(prompt="silent"))
        await house.phone.send_keys("7")
        assert "(digit) digit=7" in (await listening).text
        await call.listen("t2", after=100)
        assert grammars(await call.recognise()) == {"onset,t2"}
        assert grammars(await call.recognise(prompt="silent")) == {"t2"}


async def test_what_is_said_while_the_engine_does_not_listen_is_not_lost(house: House) -> None:
    async with house.call() as call:
        await call.listen("t")
        await house.phone.say(house.word)
        assert grammars(await call.recognise()) == {"onset,t"}
        for _ in range(20):  # a busy engine
            await call.agi.command("GET VARIABLE CHANNEL")
            await asyncio.sleep(0.02)
        assert grammars(await call.recognise(prompt="silent")) == {"t"}


async def test_a_final_that_falls_between_two_pieces_of_a_wait_is_told_in_the_next(house: House) -> None:
    """The first piece ends before the word; the server then hears silence, and has its final while nobody listens."""
    kept = house.settings.recordings / "between.wav"
    async with house.call() as call:
        await call.listen("t", after=3000, onset=False, record=kept.stem)
        await house.phone.say(house.word)
        assert "(timeout)" in (await call.recognise(prompt="silent", timeout=1)).text
        await until("the final", kept.exists, seconds=10)  # its audio is kept once it was sent
        assert "(timeout)" in (await call.recognise(prompt="silent", timeout=1)).text  # it is lost to Asterisk
        await call.agi.command("SPEECH SET ping t")
        assert grammars(await call.recognise()) == {"t"}


@pytest.mark.parametrize("moment", ["before the turn", "in the prompt", "after the onset", "in the word"])
async def test_a_hang_up_at_any_point_leaves_nothing(house: House, moment: str) -> None:
    async with house.call():
        pass  # the first call of an Asterisk makes what it keeps
    before = house.held_by_asterisk()
    async with house.call() as call:
        if moment != "before the turn":
            await call.listen("t", after=5000)
        if moment in ("after the onset", "in the word"):
            await house.phone.say(house.word)
            assert grammars(await call.recognise()) == {"onset,t"}
        if moment in ("in the prompt", "in the word"):
            listening = asyncio.create_task(call.recognise())
            await asyncio.sleep(0)  # it is sent before they hang up
            await house.phone.hang_up()
            assert "(hangup)" in (await listening).text
        else:
            await house.phone.hang_up()
    await until("the end in Asterisk", lambda: house.held_by_asterisk() == before, seconds=10)


@pytest.mark.parametrize(("what", "seconds"), [(signal.SIGKILL, 1.5), (signal.SIGSTOP, 3.0)])
async def test_a_server_that_dies_or_freezes_in_a_word_is_known_in_time(
    house: House, what: signal.Signals, seconds: float
) -> None:
    """The limits are the product's own promise."""
    server = await house.server()
    async with house.call() as call:
        await call.listen("t1", after=5000)
        await house.phone.say(house.word)
        assert grammars(await call.recognise()) == {"onset,t1"}
        os.kill(server.pid, what)
        answer = await call.recognise(prompt="silent", timeout=20)
        assert grammars(answer) == {"lost"}
        assert answer.seconds < seconds
        # It comes back: the next turn of the same call listens again.
        await call.agi.command("SPEECH DESTROY")
        await house.server(after=server.pid)
        assert (await call.agi.command("SPEECH CREATE sambung")).result == 1
        await house.phone.say(house.word)  # the first one may be over
        await call.listen("t2", after=100)
        assert grammars(await call.recognise()) == {"onset,t2"}
        assert grammars(await call.recognise(prompt="silent")) == {"t2"}


@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGSTOP])
async def test_all_are_told_when_their_server_dies(house: House, tmp_path: Path, what: signal.Signals) -> None:
    """While Asterisk writes to each of their sockets; of its threads some would never come back (decisions/0017)."""
    server = await house.server()
    run = await sipp.citizens(
        tmp_path / "sipp", house.asterisk.sip, "listen",
        calls=PLACES, rate=PLACES, media_seconds=20, says=audio.sine(440, 20), stay=20,
    )  # fmt: skip
    calls = [await house.answered() for _ in range(PLACES)]
    for i, call in enumerate(calls):
        await call.listen(f"t{i}", after=15_000)
    heard = await asyncio.gather(*(call.recognise() for call in calls))
    assert [grammars(answer) for answer in heard] == [{f"onset,t{i}"} for i in range(PLACES)]  # audio flows
    listening = [asyncio.create_task(call.recognise(prompt="silent", timeout=30)) for call in calls]
    os.kill(server.pid, what)
    for answer in await asyncio.wait_for(asyncio.gather(*listening), 10):
        assert grammars(answer) == {"lost"}
    for call in calls:
        assert (await call.agi.command("SPEECH DESTROY")).seconds < 0.9
        call.agi.close()
    await run.finish()
    await house.server(after=server.pid)


async def test_a_turn_that_cannot_be_served_takes_a_second_before_the_prompt(house: House) -> None:
    async with house.call() as call:
        answer = await call.agi.command("SPEECH SET turn nonsense")
        assert answer.seconds > 0.9
        assert (await call.agi.command("SPEECH DESTROY")).result == 1


async def test_a_thousand_refusals_leave_nothing_in_asterisk(house: House) -> None:
    async with house.call() as call:
        await call.agi.command("SPEECH DESTROY")
        await house.until_quiet()
        async with AsyncExitStack() as places:
            for _ in range(PLACES):
                await places.enter_async_context(connect(house.url))
            before = house.held_by_asterisk()
            for _ in range(REFUSALS):
                assert (await call.agi.command("SPEECH CREATE sambung")).result == 0
            await until("the end in Asterisk", lambda: house.held_by_asterisk() == before, seconds=10)
        await house.until_quiet()
        assert (await call.agi.command("SPEECH CREATE sambung")).result == 1


async def test_a_telephone_that_falls_silent_without_a_packet_is_heard_to_the_end(house: House, tmp_path: Path) -> None:
    """The word lasts 0.6 s and nothing follows it; the script wants more."""
    word = audio.sine(440, 0.6)
    run = await sipp.citizens(
        tmp_path / "sipp", house.asterisk.sip, "listen", media_seconds=0.6, says=word, leaves=False
    )
    call = await house.answered()
    await call.listen("t", after=1500)
    assert grammars(await call.recognise()) == {"onset,t"}
    assert grammars(await call.recognise(prompt="silent", timeout=20)) == {"t"}
    call.agi.close()
    (await run.finish()).check()
