"""Queries to a real HTTP server and a real database: what comes of their answers, and of their silence."""

from __future__ import annotations

import asyncio
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from flow_kit import english  # noqa: F401 - a fixture
from tls_kit import Certificate, certificate  # noqa: F401 - a fixture

from ivr.cli import doctor
from ivr.connections import database as databases
from ivr.connections import http
from ivr.connections.breaker import FAILURES, REST_SECONDS
from ivr.connections.lookups import BACK, LOST, REMEMBERED, ConnectedLookups
from ivr.connections.web import MOST_BYTES
from ivr.lookups import LookupFailed
from ivr.settings import Settings

PATIENCE = 20.0
"""Seconds; what is not meant to take time does not."""


class Server:
    """An HTTP server that answers `/status/N` with that status, and tells what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[Any] = []
        self.answers: list[tuple[int, bytes]] = []
        self.hanging = asyncio.Event()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        self.bodies.append(await request.read())
        if "hang" in request.path:
            await self.hanging.wait()
        if "elsewhere" in request.path:
            raise web.HTTPFound("/warga/1")
        status, body = self.answers.pop(0) if self.answers else (200, b'{"nama": "Budi"}')
        return web.Response(status=status, body=body)

    async def start(self, context: ssl.SSLContext | None = None) -> str:
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"{'https' if context else 'http'}://{'localhost' if context else host}:{port}/api"

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def stop(self) -> None:
        self.hanging.set()
        await self._runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    yield server
    await server.stop()


class Asker:
    """`ConnectedLookups` with settings of a test, whose clock stands still."""

    def __init__(self, connection: dict[str, Any], **queries: dict[str, Any]) -> None:
        self.now = 0.0
        self.notes: list[tuple[str, str]] = []
        settings = Settings.model_validate({
            "connections": {"dinas": connection},
            "queries": {name: {"connection": "dinas", **query} for name, query in queries.items()},
        })  # fmt: skip
        self.lookups = ConnectedLookups(settings, lambda what, why: self.notes.append((what, why)), lambda: self.now)

    async def __call__(self, query: str, seconds: float = PATIENCE, /, **values: Any) -> Any:
        return await self.lookups.ask(query, values, seconds)

    async def problem(self, query: str, seconds: float = PATIENCE, /, **values: Any) -> str:
        with pytest.raises(LookupFailed) as e:
            await self.lookups.ask(query, values, seconds)
        return str(e.value)


@pytest.fixture
async def ask(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asker]:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", 0.0)
    asker = Asker(
        {"url": await server.start(), "secret": "Bearer rahasia"},
        warga={"get": "/warga/{nik}?lengkap={semua}"},
        cari={"post": "/cari", "body": {"nik": "{nik}", "kata": ["kota {kota}", 3], "tetap": True}},
        satu={"get": "/satu"},
        diingat={"get": "/diingat/{nik}", "keep_seconds": 60},
        hang={"get": "/hang/{nik}"},
        elsewhere={"get": "/elsewhere"},
    )
    yield asker
    await asker.lookups.close()


# --- over HTTP --------------------------------------------------------------------------------------
async def test_values_are_put_into_the_address(server: Server, ask: Asker) -> None:
    assert await ask("warga", nik="35/78?a=b&c", semua=True) == {"nama": "Budi"}
    (asked,) = server.asked
    assert (asked.method, asked.raw_path) == ("GET", "/api/warga/35%2F78%3Fa%3Db%26c?lengkap=ya")
    assert asked.headers["Authorization"] == "Bearer rahasia"
    assert asked.headers["Accept"] == "application/json"


async def test_values_are_put_into_the_json(server: Server, ask: Asker) -> None:
    await ask("cari", nik=3578, kota="Bogor")
    assert server.asked[0].content_type == "application/json"
    assert server.bodies == [b'{"nik":3578,"kata":["kota Bogor",3],"tetap":true}']


@pytest.mark.parametrize("value", ["", ".", ".."])
async def test_no_value_leads_to_another_path(server: Server, ask: Asker, value: str) -> None:
    assert await ask.problem("warga", nik=value, semua="x") == "no value for nik"
    assert server.asked == []


@pytest.mark.parametrize(
    "answer", [(404, b'{"pesan": "tidak ada"}'), (204, b""), (200, b"null"), (200, b"[]"), (200, b"{}")]
)
async def test_nothing_of_that_kind(server: Server, ask: Asker, answer: tuple[int, bytes]) -> None:
    server.answers = [answer]
    assert await ask("satu") is None
    assert len(server.asked) == 1


@pytest.mark.parametrize("answer", [(200, b'[{"a": 1}]'), (200, b'"teks"'), (201, b'{"a": 1}')])
async def test_any_json_is_an_answer(server: Server, ask: Asker, answer: tuple[int, bytes]) -> None:
    server.answers = [answer]
    assert await ask("satu")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((200, b"<html>"), "127.0.0.1: the answer is no JSON"),
        ((200, b""), "127.0.0.1: the answer is no JSON"),
        ((200, b"[" * 100_000), "127.0.0.1: the answer is no JSON"),
        ((401, b"{}"), "127.0.0.1: HTTP 401"),
        ((400, b'{"nik": "357800"}'), "127.0.0.1: HTTP 400"),
    ],
)
async def test_what_is_no_answer_is_not_asked_for_again(
    server: Server, ask: Asker, answer: tuple[int, bytes], problem: str
) -> None:
    server.answers = [answer]
    assert await ask.problem("satu") == problem
    assert len(server.asked) == 1
    assert ask.notes == []


async def test_a_redirect_is_not_followed(server: Server, ask: Asker) -> None:
    assert await ask.problem("elsewhere") == "127.0.0.1: HTTP 302"
    assert [asked.path for asked in server.asked] == ["/api/elsewhere"]


async def test_an_answer_that_is_too_large_is_none(server: Server, ask: Asker) -> None:
    server.answers = [(200, b'"' + b"a" * MOST_BYTES + b'"')] * 3
    assert await ask.problem("satu") == "127.0.0.1: more than 256 KiB"
    server.answers = [(200, b'"' + b"a" * (MOST_BYTES - 2) + b'"')]
    assert len(await ask("satu")) == MOST_BYTES - 2


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_server_that_stumbles_is_asked_again(server: Server, ask: Asker, status: int) -> None:
    server.answers = [(status, b"")] * 2
    assert await ask("satu") == {"nama": "Budi"}
    assert len(server.asked) == 3


async def test_it_is_asked_three_times_at_most(server: Server, ask: Asker) -> None:
    server.answers = [(503, b"")] * 9
    assert await ask.problem("satu") == "127.0.0.1: HTTP 503"
    assert len(server.asked) == 3


async def test_a_post_is_sent_once(server: Server, ask: Asker) -> None:
    server.answers = [(503, b"")] * 9
    assert await ask.problem("cari", nik="1", kota="x") == "127.0.0.1: HTTP 503"
    assert len(server.asked) == 1


async def test_a_server_that_hangs_is_left_at_the_timeout(server: Server, ask: Asker) -> None:
    began = time.monotonic()
    assert await ask.problem("hang", 0.2, nik="357800") == "no answer for 0.2 s"
    assert time.monotonic() - began < PATIENCE / 2
    assert await ask("satu")  # nobody else waits for it


async def test_nothing_of_a_value_is_in_the_words_of_a_failure(ask: Asker, server: Server) -> None:
    await server.stop()
    told = await ask.problem("warga", nik="357800", semua="x")
    assert told == "127.0.0.1: Connection refused"
    assert "357800" not in str(ask.notes)


async def test_what_a_query_needs_must_be_given(ask: Asker) -> None:
    assert await ask.problem("warga", nik="1") == "no value for semua"
    assert await ask.problem("wrga") == "there is no [queries.wrga] in sambung.toml"


async def test_more_values_than_needed_are_not_sent(server: Server, ask: Asker) -> None:
    await ask("satu", nik="1")
    assert (server.asked[0].raw_path, server.bodies) == ("/api/satu", [b""])


# --- a server that is dead --------------------------------------------------------------------------
async def test_a_dead_server_is_left_alone_for_a_while(server: Server, ask: Asker) -> None:
    server.answers = [(503, b"")] * 3 * FAILURES
    for _ in range(FAILURES):
        await ask.problem("satu")
    assert ask.notes == [(LOST, "dinas: 127.0.0.1: HTTP 503")]
    asked = len(server.asked)
    assert await ask.problem("satu") == "dinas has not answered lately, and is not asked now"
    assert len(server.asked) == asked
    ask.now += REST_SECONDS
    assert await ask("satu") == {"nama": "Budi"}
    assert ask.notes[1:] == [(BACK, "dinas")]
    assert await ask("satu")


async def test_after_a_rest_one_tries_it(server: Server, ask: Asker) -> None:
    server.answers = [(503, b"")] * 3 * FAILURES
    for _ in range(FAILURES):
        await ask.problem("satu")
    ask.now += REST_SECONDS
    first, second = await asyncio.gather(ask.problem("hang", 0.2, nik="1"), ask.problem("satu"))
    assert (first, second) == ("no answer for 0.2 s", "dinas has not answered lately, and is not asked now")
    assert await ask.problem("satu") == "dinas has not answered lately, and is not asked now"
    assert len(ask.notes) == 1


async def test_one_that_says_no_is_alive(server: Server, ask: Asker) -> None:
    server.answers = [(403, b"")] * 2 * FAILURES
    for _ in range(2 * FAILURES):
        assert await ask.problem("satu") == "127.0.0.1: HTTP 403"


async def test_who_hangs_up_says_nothing_of_the_server(server: Server, ask: Asker) -> None:
    for _ in range(2 * FAILURES):
        asked = asyncio.ensure_future(ask("hang", nik="1"))
        count = len(server.asked)
        while len(server.asked) == count:
            await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    assert await ask("satu")


# --- what is remembered -----------------------------------------------------------------------------
async def test_an_answer_is_remembered_for_its_time(server: Server, ask: Asker) -> None:
    server.answers = [(200, b"[1]"), (200, b"[2]"), (404, b"")]
    assert [await ask("diingat", nik=nik) for nik in ("1", "2", "3", "1", "2", "3")] == [[1], [2], None, [1], [2], None]
    ask.now = 59.9
    assert await ask("diingat", nik="1") == [1]
    ask.now = 60.0
    assert await ask("diingat", nik="1") == {"nama": "Budi"}
    assert len(server.asked) == 4


async def test_a_text_and_a_number_are_two_questions(server: Server, ask: Asker) -> None:
    await ask("diingat", nik="1")
    await ask("diingat", nik=1)
    assert len(server.asked) == 2


async def test_failures_are_not_remembered(server: Server, ask: Asker) -> None:
    server.answers = [(403, b"")]
    await ask.problem("diingat", nik="1")
    assert await ask("diingat", nik="1") == {"nama": "Budi"}


async def test_the_memory_is_bounded(server: Server, ask: Asker) -> None:
    for nik in range(REMEMBERED + 1):
        await ask("diingat", nik=nik)
    await ask("diingat", nik=1)
    assert len(server.asked) == REMEMBERED + 1
    await ask("diingat", nik=0)
    assert len(server.asked) == REMEMBERED + 2


# --- TLS --------------------------------------------------------------------------------------------
async def test_a_certificate_is_verified(server: Server, certificate: Certificate) -> None:  # noqa: F811
    url = await server.start(certificate.context)
    stranger = Asker({"url": url}, satu={"post": "/satu"})
    assert "its certificate is not trusted" in await stranger.problem("satu")
    known = Asker({"url": url, "certificates": certificate.file}, satu={"post": "/satu"})
    assert await known("satu") == {"nama": "Budi"}
    another = Asker({"url": url.replace("localhost", "127.0.0.1"), "certificates": certificate.file}, s={"post": "/s"})
    assert "its certificate is not trusted" in await another.problem("s")
    assert len(server.asked) == 1
    for asker in (stranger, known, another):
        await asker.lookups.close()


# --- a database -------------------------------------------------------------------------------------
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) AS x FROM n WHERE x < :most"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "pajak 100%.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE tagihan (nop TEXT, rp INTEGER, tempo TEXT)")
        connection.executemany("INSERT INTO tagihan VALUES (?, ?, ?)", [("0357", 85000, "2026-11-30"), ("2", 0, None)])
        connection.commit()
    return path


@pytest.fixture
async def pajak(database: Path) -> AsyncIterator[Asker]:
    asker = Asker(
        {"database": database},
        tagihan={"sql": "SELECT rp, tempo FROM tagihan WHERE nop = :nop"},
        waktu={"sql": "SELECT '10:30' AS jam, rp AS \"a:b\" FROM tagihan WHERE nop = :nop"},
        semua={"sql": "SELECT rp FROM tagihan ORDER BY rp DESC"},
        ubah={"sql": "UPDATE tagihan SET rp = 0 RETURNING rp"},
        lampir={"sql": "ATTACH 'lain.db' AS lain"},
        salin={"sql": "VACUUM INTO 'salinan.db'"},
        salah={"sql": "SELECT * FROM tagihn"},
        endless={"sql": ENDLESS},
    )
    yield asker
    await asker.lookups.close()


async def test_the_first_row_is_the_answer(pajak: Asker) -> None:
    assert await pajak("tagihan", nop="0357") == {"rp": 85000, "tempo": "2026-11-30"}
    assert await pajak("waktu", nop="0357") == {"jam": "10:30", "a:b": 85000}
    assert await pajak("semua") == {"rp": 85000}


async def test_no_row_is_nothing_found(pajak: Asker) -> None:
    assert await pajak("tagihan", nop="9") is None
    assert await pajak("tagihan", nop="0357' OR '1'='1") is None


async def test_nothing_is_ever_written(pajak: Asker, database: Path) -> None:
    assert await pajak.problem("ubah") == "pajak 100%.db: SQLITE_READONLY"
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT rp FROM tagihan").fetchall() == [(85000,), (0,)]


async def test_no_other_database_is_made(pajak: Asker, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(database.parent)
    assert await pajak.problem("lampir") == "pajak 100%.db: SQLITE_ERROR"
    assert await pajak.problem("salin") == "pajak 100%.db: SQLITE_ERROR"
    assert list(database.parent.iterdir()) == [database]


async def test_a_database_that_is_wrong_or_missing_is_told(pajak: Asker, database: Path) -> None:
    assert await pajak.problem("salah") == "pajak 100%.db: SQLITE_ERROR"
    database.unlink()
    assert await pajak.problem("semua") == "pajak 100%.db: SQLITE_CANTOPEN"


async def test_a_query_that_takes_too_long_is_ended(pajak: Asker) -> None:
    """Were SQLite not interrupted, the task would wait for it to close the connection."""
    began = time.monotonic()
    assert await pajak.problem("endless", 0.2, most=10**15) == "no answer for 0.2 s"
    assert time.monotonic() - began < PATIENCE / 2
    (running,) = pajak.lookups._running
    await asyncio.wait([running], timeout=PATIENCE)
    assert running.cancelled()


async def test_one_who_writes_is_waited_for_but_not_long(
    pajak: Asker, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.2)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        assert await pajak.problem("semua") == "pajak 100%.db: SQLITE_BUSY"  # else it would be "no answer for …"
        assert time.monotonic() - began >= 0.2


@pytest.mark.usefixtures("english")
def test_doctor_tries_queries_without_asking_them(database: Path, tmp_path: Path) -> None:
    queries = {
        "benar": "SELECT rp FROM tagihan WHERE nop = :nop",
        "salah": "SELECT rp FROM tagihn WHERE nop = :nop",
        "dua": "SELECT 1; SELECT 2",
    }
    settings = Settings.model_validate({
        "state": tmp_path,
        "connections": {"dinas": {"database": database}},
        "queries": {name: {"connection": "dinas", "sql": sql} for name, sql in queries.items()},
    })  # fmt: skip
    found = {finding.what: finding.good for finding in doctor.outside(settings)}
    assert found == {
        f"queries.benar: {database}": True,
        "queries.salah: no such table: tagihn": False,
        "queries.dua: You can only execute one statement at a time.": False,
    }
