"""Prompts that Asterisk's dialplan plays by name, also when Sambung is away.

`fallback` and its like live in `prompts/system/` under fixed names and are made at set-up. A person's
recording replaces them like any other prompt (`sambung prompts set`).
"""

from __future__ import annotations

from ivr.settings import Settings
from ivr.voice.audio import tone
from ivr.voice.catalogue import Catalogue, Progress
from ivr.voice.wav import write_wav

SYSTEM_PROMPTS: dict[str, str] = {
    "fallback": "Mohon maaf, sistem kami sedang terganggu. Anda kami sambungkan ke petugas. Mohon tunggu.",
    "overload": "Mohon maaf, semua saluran sedang penuh. Silakan hubungi kembali beberapa saat lagi. Terima kasih.",
    "unavailable": (
        "Mohon maaf, petugas kami belum dapat menerima telepon Anda. "
        "Silakan hubungi kembali beberapa saat lagi. Terima kasih."
    ),
    "goodbye": "Terima kasih telah menghubungi kami.",
    "logged_in": "Anda masuk.",
    "logged_out": "Anda keluar.",
    "paused": "Anda jeda.",
    "ready": "Anda siap.",
}
"""Name of the file in `prompts/system/`, without `.wav`: its text."""


def build_system_prompts(settings: Settings, progress: Progress = lambda done, total: None) -> None:
    """Make `prompts/system/*.wav`; quick when they are there. Raises VoiceError."""
    catalogue = Catalogue(settings.prompts)
    clips = catalogue.build(SYSTEM_PROMPTS.values(), progress)
    folder = settings.prompts / "system"
    for name, text in SYSTEM_PROMPTS.items():
        catalogue.export(clips[text], folder / f"{name}.wav")
    if not (folder / "beep.wav").exists():
        write_wav(tone(1000, 0.25).raw_data, folder / "beep.wav")
