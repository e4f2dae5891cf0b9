"""Finished prompt files: WAV, 8 kHz, 16-bit, mono, and there whole or not at all."""

from __future__ import annotations

import io
import os
import secrets
import wave
from pathlib import Path

RATE = 8000


def wav_seconds(path: Path) -> float | None:
    """Length of a finished prompt; None where the file is missing, empty, cut short or of another format."""
    try:
        with wave.open(str(path), "rb") as w:
            right = (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (1, 2, RATE)
            frames = w.getnframes()
        size = path.stat().st_size
    except (OSError, EOFError, wave.Error):
        return None
    # The header says how long the file should be, whatever has become of the rest.
    return frames / RATE if right and frames and size >= frames * 2 + 44 else None


def write_wav(samples: bytes, path: Path) -> None:
    """Write 16-bit mono samples at 8 kHz."""
    content = io.BytesIO()
    with wave.open(content, "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        w.writeframes(samples)
    _write_whole(content.getvalue(), path)


def copy_wav(source: Path, target: Path) -> None:
    """Copy a finished file; who plays the old target meanwhile hears it to its end."""
    content = source.read_bytes()
    if not target.exists() or target.read_bytes() != content:
        _write_whole(content, target)


def _write_whole(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with unfinished.open("wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
