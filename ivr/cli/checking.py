"""`sambung check`: what is wrong with the flows. It is run after every change, so it loads little."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.flow.answers import FOLDER as ANSWERS
from ivr.flow.languages import FOLDER as LANGUAGES
from ivr.flow.loader import HOTLINE, SUFFIX, TESTS, load_site, not_a_flow
from ivr.flow.problems import Problem
from ivr.i18n import tr

if TYPE_CHECKING:
    from ivr.flow.model import Site
    from ivr.settings import Settings


@click.command(
    help=tr("Periksa alur: folder, atau sebuah berkas di dalamnya.", "Check flows: a folder, or a file in it.")
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="PATH…")
@click.option("--json", "as_json", is_flag=True, help=tr("Keluaran JSON.", "JSON output."))
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Print every problem; exit with 1 when there is an error."""
    settings = cache(_read_settings)
    found: list[Problem] = []
    for path in paths:
        found += _of_folder(path, settings) if path.is_dir() else _of_file(path, settings)
    if not paths:
        found += _of_folder(settings().flows, settings, in_force=True)
    problems = sorted(set(found))
    errors = sum(p.severity == "error" for p in problems)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(p) for p in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
        warnings = len(problems) - errors
        click.echo(tr(f"{errors} kesalahan, {warnings} peringatan", f"{errors} error(s), {warnings} warning(s)"))
    sys.exit(1 if errors else 0)


def _of_folder(folder: Path, settings: Callable[[], Settings], *, in_force: bool = False) -> list[Problem]:
    """What is wrong with all in a folder of flows, their tests among it. `in_force`: it is that of the settings."""
    loaded = load_site(folder, read_settings=settings)
    if loaded.site is None:
        return loaded.problems
    found = list(loaded.problems)
    if (folder / TESTS).is_dir():
        from ivr.flowtests.reader import files_beside, read_tests  # noqa: PLC0415 - checking flows needs no engine

        found += read_tests(files_beside(folder), loaded.site).problems
        with suppress(click.ClickException):  # what is wrong with the settings is told where they matter
            in_force = in_force or folder.resolve() == settings().flows.resolve()
    return found + (_unrecorded(settings(), loaded.site) if in_force else [])


def _of_file(path: Path, settings: Callable[[], Settings]) -> list[Problem]:
    """What is wrong with one file, which is judged together with those beside it."""
    if path.suffix != SUFFIX:
        return [not_a_flow(path)]
    flows = path.parent.parent
    if flows.name == LANGUAGES and (flows.parent / HOTLINE).exists():
        return [p for p in load_site(flows.parent, read_settings=settings).problems if Path(p.file) == path]
    if path.parent.name == TESTS and (flows / HOTLINE).exists():
        from ivr.flowtests.reader import read_tests  # noqa: PLC0415 - checking flows needs no engine

        loaded = load_site(flows)
        return loaded.problems if loaded.site is None else read_tests([path], loaded.site).problems
    folder = flows if path.parent.name == ANSWERS and (flows / HOTLINE).exists() else path.parent
    hotline = folder / HOTLINE  # without it the file is in no folder of flows, and never published
    wanted = (path,) if hotline.exists() else (path, hotline)
    return [p for p in load_site(folder, read_settings=settings).problems if Path(p.file) in wanted]


def _read_settings() -> Settings:
    from ivr.cli.flows import read_settings  # noqa: PLC0415 - slow to load

    return read_settings()


def _unrecorded(settings: Settings, site: Site) -> list[Problem]:
    """That a person has recorded a part of what is said, and a machine says the rest."""
    recordings = settings.prompts / "person"
    if not any(recordings.rglob("*.wav")):
        return []
    from ivr.publish import lacking_recordings  # noqa: PLC0415 - slow to load

    return [
        Problem(
            str(recordings),
            1,
            1,
            "warning",
            tr(
                f"{len(lacking)} teks ({language}) belum direkam dan diucapkan suara mesin di antara suara orang, "
                f"antara lain '{lacking[0]}'; lihat `sambung prompts --unrecorded`",
                f"{len(lacking)} texts ({language}) are not recorded, and said by the machine's voice among a "
                f"person's, '{lacking[0]}' among them; see `sambung prompts --unrecorded`",
            ),
        )
        for language, lacking in lacking_recordings(settings, site)
    ]
