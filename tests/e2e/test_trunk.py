"""The trunk: what the telephone company sends reaches its line, and what we send it is what was allowed."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.kit import audio, sipp
from tests.e2e.kit.hotline import Line
from tests.e2e.kit.machine import free_sip_port, until
from tests.e2e.kit.prompts import hears, was_heard
from tests.e2e.kit.provider import OUTSIDE, PROVIDER, ConnectedHotline
from tests.e2e.kit.small_asterisk import SmallAsterisk
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

StartPhone = Callable[..., Awaitable[Softphone]]
QUESTION = "Ketik tiga angka."
OFFICE_OUTSIDE = f"""
exten => {OUTSIDE},1,Answer()
 same => n,Verbose(0,OUTSIDE sees ${{CALLERID(num)}})
 same => n,Playtones(950)
 same => n,Read(KEY,,1,,1,10)
 same => n,StopPlaytones()
 same => n,Verbose(0,OUTSIDE got key ${{KEY}})
 same => n,Echo()
"""
"""Speaks, takes a key, and gives the caller's own voice back from then on."""
DTMF = {"1": (697, 1209), "2": (697, 1336), "3": (697, 1477)}


@pytest.fixture(scope="module")
def shared_hotline(connected_hotline: ConnectedHotline) -> ConnectedHotline:
    return connected_hotline


@pytest.fixture
async def trunk(hotline: ConnectedHotline) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Changes settings of the trunk for this test."""
    yield hotline.set_trunk
    await hotline.set_trunk()


@pytest.fixture
async def start_provider(hotline: ConnectedHotline, start_phone: StartPhone) -> StartPhone:
    """Starts a telephone that calls through the provider's switch, as `user`."""

    async def start(**more: Any) -> Softphone:
        return await start_phone(hotline.sip, **{"user": hotline.new_caller(), "address": PROVIDER, **more})

    return start


def system_prompt(hotline: ConnectedHotline, name: str) -> audio.Samples:
    return audio.read_wav(hotline.settings.prompts / "system" / f"{name}.wav")


def warnings(hotline: ConnectedHotline) -> list[str]:
    lines = (hotline.settings.asterisk / "log/messages.log").read_text().splitlines()
    return [json.loads(line)["logmsg"]["message"] for line in lines if line.startswith("{")]


async def provider_is(hotline: ConnectedHotline, state: str) -> None:
    """Wait until Asterisk, which sends it OPTIONS each second, believes this of the provider."""

    async def believed() -> bool:
        listed = await hotline.asterisk("pjsip show contacts")
        return bool(re.search(rf"\btrunk/.*\b{state}\b", listed))

    await until(f"the provider to be {state}", believed, seconds=15)


# --- calls in ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dialled", "line"),
    [
        ("+62215550100", Line.WITH_AREA_CODE),
        ("62215550100", Line.WITH_AREA_CODE),
        ("0215550100", Line.WITH_AREA_CODE),
        ("1500123", Line.SHORT),
        ("+621500123", Line.SHORT),
    ],
)
async def test_a_number_reaches_its_line_in_every_form(
    hotline: ConnectedHotline, tmp_path: Path, dialled: str, line: str
) -> None:
    caller = hotline.new_caller()
    run = await sipp.citizens(tmp_path, hotline.sip, dialled, caller=caller, stay=0.3, address=PROVIDER)
    (await run.finish()).check()
    record = await hotline.record(caller)
    assert (record["line"], record["end_reason"]) == (line, "caller_hung_up")


@pytest.mark.parametrize("form", ["+62{}", "62{}", "0{}", "0{}@penyedia.example;user=phone"])
async def test_the_providers_word_on_who_calls_is_believed_and_kept_in_one_form(
    hotline: ConnectedHotline, tmp_path: Path, form: str
) -> None:
    caller = hotline.new_caller()
    identity = form.format(caller[1:])
    header = f"P-Asserted-Identity: <sip:{identity if '@' in identity else identity + '@penyedia.example'}>"
    run = await sipp.citizens(
        tmp_path, hotline.sip, Line.SHORT, caller="anonymous", headers=header, stay=0.3, address=PROVIDER
    )
    (await run.finish()).check()
    await hotline.record(caller)


async def test_a_withheld_number_is_a_call_all_the_same(hotline: ConnectedHotline, tmp_path: Path) -> None:
    before = len(hotline.query("SELECT id FROM calls"))
    run = await sipp.citizens(tmp_path, hotline.sip, Line.SHORT, caller="anonymous", stay=0.3, address=PROVIDER)
    (await run.finish()).check()
    (record,) = await until("the record", lambda: hotline.query("SELECT * FROM calls")[before:], seconds=10)
    assert (record["caller"], record["line"]) == (None, Line.SHORT)
    assert hotline.cel(record["id"])[0].channel.startswith("PJSIP/trunk-")


async def test_a_number_without_a_line_reaches_a_person_and_is_logged(
    hotline: ConnectedHotline, start_provider: StartPhone, start_agent: StartPhone
) -> None:
    agent = await start_agent(duty=False)
    citizen = await start_provider(says=440.0)
    await citizen.dial("0219999999")
    await agent.wait_for("CALL_INCOMING")
    await agent.answer()
    await until("the citizen's voice", lambda: audio.tone_seconds(agent.heard, 440) > 0.5, seconds=10)
    await until("the agent's voice", lambda: audio.tone_seconds(citizen.heard, 950) > 0.5, seconds=10)
    await citizen.hang_up()
    await agent.ended()
    assert "the trunk sent a call to a number that has no line: 0219999999\n" in warnings(hotline)


