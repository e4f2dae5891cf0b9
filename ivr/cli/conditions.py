"""How the supervisor's processes are, in the reader's words. What is noted of them is English, as logs are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ivr.i18n import tr


def state_word(state: str) -> str:
    """The state of a process in the reader's language."""
    words = {"starting": "memulai", "ready": "siap", "pausing": "menunggu", "stopped": "berhenti"}
    return tr(words[state], state)


_ENDS = {
    r"exit (\d+)": r"keluar dengan kode \1",
    r"signal (\d+)": r"sinyal \1",
    r"ended": r"berakhir",
    r"could not be started: (.+)": r"tidak dapat dimulai: \1",
    r"frozen \(no heartbeat\), ended by force": r"macet (tanpa tanda hidup), dihentikan paksa",
    r"frozen \(no answer for (\d+) s\), ended by force": r"macet (\1 detik tanpa jawaban), dihentikan paksa",
    r"frozen \(not ready (\d+) s after its start\), ended by force": (
        r"macet (\1 detik setelah mulai belum siap), dihentikan paksa"
    ),
}
"""How the supervisor says that a process ended → the same in Indonesian."""


def end_word(end: str) -> str:
    """How a process ended, in the reader's language; an end of another version, as it was noted."""
    for noted, said in _ENDS.items():
        if found := re.fullmatch(noted, end):
            return tr(found.expand(said), end)
    return end


def restarted(condition: Mapping[str, Any]) -> str:
    """How often a process was started anew, and how it ended last; "" where it never was."""
    if not condition.get("restarts"):
        return ""
    return f"{condition['restarts']}× {tr('mulai ulang', 'restart')}: {end_word(condition['last_end'])}"
