"""callback: who is taken down, for when, in which place; and who is not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flow_kit import (
    HOTLINE,
    TUESDAY,
    call,
    data,
    english,  # noqa: F401 - a fixture
    load,
    said,
    site,
    steps,
    way,
)

from ivr.flow.model import Site
from ivr.settings import PROJECT
from ivr.sim.agents import Agent
from ivr.sim.call import CALLER
from ivr.sim.callbacks import SimCallbacks
from ivr.sim.caller import Action, HangUp, Press, Say, SpeechServer

OWN, OTHER, CONFIRM = "Kami akan menelepon Anda di nomor", "Ketik atau sebutkan nomor", "benar? Tekan satu"
WHEN, LAST = "Kapan sebaiknya", "Untuk sore hari"
NOTED, NOT_NOW = "Baik, sudah kami catat.", "Mohon maaf, saat ini kami belum dapat menjanjikan telepon balik."
YES, NO = Press("1", hears=OWN, after=2), Press("2", hears=OWN, after=2)
HOURS = """\
lines:
  1500123:
    title: Tes
    flow: utama
    after_hours: utama
    hours: {week: {senin-kamis: 08:00-16:00, jumat: "08:00-11:30, 13:00-16:00"}}
queues:
  umum: {title: Umum, ring_seconds: 20s, max_wait: 2m, max_callbacks: 2}
"""
STEPS = """
    q: {type: queue, queue: umum, keys: {1: a}, hint: "Untuk ditelepon, tekan satu.", answered: z, timeout: a}
    a:
      type: callback
      queue: umum
      details: [perlu, nik]
      next: z
      declined: d
      full: f
      failed: p
    o: {type: callback, queue: umum, offer: "Mau?", next: z, declined: d, failed: p}
    d: {type: hangup, say: Tidak mau.}
    f: {type: hangup, say: Penuh.}
    p: {type: hangup, say: Petugas.}
    s: {type: set, values: {perlu: KTP}, next: n}
    n: {type: input, say: NIK Anda., into: nik, min: 3, max: 3, secret: ya, next: a, failed: a}