async def test_a_full_trunk_says_so_and_those_who_hear_it_take_no_line(
    hotline: ConnectedHotline, start_provider: StartPhone
) -> None:
    standing, second, third = await asyncio.gather(*(start_provider() for _ in range(3)))
    await standing.dial(Line.SHORT)
    await hears(standing, hotline.spoken(QUESTION))
    overload = system_prompt(hotline, "overload")
    await second.dial(Line.SHORT)
    await until("the notice's beginning", lambda: audio.find(overload, second.heard), seconds=10)
    await standing.hang_up()
    call = (await hotline.record(standing.user))["id"]
    await until("the end of its channel", lambda: hotline.cel(call)[-1].event == "HANGUP", seconds=10)
    await third.dial(Line.SHORT)
    await hears(third, hotline.spoken(QUESTION))
    assert (await second.ended()).by == "them"
    assert was_heard(overload, second.heard)
    await third.hang_up()
    await hotline.record(third.user)


# --- keys -------------------------------------------------------------------------------------------
def dialling(keys: str) -> audio.Samples:
    """A second of silence, and the tones of the keys."""
    pieces = [np.zeros(audio.RATE)]
    for key in keys:
        low, high = (audio.sine(frequency, 0.12, -12) for frequency in DTMF[key])
        pieces += [low + high, np.zeros(audio.RATE // 8)]
    return np.concatenate(pieces)


@pytest.mark.parametrize("way", ["rfc4733", "info", "inband"])
async def test_keys_arrive_in_the_way_that_is_set(
    hotline: ConnectedHotline,
    trunk: Callable[..., Awaitable[None]],
    start_provider: StartPhone,
    tmp_path: Path,
    way: str,
) -> None:
    await trunk(keys=way)
    citizen = await start_provider(keys="info" if way == "info" else "rtpevent")
    await citizen.dial(Line.SHORT)
    await hears(citizen, hotline.spoken(QUESTION))
    if way == "inband":
        await citizen.say(audio.write_wav(tmp_path / "keys.wav", dialling("123")))
    else:
        await citizen.send_keys("123")
    await hears(citizen, hotline.spoken("Ketik empat belas angka."))
    await citizen.hang_up()
    record = await hotline.record(citizen.user)
    assert "".join(fact["key"] for fact in hotline.facts(record["id"], "key_pressed")) == "123"


# --- calls out --------------------------------------------------------------------------------------
async def test_a_transfer_reaches_the_allowed_number_and_shows_ours(
    hotline: ConnectedHotline, start_citizen: StartPhone, start_asterisk: Callable[..., Awaitable[SmallAsterisk]]
) -> None:
    outside = await start_asterisk(OFFICE_OUTSIDE, address=PROVIDER, sip_port=hotline.settings.trunk.port)
    await provider_is(hotline, "Avail")
    citizen = await start_citizen()
    await citizen.dial(Line.OUTSIDE_TRANSFER)
    await until("the voice outside", lambda: audio.tone_seconds(citizen.heard, 950) > 0.5, seconds=15)
    await citizen.send_keys("5")
    await until("the own voice back", lambda: audio.tone_seconds(citizen.heard, 440) > 0.5, seconds=15)
    await outside.console("channel request hangup all")
    await hears(citizen, hotline.spoken("Terima kasih banyak."))  # not cut short by a key of the conversation
    await citizen.ended()
    noted = re.findall(r"OUTSIDE (.*)", (outside.home / "log/messages").read_text())
    assert noted == [f"sees {Line.WITH_AREA_CODE}", "got key 5"]
    record = await hotline.record(citizen.user)
    (ended,) = hotline.facts(record["id"], "transfer_ended")
    assert (ended["target"], ended["outcome"]) == (OUTSIDE, "answered")


async def test_a_flow_cannot_transfer_to_any_other_number(hotline: ConnectedHotline, start_citizen: StartPhone) -> None:
    citizen = await start_citizen()
    await citizen.dial(Line.FORBIDDEN_TRANSFER)
    await hears(citizen, hotline.spoken("Nomor itu belum dapat dihubungi."))
    await citizen.ended()
    record = await hotline.record(citizen.user)
    (ended,) = hotline.facts(record["id"], "transfer_ended")
    assert ended["outcome"] == "refused"
    assert {row.channel.partition("-")[0] for row in hotline.cel(record["id"])} == {"PJSIP/anonymous"}


# --- the connection itself --------------------------------------------------------------------------
async def test_the_provider_is_probed(hotline: ConnectedHotline, start_provider: StartPhone) -> None:
    provider = await start_provider(sip_port=hotline.settings.trunk.port)
    await provider_is(hotline, "Avail")
    await provider.stop()
    await provider_is(hotline, "Unavail")


async def test_it_registers_where_the_provider_wants_that(
    hotline: ConnectedHotline, trunk: Callable[..., Awaitable[None]], tmp_path: Path
) -> None:
    port = free_sip_port(PROVIDER)  # one that nothing but the registration goes to
    registrar = await sipp.registrar(tmp_path, "0215550100", "rahasia", address=PROVIDER, port=port)
    await trunk(port=port, register_account=True, username="0215550100", password="rahasia", qualify_seconds=0)
    (await registrar.finish()).check()

    async def registered() -> bool:
        return bool(re.search(r"\bRegistered\b", await hotline.asterisk("pjsip show registrations")))

    await until("the registration", registered, seconds=10)
