"""Indonesia's national holidays and cuti bersama (joint leave), as the package `holidays` knows them.

Both are decreed each year by three ministers. What is not decreed yet is an estimate of the package, and says so in
its name ("perkiraan"); of joint leave that is not decreed nothing is known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache


def national_holidays(year: int) -> Mapping[dt.date, str]:
    """Date → its name in Indonesian."""
    return _known(year, "public")


def joint_leave(year: int) -> Mapping[dt.date, str]:
    """Date → its name in Indonesian; empty where the package does not know the year's decree."""
    return _known(year, "government")


@cache
def _known(year: int, category: str) -> Mapping[dt.date, str]:
    from holidays.countries.indonesia import Indonesia  # noqa: PLC0415 - slow, and not every hotline has holidays

    return dict(Indonesia(years=year, language="id", categories=(category,)).items())
