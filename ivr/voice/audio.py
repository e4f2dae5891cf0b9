"""Sound files for the telephone: 8 kHz, 16-bit, mono, of one loudness, without silence around them.

Loudness, trimming and fades are pydub's. libsndfile reads WAV of all kinds, FLAC, Ogg and MP3; other formats need
ffmpeg.
"""

from __future__ import annotations

import math
import re
import stat
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.i18n import tr
from ivr.voice.tts import Pcm, VoiceError
from ivr.voice.wav import RATE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pydub warns of a missing ffmpeg, which WAV does not need
    import audioop

    from pydub import AudioSegment
    from pydub.exceptions import CouldntDecodeError
    from pydub.generators import Sine
    from pydub.silence import detect_leading_silence

if TYPE_CHECKING:
    import soundfile

PROCESSING = "1"
"""Changes whenever `for_telephone` changes what comes out, so that finished files are made anew."""

LOUDNESS = -20.0
"""RMS of a prompt, dBFS."""
HEADROOM = -3.0
"""The highest peak, dBFS."""

_SHORTEST, _LONGEST = 0.2, 600.0  # seconds of a person's recording
_RATES = (4000, 192_000)  # Hz; what lies outside is a broken header
_QUIETEST = -42.0  # dBFS RMS; below, raising it raises mostly noise
_MAY_CLIP = 0.0005  # share of samples at full scale; a clean recording has none
_MAY_LEAN = 0.05  # mean of the samples, as a share of full scale
_BLOCK = 65_536  # frames that are decoded at a time
_MAY_LACK = 0.25  # seconds that an MP3 may be shorter than its header says: what encoders add
_CUT = re.compile(r"^data : (\d+) \(should be (\d+)\)$", re.MULTILINE)
"""What libsndfile notes of a file that is shorter than its header says, in bytes of sound."""
_UNKNOWN = 2**31 - 2**16
"""Lengths from here on tell that the writer did not know it yet: a stream."""


class AudioError(VoiceError):
    """A recording cannot be used; the message names the file and says what to do."""


def from_voice(pcm: Pcm) -> AudioSegment:
    """What a voice spoke, ready for the telephone."""
    return for_telephone(AudioSegment(pcm.samples, sample_width=2, frame_rate=pcm.rate, channels=1))


def from_person(path: Path) -> AudioSegment:
    """A person's recording, checked and ready for the telephone. Raises AudioError."""
    sound = _read(path, _SHORTEST)
    spoken = _trimmed(sound)
    if spoken.dBFS < _QUIETEST:
        raise AudioError(
            tr(
                f"{path}: terlalu pelan ({spoken.dBFS:.0f} dBFS); rekam lebih dekat ke mikrofon",
                f"{path}: too quiet ({spoken.dBFS:.0f} dBFS); record nearer to the microphone",
            )
        )
    if _share_at_full_scale(sound) > _MAY_CLIP:
        raise AudioError(
            tr(
                f"{path}: suaranya pecah karena terlalu keras; turunkan volume rekaman dan ulangi",
                f"{path}: clipped, as it was too loud; lower the recording level and try again",
            )
        )
    return for_telephone(sound)


def for_telephone(sound: AudioSegment) -> AudioSegment:
    """Mono, telephone band, 8 kHz, trimmed, levelled, with fades too short to hear as such."""
    sound = _resampled(sound.set_channels(1).set_sample_width(2))
    sound = _trimmed(sound)
    if sound.max:
        sound = sound.apply_gain(min(LOUDNESS - sound.dBFS, HEADROOM - sound.max_dBFS))
    return sound.fade_in(5).fade_out(15)


def silence(seconds: float) -> AudioSegment:
    return AudioSegment.silent(duration=round(seconds * 1000), frame_rate=RATE)


