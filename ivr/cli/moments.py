"""Times and spans as people write them on the command line."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import Any

import click

from ivr.i18n import tr


class WrittenTime(click.DateTime):
    """A time of any day of ours, past ones too, in the one form `form`; anything else is told with an example."""

    def __init__(self, form: str) -> None:
        super().__init__([form])
        self._example = dt.datetime(2026, 12, 25, 10).strftime(form)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return f"'{self._example}'"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        written: dt.datetime | None = None
        with suppress(click.BadParameter):
            written = super().convert(value, param, ctx)
        if written is None or not 1900 <= written.year < 3000:  # what is reckoned from it must be a time, too
            like = f"'{self._example}'"
            self.fail(tr(f"{value!r}: tulis seperti {like}", f"{value!r}: write it like {like}"), param, ctx)
        return written


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def span_seconds(text: str) -> float | None:
    """ "90s", "30m", "1h", "7d" as seconds; None for anything else."""
    match = re.fullmatch(r"(\d{1,9})([smhd])", text.strip())
    return int(match[1]) * _UNITS[match[2]] if match else None


def moment(option: str, text: str, now: dt.datetime, *, longest_days: int, whole_day: bool) -> dt.datetime:
    """A time to come: "17:00" (the next), "2026-12-01", "2026-12-01 17:00", "30m", "3h", "7d".

    `whole_day`: a mere date is the end of that day rather than its beginning. Raises ClickException, naming `option`,
    for what is no time, lies behind `now`, or too far ahead of it.
    """
    found = _moment(text.strip(), now, whole_day=whole_day)
    if found is None:
        raise click.ClickException(
            tr(
                f"{option} {text!r}: tulis 17:00, 2026-12-01, '2026-12-01 17:00', 30m, 3h atau 7d",
                f"{option} {text!r}: write 17:00, 2026-12-01, '2026-12-01 17:00', 30m, 3h or 7d",
            )
        )
    if found <= now:
        raise click.ClickException(tr(f"{option} {text!r}: sudah lewat", f"{option} {text!r}: is over already"))
    if found > now + dt.timedelta(days=longest_days):
        raise click.ClickException(
            tr(
                f"{option} {text!r}: paling lama {longest_days} hari",
                f"{option} {text!r}: {longest_days} days at most",
            )
        )
    return found


def _moment(text: str, now: dt.datetime, *, whole_day: bool) -> dt.datetime | None:
    try:
        if (seconds := span_seconds(text)) is not None:
            return now + dt.timedelta(seconds=seconds)
        if re.fullmatch(r"\d{1,2}[:.]\d{2}", text):
            hour, minute = map(int, re.split("[:.]", text))
            found = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
            return found if found > now else found + dt.timedelta(days=1)
        found = dt.datetime.fromisoformat(text).replace(tzinfo=now.tzinfo)
        return found + dt.timedelta(days=1) if whole_day and len(text) <= len("2026-12-01") else found
    except (ValueError, OverflowError):
        return None
