"""`sambung check`, `schema` and `simulate` as a person runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flow_kit import english, load, steps  # noqa: F401 - english is a fixture

from ivr.cli import main

pytestmark = pytest.mark.usefixtures("english")
GOOD = steps("a: {type: play, say: 'Halo.', next: z}")
BAD = steps("a: {type: play, say: 'Halo.', next: zz}")


def sambung(*arguments: str, typed: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments, input=typed)
    return result.exit_code, result.output


def test_check_tells_and_exits_with_1(tmp_path: Path) -> None:
    load(tmp_path, BAD)
    code, output = sambung("check", str(tmp_path))
    assert code == 1
    assert output.splitlines() == [
        f"{tmp_path}/utama.yaml:4:39: error: 'next' of step 'a' leads to 'zz', which does not exist; did you mean 'z'?",
        "1 error(s), 0 warning(s)",
    ]


def test_check_of_one_file_tells_of_that_file_alone(tmp_path: Path) -> None:
    load(tmp_path, BAD)
    assert sambung("check", str(tmp_path / "hotline.yaml")) == (0, "0 error(s), 0 warning(s)\n")


def test_check_gives_json(tmp_path: Path) -> None:
    load(tmp_path, BAD)
    code, output = sambung("check", "--json", str(tmp_path))
    (problem,) = json.loads(output)
    assert code == 1
    assert (problem["line"], problem["column"], problem["severity"]) == (4, 39, "error")


def test_warnings_do_not_fail(tmp_path: Path) -> None:
    load(tmp_path, steps("a: {type: play, say: 'Halo.'}"))
    code, output = sambung("check", str(tmp_path))
    assert code == 0
    assert "0 error(s), 2 warning(s)" in output


def test_schema_is_json() -> None:
    code, output = sambung("schema")
    assert code == 0
    assert json.loads(output)["title"] == "Sambung flow"


def test_simulate_with_keys_given() -> None:
    code, output = sambung("simulate", "halo-kota", "--keys", "1,1,0")
    assert code == 0
    story = ["[menu-utama] menu", "» KTP elektronik dibuat", "agent 101 answers", "out of the queue: answered"]
    places = [output.index(words) for words in [*story, "the call ends: completed"]]
    assert places == sorted(places)


def test_simulate_with_keys_typed() -> None:
    code, output = sambung("simulate", "halo-kota", typed="9\n\nx\n")
    assert code == 0
    assert "no answer: wrong_key" in output
    assert "no answer: silence" in output
    assert "the call ends: caller_hung_up" in output


def test_the_end_of_the_input_hangs_up() -> None:
    assert "the call ends: caller_hung_up" in sambung("simulate", "halo-kota")[1]


def test_simulate_on_a_day_that_is_closed() -> None:
    _, output = sambung("simulate", "--line", "1500123", "--at", "2026-12-25 10:00", "--keys", "1,#")
    assert "flow di-luar-jam" in output
    assert "message of 10 seconds" in output


def test_simulate_while_nobody_is_there() -> None:
    _, output = sambung("simulate", "halo-kota", "--keys", "0", "--agents", "0")
    assert "out of the queue: nobody" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["halo-kta"], "there is no flow 'halo-kta'; did you mean 'halo-kota'?"),
        (["--line", "99"], "there is no line 99"),
        (["--at", "besok"], "Invalid value for '--at'"),
    ],
)
def test_simulate_says_what_is_wrong(arguments: list[str], words: str) -> None:
    code, output = sambung("simulate", *arguments)
    assert code != 0
    assert words in output


def test_simulate_refuses_flows_with_errors(tmp_path: Path) -> None:
    load(tmp_path, BAD)
    code, output = sambung("simulate", str(tmp_path / "utama.yaml"))
    assert code == 1
    assert "leads to 'zz'" in output
