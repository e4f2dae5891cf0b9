"""Set-up that goes on where it stopped, and what the commands say of an installation that does not run."""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from ivr.asterisk.debian import DebianError
from ivr.asterisk.process import running_pid
from ivr.channel import Sayings
from ivr.cli import doctor, main, system, terminal
from ivr.cli import setup as set_up
from ivr.cli.conditions import end_word
from ivr.routing.agents import add_agents, load_agents, new_account
from ivr.settings import PROJECT, Network, Recording, Settings, Speech
from ivr.speech import allocator
from ivr.speech.figures import Counters, Figures, Lag, note_figures
from ivr.speech.grammars import write_grammars
from ivr.speech.graph import build_grammar
from ivr.speech.model import Model
from ivr.store.database import set_aside
from ivr.store.health import note_health
from ivr.store.writer import WriterHealth

BEATING = """
import os, pathlib, socket, time
held = socket.create_server(("127.0.0.1", 0))
pathlib.Path(os.environ["SAMBUNG_STATE"], "port").write_text(str(held.getsockname()[1]))
while True:
    try:
        os.write(int(os.environ["SAMBUNG_HEARTBEAT_FD"]), b".")
    except BlockingIOError:
        pass
    time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))


def step(done: Path, problem: Callable[[], str] = lambda: "") -> set_up.Step:
    """A step that notes each time it really works in `done`, and fails while there is a problem."""

    def do(_: Settings, progress: set_up.Progress) -> str:
        if done.exists():
            return "already"
        progress("working")
        if why := problem():
            raise DebianError(why)
        done.touch()
        return "done"

    return set_up.Step(done.name, do)


def test_a_failed_step_says_why_and_a_second_run_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    problems = ["the mirror does not answer"]
    first, second = step(tmp_path / "first"), step(tmp_path / "second", lambda: problems.pop() if problems else "")
    monkeypatch.setattr(set_up, "STEPS", [first, second])
    with pytest.raises(click.ClickException) as caught:
        set_up.run_setup(Settings(state=tmp_path))
    assert caught.value.message.startswith("second: the mirror does not answer\n")
    assert "sambung setup" in caught.value.message
    assert "first: done" in capsys.readouterr().err
    set_up.run_setup(Settings(state=tmp_path))
    said = capsys.readouterr().err
    assert "first: already" in said
    assert "second: done" in said


def test_what_a_step_and_a_warning_say_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "ktp.yaml:100:9: [b]"

    def do(_settings: Settings, progress: set_up.Progress) -> str:
        progress(line)
        terminal.tell(line)
        return line

    monkeypatch.setattr(set_up, "STEPS", [set_up.Step(line, do)])
    set_up.run_setup(Settings(state=tmp_path))
    assert capsys.readouterr().err.splitlines() == [line, f"✓ {line}: {line}"]


def test_a_full_disk_is_told_at_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(_settings: Settings, _progress: set_up.Progress) -> str:
        Path("/dev/full").write_text("x")
        return "done"

    monkeypatch.setattr(set_up, "STEPS", [set_up.Step("Flows", fill)])
    with pytest.raises(click.ClickException, match=r"^Flows: the disk is full\n  → make room"):
        set_up.run_setup(Settings(state=tmp_path))


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version with one queue is published."""
    site = SimpleNamespace(queues={"umum": None})
    monkeypatch.setattr(set_up, "load_version", lambda _: SimpleNamespace(site=site))


@pytest.mark.usefixtures("queues")
async def test_a_password_that_was_stored_was_shown_even_if_set_up_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(state=tmp_path)

    async def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as m:
        m.setattr(set_up, "add_agents", cut_off)
        with pytest.raises(KeyboardInterrupt):
            await set_up._first_agents(settings)
    assert await load_agents(settings) == []
    capsys.readouterr()
    assert await set_up._first_agents(settings) == "101, 102, 103 made"
    shown = dict(re.findall(r"extension (\d+)  password (\S+)", capsys.readouterr().err))
    assert [(a.extension, a.ha1) for a in await load_agents(settings)] == [
        (extension, new_account(extension, "x", password, []).ha1) for extension, password in shown.items()
    ]
    assert await set_up._first_agents(settings) == "101, 102, 103"


