"""`sambung test`: runs the tests that stand beside the flows."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from pathlib import Path

import click

from ivr import events as e
from ivr.cli.flows import read_settings, site_of
from ivr.cli.story import harmless, sentence, word
from ivr.cli.tables import add_row, new_table, print_table
from ivr.flow.loader import TESTS
from ivr.flow.model import Site
from ivr.flow.problems import Problem, nearest
from ivr.flowtests.caller import Moment
from ivr.flowtests.junit import junit
from ivr.flowtests.model import ScriptLine
from ivr.flowtests.reader import files_beside, read_tests
from ivr.flowtests.runner import Coverage, Result, Runner, coverage
from ivr.flowtests.words import WORDS, Heard
from ivr.i18n import tr
from ivr.settings import Settings

STORY_LINES = 30
"""Of a longer story only the end is told."""


@click.command(
    help=tr(
        "Jalankan uji alur. PATH: folder alur, atau sebuah berkas uji di dalamnya.",
        "Run the tests of flows. PATH: a folder of flows, or a file of tests in it.",
    )
)
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path), metavar="[PATH]")
@click.option(
    "--only",
    default="",
    metavar=tr("TEKS", "TEXT"),
    help=tr("Hanya uji yang namanya memuat TEKS.", "Only tests whose name contains TEXT."),
)
@click.option(
    "--junit",
    "report",
    type=click.Path(path_type=Path),
    metavar=tr("BERKAS", "FILE"),
    help=tr("Tulis hasil sebagai XML JUnit.", "Write the results as JUnit XML."),
)
def test(path: Path | None, only: str, report: Path | None) -> None:
    """Exit with 1 when a test fails, or cannot be read."""
    settings = read_settings()
    flows, files = _what_to_test(path or settings.flows)
    site = site_of(flows, "")
    began = time.perf_counter()
    problems, results = run_tests(settings, site, files, only=only)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        sys.exit(1)
    if not results:
        raise click.ClickException(_no_tests(flows, only))
    for file, of_file in groupby(results, key=lambda result: result.test.file):
        click.secho(file, bold=True)
        for result in of_file:
            print_result(result)
    if not only and files == files_beside(flows):
        print_coverage(site, coverage(site, results))
    if report:
        report.write_bytes(junit(results, lambda result: "\n".join(explain(result))))
    seconds = time.perf_counter() - began
    click.echo(summary(results) + tr(f" ({seconds:.1f} detik)", f" ({seconds:.1f} s)"))
    sys.exit(any(result.failure for result in results))


def _what_to_test(path: Path) -> tuple[Path, list[Path]]:
    """The folder of the flows, and the files of tests."""
    if path.is_dir():
        flows = path.parent if path.name == TESTS else path
        return flows, files_beside(flows)
    if path.parent.name == TESTS:
        return path.parent.parent, [path]
    return path.parent, files_beside(path.parent)


def _no_tests(flows: Path, only: str) -> str:
    if only:
        return tr(f"tidak ada uji yang namanya memuat '{only}'", f"no test has '{only}' in its name")
    return tr(
        f"belum ada uji; tulis di {flows / TESTS}/*.yaml, lihat docs/flow-tests.md",
        f"there are no tests yet; write them in {flows / TESTS}/*.yaml, see docs/flow-tests.md",
    )


def run_tests(
    settings: Settings, site: Site, files: list[Path], *, only: str = ""
) -> tuple[list[Problem], list[Result]]:
    """What is wrong with the files, and the results of those of their tests that have `only` in their name."""
    found = read_tests(files, site)
    runner = Runner(site, settings)
    return found.problems, [runner.run(test) for test in found.tests if only.casefold() in test.name.casefold()]


def print_result(result: Result, *, err: bool = False) -> None:
    """A test's name with its outcome, and of a failure all that helps to understand it."""
    name = harmless(result.test.name)
    if not result.failure:
        click.echo(click.style("  ✓ ", fg="green") + name, err=err)
        return
    click.secho(f"  ✗ {name}", fg="red", bold=True, err=err)
    for line in explain(result):
        click.echo(f"      {line}", err=err)


