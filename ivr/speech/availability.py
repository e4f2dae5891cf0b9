"""Whether there can be speech on this machine. Where there is none, every flow goes on with keys."""

from __future__ import annotations

from ivr.i18n import tr
from ivr.settings import Settings
from ivr.speech.model import Model, ModelError


def keys_only(settings: Settings) -> str:
    """Why callers have keys only, in words; "" where speech servers can run."""
    if not settings.speech.servers:
        return tr("hanya tombol: speech.servers = 0", "keys only: speech.servers = 0")
    try:
        Model.read(settings.speech.model)
    except ModelError as e:
        return tr(f"hanya tombol: {e}", f"keys only: {e}")
    return ""
