"""Sound goes to the decoder only while somebody may be speaking: most of a turn is silence, which costs it as much.

The decoder still decides what was speech. The gate opens early and is wrong in favour of sound; it keeps the last
moment, so that a word is decoded from before its beginning.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from operator import not_

import webrtcvad

_MODE = 1
"""webrtcvad's, from 0 (nearly all is speech) to 3."""
_FRAME = 480
"""Bytes that are judged at a time …"""
_SECONDS = 0.03
"""… and how long they take."""
_OPENS = 2
"""So many of the last _LATELY frames are speech when it opens."""
_LATELY, _LONG = 4, 20
"""Frames: what is new, and how long there was no speech when it closes."""
_LEARNS = 6
"""Frames in which a new webrtcvad takes any noise for speech: they are kept, and open nothing."""
_KEPT = 5760
"""Bytes kept from before it opened: 360 ms."""


class Gate:
    """Takes audio (16-bit, 8 kHz, mono), closed at first."""

    def __init__(self) -> None:
        self._vad, self._judged = webrtcvad.Vad(_MODE), 0
        self.close()

    def close(self) -> None:
        """Begin anew, with nothing heard."""
        self._is_open, self._kept = False, b""
        self._frames: deque[bool] = deque(maxlen=_LONG)

    def hear(self, piece: bytes) -> bytes:
        """What the decoder is to hear now: nothing, the piece, or with it what was kept. `piece`: 30 ms or some."""
        for at in range(0, len(piece) - _FRAME + 1, _FRAME):
            is_speech = self._vad.is_speech(piece[at : at + _FRAME], 8000)
            self._judged += 1
            self._frames.append(is_speech and self._judged > _LEARNS)
        if self._is_open:
            return piece
        self._kept = (self._kept + piece)[-_KEPT:]
        if sum(list(self._frames)[-_LATELY:]) < _OPENS:
            return b""
        self._is_open, kept = True, self._kept
        return kept

    @property
    def silence(self) -> float:
        """Seconds since it heard anything that may be speech; no more than 0.6 of them are counted."""
        return _SECONDS * len(list(takewhile(not_, reversed(self._frames))))

    @property
    def is_idle(self) -> bool:
        """Whether it is open for nothing any more."""
        return self._is_open and not any(self._frames)
