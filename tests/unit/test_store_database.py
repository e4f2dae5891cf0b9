"""Opening: migrations give the tables of the code, twice is once, a newer file is refused."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, insert, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from ivr.settings import Settings
from ivr.store import tables
from ivr.store.database import (
    HISTORY,
    MIGRATIONS,
    OPERATIONS,
    Store,
    StoreError,
    open_history,
    open_operations,
    open_reader,
    operations,
)
from ivr.store.promises import Patience
from ivr.tickets import TicketsDown

NOBODY = 65534


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """An installation whose two stores were opened once; its folder has a name that needs quoting."""
    settings = Settings(state=tmp_path / "layanan 50% #1?")
    engine, aside = await open_history(settings)
    assert aside is None
    await engine.dispose()
    await (await open_operations(settings)).dispose()
    return settings


@pytest.mark.parametrize("metadata", [tables.history, tables.operations], ids=["history", "operations"])
def test_migrations_make_the_tables_of_the_code(settings: Settings, metadata: MetaData) -> None:
    path = settings.history_db if metadata is tables.history else settings.operations_db
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        partial = {i["name"] for i in inspect(connection).get_indexes("calls")} if metadata is tables.history else set()
    engine.dispose()
    assert partial == ({"calls_started", "calls_caller", "calls_open"} if metadata is tables.history else set())


@pytest.mark.parametrize("store", [HISTORY, OPERATIONS], ids=lambda store: store.name)
def test_head_is_the_last_migration(store: Store) -> None:
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS / store.name)])
    assert script.get_current_head() == store.head


def test_postgresql_takes_the_tables() -> None:
    for table in [*tables.history.sorted_tables, *tables.operations.sorted_tables]:
        for statement in (CreateTable(table), *map(CreateIndex, table.indexes)):
            assert str(statement.compile(dialect=postgresql.dialect())).strip().startswith("CREATE ")


async def test_a_second_opening_needs_no_alembic(settings: Settings) -> None:
    child = f"""
import asyncio, sys
from pathlib import Path
from ivr.settings import Settings
from ivr.store.database import open_history, open_operations

async def main():
    settings = Settings(state=Path({str(settings.state)!r}))
    await (await open_history(settings))[0].dispose()
    await (await open_operations(settings)).dispose()

asyncio.run(main())
print("alembic" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", child], text=True).strip() == "False"


async def test_a_store_of_a_newer_sambung_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    for path in (settings.history_db, settings.operations_db):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"history\.db: was written by a newer Sambung.*9999"):
        await open_history(settings)
    with pytest.raises(StoreError, match=r"operations\.db: was written by a newer Sambung.*9999"):
        await open_operations(settings)
    with pytest.raises(StoreError, match=r"history\.db: was written by another version .*9999"):
        await open_reader(settings)


async def test_a_damaged_operations_store_is_not_touched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    settings.operations_db.write_bytes(b"rubbish " * 1000)
    with pytest.raises(StoreError, match=r"operations\.db: cannot be opened .*restore it from a backup"):
        await open_operations(settings)
    assert settings.operations_db.read_bytes() == b"rubbish " * 1000


async def test_a_busy_operations_store_is_no_reason_to_move_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    with closing(sqlite3.connect(settings.operations_db, isolation_level=None)) as other:
        other.execute("DELETE FROM alembic_version")  # so that opening has something to write
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"operations\.db: cannot be opened \(database is locked\); try again"):
            await open_operations(settings)


@pytest.mark.parametrize("open_store", [open_operations, open_history, open_reader])
async def test_a_store_in_another_users_folder_is_not_taken_for_a_damaged_one(
    open_store: Callable[[Settings], Awaitable[object]],
) -> None:
    with TemporaryDirectory() as name:  # pytest's own folders are closed to the user NOBODY
        settings = Settings(state=Path(name))
        await (await open_operations(settings)).dispose()
        await (await open_history(settings))[0].dispose()
        settings.operations_db.chmod(0o666)  # the file may be opened, but no write-ahead log be made beside it
        settings.history_db.chmod(0o000)
        Path(name).chmod(0o555)
        me = os.geteuid()
        try:
            os.seteuid(me or NOBODY)  # root may do everything
            with pytest.raises(PermissionError) as refused:
                await open_store(settings)
        finally:
            os.seteuid(me)
            Path(name).chmod(0o755)
        wanted = settings.operations_db if open_store is open_operations else settings.history_db
        assert str(refused.value.filename) == str(wanted)


async def test_half_a_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(state=tmp_path)
    with closing(sqlite3.connect(settings.history_db)) as connection:
        connection.execute("CREATE TABLE events (id INTEGER)")  # in the way of the last table that is made
    with pytest.raises(Exception, match="table events already exists"):
        await open_history(settings)
    with closing(sqlite3.connect(settings.history_db)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("events",)]


async def test_reading_where_there_is_nothing_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBUNG_LANG", "en")
    with pytest.raises(StoreError, match="no record of calls yet"):
        await open_reader(Settings(state=tmp_path))


async def test_only_the_owner_may_read(settings: Settings) -> None:
    assert {path.stat().st_mode & 0o777 for path in settings.state.iterdir()} == {0o600}


async def test_no_error_quotes_what_a_caller_said(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    async def keep_half() -> None:
        said = {"caller": "+6281234567890", "details": {"nik": "3578016504900001"}}
        async with operations(settings) as store:
            await store.execute(insert(tables.tickets).values(number="1", **said))

    with pytest.raises(TicketsDown) as e:
        await Patience("tickets", TicketsDown).wait(keep_half())
    assert str(e.value) == "NOT NULL constraint failed: tickets.kind"
    assert "NOT NULL constraint failed" in caplog.text
    assert not re.search("6281234567890|3578016504900001", caplog.text)
