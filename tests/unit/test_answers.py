"""The answer base: what callers are told on which day, what `sambung check` says of it, what is published."""

import datetime as dt
import tempfile
import textwrap
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from flow_kit import TUESDAY, UNANNOUNCED, call, data, english, load, said, steps, way  # noqa: F401 - a fixture
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.channel import Played, Prompt
from ivr.cli.answers import answers as command
from ivr.cli.checking import check
from ivr.flow.answers import AnswerEntry
from ivr.flow.loader import Loaded, load_site
from ivr.flow.model import Site
from ivr.flow.schema import json_schema
from ivr.flow.source import read
from ivr.flowtests.reader import read_tests
from ivr.flowtests.runner import Runner
from ivr.publish import load_version, publish
from ivr.settings import PROJECT, Settings
from ivr.sim.caller import HangUp, Press
from ivr.sim.channel import SimChannel

VOCABULARY = "documents: {KTP: [KTP], KK: [KK]}\nquestions: {syarat: {phrases: [syarat]}, biaya: {phrases: [biaya]}}\n"
FLOW = steps("a: {type: answer, answer: syarat-ktp, next: z, expired: b}\nb: {type: hangup, say: Ke petugas.}")


def answer(**changes: object) -> str:
    """A file with the answer `syarat-ktp`; a field of None is left out."""
    fields: dict[str, object] = {
        "question": "Apa syaratnya?",
        "say": "Bawalah kartu keluarga.",
        "owner": "Dinas Dukcapil",
        "valid_from": "2026-01-01",
        "valid_until": "2099-12-31",
        "intents": "{KTP: [syarat]}",
    }
    written = {name: value for name, value in (fields | changes).items() if value is not None}
    rows = "\n".join(f"    {name}: {value}" for name, value in written.items())
    return f"answers:\n  syarat-ktp:\n{rows}\n"


def base(folder: Path, *flows: str, vocabulary: str = VOCABULARY, **files: str) -> Loaded:
    """Flows with files in their folder `answers`."""
    (folder / "answers").mkdir(parents=True)
    (folder / "kosakata.yaml").write_text(vocabulary)
    for name, text in files.items():
        (folder / "answers" / f"{name}.yaml").write_text(textwrap.dedent(text))
    return load(folder, *(flows or (FLOW,)))


def told(loaded: Loaded, folder: Path) -> list[str]:
    """Problems as "file:line:column: severity: message"."""
    return [str(p).removeprefix(f"{folder}/") for p in loaded.problems]


def good(loaded: Loaded) -> Site:
    assert loaded.site, loaded.problems
    return loaded.site


# --- on a call --------------------------------------------------------------------------------------
def test_an_answer_is_told_and_the_record_says_which(tmp_path: Path) -> None:
    trial = call(good(base(tmp_path, ktp=answer())))
    assert said(trial) == ["Bawalah kartu keluarga.", "Selamat tinggal."]
    assert way(trial)[0] == "a:next"
    assert data(trial, "answer_given") == [{"answer": "syarat-ktp"}]


@pytest.mark.parametrize(
    ("first", "last", "exit_"),
    [
        ("2026-11-24", "2026-11-24", "next"),
        ("2026-11-01", "2026-11-23", "expired"),
        ("2026-11-25", "2099-12-31", "expired"),
    ],
)
def test_the_day_of_the_call_decides(tmp_path: Path, first: str, last: str, exit_: str) -> None:
    trial = call(good(base(tmp_path, ktp=answer(valid_from=first, valid_until=last))))
    assert way(trial)[0] == f"a:{exit_}"
    assert len(data(trial, "answer_given")) == (exit_ == "next")
    assert len(data(trial, "answer_withheld")) == (exit_ == "expired")


def test_the_day_is_that_of_the_hotline(tmp_path: Path) -> None:
    site = good(base(tmp_path, ktp=answer(valid_from="2026-11-24", valid_until="2026-11-24")))
    midnight = TUESDAY.replace(hour=0, minute=0)
    eastern = UNANNOUNCED.model_copy(update={"timezone": "Asia/Jayapura"})
    assert way(call(site, at=midnight, settings=eastern))[0] == "a:next"
    assert way(call(site, at=midnight - dt.timedelta(minutes=1), settings=eastern))[0] == "a:expired"


