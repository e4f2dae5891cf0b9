"""Text to speech. `Voice` is what the catalogue asks of one; `EspeakVoice` is the one that ships.

espeak-ng comes as a wheel (library and voices), so nothing needs installing. Its library keeps its state
in globals: one text at a time per process, which the lock sees to. The engine never imports this.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import threading
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import espeakng_loader

from ivr.i18n import tr


class VoiceError(Exception):
    """Prompt audio cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pcm:
    """Signed 16-bit little-endian mono samples at `rate` Hz."""

    samples: bytes
    rate: int


class Voice(Protocol):
    """A voice. It is sent to worker processes, so it must pickle; equal name and version sound equal."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def synthesize(self, text: str) -> Pcm:
        """Speak `text`, which is in words already (`ivr.voice.speakable`). Raises VoiceError."""


# Written e is two sounds in Indonesian. Where espeak guesses the one of "lewat", in these words every e is
# the other one, as in "enam" (KBBI's pronunciation).
_SCHWA_WORDS = frozenset(
    """
    belas belum bener berkas besar betul cepat dekat dengan depan detik dipesan duabelas empat enam
    gelap gerak gerbang jeda jelas keempat keenam kelar kependudukan kerja kesebelas keseluruhan
    ketenagakerjaan ketik lebih lengkap memesan mengenai menit menteri negeri pemeriksaan pemerintahan
    penting penuh perlu persen pesan sebab sebelas sebelum sebut sedang segera selain senin setelah
    setempat setengah tekan tempat tengah tentang tepat terang tersebut terus tetap
    """.split()  # noqa: SIM905 - a list of words is read as one
)
_INDONESIAN = "id"
_LEXICON = hashlib.sha256(" ".join(sorted(_SCHWA_WORDS)).encode()).hexdigest()[:6]


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """espeak-ng's voice of a `language`. `words_per_minute`: unhurried enough for the telephone.

    `speaker` is one of espeak's variants ("f2", "m5"; "" for its own), `pitch` 0–99.
    """

    words_per_minute: int = 150
    speaker: str = ""
    pitch: int = 50
    language: str = _INDONESIAN

    @property
    def name(self) -> str:
        return f"espeak-ng-{self._voice}"

    @property
    def version(self) -> str:
        pitch = "" if self.pitch == 50 else f"-{self.pitch}"
        lexicon = f"-{_LEXICON}" if self.language == _INDONESIAN else ""
        return f"{_espeak().version}-{self.words_per_minute}{pitch}{lexicon}"

    def synthesize(self, text: str) -> Pcm:
        return _espeak().speak(text, self._voice, self.words_per_minute, self.pitch)

    @property
    def _voice(self) -> str:
        return f"{self.language}+{self.speaker}" if self.speaker else self.language


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

# From espeak-ng's speak_lib.h.
_OUTPUT_SYNCHRONOUS = 2
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8, _PHONEMES = 0x01, 0x100
_RATE, _PITCH = 1, 3
_EE_OK = 0


class _Espeak:
    """The loaded library, of which a process can hold one."""

    def __init__(self) -> None:
        try:
            self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as e:
            raise VoiceError(
                tr(f"pustaka espeak-ng tidak dapat dimuat: {e}", f"espeak-ng's library cannot be loaded: {e}")
            ) from e
        data = espeakng_loader.get_data_path()
        self._rate = self._lib.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, data.encode(), _INITIALIZE_DONT_EXIT)
        if self._rate <= 0 or self._lib.espeak_SetVoiceByName(b"id") != _EE_OK:
            raise VoiceError(
                tr(f"suara Indonesia espeak-ng tidak ada di {data}", f"espeak-ng's Indonesian voice is not in {data}")
            )
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._lib.espeak_Info.restype = ctypes.c_char_p
        self._callback = _Callback(self._collect)  # kept: the library holds a bare pointer to it
        self._lib.espeak_SetSynthCallback(self._callback)
        self._collected = bytearray()
        self._lock = threading.Lock()
        self.version: str = self._lib.espeak_Info(None).decode().split()[0]

    def _collect(self, samples: ctypes._Pointer[ctypes.c_short], count: int, _events: int | None) -> int:
        if count > 0:
            self._collected += ctypes.string_at(samples, count * 2)
        return 0

    def speak(self, text: str, voice: str, words_per_minute: int, pitch: int) -> Pcm:
        with self._lock:
            self._collected.clear()
            if self._lib.espeak_SetVoiceByName(voice.encode()) != _EE_OK:
                raise VoiceError(tr(f"espeak-ng tidak punya suara {voice!r}", f"espeak-ng has no voice {voice!r}"))
            self._lib.espeak_SetParameter(_PITCH, pitch, 0)
            self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)
            if voice.partition("+")[0] == _INDONESIAN:
                text = re.sub(r"\w+", self._with_schwa, text)
            written = text.encode()
            self._lib.espeak_ng_SetRandSeed(ctypes.c_long(zlib.crc32(written)))  # else the clock's; breath is drawn
            done = self._lib.espeak_Synth(written, len(written) + 1, 0, 1, 0, _CHARS_UTF8 | _PHONEMES, None, None)
            if done != _EE_OK or not self._collected:
                raise VoiceError(tr(f"espeak-ng tidak dapat mengucapkan {text!r}", f"espeak-ng cannot say {text!r}"))
            return Pcm(bytes(self._collected), self._rate)

    def _with_schwa(self, word: re.Match[str]) -> str:
        """The word as phonemes, with its stress moved from a schwa to the vowel that follows."""
        if word[0].lower() not in _SCHWA_WORDS:
            return word[0]
        text = ctypes.c_char_p(word[0].lower().encode())
        phonemes = self._lib.espeak_TextToPhonemes(ctypes.byref(text), _CHARS_UTF8, 0).decode().strip()
        phonemes = re.sub(r"'E([^aeiouE@]*)([aeiou@E])", r"@\1'\2", phonemes).replace("E", "@")
        return f"[[{phonemes}]]"


@cache
def _espeak() -> _Espeak:
    return _Espeak()