def test_on_a_terminal_what_a_step_says_stands_on_lines_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, highlight=False, width=30)
    for module in (set_up, terminal):
        monkeypatch.setattr(module, "CONSOLE", console)

    def do(_settings: Settings, _progress: set_up.Progress) -> str:
        terminal.tell("extension 101  password k7mq2x-9hpdtv-3wzrcb")
        return "made"

    monkeypatch.setattr(set_up, "STEPS", [set_up.Step("Agents", do)])
    set_up.run_setup(Settings(state=tmp_path))
    seen = [re.sub(r".*\x1b\[(2K|\?25l)", "", line) for line in screen.getvalue().splitlines()]
    assert "extension 101  password k7mq2x-9hpdtv-3wzrcb" in seen


@pytest.mark.parametrize("is_there", [True, False])
def test_up_tells_how_to_have_the_command_where_the_shell_does_not_find_it(
    is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system, "load_version", lambda _: SimpleNamespace(site=SimpleNamespace(lines={})))
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", str(folder if is_there else tmp_path))
    system._print_next(Settings(state=tmp_path))
    assert (f'export PATH="{folder}:$PATH"' in capsys.readouterr().out) is not is_there


def test_folders_are_closed_to_others_but_not_one_that_was_there(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    theirs.chmod(0o755)
    state = tmp_path / "state"
    (state / "log").mkdir(parents=True)
    (state / "log").chmod(0o755)
    said = set_up._folders(Settings(state=state, recordings=theirs), lambda _: None)
    assert f"every user of this machine can read it; chmod o= {theirs}" in said
    assert [p.stat().st_mode & 0o777 for p in (theirs, state / "log", state / "run")] == [0o755, 0o700, 0o700]
    made = tmp_path / "made"
    assert set_up._folders(Settings(state=state, recordings=made), lambda _: None) == str(state)
    assert made.stat().st_mode & 0o777 == 0o700


def test_status_of_what_does_not_run() -> None:
    shown = CliRunner().invoke(main, ["status"])
    assert shown.exit_code == 3
    assert "does not run" in shown.output
    as_json = CliRunner().invoke(main, ["status", "--json"])
    assert json.loads(as_json.output) == {}
    assert as_json.exit_code == 3


def test_down_where_nothing_runs_is_no_error() -> None:
    done = CliRunner().invoke(main, ["down"])
    assert done.exit_code == 0
    assert "does not run" in done.output


def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "sambung.toml").write_text("[network]\nsip_prot = 5060\n")
    shown = CliRunner().invoke(main, ["doctor"])
    assert shown.exit_code == 1
    assert f"{tmp_path / 'sambung.toml'}: 'network.sip_prot' is not known; did you mean" in shown.output
    supervised = CliRunner().invoke(main, ["supervise"])
    assert supervised.exit_code == 1
    assert "'network.sip_prot' is not known" in supervised.output


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A real supervisor without anything to look after, until a signal."""
    program = f"""
import asyncio, sys
from ivr.settings import load_settings
from ivr.supervisor import supervise
from ivr.wards import HeartWard
settings = load_settings()
ward = HeartWard("engine", settings, [sys.executable, "-c", {BEATING!r}], silence=4.0)
asyncio.run(supervise(settings, [ward]))
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    status = Settings(state=tmp_path).run / "status.json"
    async with asyncio.timeout(60):
        while not status.exists() or json.loads(status.read_text())["engine"]["state"] != "ready":
            await asyncio.sleep(0.05)
    yield process
    if process.returncode is None:
        process.terminate()  # it stops what it looks after
    await process.wait()


