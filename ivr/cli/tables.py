"""What many commands show alike: tables, and the zone of their times."""

from __future__ import annotations

import datetime as dt

from rich.console import Console
from rich.table import Table

NO_LIMIT = 10_000


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal; in a file or a pipe, which have no width, nothing is folded."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=NO_LIMIT)
    console.print(table)


def zone_name(zone: dt.tzinfo) -> str:
    """WIB, WITA, WIT, or the offset where a zone has no name; said once, not beside each time."""
    return f"{dt.datetime.now(zone):%Z}"
