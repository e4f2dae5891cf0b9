"""What stands before the flow, on real calls: announcements, blocked callers, holidays."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.publish import load_version
from tests.e2e.kit import audio
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import AGENT_TONE, calls
from tests.e2e.kit.prompts import hears, was_heard
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

CLOSED_TODAY, SURGES = "2040", "2041"
PIN = "246810"
SURGE_SAYS = "Hari ini banyak warga yang menelepon."
FIRST_WORDS, LAST_WORDS = "Kalimat ini tetap terdengar.", "Selamat jalan semuanya."


@pytest.fixture(scope="module")
def shared_hotline(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotline]:
    """A hotline of this file's own, with a line that is closed for a holiday and one that surges when two wait."""
    own = Hotline(tmp_path_factory.mktemp("line"), {"emergency": {"pin": PIN}})
    today = dt.datetime.now(ZoneInfo(own.settings.timezone)).date()
    holidays = ", ".join(f"{today + dt.timedelta(days=n)}: Hari Uji" for n in (0, 1))
    hours = f"{{week: {{senin-minggu: 00:00-24:00}}, closed: {{{holidays}}}}}"
    more = (
        "lines:",
        f"  {CLOSED_TODAY}: {{title: Libur, flow: ketik, after_hours: cerita, hours: {hours}}}",
        f"  {SURGES}: {{title: Ramai, flow: ketik, surge: {{say: {SURGE_SAYS}, flow: ucapan, waiting: 2}}}}",
    )
    file = own.flows / "hotline.yaml"
    file.write_text(file.read_text().replace("lines:", "\n".join(more), 1))
    asyncio.run(own.up())
    yield own
    asyncio.run(own.down())


@pytest.fixture
async def switch(hotline: Hotline) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Runs `sambung lines …` until the engine has followed it; what is on after the test is ended."""

    async def run(*arguments: str) -> str:
        before = followed(hotline)
        said = await hotline.sambung("lines", *arguments)
        await until("what was switched in the engine", lambda: followed(hotline) > before, seconds=10)
        return said

    yield run
    for held in await switched(hotline):
        await run(*(("unblock", held["target"]) if held["kind"] == "block" else ("off", str(held["id"]))))


def followed(hotline: Hotline) -> int:
    """How often the engine noted a switch."""
    return noted(hotline, "switched_on") + noted(hotline, "switched_off")


def noted(hotline: Hotline, what: str) -> int:
    """How often the engine noted it."""
    sql = "SELECT id FROM events WHERE kind = 'system_noted' AND json_extract(data, '$.what') = ?"
    return len(hotline.query(sql, what))


async def switched(hotline: Hotline) -> list[dict[str, object]]:
    """What is on."""
    found: list[dict[str, object]] = json.loads(await hotline.sambung("lines", "--json"))["switches"]
    return found


async def announced(hotline: Hotline) -> Path:
    """The audio of the only announcement."""
    (held,) = await switched(hotline)
    return hotline.settings.prompts / "built" / held["clip"]["file"]  # type: ignore[index]


def met(hotline: Hotline, call: str) -> list[tuple[str, str]]:
    """What of the line's state met a caller."""
    return [(fact["what"], fact["why"]) for fact in hotline.facts(call, "line_noted")]


async def test_a_blocked_caller_is_told_so_until_the_block_is_lifted(
    hotline: Hotline, start_citizen: Start, switch: Callable[..., Awaitable[str]]
) -> None:
    blocked, other = await start_citizen(), await start_citizen()
    told, words = hotline.spoken(load_version(hotline.settings).site.blocklist.say), hotline.spoken(FIRST_WORDS)
    await switch("block", blocked.user, "--until", "1h", "-m", "bersiul")
    await calls(blocked, Line.WORDS)
    await hears(blocked, told)
    ended = await blocked.ended()
    assert (ended.status, ended.by) == (200, "them")
    record = await hotline.record(blocked.user)
    assert (record["end_reason"], record["flow"], record["last_step"]) == ("blocked", None, None)
    assert met(hotline, record["id"]) == [("blocked", "bersiul")]
    assert "the caller is blocked" in await hotline.sambung("calls", "--outcome", "blocked")

    await calls(other, Line.WORDS)
    await hears(other, words)
    await other.hang_up()
    await switch("unblock", blocked.user)
    await calls(blocked, Line.WORDS)
    await hears(blocked, words)
    await blocked.hang_up()


