"""Records completed from Asterisk's logs, wherever the engine died. The lines are Asterisk 22's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ivr import events as e
from ivr.settings import Settings
from ivr.store import asterisk_logs
from ivr.store.asterisk_logs import read_cel, read_queue_log
from ivr.store.witness import close_orphans
from ivr.store.writer import HistoryWriter
from tests.unit.store_kit import put_empty_history, read

CALL = "1795527735.3"
T = 1795527735.0
NOW = T + 600

QUEUE_LOG = f"""\
1795520000|NONE|NONE|NONE|QUEUESTART|
1795527000|CLI|umum|101|ADDMEMBER|
1795527742|{CALL}|umum|NONE|ENTERQUEUE||warga|1
1795527752|{CALL}|umum|101|RINGNOANSWER|10000
1795527752|{CALL}|umum|NONE|EXITWITHTIMEOUT|1|1|10
1795527757|{CALL}|umum|NONE|ENTERQUEUE||warga|1
1795527760|{CALL}|umum|101|CONNECT|3|1795527757.4|2
1795527790|{CALL}|umum|101|COMPLETEAGENT|3|30|1
"""


def cel_row(
    event: str, at: float, call: str = CALL, *, exten: str = "1500124", context: str = "hotline", by: str = "dialplan"
) -> str:
    channel = f"PJSIP/trunk-{call[-1]}"
    extra = f'{{""hangupcause"":16,""hangupsource"":""{by}"",""dialstatus"":""""}}' if event == "HANGUP" else ""
    row = [event, f"{at:.6f}", "0812-345", exten, context, channel, "", call, call, "", extra]
    return ",".join(f'"{field}"' for field in row) + "\n"


def agent_row(event: str, at: float) -> str:
    return f'"{event}","{at:.6f}","101","1500124","agents","PJSIP/101-4","AppQueue","1795527757.4","{CALL}","",""\n'


CEL = (
    cel_row("CHAN_START", T + 0.48, context="public")
    + cel_row("ANSWER", T + 0.49)
    + agent_row("CHAN_START", T + 22)
    + agent_row("HANGUP", T + 55)
    + cel_row("HANGUP", T + 60.25)
    + cel_row("CHAN_END", T + 60.25)
)


def told_by_the_engine() -> list[e.Event]:
    """The whole call as the engine would tell it."""
    visit = f"{CALL}/1"
    return [
        e.CallStarted(CALL, T + 0.5, "1500124", "+62812345", "halo", "v1", "PJSIP/trunk-3"),
        e.StepEntered(CALL, T + 0.5, "halo", "menu", "menu"),
        e.QueueJoined(CALL, T + 5.1, visit, "umum", 1),
        e.AgentRang(CALL, T + 7.6, visit, "101"),
        e.RingEnded(CALL, T + 17.7, visit, "101", "no_answer"),
        e.AgentRang(CALL, T + 22.8, visit, "101"),
        e.AgentAnswered(CALL, T + 25.3, visit, "101", f"{CALL}.wav"),
        e.TalkEnded(CALL, T + 55.4, visit, "101", "agent"),
        e.QueueLeft(CALL, T + 55.4, visit, "umum", "answered", 17.7),
        e.CallEnded(CALL, T + 60.2, "completed"),
    ]


class Site:
    """An installation: its history, its Asterisk's logs."""

    def __init__(self, state: Path) -> None:
        self.settings = Settings(state=state)
        self.queue_log, self.cel = state / "queue_log", state / "cel.csv"
        self.alive: set[str] = set()
        self.lines: set[str] = set()
        self.now = NOW

    async def engine_tells(self, *events: e.Event) -> None:
        """A run of the engine that ends without closing anything."""
        writer = HistoryWriter(self.settings, batch_seconds=0)
        await writer.open()
        for event in events:
            writer.emit(event)
        await writer.close()

    async def check(self) -> list[str]:
        """The check of an engine that has just started."""
        writer = HistoryWriter(self.settings, batch_seconds=0)
        await writer.open()
        closed = await close_orphans(
            writer, alive=self.alive, lines=self.lines, queue_log=self.queue_log, cel=self.cel, now=self.now
        )
        await writer.close()
        return closed

    def rows(self, table: str) -> list[dict[str, Any]]:
        return read(self.settings.history_db, table)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    put_empty_history(tmp_path)
    site = Site(tmp_path)
    site.queue_log.write_text(QUEUE_LOG)
    site.cel.write_text(CEL)
    return site


