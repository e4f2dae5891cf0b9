"""input: digits, their end, their checks, reading back, secrecy."""

from pathlib import Path

import pytest
from flow_kit import call, data, said, site, steps, way

from ivr.channel import EndReason
from ivr.flow.model import Site
from ivr.sim.call import Trial
from ivr.sim.caller import HangUp, Press
from ivr.sim.tickets import SimTickets


def asking(folder: Path, more: str = "") -> Site:
    return site(
        folder,
        steps(
            f"""
            a: {{type: input, say: Ketik nomor., into: nomor, min: 3, max: 5, next: b, failed: z{more}}}
            b: {{type: play, say: 'Nomor {{nomor:digit}}.', next: z}}
            """,
            constants="policy: {silence: Diam., wrong_number: Salah., tries: 2}\n",
        ),
    )


def taken(trial: Trial) -> list[object]:
    return [d["value"] for d in data(trial, "variable_set")]


@pytest.mark.parametrize(
    ("keys", "value"),
    [("0800#", "0800"), ("12345", "12345"), ("123", "123"), ("99*0812#", "0812"), ("1234567", "12345")],
    ids=["end key", "max", "pause", "start over", "more than max"],
)
def test_digits(tmp_path: Path, keys: str, value: str) -> None:
    trial = call(asking(tmp_path), Press(keys, at=0.5))
    assert way(trial)[0] == "a:next"
    assert taken(trial) == [value]


def test_a_prompt_is_cut_by_the_first_digit_and_no_digit_is_lost(tmp_path: Path) -> None:
    trial = call(asking(tmp_path), Press("12345", at=0.1, gap=0.1))
    assert data(trial, "prompt_played")[0]["seconds"] == 0.1
    assert taken(trial) == ["12345"]


@pytest.mark.parametrize(
    ("more", "script", "rejected", "exit_"),
    [
        ("", [], ["silence", "silence"], "failed"),
        ("", [Press("12#", hears="Ketik"), Press("123#", hears="Ketik")], ["too_short"], "next"),
        (", pattern: 0.*", [Press("123#", hears="Ketik"), Press("012#", hears="Ketik")], ["invalid"], "next"),
        (", valid: nomor > 500", [Press("499#", hears="Ketik"), Press("501#", hears="Ketik")], ["invalid"], "next"),
        (", valid: nomor > 500", [Press("1#", hears="Ketik"), Press("2#", hears="Ketik")], ["too_short"] * 2, "failed"),
    ],
)
def test_what_is_no_answer(tmp_path: Path, more: str, script: list[Press], rejected: list[str], exit_: str) -> None:
    trial = call(asking(tmp_path, more), *script)
    assert [d["why"] for d in data(trial, "input_rejected")] == rejected
    assert ("Diam." if rejected[0] == "silence" else "Salah.") in said(trial)
    assert way(trial)[0] == f"a:{exit_}"


CONFIRM = ", confirm: 'Anda mengetik {nomor:digit}, benar?'"


@pytest.mark.parametrize(
    ("script", "values", "exit_"),
    [
        ([Press("123#", hears="Ketik"), Press("1", hears="benar")], ["123"], "next"),
        ([Press("123#", hears="Ketik")], ["123"], "next"),
        ([Press("12345#", hears="Ketik"), Press("1", hears="benar")], ["12345"], "next"),
        (
            [Press("123#", hears="Ketik"), Press("2", hears="benar"), Press("124#", hears="Ketik")],
            ["124"],
            "next",
        ),
        (
            [Press("123#", hears="Ketik"), Press("2", hears="benar")] * 2,
            [],
            "failed",
        ),
    ],
    ids=["right", "silence is consent", "late end key", "again", "twice refused"],
)
def test_reading_back(tmp_path: Path, script: list[Press], values: list[str], exit_: str) -> None:
    trial = call(asking(tmp_path, CONFIRM), *script)
    assert taken(trial) == values
    assert way(trial)[0] == f"a:{exit_}"


def test_an_end_key_after_a_full_number_is_part_of_it(tmp_path: Path) -> None:
    flow = steps(
        """
        a: {type: input, say: Ketik nomor., into: satu, max: 4, next: b, failed: z}
        b: {type: input, say: 'Sekarang nomor yang lain, yang dua angka.', into: dua, max: 2, next: c, failed: z}
        c: {type: play, say: Terima kasih banyak., next: z}
        """
    )
    trial = call(site(tmp_path, flow), Press("1234#", hears="Ketik", gap=0.3), Press("56#", hears="lain", gap=0.3))
    assert taken(trial) == ["1234", "56"]
    assert data(trial, "input_rejected") == []
    assert all(d["completed"] for d in data(trial, "prompt_played")[-2:])


def test_an_end_key_without_a_number_ends_nothing(tmp_path: Path) -> None:
    trial = call(asking(tmp_path), Press("#", at=0.1), Press("123#", at=2))
    assert taken(trial) == ["123"]
    assert data(trial, "prompt_played")[0]["completed"]


