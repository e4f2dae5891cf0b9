"""What people and systems outside the call are told of its variables."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ivr.channel import Call
from ivr.flow.expressions import teks


def details(call: Call, names: Iterable[str], *, hidden: Collection[str] = ()) -> dict[str, str]:
    """The texts of those of these variables that have a value and are not hidden."""
    return {str(name): teks(call.variables[name]) for name in names if name in call.variables and name not in hidden}
