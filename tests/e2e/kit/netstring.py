"""Netstrings (`5:hello,`): how baresip's ctrl_tcp frames its JSON."""

from __future__ import annotations


def encode(payload: bytes) -> bytes:
    """`payload` as one netstring."""
    return b"%d:%b," % (len(payload), payload)


class Decoder:
    """Takes bytes as they arrive, gives whole payloads. Raises ValueError on what is no netstring."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete now, in order."""
        self._buffer += data
        payloads: list[bytes] = []
        while (colon := self._buffer.find(b":")) >= 0:
            if not self._buffer[:colon].isdigit():
                raise ValueError(f"not a netstring: {self._buffer[:20]!r}")
            end = colon + 1 + int(self._buffer[:colon])
            if len(self._buffer) <= end:
                return payloads
            if self._buffer[end : end + 1] != b",":
                raise ValueError(f"netstring without its comma: {self._buffer[:20]!r}")
            payloads.append(self._buffer[colon + 1 : end])
            self._buffer = self._buffer[end + 1 :]
        if len(self._buffer) > 9:
            raise ValueError(f"not a netstring: {self._buffer[:20]!r}")
        return payloads
