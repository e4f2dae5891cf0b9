"""`sambung check`, `simulate`, `schema`: for those who write flows."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import click

from ivr.flow.loader import load_site
from ivr.flow.problems import Problem
from ivr.i18n import tr
from ivr.settings import PROJECT

FLOWS = PROJECT / "ivr" / "flows"


@click.command(
    help=tr("Periksa alur: folder, atau sebuah berkas di dalamnya.", "Check flows: a folder, or a file in it.")
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="PATH…")
@click.option("--json", "as_json", is_flag=True, help=tr("Keluaran JSON.", "JSON output."))
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Print every problem; exit with 1 when there is an error."""
    problems: list[Problem] = []
    for path in paths or (FLOWS,):
        folder = path if path.is_dir() else path.parent
        found = load_site(folder).problems
        problems += found if path.is_dir() else [p for p in found if Path(p.file) == path]
    problems = sorted(set(problems))
    errors = sum(p.severity == "error" for p in problems)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(p) for p in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        warnings = len(problems) - errors
        click.echo(tr(f"{errors} kesalahan, {warnings} peringatan", f"{errors} error(s), {warnings} warning(s)"))
    sys.exit(1 if errors else 0)


@click.command(
    help=tr("Skema JSON bahasa alur, untuk penyunting teks.", "JSON Schema of the flow language, for text editors.")
)
@click.option(
    "--docs",
    is_flag=True,
    help=tr("Halaman acuan (docs/flow-language.md).", "The reference page (docs/flow-language.md)."),
)
def schema(docs: bool) -> None:
    """Print the JSON Schema, or the reference page."""
    from ivr.flow.schema import json_schema, reference  # noqa: PLC0415 - slow to build, and seldom wanted

    click.echo(reference() if docs else json.dumps(json_schema(), ensure_ascii=False, indent=2), nl=not docs)
