"""A telephone line and what else is heard on it, simulated: read speech becomes a call.

Every function takes a random generator, so that the same seed makes the same call.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq
from scipy.signal import fftconvolve, resample_poly

from ivr.voice.wav import RATE
from training import throat
from training.corpus import Samples

Signal = NDArray[np.float64]
"""-1 to 1"""

PACKET = RATE // 50
OPUS = "OPUS"

_BEHIND = {"babble": 0.25, "hiss": 0.3, "street": 0.12, "clicks": 0.08, "bursts": 0.07, "tones": 0.05, "signals": 0.03,
           "music": 0.1}  # fmt: skip
"""What is heard behind speech: noise → share."""
_ALONE = {"babble": 0.13, "hiss": 0.07, "street": 0.1, "clicks": 0.07, "bursts": 0.07, "tones": 0.1, "signals": 0.06,
          "music": 0.12, "throats": 0.28}  # fmt: skip
"""… and while nobody speaks."""
_CODECS = {"ALAW": 0.45, "ULAW": 0.25, "GSM610": 0.18, OPUS: 0.12}
"""Codec → share."""


def as_signal(samples: Samples) -> Signal:
    """16 bits as -1 to 1."""
    return samples.astype(np.float64) / 32768


def as_samples(signal: Signal) -> Samples:
    """… and back; what is louder is clipped."""
    return (np.clip(signal, -1, 1) * 32767).astype("<i2")


def call(speech: Samples, others: Sequence[Samples], rng: Generator) -> Samples:
    """Speech as it may arrive. `others`: utterances that people in the background say."""
    x = as_signal(speech)
    if rng.random() < 0.5:  # quicker or slower, higher or lower
        x = resample_poly(x, 100, int(rng.choice([88, 92, 96, 104, 108, 112])))
    if rng.random() < 0.3:
        x = at_pace(x, float(rng.uniform(0.8, 1.3)))
    if rng.random() < 0.2:
        x = interrupted(x, rng)
    if rng.random() < 0.3:
        x = room(x, rng)
    if rng.random() < 0.1:
        x = echo(x, rng)
    if rng.random() < 0.5:
        x = handset(x, rng)
    if rng.random() < 0.75:
        x = with_noise(x, disturbance(_BEHIND, len(x), others, rng), float(rng.uniform(2, 30)))
    x /= np.max(np.abs(x)) + 1e-9
    if rng.random() < 0.1:
        x = np.clip(x * 10 ** rng.uniform(0.1, 0.8), -1, 1)
    return coded(x * 10 ** rng.uniform(-1.3, -0.02), rng)


def quiet_line(n: int, others: Sequence[Samples], rng: Generator) -> Samples:
    """Nobody speaks to us in `n` samples: only what else is heard."""
    return coded(disturbance(_ALONE, n, others, rng) * 10 ** rng.uniform(-3, 0) + rng.normal(0, 1e-4, n), rng)


def at_pace(x: Signal, pace: float) -> Signal:
    """Speech so many times as fast, its pitch kept: overlapping frames, each where it fits best to the one before.

    (WSOLA: Verhelst and Roelands, ICASSP 1993.)
    """
    frame, hop, reach = RATE * 30 // 1000, RATE * 15 // 1000, RATE * 8 // 1000
    window = np.hanning(frame)
    steps = int((len(x) - frame - 2 * reach) / (hop * pace))
    if steps < 1:
        return x
    y = np.zeros(steps * hop + frame)
    follows = 0
    for i in range(steps):
        around = int(i * hop * pace)
        fits = np.correlate(x[around : around + frame + 2 * reach], x[follows : follows + frame], "valid")
        at = around + int(fits.argmax())
        y[i * hop : i * hop + frame] += window * x[at : at + frame]
        follows = min(at + hop, len(x) - frame)
    return y


def echo(x: Signal, rng: Generator) -> Signal:
    """The speaker is heard once more, softly, as on long lines."""
    late = int(rng.uniform(0.03, 0.25) * RATE)
    return np.asarray(x + np.pad(x, (late, 0))[: len(x)] * 10 ** rng.uniform(-1.3, -0.5))


def interrupted(speech: Signal, rng: Generator) -> Signal:
    """The speaker coughs, clears the throat or breathes: before the speech, behind it, or in a pause of it."""
    peaks = np.abs(speech[: len(speech) // PACKET * PACKET]).reshape(-1, PACKET).max(axis=1)
    pauses = PACKET * np.flatnonzero(np.convolve(peaks > 0.03 * peaks.max(), np.ones(5), "same") == 0)
    at = int(rng.choice([0, len(speech), rng.choice(pauses) if len(pauses) else 0]))
    gap = [np.zeros(int(rng.uniform(0.05, 0.5) * RATE)) for _ in range(2)]
    noise = throat.one(rng) * np.abs(speech).max() * 10 ** rng.uniform(-1, 0.1)
    return np.concatenate([speech[:at], gap[0], noise, gap[1], speech[at:]])


def with_noise(speech: Signal, noise: Signal, decibels: float) -> Signal:
    """Speech with noise so many decibels below it."""
    return speech + noise * (np.std(speech) + 1e-9) / (np.std(noise) + 1e-9) / 10 ** (decibels / 20)


def room(x: Signal, rng: Generator) -> Signal:
    """Reverberation of 0.1 to 0.5 s, the speaker near the microphone."""
    n = int(rng.uniform(0.1, 0.5) * RATE)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n) * rng.uniform(0.02, 0.12)
    tail[0] = 1.0
    return np.asarray(fftconvolve(x, tail)[: len(x)])


def handset(x: Signal, rng: Generator) -> Signal:
    """A tilt, and limits to the band."""
    n = next_fast_len(len(x))
    spectrum, f = rfft(x, n), rfftfreq(n, 1 / RATE)
    tilt = (np.maximum(f, 50) / 1000) ** rng.uniform(-0.5, 0.5)
    low, high = rng.uniform(0, 350), rng.uniform(3000, 4000)
    band = (1 + (low / np.maximum(f, 1)) ** 4) ** 0.5 * (1 + (f / high) ** 16) ** 0.5
    return np.asarray(irfft(spectrum * tilt / band, n)[: len(x)])


def coded(x: Signal, rng: Generator) -> Samples:
    """Through a codec, and sometimes packets are lost."""
    samples = through(x, str(rng.choice(list(_CODECS), p=list(_CODECS.values()))))
    return losing(samples, float(rng.uniform(0.005, 0.05)), rng) if rng.random() < 0.15 else samples


def through(x: Signal, codec: str) -> Samples:
    """Through "ULAW", "ALAW", "GSM610" or OPUS at 8 kbit/s and back; the last loses about what G.729 loses."""
    file = io.BytesIO()
    container, smallest = ("OGG", 1.0) if codec == OPUS else ("WAV", None)
    soundfile.write(file, np.clip(x, -1, 1), RATE, format=container, subtype=codec, compression_level=smallest)
    file.seek(0)
    samples: Samples = soundfile.read(file, dtype="int16")[0][: len(x)]
    return samples


def losing(samples: Samples, share: float, rng: Generator) -> Samples:
    """A share of the packets of 20 ms does not arrive: the one before is heard again, or nothing."""
    y = samples.copy()
    for packet in np.flatnonzero(rng.random(len(y) // PACKET) < share):
        at = packet * PACKET
        y[at : at + PACKET] = y[at - PACKET : at] if packet and rng.random() < 0.5 else 0
    return y


# --- what else is heard ------------------------------------------------------------------------------
def disturbance(shares: Mapping[str, float], n: int, others: Sequence[Samples], rng: Generator) -> Signal:
    """One of those in `shares`, as often as they say: `n` samples, about as loud as speech."""
    name = str(rng.choice(list(shares), p=list(shares.values())))
    return babble(n, others, rng) if name == "babble" else NOISES[name](n, rng)


def babble(n: int, others: Sequence[Samples], rng: Generator) -> Signal:
    """Several people talk at once."""
    total = np.zeros(n)
    for _ in range(rng.integers(3, 7)):
        voice = as_signal(others[int(rng.integers(len(others)))])
        total += np.roll(np.resize(voice, n), int(rng.integers(n))) / (np.std(voice) + 1e-3)
    return _levelled(total)


def _levelled(x: Signal) -> Signal:
    return np.asarray(x / (np.std(x) + 1e-9) * 0.1)


def hiss(n: int, rng: Generator) -> Signal:
    """Noise, from white to brown."""
    size = next_fast_len(n)
    spectrum = rfft(rng.standard_normal(size))
    return _levelled(irfft(spectrum / (np.arange(len(spectrum)) + 1.0) ** rng.uniform(0, 1), size)[:n])


def street(n: int, rng: Generator) -> Signal:
    """Engines, vehicles that pass, and now and then a horn."""
    t = np.arange(n) / RATE
    x = 0.5 * _levelled(hiss(n, rng)) * (1 + 0.5 * np.sin(2 * np.pi * rng.uniform(8, 30) * t))
    for _ in range(1 + n // (4 * RATE)):
        nearest, seconds = rng.uniform(0, n / RATE), rng.uniform(0.5, 2.5)
        x += hiss(n, rng) * rng.uniform(0.5, 2) / (1 + ((t - nearest) / seconds) ** 2)
    if rng.random() < 0.4:
        begin, end = np.sort(rng.uniform(0, n / RATE, 2))
        end = min(end, begin + rng.uniform(0.1, 1))
        chord = rng.uniform(300, 500) * np.array([1, 1.25])
        horn = sum(np.sin(2 * np.pi * hertz * k * t) / k for hertz in chord for k in (1, 2, 3, 4))
        x += horn * ((begin < t) & (t < end)) * rng.uniform(0.05, 0.2)
    return _levelled(x)


def clicks(n: int, rng: Generator) -> Signal:
    """Single clicks, up to 20 ms each, up to very loud."""
    x = np.zeros(n)
    for at in rng.integers(0, n, 1 + n // 8000):
        length = int(min(rng.integers(2, 160), n - at))
        x[at : at + length] += rng.normal(0, rng.uniform(0.05, 0.7), length) * np.exp(-3 * np.arange(length) / length)
    return x


def bursts(n: int, rng: Generator) -> Signal:
    """Something brushes the microphone; someone breathes into it."""
    x = np.zeros(n)
    for at in rng.integers(0, n, 1 + n // 16000):
        length = int(min(rng.integers(800, 8000), n - at))
        x[at : at + length] += hiss(max(length, 2), rng)[:length] * np.hanning(length)
    return _levelled(x)


def coughs(n: int, rng: Generator) -> Signal:
    """Someone coughs, two or three times in a row: noise through a throat, each quick to come and slow to go."""
    x = np.zeros(n)
    at = int(rng.integers(0, max(1, n // 2)))
    for _ in range(rng.integers(2, 4)):
        length = int(rng.uniform(0.1, 0.3) * RATE)
        t = np.arange(length) / length
        throat = [fftconvolve(rng.standard_normal(length), _resonance(f))[:length] for f in rng.uniform(400, 2500, 3)]
        cough = sum(throat) * np.minimum(1, t / 0.05) * np.exp(-4 * t)
        x[at : at + length] += cough[: max(0, n - at)]
        at += length + int(rng.uniform(0.05, 0.3) * RATE)
    return _levelled(x)


def _resonance(hertz: float) -> Signal:
    t = np.arange(RATE // 50) / RATE
    return np.asarray(np.exp(-300 * t) * np.sin(2 * np.pi * hertz * t))


def tones(n: int, rng: Generator) -> Signal:
    """A tone of the network, on and off."""
    t = np.arange(n) / RATE
    period = rng.uniform(0.3, 2)
    return _levelled(np.sin(2 * np.pi * rng.uniform(350, 1500) * t) * ((t % period) < period * rng.uniform(0.2, 0.9)))


def signals(n: int, rng: Generator) -> Signal:
    """What machines say to each other: keys, dial tones, fax machines; tones one after another, many of two."""
    chords, seconds, gap = _SIGNALS[rng.integers(len(_SIGNALS))]
    seconds, gap = seconds * rng.uniform(0.7, 1.4), gap * rng.uniform(0.7, 1.4)
    x, at = np.zeros(n), int(rng.uniform(0, 0.5) * n)
    while at < n:
        chord = chords[rng.integers(len(chords))]
        t = np.arange(min(int(seconds * RATE), n - at)) / RATE
        x[at : at + len(t)] = sum(np.sin(2 * np.pi * hertz * t + rng.uniform(0, 6)) for hertz in chord)
        at += len(t) + int(gap * RATE)
    return _levelled(x)


def music(n: int, rng: Generator) -> Signal:
    """Chords of decaying notes with overtones."""
    x = np.zeros(n)
    root, beat, decay = 110 * 2 ** rng.uniform(0, 2), int(rng.uniform(0.2, 0.7) * RATE), rng.uniform(2, 8)
    t = np.arange(RATE) / RATE
    fading = np.exp(-decay * t)
    for start in range(0, n, beat):
        size = min(RATE, n - start)
        for note in root * 2 ** (rng.choice([0, 2, 4, 5, 7, 9, 11, 12, 16], 3) / 12):
            for overtone in range(1, 4):
                sound = fading * np.sin(2 * np.pi * note * overtone * t + rng.uniform(0, 6)) / overtone
                x[start : start + size] += sound[:size]
    return _levelled(x)


_KEYS = tuple((row, column) for row in (697, 770, 852, 941) for column in (1209, 1336, 1477))
_SIGNALS = (
    (_KEYS, 0.1, 0.1), (_KEYS, 0.2, 0.5),
    (((425,), (350, 440)), 4.0, 0.3),
    (((1100,),), 0.5, 3.0), (((2100,), (1650, 1850)), 3.0, 0.1),
    (((950,), (1400,), (1800,)), 0.33, 0.03),
)  # fmt: skip
"""Chords, in hertz; seconds of each, and between them."""


def throats(n: int, rng: Generator) -> Signal:
    """Someone coughs, clears the throat, laughs, breathes: see `training.throat`."""
    x = np.zeros(n)
    at = int(rng.uniform(0, 0.5) * n)
    while at < n:
        noise = throat.one(rng)[: n - at]
        x[at : at + len(noise)] = noise * 10 ** rng.uniform(-0.7, 0)
        at += len(noise) + int(rng.exponential(0.8) * RATE)
    return _levelled(x)


NOISES: dict[str, Callable[[int, Generator], Signal]] = {
    "hiss": hiss, "street": street, "clicks": clicks, "bursts": bursts, "tones": tones, "signals": signals,
    "music": music, "throats": throats,
}  # fmt: skip
