"""collect: values typed and spoken, told what is wrong with them, read back, corrected one by one."""

from pathlib import Path
from typing import Any

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

from ivr.channel import Prompt
from ivr.flow.kinds import KINDS, Kind
from ivr.flow.model import Site
from ivr.sim.call import Trial
from ivr.sim.caller import Action, HangUp, Press, Say, SpeechServer
from ivr.speech.values.tickets import number_of
from ivr.voice.book import PromptBook
from ivr.voice.languages import ENGLISH

NIK = "3201015708450001"
RIGHT = Press("1", hears="Jika benar")
WRONG = Press("2", hears="Jika benar")
POLICY = "policy: {silence: Diam., wrong_number: Salah., not_understood: Bagaimana?, tries: 2}\n"


def asking(folder: Path, slots: str, more: str = "") -> Site:
    flow = f"a: {{type: collect, slots: {{{slots}}}, next: b, failed: z{more}}}\nb: {{type: play, say: Baik., next: z}}"
    return site(folder, steps(flow, constants=POLICY))


def taken(trial: Trial) -> dict[str, object]:
    return {str(d["name"]): d["value"] for d in data(trial, "variable_set")}


def rejected(trial: Trial) -> list[object]:
    return [d["why"] for d in data(trial, "input_rejected")]


# --- one value --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("slot", "answer", "value", "read_back"),
    [
        ("kind: nik", Press(NIK, hears="NIK"), NIK, "NIK: tiga dua nol satu , nol satu lima tujuh"),
        ("kind: tiket", Press(number_of(7), hears="tiket"), number_of(7), "Nomor tiket: nol nol nol nol ,"),
        ("kind: tiket", Say("nol nol nol nol nol nol tujuh nol", hears="tiket"), "", ""),
        ("kind: telepon", Press("081234567890#", hears="telepon"), "+6281234567890", "nol delapan satu dua , tiga"),
        ("kind: telepon", Press("6281234567890#", hears="telepon"), "+6281234567890", "nol delapan satu dua , tiga"),
        ("kind: digit, label: nomor meter", Press("0800#", hears="nomor meter"), "0800", "Nomor meter: nol delapan"),
        ("kind: tanggal", Press("05052026", hears="tanggal"), "2026-05-05", "tanggal lima Mei dua ribu"),
        ("kind: tanggal, label: tanggal lahir", Press("17081990", hears="lahir"), "1990-08-17", "Tanggal lahir: tang"),
        ("kind: tanggal", Say("lima Mei dua ribu dua puluh enam", hears="tanggal"), "2026-05-05", "tanggal lima Mei"),
        ("kind: tanggal", Say("eh besok ya", hears="tanggal"), "2026-11-25", "tanggal dua puluh lima November"),
        ("kind: jam", Press("0830", hears="jam"), "08:30", "pukul delapan lewat tiga puluh menit"),
        ("kind: jam", Say("jam setengah dua siang", hears="jam"), "13:30", "pukul tiga belas lewat tiga puluh menit"),
        ("kind: jam, valid: x >= '08:00' and x < '16:00'", Say("jam sepuluh", hears="jam"), "10:00", "pukul sepuluh"),
        ("kind: rupiah", Press("250000#", hears="jumlah"), "250000", "Jumlah uang: dua ratus lima puluh ribu rupiah"),
        ("kind: rupiah", Say("satu setengah juta", hears="jumlah"), "1500000", "satu juta lima ratus ribu"),
        ("kind: rupiah", Say("dua juta lima ratus", hears="jumlah"), "", ""),
        ("kind: rupiah", Say("satu koma lima juta rupiah", hears="jumlah"), "1500000", "satu juta lima ratus ribu"),
        ("kind: angka, label: umur", Say("dua puluh lima", hears="umur"), "25", "Umur: dua puluh lima"),
        ("kind: angka", Say("dua setengah", hears="angka"), "2.5", "Angka: dua koma lima"),
        ("kind: angka", Press("007#", hears="angka"), "7", "Angka: tujuh"),
    ],
)
def test_a_value(tmp_path: Path, slot: str, answer: Action, value: str, read_back: str) -> None:
    trial = call(asking(tmp_path, f"x: {{{slot}}}"), answer, RIGHT)
    if value:
        assert taken(trial) == {"x": value}
        assert any(read_back in text for text in said(trial)), said(trial)
    else:  # not heard, or not one that can be
        assert taken(trial) == {}
        assert rejected(trial)[0] in ("not_understood", "invalid")


