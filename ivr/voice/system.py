"""Prompts that belong to no flow: those that Asterisk's dialplan plays, also when Sambung is away, and the notice.

They live in `prompts/system/` and are made at set-up. A person's recording replaces them like any other
prompt (`sambung prompts set`).
"""

from __future__ import annotations

from ivr.settings import Settings
from ivr.voice.audio import tone
from ivr.voice.catalogue import Catalogue, Progress
from ivr.voice.notice import notice_audio
from ivr.voice.wav import write_wav

_DIALPLAN: dict[str, str] = {
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
    "emergency_pin": "Masukkan PIN, akhiri dengan pagar.",
    "emergency_wrong": "PIN salah.",
    "emergency_choice": (
        "Untuk pengumuman darurat, tekan satu. Untuk mengakhiri semua pengumuman dan lonjakan, tekan dua. "
        "Untuk mode lonjakan, tekan tiga."
    ),
    "emergency_lines": (
        "Untuk semua nomor, tekan bintang, lalu pagar. Untuk satu nomor, ketik beberapa angka terakhirnya, lalu pagar."
    ),
    "emergency_no_line": "Nomor itu tidak ada, atau ada beberapa yang berakhir begitu.",
    "emergency_speak": "Ucapkan pengumuman setelah nada, akhiri dengan pagar.",
    "emergency_again": "Rekaman itu tidak dapat dipakai.",
    "emergency_hours": (
        "Untuk memasangnya, tekan satu sampai sembilan: lamanya dalam jam. Untuk mengulang, tekan nol."
    ),
    "emergency_on": "Pengumuman terpasang.",
    "emergency_no_surge": "Mode lonjakan belum diatur untuk nomor mana pun.",
    "emergency_surge_hours": "Untuk menyalakan mode lonjakan, tekan satu sampai sembilan: lamanya dalam jam.",
    "emergency_surge_on": "Mode lonjakan aktif.",
    "emergency_all_lines": "Di semua nomor.",
    "emergency_one_line": "Di nomor",
    "emergency_off": "Semua pengumuman dan lonjakan yang dipasang dengan tangan diakhiri. Terima kasih.",
    "emergency_dropped": "Tidak ada yang dipasang.",
    "emergency_failed": "Mohon maaf, perintah itu tidak dapat dijalankan. Hubungi administrator.",
}
"""Fixed names, which `asterisk_conf/extensions.conf.j2` plays, and their texts."""


def system_prompts(settings: Settings) -> dict[str, str]:
    """Name of the file in `prompts/system/`, without `.wav`: its text."""
    notice = settings.recording.notice
    return _DIALPLAN | ({notice_audio(settings).stem: notice} if notice else {})


def build_system_prompts(settings: Settings, progress: Progress = lambda done, total: None) -> None:
    """Make `prompts/system/*.wav`; quick when they are there. Raises VoiceError."""
    catalogue = Catalogue(settings.prompts)
    texts = system_prompts(settings)
    clips = catalogue.build(texts.values(), progress)
    folder = settings.prompts / "system"
    for name, text in texts.items():
        catalogue.export(clips[text], folder / f"{name}.wav")
    if not (folder / "beep.wav").exists():
        write_wav(tone(1000, 0.25).raw_data, folder / "beep.wav")
