"""Makes music/waiting.wav: music on hold, composed for Sambung, CC0 1.0.

Slow, soft and sparse, so that it does not tire those who hear it for ten minutes, and within the
telephone band: plucked tones between 330 and 1,050 Hz with a few overtones over held chords. The end
runs into the beginning. Plain Python; run it only to change the piece:

    python prompts/make_music.py
"""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

RATE = 8000
BEAT = 0.8  # seconds
LOUDNESS = -26.0  # dBFS RMS: below a prompt, which has -20

# Four bars of four beats, as MIDI notes.
CHORDS = [(64, 67, 71), (64, 69, 72), (65, 69, 76), (67, 71, 74)]  # Cmaj7, Am, Fmaj7, G
TURN = [(65, 69, 72), (67, 71, 74), (64, 69, 72), (64, 67, 72)]  # F, G, Am, C

# Melodies: (beat, note). Mostly of the five tones C D E G A, which never quarrel with the chords.
CALM = [(0, 79), (2, 76), (4, 81), (5.5, 79), (6, 76), (8, 72), (9, 74), (10, 76), (12, 74), (14, 79)]
RISE = [(0, 76), (1, 79), (2, 81), (4, 84), (6, 81), (7, 79), (8, 81), (10, 76), (12, 79), (13.5, 76), (14, 74)]
ANSWER = [(0, 84), (2, 81), (3, 79), (4, 79), (5, 76), (6, 74), (8, 76), (10, 72), (12, 76), (13, 74), (14, 72)]
REST = [(2, 76), (6, 79), (10, 76), (14, 74)]

FORM = [(CHORDS, CALM), (CHORDS, RISE), (TURN, ANSWER), (CHORDS, REST), (CHORDS, RISE), (TURN, ANSWER), (CHORDS, REST)]


def hertz(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


class Piece:
    def __init__(self, beats: float) -> None:
        self.samples = [0.0] * round(beats * BEAT * RATE)

    def pluck(self, beat: float, note: int, level: float, ring: float = 0.9) -> None:
        """A struck bar: overtones fade sooner than the tone. `ring` is its time constant in seconds."""
        partials = [(1.0, 1.0, ring), (2.0, 0.30, ring / 2), (3.0, 0.10, ring / 4)]
        for multiple, share, fade in partials:
            self._tone(beat, hertz(note) * multiple, level * share, fade=fade, attack=0.012, seconds=ring * 4)

    def hold(self, beat: float, note: int, level: float) -> None:
        """A held tone of one bar that swells and goes."""
        self._tone(beat, hertz(note), level, fade=2.2, attack=0.9, seconds=5.5)
        self._tone(beat, hertz(note) * 1.003, level * 0.6, fade=2.2, attack=1.2, seconds=5.5)  # a slow beating

    def _tone(self, beat: float, frequency: float, level: float, *, fade: float, attack: float, seconds: float) -> None:
        start, turn = round(beat * BEAT * RATE), 2 * math.pi * frequency / RATE
        for i in range(round(seconds * RATE)):
            time = i / RATE
            swell = 0.5 - 0.5 * math.cos(math.pi * min(1.0, time / attack))
            end = min(1.0, (seconds - time) / 0.2)
            # Past the end it goes on at the beginning, so that the loop has no seam.
            self.samples[(start + i) % len(self.samples)] += (
                level * swell * end * math.exp(-time / fade) * math.sin(turn * i)
            )

    def write(self, path: Path) -> None:
        loudness = math.sqrt(sum(s * s for s in self.samples) / len(self.samples))
        gain = 32767 * 10 ** (LOUDNESS / 20) / loudness
        with wave.open(str(path), "wb") as w:
            w.setparams((1, 2, RATE, 0, "NONE", ""))
            w.writeframes(array("h", (round(s * gain) for s in self.samples)).tobytes())


def compose() -> Piece:
    piece = Piece(len(FORM) * 16)
    for section, (chords, melody) in enumerate(FORM):
        for bar, chord in enumerate(chords):
            first = section * 16 + bar * 4
            for note in chord:
                piece.hold(first, note, 0.22)
            for step, note in enumerate((chord[0], chord[2], chord[1], chord[2])):
                piece.pluck(first + step, note, 0.16, ring=0.6)
        for beat, note in melody:
            piece.pluck(section * 16 + beat, note, 0.5)
    return piece


if __name__ == "__main__":
    compose().write(Path(__file__).parent / "music" / "waiting.wav")
