"""Settings of what lies outside Sambung: whom flows may ask during a call, and whom they may tell of it.

The administrator writes addresses, secrets and whole queries; a flow names a query and gives it values.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from ivr.i18n import tr
from ivr.settings_fields import Host, Part

SectionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
SHORTEST_KEY = 24
"""Bytes of a webhook's secret, as the Standard Webhooks specification has it."""
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BOUND = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")
_NO_SECRET = SecretStr("")


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(
            tr(
                "bukan alamat web; tulis seperti https://layanan.dinas.example/api, tanpa nama pengguna dan tanpa ?",
                "no web address; write like https://layanan.dinas.example/api, without a user's name and without ?",
            )
        )
    return text.rstrip("/")


WebAddress = Annotated[str, AfterValidator(lambda text: text and _web_address(text))]
"""An address of http or https; "" for none."""


def _whole_path(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(tr("tulis seluruh jalurnya, dari /", "write the whole path, from / on"))
    return path


File = Annotated[Path, AfterValidator(_whole_path)]


def _guarded(url: str, secret: SecretStr) -> None:
    """A secret may cross a network only where nobody can read it."""
    parts = urlsplit(url)
    if secret.get_secret_value() and parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError(
            tr("rahasia tidak boleh dikirim lewat http; tulis https://…", "no secret goes over http; write https://…")
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Connection(Part):
    """A server that answers over HTTP, or a SQLite database, which is only read."""

    url: WebAddress = Field("", description="address of the server, with the beginning of all paths")
    secret: SecretStr = Field(_NO_SECRET, description="sent with every request, such as `Bearer …`")
    header: str = Field("Authorization", pattern=r"^[A-Za-z0-9-]+$", description="the header that carries the secret")
    certificates: File | None = Field(None, description="PEM file of the authority that the server is known by")
    database: File | None = Field(None, description="a SQLite file")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.url) == bool(self.database):
            raise ValueError(tr("tulis 'url' atau 'database'", "write either 'url' or 'database'"))
        _guarded(self.url, self.secret)
        return self


class Query(Part):
    """One question to a connection. `{name}` in `get`, `post`, `body` and `:name` in `sql` take a flow's values."""

    connection: str
    get: str = Field("", pattern=r"^(/\S*)?$", description="path of a GET request: /penduduk/{nik}")
    post: str = Field("", pattern=r"^(/\S*)?$", description="path of a POST request")
    body: dict[str, Any] = Field({}, description='JSON of a POST request: {nik = "{nik}"}')
    sql: str = Field("", description="a SELECT of which the first row counts")
    keep_seconds: float = Field(0, ge=0, le=86400, description="so long an answer counts for the same question")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(map(bool, (self.get, self.post, self.sql))) != 1:
            raise ValueError(tr("tulis satu dari 'get', 'post', 'sql'", "write one of 'get', 'post', 'sql'"))
        if self.body and not self.post:
            raise ValueError(tr("'body' hanya untuk 'post'", "'body' is for 'post' only"))
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        """The values that it needs."""
        if self.sql:
            return frozenset(_BOUND.findall(self.sql))
        return frozenset(name for text in (self.get, self.post, *_texts(self.body)) for name in placeholders(text))


def placeholders(text: str) -> list[str]:
    """The names in braces."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, say: Mapping[str, str]) -> str:
    """`text` with its names in braces replaced. Raises KeyError."""
    return _PLACEHOLDER.sub(lambda found: say[found[1]], text)


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict | list):
        for inner in body.values() if isinstance(body, dict) else body:
            yield from _texts(inner)


class Recipient(Part):
    """Who is told of calls: a web address (a signed POST), or people by e-mail."""

    url: WebAddress = Field("", description="where notifications are posted to, as JSON")
    secret: SecretStr = Field(_NO_SECRET, description="signs them: `openssl rand -base64 32`")
    certificates: File | None = Field(None, description="PEM file of the authority that the server is known by")
    mail_to: list[Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]] = Field(
        [], description="addresses for e-mail"
    )
    subject: str = Field("Pemberitahuan dari Sambung", pattern=r"^[^\r\n]+$", description="of its e-mails")
    secret_variables: list[str] = Field([], description="secret variables of calls that it may be told")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.url) == bool(self.mail_to):
            raise ValueError(tr("tulis 'url' atau 'mail_to'", "write either 'url' or 'mail_to'"))
        if self.url and len(self.key) < SHORTEST_KEY:
            raise ValueError(
                tr(
                    "'secret' harus base64 dari 24 bita atau lebih; buat dengan: openssl rand -base64 32",
                    "'secret' must be base64 of 24 bytes or more; make one: openssl rand -base64 32",
                )
            )
        return self

    @property
    def key(self) -> bytes:
        """The secret as it signs; empty where it is no base64."""
        try:
            return base64.b64decode(self.secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            return b""


class Mail(Part):
    """The server that takes e-mail: one on this machine, unless said otherwise."""

    host: Host = Field("127.0.0.1", description="name or address of the server")
    port: int = Field(25, ge=1, le=65535)
    sender: str = Field("sambung@localhost", description="address that e-mails come from")
    encryption: Literal["none", "starttls", "tls"] = Field("none", description="tls is usual on port 465")
    username: str = Field("", description="user name where the server wants one")
    password: SecretStr = Field(_NO_SECRET, description="its password; better in SAMBUNG_MAIL_PASSWORD")

    @model_validator(mode="after")
    def _password_guarded(self) -> Self:
        if self.password.get_secret_value() and self.encryption == "none" and not _is_loopback(self.host):
            raise ValueError(
                tr(
                    'kata sandi tidak boleh dikirim tanpa enkripsi; tulis encryption = "starttls" atau "tls"',
                    'no password goes unencrypted; write encryption = "starttls" or "tls"',
                )
            )
        return self


def check_together(connections: Mapping[str, Connection], queries: Mapping[str, Query]) -> None:
    """Raises ValueError where a query cannot be asked of its connection."""
    for name, query in queries.items():
        connection = connections.get(query.connection)
        if connection is None:
            there = ", ".join(connections) or "–"
            raise ValueError(
                tr(
                    f"queries.{name}: tidak ada [connections.{query.connection}]; yang ada: {there}",
                    f"queries.{name}: there is no [connections.{query.connection}]; there are: {there}",
                )
            )
        if bool(connection.database) != bool(query.sql):
            needed = tr(
                "'sql' untuk database, 'get' atau 'post' untuk url", "'sql' for a database, 'get' or 'post' for a url"
            )
            raise ValueError(f"queries.{name}: {needed}")
