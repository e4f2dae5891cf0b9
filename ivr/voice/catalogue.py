"""Texts and their audio files. What is missing is synthesised here, by the process that publishes.

    prompts/person/<id of the text>.wav       a person's recording, which replaces the voice
    prompts/person/en/<id of the text>.wav    the same in another language
    prompts/built/<name by content>.wav       what calls hear; such a file never changes

A recording belongs to the exact text: when the text changes, its id does, and the voice speaks again
until a person has recorded the new one.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from ivr.i18n import tr
from ivr.voice.audio import PROCESSING, AudioError, from_person, from_voice, silence
from ivr.voice.book import Clip
from ivr.voice.languages import INDONESIAN, tongue
from ivr.voice.numbers import PAUSE
from ivr.voice.template import text_id
from ivr.voice.tts import EspeakVoice, Voice, VoiceError
from ivr.voice.wav import RATE, copy_wav, wav_seconds, write_wav

Progress = Callable[[int, int], None]
"""Called with (finished, all) files."""

_PAUSE_SECONDS = 0.25


class Catalogue:
    """The audio below `prompts` in a language, spoken by `voice` where no person has."""

    def __init__(self, prompts: Path, voice: Voice | None = None, *, language: str = INDONESIAN) -> None:
        self.built = prompts / "built"
        self._person = prompts / "person" / ("" if language == INDONESIAN else language)
        self._language, self._tongue = language, tongue(language)
        self._voice = voice or EspeakVoice(language=self._tongue.voice)

    def _recording(self, text: str) -> Path:
        return self._person / f"{text_id(text, self._language)}.wav"

    def recording(self, text: str) -> Path | None:
        """A person's recording of exactly this text, if there is one."""
        path = self._recording(text)
        return path if path.exists() else None

    def clip(self, text: str) -> Clip | None:
        """The finished audio of `text` (a fixed piece or a unit); None where it must be made first.

        Raises AudioError when a person's recording is damaged.
        """
        path = self.built / self._name(text)
        seconds = wav_seconds(path)
        return Clip(path.name, seconds) if seconds else None

    def build(self, texts: Iterable[str], progress: Progress = lambda done, total: None) -> dict[str, Clip]:
        """The audio of every text, made where it is missing or damaged, on all cores.

        Raises VoiceError: a text that cannot be spoken, or as AudioError a damaged recording.
        """
        wanted = list(dict.fromkeys(texts))
        clips = {text: self.clip(text) for text in wanted}
        missing = [text for text, clip in clips.items() if clip is None]
        progress(len(wanted) - len(missing), len(wanted))
        for text in missing:
            if recording := self.recording(text):
                copy_wav(recording, self.built / self._name(text))
        self._synthesise(
            [text for text in missing if not self.recording(text)],
            lambda done: progress(len(wanted) - len(missing) + done, len(wanted)),
        )
        return {text: clip or self._made(text) for text, clip in clips.items()}

    def set_recording(self, text: str, source: Path) -> Path:
        """Let `source`, a person's recording, replace the voice for `text`. Raises AudioError."""
        path = self._recording(text)
        write_wav(from_person(source).raw_data, path)
        return path

    def unset_recording(self, text: str) -> bool:
        """Let the voice speak `text` again; False if no person had recorded it."""
        recording = self.recording(text)
        if recording:
            recording.unlink()
        return recording is not None

    def keep_recording(self, source: Path) -> Clip:
        """A person's recording that stands for no text, as finished audio. Raises AudioError."""
        pcm = from_person(source).raw_data
        path = self.built / f"{hashlib.sha256(pcm).hexdigest()[:16]}.wav"
        write_wav(pcm, path)
        return Clip(path.name, len(pcm) / 2 / RATE)

    def export(self, clip: Clip, target: Path) -> None:
        """Give finished audio a file name of its own."""
        copy_wav(self.built / clip.file, target)

    def _made(self, text: str) -> Clip:
        clip = self.clip(text)
        if clip is None:
            raise VoiceError(
                tr(f"{self.built}: audio untuk {text!r} hilang", f"{self.built}: the audio of {text!r} has vanished")
            )
        return clip

    def _name(self, text: str) -> str:
        """File name by content: of a recording its bytes, of the voice all that decides how it sounds."""
        recording = self.recording(text)
        if recording:
            if not wav_seconds(recording):
                again = f"sambung prompts set {recording.stem}"
                raise AudioError(
                    tr(
                        f"{recording}: rekaman rusak; pasang lagi dengan `{again} BERKAS`",
                        f"{recording}: damaged; set it again by `{again} FILE`",
                    )
                )
            content = recording.read_bytes()
        else:
            content = "\n".join([self._voice.name, self._voice.version, PROCESSING, self._as_spoken(text)]).encode()
        return f"{hashlib.sha256(content).hexdigest()[:16]}.wav"

    def _as_spoken(self, text: str) -> str:
        """What the voice is given. A piece that the sentence goes on after is spoken so, as before a comma."""
        words = self._tongue.speakable(text)
        return words if words.endswith((".", "!", "?", ",", ";", ":")) else f"{words},"

    def _synthesise(self, texts: list[str], progress: Callable[[int], None]) -> None:
        if not texts:
            return
        # Fresh processes: the voice's library keeps global state, and a crash in it must not end us.
        workers = min(len(texts), os.cpu_count() or 1)
        with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
            jobs = [
                pool.submit(_synthesise, self._voice, text, self._as_spoken(text), self.built / self._name(text))
                for text in texts
            ]
            try:
                for done, job in enumerate(as_completed(jobs), 1):
                    job.result()
                    progress(done)
            except BrokenProcessPool as e:
                raise VoiceError(
                    tr(
                        "pembuat suara berhenti tiba-tiba; jalankan perintah ini sekali lagi",
                        "the process that makes audio died; run this command once more",
                    )
                ) from e
            finally:
                pool.shutdown(cancel_futures=True)


def _synthesise(voice: Voice, text: str, words: str, path: Path) -> None:
    """One job of the pool. Two texts that sound alike make the same file, whichever is last."""
    sound = silence(_PAUSE_SECONDS) if text == PAUSE else from_voice(voice.synthesize(words))
    if text != PAUSE and not sound.max:
        raise VoiceError(tr(f"suara tidak dapat mengucapkan {text!r}", f"the voice cannot say {text!r}"))
    write_wav(sound.raw_data, path)
