"""survey: what callers are asked, what is kept of it, and what officers read."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
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
from store_kit import put_empty_history, read

from ivr import events as e
from ivr.cli import main
from ivr.flow.model import Site
from ivr.settings import PROJECT, Recording, Settings
from ivr.sim.agents import Agent
from ivr.sim.call import Trial
from ivr.sim.caller import Action, HangUp, Press, Say, SpeechServer
from ivr.store.writer import HistoryWriter

FIRST, SECOND, THIRD = "dilayani dengan cepat", "menguasai pertanyaan", "sopan dan ramah"
THANKS = "Terima kasih atas penilaian Anda."
AGENT = Agent("101", ("umum",), answers_after=1, talks=10)
POLICY = "policy: {silence: Diam., wrong_key: Salah., keys_only: Pakai tombol., not_understood: Bagaimana?}\n"


def asking(folder: Path, fields: str = "") -> Site:
    text = f"""
    q: {{type: queue, queue: umum, answered: s, timeout: z}}
    s: {{type: survey, next: b{fields}}}
    b: {{type: branch, cases: [{{when: perilaku == 1, next: p}}], otherwise: z}}
    p: {{type: hangup, say: Mohon maaf.}}
    """
    return site(folder, steps(text, start="q", constants=POLICY + "constants: {perilaku: '9'}\n"))


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    return asking(tmp_path)


def rate(flows: Site, *script: Action, **more: object) -> Trial:
    return call(flows, *script, agents=(AGENT,), **more)


def scores(trial: Trial) -> dict[object, object]:
    return {d["question"]: d["score"] for d in data(trial, "survey_answered")}


@pytest.mark.parametrize(
    "script",
    [
        [Press("4", hears=FIRST), Press("3", hears=SECOND), Press("1", hears=THIRD)],
        [Say("empat", hears=FIRST), Say("tiga", hears=SECOND), Say("satu", hears=THIRD)],
        [Press("431", hears="Mohon nilai", gap=0.3)],
        [SpeechServer(at=0), Press("4", hears=FIRST), Press("3", hears=SECOND), Press("1", hears=THIRD)],
        [Press("7", hears=FIRST), Press("4", hears=FIRST), Press("3", hears=SECOND), Press("1", hears=THIRD)],
        [Press("4", hears=FIRST, after=12), Say("tiga", hears=SECOND), Press("1", hears=THIRD)],
    ],
    ids=["keys", "words", "keys at once", "without speech", "a wrong key first", "late"],
)
def test_each_question_has_a_score(plain: Site, script: list[Action]) -> None:
    trial = rate(plain, *script)
    assert scores(trial) == {"waktu": 4, "kompetensi": 3, "perilaku": 1}
    assert data(trial, "survey_answered")[0] == {
        "survey": "kepuasan", "question": "waktu", "score": 4, "scale": 4, "recording": "",
    }  # fmt: skip
    assert said(trial)[-2:] == [THANKS, "Mohon maaf."]
    assert way(trial)[1:3] == ["s:next", "b:case:1"]


def test_a_hash_after_a_score_is_no_wrong_key(plain: Site) -> None:
    trial = rate(plain, Press("4#", hears=FIRST), Press("3#", hears=SECOND), Press("1#", hears=THIRD))
    assert scores(trial) == {"waktu": 4, "kompetensi": 3, "perilaku": 1}
    assert "Salah." not in said(trial)


@pytest.mark.parametrize(
    ("script", "answered", "thanks"),
    [
        ([], {}, False),
        ([Press("*", hears=FIRST)], {}, False),
        ([Say("lewati", hears=FIRST)], {}, False),
        ([Press("*", hears="Mohon nilai")], {}, False),
        ([Press("2", hears=FIRST), Press("*", hears=SECOND)], {"waktu": 2}, True),
        ([Press("2", hears=FIRST)], {"waktu": 2}, True),
        ([Press("9", hears=FIRST), Press("9", hears=FIRST)], {}, False),
        ([Say("apa", hears=FIRST, confidence=0.1), Say("apa", hears=FIRST, confidence=0.1)], {}, False),
    ],
    ids=[
        "silence", "the key", "the word", "the key at once", "in the middle", "silence later", "wrong keys",
        "not understood",
    ],
)  # fmt: skip
def test_nobody_has_to_answer(plain: Site, script: list[Action], answered: dict[str, int], *, thanks: bool) -> None:
    trial = rate(plain, *script)
    assert scores(trial) == answered
    assert (THANKS in said(trial)) == thanks
    assert trial.reason == "completed"
    assert [text for text in said(trial) if THIRD in text] == []


def test_a_half_understood_score_is_asked_back(plain: Site) -> None:
    script = Say("tiga", hears=FIRST, confidence=0.5), Press("2", hears="Anda memilih tiga"), Press("4", hears=FIRST)
    assert scores(rate(plain, *script)) == {"waktu": 4}


def test_who_hung_up_on_the_agent_is_not_asked(plain: Site) -> None:
    trial = rate(plain, HangUp(at=6))
    assert data(trial, "talk_ended")[0]["ended_by"] == "caller"
    assert [step["step"] for step in data(trial, "step_entered")] == ["q"]


def test_what_was_answered_before_hanging_up_counts(plain: Site) -> None:
    trial = rate(plain, Press("4", hears=FIRST), HangUp(hears=SECOND))
    assert (scores(trial), trial.reason) == ({"waktu": 4}, "caller_hung_up")


# --- comments ---------------------------------------------------------------------------------------
COMMENT = ", scale: 5, questions: {puas: Apakah Anda puas?}, comment: Ada saran?"


def commented(folder: Path, *script: Action) -> Trial:
    settings = Settings(recordings=folder, recording=Recording(notice=""))
    return rate(asking(folder, COMMENT), Press("5", hears="puas"), *script, settings=settings)


def test_a_comment_is_kept(tmp_path: Path) -> None:
    trial = commented(tmp_path, Press("#", hears="saran", after=8))
    assert [(d["question"], d["score"], d["scale"]) for d in data(trial, "survey_answered")] == [
        ("puas", 5, 5),
        ("komentar", None, None),
    ]
    assert data(trial, "survey_answered")[1]["recording"] == data(trial, "message_recorded")[0]["path"]
    assert THANKS in said(trial)


def test_no_comment_is_none(tmp_path: Path) -> None:
    trial = commented(tmp_path, Press("#", hears="saran", after=1.5))
    assert [d["question"] for d in data(trial, "survey_answered")] == ["puas"]
    assert trial.reason == "completed"


def test_who_hangs_up_while_commenting_has_commented(tmp_path: Path) -> None:
    kept = tmp_path / "2026/11/24/sim-message2.wav"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"RIFF")  # what Asterisk has written by then
    trial = commented(tmp_path, HangUp(hears="saran", after=8))
    assert data(trial, "survey_answered")[1]["recording"] == "2026/11/24/sim-message2.wav"
    assert trial.reason == "caller_hung_up"


def test_a_full_disk_takes_no_comment(tmp_path: Path) -> None:
    trial = rate(asking(tmp_path, COMMENT), Press("5", hears="puas"), may_record=False)
    assert (scores(trial), trial.reason) == ({"puas": 5}, "completed")


# --- what is written wrongly ------------------------------------------------------------------------
@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("step", "at", "told"),
    [
        ("survey, scale: 5, next: z", "5,", "write your own 'questions'"),
        ("survey, scale: 10, questions: {puas: Puas?}, next: z", "10", "9"),
        ("survey, questions: {}, next: z", "{}", "this list is empty"),
        ("survey, questions: {Puas: Puas?}, next: z", "Puas:", "write puas"),
        (
            "survey, questions: {komentar: Puas?}, comment: Saran?, next: z",
            "komentar",
            "give this question another one",
        ),
    ],
)
def test_mistakes_are_told_with_their_place_and_cure(tmp_path: Path, step: str, at: str, told: str) -> None:
    line = f"a: {{type: {step}}}"
    loaded = load(tmp_path, steps(line))
    (problem,) = [p for p in loaded.problems if p.severity == "error"]
    assert told in str(problem)
    assert (problem.line, problem.column) == (4, line.index(at) + 3)


def test_the_example_of_the_docs_is_right(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "survey.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    loaded = load(tmp_path, text, hotline=HOTLINE)
    assert loaded.problems == []
    assert loaded.site
    trial = rate(loaded.site, Press("1", hears="puas"))
    assert way(trial) == ["petugas:answered", "nilai:next", "puas-atau-tidak:case:1", "adukan:failed", "pamit:end"]


# --- what officers read -----------------------------------------------------------------------------
T = 1_795_654_800.0  # 2026-11-26 08:00 in Jakarta
DAY = 86_400
Sambung = Callable[..., str]


def rated(call: str, at: float, agent: str, *ratings: tuple[str, int]) -> list[e.Event]:
    visit = f"{call}/1"
    return [
        e.CallStarted(call, at, "14000", "+628123456", "halo", "v1", "PJSIP/trunk-1"),
        e.QueueJoined(call, at + 1, visit, "umum", 1),
        e.AgentAnswered(call, at + 2, visit, "999", ""),
        e.AgentAnswered(call, at + 3, visit, agent, ""),
        e.TalkEnded(call, at + 90, visit, agent, "agent"),
        *(e.SurveyAnswered(call, at + 95, "kepuasan", question, score, 4) for question, score in ratings),
        e.AgentAnswered(call, at + 99, visit, "998", ""),
    ]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    put_empty_history(tmp_path)

    async def put() -> None:
        writer = HistoryWriter(Settings(state=tmp_path))
        await writer.open()
        for event in (
            *rated("1.1", T, "101", ("waktu", 4), ("perilaku", 2)),
            *rated("2.1", T + DAY, "102", ("waktu", 1)),
            *rated("3.1", T + DAY, "101", ("waktu", 4)),
            e.CallStarted("4.1", T, "14001", "", "halo", "v1", "PJSIP/trunk-1"),
            e.SurveyAnswered("4.1", T + 5, "lain", "puas", 5, 5),
            e.SurveyAnswered("4.1", T + 6, "lain", "puas", 3, 5),
            e.SurveyAnswered("4.1", T + 7, "lain", "komentar", recording="2026/11/26/a.wav"),
        ):
            writer.emit(event)
        await writer.close()

    asyncio.run(put())
    return tmp_path


@pytest.fixture
def sambung(state: Path) -> Sambung:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ["survey", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_second_answer_of_a_call_takes_the_place_of_the_first(state: Path) -> None:
    found = [row for row in read(state / "history.db", "survey_answers") if row["survey"] == "lain"]
    assert [(row["question"], row.get("score")) for row in found] == [("puas", 3), ("komentar", None)]


def test_counts_and_means(sambung: Sambung) -> None:
    found = json.loads(sambung("--json"))
    assert [(r["survey"], r["question"], r["count"], r["mean"], r["scale"]) for r in found] == [
        ("kepuasan", "perilaku", 1, 2.0, 4),
        ("kepuasan", "waktu", 3, 3.0, 4),
        ("lain", "puas", 1, 3.0, 5),
    ]
    assert found[1]["scores"] == {"1": 1, "4": 2}
    assert found[1]["group"] is None
    assert [r["survey"] for r in json.loads(sambung("--survey", "lain", "--json"))] == ["lain"]


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("agent", {"101": 2, "102": 1}),
        ("queue", {"umum": 3}),
        ("line", {"14000": 3}),
        ("day", {"2026-11-26": 1, "2026-11-27": 2}),
        ("month", {"2026-11": 3}),
    ],
)
def test_by_group(sambung: Sambung, by: str, groups: dict[str, int]) -> None:
    found = json.loads(sambung("--survey", "kepuasan", "--by", by, "--json"))
    assert {r["group"]: r["count"] for r in found if r["question"] == "waktu"} == groups


def test_only_since_then(sambung: Sambung, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: T + DAY + 3600)
    found = json.loads(sambung("--survey", "kepuasan", "--since", "2h", "--json"))
    assert [(r["question"], r["count"]) for r in found] == [("waktu", 2)]


def test_the_table_has_the_index_of_the_regulation(sambung: Sambung) -> None:
    lines = sambung().splitlines()
    assert any("waktu" in line and "3.00 / 4" in line and "1: 1×, 4: 2×" in line for line in lines)
    assert lines[-1] == "IKM kepuasan: 62.50 (D)"
    assert sambung("--by", "agent").splitlines()[-2:] == [
        "IKM kepuasan, 101: 75.00 (C)",
        "IKM kepuasan, 102: 25.00 (D)",
    ]


def test_the_index_is_rounded_last(state: Path, sambung: Sambung) -> None:
    answers = [(f"{n}.9", T + n, 4 if n < 533 else 3) for n in range(1000)]
    with closing(sqlite3.connect(state / "history.db")) as history, history:
        history.executemany("INSERT INTO calls (id, started_at) VALUES (?, ?)", [answer[:2] for answer in answers])
        history.executemany(
            "INSERT INTO survey_answers (call, survey, question, at, score, scale)"
            " VALUES (?, 'ramai', 'waktu', ?, ?, 4)",
            answers,
        )
    assert sambung("--survey", "ramai").splitlines()[-1] == "IKM ramai: 88.33 (A)"
    assert sambung("--survey", "ramai", "--by", "agent").splitlines()[-1] == "IKM ramai, –: 88.33 (A)"
    (result,) = json.loads(sambung("--survey", "ramai", "--json"))
    assert result["mean"] == 3.53


def test_comments(sambung: Sambung) -> None:
    assert "2026/11/26/a.wav" in sambung("--comments")
    (comment,) = json.loads(sambung("--comments", "--json"))
    assert (comment["call"], comment["line"], comment["agent"]) == ("4.1", "14001", None)
    assert sambung("--comments", "--survey", "kepuasan") == "There are no comments yet.\n"
    assert sambung("--survey", "mana") == "There are no ratings yet.\n"
