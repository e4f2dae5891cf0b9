"""notify: what is told, kept and delivered, to a real HTTP server and a real mail server, and tried again for a day."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult
from click.testing import CliRunner
from flow_kit import (
    call,
    data,
    english,  # noqa: F401 - a fixture
    said,
    site,
    steps,
    way,
)
from store_kit import put_empty_operations, read
from tls_kit import Certificate, certificate  # noqa: F401 - a fixture

from ivr.cli import doctor
from ivr.cli.notifications import notifications
from ivr.connections import outbox as outboxes
from ivr.connections.outbox import BACK, GIVEN_UP, LOST, StoredOutbox
from ivr.notifications import Notification
from ivr.settings import Settings, load_settings
from ivr.sim.caller import Press
from ivr.sim.others import SimOutbox
from ivr.store import notifications as store
from ivr.store.database import StoreError

NOW = 1_795_832_000.0  # 2026-11-28 09:13:20 in Jakarta
KEY = b"dua puluh empat bita atau lebih"
SECRET = base64.b64encode(KEY).decode()
REPORT = Notification("dinas", "1.1", "1500123", NOW, "Laporan jalan rusak.", {"lokasi": "Jalan Mawar"})


# --- the step ---------------------------------------------------------------------------------------
FLOW = steps(
    """
    n: {type: input, say: NIK., into: nik, min: 3, max: 3, secret: ya, next: s, failed: k}
    s: {type: set, values: {keperluan: lampu}, next: t}
    t:
      type: notify
      to: piket
      text: "{keperluan} dari {caller}, NIK {nik}, {kosong}."
      details: [keperluan, nik, kosong]
      next: z
    k: {type: set, values: {kosong: a}, next: t}
    """,
    start="n",
)


def test_what_is_told_of_a_call(tmp_path: Path) -> None:
    outbox = SimOutbox()
    trial = call(site(tmp_path, FLOW), Press("357", hears="NIK"), outbox=outbox)
    (sent,) = outbox.sent
    assert (sent.recipient, sent.call, sent.line) == ("piket", "sim", "1500123")
    assert sent.text == "lampu dari +6281234567890, NIK •, ."
    assert sent.details == {"keperluan": "lampu"}
    assert data(trial, "notification_queued") == [{"recipient": "piket"}]
    assert (way(trial)[-2:], said(trial)) == (["t:next", "z:end"], ["NIK.", "Selamat tinggal."])


def test_a_secret_goes_only_to_whom_the_administrator_says(tmp_path: Path) -> None:
    outbox = SimOutbox(may_know={"nik"})
    trial = call(site(tmp_path, FLOW), Press("357", hears="NIK"), outbox=outbox)
    assert outbox.sent[0].details == {"keperluan": "lampu", "nik": "357"}
    assert "NIK 357" in outbox.sent[0].text
    assert "357" not in str([event.data() for event in trial.events])


def test_nothing_of_it_is_spoken(tmp_path: Path) -> None:
    assert not any("dari" in use.text for use in site(tmp_path, FLOW).prompts())


# --- the queue --------------------------------------------------------------------------------------
class Hook:
    """A web address that is told of calls."""

    def __init__(self) -> None:
        self.requests: list[tuple[web.Request, bytes]] = []
        self.statuses: list[int] = []

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.requests.append((request, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    hook = Hook()
    yield hook
    await hook.stop()


class Mailbox:
    """A mail server's handler, which keeps what it takes; it knows nobody whose address begins with `bukan`."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, list[str], EmailMessage]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("bukan"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, letter))
        return "250 OK"


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, int]]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    yield box, server.sockets[0].getsockname()[1]
    server.close()


Make = Callable[..., StoredOutbox]


class Clock:
    now = NOW

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(outboxes, "time", clock)
    monkeypatch.setattr(outboxes, "LOOK_SECONDS", 0.0)
    return clock


