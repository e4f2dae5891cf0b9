"""What stands before the flow, on simulated calls: who hears what, and which flow answers."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flow_kit import LINE, TUESDAY, UNANNOUNCED, call, data, said, site, steps

from ivr.channel import EndReason
from ivr.flow.hotline import Gate
from ivr.flow.model import Site
from ivr.line.switches import ALL_LINES, Kind, Switch, Switches
from ivr.sim.call import CALLER, Trial
from ivr.sim.caller import Press, Say, SpeechServer
from ivr.voice.book import Clip

NOW = TUESDAY.replace(tzinfo=ZoneInfo(UNANNOUNCED.timezone)).timestamp()
DAY = 86_400.0
CLIP = Clip("0123.wav", 3.0)
FLOW = steps("a: {type: play, say: Halo., next: z}")
OTHERS = [f"flow: {n}\nstart: z\nsteps:\n  z: {{type: hangup, say: Ini {n}.}}\n" for n in ("ramai", "tutup")]
FLOW_SAYS = ["Halo.", "Selamat tinggal."]


def hotline(folder: Path, *fields: str) -> Site:
    """A line that is open all day, with more fields."""
    always = "hours: {week: {senin-minggu: 00:00-24:00}}" if not any(f.startswith("hours") for f in fields) else ""
    lines = "\n".join(
        f"    {field}" for field in ("title: T", "flow: utama", "after_hours: tutup", always, *fields) if field
    )
    other = "  999: {title: Lain, flow: ramai}\n"
    return site(folder, FLOW, *OTHERS, hotline=f"lines:\n  {LINE}:\n{lines}\n{other}blocklist: {{say: Maaf.}}\n")


def switch(kind: Kind, target: str, text: str = "", *, since: float = -DAY, instead: bool = False) -> Switch:
    clip = CLIP if text else None
    return Switch(kind, target, NOW + since, NOW + DAY, f"sebab {text}".strip(), "rini", text, clip, instead)


def meets(trial: Trial) -> list[tuple[object, object]]:
    """What of the line's state met the caller."""
    return [(d["what"], d["why"]) for d in data(trial, "line_noted")]


def test_with_nothing_switched_the_flow_answers(tmp_path: Path) -> None:
    trial = call(hotline(tmp_path))
    assert (said(trial), meets(trial), trial.reason) == (FLOW_SAYS, [], EndReason.COMPLETED)


def test_announcements_come_before_the_flow_first_what_holds_for_all_lines(tmp_path: Path) -> None:
    switches = Switches(
        [
            switch(Kind.ANNOUNCEMENT, LINE, "Nomor ini.", since=-2 * DAY),
            switch(Kind.ANNOUNCEMENT, "999", "Nomor lain."),
            switch(Kind.ANNOUNCEMENT, ALL_LINES, "Semua."),
            switch(Kind.ANNOUNCEMENT, ALL_LINES, "Nanti.", since=60.0),
        ]
    )
    trial = call(hotline(tmp_path), switches=switches)
    assert said(trial) == ["Semua.", "Nomor ini.", *FLOW_SAYS]
    assert meets(trial) == [("announcement", "sebab Semua."), ("announcement", "sebab Nomor ini.")]
    assert data(trial, "call_started")[0]["flow"] == "utama"


def test_no_key_cuts_an_announcement_and_the_key_counts_afterwards(tmp_path: Path) -> None:
    menu = "a: {type: menu, say: Tekan satu., keys: {1: z}, failed: z}"
    flows = site(tmp_path, steps(menu))
    switches = Switches([switch(Kind.ANNOUNCEMENT, ALL_LINES, "Semua.")])
    trial = call(flows, Press("1", hears="Semua"), switches=switches)
    (announced, *_) = data(trial, "prompt_played")
    assert (announced["text"], announced["completed"], announced["seconds"]) == ("Semua.", True, 3.0)
    assert data(trial, "step_left")[0]["exit"] == "key:1"


