"""Strangers: they reach the hotline's numbers and nothing else, whatever they dial, send or press.

The witnesses are SIP statuses, Asterisk's channel event log (a call that was made somewhere is in it), its
logs, and what agents' telephones see.
"""

from __future__ import annotations

import asyncio
import csv
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kit import audio, rtp, sipp
from tests.e2e.kit.hotline import Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.prompts import hears
from tests.e2e.kit.provider import FAILURES, OUTSIDE, ConnectedHotline
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

StartPhone = Callable[..., Awaitable[Softphone]]
QUESTION = "Ketik tiga angka."
GUESSER, BYSTANDER = "127.0.0.9", "127.0.0.8"

EXTENSIONS = ("101", "*11", "*12", "*13", "*14", OUTSIDE, f"+62{OUTSIDE[1:]}", "0315312144", "110")
SPECIAL = ("s", "h", "i", "t", "o", "e", "a", "fallback", "after", "overload", "logged_in", "login-101", "caller")
TRICKS = (
    f"{Line.SHORT}&101",
    f"{Line.SHORT},1",
    f"{Line.SHORT};x=1",
    f"{Line.SHORT}%7C101",
    f"{Line.SHORT}%40trunk",
    f"{Line.SHORT}%0d%0aX",
    "%24%7BEXTEN%7D",
    "%24%7BSHELL(id)%7D",
    "Local%2F101%40agents",
    "..%2F..%2Fetc%2Fpasswd",
    "_X.",
    f"+{Line.SHORT}",
    "9" * 300,
    "anonymous",
    "trunk",
)


@pytest.fixture(scope="module")
def shared_hotline(connected_hotline: ConnectedHotline) -> ConnectedHotline:
    return connected_hotline


@pytest.fixture
async def only_calls(hotline: ConnectedHotline, tmp_path: Path) -> Callable[..., Awaitable[None]]:
    """Checks that since the test began there was no channel but those of calls from these callers."""
    begun = len(hotline.cel())

    async def check(*callers: str) -> None:
        last = hotline.new_caller()  # what came before its call is in the log once it is
        run = await sipp.citizens(tmp_path / "last", hotline.sip, Line.SHORT, caller=last, stay=0.2)
        (await run.finish()).check()
        calls = {(await hotline.record(caller))["id"] for caller in (*callers, last)}
        await hotline.until_quiet()
        assert {row.uniqueid for row in hotline.cel()[begun:]} == calls

    return check


async def channels_of(hotline: ConnectedHotline, caller: str) -> set[str]:
    """The endpoints that took part in the caller's call."""
    record = await hotline.record(caller)
    return {row.channel.rpartition("-")[0] for row in hotline.cel(record["id"])}