async def test_broken_settings_hinder_neither_status_nor_down(
    tmp_path: Path, running: asyncio.subprocess.Process
) -> None:
    (tmp_path / "sambung.toml").write_text("[network\n")
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["status"])
    assert shown.exit_code == 0
    assert f"The settings are broken: {tmp_path / 'sambung.toml'}" in shown.output
    assert re.search(rf"supervisor +ready +pid {running.pid} .*\nengine +ready", shown.output)
    assert re.search(r"\nspeech +keys only", shown.output)
    assert "(times: WIB)" in shown.output
    done = await asyncio.to_thread(CliRunner().invoke, main, ["down"])
    assert (done.exit_code, "Sambung is stopped." in done.output) == (0, True)
    assert await running.wait() == 0


async def test_what_a_supervisor_that_died_left_is_to_be_taken_over_not_ended(
    tmp_path: Path, running: asyncio.subprocess.Process
) -> None:
    running.kill()  # its engine runs on
    await running.wait()
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["status"])
    assert (shown.exit_code, shown.output) == (
        3,
        "the supervisor died; still running: engine\n  → sambung up: takes all over, calls go on\n",
    )
    as_json = await asyncio.to_thread(CliRunner().invoke, main, ["status", "--json"])
    assert (as_json.exit_code, json.loads(as_json.output)) == (3, {"orphans": ["engine"]})
    agi = int((tmp_path / "port").read_text())
    with socket.create_server(("127.0.0.1", 0)) as held:
        ami = held.getsockname()[1]
        network = _free_network().model_copy(update={"agi_port": agi, "ami_port": ami})
        found = await asyncio.to_thread(list, doctor.examine(Settings(state=tmp_path, network=network)))
    bad = {finding.what: finding.mend for finding in found if not finding.good}
    assert bad["the supervisor died; still running: engine"].startswith("sambung up")
    assert [what.partition("/TCP")[0] for what in bad if "is not free" in what] == [f"port {ami}"]
    await asyncio.to_thread(CliRunner().invoke, main, ["down"])


async def test_while_asterisk_is_away_its_return_is_to_be_waited_for(
    tmp_path: Path, running: asyncio.subprocess.Process
) -> None:
    (tmp_path / "sambung.toml").write_text(f"[network]\nami_port = {_free()}\n")
    await add_agents(Settings(state=tmp_path), [new_account("101", "Sari", "secret", ["umum"])])
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["agents", "login", "101"])
    assert shown.exit_code == 1
    assert "; see `sambung status`, then try again" in shown.output
    running.terminate()
    await running.wait()
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["agents", "login", "101"])
    assert "; `sambung up`" in shown.output


async def test_up_where_it_runs_but_the_version_in_force_cannot_be_read(
    running: asyncio.subprocess.Process,
) -> None:
    assert running.returncode is None
    again = await asyncio.to_thread(CliRunner().invoke, main, ["up"])
    assert again.exit_code == 1
    assert "Sambung is running already.\nError: no usable version; run `sambung publish`\n" in again.output


async def test_status_tells_of_a_record_that_cannot_be_written(
    tmp_path: Path, running: asyncio.subprocess.Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(state=tmp_path)
    trouble = WriterHealth(7, 3.0, 0, "database is locked")
    note_health(settings, trouble, pid=running_pid("engine", run=settings.run))
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["status"])
    assert re.search(r"record +\S+history.db: database is locked; 7 events .*\n +→ .*fuser", shown.output)
    as_json = json.loads((await asyncio.to_thread(CliRunner().invoke, main, ["status", "--json"])).output)
    assert as_json["history"] == dataclasses.asdict(trouble)
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["status"])
    assert "history.db: dipegang program lain (database is locked); 7 peristiwa menunggu" in shown.output


async def test_status_tells_programs_what_a_process_noted_of_itself(
    tmp_path: Path, running: asyncio.subprocess.Process
) -> None:
    settings = Settings(state=tmp_path)
    figures = Figures(running_pid("engine", run=settings.run), 1795541625.0, 3, Counters(calls=7), Lag(90, 2, 9, 31))
    note_figures(settings, "engine", figures)
    as_json = json.loads((await asyncio.to_thread(CliRunner().invoke, main, ["status", "--json"])).output)
    assert as_json["engine"]["figures"] == dataclasses.asdict(figures)