"""


def hotline(folder: Path, start: str = "a") -> Site:
    policy = "policy: {silence: Diam., wrong_number: Keliru., wrong_key: Salah., not_understood: Bagaimana?}\n"
    return site(folder, steps(STEPS, start=start, constants=policy), hotline=HOURS)


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    return hotline(tmp_path)


def at(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, "%Y-%m-%d %H:%M")


# --- whom -------------------------------------------------------------------------------------------
def test_the_callers_own_number_as_soon_as_possible(plain: Site) -> None:
    desk = SimCallbacks({"umum": 1})
    trial = call(plain, YES, Press("1", hears=LAST), callbacks=desk)
    (opened,) = desk.opened
    assert (opened.queue, opened.line, opened.call) == ("umum", "1500123", "sim")
    assert (opened.number, opened.caller, opened.window) == (CALLER, CALLER, "sekarang")
    assert (opened.begins, opened.ends, opened.details) == (None, None, {})
    expected = {"id": 1, "queue": "umum", "number": CALLER, "position": 2, "window": "sekarang"}
    assert data(trial, "callback_opened") == [{**expected, "begins": None, "ends": None}]
    assert {"name": "urutan_telepon", "value": "2"} in data(trial, "variable_set")
    assert said(trial)[0].startswith(f"{OWN} nol delapan satu dua , tiga empat lima enam")
    assert said(trial)[-2].startswith(NOTED)
    assert way(trial) == ["a:next", "z:end"]


@pytest.mark.parametrize(
    "script",
    [
        [NO, Press("0315312144#", hears=OTHER)],
        [NO, Press("62315312144#", hears=OTHER)],
        [Say("salah", hears=OWN), Say("nol tiga satu lima tiga satu dua satu empat empat", hears=OTHER)],
        [SpeechServer(at=0), NO, Press("0315312144#", hears=OTHER)],
    ],
    ids=["typed", "with the country's code", "spoken", "without speech"],
)
def test_another_number(plain: Site, script: list[Action]) -> None:
    desk = SimCallbacks()
    trial = call(plain, *script, Press("1", hears=CONFIRM), Press("1", hears=LAST), callbacks=desk)
    assert [(o.number, o.caller) for o in desk.opened] == [("+62315312144", CALLER)]
    assert {"name": "nomor_telepon", "value": "0315312144"} in data(trial, "variable_set")


@pytest.mark.parametrize("caller", ["", "101", "110", "+6591234567", "+628091234567"])
def test_a_number_that_cannot_be_called_is_asked_for(plain: Site, caller: str) -> None:
    desk = SimCallbacks()
    script = Press("081234567891#", hears=OTHER), Press("1", hears=CONFIRM), Press("1", hears=LAST)
    trial = call(plain, *script, caller_number=caller, callbacks=desk)
    assert said(trial)[0].startswith(OTHER)
    assert [(o.number, o.caller) for o in desk.opened] == [("+6281234567891", caller)]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("006591234567", "invalid"), ("08091234567", "invalid"), ("08001234567", "invalid"), ("08681234567", "invalid"),
        ("531214444", "invalid"), ("5312144", "too_short"),
    ],
)  # fmt: skip
def test_numbers_abroad_of_services_and_incomplete_ones_are_refused(plain: Site, typed: str, why: str) -> None:
    script = NO, *[Press(f"{typed}#", hears=OTHER)] * 3
    trial = call(plain, *script)
    assert [d["why"] for d in data(trial, "input_rejected")] == [why] * 3
    assert said(trial).count("Keliru.") == 2
    assert way(trial)[0] == "a:failed"


def test_a_number_that_was_read_back_wrongly_is_asked_for_again(plain: Site) -> None:
    desk = SimCallbacks()
    first, second = Press("0315312144#", hears=OTHER), Press("0315312145#", hears=OTHER)
    call(plain, NO, first, Press("2", hears=CONFIRM), second, Press("1", hears=CONFIRM), callbacks=desk)
    assert [o.number for o in desk.opened] == ["+62315312145"]


@pytest.mark.parametrize(
    ("script", "exit_"),
    [
        ([Press("1", hears="Mau?")], "next"),
        ([Say("ya", hears="Mau?")], "next"),
        ([Press("2", hears="Mau?")], "declined"),
        ([], "declined"),
    ],
    ids=["a key", "a word", "no", "silence"],
)
def test_who_is_asked_first_may_decline(tmp_path: Path, script: list[Action], exit_: str) -> None:
    assert way(call(hotline(tmp_path, "o"), *script))[0] == f"o:{exit_}"


def test_details_are_kept_also_secret_ones_which_the_record_does_not_show(tmp_path: Path) -> None:
    desk = SimCallbacks()
    trial = call(hotline(tmp_path, "s"), Press("357", hears="NIK"), YES, Press("1", hears=LAST), callbacks=desk)
    assert desk.opened[0].details == {"perlu": "KTP", "nik": "357"}
    assert "357" not in str([event.data() for event in trial.events])


# --- when -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("now", "answer", "window", "begins", "ends"),
    [
        ("2026-11-24 09:10", Press("2", hears=LAST), "pagi", "2026-11-24 09:30", "2026-11-24 11:00"),
        ("2026-11-24 09:10", Say("siang", hears=LAST), "siang", "2026-11-24 11:00", "2026-11-24 15:00"),
        ("2026-11-24 09:10", Say("sore hari", hears=LAST), "sore", "2026-11-24 15:00", "2026-11-24 16:00"),
        ("2026-11-24 09:10", Say("secepatnya", hears=LAST), "sekarang", None, None),
        ("2026-11-24 09:10", Press("3", hears="Untuk pagi hari"), "siang", "2026-11-24 11:00", "2026-11-24 15:00"),
        ("2026-11-27 10:45", Press("3", hears=LAST), "siang", "2026-11-27 13:00", "2026-11-27 15:00"),
        ("2026-11-27 18:00", Press("2", hears=LAST), "pagi", "2026-11-30 08:00", "2026-11-30 11:00"),
    ],
    ids=["a key", "a word", "two words", "soon", "a key at once", "where the day has a pause", "after closing"],
)
def test_the_time_that_the_caller_wants(
    plain: Site, now: str, answer: Action, window: str, begins: str | None, ends: str | None
) -> None:
    desk = SimCallbacks()
    trial = call(plain, YES, answer, at=at(now), callbacks=desk)
    wanted = tuple(time and at(time).timestamp() + _jakarta() for time in (begins, ends))
    (opened,) = desk.opened
    assert (opened.window, opened.begins, opened.ends) == (window, *wanted)
    if begins and ends:
        values = {d["name"]: d["value"] for d in data(trial, "variable_set")}
        assert values["tanggal_telepon"] == begins[:10]
        assert (values["mulai_telepon"], values["sampai_telepon"]) == (begins[11:], ends[11:])
        assert "antara pukul" in said(trial)[-2]


def _jakarta() -> float:
    """Seconds from this machine's time to Jakarta's."""
    local = dt.datetime(2026, 11, 24).astimezone().utcoffset()
    assert local is not None
    return (local - dt.timedelta(hours=7)).total_seconds()


@pytest.mark.parametrize(
    ("now", "offered"),
    [
        ("2026-11-24 09:10", ["secepatnya", "pagi", "siang", "sore"]),
        ("2026-11-24 10:45", ["secepatnya", "siang", "sore"]),
        ("2026-11-24 15:20", ["secepatnya", "sore"]),
        ("2026-11-24 15:50", []),
        ("2026-11-24 17:00", ["pagi", "siang", "sore"]),
        ("2026-11-27 17:00", ["pagi", "siang", "sore"]),
    ],
)
def test_only_times_at_which_the_line_is_open_are_offered(plain: Site, now: str, offered: list[str]) -> None:
    told = said(call(plain, YES, at=at(now)))
    assert [text.split(",")[0].split()[1] for text in told if text.startswith("Untuk ")] == offered
    later = [text for text in told if text.startswith("Kami buka kembali")]
    assert bool(later) == (now[11:] == "17:00")
    if now == "2026-11-27 17:00":
        assert "tanggal tiga puluh November" in later[0]


@pytest.mark.parametrize(
    ("script", "window"),
    [
        ([], "sekarang"),
        ([Press("9", hears=LAST)] * 3, "sekarang"),
        ([Press("9", hears=LAST), Press("4", hears=LAST)], "sore"),
        ([Say("apa", hears=LAST, confidence=0.1), Say("sore", hears=LAST)], "sore"),
        ([Say("siang", hears=LAST, confidence=0.5), Press("1", hears="siang, benar?")], "siang"),
        ([Say("siang", hears=LAST, confidence=0.5), Press("2", hears="siang, benar?"), Press("4", hears=LAST)], "sore"),
        ([SpeechServer(at=0), Press("2", hears=LAST)], "pagi"),
        ([SpeechServer(at=0)], "sekarang"),
    ],
    ids=[
        "silence", "wrong keys", "a wrong key", "not understood", "half sure", "half sure and wrong", "without speech",
        "silence without speech",
    ],
)  # fmt: skip
def test_who_does_not_say_when_is_called_as_soon_as_possible(plain: Site, script: list[Action], window: str) -> None:
    desk = SimCallbacks()
    trial = call(plain, YES, *script, at=at("2026-11-24 08:10"), callbacks=desk)
    assert [o.window for o in desk.opened] == [window]
    assert said(trial).count("Salah.") == min(2, sum(action == Press("9", hears=LAST) for action in script))
    assert way(trial)[0] == "a:next"


@pytest.mark.parametrize(
    ("now", "times"),
    [("2026-11-24 10:45", ""), ("2026-11-24 08:10", "times: {sekarang: Satu., sore: Untuk sore hari.}")],
    ids=["it is over today", "the flow offers others"],
)
def test_a_time_that_is_not_offered_is_not_understood(tmp_path: Path, now: str, times: str) -> None:
    flow = STEPS.replace("queue: umum\n", f"queue: umum\n      {times}\n", 1)
    policy = "policy: {not_understood: Bagaimana?}\n"
    desk = SimCallbacks()
    script = Say("pagi", hears=LAST, confidence=0.5), Say("sore", hears=LAST)
    trial = call(site(tmp_path, steps(flow, constants=policy), hotline=HOURS), YES, *script, at=at(now), callbacks=desk)
    assert [o.window for o in desk.opened] == ["sore"]
    assert said(trial).count("Bagaimana?") == 1
    assert not any("pagi, benar?" in text for text in said(trial))


def test_a_line_that_is_not_open_within_two_weeks_offers_none(tmp_path: Path) -> None:
    closed = ", ".join(f"2026-{month}-{day:02}: Libur" for month, day in days())
    shut = HOURS.replace('16:00"}}', f'16:00"}}, closed: {{{closed}}}}}')
    trial = call(site(tmp_path, steps(STEPS), hotline=shut))
    assert (said(trial)[0], way(trial)[0]) == (
        "Mohon maaf, saat ini kami belum dapat menjanjikan telepon balik.",
        "a:full",
    )


def days() -> list[tuple[int, int]]:
    """Two weeks from TUESDAY."""
    found = [TUESDAY.date() + dt.timedelta(days=i) for i in range(14)]
    return [(day.month, day.day) for day in found]


# --- the place in line ------------------------------------------------------------------------------
def test_the_place_is_that_of_when_they_first_waited(tmp_path: Path) -> None:
    desk = SimCallbacks()
    busy = Agent("101", ("lain",)), Agent("102", ("umum",), answers_after=None)
    script = Press("1", at=30), YES, Press("4", hears=LAST)
    trial = call(hotline(tmp_path, "q"), *script, agents=busy, callbacks=desk)
    (opened,), joined = desk.opened, next(e.at for e in trial.events if e.kind == "queue_joined")
    assert way(trial)[:2] == ["q:key:1", "a:next"]
    assert opened.since == joined
    assert opened.at > joined + 30


def test_who_waited_too_long_keeps_the_place(tmp_path: Path) -> None:
    desk = SimCallbacks()
    trial = call(hotline(tmp_path, "q"), YES, agents=(Agent("102", ("umum",), answers_after=None),), callbacks=desk)
    assert way(trial)[:2] == ["q:timeout", "a:next"]
    assert desk.opened[0].at - desk.opened[0].since > 120


def test_who_never_waited_is_in_line_from_now_on(plain: Site) -> None:
    desk = SimCallbacks()
    call(plain, YES, callbacks=desk)
    assert desk.opened[0].since == desk.opened[0].at


# --- one per number and queue -----------------------------------------------------------------------
def test_who_asks_for_a_second_is_told_of_the_first(plain: Site) -> None:
    desk = SimCallbacks(known=[(CALLER, "umum")])
    trial = call(plain, callbacks=desk)
    assert "sudah kami catat sebelumnya" in said(trial)[0]
    assert data(trial, "callback_found") == [{"id": 1, "queue": "umum", "position": 1}]
    assert (desk.opened, way(trial)[0]) == ([], "a:next")


@pytest.mark.parametrize("answer", [Press("1", hears="membatalkannya"), Say("ya", hears="membatalkannya")])
def test_and_may_cancel_it(plain: Site, answer: Action) -> None:
    desk = SimCallbacks(known=[(CALLER, "umum")])
    trial = call(plain, answer, callbacks=desk)
    assert data(trial, "callback_cancelled") == [{"id": 1, "queue": "umum"}]
    assert way(trial)[0] == "a:declined"
    assert way(call(plain, YES, callbacks=desk))[0] == "a:next"
    assert len(desk.opened) == 1


def test_nobody_cancels_that_of_another_telephone(plain: Site) -> None:
    desk = SimCallbacks(known=[("+62315312144", "umum")])
    trial = call(plain, NO, Press("0315312144#", hears=OTHER), Press("1", hears=CONFIRM), callbacks=desk)
    assert "sudah kami catat sebelumnya" in said(trial)[-2]
    assert (desk.opened, way(trial)[0]) == ([], "a:next")


# --- what cannot be ---------------------------------------------------------------------------------
def test_when_many_wait_none_is_offered(plain: Site) -> None:
    desk = SimCallbacks({"umum": 2})
    trial = call(plain, YES, callbacks=desk)
    assert said(trial) == [NOT_NOW, "Penuh."]
    assert (desk.opened, way(trial)[0]) == ([], "a:full")


class FilledMeanwhile(SimCallbacks):
    """The last place is taken while the caller says when."""

    async def count(self, queue: str) -> int:
        found = await super().count(queue)
        self._others = {queue: 2}
        return found


def test_who_comes_too_late_is_told(plain: Site) -> None:
    assert way(call(plain, YES, callbacks=FilledMeanwhile()))[0] == "a:full"


def test_where_callbacks_cannot_be_kept_the_caller_is_told_and_led_on(plain: Site) -> None:
    trial = call(plain, YES, callbacks=SimCallbacks(works=False))
    assert said(trial)[-1] == "Petugas."
    assert data(trial, "callbacks_failed") == [{"problem": "the store of callbacks is out of order"}]
    assert way(trial)[0] == "a:failed"


def test_who_hangs_up_before_the_end_has_none(plain: Site) -> None:
    desk = SimCallbacks()
    trial = call(plain, YES, HangUp(hears=WHEN), callbacks=desk)
    assert (desk.opened, trial.reason) == ([], "caller_hung_up")


def test_the_example_of_the_docs_is_right(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "callbacks.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    loaded = load(tmp_path, text, hotline=HOTLINE)
    assert loaded.problems == []
    assert loaded.site
    offer = Press("1", hears="menelepon Anda kembali")
    trial = call(loaded.site, Press("1", at=20), offer, YES, agents=(Agent("101", ("umum",), answers_after=None),))
    assert way(trial) == ["petugas:key:1", "telepon-balik:next", "pamit:end"]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("step", "at", "told"),
    [
        ("callback, queue: umun, next: z, failed: z", "umun", "did you mean 'umum'?"),
        ("callback, queue: umum, confirm: Benar?, next: z, failed: z", "Benar", "write {nomor_telepon:digit} in"),
        ("callback, queue: umum, times: {malam: Malam.}, next: z, failed: z", "malam", "'malam'"),
        ("callback, queue: umum, times: {}, next: z, failed: z", "{}", "this list is empty"),
        ("callback, queue: umum, next: z", "a:", "'failed'"),
    ],
)
def test_mistakes_are_told_with_their_place_and_cure(tmp_path: Path, step: str, at: str, told: str) -> None:
    line = f"a: {{type: {step}}}"
    loaded = load(tmp_path, steps(line))
    (problem,) = [p for p in loaded.problems if p.severity == "error"]
    assert told in str(problem)
    assert (Path(problem.file).name, problem.line, problem.column) == ("utama.yaml", 4, line.index(at) + 3)