def test_an_announcement_instead_of_the_flow_ends_the_call(tmp_path: Path) -> None:
    switches = Switches([switch(Kind.ANNOUNCEMENT, LINE, "Kantor terbakar.", instead=True)])
    trial = call(hotline(tmp_path), switches=switches)
    assert (said(trial), trial.reason) == (["Kantor terbakar."], EndReason.ANNOUNCED)
    assert data(trial, "call_started")[0]["flow"] == ""


def test_a_blocked_caller_hears_the_announcements_and_why_and_is_recorded_as_such(tmp_path: Path) -> None:
    switches = Switches(
        [switch(Kind.BLOCK, CALLER), switch(Kind.ANNOUNCEMENT, ALL_LINES, "Gempa."), switch(Kind.SURGE, ALL_LINES)]
    )
    trial = call(hotline(tmp_path, "surge: {say: Ramai.}"), switches=switches)
    assert (said(trial), trial.reason) == (["Gempa.", "Maaf."], EndReason.BLOCKED)
    assert meets(trial) == [("announcement", "sebab Gempa."), ("blocked", "sebab")]
    assert data(trial, "call_ended")[0]["reason"] == "blocked"


@pytest.mark.parametrize("caller", ["", "+6281200000000"])
def test_others_and_withheld_numbers_are_not_blocked(tmp_path: Path, caller: str) -> None:
    switches = Switches([switch(Kind.BLOCK, CALLER), switch(Kind.BLOCK, "")])
    assert said(call(hotline(tmp_path), switches=switches, caller_number=caller)) == FLOW_SAYS


def test_a_line_for_people_in_danger_turns_nobody_away(tmp_path: Path) -> None:
    assert said(call(hotline(tmp_path, "blocklist: tidak"), switches=Switches([switch(Kind.BLOCK, CALLER)]))) == (
        FLOW_SAYS
    )


def test_a_block_ends_by_itself(tmp_path: Path) -> None:
    over = Switch(Kind.BLOCK, CALLER, NOW - 2 * DAY, NOW - 1, "iseng", "rini")
    assert said(call(hotline(tmp_path), switches=Switches([over]))) == FLOW_SAYS


@pytest.mark.parametrize("by_hand", [True, False], ids=["by hand", "by itself"])
def test_in_a_surge_its_announcement_and_flow_answer(tmp_path: Path, by_hand: bool) -> None:
    flows = hotline(tmp_path, "surge: {say: Ramai., flow: ramai, waiting: 5}")
    state = {"switches": Switches([switch(Kind.SURGE, LINE)])} if by_hand else {"surging": {LINE}}
    trial = call(flows, **state)
    assert said(trial) == ["Ramai.", "Ini ramai."]
    assert meets(trial) == [("surge", "sebab" if by_hand else "")]
    assert data(trial, "call_started")[0]["flow"] == "ramai"


def test_a_surge_may_only_announce(tmp_path: Path) -> None:
    assert said(call(hotline(tmp_path, "surge: {say: Ramai.}"), surging={LINE})) == ["Ramai.", *FLOW_SAYS]


def test_a_surge_elsewhere_does_not_concern_a_line_without_one(tmp_path: Path) -> None:
    switches = Switches([switch(Kind.SURGE, ALL_LINES)])
    assert said(call(hotline(tmp_path), switches=switches, surging={"999"})) == FLOW_SAYS


def test_a_closed_line_says_why_in_the_record_and_knows_no_surge(tmp_path: Path) -> None:
    hours = "hours: {week: {senin-minggu: 00:00-24:00}, closed: {2026-11-24: Pindah kantor}}"
    trial = call(hotline(tmp_path, hours, "surge: {say: Ramai.}"), surging={LINE})
    assert (said(trial), meets(trial)) == (["Ini tutup."], [("closed", "Pindah kantor")])


