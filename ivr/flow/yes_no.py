"""How callers say yes and no: to "Anda memilih KTP, benar?" as to "Ingin kami telepon kembali?"

A word that is missing is taken for the one that sounds most like it. So all that people say stands here, and what is no
answer, but sounds like one, too. "Sudah" alone is left out: to "Ingin kami telepon kembali?" it often means "enough".
"""

from __future__ import annotations

from ivr.channel import Sayings
from ivr.speech.colloquial import ALIKE

YES_KEY, NO_KEY = "1", "2"
YES = (
    *("ya", "iya", "iyo", "nggih", "inggih", "benar", "betul", "tepat", "cocok", "sesuai", "mau", "ingin"),
    *("boleh", "oke", "sip", "setuju", "siap", "silakan", "baik", "bisa", "tentu", "lanjut"),
    *("(ya|iya) sudah", "iya (benar|betul|mau|boleh|dong)", "(benar|betul) sekali"),
    *("sudah (benar|betul|tepat|sesuai|cocok)", "tidak salah", "tidak ada yang salah"),
)
NO = (
    *("tidak", *ALIKE["tidak"], "ogah", "mboten", "bukan", "belum", "salah", "keliru", "jangan", "batal"),
    *("(tidak|jangan|nanti) dulu", "nanti saja", "lain kali", "ada yang (salah|keliru)"),
    "tidak (mau|ingin|boleh|bisa|usah|perlu|jadi|setuju|siap)",
    "(tidak|bukan|belum|kurang) (benar|betul|tepat|sesuai|cocok)",
    *("(masa|apa) (iya|benar|betul)", "yang (benar|betul) saja"),
)
"""Denials stand there whole: "nggak" before "benar" would pass for a filler such as "kak", "yang" is one."""
NEITHER = ("siapa", "sebentar", "tidak (tahu|ada|paham|mengerti)")
KEY_OF = dict.fromkeys(YES, YES_KEY) | dict.fromkeys(NO, NO_KEY) | dict.fromkeys(NEITHER, "")
"""Phrase → its key, "" for what is no answer."""
YES_NO = Sayings(tuple(KEY_OF))
