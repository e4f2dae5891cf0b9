"""The kit proved on an Asterisk without Sambung: what it says it heard and pressed is so."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kit import audio, rtp, sipp
from tests.e2e.kit.machine import KitError, until

DIGITS = "12345678901234567890"
DIALPLAN = """
exten => keys,1,Answer()
 same => n,Read(KEYS,,20,,1,3)
 same => n,Verbose(0,KEYS=${KEYS})
 same => n,Hangup()
exten => _30X,1,Answer()
 same => n,Read(KEYS,,3,,1,3)
 same => n,Verbose(0,THEIRS=${CALLERID(num)} ${EXTEN} ${KEYS})
 same => n,Hangup()
exten => quiet,1,Answer()
 same => n,Wait(1)
 same => n,Playtones(440)
 same => n,Wait(1)
 same => n,StopPlaytones()
 same => n,Wait(1.5)
 same => n,Hangup()
exten => tone,1,Answer()
 same => n,Playtones(440)
 same => n,Wait(2)
 same => n,Hangup()
exten => echo,1,Answer()
 same => n,Echo()
exten => 101,1,Dial(PJSIP/101,5)
 same => n,Verbose(0,DIALSTATUS=${DIALSTATUS})
 same => n,Hangup()
"""
ACCOUNTS = {"101": "rahasia"}


@pytest.fixture
async def asterisk(start_asterisk: Any) -> Any:
    return await start_asterisk(DIALPLAN, accounts=ACCOUNTS)


def noted(asterisk: Any, what: str) -> list[str]:
    lines = (asterisk.home / "log/messages").read_text().splitlines()
    return [line.rpartition("=")[2] for line in lines if f"{what}=" in line]


async def test_two_telephones_hear_each_other_and_nothing_else(asterisk: Any, start_phone: Any) -> None:
    agent = await start_phone(asterisk.sip, user="101", password="rahasia", says=950.0)
    citizen = await start_phone(asterisk.sip, says=440.0)
    await citizen.dial("101")
    await agent.wait_for("CALL_INCOMING")
    await agent.answer()
    await until("two seconds of the agent", lambda: audio.tone_seconds(citizen.heard, 950) > 2, seconds=10)
    await until("two seconds of the citizen", lambda: audio.tone_seconds(agent.heard, 440) > 2, seconds=10)
    assert (await citizen.hang_up()).by == "us"
    ended = await agent.ended()
    assert (ended.status, ended.by) == (200, "them")
    assert audio.tone_seconds(citizen.heard, 440) == audio.tone_seconds(agent.heard, 950) == 0


async def test_a_softphones_keys_all_arrive_at_ten_a_second(asterisk: Any, start_phone: Any) -> None:
    citizen = await start_phone(asterisk.sip)
    await citizen.dial("keys")
    await citizen.wait_for("CALL_ESTABLISHED")
    await citizen.send_keys(DIGITS, gap=0.1)
    await citizen.ended()
    assert noted(asterisk, "KEYS") == [DIGITS]


async def test_a_call_that_ends_while_the_test_is_busy_was_heard_in_one_piece(asterisk: Any, start_phone: Any) -> None:
    citizen = await start_phone(asterisk.sip)
    await citizen.dial("tone")
    await until("the tone", lambda: audio.tone_seconds(citizen.heard, 440) > 0.3, seconds=10)
    (recording,) = citizen.home.glob("dump-*-dec.wav")
    while time.time() < recording.stat().st_mtime + 1:  # busy until the call is a second over: no look comes earlier
        time.sleep(0.05)
    await citizen.ended()
    (tone,) = audio.tones(citizen.heard, [440])
    assert tone.seconds == pytest.approx(2, abs=0.25)


async def test_silence_without_packets_is_heard_as_silence(asterisk: Any, start_phone: Any) -> None:
    citizen = await start_phone(asterisk.sip)
    await citizen.dial("quiet")
    await citizen.ended()
    (tone,) = audio.tones(citizen.heard, [440])
    first, last = audio.gaps(citizen.heard, min_seconds=0.5)
    assert (tone.start, tone.seconds) == pytest.approx((1, 1), abs=0.25)
    assert (first.seconds, last.seconds) == pytest.approx((1, 1.5), abs=0.25)


async def test_a_blind_transfer_moves_the_caller(asterisk: Any, start_phone: Any) -> None:
    agent = await start_phone(asterisk.sip, user="101", password="rahasia", answers="auto")
    citizen = await start_phone(asterisk.sip, says=440.0)
    await citizen.dial("101")
    await citizen.wait_for("CALL_ESTABLISHED")
    await agent.transfer("echo")
    await agent.ended()
    await until("the own voice back", lambda: audio.tone_seconds(citizen.heard, 440) > 1, seconds=10)
    assert (await citizen.hang_up()).status == 200


async def test_a_busy_agent_and_a_wrong_password_are_told(asterisk: Any, start_phone: Any) -> None:
    agent = await start_phone(asterisk.sip, user="101", password="rahasia")
    citizen = await start_phone(asterisk.sip)
    await citizen.dial("101")
    await agent.wait_for("CALL_INCOMING")
    await agent.reject()
    assert (await citizen.ended()).status == 486
    with pytest.raises(KitError, match="401"):
        await start_phone(asterisk.sip, user="101", password="tebakan")


async def test_what_is_said_changes_within_the_call(asterisk: Any, start_phone: Any, tmp_path: Path) -> None:
    citizen = await start_phone(asterisk.sip, says=440.0)
    await citizen.dial("echo")
    await until("the first tone", lambda: audio.tone_seconds(citizen.heard, 440) > 0.5, seconds=10)
    await citizen.say(audio.write_wav(tmp_path / "voice.wav", audio.sine(950, 1)))
    await until("the file", lambda: audio.tone_seconds(citizen.heard, 950) > 0.8, seconds=10)
    await citizen.hang_up()


async def test_sipps_keys_all_arrive_even_at_twenty_a_second(asterisk: Any, tmp_path: Path) -> None:
    keys = rtp.press(DIGITS, at=0.3, gap=0.05)
    run = await sipp.citizens(tmp_path / "sipp", asterisk.sip, "keys", calls=5, rate=10, keys=keys, leaves=False)
    result = (await run.finish()).check()
    assert result.statuses[200] == 5
    assert noted(asterisk, "KEYS") == [DIGITS] * 5


async def test_each_of_a_crowd_dials_and_presses_what_is_theirs(asterisk: Any, tmp_path: Path) -> None:
    callers = [sipp.Caller(f"081{i}", f"30{i}", rtp.stream(3, rtp.press(f"{i}{i}7", at=0.2))) for i in range(5)]
    run = await sipp.crowd(tmp_path, asterisk.sip, callers, at_once=2, spread=0.5)
    (await run.finish(30)).check()
    assert sorted(noted(asterisk, "THEIRS")) == [f"081{i} 30{i} {i}{i}7" for i in range(5)]


async def test_sipp_leaves_when_it_is_told_to_and_says_what_it_should(
    asterisk: Any, start_phone: Any, tmp_path: Path
) -> None:
    agent = await start_phone(asterisk.sip, user="101", password="rahasia", answers="auto")
    voice = audio.sine(950, 0.5)
    run = await sipp.citizens(tmp_path / "sipp", asterisk.sip, "101", media_seconds=1, says=voice, stay=1.5)
    (await run.finish()).check()
    assert (await agent.ended()).by == "them"
    assert audio.tone_seconds(agent.heard, 950) == pytest.approx(1, abs=0.2)
    assert len(agent.heard) / audio.RATE == pytest.approx(1.5, abs=0.3)


@pytest.mark.parametrize(("behaviour", "status", "dial_status"), [("rejects", 486, "BUSY"), ("rings", 603, "NOANSWER")])
async def test_sipps_agents_behave_as_told(
    asterisk: Any, tmp_path: Path, behaviour: str, status: int, dial_status: str
) -> None:
    agent = await sipp.agent(tmp_path / "agent", asterisk.sip, "101", "rahasia", behaviour)
    (await sipp.refused_call(tmp_path / "caller", asterisk.sip, "101", status=status)).check()
    (await agent.finish()).check()
    await until("the dialplan's note", lambda: noted(asterisk, "DIALSTATUS"), seconds=5)
    assert noted(asterisk, "DIALSTATUS") == [dial_status]


async def test_sipps_agent_answers_and_hangs_up(asterisk: Any, tmp_path: Path) -> None:
    agent = await sipp.agent(tmp_path / "agent", asterisk.sip, "101", "rahasia", "answers", talk=0.5)
    run = await sipp.citizens(tmp_path / "caller", asterisk.sip, "101", leaves=False)
    (await run.finish()).check()
    (await agent.finish()).check()


async def test_strangers_are_refused_and_a_wrong_expectation_fails(asterisk: Any, tmp_path: Path) -> None:
    (await sipp.register(tmp_path / "register", asterisk.sip, "101", "tebakan", status=401)).check()
    (await sipp.refused_call(tmp_path / "call", asterisk.sip, "0815000", status=404)).check()
    wrong = await sipp.refused_call(tmp_path / "call", asterisk.sip, "0815000", status=486)
    assert wrong.failed == 1
    assert "404" in wrong.errors
    assert wrong.statuses == {404: 1}