# --- what they dial ---------------------------------------------------------------------------------
async def test_a_stranger_reaches_no_other_extension(
    hotline: ConnectedHotline, only_calls: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    few = asyncio.Semaphore(8)

    async def dial(place: int, number: str) -> tuple[str, Counter[int]]:
        async with few:
            return number, (await sipp.refused_call(tmp_path / str(place), hotline.sip, number, status=404)).statuses

    numbers = (*EXTENSIONS, *SPECIAL, *TRICKS)
    answers = dict(await asyncio.gather(*(dial(place, number) for place, number in enumerate(numbers))))
    assert answers == {number: {404: 1} for number in numbers}
    await only_calls()


async def test_parameters_of_an_address_lead_nowhere_else(
    hotline: ConnectedHotline, only_calls: Callable[..., Awaitable[None]], start_citizen: StartPhone
) -> None:
    stranger = await start_citizen()
    for address in (f"sip:101@{hotline.sip};user=phone", f"sip:{OUTSIDE}@{hotline.sip};phone-context=trunk"):
        await stranger.dial(address)
        assert (await stranger.ended()).status == 404
    await only_calls()


@pytest.mark.parametrize("number", ["102", Line.SHORT, OUTSIDE])
async def test_an_agents_name_without_the_password_is_nobodys(
    hotline: ConnectedHotline, only_calls: Callable[..., Awaitable[None]], tmp_path: Path, number: str
) -> None:
    result = await sipp.refused_call(tmp_path / "call", hotline.sip, number, status=401, caller="101")
    assert result.check().statuses == {401: 1}
    await only_calls()


async def test_who_calls_himself_the_trunk_is_a_stranger(
    hotline: ConnectedHotline, only_calls: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    for number in (OUTSIDE, "0219999999"):  # the trunk's unknown numbers reach the fallback queue
        (await sipp.refused_call(tmp_path / "call", hotline.sip, number, status=404, caller="trunk")).check()
    await only_calls()


async def test_an_agent_reaches_no_outside_number_that_is_not_allowed(
    hotline: ConnectedHotline, only_calls: Callable[..., Awaitable[None]], start_agent: StartPhone
) -> None:
    agent = await start_agent(duty=False)
    for number in ("0899999999", "00441234567", f"{OUTSIDE}0", f"62{OUTSIDE[1:]}"):
        await agent.dial(number)
        assert (await agent.ended()).status == 404
    await only_calls()


# --- what they send ---------------------------------------------------------------------------------
async def test_a_stranger_is_not_believed_who_calls(hotline: ConnectedHotline, tmp_path: Path) -> None:
    caller = hotline.new_caller()
    headers = "\n    ".join(
        (
            "P-Asserted-Identity: <sip:110@polisi.example>",
            "Remote-Party-ID: <sip:110@polisi.example>;party=calling",
            f"Diversion: <sip:{OUTSIDE}@polisi.example>;reason=unconditional",
        )
    )
    run = await sipp.citizens(tmp_path, hotline.sip, Line.SHORT, caller=caller, headers=headers, stay=0.3)
    (await run.finish()).check()
    assert await channels_of(hotline, caller) == {"PJSIP/anonymous"}


async def test_a_stranger_cannot_send_a_call_on(hotline: ConnectedHotline, start_citizen: StartPhone) -> None:
    stranger = await start_citizen()
    await stranger.dial(Line.SHORT)
    await stranger.wait_for("CALL_ESTABLISHED")
    await stranger.transfer(OUTSIDE)
    answer = r"^SIP/2\.0 (\d+) [^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*?CSeq: \d+ REFER"
    (status,) = await until("an answer to REFER", lambda: re.findall(answer, stranger.log(), re.MULTILINE), seconds=10)
    assert status == "603"
    await stranger.stop()  # baresip knows no call any more after that, but ends it when it goes
    assert await channels_of(hotline, stranger.user) == {"PJSIP/anonymous"}


async def test_a_stranger_cannot_take_over_a_call_without_its_secret_tags(
    hotline: ConnectedHotline, start_citizen: StartPhone, tmp_path: Path
) -> None:
    citizen = await start_citizen()
    await citizen.dial(Line.SHORT)
    await hears(citizen, hotline.spoken(QUESTION))
    dialog = re.search(r"SIP/2\.0 200 OK\r?\n(?:.+\r?\n)*?Call-ID: (\S+)\r?\nFrom: .*;tag=(\S+)", citizen.log())
    assert dialog is not None
    call, theirs = dialog.groups()
    replaces = f"Replaces: {call};to-tag=00000000-0000-0000-0000-000000000000;from-tag={theirs}"
    (await sipp.refused_call(tmp_path, hotline.sip, Line.SHORT, status=481, headers=replaces)).check()
    await citizen.send_keys("123")
    await hears(citizen, hotline.spoken("Ketik empat belas angka."))
    await citizen.hang_up()
    assert await channels_of(hotline, citizen.user) == {"PJSIP/anonymous"}


async def test_nothing_that_a_stranger_sends_becomes_a_line_a_file_or_a_command(
    hotline: ConnectedHotline, start_agent: StartPhone, tmp_path: Path
) -> None:
    marker = tmp_path / "owned"
    agent = await start_agent()
    caller = hotline.new_caller()
    injected = "%0d%0aagi_extension%3a%20fallback%0d%0aEvent%3a%20Owned%0d%0a"
    run = await sipp.citizens(
        tmp_path / "call", hotline.sip, Line.PATIENT,
        caller=f"{caller}{injected}",
        name=f'"\\"; ${{SHELL(touch {marker})}} $(touch {marker}) | & ../../../etc\\"" ',
        headers=f"Diversion: \"${{SHELL(touch {marker})}}\" <sip:{injected}@x.example>;reason=unconditional",
        media_seconds=10, says=audio.sine(440, 1), stay=20,
    )  # fmt: skip
    await agent.wait_for("CALL_INCOMING")
    invite = agent.log()[agent.log().rindex("\nINVITE sip:101") :]
    await agent.answer()
    await until("the stranger's voice", lambda: audio.tone_seconds(agent.heard, 440) > 0.5, seconds=10)
    await agent.hang_up()
    (await run.finish()).check()
    record = await hotline.record(caller)
    assert (record["line"], record["end_reason"]) == (Line.PATIENT, "completed")
    for word in ("Owned", "SHELL", "agi_"):
        assert word not in invite
    assert not marker.exists()
    _check_logs(hotline)
    assert [p.name for p in hotline.settings.recordings.rglob("*") if p.is_file()] == [f"{record['id']}-talk1.wav"]


def _check_logs(hotline: ConnectedHotline) -> None:
    """Every line of every log is one that Asterisk or the engine began."""
    log = hotline.settings.asterisk / "log"
    for name in ("messages.log", "security.log"):
        banner, *lines = (log / name).read_text().splitlines()
        assert "Asterisk" in banner
        assert all(json.loads(line)["logmsg"]["message"].count("\n") >= 1 for line in lines if line)
    lines = (log / "queue_log").read_text().splitlines()
    assert all(re.match(r"\d+\|[\d.]+\||\d+\|NONE\||\d+\|MANAGER\|", line) for line in lines), lines
    rows = list(csv.reader((log / "cel-custom/cel.csv").read_text().splitlines()))
    assert {len(row) for row in rows} == {11}
    assert all(re.match(r"\d{4}-\d\d-\d\d ", line) for line in hotline.engine_log().splitlines())


# --- what they press --------------------------------------------------------------------------------
async def test_what_a_stranger_types_stays_a_value(hotline: ConnectedHotline, tmp_path: Path) -> None:
    caller = hotline.new_caller()
    keys = rtp.press(f"*11#{OUTSIDE}#*{OUTSIDE}#101#", at=0.2, gap=0.1)
    run = await sipp.citizens(tmp_path, hotline.sip, Line.SHORT, caller=caller, keys=keys, media_seconds=5, stay=5.5)
    (await run.finish()).check()
    assert await channels_of(hotline, caller) == {"PJSIP/anonymous"}
    record = await hotline.record(caller)
    assert hotline.facts(record["id"], "variable_set")[0]["value"] == OUTSIDE[:3]


# --- whom they say they are -------------------------------------------------------------------------
async def test_who_guesses_passwords_is_refused_for_a_while_and_nobody_else(
    hotline: ConnectedHotline, start_agent: StartPhone, start_citizen: StartPhone, tmp_path: Path
) -> None:
    agent, citizen = await start_agent(), await start_citizen()
    await citizen.dial(Line.PATIENT)
    await agent.wait_for("CALL_INCOMING")
    await agent.answer()
    await until("the agent's voice", lambda: audio.tone_seconds(citizen.heard, 950) > 0.5, seconds=10)
    security = hotline.settings.asterisk / "log/security.log"
    failed = security.read_text().count("ChallengeResponseFailed")

    wrong = await sipp.register(
        tmp_path / "guess", hotline.sip, "101", "tebakan", status=401, times=FAILURES, address=GUESSER
    )
    wrong.check()
    await refused(hotline, tmp_path / "refused", seconds=3)
    assert security.read_text().count("ChallengeResponseFailed") == failed + FAILURES
    noted = await until("the note of it", lambda: notes(hotline, "address_refused"), seconds=5)
    assert noted == [GUESSER]
    assert notes(hotline, "login_failed") == [f"{GUESSER}: ChallengeResponseFailed, account '101'"] * FAILURES
    assert f"{GUESSER}: ChallengeResponseFailed" in hotline.engine_log()
    assert re.search(rf"refused +{GUESSER} until ", await hotline.sambung("status"))
    for address in (BYSTANDER, "127.0.0.1"):
        caller = hotline.new_caller()
        run = await sipp.citizens(tmp_path / address, hotline.sip, Line.SHORT, caller=caller, stay=0.2, address=address)
        (await run.finish()).check()

    async def served() -> bool:
        run = await sipp.citizens(tmp_path / "again", hotline.sip, Line.SHORT, stay=0.2, address=GUESSER)
        return (await run.finish()).successful == 1

    await until("the end of the refusal", served, seconds=20)
    assert notes(hotline, "address_allowed") == [GUESSER]
    heard = audio.tone_seconds(citizen.heard, 950)
    await until("the talk to go on", lambda: audio.tone_seconds(citizen.heard, 950) > heard + 1, seconds=10)
    assert audio.longest_silence(agent.heard) < 1
    await citizen.hang_up()
    await agent.ended()


async def refused(hotline: ConnectedHotline, home: Path, *, seconds: float) -> None:
    """Wait until the guesser is refused."""

    async def status() -> bool:
        return (await sipp.refused_call(home, hotline.sip, Line.SHORT, status=403, address=GUESSER)).successful == 1

    await until("403 for the guesser", status, seconds=seconds)


def notes(hotline: ConnectedHotline, what: str) -> list[str]:
    """What the record notes of this, in order."""
    rows = hotline.query("SELECT data FROM events WHERE kind = 'system_noted' ORDER BY id")
    noted: list[dict[str, Any]] = [json.loads(row["data"]) for row in rows]
    return [note["detail"] for note in noted if note["what"] == what]


async def test_an_account_that_does_not_exist_is_nobodys_and_noted(hotline: ConnectedHotline, tmp_path: Path) -> None:
    stranger = await sipp.register(tmp_path, hotline.sip, "199", "tebakan", address=BYSTANDER)
    assert stranger.statuses[403] == 1
    assert stranger.statuses[200] == 0
    await until("the note of it", lambda: any(BYSTANDER in n for n in notes(hotline, "login_failed")), seconds=5)