def test_who_cannot_be_told_hears_so_and_goes_on_to_a_person(tmp_path: Path) -> None:
    trial = call(good(base(tmp_path, ktp=answer(valid_until="2026-01-31"))))
    assert said(trial) == ["Maaf, keterangan ini sedang kami perbarui.", "Ke petugas."]


def test_the_policy_says_once_where_they_go_and_what_they_hear(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: answer, answer: syarat-ktp, next: z}\nb: {type: hangup}",
        constants="policy: {expired: b, expired_say: Sebentar.}\n",
    )
    trial = call(good(base(tmp_path, flow, ktp=answer(valid_until="2026-01-31"))))
    assert said(trial) == ["Sebentar."]
    assert way(trial) == ["a:expired", "b:end"]


@pytest.mark.parametrize(("day", "words"), [(31, "Bawalah kartu keluarga."), (32, "Bawalah akta kelahiran.")])
def test_a_rule_that_changes_has_two_answers_one_after_the_other(tmp_path: Path, day: int, words: str) -> None:
    flow = steps(
        'a: {type: answer, answer: syarat-ktp, next: z, expired: b, expired_say: ""}\n'
        "b: {type: answer, answer: syarat-baru, next: z, expired: z}"
    )
    new = answer(valid_from="2027-01-01", say="Bawalah akta kelahiran.").replace("syarat-ktp", "syarat-baru")
    site = good(base(tmp_path, flow, ktp=answer(valid_until="2026-12-31"), baru=new))
    at = dt.datetime(2026, 12, 1, 10) + dt.timedelta(days=day - 1)
    assert said(call(site, at=at)) == [words, "Selamat tinggal."]


def test_a_key_cuts_an_answer_and_counts_for_the_next_question(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: answer, answer: syarat-ktp, next: m, expired: z}\n"
        "m: {type: menu, say: Lagi tekan satu., keys: {1: z}, failed: z}"
    )
    trial = call(good(base(tmp_path, flow, ktp=answer())), Press("1", at=0.5))
    assert not data(trial, "prompt_played")[0]["completed"]
    assert way(trial)[:2] == ["a:next", "m:key:1"]


def test_who_hangs_up_meanwhile_was_given_the_answer(tmp_path: Path) -> None:
    trial = call(good(base(tmp_path, ktp=answer())), HangUp(at=0.5))
    assert [event.kind for event in trial.events if "answer" in event.kind] == ["answer_given"]


def test_an_answer_says_variables(tmp_path: Path) -> None:
    flow = FLOW.replace("start: a", "start: a\nconstants: {loket: = 12}")
    trial = call(good(base(tmp_path, flow, ktp=answer(say="Datanglah ke loket {loket:angka}."))))
    assert said(trial)[0] == "Datanglah ke loket dua belas"


def test_whom_an_answer_cannot_be_played_to_goes_on_to_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(self: SimChannel, prompt: Prompt, *, stop_keys: str = "") -> Played:
        return Played(0.0, completed=False, problem="no such file")

    monkeypatch.setattr(SimChannel, "play", play)
    assert way(call(good(base(tmp_path, ktp=answer()))))[0] == "a:failed"


def test_a_flow_test_expects_an_answer(tmp_path: Path) -> None:
    site = good(base(tmp_path, ktp=answer()))
    (tmp_path / "tests").mkdir()
    tests = tmp_path / "tests" / "utama.yaml"
    head = "flow: utama\ntests:\n"
    tests.write_text(
        f"{head}  a: {{at: 2026-11-24 10:00, call: [answer: syarat-ktp]}}\n"
        "  b: {at: 2100-01-01 10:00, call: [answer: syarat-ktp]}\n"
    )
    runner = Runner(site, UNANNOUNCED)
    assert [bool(runner.run(test).failure) for test in read_tests([tests], site).tests] == [False, True]
    tests.write_text(f"{head}  a: {{at: 2026-11-24 10:00, call: [answer: sarat-ktp]}}\n")
    (problem,) = read_tests([tests], site).problems
    assert "'syarat-ktp'" in str(problem)