@pytest.mark.parametrize("cut", range(3, 10))
async def test_wherever_the_engine_died_the_record_is_the_same(site: Site, cut: int) -> None:
    """From the waiting room on: who rang, who talked, how the visit and the call ended."""
    await site.engine_tells(*told_by_the_engine()[:cut])
    assert await site.check() == [CALL]

    (call,) = site.rows("calls")
    assert (call["end_reason"], call["agent"], call["ended_at"]) == ("engine_lost", "101", T + 60.25)
    (visit,) = site.rows("queue_visits")
    assert (visit["id"], visit["outcome"], visit["joined_at"]) == (f"{CALL}/1", "answered", T + 5.1)
    assert visit["waited"] == pytest.approx(20.2, abs=2.6)
    attempts = [(row["agent"], row["outcome"]) for row in site.rows("ring_attempts")]
    assert attempts == [("101", "no_answer"), ("101", "answered")]
    (leg,) = site.rows("talk_legs")
    assert (leg["agent"], leg["ended_by"]) == ("101", "agent")
    assert leg["answered_at"] == pytest.approx(T + 25.3, abs=1)
    assert leg["ended_at"] == pytest.approx(T + 55.4, abs=1)
    assert [row["kind"] for row in site.rows("events")].count("call_ended") == 1
    assert await site.check() == []


@pytest.mark.parametrize("cut", [1, 2])
async def test_from_a_prompt_to_an_agent_of_the_fallback_queue(site: Site, cut: int) -> None:
    site.queue_log.write_text(
        f"{T + 5:.0f}|{CALL}|fallback|NONE|ENTERQUEUE||warga|1\n"
        f"{T + 8:.0f}|{CALL}|fallback|102|RINGCANCELED|2500\n"
        f"{T + 8:.0f}|{CALL}|fallback|PJSIP/103|CONNECT|3|1795527757.4|3\n"
        f"{T + 58:.0f}|{CALL}|fallback|PJSIP/103|COMPLETECALLER|3|50|1\n"
    )
    await site.engine_tells(*told_by_the_engine()[:cut])
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["end_reason"], call["agent"], call["flow"]) == ("engine_lost", "103", "halo")
    (visit,) = site.rows("queue_visits")
    assert (visit["queue"], visit["outcome"], visit["waited"]) == ("fallback", "hung_up_talking", 3.0)
    attempts = [(row["agent"], row["rang_at"] - T, row["outcome"]) for row in site.rows("ring_attempts")]
    assert attempts == [("102", 5.5, "caller_left"), ("103", 5.0, "answered")]
    assert [(row["agent"], row["ended_by"]) for row in site.rows("talk_legs")] == [("103", "caller")]


async def test_from_waiting_to_the_fallback_queue_where_nobody_answers(site: Site) -> None:
    site.queue_log.write_text(
        f"{T + 9:.0f}|{CALL}|fallback|NONE|ENTERQUEUE||warga|1\n"
        f"{T + 50:.0f}|{CALL}|fallback|NONE|EXITWITHTIMEOUT|1|1|41\n"
    )
    await site.engine_tells(*told_by_the_engine()[:3])
    assert await site.check() == [CALL]
    visits = [(row["queue"], row["outcome"], row["left_at"] - T) for row in site.rows("queue_visits")]
    assert visits == [("umum", "failed", 9.0), ("fallback", "timeout", 50.0)]


