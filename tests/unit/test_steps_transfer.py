"""transfer: to another telephone."""

from pathlib import Path

import pytest
from flow_kit import call, data, site, steps, way

from ivr.channel import EndReason, TransferOutcome
from ivr.flow.model import Site
from ivr.sim.caller import HangUp


@pytest.fixture
def flow(tmp_path: Path) -> Site:
    text = "a: {type: transfer, to: '0315312144', say: Anda disambungkan., answered: z, busy: b, failed: z}"
    return site(tmp_path, steps(f"{text}\nb: {{type: play, say: Sibuk., next: z}}"))


@pytest.mark.parametrize(
    ("outcome", "exit_", "to", "seconds"),
    [
        (TransferOutcome.ANSWERED, "answered", "z", 40.0),
        (TransferOutcome.BUSY, "busy", "b", 0.0),
        (TransferOutcome.NO_ANSWER, "no_answer", "z", 0.0),
        (TransferOutcome.REFUSED, "failed", "z", 0.0),
        (TransferOutcome.FAILED, "failed", "z", 0.0),
    ],
)
def test_outcomes(flow: Site, outcome: TransferOutcome, exit_: str, to: str, seconds: float) -> None:
    trial = call(flow, transfers={"0315312144": (outcome, 40.0)})
    assert way(trial)[0] == f"a:{exit_}"
    assert data(trial, "step_left")[0]["to"] == to
    assert data(trial, "transfer_started") == [{"target": "0315312144"}]
    assert data(trial, "transfer_ended") == [{"target": "0315312144", "outcome": outcome, "seconds": seconds}]


def test_a_number_that_the_settings_do_not_allow(flow: Site) -> None:
    assert data(call(flow), "transfer_ended")[0]["outcome"] == TransferOutcome.REFUSED


def test_hanging_up_during_the_talk(flow: Site) -> None:
    trial = call(flow, HangUp(at=20), transfers={"0315312144": (TransferOutcome.ANSWERED, 40.0)})
    assert trial.reason is EndReason.CALLER_HUNG_UP
    (ended,) = data(trial, "transfer_ended")
    assert (ended["outcome"], ended["seconds"] > 0) == (TransferOutcome.HUNG_UP_TALKING, True)


def test_hanging_up_while_it_rings(flow: Site) -> None:
    trial = call(flow, HangUp(at=10), transfers={"0315312144": (TransferOutcome.NO_ANSWER, 0.0)})
    (ended,) = data(trial, "transfer_ended")
    assert (ended["outcome"], ended["seconds"]) == (TransferOutcome.HUNG_UP, 0.0)