# --- what is wrong with it --------------------------------------------------------------------------
@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"owner": None}, "2:3: error: 'owner' is missing"),
        ({"valid_until": None}, "2:3: error: 'valid_until' is missing"),
        ({"valid_until": "31-12-2027"}, "7:18: error: '31-12-2027' is no date; write 2027-12-31"),
        (
            {"valid_until": "2025-12-31"},
            "7:18: error: the last day is before the first, 2026-01-01; write a date after it",
        ),
        ({"sumber": "UU 24/2013"}, "9:5: error: 'sumber' is not known here"),
        ({"intents": "{KTP: [sarat]}"}, "8:21: error: 'sarat' is not in kosakata.yaml; did you mean 'syarat'?"),
        ({"intents": "{STNK: [biaya]}"}, "8:15: error: 'STNK' is not in kosakata.yaml; there are: KTP, KK"),
        ({"intents": "{KTP: syarat}"}, "8:20: error: a list of '- …' belongs here, or [syarat]"),
        ({"intents": "KTP"}, "8:14: error: a list of 'document: kinds of question' belongs here"),
        ({"say": "Loket {lokett}."}, "4:16: error: the variable 'lokett' is never set"),
    ],
)
def test_a_mistake_is_told_at_its_line_with_its_cure(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    (found,) = told(base(tmp_path, ktp=answer(**changes)), tmp_path)
    assert found.startswith(f"answers/ktp.yaml:{problem}")


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("answer" + answer()[len("answers") :], "1:1: error: 'answer' is not known here; did you mean 'answers'?"),
        ("syarat-ktp: {question: Apa?}\n", "1:1: error: begin this file with the line 'answers:'"),
        ("answers:\n", "1:9: error: a list of 'name: answer' belongs here"),
        ("answers: [syarat-ktp]\n", "1:10: error: a list of 'name: answer' belongs here"),
        ("- syarat-ktp\n", "1:1: error: a list of 'name: value' belongs here"),
        ("answers:\n  syarat-ktp:\n", "2:3: error: the answer 'syarat-ktp' is empty"),
    ],
)
def test_a_file_that_holds_no_answers_is_told_alone(tmp_path: Path, text: str, problem: str) -> None:
    (found,) = told(base(tmp_path, ktp=text), tmp_path)
    assert found.startswith(f"answers/ktp.yaml:{problem}")


@pytest.mark.usefixtures("english")
def test_names_are_fit_for_the_record(tmp_path: Path) -> None:
    text = answer().replace("syarat-ktp", "Syarat KTP")
    flow = FLOW.replace("syarat-ktp", "Syarat KTP")
    (found,) = told(base(tmp_path, flow, ktp=text), tmp_path)
    assert found.startswith("answers/ktp.yaml:2:3: error: 'Syarat KTP' is not a name (small letters")


@pytest.mark.usefixtures("english")
def test_two_answers_cannot_have_one_name(tmp_path: Path) -> None:
    (found,) = told(base(tmp_path, ktp=answer(), lain=answer()), tmp_path)
    assert found.startswith("answers/lain.yaml:2:3: error: the answer 'syarat-ktp' is already there in ")
    assert "answers/ktp.yaml:2; remove one" in found


@pytest.mark.usefixtures("english")
def test_a_step_names_an_answer_that_there_is(tmp_path: Path) -> None:
    (found,) = told(base(tmp_path, FLOW.replace("syarat-ktp", "sarat-ktp"), ktp=answer()), tmp_path)
    message = "there is no answer 'sarat-ktp' in the folder answers; did you mean 'syarat-ktp'?"
    assert found == f"utama.yaml:4:29: error: {message}"


@pytest.mark.usefixtures("english")
def test_a_step_without_a_way_for_an_answer_that_expired_is_told(tmp_path: Path) -> None:
    flow = steps("a: {type: answer, answer: syarat-ktp, next: z}")
    (found,) = told(base(tmp_path, flow, ktp=answer()), tmp_path)
    assert found.startswith(
        "utama.yaml:4:3: error: 'expired' is missing: where callers go once this answer is not valid"
    )