async def test_an_emergency_is_announced_before_the_flow_until_it_is_ended(
    hotline: Hotline, start_citizen: Start, switch: Callable[..., Awaitable[str]]
) -> None:
    first, second = await start_citizen(), await start_citizen()
    words = hotline.spoken(FIRST_WORDS)
    text = "Perhatian. Sungai meluap, jauhi bantaran sungai."
    said = await switch("announce", text, "--all", "--until", "1h", "-m", "banjir")
    assert "within 2 s" in said
    assert "announcement #" in await hotline.sambung("status")
    announcement = audio.read_wav(await announced(hotline))
    await calls(first, Line.WORDS)
    await first.send_keys("1")  # cuts no announcement; afterwards it skips the first words of the flow and chooses
    await hears(first, announcement)
    await hears(first, hotline.spoken(LAST_WORDS))
    await first.ended()
    record = await hotline.record(first.user)
    assert (record["flow"], record["end_reason"]) == ("ucapan", "completed")
    assert met(hotline, record["id"]) == [("announcement", "banjir")]
    assert (played(hotline, record["id"])["text"], played(hotline, record["id"])["completed"]) == (text, True)

    await switch("off", str((await switched(hotline))[0]["id"]))
    await calls(second, Line.WORDS)
    await hears(second, words)
    assert not was_heard(announcement, second.heard)
    await second.hang_up()


def played(hotline: Hotline, call: str) -> dict[str, object]:
    """The first prompt of a call."""
    return hotline.facts(call, "prompt_played")[0]


async def test_a_recording_stands_in_for_the_flow_of_one_line_and_the_flow_for_a_lost_recording(
    hotline: Hotline, start_citizen: Start, switch: Callable[..., Awaitable[str]], tmp_path: Path
) -> None:
    first, elsewhere, last = [await start_citizen() for _ in range(3)]
    words, file = hotline.spoken(FIRST_WORDS), tmp_path / "gempa.wav"
    file.write_bytes(hotline.audio_of("Selamat datang.").read_bytes())  # of another line's flow
    on = ("--line", Line.WORDS, "--instead", "--until", "1h", "-m", "gempa")
    await switch("announce", "--recording", str(file), *on)
    announcement = await announced(hotline)
    await calls(first, Line.WORDS)
    await hears(first, audio.read_wav(announcement))
    assert (await first.ended()).by == "them"
    record = await hotline.record(first.user)
    assert (record["end_reason"], record["flow"]) == ("announced", None)
    assert not was_heard(words, first.heard)

    await calls(elsewhere, CLOSED_TODAY)
    await elsewhere.hang_up()
    assert met(hotline, (await hotline.record(elsewhere.user))["id"]) == [("closed", "Hari Uji")]

    announcement.unlink()
    await calls(last, Line.WORDS)
    await hears(last, words)
    await last.hang_up()
    record = await hotline.record(last.user)
    assert [fact["text"] for fact in hotline.facts(record["id"], "prompt_failed")] == ["gempa.wav"]
    assert record["last_step"].startswith("ucapan:")


