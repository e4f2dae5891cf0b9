"""Menus and inputs that listen: what is taken, what is asked, when keys alone are left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from flow_kit import (
    LINE,
    TUESDAY,
    UNANNOUNCED,
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.channel import EndReason, Heard, Sayings
from ivr.flow.model import Site
from ivr.flow.yes_no import YES_NO
from ivr.settings import Speech
from ivr.sim.agents import Agent, SimRoom
from ivr.sim.call import Trial, Unpublished, simulate
from ivr.sim.caller import Action, HangUp, Phone, Press, Say, ScriptedCaller, SpeechServer
from ivr.sim.channel import SimChannel

QUESTION = "Sebutkan keperluan Anda. KTP tekan satu, petugas tekan nol."
SURE, HALF, UNSURE = 0.9, 0.6, 0.2


@pytest.fixture
def menu(tmp_path: Path) -> Site:
    flow = steps(
        f"""
        a:
          type: menu
          say: {QUESTION}
          keys: {{1: z, 0: q}}
          phrases: {{1: [KTP, kartu tanda penduduk], 0: [petugas]}}
          failed: q
          timeout: 5s
        q: {{type: queue, queue: umum, timeout: z, answered: z}}
        """,
        constants="policy: {silence: Diam., not_understood: Bagaimana?, keys_only: Pakai tombol.}\n",
    )
    return site(tmp_path, flow)


def decisions(trial: Trial) -> list[object]:
    return [d["decision"] for d in data(trial, "utterance_heard")]


def rejected(trial: Trial) -> list[object]:
    return [d["why"] for d in data(trial, "input_rejected")]


@pytest.mark.parametrize(
    ("script", "exit_", "decided"),
    [
        ([Say("KTP", hears="keperluan", confidence=SURE)], "key:1", ["accepted"]),
        ([Say("kartu tanda penduduk", hears="keperluan", after=6)], "key:1", ["accepted"]),
        ([Say("ka te pe", hears="keperluan")], "key:1", ["accepted"]),
        ([Say("ktp", hears="keperluan")], "key:1", ["accepted"]),
        ([Press("0", hears="keperluan")], "key:0", []),
        ([Say("KTP", at=1), Press("0", at=1.1)], "key:0", []),
        (
            [Say("KTP", hears="keperluan", confidence=HALF), Say("ya", hears="benar?")],
            "key:1",
            ["confirm", "confirmed"],
        ),
        ([Say("KTP", hears="keperluan", confidence=HALF), Press("1", hears="benar?")], "key:1", ["confirm"]),
        (
            [Say("KTP", hears="keperluan", confidence=HALF), Say("bukan", hears="benar?"), Press("0", hears="kep")],
            "key:0",
            ["confirm", "refused"],
        ),
        (
            [Say("KTP", hears="keperluan", confidence=HALF), Press("2", hears="benar?"), Press("0", hears="kep")],
            "key:0",
            ["confirm"],
        ),
        (
            [Say("KTP", hears="keperluan", confidence=HALF), Say("apa", hears="benar?"), Press("0", hears="kep")],
            "key:0",
            ["confirm", "rejected"],
        ),
        (
            [Say("KTP", hears="keperluan", confidence=UNSURE), Say("petugas", hears="kep")],
            "key:0",
            ["rejected", "accepted"],
        ),
        ([Say("pajak", hears="keperluan"), Say("petugas", hears="kep")], "key:0", ["rejected", "accepted"]),
    ],
)  # fmt: skip
def test_what_is_said_in_a_menu(menu: Site, script: list[Say | Press], exit_: str, decided: list[str]) -> None:
    trial = call(menu, *script)
    assert way(trial)[0] == f"a:{exit_}"
    assert decisions(trial) == decided


def test_speech_over_the_prompt_cuts_it(menu: Site) -> None:
    trial = call(menu, Say("KTP", hears="keperluan", after=1))
    first = data(trial, "prompt_played")[0]
    assert (first["seconds"], first["completed"]) == (1.0, False)
    (heard,) = data(trial, "utterance_heard")
    assert heard["onset"] == 1.0
    assert heard["hypotheses"] == [{"text": "KTP", "confidence": 1.0}]


def test_a_key_beside_an_answer_does_not_cut_what_is_said_next(menu: Site) -> None:
    trial = call(menu, Press("#", hears="keperluan"), Say("KTP", hears="keperluan", after=2))
    assert way(trial)[0] == "a:key:1"
    assert data(trial, "prompt_played")[-1]["completed"]


@pytest.mark.parametrize(
    "words", ["buat KTP", "saya mau urus KTP dong pak", "nggak jadi KTP", "buat kartu penduduk", "loket satu dua"]
)
def test_callers_may_say_it_in_their_own_way(tmp_path: Path, words: str) -> None:
    flow = steps(
        f"""
        a:
          type: menu
          say: {QUESTION}
          keys: {{1: z, 0: q}}
          phrases: {{1: ["[saya mau] (buat|urus) KTP", tidak jadi KTP, loket 12], 0: [petugas]}}
          failed: q
        q: {{type: queue, queue: umum, timeout: z, answered: z}}
        """,
        constants="diucapkan: {KTP: (ka te pe|kartu penduduk)}\n",
    )
    trial = call(site(tmp_path, flow), Say(words, hears="keperluan", confidence=HALF), Press("1", hears="benar?"))
    assert said(trial)[1] == "Anda memilih buat KTP, benar? Tekan satu jika benar, dua jika salah."
    assert way(trial)[0] == "a:key:1"


def test_half_sure_is_asked_by_the_option_s_name(menu: Site) -> None:
    trial = call(menu, Say("kartu tanda penduduk", hears="keperluan", confidence=HALF), Press("1", hears="benar?"))
    assert said(trial)[1] == "Anda memilih KTP, benar? Tekan satu jika benar, dua jika salah."


@pytest.mark.parametrize(
    ("confidence", "decided"), [(0.98, ["accepted"]), (SURE, ["confirm", "confirmed"]), (UNSURE, ["rejected"])]
)
def test_where_certainty_is_high_more_is_asked(tmp_path: Path, confidence: float, decided: list[str]) -> None:
    flow = steps(
        f"a: {{type: menu, say: '{QUESTION}', keys: {{1: z}}, phrases: {{1: [KTP]}}, failed: z, tries: 1}}",
        constants="policy: {certainty: tinggi}\n",
    )
    script = [Say("KTP", hears="keperluan", confidence=confidence), Say("ya", hears="benar?")]
    assert decisions(call(site(tmp_path, flow), *script)) == decided


@pytest.mark.parametrize(("certainty", "why"), [("biasa", []), ("tinggi", ["not_understood"])])
def test_where_certainty_is_high_a_number_is_not_read_back_half_sure(
    tmp_path: Path, certainty: str, why: list[str]
) -> None:
    flow = steps(
        "a: {type: input, say: Sebutkan PIN., into: pin, min: 2, max: 2, speak: ya, confirm: Benar?, next: z, "
        f"failed: z, certainty: {certainty}}}"
    )
    script = [Say("satu dua", hears="PIN", confidence=HALF), Press("1", hears="Benar?"), Press("12", hears="PIN")]
    assert rejected(call(site(tmp_path, flow), *script))[:1] == why


@pytest.mark.usefixtures("english")
def test_certainty_is_one_of_two(tmp_path: Path) -> None:
    flow = "a: {type: menu, say: Tekan satu., keys: {1: z}, failed: z, certainty: sangat}"
    (problem,) = load(tmp_path, steps(flow)).problems
    assert "biasa" in problem.message
    assert "tinggi" in problem.message


def test_what_may_be_said_is_published(menu: Site, tmp_path: Path) -> None:
    texts = [use.text for use in menu.prompts()]
    assert "Anda memilih KTP, benar? Tekan satu jika benar, dua jika salah." in texts
    assert "Anda memilih petugas, benar? Tekan satu jika benar, dua jika salah." in texts
    assert {"Bagaimana?", "Pakai tombol."} <= set(texts)
    assert not [text for text in texts if "{" in text and "posisi" not in text]
    assert menu.sayings() == {
        Sayings(("KTP", "kartu tanda penduduk", "petugas")),
        YES_NO,
    }
    silent = site(tmp_path, steps("a: {type: menu, say: Tekan satu., keys: {1: z}, failed: z}"))
    assert [use.text for use in silent.prompts() if "memahami" in use.text or "tombol" in use.text] == []
    assert silent.sayings() == set()


def test_after_two_answers_that_nobody_understands_only_keys_count_then_a_person(menu: Site) -> None:
    noise = [Say("hujan deras sekali", hears="keperluan") for _ in range(3)]
    trial = call(menu, *noise)
    assert way(trial)[0] == "a:failed"
    assert rejected(trial) == ["not_understood", "not_understood", "silence"]
    assert said(trial)[:5] == [QUESTION, "Bagaimana?", QUESTION, "Bagaimana?", "Pakai tombol."]
    assert decisions(trial) == ["rejected", "rejected"]


@pytest.mark.parametrize("tries", [1, 3])
def test_how_often_is_asked_again_before_only_keys_count_may_be_set(tmp_path: Path, tries: int) -> None:
    policy = f"policy: {{tries: 5, speech_tries: {tries}, not_understood: Bagaimana?, keys_only: Pakai tombol.}}\n"
    ask = f"a: {{type: menu, say: '{QUESTION}', keys: {{1: z}}, phrases: {{1: [KTP]}}, failed: z}}"
    noise = [Say("hujan deras sekali", hears="keperluan") for _ in range(tries)]
    trial = call(site(tmp_path, steps(ask, constants=policy)), *noise)
    assert said(trial)[: 2 * tries + 1] == [QUESTION, "Bagaimana?"] * tries + ["Pakai tombol."]


def test_silence_is_silence(menu: Site) -> None:
    assert rejected(call(menu)) == ["silence"] * 3


def test_without_a_speech_server_keys_at_once_and_it_is_said_once(menu: Site) -> None:
    trial = call(menu, SpeechServer(at=0), Press("9", hears="keperluan"), Press("1", hears="keperluan"))
    assert way(trial)[0] == "a:key:1"
    assert said(trial)[:2] == ["Pakai tombol.", QUESTION]
    assert said(trial).count("Pakai tombol.") == 1
    assert len(data(trial, "speech_lost")) == 1


def test_a_server_that_dies_in_a_word_is_not_the_caller_s_silence(menu: Site) -> None:
    trial = call(
        menu,
        Say("kartu tanda penduduk", hears="keperluan", after=1),
        SpeechServer(at=1.5),
        Press("1", hears="keperluan", after=8),
    )
    assert way(trial)[0] == "a:key:1"
    assert said(trial)[:3] == [QUESTION, "Pakai tombol.", QUESTION]
    assert rejected(trial) == []


def test_speech_that_is_back_is_used_at_the_next_turn(menu: Site) -> None:
    trial = call(
        menu,
        SpeechServer(at=0),
        SpeechServer(up=True, hears="keperluan"),
        Say("KTP", hears="keperluan"),
    )
    assert way(trial)[0] == "a:key:1"
    assert [e.kind for e in trial.events if e.kind.startswith("speech")] == ["speech_lost", "speech_back"]


def test_speech_that_is_switched_off_is_out_of_order(menu: Site) -> None:
    off = UNANNOUNCED.model_copy(update={"speech": Speech(servers=0)})
    caller = ScriptedCaller(Say("KTP", hears="keperluan"), Press("1", hears="keperluan", after=3))
    trial = simulate(Unpublished(menu), LINE, caller, at=TUESDAY, settings=off)
    assert said(trial)[0] == "Pakai tombol."
    assert way(trial)[0] == "a:key:1"


def test_hanging_up_in_a_word(menu: Site) -> None:
    trial = call(menu, Say("kartu tanda penduduk", hears="keperluan", after=1), HangUp(at=1.5))
    assert trial.reason is EndReason.CALLER_HUNG_UP
    assert data(trial, "prompt_played")[0]["completed"] is False


@pytest.mark.parametrize(
    ("keep", "room", "secret", "kept"),
    [
        (True, True, "tidak", "2026/11/24/sim-utterance1.wav"),
        (False, True, "tidak", ""),
        (True, False, "tidak", ""),
        (True, True, "ya", ""),
    ],
    ids=["wanted", "not wanted", "no room on the disk", "secret"],
)
def test_where_what_callers_say_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool, room: bool, secret: str, kept: str
) -> None:
    listen, paths = SimChannel.listen, list[Path | None]()

    async def watched(channel: SimChannel, *args: Any, audio: Path | None, **more: Any) -> Heard:
        paths.append(audio)
        return await listen(channel, *args, audio=audio, **more)

    monkeypatch.setattr(SimChannel, "listen", watched)
    flow = steps(f"""
        a: {{type: input, say: Sebutkan PIN., into: pin, max: 4, speak: ya, secret: {secret}, confirm: Benar?,
             next: z, failed: z}}
        """)
    settings = UNANNOUNCED.model_copy(update={"speech": Speech(keep_audio=keep), "recordings": tmp_path})
    trial = call(site(tmp_path, flow), Say("satu dua", hears="PIN"), settings=settings, may_record=room)
    assert way(trial)[0] == "a:next"
    assert paths[0] == (tmp_path / kept if kept else None)


# --- input ------------------------------------------------------------------------------------------
@pytest.fixture
def number(tmp_path: Path) -> Site:
    flow = steps(
        """
        a:
          type: input
          say: Sebutkan nomor.
          into: nomor
          min: 4
          max: 6
          speak: ya
          confirm: 'Nomor {nomor:digit}, benar?'
          next: z
          failed: z
        """,
        constants="policy: {silence: Diam., wrong_number: Salah., not_understood: Bagaimana?, tries: 2}\n",
    )
    return site(tmp_path, flow)


@pytest.mark.parametrize(
    ("script", "value"),
    [
        ([Say("nol delapan satu dua", hears="Sebutkan"), Say("betul", hears="benar?")], "0812"),
        ([Say("kosong delapan satu dua", hears="Sebutkan", confidence=HALF), Press("1", hears="benar?")], "0812"),
        ([Say("nol delapan", hears="Sebutkan"), Say("satu dua", at=5)], "0812"),
        ([Say("nol delapan dua belas", hears="Sebutkan"), Say("ya", hears="benar?")], "0812"),
        ([Say("delapan ratus satu", hears="Sebutkan"), Say("dobel lima dua kali nol", hears="Sebutkan")], "5500"),
        ([Say("nol delapan", hears="Sebutkan"), Press("12#", at=5)], "0812"),
        ([Press("0812#", hears="Sebutkan")], "0812"),
        (
            [
                Say("satu dua tiga empat", hears="Sebutkan"), Say("salah", hears="benar?"),
                Say("nol delapan satu dua", hears="Sebutkan"), Say("ya", hears="benar?"),
            ],
            "0812",
        ),
        ([Say("satu dua tiga empat lima enam tujuh", hears="Sebutkan"), Press("0812#", hears="Sebutkan")], "0812"),
        ([Say("saya lupa", hears="Sebutkan"), Press("0812#", hears="Sebutkan")], "0812"),
    ],
    ids=[
        "said", "half sure", "in two pieces", "in groups", "unclear", "said and typed", "typed", "corrected",
        "too long", "no number",
    ],
)  # fmt: skip
def test_digits_are_said_or_typed(number: Site, script: list[Say | Press], value: str) -> None:
    trial = call(number, *script)
    assert [d["value"] for d in data(trial, "variable_set")] == [value]


def test_a_server_that_dies_in_the_middle_of_a_number_makes_it_begin_anew(number: Site) -> None:
    script = [Say("nol delapan", hears="Sebutkan"), SpeechServer(at=5), Press("0812#", hears="Sebutkan")]
    trial = call(number, *script)
    assert [d["value"] for d in data(trial, "variable_set")] == ["0812"]
    assert said(trial)[1:3] == ["Silakan gunakan tombol.", "Sebutkan nomor."]


def test_why_a_spoken_number_is_no_answer(number: Site) -> None:
    unclear = call(number, Say("saya lupa", hears="Sebutkan"), Say("saya lupa", hears="Sebutkan"))
    assert rejected(unclear) == ["not_understood"] * 2
    assert said(unclear)[:2] == ["Sebutkan nomor.", "Bagaimana?"]
    too_long = call(number, Say("satu dua tiga empat lima enam tujuh", hears="Sebutkan"))
    assert rejected(too_long) == ["invalid", "silence"]


@pytest.mark.parametrize("then", [[], [SpeechServer(hears="benar?")]], ids=["silence", "no key"])
def test_an_objection_that_nobody_understood_is_no_consent(number: Site, then: list[Action]) -> None:
    spoken = Say("nol delapan satu dua", hears="Sebutkan")
    trial = call(number, spoken, Say("lho bukan begitu", hears="benar?"), *then)
    assert decisions(trial)[:2] == ["accepted", "rejected"]
    assert rejected(trial)[0] == "refused"


def test_a_secret_number_is_not_in_the_record(tmp_path: Path) -> None:
    flow = steps("""
        a:
          {type: input, say: Sebutkan PIN., into: pin, min: 4, max: 4, speak: ya, secret: ya, confirm: Benar?,
           next: z, failed: z}
        """)
    trial = call(site(tmp_path, flow), Say("satu dua tiga empat", hears="PIN"), Say("ya", hears="Benar"))
    heard = [d["hypotheses"] for d in data(trial, "utterance_heard")]
    assert heard == [[{"text": "•", "confidence": 1.0}]] * 2
    assert way(trial)[0] == "a:next"


# --- the waiting room -------------------------------------------------------------------------------
@pytest.fixture
def queue(tmp_path: Path) -> Site:
    flow = steps(
        """
        a:
          type: queue
          queue: umum
          keys: {1: p}
          phrases: {1: [tinggalkan pesan, pesan]}
          answered: z
          timeout: z
        p: {type: play, say: Pesan., next: z}
        """
    )
    return site(tmp_path, flow)


def waiting(site_: Site, *script: Action, free_at: float = 1000) -> Trial:
    """A call for which the only agent is free `free_at` seconds after its start."""
    room = SimRoom([Agent("101", ("lain", "umum"))])

    class Waiting(ScriptedCaller):
        def begins(self, phone: Phone) -> None:
            super().begins(phone)
            asyncio.get_running_loop().call_later(free_at, room.join("lain", "other").leave)

    return simulate(Unpublished(site_), LINE, Waiting(*script), room=room, at=TUESDAY, settings=UNANNOUNCED)


@pytest.mark.parametrize(
    ("script", "exit_", "decided"),
    [
        ([Say("pesan", at=40)], "key:1", ["accepted"]),
        ([Press("1", at=40)], "key:1", []),
        ([Say("pesan", at=40, confidence=HALF)], "timeout", ["rejected"]),  # an agent must not wait for a question
        ([Say("halo", at=40), Say("tinggalkan pesan", at=50)], "key:1", ["rejected", "accepted"]),
        ([SpeechServer(at=30), Say("pesan", at=40)], "timeout", []),
        ([SpeechServer(at=30), Press("1", at=40)], "key:1", []),
        ([SpeechServer(at=30), SpeechServer(up=True, at=40), Say("pesan", at=50)], "key:1", ["accepted"]),
    ],
)
def test_what_is_said_while_waiting(queue: Site, script: list[Action], exit_: str, decided: list[str]) -> None:
    trial = waiting(queue, *script)
    assert way(trial)[0] == f"a:{exit_}"
    assert decisions(trial) == decided


def test_who_is_listened_to_while_waiting_is_connected_as_soon_as_an_agent_is_free(queue: Site) -> None:
    trial = waiting(queue, free_at=33)
    assert way(trial)[0] == "a:answered"
    (rang,) = [event.at - trial.events[0].at for event in trial.events if event.kind == "agent_rang"]
    assert rang == pytest.approx(33, abs=0.01)


def test_who_waits_without_being_listened_to_has_not_lost_speech(queue: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def only_hold(channel: SimChannel, *args: object, **more: object) -> None:
        """As while the manager is away, or without music."""

    monkeypatch.setattr(SimChannel, "listen_on_hold", only_hold)
    trial = waiting(queue, Press("1", at=40))
    assert way(trial)[0] == "a:key:1"
    assert data(trial, "speech_lost") == []


# --- what authors write -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("phrases", "problem"),
    [
        ("{3: [KTP]}", "key 3 is not in keys"),
        ("{1: [KTP, '?!']}", "has no word in it"),
        ("{1: [KTP], 2: [ka te pe]}", "the phrase 'ka te pe' is there already, for key 1"),
        ("{1: []}", "this list is empty"),
        ("{1: KTP}", "a list of"),
    ],
)
@pytest.mark.usefixtures("english")
def test_phrases_that_cannot_work(tmp_path: Path, phrases: str, problem: str) -> None:
    flow = steps(f"a: {{type: menu, say: Halo., keys: {{1: z, 2: z}}, phrases: {phrases}, failed: z}}")
    loaded = load(tmp_path, flow)
    assert loaded.site is None
    assert problem in "\n".join(map(str, loaded.problems))


@pytest.mark.usefixtures("english")
def test_a_spoken_number_must_be_read_back(tmp_path: Path) -> None:
    loaded = load(tmp_path, steps("a: {type: input, say: Nomor., into: nomor, speak: ya, next: z, failed: z}"))
    assert "spoken digits must be read back" in "\n".join(map(str, loaded.problems))
