"""Opening hours of a line: the week, and days on which it stays closed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from pydantic import Field, field_validator

from ivr.flow.problems import nearest
from ivr.flow.values import Strict
from ivr.i18n import tr

DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")


class Hours(Strict):
    """When the line is open. Without hours it is always open.

    ```yaml
    hours:
      week:
        senin-kamis: 08:00-16:00
        jumat: 08:00-11:30, 13:00-16:30
      closed:
        2026-12-25: Hari Natal
    ```
    """

    week: dict[str, str]
    """Day or days (`senin`, `senin-jumat`) and the times: `08:00-16:00`, several with commas."""
    closed: dict[dt.date, str] = Field({})
    """Days on which the line stays closed, and why."""

    @field_validator("week")
    @classmethod
    def _readable(cls, week: dict[str, str]) -> dict[str, str]:
        seen: set[int] = set()
        for days, times in week.items():
            numbers = set(_days(days))
            if seen & numbers:
                name = DAYS[min(seen & numbers)]
                raise ValueError(tr(f"{name} ditulis dua kali", f"{name} is given twice"))
            seen |= numbers
            _periods(times)
        return week

    @field_validator("closed", mode="before")
    @classmethod
    def _dates(cls, closed: Any) -> Any:
        for date in closed if isinstance(closed, dict) else ():
            try:
                dt.date.fromisoformat(str(date))
            except ValueError:
                raise ValueError(
                    tr(f"'{date}' bukan tanggal; tulis seperti 2026-12-25", f"'{date}' is no date; write 2026-12-25")
                ) from None
        return closed

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the line is open at `now`, a local time."""
        if now.date() in self.closed:
            return False
        today = [times for days, times in self.week.items() if now.weekday() in _days(days)]
        return any(start <= now.time() < end for times in today for start, end in _periods(times))


def _days(text: str) -> list[int]:
    """Numbers of the days in "senin" or "senin-jumat", Monday 0. Raises ValueError."""
    names = [part.strip().lower() for part in text.split("-")]
    for name in names:
        if name not in DAYS:
            close = nearest(name, DAYS)
            hint = tr(f"; maksudnya '{close}'?", f"; did you mean '{close}'?") if close else ""
            raise ValueError(tr(f"'{name}' bukan nama hari{hint}", f"'{name}' is no day of the week{hint}"))
    first, last = DAYS.index(names[0]), DAYS.index(names[-1])
    if len(names) > 2:
        raise ValueError(
            tr(f"'{text}': tulis dua hari, seperti senin-jumat", f"'{text}': write two days, like senin-jumat")
        )
    return [(first + i) % 7 for i in range((last - first) % 7 + 1)]


def _periods(text: str) -> list[tuple[dt.time, dt.time]]:
    """Start and end times in "08:00-11:30, 13:00-16:00"; 24:00 is the end of the day. Raises ValueError."""
    return [_period(part.strip()) for part in text.split(",")]


def _period(text: str) -> tuple[dt.time, dt.time]:
    times = re.fullmatch(r"(\d{1,2}[:.]\d\d)\s*-\s*(\d{1,2}[:.]\d\d)", text)
    start, end = (_time(times[1]), _time(times[2])) if times else (None, None)
    if start is None or end is None:
        raise ValueError(
            tr(f"'{text}' bukan jam; tulis seperti 08:00-16:00", f"'{text}' are no times; write 08:00-16:00")
        )
    if end <= start:
        raise ValueError(tr(f"'{text}' berakhir sebelum mulai", f"'{text}' ends before it begins"))
    return start, end


def _time(text: str) -> dt.time | None:
    hour, minute = int(text[:-3]), int(text[-2:])
    if (hour, minute) == (24, 0):
        return dt.time.max
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None