async def test_an_announcement_is_spoken_on_the_telephone_and_ended_there(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    agent, citizen = await start_agent(duty=False), await start_citizen()
    await agent.dial("*15")
    await told(hotline, agent, "emergency_pin")
    await agent.send_keys("111111#")
    after = await told(hotline, agent, "emergency_wrong")
    await told(hotline, agent, "emergency_pin", after=after)
    await agent.send_keys(f"{PIN}#")
    await told(hotline, agent, "emergency_choice")
    await agent.send_keys("1")
    await told(hotline, agent, "emergency_lines")
    await agent.send_keys(f"{Line.WORDS}#")
    await told(hotline, agent, "emergency_speak")
    await until("two seconds of speech", lambda: recorded(hotline) > 2, seconds=10)
    await agent.send_keys("#")
    await told(hotline, agent, "emergency_hours")
    await agent.send_keys("3")
    await told(hotline, agent, "emergency_on")
    await told(hotline, agent, "emergency_one_line")
    await agent.ended()
    (held,) = await switched(hotline)
    assert (held["kind"], held["target"], held["author"]) == ("announcement", Line.WORDS, "telephone 101")
    assert held["until"] - held["since"] == 3 * 3600  # type: ignore[operator]

    await until("the announcement in the engine", lambda: noted(hotline, "switched_on"), seconds=10)
    await calls(citizen, Line.WORDS)
    await hears(citizen, hotline.spoken(FIRST_WORDS))
    assert audio.tone_seconds(citizen.heard, AGENT_TONE) > 1
    await citizen.hang_up()

    await agent.dial("*15")
    await told(hotline, agent, "emergency_pin")
    await agent.send_keys(f"{PIN}#")
    await told(hotline, agent, "emergency_choice")
    await agent.send_keys("2")
    await told(hotline, agent, "emergency_off")
    await agent.ended()
    assert await switched(hotline) == []


async def told(hotline: Hotline, phone: Softphone, prompt: str, *, after: int = 0) -> int:
    """Wait until the telephone heard a prompt of Sambung's own `after` so many samples; how much it has heard now."""
    sound = audio.read_wav(hotline.settings.prompts / "system" / f"{prompt}.wav")
    await until(f"the prompt {prompt}", lambda: was_heard(sound, phone.heard[after:]), seconds=30)
    return len(phone.heard)


def recorded(hotline: Hotline) -> float:
    """Seconds of the announcement that is being spoken."""
    sizes = [path.stat().st_size for path in hotline.settings.run.glob("*/announcement.wav")]
    return (max(sizes) - 44) / 2 / audio.RATE if sizes else 0.0


async def test_a_line_is_closed_on_a_holiday(hotline: Hotline, start_citizen: Start) -> None:
    citizen = await start_citizen()
    await calls(citizen, CLOSED_TODAY)
    words = str(load_version(hotline.settings).site.flows["cerita"].steps["cerita"].say)
    await hears(citizen, hotline.spoken(words), first=5)
    await citizen.hang_up()
    record = await hotline.record(citizen.user)
    assert record["flow"] == "cerita"
    assert met(hotline, record["id"]) == [("closed", "Hari Uji")]
    assert "closed: Hari Uji" in await hotline.sambung("lines")


async def test_many_who_wait_are_a_surge_by_themselves(
    hotline: Hotline, start_agent: Start, start_citizen: Start
) -> None:
    await start_agent()  # does not answer
    waiting, caller = [await start_citizen() for _ in range(2)], await start_citizen()
    for citizen in waiting:
        await calls(citizen, Line.PATIENT)
    await until("the surge in the engine", lambda: noted(hotline, "surge_began"), seconds=10)
    assert "by itself" in await hotline.sambung("lines")
    await calls(caller, SURGES)
    await hears(caller, hotline.spoken(SURGE_SAYS))
    await hears(caller, hotline.spoken(FIRST_WORDS))
    await caller.hang_up()
    record = await hotline.record(caller.user)
    assert (record["flow"], met(hotline, record["id"])) == ("ucapan", [("surge", "")])
    for citizen in waiting:
        await citizen.hang_up()
    await until("the end of the surge", lambda: noted(hotline, "surge_ended"), seconds=10)
    assert "by itself" not in await hotline.sambung("lines")


async def test_a_broken_store_stops_no_call(hotline: Hotline, start_citizen: Start) -> None:
    citizen, store = await start_citizen(), hotline.settings.operations_db
    whole = store.read_bytes()
    try:
        store.write_bytes(b"this is no database" * 1000)
        await until("the engine's complaint", lambda: noted(hotline, "switches_lost"), seconds=10)
        assert "operations.db: cannot be opened" in await hotline.sambung("status")
        await calls(citizen, Line.WORDS)
        await hears(citizen, hotline.spoken(FIRST_WORDS))
        await citizen.hang_up()
        old = hotline.send("engine", signal.SIGKILL)
        await hotline.restarted("engine", old)
        await calls(citizen, Line.WORDS)
        await hears(citizen, hotline.spoken(FIRST_WORDS))
        await citizen.hang_up()
    finally:
        store.write_bytes(whole)
    await until("what is switched", lambda: noted(hotline, "switches_back"), seconds=10)
