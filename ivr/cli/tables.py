"""What many commands show alike: tables, JSON, times and their zone."""

from __future__ import annotations

import datetime as dt
import json

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr.cli.story import harmless

NO_LIMIT = 10_000


def new_table(*headings: str, key: int = 0) -> Table:
    """A table with these columns, whose cells go on in the next line where the terminal is narrow.

    Those of the column `key`, by which commands name a row, stay in one piece.
    """
    table = Table()
    for i, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=i == key)
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of texts, of one line or more, as they came from callers, files and people."""
    table.add_row(*(Text("\n".join(map(harmless, cell.split("\n")))) for cell in cells))


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal; in a file or a pipe, which have no width, nothing is folded."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=NO_LIMIT)
    console.print(table)


def print_json(shown: object) -> None:
    """For programs."""
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2))


def minute(at: float, zone: dt.tzinfo) -> str:
    """A time (Unix seconds), to the minute."""
    return f"{dt.datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def zone_name(zone: dt.tzinfo) -> str:
    """WIB, WITA, WIT, or the offset where a zone has no name; said once, not beside each time."""
    return f"{dt.datetime.now(zone):%Z}"