@pytest.mark.usefixtures("english")
def test_a_policy_that_leads_nowhere_is_told_once(tmp_path: Path) -> None:
    flow = steps(
        "a: {type: answer, answer: syarat-ktp, next: b}\nb: {type: answer, answer: syarat-ktp, next: z}",
        constants="policy: {expired: y}\n",
    )
    (found,) = told(base(tmp_path, flow, ktp=answer()), tmp_path)
    assert found.startswith("utama.yaml:3:19: error: 'expired' of the policy leads to 'y', which does not exist")


@pytest.mark.usefixtures("english")
def test_an_answer_that_no_flow_uses_is_told(tmp_path: Path) -> None:
    (found,) = told(base(tmp_path, steps("a: {type: play, say: Halo., next: z}"), ktp=answer()), tmp_path)
    assert found.startswith("answers/ktp.yaml:2:3: warning: no flow uses the answer 'syarat-ktp'; use it")


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("days", "message"),
    [
        (30, ""),
        (29, "the answer 'syarat-ktp' expires soon; ask Dinas Dukcapil"),
        (0, "the answer 'syarat-ktp' expires soon; ask Dinas Dukcapil"),
        (-1, "the answer 'syarat-ktp' is no longer valid, and not told; ask Dinas Dukcapil"),
    ],
)
def test_who_owns_an_answer_is_named_before_it_expires(tmp_path: Path, days: int, message: str) -> None:
    """A warning, never an error: a version that was published must load on any day."""
    loaded = base(tmp_path, ktp=answer(valid_from="2000-01-01", valid_until=TUESDAY.date() + dt.timedelta(days=days)))
    assert good(loaded).answers
    found = told(loaded, tmp_path)
    assert bool(found) == bool(message)
    assert all(f.startswith(f"answers/ktp.yaml:7:18: warning: {message}") for f in found)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("zone", "state"), [("Pacific/Kiritimati", "is no longer valid"), ("Etc/GMT+12", "expires soon")]
)
def test_what_is_valid_goes_by_the_day_where_the_hotline_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, state: str
) -> None:
    """Between these two zones lie 26 hours: it is never the same day in both."""
    yesterday = dt.datetime.now(ZoneInfo("Pacific/Kiritimati")).date() - dt.timedelta(days=1)
    base(tmp_path / "flows", ktp=answer(valid_from="2000-01-01", valid_until=yesterday))
    (tmp_path / "sambung.toml").write_text(f'timezone = "{zone}"')
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    result = CliRunner().invoke(check, [str(tmp_path / "flows")])
    assert f"ktp.yaml:7:18: warning: the answer 'syarat-ktp' {state}" in result.output


@pytest.mark.usefixtures("english")
def test_settings_that_are_wrong_hide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base(tmp_path / "flows", FLOW.replace("syarat-ktp", "lain"), ktp=answer())
    (tmp_path / "sambung.toml").write_text('timezone = "Mars"')
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    result = CliRunner().invoke(check, [str(tmp_path / "flows")])
    assert "utama.yaml:4:29: error: there is no answer 'lain'" in result.output


@pytest.mark.usefixtures("english")
def test_a_file_of_answers_is_checked_together_with_the_flows(tmp_path: Path) -> None:
    base(tmp_path, FLOW.replace("syarat-ktp", "lain"), ktp=answer(owner=None))
    result = CliRunner().invoke(check, [str(tmp_path / "answers" / "ktp.yaml")])
    assert result.exit_code == 1
    assert "ktp.yaml:2:3: error: 'owner' is missing" in result.output
    assert "utama.yaml" not in result.output


PAGE = (PROJECT / "docs" / "answers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [AnswerEntry.__doc__ or "", PAGE], ids=["reference", "page"])
def test_the_examples_are_right(text: str) -> None:
    example = text.partition("```yaml\n")[2].partition("```")[0]
    (entry,) = read("contoh", example.encode()).data["answers"].values()
    assert AnswerEntry.model_validate(entry).is_valid(dt.date(2026, 1, 1))


@pytest.mark.parametrize("field", [*AnswerEntry.model_fields, "expired", "expired_say"])
def test_the_page_tells_of_every_field_in_both_languages(field: str) -> None:
    first, second = PAGE.split("# Answers")
    assert f"`{field}" in first
    assert f"`{field}" in second


SNIPPETS = (
    "",
    "\n",
    "  ",
    "\t",
    ":",
    "- ",
    "#",
    "*",
    "&a ",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    "~",
    "!",
    "2026-02-30",
    "{x}",
)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 250), st.sampled_from(SNIPPETS), st.integers(0, 30)), min_size=1, max_size=4))
def test_whatever_stands_in_a_file_of_answers_is_told_and_never_raises(slips: list[tuple[int, str, int]]) -> None:
    text = answer(text="Bawalah yang asli.")
    for at, put, lost in slips:
        text = text[:at] + put + text[at + lost :]
    with tempfile.TemporaryDirectory() as folder:
        loaded = base(Path(folder), ktp=text)
    assert (loaded.site is None) == any(problem.severity == "error" for problem in loaded.problems)
    assert all(problem.line <= text.count("\n") + 1 for problem in loaded.problems if "ktp" in problem.file)


