"""What people say, over real calls: speakers of the development split speak to a menu of ten, and say numbers.

Reads `../shared/speech-id`, which CI has and users do not: its audio may not be given away with the project. Nobody of
that split was ever trained on. The line is simulated (G.711 µ-law on loopback); what real lines do is not tested here.
"""

from __future__ import annotations

import pytest

from benchmarks.speech import RIGHT, run
from ivr.settings import PROJECT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

CORPUS = PROJECT.parent / "shared/speech-id"
MENUS, AT_ONCE = 1, 8


async def test_people_are_understood(programs: None) -> None:
    """Ten phrases by three speakers, ten numbers by five: 80 calls."""
    outcomes = (await run(CORPUS, MENUS, AT_ONCE)).outcomes
    assert len(outcomes) == 80
    wrong = [o for o in outcomes if not o.right]
    told = "\n".join(f"{o.trial.said.speaker} {o.trial.said.text!r}: {o.decision} {o.heard!r}" for o in wrong)
    assert len(wrong) <= (1 - RIGHT) * len(outcomes), told
