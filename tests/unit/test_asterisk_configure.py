"""What of the flows Asterisk must know."""

from pathlib import Path

from flow_kit import site, steps

from ivr.asterisk.configure import exit_keys, ringing_longest

QUEUES = """
a: {type: queue, queue: umum, keys: {1: z}, timeout: b, answered: z}
b: {type: queue, queue: umum, keys: {"*": z}, ring_seconds: 40.5s, timeout: z, answered: z}
"""


def test_all_keys_that_leave_a_queue_in_any_step(tmp_path: Path) -> None:
    assert exit_keys(site(tmp_path, steps(QUEUES))) == {"umum": ["*", "1"]}


def test_a_step_may_ring_longer_than_its_queue(tmp_path: Path) -> None:
    loaded = site(tmp_path, steps(QUEUES))
    assert loaded.queues["umum"].ring_seconds == 20
    assert ringing_longest(loaded)["umum"].ring_seconds == 41