def tone(hertz: float, seconds: float) -> AudioSegment:
    return for_telephone(Sine(hertz, sample_rate=RATE).to_audio_segment(duration=round(seconds * 1000)))


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording as it is, as the telephone carries it."""

    pcm: bytes
    """16-bit, 8 kHz, mono."""
    flaws: tuple[str, ...]
    """What is wrong with it, in words."""


def recording(path: Path) -> Recording:
    """Read a recording to be heard, not to be played. Raises AudioError."""
    sound = _read(path)
    return Recording(bytes(_resampled(sound.set_channels(1).set_sample_width(2)).raw_data), tuple(_flaws(sound)))


def _flaws(sound: AudioSegment) -> Iterable[str]:
    if (share := _share_at_full_scale(sound)) > _MAY_CLIP:
        yield tr(
            f"suaranya pecah: {share:.1%} terpotong karena terlalu keras",
            f"clipped: {share:.1%} of it was too loud",
        )
    if abs(mean := sound.set_channels(1).get_dc_offset()) > _MAY_LEAN:
        yield tr(f"ada arus searah (DC) {mean:+.0%}", f"has a DC offset of {mean:+.0%}")


def _read(path: Path, shortest: float = 0.0) -> AudioSegment:
    _check_file(path)
    import soundfile  # noqa: PLC0415 - with numpy, which calls do not need

    try:
        with soundfile.SoundFile(path) as file:
            if (cut := _CUT.search(file.extra_info)) and int(cut[1]) < _UNKNOWN:
                raise _cut_short(path, tr(f"{cut[2]} dari {cut[1]} bita", f"{cut[2]} of {cut[1]} bytes"))
            _check(path, file.samplerate, file.frames, shortest)
            sound = _decoded(file)
            there, told = sound.duration_seconds, file.frames / file.samplerate
            if told - there > _MAY_LACK:
                raise _cut_short(path, tr(f"{there:.1f} dari {told:.1f} detik", f"{there:.1f} of {told:.1f} s"))
            return sound
    except soundfile.LibsndfileError:
        if path.suffix[1:].upper() in soundfile.available_formats():
            raise _unreadable(path) from None
    sound = _converted(path)
    _check(path, sound.frame_rate, sound.frame_count(), shortest)
    return sound


def _check_file(path: Path) -> None:
    """Raises AudioError where there is no file, or none that may be read or that holds anything."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise AudioError(
                tr(
                    f"{path}: ini folder, bukan rekaman; sebut berkasnya, misalnya {path}/*.wav",
                    f"{path}: this is a folder, not a recording; name its files, such as {path}/*.wav",
                )
            )
        if not stat.S_ISREG(found.st_mode):
            raise AudioError(
                tr(
                    f"{path}: bukan berkas biasa; simpan dulu rekamannya sebagai berkas",
                    f"{path}: not an ordinary file; save the recording as a file first",
                )
            )
        path.open("rb").close()
    except FileNotFoundError:
        raise AudioError(tr(f"{path}: berkas tidak ada", f"{path}: no such file")) from None
    except OSError as e:
        raise AudioError(
            tr(f"{path}: tidak dapat dibuka: {e.strerror}", f"{path}: cannot be opened: {e.strerror}")
        ) from None
    if not found.st_size:
        raise AudioError(tr(f"{path}: berkasnya kosong (0 bita)", f"{path}: the file is empty (0 bytes)"))
    if path.suffix.lower() == ".raw":
        raise AudioError(
            tr(
                f"{path}: suara tanpa kepala berkas, lajunya tidak diketahui; simpan sebagai WAV",
                f"{path}: sound without a header, whose rate nobody knows; save it as WAV",
            )
        )


def _check(path: Path, rate: int, frames: float, shortest: float) -> None:
    """Raises AudioError where a recording is nothing to work on."""
    if not frames:
        raise AudioError(tr(f"{path}: rekaman kosong", f"{path}: the recording is empty"))
    lowest, highest = _RATES
    if not lowest <= rate <= highest:
        raise AudioError(
            tr(
                f"{path}: laju cupliknya {rate} Hz; harus {lowest} sampai {highest} Hz",
                f"{path}: has a sampling rate of {rate} Hz; must be {lowest} to {highest} Hz",
            )
        )
    if not shortest <= (seconds := frames / rate) <= _LONGEST:
        raise AudioError(
            tr(
                f"{path}: panjangnya {seconds:.1f} detik; harus {shortest:g} sampai {_LONGEST:g} detik",
                f"{path}: is {seconds:.1f} s long; must be {shortest:g} to {_LONGEST:g} s",
            )
        )


