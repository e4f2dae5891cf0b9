"""ticket and ticket_status: what a caller hears, what is kept, and what is done where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_kit import (
    HOTLINE,
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.channel import Segment, Voiced
from ivr.flow.model import Site
from ivr.settings import PROJECT, Recording, Settings
from ivr.sim.call import Trial
from ivr.sim.caller import Action, HangUp, Press, Say, SpeechServer
from ivr.sim.tickets import SimTickets
from ivr.speech.values.tickets import number_of
from ivr.tickets import Status, Ticket
from ivr.voice.book import PromptBook
from ivr.voice.numbers import PAUSE, digits

FIRST = number_of(1)
READ_OUT = "Nomornya nol nol nol nol , nol nol satu tiga"
AGAIN = "Untuk mendengar nomor itu"
POLICY = "policy: {silence: Diam., wrong_number: Keliru., keys_only: Pakai tombol., not_understood: Bagaimana?}\n"


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    """A ticket without a message."""
    return site(
        tmp_path,
        steps(
            """
            a: {type: input, say: NIK Anda., into: nik, min: 3, max: 3, secret: ya, next: t, failed: t}
            t:
              type: ticket
              kind: aspiration
              details: [nik, line]
              say: Nomornya {tiket:digit}
              unavailable: Belum bisa.
              next: z
              failed: p
            p: {type: hangup, say: Petugas.}
            """,
            start="t",
            constants=POLICY,
        ),
    )


@pytest.fixture
def spoken(tmp_path: Path) -> Site:
    """A ticket with a message."""
    return site(
        tmp_path,
        steps(
            """
            t:
              type: ticket
              kind: complaint
              record: Ceritakan.
              say: Nomornya {tiket:digit}
              next: z
              failed: p
            p: {type: hangup, say: Petugas.}
            """,
            start="t",
            constants=POLICY,
        ),
    )


@pytest.fixture
def status(tmp_path: Path) -> Site:
    return site(
        tmp_path,
        steps(
            """
            s: {type: ticket_status, say: Nomor tiket., next: b, failed: p, unavailable: Belum bisa., tries: 2}
            b: {type: branch, cases: [{when: status_tiket == 'answered', next: z}], otherwise: p}
            p: {type: hangup, say: Petugas.}
            """,
            start="s",
            constants=POLICY,
        ),
    )


# --- ticket -----------------------------------------------------------------------------------------
def test_the_number_is_told_and_kept_in_a_variable(plain: Site) -> None:
    tickets = SimTickets()
    trial = call(plain, tickets=tickets)
    assert said(trial)[0] == READ_OUT
    assert data(trial, "ticket_opened") == [{"number": FIRST, "what": "aspiration"}]
    assert {"name": "tiket", "value": FIRST} in data(trial, "variable_set")
    (opened,) = tickets.opened
    assert (opened.kind, opened.line, opened.caller, opened.call) == ("aspiration", "1500123", "+6281234567890", "sim")
    assert (opened.recording, opened.details) == ("", {"line": "1500123"})
    assert way(trial)[0] == "t:next"


@pytest.mark.parametrize(
    ("script", "times"),
    [
        ([], 1),
        ([Press("1", hears=AGAIN)], 2),
        ([Say("ulangi", hears=AGAIN)], 2),
        ([Say("tolong ulangi sekali lagi", hears=AGAIN)], 2),
        ([Press("1", hears=AGAIN), Say("ulangi", hears=AGAIN)], 3),
        ([Press("1", hears=AGAIN)] * 9, 4),
        ([Press("2", hears=AGAIN)], 1),
        ([Press("#", hears=AGAIN, after=8)], 1),
        ([Say("cukup, terima kasih", hears=AGAIN)], 1),
        ([Say("apa", hears=AGAIN, confidence=0.1)], 2),
        ([Press("5", hears="Nomornya")], 1),
        ([SpeechServer(at=0), Press("1", hears=AGAIN)], 2),
    ],
    ids=[
        "silence", "a key", "a word", "politely", "both", "for ever", "another key", "a hash", "enough",
        "not understood", "a key over the number", "without speech",
    ],
)  # fmt: skip
def test_the_number_is_told_again_when_asked(plain: Site, script: list[Action], times: int) -> None:
    trial = call(plain, *script)
    told = [prompt for prompt in data(trial, "prompt_played") if prompt["text"] == READ_OUT]
    assert len(told) == times
    assert all(prompt["completed"] for prompt in told)
    assert way(trial)[0] == "t:next"


def test_a_secret_detail_is_in_the_ticket_and_not_in_the_record(tmp_path: Path, plain: Site) -> None:
    tickets = SimTickets()
    text = next(tmp_path.glob("utama.yaml")).read_text().replace("start: t", "start: a")
    trial = call(site(tmp_path, text), Press("357", hears="NIK"), tickets=tickets)
    assert tickets.opened[0].details == {"nik": "357", "line": "1500123"}
    assert "357" not in str([event.data() for event in trial.events])


def recorded(spoken: Site, folder: Path, *script: Action, **more: object) -> tuple[Trial, SimTickets]:
    tickets = SimTickets()
    settings = Settings(recordings=folder, recording=Recording(notice=""))
    return call(spoken, *script, settings=settings, tickets=tickets, **more), tickets


def test_a_message_belongs_to_the_ticket(spoken: Site, tmp_path: Path) -> None:
    trial, tickets = recorded(spoken, tmp_path, Press("#", hears="Ceritakan", after=8))
    assert tickets.opened[0].recording == data(trial, "message_recorded")[0]["path"] == "2026/11/24/sim-message1.wav"
    assert said(trial)[:2] == ["Ceritakan.", READ_OUT]


def test_who_says_nothing_is_asked_again(spoken: Site, tmp_path: Path) -> None:
    trial, tickets = recorded(spoken, tmp_path, Press("#", at=22))
    assert said(trial)[:4] == ["Ceritakan.", "Diam.", "Ceritakan.", READ_OUT]
    assert tickets.opened[0].recording.endswith("message2.wav")


def test_who_never_says_anything_has_no_ticket(spoken: Site, tmp_path: Path) -> None:
    trial, tickets = recorded(spoken, tmp_path)
    assert said(trial) == ["Ceritakan.", "Diam.", "Ceritakan.", "Diam.", "Ceritakan.", "Petugas."]
    assert [d["why"] for d in data(trial, "input_rejected")] == ["silence"] * 3
    assert tickets.opened == []


def test_a_full_disk_leads_to_a_person_at_once(spoken: Site, tmp_path: Path) -> None:
    trial, tickets = recorded(spoken, tmp_path, may_record=False)
    assert (said(trial), tickets.opened) == (["Petugas."], [])


def test_who_hangs_up_after_speaking_has_a_ticket(spoken: Site, tmp_path: Path) -> None:
    kept = tmp_path / "2026/11/24/sim-message1.wav"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"RIFF")  # what Asterisk has written by then
    trial, tickets = recorded(spoken, tmp_path, HangUp(hears="Ceritakan", after=8))
    assert tickets.opened[0].recording == "2026/11/24/sim-message1.wav"
    assert data(trial, "ticket_opened") == [{"number": FIRST, "what": "complaint"}]
    assert said(trial) == ["Ceritakan."]
    assert trial.reason == "caller_hung_up"


def test_who_hangs_up_before_speaking_has_none(spoken: Site, tmp_path: Path) -> None:
    trial, tickets = recorded(spoken, tmp_path, HangUp(hears="Ceritakan", after=1.2))
    assert tickets.opened == []
    assert trial.reason == "caller_hung_up"


def test_where_tickets_cannot_be_kept_the_caller_is_told_and_led_on(plain: Site) -> None:
    trial = call(plain, tickets=SimTickets(works=False))
    assert said(trial) == ["Belum bisa.", "Petugas."]
    assert data(trial, "tickets_failed") == [{"problem": "the store of tickets is out of order"}]
    assert data(trial, "ticket_opened") == []
    assert not any(d["name"] == "tiket" for d in data(trial, "variable_set"))


# --- ticket_status ----------------------------------------------------------------------------------
KNOWN = SimTickets([
    Ticket(number_of(7), Status.OPEN),
    Ticket(number_of(8), Status.IN_WORK),
    Ticket(number_of(9), Status.ANSWERED, "Lampu sudah diperbaiki."),
])  # fmt: skip


@pytest.mark.parametrize(
    ("serial", "told", "exit_"),
    [
        (7, "menunggu giliran", "b:otherwise"),
        (8, "sedang kami tangani", "b:otherwise"),
        (9, "sudah dijawab. Lampu sudah diperbaiki.", "b:case:1"),
    ],
)
def test_how_a_ticket_stands_is_told(status: Site, serial: int, told: str, exit_: str) -> None:
    number = number_of(serial)
    trial = call(status, Press(number, hears="Nomor tiket"), Press("1", hears="benar?"), tickets=KNOWN)
    assert told in said(trial)[2]
    assert way(trial)[1] == exit_
    assert data(trial, "ticket_found")[0]["number"] == number


def test_the_number_may_be_spoken(status: Site) -> None:
    spoken = " ".join(unit for unit in digits(number_of(9)) if unit != PAUSE)
    trial = call(status, Say(spoken, hears="Nomor tiket"), Say("benar", hears="benar?"), tickets=KNOWN)
    assert data(trial, "ticket_found") == [{"number": number_of(9), "status": "answered"}]


def test_a_wrong_check_digit_is_asked_for_again(status: Site) -> None:
    wrong = f"{int(number_of(9)) ^ 1:08}"
    script = Press(wrong, hears="Nomor tiket"), Press(number_of(9), hears="Nomor tiket"), Press("1", hears="benar?")
    trial = call(status, *script, tickets=KNOWN)
    assert said(trial)[:3] == ["Nomor tiket.", "Keliru.", "Nomor tiket."]
    assert [d["why"] for d in data(trial, "input_rejected")] == ["invalid"]
    assert data(trial, "ticket_found")[0]["status"] == "answered"


def test_a_number_that_there_is_not_is_asked_for_again(status: Site) -> None:
    asked = Press("1", hears="benar?")
    script = Press(number_of(1), hears="Nomor"), asked, Press(number_of(7), hears="Nomor tiket"), asked
    trial = call(status, *script, tickets=KNOWN)
    assert "tidak kami temukan" in said(trial)[2]
    assert [d["status"] for d in data(trial, "ticket_found")] == ["unknown", "open"]


def test_enough_wrong_numbers_lead_to_a_person(status: Site) -> None:
    asked = Press("1", hears="benar?")
    script = Press(number_of(1), hears="Nomor"), asked, Press(number_of(2), hears="Nomor tiket"), asked
    assert way(call(status, *script, tickets=KNOWN))[0] == "s:failed"
    assert way(call(status, tickets=KNOWN))[0] == "s:failed"


def test_where_tickets_cannot_be_read_the_caller_is_told_and_led_on(status: Site) -> None:
    script = Press(number_of(9), hears="Nomor tiket"), Press("1", hears="benar?")
    trial = call(status, *script, tickets=SimTickets(works=False))
    assert said(trial)[2:] == ["Belum bisa.", "Petugas."]
    assert len(data(trial, "tickets_failed")) == 1


def test_an_officers_answer_is_played_from_its_own_audio(tmp_path: Path) -> None:
    segment = Segment("Lampu sudah diperbaiki.", tmp_path / "a.wav", 2.5)
    prompt = PromptBook({}, tmp_path).render("{jawaban_tiket}", {"jawaban_tiket": Voiced(segment)})
    assert prompt == [segment]


def test_the_example_of_the_docs_is_right(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "tickets.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    loaded = load(tmp_path, text, hotline=HOTLINE.replace("utama", "pengaduan"))
    assert loaded.problems == []
    assert loaded.site
    trial = call(loaded.site, Press("1", hears="Untuk menyampaikan"), Press("#", hears="Sebutkan", after=12))
    assert data(trial, "ticket_opened") == [{"number": FIRST, "what": "complaint"}]
    assert way(trial) == ["menu:key:1", "lapor:next", "pamit:end"]


# --- what is written wrongly ------------------------------------------------------------------------
@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("step", "at", "told"),
    [
        ("ticket, kind: complain, say: '{tiket}', next: z, failed: z", "complain", "did you mean 'complaint'?"),
        ("ticket, kind: complaint, say: Terima kasih., next: z, failed: z", "Terima", "write {tiket:digit} in"),
        (
            "ticket, kind: complaint, into: nomor, say: '{tiket}', next: z, failed: z",
            "'{tiket}'",
            "write {nomor:digit} in",
        ),
        (
            "ticket, kind: complaint, say: '{tiket}', details: [linee], next: z, failed: z",
            "linee",
            "did you mean 'line'?",
        ),
        ("ticket, kind: complaint, say: '{tiket}', details: [line + 1], next: z, failed: z", "line + 1", "'line + 1'"),
        ("ticket, kind: complaint, say: '{tiket}', failed: z", "a:", "'next'"),
        ("ticket_status, into: nomor, next: z, failed: z", "a:", "write {nomor:digit} in 'confirm'"),
        ("ticket_status, confirm: Benar?, next: z, failed: z", "Benar", "write {tiket:digit} in 'confirm'"),
    ],
)
def test_mistakes_are_told_with_their_place_and_cure(tmp_path: Path, step: str, at: str, told: str) -> None:
    line = f"a: {{type: {step}}}"
    loaded = load(tmp_path, steps(line))
    (problem,) = [p for p in loaded.problems if p.severity == "error"]
    assert told in str(problem)
    assert (Path(problem.file).name, problem.line, problem.column) == ("utama.yaml", 4, line.index(at) + 3)
