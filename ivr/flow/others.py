"""Judges what flows ask of other systems and tell them, by what the administrator has set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ivr.flow.draft import Draft
from ivr.flow.source import Path
from ivr.flow.steps.lookup import Lookup
from ivr.flow.values import QueryName, RecipientName
from ivr.i18n import tr

if TYPE_CHECKING:
    from ivr.settings import Settings

LONG_SECONDS = 10.0
"""A longer wait needs a word."""


def check_others(drafts: Iterable[Draft], read_settings: Callable[[], Settings] | None) -> None:
    """`read_settings` is called only where a flow names another system; None: its names are not judged."""
    settings = None
    for draft in drafts:
        for name, step in draft.flow.steps.items():
            if isinstance(step, Lookup):
                _check_patience(draft, ("steps", name), step)
            for path, text in draft.marks[name]:
                if isinstance(text, QueryName | RecipientName) and read_settings:
                    settings = settings or read_settings()
                    _check_name(draft, ("steps", name, *path), text, settings)


def _check_name(draft: Draft, path: Path, text: QueryName | RecipientName, settings: Settings) -> None:
    known, section = (
        (settings.queries, "queries") if isinstance(text, QueryName) else (settings.recipients, "recipients")
    )
    if text not in known:
        message = tr(
            f"'{text}' tidak ada di sambung.toml; administrator menulisnya di bawah [{section}.{text}]",
            f"'{text}' is not in sambung.toml; the administrator writes it below [{section}.{text}]",
        )
        draft.source.report(path, message, suggestion=draft.source.nearest(text, known))
    elif isinstance(step := draft.flow.steps[str(path[1])], Lookup):
        _check_values(draft, path[:-1], step, settings.queries[text].names)


def _check_values(draft: Draft, path: Path, step: Lookup, needed: frozenset[str]) -> None:
    """The values that a query is given are those that it needs."""
    missing = sorted(needed - step.values.keys())
    strange = sorted(step.values.keys() - needed)
    for value in strange:
        message = tr(f"'{step.query}' tidak memakai '{value}'", f"'{step.query}' does not use '{value}'")
        near = draft.source.nearest(value, missing)
        draft.source.report((*path, "values", value), message, suggestion=near, key=True)
    if missing and not strange:  # else one may be meant for the other
        names = ", ".join(f"'{value}'" for value in missing)
        message = tr(f"'{step.query}' perlu {names} di 'values'", f"'{step.query}' needs {names} in 'values'")
        draft.source.report((*path, "query"), message)


def _check_patience(draft: Draft, path: Path, step: Lookup) -> None:
    if step.timeout > LONG_SECONDS and not step.meanwhile:
        message = tr(
            f"penelepon menunggu sampai {step.timeout:g} detik tanpa penjelasan; tulis 'meanwhile', atau persingkat",
            f"callers wait for up to {step.timeout:g} seconds without a word; write 'meanwhile', or make it shorter",
        )
        draft.source.report((*path, "timeout"), message, severity="warning")
