"""How people say words that are not said as they are written, and what they say around a phrase."""

from __future__ import annotations

from collections.abc import Mapping

FILLERS = (
    *("e", "eh", "em", "hm", "ehm", "anu", "ya", "iya", "ini", "nih", "itu", "begini", "gini", "jadi"),
    *("halo", "permisi", "maaf", "selamat", "pagi", "siang", "sore", "malam", "assalamualaikum", "terima", "kasih"),
    *("saya", "aku", "kami", "mau", "ingin", "pengen", "mohon", "minta", "tolong", "coba", "bisa", "boleh", "dibantu"),
    *("tanya", "bertanya", "nanya", "info", "informasi", "tentang", "soal", "mengenai", "masalah", "untuk", "yang"),
    *("buat", "membuat", "bikin", "urus", "mengurus", "perlu", "butuh"),
    *("pak", "bapak", "bu", "ibu", "mbak", "mas", "kak", "bang", "dong", "deh", "sih", "lah", "kok", "saja", "aja"),
)
"""Words of politeness and hesitation, in plain words. They say nothing of what is wanted. No "no" is among them; those
that are a yes ("ya", "mau", "boleh") count as one only where that is a phrase."""

SAID: Mapping[str, str] = {
    "banking": "(bengking|banking)",
    "barcode": "barkod",
    "call": "kol",
    "cctv": "(si si ti fi|ce ce te fe)",
    "center": "senter",
    "customer": "kastemer",
    "download": "(donlod|donlot)",
    "e-mail": "(imel|email)",
    "email": "(imel|email)",
    "facebook": "fesbuk",
    "google": "gugel",
    "jumat": "(jumat|jum at)",
    "mobile": "mobail",
    "offline": "oflain",
    "ok": "oke",
    "okay": "oke",
    "online": "onlain",
    "password": "(pasword|paswot)",
    "qris": "(kris|ki ris)",
    "service": "serfis",
    "upload": "(aplod|aplot)",
    "website": "(websait|website)",
    "whatsapp": "(watsap|wotsap)",
    "wifi": "(waifai|wifi)",
}
"""Written word → a template in plain words of how it is said: English in Indonesian mouths."""

_ALIKE = (
    "tidak nggak ngga enggak engga ndak gak ga kagak tak",
    "benar bener",
    "bagaimana gimana",
    "sudah udah",
    "saja aja",
    "kalau kalo",
    "pakai pake",
    "sampai sampe",
    "begini gini",
    "begitu gitu",
    "sebentar bentar",
    "memang emang",
    "ingin pengen pingin",
    "lihat liat",
    "hilang ilang",
    "habis abis",
    "utang hutang",
    "akta akte",
    "nomor nomer",
    "telepon telpon telefon",
    "praktik praktek",
    "apotek apotik",
    "sistem sistim",
    "sopir supir",
    "antre antri",
    "perempuan prempuan",
    "keluarga kluarga",
    "terlambat telat",
    "periksa priksa",
    "delapan lapan",
    "ribu rebu",
    "seribu serebu",
    "juta jeti",
)
ALIKE: Mapping[str, tuple[str, ...]] = {
    word: tuple(other for other in group.split() if other != word) for group in _ALIKE for word in group.split()
}
"""Word → other forms of the same word, which people say where the one is written."""

DENIALS = ("tidak", *ALIKE["tidak"], "ogah", "bukan", "jangan")
"""Words before a phrase that is not meant, in plain words. Without them "nggak" would pass for a filler: "kak"."""

CONSONANTS: Mapping[str, tuple[str, ...]] = {"f": ("p",), "z": ("j", "s"), "kh": ("k", "h"), "sy": ("s",)}
"""Sound of loan words → what many say instead."""