def test_a_port_that_another_program_holds_is_named_with_its_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held_udp:
        held_udp.bind(("127.0.0.1", 0))
        agi, sip = held.getsockname()[1], held_udp.getsockname()[1]
        network = _free_network().model_copy(update={"agi_port": agi, "sip_port": sip})
        found = list(doctor.ports_taken(Settings(state=tmp_path, network=network)))
    assert f"port {agi}/TCP is not free" in " ".join(f.what for f in found)
    assert f"port {sip}/UDP is not free" in " ".join(f.what for f in found)
    assert {"network.agi_port" in f.mend or "network.sip_port" in f.mend for f in found} == {True}


def test_an_address_of_another_machine_is_not_called_a_busy_port(tmp_path: Path) -> None:
    network = _free_network().model_copy(update={"sip_address": "192.0.2.1"})
    (found,) = doctor.ports_taken(Settings(state=tmp_path, network=network))
    assert found.what == "network.sip_address = 192.0.2.1: not an address of this machine"


def test_the_doctor_finds_what_a_fresh_folder_lacks_and_says_how_to_mend_it(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, prompts=tmp_path / "prompts", network=_free_network())
    bad = {f.what: f.mend for f in doctor.examine(settings) if not f.good}
    told = "\n".join(f"{what} → {mend}" for what, mend in bad.items())
    assert "prompts/system: missing: fallback" in told
    assert "→ sambung publish" in told
    assert "agents: – → sambung agents add" in told


@pytest.mark.parametrize(("notice", "reminds"), [("Percakapan direkam.", False), ("", True)])
def test_the_doctor_reminds_of_a_notice_that_the_flows_must_say(tmp_path: Path, notice: str, reminds: bool) -> None:
    settings = Settings(state=tmp_path, prompts=tmp_path / "prompts", recording=Recording(notice=notice))
    told = [finding for finding in doctor._content(settings) if "recording.notice is empty" in finding.what]
    assert [finding.good for finding in told] == [True] * reminds


def test_a_record_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    engine = subprocess.Popen(["sleep", "60"])
    try:
        settings.run.mkdir()
        born = Path(f"/proc/{engine.pid}/stat").read_text().split()[21]
        (settings.run / "engine.pid").write_text(f"{engine.pid} {born}\n")
        assert list(doctor.history(settings)) == []
        for health, good, what, mend in (
            (WriterHealth(0, 0.0, 0, ""), True, "is written", ""),
            (WriterHealth(7, 3.2, 0, "database is locked"), False, "locked; 7 events wait in memory", "fuser -v"),
            (
                WriterHealth(7, 3.2, 0, "database or disk is full"),
                False,
                "full; 7 events wait",
                "make room on the disk",
            ),
            (WriterHealth(9, 3.2, 0, ""), False, "3 s behind; 9 events wait in memory", "look into"),
        ):
            note_health(settings, health, pid=engine.pid)
            (found,) = doctor.history(settings)
            assert (found.good, what in found.what, mend in found.mend) == (good, True, True)
        note_health(settings, WriterHealth(0, 0.0, 5, ""), pid=engine.pid)
        assert [f.what for f in doctor.history(settings) if not f.good] == [
            "5 events were lost from the record since the engine's start"
        ]
        note_health(settings, WriterHealth(7, 3.2, 0, "database is locked"), pid=1)  # of an engine that is no more
        assert list(doctor.history(settings)) == []
    finally:
        engine.kill()
        engine.wait()


