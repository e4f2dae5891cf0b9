"""A sentence as words that can be compared: everyday spelling made standard, inflection taken off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|\w+")
"""K.T.P. is one word; "syarat-syarat" and "KTP-nya" are two."""

STANDARD = {
    spoken: standard
    for standard, all_spoken in {
        "tidak": "nggak enggak ngga engga ngak ndak nda gak ga kagak tak tdk",
        "bagaimana": "gimana gmn bgmn gmana",
        "berapa": "brapa brp",
        "di mana": "dimana dmn dmana",
        "ke mana": "kemana kmana",
        "di sini": "disini",
        "nomor": "nomer no",
        "akta": "akte",
        "izin": "ijin",
        "buat": "bikin",
        "telepon": "telpon telfon telefon tlp telp tilpun",
        "sertifikat": "sertipikat",
        "sudah": "udah dah sdh udh",
        "belum": "belom blm",
        "saja": "aja",
        "kalau": "kalo klo kl",
        "pakai": "pake",
        "sampai": "sampe smp",
        "hubungi": "panggil",
        "ingin": "pengen pengin kepengen kepingin",
        "mau": "mo",
        "bisa": "bs",
        "benar": "bener",
        "yang": "yg",
        "untuk": "utk",
        "dengan": "dgn dg",
        "saya": "sy aku gue gua",
        "habis": "abis",
        "hilang": "ilang raib lenyap ketelisut keselip",
        "kemarin": "kemaren",
        "besok": "bsk",
        "jam": "jm pukul",
        "syarat": "sarat",
        "lewat": "liwat melalui via",
        "selesai": "kelar rampung beres tuntas",
        "harus": "wajib mesti musti kudu",
        "perlu": "butuh",
        "salah": "keliru",
        "ubah": "rubah perbarui perbaharui",
        "nikah": "kawin",
        "meninggal": "wafat",
        "robek": "sobek",
        "ambulans": "ambulan",
        "kedaluwarsa": "kadaluarsa kadaluwarsa expired",
    }.items()
    for spoken in all_spoken.split()
}
"""As it is spoken or typed → standard spelling, of one word or two; of words that mean the same, one."""

_COMMON = """
saya kami kita anda kamu dia mereka bapak pak ibu bu mas mbak kak dik saudara anak istri suami orang tua ini itu
sini situ sana begini begitu gini gitu tersebut yang dan atau serta juga pun lagi lalu terus kemudian jadi maka agar
supaya karena sebab jika kalau bila apabila di ke dari pada dalam untuk bagi oleh dengan tanpa antara tentang
mengenai soal perihal seputar terkait sebagai secara adalah ialah yaitu akan sedang telah sudah belum masih pernah baru
tadi nanti sekarang saat kini segera selama tidak bukan jangan hanya cuma saja sekali sangat lebih paling agak cukup
semua seluruh setiap para sebuah suatu seorang beberapa banyak apa apakah siapa mana kapan berapa bagaimana mengapa
kenapa mau ingin hendak bisa dapat boleh mungkin harus perlu tolong mohon minta coba silakan permisi
maaf halo hai assalamualaikum selamat pagi siang sore malam terima kasih makasih ya iya oh eh em hmm nah kok sih
dong deh nih tuh kan lho loh nya lah kah info informasi keterangan penjelasan dijelaskan jelaskan jelas tanya
bertanya menanyakan tanyakan nanya ditanyakan tahu mengetahui cari mencari cek mengecek dicek lihat melihat dulu
dahulu detail rinci rincian lengkap kantor pusat cabang kota kabupaten provinsi utara selatan barat timur tengah
tanggal sejak terakhir pertama sendiri lain lainnya punya ada hari minggu bulan tahun besok lusa kemarin depan
"""
COMMON = frozenset(_COMMON.split())
"""Words that say nothing of what is wanted, or do so only together with others. They are never inflected forms."""

_SAID_BARE = frozenset({"pukul"})
"""Standard spellings that hold for no inflected form: who is "dipukul" asks for no time of day."""

INTERROGATIVES = frozenset({"apa", "apakah", "siapa", "kapan", "berapa", "mana", "bagaimana", "mengapa", "kenapa"})
"""They ask, but not for anything by themselves."""
ASKED = tuple(tuple(words.split()) for words in ("kapan", "bagaimana", "di mana", "ke mana", "jam berapa", "hari apa"))
"""What stands before or behind that which it asks about."""

_PARTICLES = ("nya", "lah", "kah", "pun", "ku", "mu")
_SUFFIXES = ("kan", "an", "i", "in")
_PREFIXES = {
    "memper": ("",), "diper": ("",), "menge": ("",), "penge": ("",), "meng": ("", "k"), "peng": ("", "k"),
    "meny": ("s",), "peny": ("s",), "mem": ("", "p"), "pem": ("", "p"), "men": ("", "t"), "pen": ("", "t"),
    "ber": ("",), "ter": ("",), "per": ("",), "nge": ("",), "me": ("",), "pe": ("",), "di": ("",), "ke": ("",),
    "se": ("",), "be": ("",), "ng": ("", "k"), "ny": ("s", "c"), "n": ("t",),
}  # fmt: skip
"""Prefix → the first letters of the stem that it may have swallowed: "memakai" is "pakai"."""
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A word in standard spelling; `start` and `end`: its place in the sentence, in characters."""

    word: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a sentence. A word that stands for two ("dimana") gives two at the same place."""
    found = []
    for match in _WORD.finditer(text.lower()):
        written = match.group().replace(".", "")
        found += [Token(word, match.start(), match.end()) for word in STANDARD.get(written, written).split()]
    return found


class Stems:
    """Takes inflection off, down to words that the vocabulary knows: "persyaratannya" is "syarat" if that is known."""

    def __init__(self, known: Collection[str], apart: Collection[str] = ()) -> None:
        """`apart`: words that are no forms of others, whatever they look like."""
        self._known, self._apart = frozenset(known), COMMON.union(apart)
        self.of_known = {word: self._of(word) for word in self._known}
        """Known word → its stem."""

    def __call__(self, word: str) -> str:
        """The shortest known word that `word` is a form of; the word itself where there is none."""
        return self.of_known.get(word) or self._of(word)

    def _of(self, word: str) -> str:
        if word in self._apart:
            return word
        return min((stem for stem in _stems(word) if stem in self._known), key=len, default=word)


def _stems(word: str) -> Iterator[str]:
    for end in _without_suffix(word):
        yield end
        for prefix, swallowed in _PREFIXES.items():
            if end.startswith(prefix):
                for letter in swallowed:
                    stem = letter + end[len(prefix) :]
                    if len(stem) >= _SHORTEST:
                        yield _standard(stem)


def _without_suffix(word: str) -> Iterator[str]:
    bare = [word, *(word[: -len(p)] for p in _PARTICLES if word.endswith(p))]
    for end in bare:
        for whole in (end, *(end[: -len(s)] for s in _SUFFIXES if end.endswith(s))):
            if len(whole) >= _SHORTEST:
                yield _standard(whole)


def _standard(stem: str) -> str:
    return stem if stem in _SAID_BARE else STANDARD.get(stem, stem)
