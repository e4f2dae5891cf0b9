"""The framing of baresip's control connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.kit import netstring


@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(1, 9))
def test_payloads_come_back_however_the_bytes_are_cut(payloads: list[bytes], size: int) -> None:
    data = b"".join(map(netstring.encode, payloads))
    decoder = netstring.Decoder()
    assert [p for i in range(0, len(data), size) for p in decoder.feed(data[i : i + size])] == payloads


@pytest.mark.parametrize("rubbish", [b"hello: there", b"3:abcd", b":x,", b"12345678901"])
def test_what_is_no_netstring_is_an_error(rubbish: bytes) -> None:
    with pytest.raises(ValueError, match="netstring"):
        netstring.Decoder().feed(rubbish)