def test_editors_know_what_belongs_into_a_file_of_answers() -> None:
    schema = json_schema()
    assert {"$ref": "#/$defs/AnswersHead"} in schema["anyOf"]
    assert schema["$defs"]["AnswerEntry"]["properties"]["valid_until"]["description"].startswith("Its last day")


# --- published --------------------------------------------------------------------------------------
def test_answers_are_part_of_a_version_and_have_their_audio(tmp_path: Path) -> None:
    home = Settings(state=tmp_path / "state", prompts=tmp_path / "prompts", flows=tmp_path / "flows")
    first = publish(home, good(base(home.flows, ktp=answer())), author="rini")
    loaded = load_version(home)
    assert loaded.problems == ()
    assert loaded.site.answers["syarat-ktp"].owner == "Dinas Dukcapil"
    (segment,) = loaded.book.render(loaded.site.answers["syarat-ktp"].say, {})
    assert segment.audio
    assert segment.audio.exists()
    (home.flows / "answers" / "ktp.yaml").write_text(answer(valid_until="2027-06-30"))
    second = publish(home, good(load_site(home.flows)), author="rini")
    assert second.hash != first.hash
    assert load_version(home, first.hash).site.answers["syarat-ktp"].valid_until == dt.date(2099, 12, 31)


def test_prompts_name_where_an_answer_is_spoken(tmp_path: Path) -> None:
    where = {use.text: use.where for use in good(base(tmp_path, ktp=answer())).prompts()}
    assert where["Bawalah kartu keluarga."] == "answers: syarat-ktp"


# --- the list ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("first", "last", "state"),
    [(-9, 400, "valid"), (-9, 9, "10 day(s) left"), (-9, -1, "no longer valid"), (9, 400, "from {}")],
)
@pytest.mark.usefixtures("english")
def test_the_list_says_what_is_valid(tmp_path: Path, first: int, last: int, state: str) -> None:
    today = dt.datetime.now(ZoneInfo(Settings().timezone)).date()
    begins, ends = (today + dt.timedelta(days=days) for days in (first, last))
    base(tmp_path, ktp=answer(valid_from=begins, valid_until=ends))
    result = CliRunner().invoke(command, ["--flows", str(tmp_path)])
    row = next(line for line in result.output.splitlines() if "syarat-ktp" in line)
    cells = [cell.strip() for cell in row.strip("│").split("│")]
    assert cells == ["syarat-ktp", "Apa syaratnya?", "Dinas Dukcapil", str(ends), state.format(begins)]


@pytest.mark.usefixtures("english")
def test_all_about_an_answer_is_shown_to_who_asks_for_it(tmp_path: Path) -> None:
    base(tmp_path, ktp=answer(text="Diwakilkan tidak bisa.", source="UU 24/2013"))
    shown = CliRunner().invoke(command, ["syarat-ktp", "--flows", str(tmp_path)]).output
    for line in (
        "Spoken: Bawalah kartu keluarga.",
        "For agents: Diwakilkan tidak bisa.",
        "Legal source: UU 24/2013",
        "Owner: Dinas Dukcapil",
        "Valid: 2026-01-01 – 2099-12-31 (valid)",
        "Intents: KTP (syarat)",
        "Used: utama/a",
    ):
        assert line in shown
    unknown = CliRunner().invoke(command, ["sarat-ktp", "--flows", str(tmp_path)])
    assert unknown.exit_code == 1
    assert "there is no answer 'sarat-ktp'; did you mean 'syarat-ktp'?" in unknown.output