@pytest.mark.parametrize(
    ("slot", "answer", "why", "told"),
    [
        ("kind: nik", Press("320101#", hears="NIK"), "too_short", "Maaf, NIK terdiri dari enam belas angka."),
        ("kind: nik", Press("9901015708450001", hears="NIK"), "invalid", "Maaf, kode wilayah di awal NIK itu "
         "tidak ada."),
        ("kind: nik", Press("3201013002450001", hears="NIK"), "invalid", "Maaf, tanggal lahir di dalam NIK itu "
         "tidak ada."),
        ("kind: tiket", Press("00000071", hears="tiket"), "invalid", KINDS["tiket"].reasons[0]),
        ("kind: telepon", Press("123456789#", hears="telepon"), "invalid", KINDS["telepon"].reasons[0]),
        ("kind: tanggal", Press("31092026", hears="tanggal"), "invalid", "Maaf, tanggal itu tidak ada di kalender."),
        ("kind: tanggal", Press("5526#", hears="tanggal"), "too_short", "Maaf, tanggal diketik dengan delapan angka."),
        ("kind: jam", Press("2560", hears="jam"), "invalid", "Maaf, jam itu tidak ada."),
        ("kind: jam", Say("jam sepuluh", hears="jam"), "invalid", "Maaf, jamnya belum jelas. Sebutkan juga pagi, "
         "siang, sore, atau malam."),
        ("kind: tanggal", Say("tiga puluh satu September", hears="tanggal"), "invalid", "Maaf, tanggal itu belum jelas "
         "atau tidak ada. Sebutkan tanggal, bulan, dan tahunnya."),
        ("kind: tanggal", Say("entah kapan", hears="tanggal"), "not_understood", "Bagaimana?"),
        ("kind: digit, min: 3, max: 5", Press("12#", hears="nomor"), "too_short", "Salah."),
        ("kind: digit, pattern: 9.*", Press("12#", hears="nomor"), "invalid", "Salah."),
        ("kind: angka, valid: x < 10, invalid: Paling banyak sembilan.", Press("12#", hears="angka"), "invalid",
         "Paling banyak sembilan."),
        ("kind: rupiah", HangUp(at=60), "silence", "Diam."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path: Path, slot: str, answer: Action, why: str, told: str) -> None:
    trial = call(asking(tmp_path, f"x: {{{slot}}}"), answer)
    assert rejected(trial)[0] == why
    assert said(trial)[1] == told
    assert said(trial)[2] == said(trial)[0]


def test_too_many_tries_lead_away_and_leave_nothing(tmp_path: Path) -> None:
    flow = site(
        tmp_path,
        steps(
            "a: {type: collect, slots: {x: {kind: jam}}, next: z, failed: b}\n"
            "b: {type: branch, cases: [{when: x == '', next: c}], otherwise: z}\n"
            "c: {type: play, say: Kosong., next: z}",
            constants=POLICY,
        ),
    )
    assert way(call(flow, Press("9999", hears="jam"), Press("9999", hears="jam")))[:3] == [
        "a:failed",
        "b:case:1",
        "c:next",
    ]


def test_no_more_read_backs_than_tries(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, "x: {kind: jam}"), *[Press("0830", hears="jam"), WRONG] * 3)
    assert way(trial)[0] == "a:failed"
    assert rejected(trial) == ["refused", "refused"]


def test_silence_after_the_read_back_is_consent(tmp_path: Path) -> None:
    assert taken(call(asking(tmp_path, "x: {kind: jam}"), Press("0830", hears="jam"))) == {"x": "08:30"}


@pytest.mark.parametrize("answer", [[Press("#", hears="Jika tidak ada")], []], ids=["hash", "silence"])
def test_a_value_may_be_left_out(tmp_path: Path, answer: list[Press]) -> None:
    trial = call(asking(tmp_path, "x: {kind: telepon, optional: ya}"), *answer)
    assert taken(trial) == {"x": ""}
    assert rejected(trial) == []
    assert len(said(trial)) == 3  # the question, and what follows: nothing is read back


def test_one_that_is_wrong_again_and_again_is_left_out_where_it_may_be(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, "x: {kind: jam, optional: ya}"), *[Press("9999", hears="jam")] * 2)
    assert (way(trial)[0], taken(trial)) == ("a:next", {"x": ""})