async def test_who_was_sent_to_the_fallback_queue_while_a_telephone_rang_did_not_hang_up(site: Site) -> None:
    site.queue_log.write_text(
        f"{T + 9:.0f}|{CALL}|umum|101|RINGCANCELED|1400\n"
        f"{T + 9:.0f}|{CALL}|umum|NONE|ABANDON|1|1|4\n"
        f"{T + 9:.0f}|{CALL}|fallback|NONE|ENTERQUEUE||warga|1\n"
        f"{T + 40:.0f}|{CALL}|fallback|NONE|ABANDON|1|1|31\n"
    )
    await site.engine_tells(*told_by_the_engine()[:4])
    assert await site.check() == [CALL]
    assert [row["outcome"] for row in site.rows("ring_attempts")] == ["caller_left"]
    visits = [(row["queue"], row["outcome"]) for row in site.rows("queue_visits")]
    assert visits == [("umum", "failed"), ("fallback", "hung_up")]


async def test_a_caller_who_hangs_up_while_a_telephone_rings(site: Site) -> None:
    site.queue_log.write_text(
        f"{T + 12:.0f}|{CALL}|umum|101|RINGCANCELED|5000\n{T + 12:.0f}|{CALL}|umum|NONE|ABANDON|1|1|5\n"
    )
    site.cel.write_text(cel_row("CHAN_START", T + 0.4, context="public") + cel_row("HANGUP", T + 12.3))
    await site.engine_tells(*told_by_the_engine()[:4])
    assert await site.check() == [CALL]
    assert [row["outcome"] for row in site.rows("ring_attempts")] == ["caller_left"]
    assert [row["outcome"] for row in site.rows("queue_visits")] == ["hung_up"]


async def test_a_living_call_is_left_until_it_hangs_up(site: Site) -> None:
    await site.engine_tells(*told_by_the_engine()[:7])
    site.alive = {CALL}
    site.cel.write_text(CEL[: CEL.index('"HANGUP"')])
    assert await site.check() == []
    assert "ended_at" not in site.rows("calls")[0]
    site.alive = set()
    assert await site.check() == []  # its hang-up is not in the log yet
    site.cel.write_text(CEL)
    assert await site.check() == [CALL]
    assert site.rows("recordings")[0]["seconds"] == pytest.approx(30, abs=1)


async def test_calls_of_the_running_engine_are_its_own(site: Site) -> None:
    writer = HistoryWriter(site.settings, batch_seconds=0)
    await writer.open()
    writer.emit(e.CallStarted(CALL, writer.opened_at + 1, "1500124", "", "halo", "v1", "x"))
    now = writer.opened_at + 2
    assert await close_orphans(writer, alive=set(), lines=(), queue_log=site.queue_log, cel=site.cel, now=now) == []
    await writer.close()
    assert "ended_at" not in site.rows("calls")[0]


async def test_when_asterisk_died_too(site: Site) -> None:
    with site.queue_log.open("w") as file:
        file.write(QUEUE_LOG[: QUEUE_LOG.index("1795527790")])
        file.write(f"{T + 40:.0f}|NONE|NONE|NONE|QUEUESTART|\n")
    site.cel.write_text(cel_row("CHAN_START", T + 0.4, context="public") + cel_row("ANSWER", T + 0.49))
    await site.engine_tells(*told_by_the_engine()[:6])
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["end_reason"], call["end_detail"]) == ("asterisk_lost", "Asterisk died during the call")
    assert [row["ended_by"] for row in site.rows("talk_legs")] == ["lost"]
    assert [row["outcome"] for row in site.rows("queue_visits")] == ["failed"]


async def test_when_asterisk_was_stopped_nobody_hung_up(site: Site) -> None:
    with site.queue_log.open("w") as file:
        file.write(QUEUE_LOG.replace("COMPLETEAGENT", "COMPLETECALLER"))  # which app_queue writes then
        file.write(f"{T + 90:.0f}|NONE|NONE|NONE|QUEUESTART|\n")
    site.cel.write_text(cel_row("CHAN_START", T + 0.4, context="public") + cel_row("HANGUP", T + 55.4, by=""))
    await site.engine_tells(*told_by_the_engine()[:7])
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["end_reason"], call["ended_at"]) == ("asterisk_lost", T + 55.4)
    assert [row["ended_by"] for row in site.rows("talk_legs")] == ["lost"]
    assert [row["outcome"] for row in site.rows("queue_visits")] == ["failed"]


