"""Opening hours of a line: the week, holidays, and days that are unlike others."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from ivr.flow.problems import FieldError, nearest
from ivr.flow.public_holidays import joint_leave, national_holidays
from ivr.flow.values import Duration, Strict, Template, YesNo
from ivr.i18n import tr

DAYS = ("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu")
ZONES = {"WIB": "Asia/Jakarta", "WITA": "Asia/Makassar", "WIT": "Asia/Jayapura"}
_CLOSED_WORDS = ("tutup", "libur", "tidak", "no", "off", "closed", "-", "")
_TO = r"\s*(?:-|–|—|s\.?/?d\.?|sampai(?:\s+dengan)?|hingga|to)\s*"
_LOOSE_TIMES = re.compile(rf"(\d{{1,2}})(?:[:.](\d\d))?{_TO}(\d{{1,2}})(?:[:.](\d\d))?")
_LOOSE_DAYS = re.compile(rf"([a-z'’]+)(?:{_TO}([a-z'’]+))?")
_LOOSE_DATE = re.compile(r"([1-9]\d{3})[-/. ](\d{1,2})[-/. ](\d{1,2})|(\d{1,2})[-/. ](\d{1,2})[-/. ]([1-9]\d{3})")
_EVERY_DAY = ("setiap hari", "tiap hari", "semua hari", "harian", "every day", "daily")
_OTHER_DAYS = {
    **dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), DAYS, strict=True)),
    "ahad": "minggu",
}
"""Other names of days → their names here."""
CLOSES = "tutup"
"""The variable that `closing_say` may speak: when the line closes, "16:00"."""


def _days(text: str) -> list[int]:
    """Numbers of the days in "senin" or "senin-jumat", Monday 0. Raises ValueError."""
    names = [part.strip().lower() for part in text.split("-")]
    if unknown := next((name for name in names if name not in DAYS), None):
        raise ValueError(
            tr(f"'{unknown}' bukan nama hari", f"'{unknown}' is no day of the week") + _instead_of_days(text.lower())
        )
    first, last = DAYS.index(names[0]), DAYS.index(names[-1])
    if len(names) > 2:
        raise ValueError(
            tr(f"'{text}': tulis dua hari, seperti senin-jumat", f"'{text}': write two days, like senin-jumat")
        )
    return [(first + i) % 7 for i in range((last - first) % 7 + 1)]


def _instead_of_days(text: str) -> str:
    """What to write instead of what are no days."""
    loose = _LOOSE_DAYS.fullmatch(text.strip())
    meant = [_day_meant(name) for name in loose.groups() if name] if loose else []
    write = "senin-minggu" if text.strip() in _EVERY_DAY else "-".join(meant) if all(meant) else ""
    if write:
        return tr(f"; tulis {write}", f"; write {write}")
    days = ", ".join(DAYS)
    return tr(
        f"; tulis satu hari atau rentang seperti senin-kamis pada setiap baris: {days}",
        f"; write one day, or a range like senin-kamis, in each line: {days}",
    )


def _day_meant(name: str) -> str:
    """The day that a name is a misspelling of, or its name in another language; "" for none."""
    near = nearest(name, [*DAYS, *_OTHER_DAYS])
    return _OTHER_DAYS.get(near, near)


def _periods(text: str) -> list[tuple[dt.time, dt.time]]:
    """Start and end times in "08:00-11:30, 13:00-16:00"; 24:00 is the end of the day. Raises ValueError."""
    return [_period(part.strip()) for part in text.split(",")]


def disorder(text: str) -> str:
    """What is wrong with the order of times that can be read each; "" where nothing is."""
    for (_, closes), (opens, _) in pairwise(_periods(text)):
        if opens < closes:
            closing = "24:00" if closes == dt.time.max else f"{closes:%H:%M}"
            return tr(
                f"{opens:%H:%M} sebelum jam tutup {closing}; urutkan jamnya tanpa tumpang tindih, seperti "
                "08:00-11:30, 13:00-16:30",
                f"{opens:%H:%M} is before the closing at {closing}; put the times in order, without overlap, like "
                "08:00-11:30, 13:00-16:30",
            )
    return ""


def _period(text: str) -> tuple[dt.time, dt.time]:
    times = re.fullmatch(r"(\d{1,2}[:.]\d\d)\s*-\s*(\d{1,2}[:.]\d\d)", text)
    start, end = (_time(times[1]), _time(times[2])) if times else (None, None)
    if start is None or end is None:
        raise ValueError(tr(f"'{text}' bukan jam", f"'{text}' are no times") + _instead_of_times(text))
    if end <= start:
        raise ValueError(
            tr(
                f"'{text}': tutup harus sesudah buka; jam malam ditulis pada dua hari, sampai 24:00 dan mulai 00:00",
                f"'{text}': closing must come after opening; a night is written on two days, to 24:00 and from 00:00",
            )
        )
    return start, end


def _instead_of_times(text: str) -> str:
    """What to write instead of what are no times."""
    if text.lower() in _CLOSED_WORDS:
        return tr(
            "; hari tutup tidak ditulis: hapus baris ini, atau tulis jamnya seperti 08:00-16:00",
            "; a day that is closed is left out: remove this line, or write times like 08:00-16:00",
        )
    if len(_LOOSE_TIMES.findall(text)) > 1:
        return tr("; pisahkan beberapa jam dengan koma", "; separate several times by a comma")
    write = "08:00-16:00"
    if loose := _LOOSE_TIMES.fullmatch(text):
        hours = f"{loose[1]:>02}:{loose[2] or '00'}", f"{loose[3]:>02}:{loose[4] or '00'}"
        write = "-".join(hours) if all(map(_time, hours)) else write
    if "–" in text or "—" in text:
        return tr(f"; ketik tanda hubung biasa (-): {write}", f"; type the plain hyphen (-): {write}")
    return tr(f"; tulis seperti {write}", f"; write {write}")


def _time(text: str) -> dt.time | None:
    hour, minute = int(text[:-3]), int(text[-2:])
    if (hour, minute) == (24, 0):
        return dt.time.max
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def _readable_days(text: str) -> str:
    _days(text)
    return text


def _readable_times(text: str) -> str:
    _periods(text)
    return text


def _date(value: object) -> str:
    """A date as it is written in ISO 8601. Raises ValueError."""
    text = str(value)
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(tr(f"'{text}' bukan tanggal", f"'{text}' is no date") + _instead_of_date(text)) from None


def _instead_of_date(text: str) -> str:
    """What to write instead of what is no date."""
    write = "2026-12-25"
    if parts := _LOOSE_DATE.fullmatch(text):
        year, month, day = int(parts[1] or parts[6]), int(parts[2] or parts[5]), int(parts[3] or parts[4])
        if not 1 <= month <= 12:
            return tr(
                f": bulan {month} tidak ada; tulis tahun-bulan-tanggal",
                f": there is no month {month}; write year-month-day",
            )
        if day > (last := calendar.monthrange(year, month)[1]):
            return tr(
                f": bulan {month} tahun {year} hanya sampai {last}", f": month {month} of {year} ends with day {last}"
            )
        write = f"{year}-{month:02}-{max(day, 1):02}"
    if len(_LOOSE_DATE.findall(text)) > 1:
        return tr("; tulis satu baris untuk setiap tanggal", "; write one line for each date")
    return tr(f"; tulis seperti {write}", f"; write {write}")


Days = Annotated[str, AfterValidator(_readable_days)]
Times = Annotated[str, AfterValidator(_readable_times)]
Date = Annotated[dt.date, BeforeValidator(_date)]


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

    week: dict[Days, Times]
    """Day or days (`senin`, `senin-jumat`) and the times: `08:00-16:00`, several with commas."""
    national_holidays: YesNo = False
    """Whether the line stays closed on national holidays (`sambung lines` shows the next ones)."""
    joint_leave: YesNo = False
    """Whether it stays closed on cuti bersama, too."""
    closed: dict[Date, str] = Field({})
    """Days on which the line stays closed, and why."""
    open_on: dict[Date, Times] = Field({})
    """Days with times of their own, whatever the week and the holidays say."""
    zone: Literal["WIB", "WITA", "WIT"] | None = None
    """Where these times hold; in the time zone of the installation, if missing."""
    closing_soon: Duration = Field(0.0, ge=0, le=4 * 3600)
    """Callers who come so shortly before the line closes are told when it does; 0: they are not."""
    closing_say: Template = Template("Layanan petugas kami hari ini tutup {tutup:jam}.")
    """What they are told; `{tutup:jam}` is the time."""

    @field_validator("week")
    @classmethod
    def _each_day_once(cls, week: dict[str, str]) -> dict[str, str]:
        seen: dict[int, str] = {}
        for days in week:
            for day in _days(days):
                if day in seen:
                    message = tr(
                        f"{DAYS[day]} juga termasuk dalam '{seen[day]}'; hapus salah satu",
                        f"{DAYS[day]} is part of '{seen[day]}', too; remove one of the two",
                    )
                    raise FieldError(message, days, key=True)
                seen[day] = days
        return week

    @model_validator(mode="after")
    def _open_or_closed(self) -> Self:
        if both := sorted(self.closed.keys() & self.open_on.keys()):
            message = tr(
                f"{both[0]} ada di 'closed' dan di 'open_on'; hapus salah satunya",
                f"{both[0]} is in 'closed' and in 'open_on'; remove one of them",
            )
            raise FieldError(message, "open_on", f"{both[0]}", key=True)
        return self

    def is_open(self, now: dt.datetime) -> bool:
        """Whether the line is open at `now`, a time in the installation's zone."""
        return self.closes_at(now) is not None

    def closes_at(self, now: dt.datetime) -> dt.datetime | None:
        """The end of the period that `now` lies in, None where the line is closed. Both in the zone of these hours."""
        return next((end for start, end in self.open_times(now, 1) if start <= now < end), None)

    def open_times(self, now: dt.datetime, days: int) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """When the line is open, from the day of `now` on for so many days; in the zone of these hours."""
        now = self.local(now)
        for day in (now.date() + dt.timedelta(days=i) for i in range(days)):
            for start, end in self._times(day):
                last = (day, end) if end < dt.time.max else (day + dt.timedelta(days=1), dt.time.min)
                yield dt.datetime.combine(day, start, now.tzinfo), dt.datetime.combine(*last, now.tzinfo)

    def closes_soon(self, now: dt.datetime, closes: dt.datetime) -> bool:
        """Whether the end of the period that `now` lies in is near, and none begins that very minute."""
        near = bool(self.closing_soon) and (closes - self.local(now)).total_seconds() <= self.closing_soon
        return near and not self.is_open(closes)

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
            yield from self._week.get(day.weekday(), ())

    @cached_property
    def _week(self) -> dict[int, list[tuple[dt.time, dt.time]]]:
        """Day of the week, Monday 0 → its times."""
        return {day: _periods(times) for days, times in self.week.items() for day in _days(days)}