@pytest.mark.parametrize(
    ("noted", "said"),
    [
        ("exit 1", "keluar dengan kode 1"),
        ("signal 11", "sinyal 11"),
        ("ended", "berakhir"),
        ("frozen (not ready 60 s after its start), ended by force", "macet (60 detik setelah mulai belum siap)"),
        ("frozen (no answer for 10 s), ended by force", "macet (10 detik tanpa jawaban), dihentikan paksa"),
        ("an end of another version", "an end of another version"),
    ],
)
def test_how_a_process_ended_is_said_in_indonesian(noted: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert end_word(noted) == noted
    monkeypatch.setenv("SAMBUNG_LANG", "id")
    assert end_word(noted).startswith(said)


def test_a_damaged_record_that_lies_aside_is_told(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    settings.history_db.touch()
    aside = set_aside(settings.history_db)
    Path(f"{aside}-wal").touch()
    assert [f.what for f in doctor.history(settings)] == [f"a damaged record was put aside: {aside}"]


def test_too_few_media_ports_are_counted(tmp_path: Path) -> None:
    network = Network(**{**_free_network().model_dump(), "rtp_start": 10000, "rtp_end": 10099})
    settings = Settings(state=tmp_path, prompts=tmp_path / "prompts", network=network)
    assert "100 RTP ports, 800 are needed" in {f.what for f in doctor.examine(settings) if not f.good}


def test_without_a_model_callers_have_keys_and_the_doctor_says_so(tmp_path: Path) -> None:
    def told(**speech: Any) -> doctor.Finding:
        settings = Settings(state=tmp_path, prompts=tmp_path, network=_free_network(), speech=Speech(**speech))
        (found,) = (f for f in doctor.examine(settings) if f.what.startswith("speech: "))
        return found

    without = told(servers=2, model=tmp_path)
    assert not without.good
    assert f"keys only: the speech model in {tmp_path} is incomplete: phones.txt" in without.what
    assert "speech.model" in without.mend
    broken = Path(shutil.copytree(PROJECT / "models/id-telephony", tmp_path / "half"))
    (broken / "am/final.mdl").write_bytes((broken / "am/final.mdl").read_bytes()[:1_000_000])
    assert f"the speech model in {broken} cannot be used" in told(servers=1, model=broken).what
    assert told(servers=0) == doctor.Finding(True, "speech: keys only: speech.servers = 0", without.mend)


def test_the_doctor_says_what_allocator_speech_servers_have(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def told(servers: int = 1) -> list[tuple[bool, str]]:
        settings = Settings(state=tmp_path, prompts=tmp_path, network=_free_network(), speech=Speech(servers=servers))
        return [(f.good, f.what.partition(": ")[2]) for f in doctor._speech(settings) if f.what.startswith("allocator")]

    assert told() == [(True, str(allocator.LIBRARY))]
    assert told(servers=0) == []
    monkeypatch.setattr(allocator, "LIBRARY", tmp_path / "none")
    assert told() == [(False, "the system's, which is slower")]
    monkeypatch.setenv("LD_PRELOAD", "libjemalloc.so.2")
    assert told() == [(True, "libjemalloc.so.2")]


def test_a_version_that_was_built_with_another_model_is_told(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path)
    said = Sayings(("tidak", "ya"))
    model = Model.read(settings.speech.model)
    grammar = build_grammar(said.phrases, False, model, settings.versions / "v/grammars")
    known = {said: grammar}
    version: Any = SimpleNamespace(hash="v", grammar=known.get, site=SimpleNamespace(sayings=lambda: [said]))
    write_grammars(settings.versions / "v", [grammar])
    assert list(doctor._grammars(settings, version)) == []
    other = dataclasses.replace(model, units=(*model.units, "others"))
    write_grammars(
        settings.versions / "v", [build_grammar(said.phrases, False, other, settings.versions / "v/grammars")]
    )
    (found,) = doctor._grammars(settings, version)
    assert (found.what, found.mend) == (
        "version v was not built with this speech model: callers have keys only",
        "sambung publish",
    )
    write_grammars(settings.versions / "v", [])
    known.clear()
    assert len(list(doctor._grammars(settings, version))) == 1


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as s:
        port: int = s.getsockname()[1]
        return port


def _free_network() -> Network:
    ports = {name: _free() for name in ("sip_port", "agi_port", "ami_port", "speech_port")}
    return Network(sip_address="127.0.0.1", **ports)