async def test_without_any_witness_the_record_is_closed_all_the_same(site: Site) -> None:
    site.queue_log.unlink()
    site.cel.unlink()
    await site.engine_tells(*told_by_the_engine()[:7])
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["ended_at"], call["end_detail"]) == (T + 25.3, "nothing tells how it ended")


async def test_a_call_that_no_engine_saw_gets_a_record_of_its_own(site: Site) -> None:
    await site.engine_tells(e.SystemNoted("", T - 100, "engine_started"))
    unseen, agents = "1795527780.8", "1795527781.9"
    with site.queue_log.open("a") as file:
        file.write(
            f"{T + 46:.0f}|{unseen}|fallback|NONE|ENTERQUEUE||x|1\n{T + 50:.0f}|{unseen}|fallback|NONE|ABANDON|1|1|4\n"
        )
    site.cel.write_text(
        cel_row("CHAN_START", T + 45.5, unseen, exten="+62215550", context="trunk")
        + cel_row("ANSWER", T + 46, unseen, context="fallback", exten="s")
        + cel_row("CHAN_START", T + 46, agents, exten="*11", context="agents")
        + cel_row("HANGUP", T + 47, agents, exten="h", context="say")
        + cel_row("HANGUP", T + 50.5, unseen, context="fallback", exten="s")
    )
    site.now = T + 51  # just ended: an engine may still be about to tell it
    assert await site.check() == []
    site.now = NOW
    assert await site.check() == [unseen]
    (call,) = site.rows("calls")
    assert call == {
        "id": unseen,
        "line": "0215550",
        "caller": "0812345",
        "channel": "PJSIP/trunk-8",
        "started_at": T + 45.5,
        "ended_at": T + 50.5,
        "end_reason": "engine_lost",
        "end_detail": "it came while Sambung was down",
    }
    assert [(row["queue"], row["outcome"]) for row in site.rows("queue_visits")] == [("fallback", "hung_up")]
    assert await site.check() == []


@pytest.mark.parametrize(
    ("dialled", "line"),
    [
        ("1500123", "1500123"),
        ("62800", "62800"),
        ("622112345", "02112345"),
        ("+621500123", "1500123"),
        ("01500123", "1500123"),
        ("+62219", "0219"),
    ],
)
async def test_the_line_of_a_call_from_the_trunk_is_found_as_the_dialplan_finds_it(
    site: Site, dialled: str, line: str
) -> None:
    site.lines = {"1500123", "62800", "0800", "02112345"}
    await site.engine_tells(e.SystemNoted("", T - 100, "engine_started"))
    site.cel.write_text(
        cel_row("CHAN_START", T, exten=dialled, context="trunk")
        + cel_row("HANGUP", T + 5, context="fallback", exten="s")
    )
    assert await site.check() == [CALL]
    assert [call["line"] for call in site.rows("calls")] == [line]


FAILED = [*told_by_the_engine()[:2], e.CallEnded(CALL, T + 4.6, "failed", "no line has the number 1500124")]
FALLBACK_LOG = f"""\
{T + 4:.0f}|{CALL}|fallback|NONE|ENTERQUEUE||warga|1
{T + 14:.0f}|{CALL}|fallback|102|RINGNOANSWER|10000
{T + 20:.0f}|{CALL}|fallback|101|CONNECT|16|1795527757.4|5
{T + 50:.0f}|{CALL}|fallback|101|COMPLETECALLER|16|30|1
"""


