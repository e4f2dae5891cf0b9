"""record: a spoken message."""

from pathlib import Path

import pytest
from flow_kit import call, data, site, steps, way

from ivr.channel import EndReason
from ivr.flow.model import Site
from ivr.settings import Recording, Settings
from ivr.sim.caller import HangUp, Press, Say


@pytest.fixture
def flow(tmp_path: Path) -> Site:
    return site(tmp_path, steps("a: {type: record, say: Sampaikan pesan., next: z, failed: z}"))


def settings(folder: Path, *, on: bool = True) -> Settings:
    return Settings(recordings=folder, recording=Recording(conversations=on))


@pytest.mark.parametrize(
    ("script", "exit_", "seconds", "ended_by"),
    [
        ([Press("#", hears="pesan", after=8)], "next", 6.9, "key"),
        ([Say("Lampu jalan mati.", hears="pesan", after=8)], "next", 10.0, "silence"),
        ([], "failed", 0.0, "silence"),
        ([Press("#", hears="pesan", after=1.5)], "failed", 0.4, "key"),
    ],
    ids=["ended by a key", "ended by silence", "nothing said", "too short"],
)
def test_messages(
    flow: Site, tmp_path: Path, script: list[Press | Say], exit_: str, seconds: float, ended_by: str
) -> None:
    trial = call(flow, *script, settings=settings(tmp_path))
    (message,) = data(trial, "message_recorded")
    assert way(trial)[0] == f"a:{exit_}"
    assert (message["seconds"], message["ended_by"]) == (seconds, ended_by)
    assert bool(message["path"]) == (exit_ == "next")


def test_a_key_that_skipped_the_announcement_does_not_end_the_message(flow: Site, tmp_path: Path) -> None:
    trial = call(flow, Press("1", hears="pesan", after=0.5), Press("#", at=8), settings=settings(tmp_path))
    (message,) = data(trial, "message_recorded")
    assert (message["seconds"], message["ended_by"]) == (7.5, "key")


@pytest.mark.parametrize(("after", "ended_by"), [(0.5, "silence"), (1.5, "key")])
def test_only_at_its_very_beginning_a_hash_may_belong_to_the_number_before(
    tmp_path: Path, after: float, ended_by: str
) -> None:
    """Digits that were enough are followed by a `#` out of habit."""
    number = "n: {type: input, say: Kode., into: k, min: 3, max: 3, next: a, failed: z}"
    flow = site(tmp_path, steps(f"{number}\na: {{type: record, say: '', next: z, failed: z}}", start="n"))
    trial = call(flow, Press("123", at=2), Press("#", at=2.2 + after), settings=settings(tmp_path))
    (message,) = data(trial, "message_recorded")
    assert message["ended_by"] == ended_by


def test_the_path_is_relative_and_holds_nothing_of_the_caller(flow: Site, tmp_path: Path) -> None:
    trial = call(flow, Press("#", hears="pesan", after=8), settings=settings(tmp_path))
    assert data(trial, "message_recorded")[0]["path"] == "2026/11/24/sim-message1.wav"


def test_hanging_up_ends_a_message(flow: Site, tmp_path: Path) -> None:
    trial = call(flow, HangUp(hears="pesan", after=8), settings=settings(tmp_path))
    (message,) = data(trial, "message_recorded")
    assert (message["seconds"], message["ended_by"]) == (6.9, "hangup")
    assert trial.reason is EndReason.CALLER_HUNG_UP


def test_a_message_left_by_hanging_up_is_kept(flow: Site, tmp_path: Path) -> None:
    kept = tmp_path / "2026/11/24/sim-message1.wav"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"RIFF")  # what Asterisk has written by then
    trial = call(flow, HangUp(hears="pesan", after=8), settings=settings(tmp_path))
    assert data(trial, "message_recorded")[0]["path"] == "2026/11/24/sim-message1.wav"


def test_what_is_too_short_leaves_no_file(flow: Site, tmp_path: Path) -> None:
    written = tmp_path / "2026/11/24/sim-message1.wav"
    written.parent.mkdir(parents=True)
    written.write_bytes(b"RIFF")
    trial = call(flow, HangUp(hears="pesan", after=1.5), settings=settings(tmp_path))
    assert data(trial, "message_recorded")[0]["path"] == ""
    assert not written.exists()


def test_a_message_is_taken_where_conversations_are_not_recorded(flow: Site, tmp_path: Path) -> None:
    trial = call(flow, Press("#", hears="pesan", after=8), settings=settings(tmp_path, on=False))
    assert way(trial)[0] == "a:next"


def test_a_full_disk_leads_to_failed(flow: Site, tmp_path: Path) -> None:
    trial = call(flow, settings=settings(tmp_path), may_record=False)
    assert way(trial)[0] == "a:failed"
    assert "record" not in trial.commands
