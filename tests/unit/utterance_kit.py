"""For the tests of what callers said: an installation whose record and folder hold utterances with audio."""

from __future__ import annotations

from pathlib import Path

from ivr import events as e
from ivr.settings import Settings, load_settings
from ivr.store.writer import HistoryWriter
from ivr.voice.wav import RATE, write_wav
from tests.unit.store_kit import put_empty_history

SECOND = bytes(2 * RATE)


def installation(state: Path, speech: str = "keep_audio = true") -> Settings:
    state.joinpath("sambung.toml").write_text(f'recordings = "{state / "rec"}"\n[speech]\n{speech}\n')
    put_empty_history(state)
    return load_settings(state)


def utterance(
    settings: Settings,
    call: str,
    at: float,
    *heard: tuple[str, float],
    caller: str = "+628123456789",
    step: tuple[str, str] = ("menu", "menu"),
    line: str = "14000",
) -> list[e.Event]:
    """A call in which this was said, at the step (name, type); its audio lies in the folder."""
    audio = f"2026/11/17/{call}-utterance1.wav"
    write_wav(SECOND, settings.recordings / audio)
    hypotheses = [{"text": text, "confidence": confidence} for text, confidence in heard]
    decision = "accepted" if heard and heard[0][0] else "rejected"
    return [
        e.CallStarted(call, at - 2, line, caller, "halo", "v1", "PJSIP/trunk-1"),
        e.StepEntered(call, at - 1, "halo", *step),
        e.UtteranceHeard(call, at, f"{call}.1", "v1/ab", hypotheses, decision, 0.5, 1.5, 2.0, audio),
        e.CallEnded(call, at + 1, "completed"),
    ]


async def put(settings: Settings, *events: e.Event) -> None:
    writer = HistoryWriter(settings, batch_seconds=0)
    await writer.open()
    for event in events:
        writer.emit(event)
    await writer.close()
