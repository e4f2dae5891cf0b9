"""Finished prompt files: WAV, 8 kHz, 16-bit, mono, and there whole or not at all."""

from __future__ import annotations

import io
import wave
from pathlib import Path

from ivr.synced import replace_synced

RATE = 8000
HEADER_BYTES = 44
"""RIFF, format and the head of the samples, as Asterisk and the module `wave` write them."""


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
    return frames / RATE if right and frames and size >= frames * 2 + HEADER_BYTES else None


def write_wav(samples: bytes, path: Path) -> None:
    """Write 16-bit mono samples at 8 kHz."""
    content = io.BytesIO()
    with wave.open(content, "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        w.writeframes(samples)
    _write_whole(content.getvalue(), path)


def mend_wav(path: Path) -> bool:
    """Put right the lengths in the header of a file whose writer was killed; True where that was needed.

    A file without any samples is removed. One whose header is believable, or of another kind, stays.
    """
    samples = (path.stat().st_size - HEADER_BYTES) // 2 * 2
    if samples <= 0:
        path.unlink()
        return True
    with path.open("r+b") as file:
        head = file.read(HEADER_BYTES)
        told = int.from_bytes(head[40:44], "little")
        if (head[:4], head[36:40]) != (b"RIFF", b"data") or 0 < told <= samples:
            return False
        file.seek(4)
        file.write((HEADER_BYTES - 8 + samples).to_bytes(4, "little"))
        file.seek(40)
        file.write(samples.to_bytes(4, "little"))
    return True


def holds_sound(path: Path) -> bool:
    """Whether a recording has samples on the disk."""
    try:
        return path.stat().st_size > HEADER_BYTES
    except FileNotFoundError:
        return False


def discard_if_empty(path: Path) -> bool:
    """Remove a recording that holds no samples; True where nothing is left."""
    if holds_sound(path):
        return False
    path.unlink(missing_ok=True)  # two may look at it at once
    return True


def copy_wav(source: Path, target: Path) -> None:
    """Copy a finished file; who plays the old target meanwhile hears it to its end."""
    content = source.read_bytes()
    if not target.exists() or target.read_bytes() != content:
        _write_whole(content, target)


def _write_whole(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_synced(path, content)