def test_outside_the_hours_there_is_no_holiday_to_tell(tmp_path: Path) -> None:
    trial = call(hotline(tmp_path, "hours: {week: {selasa: 11:00-12:00}}"))
    assert (said(trial), meets(trial)) == (["Ini tutup."], [("closed", "")])


def test_callers_are_told_when_the_line_closes_soon(tmp_path: Path) -> None:
    hours = "hours: {week: {selasa: 08:00-10:10}, closing_soon: 15m, closing_say: 'Tutup {tutup:jam}.'}"
    trial = call(hotline(tmp_path, hours))
    assert said(trial)[0] == "Tutup pukul sepuluh lewat sepuluh menit"
    assert said(trial)[1:] == FLOW_SAYS
    assert meets(trial) == [("closing_soon", "10:10")]


def test_a_fault_in_what_is_switched_leads_to_the_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(Switches, "announcements", broken)
    assert said(call(hotline(tmp_path))) == FLOW_SAYS
    assert f"what is switched on line {LINE} cannot be told" in caplog.text


def test_one_whom_an_agent_sends_back_was_received_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switches = Switches([switch(Kind.BLOCK, CALLER), switch(Kind.ANNOUNCEMENT, ALL_LINES, "Gempa.")])
    monkeypatch.setattr("ivr.sim.call.CALL", "1795527735.3-2")
    assert said(call(hotline(tmp_path), switches=switches)) == FLOW_SAYS


# --- the gate ---------------------------------------------------------------------------------------
QUESTION, LEAVE = Gate().say, Gate().leave
GATE_ON = Switches([switch(Kind.GATE, LINE)])


@pytest.mark.parametrize("sign", [Press("5", hears=QUESTION), Say("halo", hears=QUESTION), Say("apa", hears=QUESTION)])
def test_any_key_and_any_word_pass_the_gate_and_answer_nothing_else(tmp_path: Path, sign: Press | Say) -> None:
    trial = call(hotline(tmp_path, "gate: {}"), sign, switches=GATE_ON)
    assert (said(trial), trial.reason) == ([QUESTION, *FLOW_SAYS], EndReason.COMPLETED)
    assert meets(trial) == [("gate", "sebab")]


def test_a_silent_call_is_asked_again_told_and_ended_as_a_ghost(tmp_path: Path) -> None:
    trial = call(hotline(tmp_path, "gate: {always: ya, timeout: 3s}"))
    assert (said(trial), trial.reason) == ([QUESTION, QUESTION, LEAVE], EndReason.GHOST)
    assert data(trial, "input_rejected") == [{"why": "silence", "attempt": n} for n in (1, 2)]


def test_a_gate_that_is_not_switched_on_asks_nobody(tmp_path: Path) -> None:
    elsewhere = Switches([switch(Kind.GATE, "999")])
    assert said(call(hotline(tmp_path, "gate: {}"), switches=elsewhere)) == FLOW_SAYS
    assert said(call(hotline(tmp_path), switches=GATE_ON)) == FLOW_SAYS


def test_the_gate_stands_after_announcements_and_before_the_after_hours_flow(tmp_path: Path) -> None:
    switches = Switches([switch(Kind.GATE, ALL_LINES), switch(Kind.ANNOUNCEMENT, ALL_LINES, "Gempa.")])
    lines = hotline(tmp_path, "gate: {}", "hours: {week: {senin: 08:00-09:00}}")
    trial = call(lines, Press("1", hears=QUESTION), switches=switches)
    assert said(trial) == ["Gempa.", QUESTION, "Ini tutup."]


def test_while_speech_is_out_of_order_all_calls_pass(tmp_path: Path) -> None:
    lines = hotline(tmp_path, "gate: {always: ya}")
    assert said(call(lines, speech=False)) == FLOW_SAYS
    trial = call(lines, SpeechServer(hears=QUESTION, after=1.0))
    assert said(trial) == [QUESTION, *FLOW_SAYS]