def test_a_secret_is_in_no_record(tmp_path: Path) -> None:
    trial = call(
        asking(tmp_path, "nik: {kind: nik, secret: ya}, jam: {kind: jam}"),
        Press(NIK, hears="NIK"),
        Press("0830", hears="jam"),
        RIGHT,
    )
    assert taken(trial) == {"nik": "•", "jam": "08:30"}
    assert "5708" not in str(trial.events)
    assert "lima tujuh" not in str(trial.events)
    assert [d["key"] for d in data(trial, "key_pressed")] == ["•"] * 16 + list("0830") + ["•"]


def test_a_secret_is_one_before_all_values_are_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    slots = "nik: {kind: nik, secret: ya}, jam: {kind: jam, say: 'Jam untuk {nik:digit}?', valid: angka(nik + 'x') > 1}"
    flow = steps(
        f"a: {{type: collect, slots: {{{slots}}}, next: z, failed: b}}\n"
        "b: {type: set, values: {sisa: '= panjang(nik)'}, next: z}",
        constants=POLICY,
    )
    trial = call(site(tmp_path, flow), Press(NIK, hears="NIK"), Press("0830", hears="Jam untuk"))
    (problem,) = data(trial, "flow_problem")
    assert "secret" in str(problem["problem"])
    for told in (str(trial.events), caplog.text):
        assert not any(secret in told for secret in (NIK, "lima tujuh"))
    assert way(trial)[:2] == ["a:failed", "b:next"]


def test_typed_only(tmp_path: Path) -> None:
    flow = asking(tmp_path, "x: {kind: tanggal, speak: tidak}")
    assert not flow.sayings()
    trial = call(flow, Press("05052026", hears="Ketik tanggal"), RIGHT)
    assert taken(trial) == {"x": "2026-05-05"}


# --- several values ---------------------------------------------------------------------------------
TWO = "hari: {kind: tanggal, label: tanggal datang}, pukul: {kind: jam, label: jam datang}"
TYPED = (Press("05052026", hears="tanggal datang"), Press("0830", hears="jam datang"))


def test_all_are_read_back_at_once(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, TWO), *TYPED, RIGHT)
    assert taken(trial) == {"hari": "2026-05-05", "pukul": "08:30"}
    assert said(trial)[2:5] == [
        "Tanggal datang: tanggal lima Mei dua ribu dua puluh enam",
        "Jam datang: pukul delapan lewat tiga puluh menit",
        "Jika benar, tekan satu. Jika ada yang salah, tekan dua.",
    ]


@pytest.mark.parametrize(
    "which", [Press("2", hears="Mana yang salah?"), Say("jam datang", hears="Mana yang salah?")], ids=["key", "voice"]
)
def test_only_the_wrong_one_is_taken_again(tmp_path: Path, which: Action) -> None:
    trial = call(asking(tmp_path, TWO), *TYPED, WRONG, which, Press("0930", hears="jam datang"), RIGHT)
    assert taken(trial) == {"hari": "2026-05-05", "pukul": "09:30"}
    assert said(trial)[5] == "Mana yang salah? Untuk tanggal datang, tekan satu. Untuk jam datang, tekan dua."
    assert said(trial)[7:9] == [  # the other one was heard already
        "Jam datang: pukul sembilan lewat tiga puluh menit",
        "Jika benar, tekan satu. Jika ada yang salah, tekan dua.",
    ]


def test_a_variable_may_be_called_as_the_read_back_calls_it(tmp_path: Path) -> None:
    flow = asking(tmp_path, "isian: {kind: tanggal, label: tanggal datang}, pukul: {kind: jam, label: jam datang}")
    assert taken(call(flow, *TYPED, RIGHT)) == {"isian": "2026-05-05", "pukul": "08:30"}


