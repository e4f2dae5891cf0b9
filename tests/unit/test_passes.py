"""What a call's id tells of the channel and of the pass before."""

from __future__ import annotations

import pytest

from ivr.passes import channel_id, earlier_pass


@pytest.mark.parametrize(
    ("call", "channel", "earlier"),
    [
        ("1795527735.3", "1795527735.3", ""),
        ("1795527735.3-2", "1795527735.3", "1795527735.3"),
        ("1795527735.3-11", "1795527735.3", "1795527735.3-10"),
        ("node-2-1795527735.3", "node-2-1795527735.3", ""),
        ("node-2-1795527735.3-3", "node-2-1795527735.3", "node-2-1795527735.3-2"),
        ("sim", "sim", ""),
    ],
)
def test_a_calls_id(call: str, channel: str, earlier: str) -> None:
    assert (channel_id(call), earlier_pass(call)) == (channel, earlier)
