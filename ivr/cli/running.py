"""What many commands do alike: one piece of work with the settings, with expected errors as one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import click

from ivr.i18n import tr
from ivr.settings import Settings, SettingsError, load_settings
from ivr.store.database import StoreError

json_option = click.option("--json", "as_json", is_flag=True, help=tr("Untuk program.", "For programs."))


def run(work: Callable[[Settings], Awaitable[None]], *expected: type[Exception]) -> None:
    """Run one command; what can go wrong (also `expected`) is said in one sentence."""

    async def with_settings() -> None:
        await work(load_settings())

    errors: tuple[type[Exception], ...] = (SettingsError, StoreError, *expected)
    try:
        asyncio.run(with_settings())
    except errors as e:
        raise click.ClickException(str(e)) from e