def test_a_fault_in_the_read_back_leaves_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    render = PromptBook.render

    def fail(book: PromptBook, text: str, *more: Any, **named: Any) -> Prompt:
        if "{isian" in text:
            raise OSError("no audio")
        return render(book, text, *more, **named)

    monkeypatch.setattr(PromptBook, "render", fail)
    flow = steps(
        "a: {type: set, values: {isian: lama}, next: b}\n"
        "b: {type: collect, slots: {nik: {kind: nik, secret: ya}}, next: z, failed: c}\n"
        "c: {type: set, values: {sesudah: = isian}, next: z}"
    )
    trial = call(site(tmp_path, flow), Press(NIK, hears="NIK"))
    assert way(trial)[1] == "b:failed"
    assert taken(trial)["sesudah"] == "lama"


def test_a_key_over_the_read_back_answers_it(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, TWO), *TYPED, Press("1", hears="Tanggal datang: "))
    assert taken(trial) == {"hari": "2026-05-05", "pukul": "08:30"}
    assert [d["seconds"] for d in data(trial, "prompt_played")[3:5]] == [0, 0]


def test_who_does_not_say_what_is_wrong_goes_to_a_person(tmp_path: Path) -> None:
    trial = call(asking(tmp_path, TWO), *TYPED, WRONG)
    assert way(trial)[0] == "a:failed"
    assert taken(trial) == {}


# --- in one sentence --------------------------------------------------------------------------------
SAY = ", say: 'Sebutkan tanggal dan jamnya.'"


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ([Say("lima Mei dua ribu dua puluh enam jam setengah sembilan pagi", hears="Sebutkan tanggal dan")], []),
        ([Say("jam setengah sembilan pagi lima Mei dua ribu dua puluh enam", hears="Sebutkan tanggal dan")], []),
        ([Say("jam setengah sembilan pagi", hears="Sebutkan tanggal dan"), TYPED[0]], ["tanggal"]),
        ([Say("lima Mei dua ribu dua puluh enam jam setengah sembilan", hears="dan jamnya"), TYPED[1]], ["jam"]),
        ([Say("entah", hears="Sebutkan tanggal dan"), *TYPED], ["tanggal", "jam"]),
        ([Press("05052026", hears="Sebutkan tanggal dan"), TYPED[1]], ["tanggal", "jam"]),
    ],
    ids=["both", "other order", "one", "one unclear", "nothing", "keys"],
)  # fmt: skip
def test_several_in_one_sentence(tmp_path: Path, script: list[Action], asked: list[str]) -> None:
    trial = call(asking(tmp_path, TWO, SAY), *script, RIGHT)
    assert taken(trial) == {"hari": "2026-05-05", "pukul": "08:30"}
    questions = [
        text.split()[1]
        for text in said(trial)
        if text.startswith(("Sebutkan jam d", "Sebutkan tanggal d")) and "jamnya" not in text
    ]
    assert questions == asked


def test_two_dates_in_one_sentence(tmp_path: Path) -> None:
    slots = "mulai: {kind: tanggal, label: hari pertama}, selesai: {kind: tanggal, label: hari terakhir}"
    flow = asking(tmp_path, slots, ", say: Dari kapan sampai kapan?")
    trial = call(flow, Say("lima Mei dua ribu dua puluh enam tujuh Mei dua ribu dua puluh enam", hears="kapan"), RIGHT)
    assert taken(trial) == {"mulai": "2026-05-05", "selesai": "2026-05-07"}


# --- what is written wrongly ------------------------------------------------------------------------
@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ("x: {kind: tangal}", "'tangal' is no choice here: nik, tiket, telepon, digit, tanggal, jam, rupiah, angka"),
        ("x: {kind: digit, min: 5, max: 3}", "max is less than min (5)"),
        ("x: {kind: digit, min: 21}", "max is less than min (21)"),
        ("x: {kind: nik, max: 3}", "'max' is for kind: digit alone; use 'valid', or remove it"),
        ("x: {kind: jam}, y: {kind: jam}", "'x' and 'y' are both called 'jam'; give them different labels"),
        ("x: {kind: jam, label: '(datang|pergi)'}", "a label is plain words, no brackets"),
        ("x: {kind: digit, pattern: (1*)*}", "repeated brackets, such as (12)+"),
        ("x: {kind: jam}, x: {kind: nik}", "'x' is already there"),
        ("x: {kind: jam, valid: y > 1}", "the variable 'y' is never set"),
        ("x: {}", "'kind' is missing"),
        ("", "this list is empty"),
        (
            ", ".join(f"x{i}: {{kind: jam, label: {'abcdefghij'[i]}}}" for i in range(10)),
            "10 slots, 9 at most; make two",
        ),
    ],
)
def test_mistakes(tmp_path: Path, slots: str, message: str) -> None:
    loaded = load(tmp_path, steps(f"a: {{type: collect, slots: {{{slots}}}, next: z, failed: z}}"))
    assert [p.message[: len(message)] for p in loaded.problems if p.severity == "error"] == [message]