@pytest.fixture
async def make(tmp_path: Path, clock: Clock) -> AsyncIterator[Make]:
    """Makes an outbox with these recipients; the store is the same each time."""
    put_empty_operations(tmp_path)
    made: list[StoredOutbox] = []

    def make(note: Callable[[str, str], None] = lambda what, why: None, **given: Any) -> StoredOutbox:
        made.append(StoredOutbox(Settings.model_validate({"state": tmp_path, **given}), note))
        return made[-1]

    yield make
    for outbox in made:
        await outbox.close()


async def kept(outbox: StoredOutbox) -> None:
    """What was put in is on the disk."""
    await asyncio.wait(outbox._keeping, timeout=60)


def rows(folder: Path) -> list[dict[str, Any]]:
    return read(folder / "operations.db", "notifications")


async def test_a_post_is_signed_and_tells_all(make: Make, hook: Hook, tmp_path: Path) -> None:
    outbox = make(recipients={"dinas": {"url": await hook.start(), "secret": f"whsec_{SECRET}"}})
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    ((request, body),) = hook.requests
    assert json.loads(body) == {
        "id": "1-1795832000",
        "at": "2026-11-28T09:13:20+07:00",
        "call": "1.1",
        "line": "1500123",
        "text": "Laporan jalan rusak.",
        "details": {"lokasi": "Jalan Mawar"},
    }
    told = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.new(KEY, told, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{signature}"
    assert request.headers["webhook-id"] == "1-1795832000"
    assert SECRET not in str(request.headers)
    (row,) = rows(tmp_path)
    assert (row["delivered_at"], row["text"], row["details"]) == (NOW, "", "{}")
    assert "next_at" not in row
    await outbox.run()
    assert len(hook.requests) == 1


async def test_an_email_tells_all(make: Make, mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    recipient = {"mail_to": ["piket@kota.example", "kepala@kota.example"], "subject": "Laporan warga – Halo Kota"}
    outbox = make(mail={"port": port, "sender": "sambung@kota.example"}, recipients={"dinas": recipient})
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    ((sender, to, letter),) = box.letters
    assert (sender, to) == ("sambung@kota.example", ["piket@kota.example", "kepala@kota.example"])
    assert letter["Subject"] == "Laporan warga – Halo Kota"
    assert letter["Date"].datetime.isoformat() == "2026-11-28T09:13:20+07:00"
    text = letter.get_content()
    assert text.splitlines() == [
        "Laporan jalan rusak.", "", "lokasi: Jalan Mawar", "nomor layanan: 1500123", "panggilan: 1.1"
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("encryption", ["tls", "starttls"])
async def test_an_email_goes_over_tls_to_a_server_that_wants_a_password(
    make: Make,
    clock: Clock,
    certificate: Certificate,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    encryption: str,
) -> None:
    box = Mailbox()

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"sambung", b"rahasia"))

    def serve() -> SMTP:
        context = certificate.context if encryption == "starttls" else None
        return SMTP(box, tls_context=context, require_starttls=bool(context), auth_required=True,
            auth_require_tls=bool(context), authenticator=knows)  # fmt: skip

    within = certificate.context if encryption == "tls" else None
    server = await asyncio.get_running_loop().create_server(serve, "127.0.0.1", 0, ssl=within)
    mail = {"host": "localhost", "port": server.sockets[0].getsockname()[1], "encryption": encryption}
    outbox = make(
        mail={**mail, "username": "sambung", "password": "rahasia"},
        recipients={"dinas": {"mail_to": ["piket@kota.example"]}},
    )
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    assert "CERTIFICATE_VERIFY_FAILED" in rows(tmp_path)[0]["problem"]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    clock.now += store.FIRST_RETRY_SECONDS
    await outbox.run()
    assert [to for _, to, _ in box.letters] == [["piket@kota.example"]]
    server.close()


async def test_an_email_arrives_although_one_of_its_readers_is_gone(
    make: Make, mailbox: tuple[Mailbox, int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box, port = mailbox
    recipient = {"mail_to": ["bukan@kota.example", "kepala@kota.example"]}
    outbox = make(mail={"port": port}, recipients={"dinas": recipient, "salah": {"mail_to": ["bukan@kota.example"]}})
    outbox.put(REPORT)
    outbox.put(Notification("salah", "1.2", "1500123", NOW, "", {}))
    await kept(outbox)
    await outbox.run()
    assert [to for _, to, _ in box.letters] == [["kepala@kota.example"]]
    found = {row["recipient"]: row for row in rows(tmp_path)}
    assert found["dinas"]["delivered_at"]
    assert "550" in found["salah"]["problem"]
    told = [record.getMessage() for record in caplog.records if record.name == "ivr.connections.delivery"]
    assert told == ["127.0.0.1 refused bukan@kota.example, not the others: 550 no such user"]


async def test_what_does_not_arrive_is_tried_again_and_given_up_after_a_day(
    make: Make, hook: Hook, clock: Clock, tmp_path: Path
) -> None:
    notes: list[tuple[str, str]] = []
    outbox = make(
        lambda what, why: notes.append((what, why)),
        recipients={"dinas": {"url": await hook.start(), "secret": SECRET}},
    )
    hook.statuses = [500] * 1000
    outbox.put(REPORT)
    await kept(outbox)
    waits = []
    while "next_at" in (row := rows(tmp_path)[0]):
        waits.append(row["next_at"] - clock.now)
        clock.now = row["next_at"]
        await outbox.run()
    assert waits[:10] == [0, 5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert NOW + 23.7 * 3600 < clock.now <= NOW + 24 * 3600
    assert row["attempts"] == len(waits) == len(hook.requests)
    assert notes == [(GIVEN_UP, "1 dinas: 127.0.0.1: HTTP 500")]
    assert row["text"] == REPORT.text
    clock.now += 31 * 86400
    await outbox.forget()
    assert rows(tmp_path) == []


async def test_what_arrived_is_not_sent_again_at_once_where_that_cannot_be_noted(
    make: Make, hook: Hook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(settings: Settings, id: int, now: float) -> None:
        raise StoreError("database is locked")

    outbox = make(recipients={"dinas": {"url": await hook.start(), "secret": SECRET}})
    outbox.put(REPORT)
    await kept(outbox)
    monkeypatch.setattr(store, "delivered", locked)
    await outbox.run()
    await outbox.run()
    assert len(hook.requests) == 1
    clock.now += store.FIRST_RETRY_SECONDS
    await outbox.run()
    assert [request.headers["webhook-id"] for request, _ in hook.requests] == ["1-1795832000"] * 2


async def test_nobody_waits_for_a_dead_recipient(make: Make, hook: Hook, tmp_path: Path) -> None:
    outbox = make(
        recipients={
            "mati": {"url": "http://127.0.0.1:9/hook", "secret": SECRET},
            "dinas": {"url": await hook.start(), "secret": SECRET},
        }
    )
    for recipient in ("mati", "mati", "dinas", "mati", "dinas"):
        outbox.put(Notification(recipient, "1.1", "1500123", NOW, recipient, {}))
    await kept(outbox)
    await outbox.run()
    assert [json.loads(body)["text"] for _, body in hook.requests] == ["dinas", "dinas"]
    assert [row["attempts"] for row in rows(tmp_path) if row["recipient"] == "mati"] == [1, 0, 0]
    await outbox.run()
    await outbox.run()
    assert [row["attempts"] for row in rows(tmp_path) if row["recipient"] == "mati"] == [1, 1, 1]


async def test_a_dead_recipient_of_many_keeps_nobody_waiting(make: Make, hook: Hook, tmp_path: Path) -> None:
    outbox = make(
        recipients={
            "mati": {"url": "http://127.0.0.1:9/hook", "secret": SECRET},
            "dinas": {"url": await hook.start(), "secret": SECRET},
        }
    )
    with sqlite3.connect(tmp_path / "operations.db") as db:
        db.executemany(
            "INSERT INTO notifications (recipient, call, line, at, text, details, attempts, problem, next_at, until)"
            " VALUES (?, '1.1', '1500123', ?, ?, '{}', 0, '', ?, ?)",
            [(recipient, NOW, recipient, NOW, NOW + 86400) for recipient in ["mati"] * 101 + ["dinas"]],
        )
    await outbox.run()
    assert [json.loads(body)["text"] for _, body in hook.requests] == ["dinas"]


async def test_one_that_hangs_is_left(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(outboxes, "DELIVERY_SECONDS", 0.2)
    ended = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbox = make(recipients={"dinas": {"url": f"http://127.0.0.1:{port}/", "secret": SECRET}})
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    assert rows(tmp_path)[0]["problem"] == "no answer for 0.2 s"
    ended.set()
    server.close()


async def test_a_mail_server_that_hangs_gets_no_letter_later(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(outboxes, "DELIVERY_SECONDS", 0.2)
    given_up, said = asyncio.Event(), asyncio.get_running_loop().create_future()

    async def greet_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await given_up.wait()
        writer.write(b"220 ready\r\n")
        said.set_result(await reader.readline())
        writer.close()

    server = await asyncio.start_server(greet_late, "127.0.0.1", 0)
    mail = {"port": server.sockets[0].getsockname()[1]}
    outbox = make(mail=mail, recipients={"dinas": {"mail_to": ["piket@kota.example"]}})
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    assert rows(tmp_path)[0]["problem"] == "no answer for 0.2 s"
    given_up.set()
    try:
        assert await asyncio.wait_for(said, 60) == b""
    finally:
        server.close()


async def test_a_letter_that_was_taken_has_arrived_whatever_the_server_does_then(
    make: Make, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    outbox = make(mail={"port": port}, recipients={"dinas": {"mail_to": ["piket@kota.example"]}})
    outbox.put(REPORT)
    await kept(outbox)
    delivery = asyncio.create_task(outbox.run())

    async def out_of_time(server: Any, session: Any, envelope: Any) -> str:
        delivery.cancel()
        return "221 Bye"

    box.handle_QUIT = out_of_time  # type: ignore[attr-defined]
    await delivery
    assert (len(box.letters), rows(tmp_path)[0]["delivered_at"]) == (1, NOW)


async def test_what_was_queued_outlives_the_engine(make: Make, hook: Hook) -> None:
    outbox = make()
    outbox.put(REPORT)
    await outbox.close()
    url = await hook.start()
    await make(recipients={"dinas": {"url": url, "secret": SECRET}}).run()
    assert len(hook.requests) == 1


async def test_a_recipient_who_was_taken_away_is_told(make: Make, tmp_path: Path) -> None:
    outbox = make()
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    assert rows(tmp_path)[0]["problem"] == "there is no [recipients.dinas] in sambung.toml"


async def test_new_ones_wake_who_waits(make: Make, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "LOOK_SECONDS", 60.0)
    due, looked = store.due, asyncio.Event()

    async def look(settings: Settings, now: float) -> tuple[list[store.Queued], float | None]:
        found = await due(settings, now)
        looked.set()
        return found

    monkeypatch.setattr(store, "due", look)
    outbox = make(recipients={"dinas": {"url": await hook.start(), "secret": SECRET}})
    waiting = asyncio.create_task(outbox.run())
    await looked.wait()
    assert not waiting.done()
    outbox.put(REPORT)
    await asyncio.wait_for(waiting, 30)  # half of LOOK_SECONDS
    monkeypatch.setattr(outboxes, "LOOK_SECONDS", 0.0)
    await outbox.run()
    assert len(hook.requests) == 1


async def test_a_store_that_cannot_be_written_is_waited_for(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(outboxes, "AGAIN_SECONDS", 0.0)
    keep, trouble = store.keep, iter([StoreError("database is locked"), OSError(28, "No space left on device"), None])

    async def troubled(settings: Settings, notification: Notification) -> None:
        if error := next(trouble):
            raise error
        await keep(settings, notification)

    monkeypatch.setattr(store, "keep", troubled)
    outbox = make(lambda what, why: notes.append(what))
    outbox.put(REPORT)
    await kept(outbox)
    assert (len(rows(tmp_path)), notes) == (1, [LOST, BACK])


async def test_a_store_that_fails_for_one_recipient_is_told_and_the_others_are_served_once(
    make: Make, hook: Hook, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[tuple[str, str]] = []
    claim, locked = store.claim, {"camat"}

    async def troubled(settings: Settings, queued: store.Queued, now: float) -> bool:
        if queued.recipient in locked:
            raise StoreError("database is locked")
        return await claim(settings, queued, now)

    monkeypatch.setattr(store, "claim", troubled)
    known = {"url": await hook.start(), "secret": SECRET}
    outbox = make(lambda what, why: notes.append((what, why)), recipients={"camat": known, "dinas": known})
    for recipient in ("dinas", "camat", "dinas", "dinas"):
        outbox.put(Notification(recipient, "1.1", "1500123", NOW, recipient, {}))
    await kept(outbox)
    await outbox.run()
    assert [json.loads(body)["text"] for _, body in hook.requests] == ["dinas"] * 3
    assert notes == [(LOST, "database is locked"), (BACK, "")]
    locked.clear()
    await outbox.run()
    assert [json.loads(body)["text"] for _, body in hook.requests] == ["dinas", "dinas", "dinas", "camat"]
    assert [record for record in caplog.records if record.exc_info] == []


# --- people -----------------------------------------------------------------------------------------
@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("SAMBUNG_STATE", str(tmp_path))
    monkeypatch.setenv("SAMBUNG_LANG", "en")

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(notifications, arguments)
        assert result.exit_code == code, result.output
        return result.output

    return run


async def in_thread(work: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    return await asyncio.to_thread(work, *arguments, **more)


async def test_the_command_lists_what_has_not_arrived(make: Make, command: Callable[..., str]) -> None:
    assert await in_thread(command) == "No notification waits.\n"
    outbox = make()
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    shown = await in_thread(command)
    assert "dinas" in shown
    assert "there is no [recipients.dinas] in sambung.toml" in shown
    (as_json,) = json.loads(await in_thread(command, "--json"))
    assert (as_json["attempts"], as_json["details"]) == (1, {"lokasi": "Jalan Mawar"})


async def test_the_command_sends_again(make: Make, command: Callable[..., str], clock: Clock, tmp_path: Path) -> None:
    outbox = make()
    outbox.put(REPORT)
    await kept(outbox)
    clock.now += 25 * 3600
    await outbox.run()
    assert "given up" in await in_thread(command)
    await in_thread(command, "retry", "1")
    (row,) = rows(tmp_path)
    assert (row["attempts"], row["at"]) == (0, NOW)
    assert row["until"] - row["next_at"] == 86400
    assert "no notification 7 is undelivered" in await in_thread(command, "retry", "7", code=1)


async def test_what_arrived_is_listed_when_asked(make: Make, hook: Hook, command: Callable[..., str]) -> None:
    outbox = make(recipients={"dinas": {"url": await hook.start(), "secret": SECRET}})
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    assert await in_thread(command) == "No notification waits.\n"
    assert "arrived 2026-11-28 09:13" in await in_thread(command, "--all")


@pytest.mark.usefixtures("english")
async def test_doctor_tells_of_what_does_not_arrive(make: Make, tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    assert await in_thread(lambda: list(doctor.outside(settings))) == []
    outbox = make()
    outbox.put(REPORT)
    await kept(outbox)
    await outbox.run()
    (finding,) = await in_thread(lambda: list(doctor.outside(settings)))
    assert not finding.good
    assert finding.what == "1 notifications have not arrived; dinas: there is no [recipients.dinas] in sambung.toml"
