"""Requests over HTTP: TLS is verified, no redirect is followed, no answer may be too large."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

MOST_BYTES = 256 * 1024
"""A longer answer is none."""


class NoAnswer(Exception):  # noqa: N818 - the server's state
    """The server gave no answer. The message says why, without anything of the request but the host."""


class WebServer:
    """One server, whose connections are kept for the next request."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, certificates: Path | None = None) -> None:
        """`url`: the beginning of all addresses. `headers` go with every request. `certificates`: whom to trust."""
        self._url, self._headers, self._certificates = url, headers, certificates
        self._session: aiohttp.ClientSession | None = None
        self.host = urlsplit(url).hostname or ""

    async def request(
        self, method: str, path: str = "", *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and content. `path` is percent-encoded already; `body` is JSON. Raises NoAnswer; has no time-out."""
        address = URL(self._url + path, encoded=True)
        more = {**({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        try:
            session = self._open()
            async with session.request(method, address, data=body, headers=more, allow_redirects=False) as response:
                content = await response.content.read(MOST_BYTES + 1)
                while not response.content.at_eof() and len(content) <= MOST_BYTES:
                    content += await response.content.read(MOST_BYTES + 1 - len(content))
        except (aiohttp.ClientError, OSError, ValueError) as e:
            raise NoAnswer(f"{self.host}: {_words(e)}") from e
        if len(content) > MOST_BYTES:
            raise NoAnswer(f"{self.host}: more than {MOST_BYTES // 1024} KiB")
        return response.status, content

    async def close(self) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            known = ssl.create_default_context(cafile=self._certificates) if self._certificates else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=known),  # True: all authorities that the system knows
                headers={"Accept": "application/json", **(self._headers or {})},
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),  # whoever asks decides
            )
        return self._session


def _words(error: Exception) -> str:
    """aiohttp's own words may quote the address, which may hold a caller's data."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not trusted ({error.certificate_error})"
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, socket.gaierror):
        return error.strerror or "no such host"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return type(error).__name__