def summary(results: Sequence[Result]) -> str:
    """How many tests passed and failed."""
    failed, turns = sum(bool(result.failure) for result in results), sum(result.turns for result in results)
    passed = len(results) - failed
    return tr(
        f"{passed} uji lulus, {failed} gagal; {turns} giliran bicara",
        f"{passed} test(s) passed, {failed} failed; {turns} turns",
    )


def explain(result: Result) -> Iterator[str]:
    """A failure for a reader who is no programmer: where, what should have happened, and what did."""
    failure, test = result.failure, result.test
    if failure is None:
        return
    expected = failure.expected
    yield f"{test.file}:{expected.line if expected else test.line}"
    if expected:
        told = WORDS[expected.word].sentence(expected.value)
        if expected.word in _TERMS and (term := word(expected.value)) != expected.value:
            told += f" ({term})"
        yield tr("seharusnya: ", "expected: ") + harmless(told)
    yield tr("yang terjadi: ", "what happened: ") + harmless(failure.why)
    if expected and expected.word == "hears" and (nearly := _nearly(expected.value, result.story)):
        yield tr("yang mirip: ", "nearly that: ") + harmless(f"“{nearly}”")
    yield tr("jalannya panggilan:", "how the call went:")
    story = [line for moment in result.story if (line := _told(moment))]
    if len(story) > STORY_LINES:
        yield "  …"
    yield from (f"  {line}" for line in story[-STORY_LINES:])


def _nearly(wanted: str, story: Sequence[Moment]) -> str:
    """The words most like those wanted, of what was heard after the caller acted last; "" where none are."""
    since = takewhile(lambda what: not isinstance(what, ScriptLine), (what for _, what in reversed(story)))
    texts = [what.text.split() for what in since if isinstance(what, Heard)]
    length = len(wanted.split())
    pieces = [" ".join(words[i : i + length]) for words in texts for i in range(max(1, len(words) - length + 1))]
    return nearest(wanted, pieces)


_TERMS = ("ends", "rejected")
"""Words of a script whose value is a term of the record, which a story says in the reader's language."""
_TOLD_ANYWAY = (e.CallStarted, e.StepLeft, e.PromptPlayed, e.KeyPressed)


def _told(moment: Moment) -> str:
    """One moment of a call in words; "" where another one tells of it."""
    at, what = moment
    if isinstance(what, _TOLD_ANYWAY):
        return ""
    if isinstance(what, Heard):
        text = f"» {what.text}"
    elif isinstance(what, e.Event):
        text = sentence(what.kind, what.data())
    else:
        text = f"☎ {WORDS[what.word].sentence(what.value)}"
    minutes, seconds = divmod(int(at), 60)
    return f"{minutes:02}:{seconds:02} {harmless(text)}"


def print_coverage(site: Site, found: Sequence[Coverage]) -> None:
    """How much of each flow was gone through, and what was not."""
    table = new_table(
        tr("Alur", "Flow"),
        tr("Langkah", "Steps"),
        tr("Jalan keluar", "Ways out"),
        tr("Belum diuji", "Not tested"),
    )
    for flow in found:
        steps, exits = (f"{taken}/{all}" for taken, all in (flow.count(exits=False), flow.count(exits=True)))
        missing = ", ".join(f"{step} {_exit(exit_)}".rstrip() for _, step, exit_ in flow.missing())
        add_row(table, flow.flow, steps, exits, missing or "–")
    print_table(table)


def _exit(name: str) -> str:
    kind, _, number = name.partition(":")
    words = {"key": tr("tombol", "key"), "case": tr("kasus", "case")}
    return f"{words[kind]} {number}" if number else name
