"""Times and spans on the command line."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import click
import pytest

from ivr.cli.moments import moment

NOON = dt.datetime(2026, 11, 26, 12, 0, tzinfo=ZoneInfo("Asia/Jakarta"))


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("17:00", "2026-11-26 17:00"),
        ("17.00", "2026-11-26 17:00"),
        ("11:59", "2026-11-27 11:59"),
        ("12:00", "2026-11-27 12:00"),
        ("30m", "2026-11-26 12:30"),
        ("3h", "2026-11-26 15:00"),
        ("7d", "2026-12-03 12:00"),
        ("2026-11-26", "2026-11-27 00:00"),
        ("2026-12-01", "2026-12-02 00:00"),
        ("2026-12-01 17:00", "2026-12-01 17:00"),
    ],
)
def test_ends_are_written_as_people_do(text: str, end: str) -> None:
    assert f"{moment('--until', text, NOON, longest_days=31, whole_day=True):%Y-%m-%d %H:%M}" == end


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("besok", "write 17:00"),
        ("", "write 17:00"),
        ("25:00", "write 17:00"),
        ("2026-11-31", "write 17:00"),
        ("3", "write 17:00"),
        ("3w", "write 17:00"),
        ("2026-11-25", "is over already"),
        ("2026-11-26 11:00", "is over already"),
        ("0m", "is over already"),
        ("2027-11-26", "31 days at most"),
        ("99999d", "31 days at most"),
        ("9999-12-30", "31 days at most"),
        ("9999-12-31", "write 17:00"),
    ],
)
def test_what_is_no_time_to_come_is_refused(text: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    with pytest.raises(click.ClickException, match=f"--until.*{words}"):
        moment("--until", text, NOON, longest_days=31, whole_day=True)


def test_a_date_is_the_beginning_of_its_day_where_something_begins() -> None:
    assert (
        moment("--at", "2026-12-01", NOON, longest_days=31, whole_day=False).isoformat() == "2026-12-01T00:00:00+07:00"
    )
