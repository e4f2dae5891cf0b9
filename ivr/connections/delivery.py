"""How a notification is told: by a signed request over HTTP, or by e-mail."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import hmac
import logging
import socket
import ssl
import time
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import aiosmtplib
import orjson

from ivr.connections.web import NoAnswer, WebServer
from ivr.settings import Settings
from ivr.settings_connections import Recipient
from ivr.store.notifications import Queued

SMTP_SECONDS = 15.0
"""How long a mail server has for each of its answers."""

log = logging.getLogger(__name__)


class Undelivered(Exception):  # noqa: N818 - the recipient's state
    """It has not arrived; the message says why."""


async def post(server: WebServer, key: bytes, queued: Queued, zone: ZoneInfo) -> None:
    """Tell it by a POST, signed as the Standard Webhooks specification has it. Raises Undelivered."""
    id, timestamp = f"{queued.id}-{queued.at:.0f}", f"{time.time():.0f}"
    content = {name: getattr(queued, name) for name in ("call", "line", "text", "details")}
    body = orjson.dumps({"id": id, "at": _at(queued, zone).isoformat(timespec="seconds"), **content})
    signature = hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
    try:
        status, _ = await server.request("POST", body=body, headers=headers)
    except NoAnswer as e:
        raise Undelivered(str(e)) from e
    if not 200 <= status < 300:
        raise Undelivered(f"{server.host}: HTTP {status}")


async def send_mail(settings: Settings, recipient: Recipient, queued: Queued) -> None:
    """Tell it by e-mail. Raises Undelivered where it reaches nobody; cancelled, it sends nothing more.

    Once the server has taken the letter nothing is waited for, not even its goodbye: it would be sent again.
    """
    mail = settings.mail
    server = aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        username=mail.username or None,
        password=mail.password.get_secret_value() or None,
        local_hostname=socket.gethostname(),
        timeout=SMTP_SECONDS,
        use_tls=mail.encryption == "tls",
        start_tls=mail.encryption == "starttls",
        tls_context=await asyncio.to_thread(ssl.create_default_context),  # it reads many certificates
    )
    try:
        await server.connect()
        refused, _ = await server.send_message(_written(mail.sender, recipient, queued, ZoneInfo(settings.timezone)))
    except (aiosmtplib.SMTPException, OSError, ValueError) as e:
        raise Undelivered(f"{mail.host}: {e}") from e
    finally:
        server.close()
    for address, (code, why) in refused.items():
        log.warning("%s refused %s, not the others: %d %s", mail.host, address, code, why)


def _written(sender: str, recipient: Recipient, queued: Queued, zone: ZoneInfo) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = sender, ", ".join(recipient.mail_to)
    message["Subject"] = recipient.subject
    message["Date"] = format_datetime(_at(queued, zone))
    message["Message-ID"] = f"<{queued.id}-{queued.at:.0f}@sambung.{socket.gethostname()}>"
    facts = {**queued.details, "nomor layanan": queued.line, "panggilan": queued.call}
    listed = "\n".join(f"{name}: {value}" for name, value in facts.items())
    message.set_content("\n\n".join(filter(None, (queued.text, listed))))
    return message


def _at(queued: Queued, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(queued.at, zone)
