"""The notice that a call is recorded: where its audio lies. All of it that the engine needs."""

from __future__ import annotations

from pathlib import Path

from ivr.settings import Settings
from ivr.voice.template import text_id


def notice_audio(settings: Settings) -> Path:
    """The file of `recording.notice`. Its name goes by the text: a changed notice is never said in the old words."""
    return settings.prompts / "system" / f"notice-{text_id(settings.recording.notice)}.wav"
