"""Opening hours."""

import datetime as dt

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


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"week": {"senen": "08:00-16:00"}}, "did you mean 'senin'"),
        ({"week": {"senin-rabu-jumat": "08:00-16:00"}}, "two days"),
        ({"week": {"senin-jumat": "08:00-16:00", "rabu": "08:00-09:00"}}, "rabu is given twice"),
        ({"week": {"senin": "8-16"}}, "are no times"),
        ({"week": {"senin": "25:00-26:00"}}, "are no times"),
        ({"week": {"senin": "20:00-06:00"}}, "ends before it begins"),
        ({"week": {}, "closed": {"2026-02-30": "x"}}, "is no date"),
    ],
)
def test_wrong_hours_say_why(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Hours.model_validate(given)
