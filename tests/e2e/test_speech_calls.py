"""Calls that listen, on the real Asterisk with the real recogniser, and what its death does to them.

The citizen has the machine's voice: these tests prove the way from a word to a step, not how well people are heard.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr.asterisk.process import running_pid
from ivr.flow.steps.menu import Menu
from ivr.publish import load_version
from ivr.sim.ears import AUDIO, Ears
from ivr.speech.hearing import AROUND_SECONDS
from ivr.voice.notice import notice_audio
from tests.e2e.kit import audio, rtp, sipp, voice
from tests.e2e.kit.audio import RATE
from tests.e2e.kit.hotline import Hotline, Line
from tests.e2e.kit.machine import until
from tests.e2e.kit.people import calls
from tests.e2e.kit.prompts import hears, was_heard
from tests.e2e.kit.softphone import Softphone

pytestmark = pytest.mark.e2e

Start = Callable[..., Awaitable[Softphone]]

NUMBER = "0812345678"
BABBLE = "kartu keluarga " * 10
"""Longer than any of these tests listens to it."""


@pytest.fixture
def hotline(doomed_hotline: Hotline) -> Hotline:
    return doomed_hotline


@pytest.fixture
async def speaks(start_citizen: Start, tmp_path: Path) -> Callable[..., Awaitable[Softphone]]:
    """A citizen who calls and says this, from the answer on."""

    async def start(*parts: float | str) -> Softphone:
        citizen = await start_citizen(says=voice.say(tmp_path / "says.wav", *parts))
        await calls(citizen, Line.LISTENS)
        return citizen

    return start


def question(hotline: Hotline) -> audio.Samples:
    step = load_version(hotline.settings).site.flows["dengar"].steps["tanya"]
    assert isinstance(step, Menu)
    return hotline.spoken(step.say)


def utterances(hotline: Hotline, call: str) -> list[tuple[str, str]]:
    """What was understood on a call, and what was made of it."""
    heard = hotline.facts(call, "utterance_heard")
    return [(h["hypotheses"][0]["text"] if h["hypotheses"] else "", h["decision"]) for h in heard]


def speech_servers(hotline: Hotline) -> list[int]:
    names = [f"speech-{i + 1}" for i in range(hotline.settings.speech.servers)]
    pids = [running_pid(name, run=hotline.settings.run) for name in names]
    return [pid for pid in pids if pid]


def is_quiet(citizen: Softphone) -> bool:
    """Whether a prompt was heard, and is not any more."""
    heard = citizen.heard
    return len(heard) > 2 * RATE and audio.level(heard[-RATE // 2 :]) < audio.SILENT


def answers(hotline: Hotline, citizen: Softphone) -> list[str]:
    """What the citizen answered so far, by key or by voice, in order."""
    sql = """SELECT kind FROM events JOIN calls ON calls.id = events.call
        WHERE caller = ? AND kind IN ('key_pressed', 'utterance_heard') ORDER BY events.id"""
    return [row["kind"] for row in hotline.query(sql, f"+62{citizen.user[1:]}")]


async def test_a_citizen_says_what_they_need_over_the_prompt(
    hotline: Hotline, speaks: Callable[..., Awaitable[Softphone]]
) -> None:
    """A menu, a number with its yes, and no key at all."""
    citizen = await speaks(2.0, "saya mau tanya nomor pelanggan")
    await hears(citizen, hotline.spoken("Sebutkan sepuluh angka nomor pelanggan Anda."), first=1)
    await citizen.say(
        voice.say(citizen.home / "number.wav", 0.3, "nol delapan dua belas tiga empat lima enam tujuh delapan")
    )
    await hears(citizen, hotline.spoken("benar?"))
    await citizen.say(voice.say(citizen.home / "yes.wav", 0.3, "ya"))
    await citizen.ended(seconds=20)
    call = (await hotline.record(citizen.user))["id"]
    assert utterances(hotline, call) == [
        ("(cek|tanya) nomor pelanggan [saya]", "accepted"),
        (NUMBER, "accepted"),
        ("ya", "confirmed"),
    ]
    assert [fact["value"] for fact in hotline.facts(call, "variable_set")] == [NUMBER]
    prompt, heard = hotline.facts(call, "prompt_played")[0], hotline.facts(call, "utterance_heard")[0]
    assert not prompt["completed"]
    assert heard["onset"] < prompt["seconds"] < heard["ended"] + 0.5  # cut while they spoke
    (row,) = hotline.query("SELECT * FROM utterances WHERE call = ? AND decision = 'confirmed'", call)
    assert row["confidence"] > 0.5
    assert list(hotline.settings.recordings.rglob(f"{call}-utterance*")) == []  # nobody asked for that


async def test_values_are_read_back_and_corrected(hotline: Hotline, start_citizen: Start, tmp_path: Path) -> None:
    """A time on the keys, which there is not at first, and a date in words, which is taken again."""
    citizen = await start_citizen()
    await calls(citizen, Line.VALUES)
    await hears(citizen, hotline.spoken("Jam berapa?"))
    await citizen.send_keys("2560")
    await hears(citizen, hotline.spoken("Maaf, jam itu tidak ada."))
    await citizen.send_keys("0830")
    await hears(citizen, hotline.spoken("Tanggal berapa?"))
    await citizen.say(voice.say(tmp_path / "day.wav", 0.3, "lima Mei dua ribu dua puluh tujuh"))
    await hears(citizen, hotline.spoken("{isian:jam}.", isian="08:30"), first=1)
    await citizen.send_keys("2")
    which = hotline.spoken("Mana yang salah? Untuk jam, tekan satu. Untuk tanggal, tekan dua.")
    await hears(citizen, which, first=1)
    heard = len(citizen.heard)
    await citizen.send_keys("2")
    await until(
        "the question once more", lambda: was_heard(hotline.spoken("Tanggal berapa?"), citizen.heard[heard:]), seconds=9
    )
    await citizen.say(voice.say(tmp_path / "other.wav", 0.3, "tanggal enam Mei dua ribu dua puluh tujuh"))
    await hears(citizen, hotline.spoken("Benar?"))
    await citizen.say(voice.say(tmp_path / "yes.wav", 0.3, "ya"))
    await hears(citizen, hotline.spoken("Ingin kami ingatkan?"))
    await citizen.say(voice.say(tmp_path / "yes.wav", 0.3, "betul"))
    await citizen.ended(seconds=20)
    call = (await hotline.record(citizen.user))["id"]
    assert [(fact["name"], fact["value"]) for fact in hotline.facts(call, "variable_set")] == [
        ("pukul", "08:30"),
        ("hari", "2027-05-06"),
    ]
    assert utterances(hotline, call) == [
        ("lima mei dua ribu dua puluh tujuh", "accepted"),
        ("tanggal enam mei dua ribu dua puluh tujuh", "accepted"),
        ("ya", "confirmed"),
        ("betul", "accepted"),
    ]
    assert [fact["why"] for fact in hotline.facts(call, "input_rejected")] == ["invalid", "refused"]
    assert [(fact["step"], fact["exit"]) for fact in hotline.facts(call, "step_left")][:2] == [
        ("janji", "next"),
        ("setuju", "yes"),
    ]


async def test_a_citizen_asks_in_a_sentence(hotline: Hotline, start_citizen: Start, tmp_path: Path) -> None:
    """Over the prompt, in words that stand in no menu; the way goes by what it is about."""
    citizen = await start_citizen(
        says=voice.say(tmp_path / "says.wav", 2.0, "saya mau tanya syarat bikin ka te pe", 3.0)
    )
    await calls(citizen, Line.SENTENCES)
    await hears(citizen, hotline.spoken("Bawalah surat pengantar dan kartu keluarga Anda."))
    await citizen.ended(seconds=20)
    call = (await hotline.record(citizen.user))["id"]
    ((_, decision),) = utterances(hotline, call)
    (understood,) = hotline.facts(call, "sentence_understood")
    assert decision == understood["decision"] == "accepted"
    assert understood["slots"] == {"document": "KTP", "question": "syarat"}
    assert not hotline.facts(call, "prompt_played")[0]["completed"]
    assert "KTP" in await hotline.sambung("call", call)


async def test_kept_audio(start_hotline: Callable[..., Awaitable[Hotline]], start_phone: Start, tmp_path: Path) -> None:
    """What citizens say is kept where that is wanted and they were told, but for secrets."""
    recording = {"minimum_free_mb": 0, "notice": "Panggilan ini direkam."}
    keeping = await start_hotline({"speech": {"keep_audio": True}, "recording": recording})
    spoken = voice.words("kartu keluarga")
    citizen = await start_phone(keeping.sip, user=keeping.new_caller())
    await calls(citizen, Line.LISTENS)
    await hears(citizen, audio.read_wav(notice_audio(keeping.settings)))
    await citizen.say(voice.say(tmp_path / "says.wav", 2.0, "kartu keluarga"))
    await hears(citizen, keeping.spoken("Bagian kartu keluarga."))
    await citizen.send_keys("4")
    await hears(citizen, keeping.spoken("Sebutkan empat angka PIN Anda."))
    await citizen.say(voice.say(tmp_path / "pin.wav", 0.3, "satu dua tiga empat"))
    await hears(citizen, keeping.spoken("benar?"))
    await citizen.say(voice.say(tmp_path / "yes.wav", 0.3, "ya"))
    await citizen.ended(seconds=20)
    call = (await keeping.record(citizen.user))["id"]
    heard, pin, yes = keeping.facts(call, "utterance_heard")
    assert (pin["audio"], yes["audio"]) == ("", "")
    # One file, for its owner alone, named in the record.
    kept = keeping.settings.recordings / heard["audio"]
    assert list(keeping.settings.recordings.rglob("*.wav")) == [kept]
    assert kept.stat().st_mode & 0o777 == 0o600
    assert heard["audio"] in await keeping.sambung("call", call)
    told = json.loads(await keeping.sambung("call", call, "--json"))
    assert [(r["kind"], r["path"]) for r in told["recordings"]] == [("utterance", heard["audio"])]
    listed = json.loads(await keeping.sambung("utterances", "list", "--json"))
    assert [(u["step"], u["heard"], u["audio"]) for u in listed] == [("dengar:tanya", "kartu keluarga", str(kept))]
    # What was said, as loud as it was said, half a second before it, and the silence that ended it.
    sound, words = audio.read_wav(kept), heard["ended"] - heard["onset"]
    assert words + AROUND_SECONDS + 0.2 < len(sound) / RATE < words + 2 * AROUND_SECONDS + 0.1
    begin = round(AROUND_SECONDS * RATE)
    assert abs(audio.level(sound[begin : begin + round(words * RATE)]) - audio.level(spoken)) < 3
    # Who listens to it hears the same.
    version = load_version(keeping.settings)
    (sayings,) = (
        s for s in version.site.flows["dengar"].steps["tanya"].sayings() if heard["hypotheses"][0]["text"] in s.phrases
    )
    grammar = version.grammar(sayings)
    assert grammar is not None
    (best, *_) = Ears(keeping.settings.speech.model).understand(f"{AUDIO}{kept}", grammar, 1.0)
    assert best.text == "kartu keluarga"
    assert best.confidence >= grammar.accept


async def test_in_the_waiting_room_too_and_a_free_agent_is_not_kept_waiting(
    hotline: Hotline, start_agent: Start, speaks: Callable[..., Awaitable[Softphone]]
) -> None:
    agent = await start_agent("101")
    await hotline.sambung("agents", "pause", "101")
    leaving = await speaks(2.0, "bicara dengan petugas", 8.0, "tinggalkan pesan")
    staying = await speaks(2.0, "bicara dengan petugas")
    await leaving.ended(seconds=40)
    await hotline.sambung("agents", "unpause", "101")
    rang = await agent.wait_for("CALL_INCOMING")
    assert staying.user in rang["peeruri"]
    await agent.answer()
    await agent.wait_for("CALL_ESTABLISHED")
    await agent.hang_up()
    await staying.ended()
    left, stayed = [(await hotline.record(citizen.user))["id"] for citizen in (leaving, staying)]
    assert utterances(hotline, left) == [("bicara dengan petugas", "accepted"), ("tinggalkan pesan", "accepted")]
    assert hotline.visits(left) == [("umum", "left_by_key")]
    assert hotline.visits(stayed) == [("umum", "answered")]


@pytest.mark.parametrize("gap", [0.1, 0.05])
async def test_ten_digits_typed_fast_at_a_listening_prompt_are_all_kept(
    hotline: Hotline, tmp_path: Path, gap: float
) -> None:
    caller, count = hotline.new_caller(), 5
    keys = rtp.press("2" + NUMBER + "1", at=0.6, gap=gap)
    run = await sipp.citizens(
        tmp_path / "sipp", hotline.sip, Line.LISTENS, calls=count, rate=5, caller=caller, keys=keys, leaves=False
    )
    (await run.finish()).check()
    records = await hotline.records(caller, count)
    taken = [[fact["value"] for fact in hotline.facts(record["id"], "variable_set")] for record in records]
    assert taken == [[NUMBER]] * count


async def test_a_key_while_they_speak(hotline: Hotline, speaks: Callable[..., Awaitable[Softphone]]) -> None:
    citizen = await speaks(2.0, BABBLE)
    await until("the prompt to be cut", lambda: is_quiet(citizen), seconds=15)
    await citizen.send_keys("1")
    await hears(citizen, hotline.spoken("Bagian kartu keluarga."))
    await citizen.hang_up()
    call = (await hotline.record(citizen.user))["id"]
    assert hotline.facts(call, "step_left")[0]["exit"] == "key:1"
    assert utterances(hotline, call) == []


@pytest.mark.parametrize(("blow", "seconds"), [(signal.SIGKILL, 1.5), (signal.SIGSTOP, 3.0)], ids=["killed", "frozen"])
async def test_the_speech_servers_die_in_a_word(
    hotline: Hotline, speaks: Callable[..., Awaitable[Softphone]], blow: signal.Signals, seconds: float
) -> None:
    """The citizen is told within the time, goes on with keys, and is listened to again at the next turn."""
    citizen = await speaks(2.0, BABBLE)
    await until("the prompt to be cut", lambda: is_quiet(citizen), seconds=15)
    servers = speech_servers(hotline)
    struck = len(citizen.heard) / RATE
    for pid in servers:
        os.kill(pid, blow)
    told = hotline.spoken("Pakai tombol saja.")
    match: audio.Match = await until("keys only", lambda: audio.find(told, citizen.heard), seconds=10)
    assert match.at - struck < seconds
    await until(
        "other speech servers", lambda: set(servers).isdisjoint(found := speech_servers(hotline)) and found, seconds=20
    )
    await citizen.say(voice.say(citizen.home / "later.wav", 3.0, "kartu keluarga"))
    await citizen.send_keys("1")
    await until("the second answer", lambda: len(answers(hotline, citizen)) > 1, seconds=30)
    await citizen.hang_up()
    call = (await hotline.record(citizen.user))["id"]
    assert answers(hotline, citizen) == ["key_pressed", "utterance_heard"]
    assert utterances(hotline, call) == [("kartu keluarga", "accepted")]
    assert len(hotline.facts(call, "speech_lost")) == len(hotline.facts(call, "speech_back")) == 1
    assert hotline.facts(call, "input_rejected") == []


async def test_no_speech_server_at_the_start_of_a_call(hotline: Hotline, start_citizen: Start) -> None:
    """Keys at once; the supervisor is held still, so that none comes back."""
    supervisor = json.loads(await hotline.sambung("status", "--json"))["supervisor"]["pid"]
    os.kill(supervisor, signal.SIGSTOP)
    try:
        for pid in speech_servers(hotline):
            os.kill(pid, signal.SIGKILL)
        citizen = await start_citizen()
        await calls(citizen, Line.LISTENS)
        told = hotline.spoken("Pakai tombol saja.")
        match: audio.Match = await until("keys only", lambda: audio.find(told, citizen.heard), seconds=10)
        assert match.at < 0.5
        await citizen.send_keys("1")
        await hears(citizen, hotline.spoken("Bagian kartu keluarga."))
        await citizen.hang_up()
    finally:
        os.kill(supervisor, signal.SIGCONT)