def test_a_hash_after_a_choice_or_a_number_cuts_nothing(tmp_path: Path) -> None:
    flow = steps(
        """
        a: {type: menu, say: Nomor tekan satu., keys: {1: b}, failed: z}
        b: {type: play, say: 'Baik, sekarang sebutkan nomor Anda.', next: c}
        c: {type: input, say: Ketik nomor., into: satu, max: 3, pattern: 9.*, next: z, failed: r, tries: 2}
        r: {type: record, say: Pesan., next: z, failed: z}
        """
    )
    keys = [Press("1#", hears="satu"), Press("123#", hears="Ketik"), Press("123#", hears="Ketik")]
    trial = call(site(tmp_path, flow), *keys, Press("#", hears="Pesan", after=8))
    assert [d["text"] for d in data(trial, "prompt_played") if not d["completed"]] == ["Nomor tekan satu."]
    assert [(d["ended_by"], d["seconds"] > 6) for d in data(trial, "message_recorded")] == [("key", True)]


def test_a_key_that_is_not_the_late_end_of_a_number_counts(tmp_path: Path) -> None:
    flow = steps("""
        a: {type: input, say: Ketik nomor., into: satu, max: 3, next: b, failed: z}
        b: {type: menu, say: Pilihan., keys: {1: b, '#': q}, failed: z}
        q: {type: queue, queue: umum, timeout: z, answered: z}
        """)
    late = call(site(tmp_path, flow), Press("123", at=0.1), Press("#", at=5))
    other_first = call(site(tmp_path, flow), Press("1231#", at=0.1))
    assert way(late)[1] == "b:key:#"
    assert way(other_first)[1:3] == ["b:key:1", "b:key:#"]


def test_a_secret_stays_out_of_the_record_and_the_flow_knows_it(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, ", secret: ya" + CONFIRM), Press("975#", hears="Ketik"), Press("1", hears="benar"))
    before = trial.events[: next(i for i, e in enumerate(trial.events) if e.kind == "step_left")]
    assert "975" not in str(before)
    assert "sembilan" not in str(before)
    assert taken(trial) == ["•"]
    assert said(trial)[-2] == "Nomor {nomor:digit}."  # spoken in full, recorded as written


def test_a_secret_ends_with_its_step(tmp_path: Path) -> None:
    flow = steps("""
        a: {type: input, say: Ketik PIN., into: pin, max: 4, secret: ya, next: m, failed: z}
        m: {type: menu, say: Petugas tekan nol., keys: {0: q}, failed: q}
        q: {type: queue, queue: umum, timeout: z, answered: z}
        """)
    trial = call(site(tmp_path, flow), Press("1234", hears="PIN"), Press("0", hears="Petugas"))
    assert [d["key"] for d in data(trial, "key_pressed")] == ["•"] * 4 + ["0"]


def test_hanging_up_in_the_middle_of_a_number(tmp_path: Path) -> None:
    trial = call(asking(tmp_path), Press("12", at=0.5), HangUp(at=2))
    assert trial.reason is EndReason.CALLER_HUNG_UP
    assert taken(trial) == []


def test_secret_digits_are_spoken_but_not_recorded(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: input, say: Ketik., into: pin, min: 4, max: 4, secret: ya, next: b, failed: z}\n"
        "b: {type: play, say: 'Anda mengetik {pin:digit}.', next: z}"
    )
    trial = call(site(tmp_path, flow), Press("3578", hears="Ketik"))
    assert "Anda mengetik {pin:digit}." in said(trial)
    assert not any("tiga" in str(event.data()) or "3578" in str(event.data()) for event in trial.events)


def test_what_is_worked_out_from_a_secret_is_secret_too(tmp_path: Path) -> None:
    flow = steps("""
        a: {type: input, say: Ketik., into: nik, min: 4, max: 4, secret: ya, next: b, failed: z}
        b: {type: set, values: {hari: "= bagian(nik, 1, 2)", lebih: = angka(hari) + 1, nikah: belum}, next: c}
        c: {type: play, say: 'Hari {hari:angka}.', next: d}
        d: {type: play, say: 'Status {nikah}.', next: e}
        e: {type: set, values: {hari: "= panjang(nikah)"}, next: f}
        f: {type: play, say: 'Kini {hari}.', next: z}
        """)
    trial = call(site(tmp_path, flow), Press("3578", hears="Ketik"))
    assert taken(trial) == ["•", "•", "•", "belum", "5"]
    assert said(trial)[1:4] == ["Hari {hari:angka}.", "Status belum", "Kini lima"]


def test_a_mistake_over_a_secret_does_not_tell_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    flow = steps("""
        a: {type: input, say: Ketik., into: nik, min: 4, max: 4, secret: ya, next: b, failed: z}
        b: {type: set, values: {salah: "= angka(nik + 'x')"}, next: z}
        """)
    trial = call(site(tmp_path, flow), Press("3578", hears="Ketik"))
    (problem,) = data(trial, "flow_problem")
    assert "secret" in str(problem["problem"])
    assert "3578" not in str(trial.events) + caplog.text


def test_a_fault_while_a_secret_is_taken_leaves_nothing_of_it(tmp_path: Path) -> None:
    flow = steps("""
        a: {type: input, say: Ketik., into: nik, min: 4, max: 4, secret: ya, valid: bahasa > 1, next: z, failed: b}
        b: {type: ticket, kind: complaint, details: [nik], say: 'Nomor {tiket:digit}.', next: z, failed: z}
        """)
    tickets = SimTickets()
    trial = call(site(tmp_path, flow), Press("3578", hears="Ketik"), tickets=tickets)
    assert way(trial)[:2] == ["a:failed", "b:next"]
    assert [ticket.details for ticket in tickets.opened] == [{"nik": ""}]
