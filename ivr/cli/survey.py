"""`sambung survey`: what callers think of the service.

`--json` gives one object for each survey, group and question: `survey`, `group` (as `--by`, null where it is not
known), `question`, `scale`, `count`, `mean`, `scores` (score → how often). With `--comments`: the rows of the comments.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from ivr.cli.history import span, with_history
from ivr.cli.running import json_option
from ivr.cli.tables import add_row, minute, new_table, print_json, print_table, zone_name
from ivr.i18n import tr
from ivr.settings import Settings
from ivr.store import queries
from ivr.store.queries import Record

GROUPS = ("all", "agent", "queue", "line", "day", "month")
IKM_SCALE = 4
IKM_GRADES = ((88.31, "A"), (76.61, "B"), (65.0, "C"), (0.0, "D"))
"""Permenpan RB 14/2017: from this index on, with two decimals, the service has this grade."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was answered to one question, in one group."""

    survey: str
    group: str | None
    question: str
    scale: int
    count: int
    mean: Fraction
    scores: dict[int, int]


@click.command(
    help=tr(
        "Penilaian penelepon: banyaknya dan rata-ratanya. IKM: indeks kepuasan masyarakat (Permenpan RB 14/2017).",
        "How callers rate the service: counts and means. IKM: the index of Permenpan RB 14/2017.",
    )
)
@click.option("--since", callback=span, help=tr("Tidak lebih lama dari: 1h, 7d.", "Not older than: 1h, 7d."))
@click.option("--survey", "name", metavar=tr("NAMA", "NAME"), help=tr("Survei ini saja.", "This survey alone."))
@click.option(
    "--by", type=click.Choice(GROUPS), default="all", show_default=True, help=tr("Dikelompokkan.", "What to group by.")
)
@click.option("--comments", is_flag=True, help=tr("Komentar lisan.", "Spoken comments."))
@json_option
def survey(since: float | None, name: str | None, by: str, comments: bool, as_json: bool) -> None:
    async def show(settings: Settings, engine: AsyncEngine) -> None:
        zone = ZoneInfo(settings.timezone)
        async with engine.connect() as connection:
            rows = await queries.survey_results(
                connection, since=None if since is None else time.time() - since, survey=name
            )
        if comments:
            spoken = [row for row in rows if row["recording"]]
            if as_json:
                print_json(spoken)
            else:
                _print_comments(spoken, settings, zone)
            return
        results = list(count(rows, _grouping(by, zone)))
        if as_json:
            print_json([{**asdict(result), "mean": _rounded(result.mean)} for result in results])
        elif results:
            _print_results(results, grouped=by != "all")
        else:
            click.echo(tr("Belum ada penilaian.", "There are no ratings yet."))

    with_history(show)


def _grouping(by: str, zone: dt.tzinfo) -> Callable[[Record], Any]:
    """The group of a row."""
    if by == "all":
        return lambda row: None
    if by in ("day", "month"):
        shape = "%Y-%m-%d" if by == "day" else "%Y-%m"
        return lambda row: dt.datetime.fromtimestamp(row["at"], zone).strftime(shape)
    return lambda row: row[by]


def count(rows: Iterable[Record], group: Callable[[Record], Any]) -> Iterator[Result]:
    """The results, by survey, group and question; a question that changed its scale is another one."""
    found: defaultdict[tuple[str, Any, str, int], Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["score"] is not None:
            found[row["survey"], group(row), row["question"], row["scale"]][row["score"]] += 1
    for key in sorted(found, key=lambda key: (key[0], key[1] or "", *key[2:])):
        scores = found[key]
        mean = Fraction(sum(score * times for score, times in scores.items()), scores.total())
        yield Result(*key, scores.total(), mean, dict(sorted(scores.items())))


def _rounded(number: Fraction) -> float:
    """With two decimals, as people round: the half goes up."""
    return math.floor(number * 100 + Fraction(1, 2)) / 100


def _print_results(results: list[Result], *, grouped: bool) -> None:
    table = new_table(
        *(tr("Survei", "Survey"), tr("Kelompok", "Group"), tr("Pertanyaan", "Question")),
        *(tr("Jawaban", "Answers"), tr("Rata-rata", "Mean"), tr("Nilai", "Scores")),
    )
    for result in results:
        scores = ", ".join(f"{score}: {times}×" for score, times in result.scores.items())
        mean = f"{_rounded(result.mean):.2f} / {result.scale}"
        add_row(table, result.survey, result.group or "–", result.question, str(result.count), mean, scores)
    print_table(table)
    for (name, group), index in _indices(results):
        whose = f"{name}, {group or '–'}" if grouped else name
        click.echo(f"IKM {whose}: {index:.2f} ({next(grade for least, grade in IKM_GRADES if index >= least)})")


def _indices(results: list[Result]) -> Iterator[tuple[tuple[str, str | None], float]]:
    """The index of each survey on the regulation's scale, in each group: all questions weigh the same."""
    means: defaultdict[tuple[str, str | None], list[Fraction]] = defaultdict(list)
    for result in results:
        if result.scale == IKM_SCALE:
            means[result.survey, result.group].append(result.mean)
    for whose, of_questions in means.items():
        yield whose, _rounded(sum(of_questions, Fraction(0)) / len(of_questions) * 100 / IKM_SCALE)


def _print_comments(rows: list[Record], settings: Settings, zone: ZoneInfo) -> None:
    if not rows:
        click.echo(tr("Belum ada komentar.", "There are no comments yet."))
        return
    table = new_table(
        f"{tr('Waktu', 'Time')} ({zone_name(zone)})",
        *(tr("Antrean", "Queue"), tr("Agen", "Agent"), tr("Panggilan", "Call"), tr("Rekaman", "Recording")),
        key=3,
    )
    for row in rows:
        where = str(settings.recordings / row["recording"])
        add_row(table, minute(row["at"], zone), row["queue"] or "–", row["agent"] or "–", row["call"], where)
    print_table(table)
