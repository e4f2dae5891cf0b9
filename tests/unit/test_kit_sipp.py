"""Reading SIPp's result files."""

from __future__ import annotations

import pytest

from tests.e2e.kit.machine import KitError
from tests.e2e.kit.sipp import read_result

STATISTICS = """StartTime;TotalCallCreated;SuccessfulCall(C);FailedCall(C)
a;0;0;0
b;3;2;1
"""
MESSAGES = """----------------------------------------------- 2026-11-24
UDP message sent (512 bytes):

INVITE sip:500@127.0.0.1:5060 SIP/2.0
----------------------------------------------- 2026-11-24
UDP message received [342] bytes:

SIP/2.0 100 Trying
----------------------------------------------- 2026-11-24
UDP message received [342] bytes:

SIP/2.0 404 Not Found
"""


def test_the_last_row_counts_and_only_received_statuses() -> None:
    result = read_result(STATISTICS, MESSAGES, "Aborting call\n")
    assert (result.calls, result.successful, result.failed) == (3, 2, 1)
    assert result.statuses == {100: 1, 404: 1}
    with pytest.raises(KitError, match="2 of 3 calls went well; Aborting call"):
        result.check()


def test_a_run_that_placed_no_call_is_no_success() -> None:
    with pytest.raises(KitError, match="0 of 0"):
        read_result("", "", "").check()
