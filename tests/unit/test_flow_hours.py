"""Opening hours."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from flow_kit import english  # noqa: F401 - a fixture
from pydantic import ValidationError

from ivr.flow.hours import Hours

WEEK = {"senin-kamis": "08:00-16:00", "jumat": "08:00-11:30, 13:00-16:30", "sabtu": "20.00-24:00"}
HOURS = Hours.model_validate({"week": WEEK, "closed": {"2026-12-24": "Cuti bersama"}})


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 07:59", False),  # Monday
        ("2026-11-23 08:00", True),
        ("2026-11-26 15:59", True),
        ("2026-11-26 16:00", False),
        ("2026-11-27 12:00", False),  # Friday noon
        ("2026-11-27 13:00", True),
        ("2026-11-28 23:59", True),  # Saturday, to the end of the day
        ("2026-11-29 00:00", False),  # Sunday
        ("2026-12-24 10:00", False),  # a Thursday that is closed
    ],
)
def test_is_open(moment: str, is_open: bool) -> None:
    assert HOURS.is_open(dt.datetime.fromisoformat(moment)) is is_open


def test_a_range_may_go_over_the_weekend() -> None:
    hours = Hours.model_validate({"week": {"sabtu-senin": "08:00-09:00"}})
    open_days = [d for d in range(23, 30) if hours.is_open(dt.datetime(2026, 11, d, 8))]
    assert open_days == [23, 28, 29]


@pytest.mark.parametrize(
    ("moment", "national", "leave", "why"),
    [
        ("2026-12-25", True, False, "Hari Raya Natal"),
        ("2026-12-25", False, True, None),
        ("2026-12-24", False, True, "Cuti Bersama Hari Raya Natal"),
        ("2026-12-24", True, False, None),
        ("2026-12-24", True, True, "Cuti Bersama Hari Raya Natal"),
        ("2026-08-17", True, True, "Hari Kemerdekaan Republik Indonesia"),
        ("2026-12-23", True, True, None),
    ],
)
def test_holidays_and_joint_leave_close_the_line(moment: str, national: bool, leave: bool, why: str | None) -> None:
    given = {"week": {"senin-minggu": "08:00-16:00"}, "national_holidays": national, "joint_leave": leave}
    hours = Hours.model_validate(given)
    assert hours.holiday(dt.date.fromisoformat(moment)) == why
    assert hours.is_open(dt.datetime.fromisoformat(f"{moment} 10:00")) is (why is None)


def test_own_times_of_a_day_go_before_holidays_and_week() -> None:
    given = {"week": {"senin": "08:00-16:00"}, "national_holidays": "ya", "open_on": {"2026-12-25": "09:00-11:00"}}
    hours = Hours.model_validate(given)
    assert [h for h in range(24) if hours.is_open(dt.datetime(2026, 12, 25, h))] == [9, 10]


@pytest.mark.parametrize(("zone", "opens"), [("WIB", 8), ("WITA", 7), ("WIT", 6), (None, 8)])
def test_the_times_hold_in_the_zone_of_the_line(zone: str | None, opens: int) -> None:
    hours = Hours.model_validate({"week": {"senin": "08:00-16:00"}, "zone": zone})
    monday = [dt.datetime(2026, 11, 23, hour, tzinfo=ZoneInfo("Asia/Jakarta")) for hour in range(24)]
    assert [m.hour for m in monday if hours.is_open(m)] == list(range(opens, opens + 8))


@pytest.mark.parametrize(
    ("moment", "closes"),
    [
        ("2026-11-23 15:44", None),
        ("2026-11-23 15:45", "16:00"),
        ("2026-11-23 15:59", "16:00"),
        ("2026-11-23 16:00", None),  # closed already
        ("2026-11-25 11:50", None),  # open again the very minute it closes
        ("2026-11-26 23:50", None),  # open on, over midnight
        ("2026-11-27 23:50", "00:00"),
    ],
)
def test_closing_soon(moment: str, closes: str | None) -> None:
    week = {"senin": "08:00-16:00", "rabu": "08:00-12:00, 12:00-16:00", "kamis-jumat": "00:00-24:00"}
    hours = Hours.model_validate({"week": week, "closing_soon": "15m"})
    now = dt.datetime.fromisoformat(moment)
    end = hours.closes_at(now)
    assert (f"{end:%H:%M}" if end and hours.closes_soon(now, end) else None) == closes


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"week": {"senen": "08:00-16:00"}}, "write senin"),
        ({"week": {"senin-rabu-jumat": "08:00-16:00"}}, "two days"),
        ({"week": {"senin-jumat": "08:00-16:00", "rabu": "08:00-09:00"}}, "rabu is part of 'senin-jumat', too"),
        ({"week": {"senin": "8-16"}}, "write 08:00-16:00"),
        ({"week": {"senin": "7.30 sampai 14.15"}}, "write 07:30-14:15"),
        ({"week": {"senin": "08:00-11:00 dan 13:00-16:00"}}, "by a comma"),
        ({"week": {"senin": "tutup"}}, "remove this line"),
        ({"week": {"senin": "25:00-26:00"}}, "are no times"),
        ({"week": {"senin": "20:00-06:00"}}, "closing must come after opening"),
        ({"week": {}, "closed": {"2026-02-30": "x"}}, "month 2 of 2026 ends with day 28"),
        ({"week": {}, "closed": {"2026-13-01": "x"}}, "there is no month 13"),
        ({"week": {}, "closed": {"Natal": "x"}}, "write 2026-12-25"),
        ({"week": {}, "open_on": {"24-12-2026": "08:00-12:00"}}, "write 2026-12-24"),
        ({"week": {}, "open_on": {"2026-12-25": "pagi"}}, "are no times"),
        ({"week": {}, "open_on": {"2026-12-25": "08:00-12:00"}, "closed": {"2026-12-25": "Natal"}}, "remove one"),
        ({"week": {}, "zone": "WITT"}, "WITA"),
    ],
)
def test_wrong_hours_say_why(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Hours.model_validate(given)