async def test_what_came_after_a_fault_of_sambung_is_added_once_the_caller_is_gone(site: Site) -> None:
    site.queue_log.write_text(FALLBACK_LOG)
    site.cel.write_text(CEL[: CEL.index('"HANGUP"')])
    await site.engine_tells(*FAILED)
    site.alive, site.now = {CALL}, T + 500  # a time at which a check is noted, if nothing is left to tell
    assert await site.check() == []
    site.alive = set()
    site.cel.write_text(CEL)
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["end_reason"], call["ended_at"], call["agent"]) == ("failed", T + 4.6, "101")
    (visit,) = site.rows("queue_visits")
    assert (visit["queue"], visit["joined_at"], visit["outcome"]) == ("fallback", T + 4.6, "hung_up_talking")
    attempts = [(row["agent"], row["outcome"]) for row in site.rows("ring_attempts")]
    assert attempts == [("102", "no_answer"), ("101", "answered")]
    (leg,) = site.rows("talk_legs")
    assert (leg["agent"], leg["ended_at"] - leg["answered_at"], leg["ended_by"]) == ("101", 30, "caller")
    assert [row["kind"] for row in site.rows("events")].count("call_ended") == 1
    site.now = T + 501
    assert await site.check() == []
    assert len(site.rows("queue_visits")) == 1


async def test_who_hung_up_at_a_fault_of_sambung_went_nowhere(site: Site) -> None:
    site.queue_log.write_text("")
    site.cel.write_text(cel_row("CHAN_START", T + 0.4, context="public") + cel_row("HANGUP", T + 4.7))
    await site.engine_tells(*FAILED)
    assert await site.check() == []
    assert site.rows("queue_visits") == []


async def test_a_call_that_found_all_lines_taken_is_recorded(site: Site) -> None:
    await site.engine_tells(e.SystemNoted("", T - 100, "engine_started"))
    site.cel.write_text(cel_row("CHAN_START", T + 0.4, context="public") + cel_row("HANGUP", T + 5, exten="overload"))
    assert await site.check() == [CALL]
    (call,) = site.rows("calls")
    assert (call["end_reason"], call["end_detail"]) == ("limit", "all lines were taken")


async def test_a_new_history_does_not_tell_of_the_time_before_it(site: Site) -> None:
    assert await site.check() == []
    assert site.rows("calls") == []


async def test_a_later_check_reads_no_more_than_it_must(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.engine_tells(e.SystemNoted("", T - 10_000, "engine_started"))
    assert await site.check() == [CALL]
    site.now = NOW + 60
    read_from: list[float] = []

    def spy(path: Path, since: float) -> list[asterisk_logs.ChannelLine]:
        read_from.append(since)
        return read_cel(path, since)

    monkeypatch.setattr("ivr.store.witness.read_cel", spy)
    assert await site.check() == []
    assert read_from == [NOW - 10]


def test_torn_and_foreign_lines_are_left_out(tmp_path: Path) -> None:
    queue_log, cel = tmp_path / "queue_log", tmp_path / "cel.csv"
    queue_log.write_bytes(b"12|c|q|NO\n\xff\xfe|x\n\n" + QUEUE_LOG.encode() + b"1795527799|c9|umum|NONE|ENTERQ")
    cel.write_bytes(b'"CHAN_ST\n"HANGUP","soon"\n' + CEL.encode() + CEL.encode()[:40])
    assert [line.event for line in read_queue_log(queue_log, 0)] == [
        row.split("|")[4] for row in QUEUE_LOG.splitlines()
    ]
    assert [line.event for line in read_cel(cel, 0)] == [row.split('"')[1] for row in CEL.splitlines()]


@pytest.mark.parametrize("block", [1, 40, 300, 5000])
def test_the_tail_is_what_is_not_older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(asterisk_logs, "BLOCK", block)
    path = tmp_path / "queue_log"
    path.write_text("".join(f"{at}|c|umum|NONE|ENTERQUEUE||x|{at}\n" for at in range(1000, 1050)))
    for since in (0, 1000, 1023.5, 1049, 2000):
        assert [line.at for line in read_queue_log(path, since)] == [at for at in range(1000, 1050) if at >= since]


@pytest.mark.parametrize(
    ("since", "opened"),
    [
        (3000, ["queue_log", "queue_log.2", "queue_log.1"]),
        (3001, ["queue_log", "queue_log.2"]),
        (5001, ["queue_log"]),
    ],
)
def test_no_file_is_opened_before_one_that_begins_earlier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, since: float, opened: list[str]
) -> None:
    for name, at in (("queue_log.1", 2000), ("queue_log.2", 3000), ("queue_log", 5000)):
        (tmp_path / name).write_text(f"{at}|c|umum|NONE|ENTERQUEUE||x|1\n")
    seen: list[str] = []
    really_open = Path.open

    def spy(path: Path, mode: str) -> Any:
        seen.append(path.name)
        return really_open(path, mode)

    monkeypatch.setattr(Path, "open", spy)
    read_queue_log(tmp_path / "queue_log", since)
    assert seen == opened