def _decoded(file: soundfile.SoundFile) -> AudioSegment:
    """All that is there, with 32 bits: the 24 of a recorder keep their precision."""
    import numpy as np  # noqa: PLC0415

    full, samples, left = 2**31, bytearray(), file.frames
    # Not by `file.blocks`, which goes on with its last block where a file ends before its time.
    while len(block := file.read(min(left, _BLOCK), dtype="float64", always_2d=True)):
        samples += np.minimum(np.clip(np.nan_to_num(block), -1, 1) * full, full - 1).astype("<i4").tobytes()
        left -= len(block)
    return AudioSegment(bytes(samples), sample_width=4, frame_rate=file.samplerate, channels=file.channels)


def _converted(path: Path) -> AudioSegment:
    """What libsndfile does not know, by ffmpeg."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of ffmpeg again; what matters is said below
            return AudioSegment.from_file(path, format=path.suffix[1:].lower() or None)
    except FileNotFoundError:
        raise AudioError(
            tr(
                f"{path}: format ini memerlukan ffmpeg; pasang ffmpeg, atau simpan sebagai WAV, FLAC atau MP3",
                f"{path}: this format needs ffmpeg; install ffmpeg, or save it as WAV, FLAC or MP3",
            )
        ) from None
    except (CouldntDecodeError, OSError, ValueError, IndexError, EOFError):
        raise _unreadable(path) from None


def _cut_short(path: Path, there: str) -> AudioError:
    return AudioError(
        tr(
            f"{path}: berkasnya rusak (terpotong): suaranya {there}; salin ulang",
            f"{path}: damaged (cut short): it has {there} of sound; copy it again",
        )
    )


def _unreadable(path: Path) -> AudioError:
    return AudioError(tr(f"{path}: bukan rekaman suara yang dapat dibaca", f"{path}: not a readable recording"))


def _trimmed(sound: AudioSegment) -> AudioSegment:
    """Without the silence around, but for 30 ms, in which faint consonants begin and end."""
    threshold = max(sound.dBFS - 32, -55.0)
    start = detect_leading_silence(sound, threshold, chunk_size=5)
    end = detect_leading_silence(sound.reverse(), threshold, chunk_size=5)
    if start + end >= len(sound):
        return sound
    return sound[max(0, start - 30) : len(sound) - max(0, end - 30)]


def _share_at_full_scale(sound: AudioSegment) -> float:
    import numpy as np  # noqa: PLC0415

    limit = sound.max_possible_amplitude - 1 - sound.max_possible_amplitude // 4096
    samples = np.asarray(sound.get_array_of_samples())
    return float(np.mean((samples >= limit) | (samples <= -limit)))


def _resampled(sound: AudioSegment) -> AudioSegment:
    """At 8 kHz. What lies above the telephone band is taken off first: pydub's own resampling would
    fold it back as hiss, and its filter is one pole in a Python loop."""
    if sound.frame_rate == RATE:
        return sound
    samples: bytes = sound.raw_data
    if sound.frame_rate > RATE:
        samples = _low_passed(samples, 3600 / sound.frame_rate)
    samples, _ = audioop.ratecv(samples, 2, 1, sound.frame_rate, RATE, None)
    return AudioSegment(samples, sample_width=2, frame_rate=RATE, channels=1)


def _low_passed(samples: bytes, cutoff: float) -> bytes:
    """A windowed sinc over 16-bit mono samples, as a sum of shifted, scaled copies at C speed.

    `cutoff` is a share of the sampling rate.
    """
    reach = round(4 / cutoff)
    taps = [
        (2 * cutoff if k == 0 else math.sin(2 * math.pi * cutoff * k) / (math.pi * k))
        * (0.54 + 0.46 * math.cos(math.pi * k / reach))
        for k in range(-reach, reach + 1)
    ]
    total = sum(taps)
    wide = audioop.lin2lin(samples, 2, 4)  # 32 bits, so that the many small sums keep their precision
    padded = bytes(4 * reach) + wide + bytes(4 * reach)
    result = bytes(len(wide))
    for shift, tap in enumerate(taps):
        copy = padded[4 * shift : 4 * shift + len(wide)]
        result = audioop.add(result, audioop.mul(copy, 4, tap / total), 4)
    return audioop.lin2lin(result, 4, 2)
