"""`sambung check`, `schema` and `simulate` as a person runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flow_kit import english, load, steps  # noqa: F401 - english is a fixture

from ivr.cli import main

pytestmark = pytest.mark.usefixtures("english", "installation")
GOOD = steps("a: {type: play, say: 'Halo.', next: z}")
BAD = steps("a: {type: play, say: 'Halo.', next: zz}")


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of an installation without a settings file."""
    state = tmp_path / "state"
    state.mkdir()
    monkeypatch.setenv("SAMBUNG_STATE", str(state))
    return state


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lain.yml", "lain.yml:1:1: error: is not read; rename it to lain.yaml"),
        ("catatan.txt", "catatan.txt:1:1: error: is not read; flows are *.yaml files"),
        ("sub/lain.yaml", "sub/hotline.yaml:1:1: error: is missing"),
    ],
)
def test_check_of_a_file_that_is_never_published_says_so(name: str, words: str, tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(GOOD)
    code, output = sambung("check", str(path))
    assert code == 1
    assert words in output
    assert "1 error(s)" in output


def test_the_flows_of_the_settings_are_meant(installation: Path, tmp_path: Path) -> None:
    load(tmp_path, BAD)
    (installation / "sambung.toml").write_text(f'flows = "{tmp_path}"\n')
    assert f"{tmp_path}/utama.yaml:4:39: error" in sambung("check")[1]
    load(tmp_path, GOOD)
    assert sambung("check") == (0, "0 error(s), 0 warning(s)\n")
    assert "  » Halo." in sambung("simulate", "utama", "--keys", "")[1]
    assert "  » Halo." in sambung("simulate", str(tmp_path), "--keys", "")[1]
    (installation / "sambung.toml").write_text("flow = 1\n")
    assert "'flow' is not known; did you mean 'flows'?" in sambung("check")[1]


def test_check_of_a_folder_reads_its_tests_and_tells_of_files_that_nobody_reads(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    for name in ("tests/halo.yaml", "lama/utama.yaml", "tests/lama/halo.yaml", "answers/lama/ktp.yml", ".git/x.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("line: 1500124\n")
    code, output = sambung("check", str(tmp_path))
    assert code == 1
    assert [line.removeprefix(f"{tmp_path}/")[:40] for line in output.splitlines()] == [
        "answers/lama/ktp.yml:1:1: warning: is no",
        "lama/utama.yaml:1:1: warning: is not rea",
        "tests/halo.yaml:1:7: error: the number 1",
        "tests/lama/halo.yaml:1:1: warning: is no",
        "1 error(s), 3 warning(s)",
    ]


def test_a_translation_in_the_wrong_place_belongs_in_its_languages_folder(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "en.yaml").write_text("- {id: Halo., en: Hello.}\n")
    assert f"move it to {tmp_path}/languages/CODE/, or remove it" in sambung("check", str(tmp_path))[1]


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
    code, output = sambung("simulate", "halo-kota", "--keys", "syarat KTP,0")
    assert code == 0
    story = ["step menu-utama (menu)", "» KTP elektronik dibuat", "agent 101 answered", "left queue umum: answered"]
    places = [output.index(words) for words in [*story, "call ended: completed"]]
    assert places == sorted(places)


def test_simulate_with_keys_typed() -> None:
    code, output = sambung("simulate", "halo-kota", typed="7\n\nx\n")
    assert code == 0
    assert "not accepted: a wrong key" in output
    assert "not accepted: silence" in output
    assert "call ended: the caller hung up" in output


def test_the_end_of_the_input_hangs_up() -> None:
    assert "call ended: the caller hung up" in sambung("simulate", "halo-kota")[1]


def test_simulate_on_a_day_that_is_closed() -> None:
    _, output = sambung("simulate", "--line", "1500123", "--at", "2026-12-25 10:00", "--keys", "0,#")
    assert "flow di-luar-jam" in output
    assert "message recorded 0:10" in output


def test_simulate_speaks_one_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    _, output = sambung("simulate", "halo-kota", "--keys", "7,0")
    assert "tidak diterima: tombol salah (ke-1)" in output
    assert "keluar dari antrean umum: dijawab" in output
    assert "panggilan berakhir: selesai" in output


def test_simulate_while_nobody_is_there() -> None:
    _, output = sambung("simulate", "halo-kota", "--keys", "0", "--agents", "0")
    assert "left queue umum: no agent there" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["halo-kta"], "there is no flow 'halo-kta'; did you mean 'halo-kota'?"),
        (["--line", "99"], "there is no line 99"),
        (["--at", "besok"], "Invalid value for '--at'"),
        (["--at", "9999-12-31 23:59"], "Invalid value for '--at'"),
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


ASKS = steps(
    """
    a: {type: lookup, query: pbb, into: {rp: rp}, next: b, not_found: k, failed: g}
    b: {type: play, say: "Tagihan {rp:rupiah}.", next: z}
    k: {type: play, say: Tidak ada., next: z}
    g: {type: play, say: Gagal., next: z}
    """
)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (["--lookup", 'pbb={"rp": 85000}'], "delapan puluh lima ribu rupiah"),
        (["--lookup", "pbb=null"], "Tidak ada."),
        ([], "Gagal."),
    ],
)
def test_simulate_asks_no_other_system(tmp_path: Path, answer: list[str], said: str) -> None:
    load(tmp_path, ASKS)
    code, output = sambung("simulate", "--flows", str(tmp_path), "--keys", "", *answer)
    assert (code, said in output) == (0, True)
    assert "query pbb" in output


def test_simulate_says_how_answers_are_given(tmp_path: Path) -> None:
    load(tmp_path, ASKS)
    code, output = sambung("simulate", "--flows", str(tmp_path), "--lookup", "pbb=85.000,-")
    assert code == 1
    assert """--lookup pbb=85.000,-: write like pbb='{"jumlah": 85000}'""" in output


def test_check_knows_the_queries_of_the_installation(tmp_path: Path, installation: Path) -> None:
    load(tmp_path, ASKS)
    code, output = sambung("check", str(tmp_path))
    assert code == 1
    assert (
        "utama.yaml:5:28: error: 'pbb' is not in sambung.toml; the administrator writes it below [queries.pbb]"
        in output
    )
    (installation / "sambung.toml").write_text(
        '[connections.d]\ndatabase = "/d.db"\n[queries.pbb]\nconnection = "d"\nsql = "SELECT 1 AS rp"\n'
    )
    assert sambung("check", str(tmp_path))[0] == 0
    assert sambung("check", str(tmp_path / "utama.yaml"))[0] == 0
