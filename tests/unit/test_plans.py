"""Versions to come: planned, followed, held; and folders that were made from another version than the one in force."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.drafts import base_of
from ivr.pointer import PlanError, current_hash, follow_plans, moves, plans, to_be_held
from ivr.publish import PublishError, load_version, publish
from ivr.settings import Settings
from ivr.supervisor import Supervisor
from tests.unit.publish_kit import installation, published, sambung, site, speak_units, write_flows

PAST, NEXT_WEEK, IN_TWO_WEEKS = 1.0, 4e9, 4.1e9


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prompts with their audio: made once for all tests."""
    prompts = tmp_path_factory.mktemp("prompts")
    speak_units(prompts)
    return prompts


@pytest.fixture
def settings(tmp_path: Path, units: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    return installation(tmp_path, units, monkeypatch)


def planned(settings: Settings, greeting: str, *, at: float = 0.0, until: float = 0.0) -> str:
    return publish(settings, site(settings, greeting), author="rini", at=at, until=until).hash


def come(settings: Settings, at: float) -> None:
    """Time goes on: plans of `at` are due now."""
    path = settings.versions / "plans.json"
    path.write_text(path.read_text().replace(f'"at": {at}', f'"at": {PAST}'))


def test_a_planned_version_is_built_now_and_in_force_when_its_time_comes(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.").hash
    second = planned(settings, "Selamat sore.", at=NEXT_WEEK)
    assert current_hash(settings) == first
    assert load_version(settings, second).problems == ()
    assert follow_plans(settings) == []
    come(settings, NEXT_WEEK)
    (followed,) = follow_plans(settings)
    assert not followed.held
    assert current_hash(settings) == second
    assert plans(settings) == []
    assert [(move.hash, move.action) for move in moves(settings)] == [(first, "publish"), (second, "publish")]
    assert moves(settings)[-1].at > PAST


def test_a_version_with_an_end_goes_by_itself(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.").hash
    second = planned(settings, "Selamat sore.", until=NEXT_WEEK)
    assert current_hash(settings) == second
    come(settings, NEXT_WEEK)
    follow_plans(settings)
    assert current_hash(settings) == first
    assert moves(settings)[-1].action == "return"


def test_a_day_that_is_planned_from_its_beginning_to_its_end(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.").hash
    second = planned(settings, "Selamat sore.", at=NEXT_WEEK, until=IN_TWO_WEEKS)
    come(settings, NEXT_WEEK)
    follow_plans(settings)
    assert current_hash(settings) == second
    come(settings, IN_TWO_WEEKS)
    follow_plans(settings)
    assert current_hash(settings) == first


def test_what_follows_a_planned_version_is_planned_on_it(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    second = planned(settings, "Selamat sore.", at=NEXT_WEEK)
    third = planned(settings, "Selamat malam.", at=IN_TWO_WEEKS)
    assert [plan.base for plan in plans(settings)][1] == second
    come(settings, NEXT_WEEK)
    come(settings, IN_TWO_WEEKS)
    assert len(follow_plans(settings)) == 2
    assert current_hash(settings) == third


def test_a_plan_never_undoes_what_was_published_meanwhile(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    planned(settings, "Selamat sore.", at=NEXT_WEEK)
    urgent = published(settings, "Selamat malam.").hash
    come(settings, NEXT_WEEK)
    (held,) = follow_plans(settings)
    assert held.held
    assert current_hash(settings) == urgent
    assert follow_plans(settings) == []
    assert "Held 1: " in sambung("versions").output
    assert sambung("versions", "cancel", "1").exit_code == 0
    assert plans(settings) == []
    assert "there is no plan 1" in sambung("versions", "cancel", "1").output


@pytest.mark.parametrize("first", [{"at": NEXT_WEEK}, {"until": NEXT_WEEK}])
def test_of_two_moves_at_the_same_time_the_one_planned_later_is_in_force(
    settings: Settings, first: dict[str, float]
) -> None:
    published(settings, "Selamat pagi.")
    planned(settings, "Selamat sore.", **first)
    later = planned(settings, "Selamat malam.", at=NEXT_WEEK)
    come(settings, NEXT_WEEK)
    assert [plan.held for plan in follow_plans(settings)] == [False, False]
    assert current_hash(settings) == later


def test_a_plan_that_is_fulfilled_already_is_not_held(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    planned(settings, "Selamat sore.", at=NEXT_WEEK)
    at_once = published(settings, "Selamat sore.").hash
    assert to_be_held(settings) == []
    come(settings, NEXT_WEEK)
    assert [plan.held for plan in follow_plans(settings)] == [False]
    assert current_hash(settings) == at_once


def test_damaged_plans_are_told_and_stop_nothing_else(settings: Settings) -> None:
    version = published(settings, "Selamat pagi.").hash
    (settings.versions / "plans.json").write_text("[{")
    with pytest.raises(PlanError, match=r"plans\.json is damaged"):
        follow_plans(settings)
    assert load_version(settings).hash == version
    assert "remove it and plan again" in sambung("versions").output


async def test_the_supervisor_follows_plans(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    second = planned(settings, "Selamat sore.", at=PAST)
    settings.run.mkdir(parents=True)
    supervisor = asyncio.create_task(Supervisor(settings, []).run())
    async with asyncio.timeout(20):
        while current_hash(settings) != second:
            await asyncio.sleep(0.01)
    supervisor.cancel()
    with pytest.raises(asyncio.CancelledError):
        await supervisor


# --- by command -------------------------------------------------------------------------------------
def tomorrow(settings: Settings) -> str:
    return f"{dt.datetime.now(ZoneInfo(settings.timezone)) + dt.timedelta(days=1):%Y-%m-%d}"


def test_publishing_for_a_time_by_command(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    write_flows(settings.flows, "Selamat sore.")
    day = tomorrow(settings)
    said = sambung("publish", "-m", "aturan baru", "--at", f"{day} 08:00", "--until", f"{day} 17:00").output
    assert f"in force from {day} 08:00 on" in said
    assert f"in force again from {day} 17:00 on" in said
    listed = sambung("versions").output
    assert f"Plan 1: {day} 08:00" in listed
    assert f"Plan 2: {day} 17:00: back from" in listed


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--at", "lusa"], "--at 'lusa': write 17:00"),
        (["--at", "2020-01-01"], "--at '2020-01-01': is over already"),
        (["--at", "3h", "--until", "2020-01-01"], "--until '2020-01-01': is over already"),
        (["--until", "3h"], "--until: there is no version before"),
    ],
)
def test_times_that_make_no_sense_publish_nothing(arguments: list[str], why: str, settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    refused = sambung("publish", *arguments)
    assert refused.exit_code == 1
    assert why in refused.output
    assert current_hash(settings) is None


def test_a_publish_says_which_plans_it_leaves_behind(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    planned(settings, "Selamat sore.", at=NEXT_WEEK)
    write_flows(settings.flows, "Selamat malam.")
    said = sambung("publish").output
    assert "Plan 1 (" in said
    assert "so it will be held" in said


# --- two who edit -----------------------------------------------------------------------------------
def copy_of(settings: Settings, hash: str, name: str) -> Path:
    """A folder of somebody's own, made from a version."""
    folder = settings.flows.with_name(name)
    assert sambung("versions", "restore", hash, str(folder)).exit_code == 0
    return folder


def change(folder: Path, old: str, new: str) -> None:
    path = folder / "halo.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_one_who_did_not_see_what_another_published_is_shown_it_first(settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    sambung("publish", "-m", "pertama")
    first = str(current_hash(settings))
    rini, budi = copy_of(settings, first, "rini"), copy_of(settings, first, "budi")
    change(rini, "Selamat pagi.", "Selamat sore.")
    assert sambung("publish", str(rini), "-m", "salam sore").exit_code == 0
    second = str(current_hash(settings))
    change(budi, "Selamat pagi.", "Selamat malam.")
    refused = sambung("publish", str(budi))
    assert refused.exit_code == 1
    assert f"was made from version {first}, but it would follow version {second} (" in refused.output
    assert "salam sore" in refused.output
    assert "salam · say: 'Selamat pagi.' → 'Selamat sore.'  ← you changed it, too" in refused.output
    assert f"sambung publish {budi} --over {second}" in refused.output
    assert current_hash(settings) == second
    assert sambung("publish", str(budi), "--over", first).exit_code == 1
    assert sambung("publish", str(budi), "--over", second).exit_code == 0
    assert base_of(budi) == current_hash(settings) != second


def test_one_who_plans_after_anothers_plan_is_shown_it_first(settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    sambung("publish")
    first = str(current_hash(settings))
    rini, budi = copy_of(settings, first, "rini"), copy_of(settings, first, "budi")
    change(rini, "Selamat pagi.", "Selamat sore.")
    assert sambung("publish", str(rini), "--at", "1h", "-m", "salam sore").exit_code == 0
    change(budi, "Selamat pagi.", "Selamat malam.")
    refused = sambung("publish", str(budi), "--at", "2h")
    assert refused.exit_code == 1
    (plan,) = plans(settings)
    assert f"it would follow version {plan.move.hash} (" in refused.output
    assert "salam sore" in refused.output
    assert f"sambung publish {budi} --at 2h --over {plan.move.hash}" in refused.output


def test_the_installations_own_folder_is_known_by_any_of_its_names(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    write_flows(settings.flows, "Selamat sore.")
    link = settings.flows.with_name("tautan")
    link.symlink_to(settings.flows)
    assert sambung("publish", str(link)).exit_code == 0


def test_one_who_goes_on_from_their_own_version_is_not_asked(settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    for greeting in ("Selamat pagi.", "Selamat sore.", "Selamat malam."):
        write_flows(settings.flows, greeting)
        assert sambung("publish").exit_code == 0


def test_what_was_put_back_is_not_published_again_by_accident(settings: Settings) -> None:
    for greeting in ("Selamat pagi.", "Selamat sore."):
        write_flows(settings.flows, greeting)
        sambung("publish")
    first = moves(settings)[0].hash
    sambung("rollback", first)
    change(settings.flows, "salam:", "halo:")
    change(settings.flows, "start: salam", "start: halo")
    refused = sambung("publish")
    assert refused.exit_code == 1
    assert "'Selamat sore.' → 'Selamat pagi.'" in refused.output


def test_a_folder_of_unknown_origin_is_compared_whole(settings: Settings) -> None:
    published(settings, "Selamat pagi.")
    folder = settings.flows.with_name("lain")
    write_flows(folder, "Selamat sore.")
    refused = sambung("publish", str(folder))
    assert "was made from version (unknown)" in refused.output
    assert "'Selamat sore.' → 'Selamat pagi.'" in refused.output


def test_a_version_that_came_in_while_ours_was_made_is_not_covered(settings: Settings) -> None:
    first = published(settings, "Selamat pagi.").hash
    published(settings, "Selamat sore.")
    with pytest.raises(PublishError, match="another version was, meanwhile"):
        publish(settings, site(settings, "Selamat malam."), author="rini", over=first)


def test_restoring_overwrites_nothing_that_is_not_published(settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    (settings.flows / "tests").mkdir()
    (settings.flows / "tests" / "catatan.txt").write_text("uji")
    sambung("publish")
    first = str(current_hash(settings))
    write_flows(settings.flows, "Selamat sore.")
    refused = sambung("versions", "restore", first, str(settings.flows))
    assert refused.exit_code == 1
    assert "holds changes that are not published" in refused.output
    sambung("publish")
    (settings.flows / "baru.yaml").write_text("flow: baru\nstart: a\nsteps: {a: {type: hangup}}\n")
    sambung("publish")
    assert sambung("versions", "restore", first, str(settings.flows)).exit_code == 0
    assert "Selamat pagi." in (settings.flows / "halo.yaml").read_text()
    assert not (settings.flows / "baru.yaml").exists()
    assert "Nothing has changed" not in sambung("publish", "--over", str(current_hash(settings))).output
    assert current_hash(settings) == first
    assert (copy_of(settings, first, "lain") / "tests" / "catatan.txt").read_text() == "uji"


def test_differences_are_told_by_place(settings: Settings) -> None:
    write_flows(settings.flows, "Selamat pagi.")
    sambung("publish")
    first = str(current_hash(settings))
    assert sambung("versions", "diff").output == "Nothing differs.\n"
    change(
        settings.flows,
        "    next: selesai\n",
        "    next: jeda\n  jeda: {type: play, say: Terima kasih., next: selesai}\n",
    )
    (settings.flows / "halo.yaml").write_text("# catatan\n" + (settings.flows / "halo.yaml").read_text())
    lines = sambung("versions", "diff").output.splitlines()
    assert lines == [
        "halo.yaml",
        "  salam · next: 'selesai' → 'jeda'",
        "  jeda: new ('type: play, say: Terima kasih., next: selesai')",
    ]
    write_flows(settings.flows, "Selamat sore.")
    sambung("publish")
    assert "  salam · say: 'Selamat pagi.' → 'Selamat sore.'" in sambung("versions", "diff", first).output
    assert sambung("versions", "diff", first, first).output == "Nothing differs.\n"
    (settings.flows / "halo.yaml").write_text("flow: [", encoding="utf-8")
    assert "halo.yaml" in sambung("versions", "diff").output