def test_all_that_is_said_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kinds say of wrong values, too, and what is put together."""
    rendered: list[str] = []
    render = PromptBook.render

    def note(book: PromptBook, text: str, *more: Any, **named: Any) -> Prompt:
        rendered.append(text)
        return render(book, text, *more, **named)

    monkeypatch.setattr(PromptBook, "render", note)
    flow = asking(tmp_path, f"{TWO}, x: {{kind: digit, optional: ya, valid: x > 1, invalid: Kecil.}}", SAY)
    call(
        flow,
        SpeechServer(up=False, at=0.1),
        Press("99999999", hears="Sebutkan tanggal datang"),
        Press("05052026", hears="Sebutkan tanggal datang"),
        Press("0830", hears="jam datang"),
        Press("1#", hears="nomor"),
        Press("2#", hears="nomor"),
        WRONG,
        Press("9", hears="Mana yang salah"),
        Press("2", hears="Mana yang salah"),
    )
    built = {use.text for use in flow.prompts()}
    assert set(rendered) <= built
    assert len(rendered) > 15
    assert {*KINDS["jam"].texts(), *KINDS["tanggal"].texts()} <= built
    assert "Anda memilih jam datang, benar? Tekan satu jika benar, dua jika salah." in built


def test_in_english(tmp_path: Path) -> None:
    """All that kinds say, to one who has the keys alone."""
    flow = steps(
        "l: {type: language, keys: {2: en}, next: a}\n"
        "a: {type: collect, slots: {x: {kind: jam, optional: ya}}, next: z, failed: z}",
        start="l",
    )
    hotline = HOTLINE + "languages:\n  en: {title: English}\n"
    script = Press("2", hears="For English"), Press("9999", hears="key in"), Press("0830", hears="key in")
    assert said(call(site(tmp_path, flow, hotline=hotline), *script, Press("1", hears="press one")))[1:-1] == [
        "Please key in the time with four digits: two for the hour, two for the minutes. If there is none, press hash.",
        "Sorry, there is no such time.",
        "Please key in the time with four digits: two for the hour, two for the minutes. If there is none, press hash.",
        "Time: eight thirty AM",
        "If this is right, press one. If something is wrong, press two.",
    ]


@pytest.mark.usefixtures("english")
def test_check_warns_of_what_has_no_translation(tmp_path: Path) -> None:
    """Of texts that are put together of a label, too."""
    flow = steps(
        "l: {type: language, keys: {2: en}, next: a}\n"
        "a: {type: collect, slots: {x: {kind: angka, label: umur}, y: {kind: jam}}, next: z, failed: z}",
        start="l",
    )
    loaded = load(tmp_path, flow, hotline=HOTLINE + "languages:\n  en: {title: English}\n")
    lacking = [(p.line, p.message.partition("- id: ")[2]) for p in loaded.problems if "translation" in p.message]
    assert lacking == [
        (5, "Ketik atau sebutkan umur, lalu tekan …', '  en: …'"),
        (5, "Mana yang salah? Untuk umur, tekan …', '  en: …'"),
        (5, "Umur: {isian:angka}.', '  en: …'"),
        (6, "Selamat tinggal.', '  en: …'"),
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_all_that_kinds_say_to_who_types_is_there_in_english(kind: Kind) -> None:
    said = {
        kind.question(None, speaks=speaks, optional=optional) for speaks in (True, False) for optional in (True, False)
    }
    assert {*said, kind.read_back(None), *kind.reasons, *([kind.incomplete] if kind.incomplete else [])} <= set(ENGLISH)
