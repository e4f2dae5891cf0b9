"""Opening hours of a line: the week, holidays, and days that are unlike others."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from ivr.flow.problems import nearest
from ivr.flow.public_holidays import joint_leave, national_holidays
from ivr.flow.values import Duration, Strict, Template, YesNo
from ivr.i18n import tr

DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
CLOSES = "tutup"
"""The variable that `closing_say` may speak: when the line closes, "16:00"."""


class Hours(Strict):
    """When the line is open. Without hours it is always open.

    ```yaml
    hours:
      week:
        senin-kamis: 08:00-16:00
        jumat: 08:00-11:30, 13:00-16:30
      national_holidays: ya
      joint_leave: ya
      closed:
        2026-12-28: Pindah kantor
      open_on:
        2026-12-24: 08:00-12:00
      zone: WITA
      closing_soon: 15m
    ```
    """

    week: dict[str, str]
    """Day or days (`senin`, `senin-jumat`) and the times: `08:00-16:00`, several with commas."""
    national_holidays: YesNo = False
    """Whether the line stays closed on national holidays (`sambung lines` shows the next ones)."""
    joint_leave: YesNo = False
    """Whether it stays closed on cuti bersama, too."""
    closed: dict[dt.date, str] = Field({})
    """Days on which the line stays closed, and why."""
    open_on: dict[dt.date, str] = Field({})
    """Days with times of their own, whatever the week and the holidays say."""
    zone: Literal["WIB", "WITA", "WIT"] | None = None
    """Where these times hold; in the time zone of the installation, if missing."""
    closing_soon: Duration = Field(0.0, ge=0, le=4 * 3600)
    """Callers who come so shortly before the line closes are told when it does; 0: they are not."""
    closing_say: Template = Template("Layanan petugas kami hari ini tutup {tutup:jam}.")
    """What they are told; `{tutup:jam}` is the time."""

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

    @field_validator("open_on")
    @classmethod
    def _readable_times(cls, open_on: dict[dt.date, str]) -> dict[dt.date, str]:
        for times in open_on.values():
            _periods(times)
        return open_on

    @field_validator("closed", "open_on", mode="before")
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

    @model_validator(mode="after")
    def _open_or_closed(self) -> Self:
        if both := sorted(self.closed.keys() & self.open_on.keys()):
            raise ValueError(
                tr(
                    f"{both[0]} ada di 'closed' dan di 'open_on'; hapus salah satunya",
                    f"{both[0]} is in 'closed' and in 'open_on'; remove one of them",
                )
            )
        return self

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the line is open at `now`, a time in the installation's zone."""
        return self.closes_at(now) is not None

    def closes_at(self, now: dt.datetime) -> dt.datetime | None:
        """The end of the period that `now` lies in, None where the line is closed. Both in the zone of these hours."""
        now = self.local(now)
        for start, end in self._times(now.date()):
            if start <= now.time() < end:
                if end < dt.time.max:
                    return dt.datetime.combine(now.date(), end, now.tzinfo)
                return dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time.min, now.tzinfo)
        return None

    def closing_soon_at(self, now: dt.datetime) -> dt.datetime | None:
        """When the line closes, if that is near and it does not open again that very minute."""
        end = self.closes_at(now)
        if end is None or (end - self.local(now)).total_seconds() > self.closing_soon or self.is_open(end):
            return None
        return end

    def holiday(self, day: dt.date) -> str | None:
        """Why the line stays closed all of this day, whatever the week says; None where it does not."""
        if day in self.open_on:
            return None
        named = (
            self.closed,
            national_holidays(day.year) if self.national_holidays else {},
            joint_leave(day.year) if self.joint_leave else {},
        )
        return next((days[day] for days in named if day in days), None)

    def local(self, time: dt.datetime) -> dt.datetime:
        """A time in the zone of these hours."""
        return time.astimezone(ZoneInfo(ZONES[self.zone])) if self.zone else time

    def _times(self, day: dt.date) -> Iterator[tuple[dt.time, dt.time]]:
        if day in self.open_on:
            yield from _periods(self.open_on[day])
        elif self.holiday(day) is None:
            for days, times in self.week.items():
                if day.weekday() in _days(days):
                    yield from _periods(times)


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