@pytest.mark.parametrize("line", ["BLINDTRANSFER|1500123|agents|3|30", "ATTENDEDTRANSFER|APP|Queue|3|30|1"])
async def test_a_call_that_came_back_to_the_hotline_while_the_engine_was_dead(site: Site, line: str) -> None:
    """An agent sent it back: what follows is another call, which no engine saw."""
    again = f"{CALL}-2"
    with site.queue_log.open("w") as file:
        file.write(QUEUE_LOG.replace("COMPLETEAGENT|3|30|1", line))
        file.write(
            f"{T + 56:.0f}|{CALL}|NONE|NONE|CAMEBACK|{again}|1500123\n"
            f"{T + 56:.0f}|{CALL}|fallback|NONE|ENTERQUEUE||warga|1\n"
            f"{T + 60:.0f}|{CALL}|fallback|NONE|ABANDON|1|1|4\n"
        )
    await site.engine_tells(*told_by_the_engine()[:7])
    site.alive = {CALL}
    site.cel.write_text(CEL[: CEL.index('"HANGUP"')])
    assert await site.check() == []
    site.alive = set()
    site.cel.write_text(CEL)
    assert await site.check() == [CALL, again]
    first, second = site.rows("calls")
    assert (first["id"], first["end_reason"], first["ended_at"]) == (CALL, "transferred", T + 56)
    assert (second["id"], second["line"], second["caller"]) == (again, "1500123", "0812345")
    assert (second["started_at"], second["ended_at"], second["end_reason"]) == (T + 56, T + 60.25, "engine_lost")
    visits = [(row["call"], row["queue"], row["outcome"]) for row in site.rows("queue_visits")]
    assert visits == [(CALL, "umum", "transferred"), (again, "fallback", "hung_up")]
    assert await site.check() == []


async def test_of_a_call_that_came_back_only_the_last_pass_is_completed(site: Site) -> None:
    again = f"{CALL}-2"
    whole, visit = told_by_the_engine(), f"{again}/2"
    with site.queue_log.open("a") as file:
        file.write(
            f"{T + 56:.0f}|{CALL}|NONE|NONE|CAMEBACK|{again}|1500123\n"
            f"{T + 57:.0f}|{CALL}|umum|NONE|ENTERQUEUE||warga|1\n"
            f"{T + 58:.0f}|{CALL}|umum|102|CONNECT|1|1795527757.5|1\n"
            f"{T + 59:.0f}|{CALL}|umum|102|COMPLETECALLER|1|1|1\n"
        )
    await site.engine_tells(
        *whole[:9],
        e.CallEnded(CALL, T + 56, "transferred"),
        e.CallStarted(again, T + 56.1, "1500123", "+62812345", "halo", "v1", "PJSIP/trunk-3", continues=CALL),
        e.QueueJoined(again, T + 56.2, visit, "umum", 1),
    )
    assert await site.check() == [again]
    assert [row["end_reason"] for row in site.rows("calls")] == ["transferred", "engine_lost"]
    assert [(row["call"], row["agent"]) for row in site.rows("talk_legs")] == [(CALL, "101"), (again, "102")]
    assert site.rows("queue_visits")[1]["outcome"] == "hung_up_talking"
