"""The kinds of values that callers are asked for: how each is asked for, read, and said.

A value is typed as digits, and spoken as digits or, where a kind is heard `in_words`, as people say it. What cannot be
one is told with its reason, so that the caller knows what to correct.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from ivr.channel import DIGITS, Sayings, Value
from ivr.flow.hearing import Unfit
from ivr.flow.values import Template, words
from ivr.speech.values.entities import Kind as Spoken
from ivr.speech.values.entities import extract
from ivr.speech.values.nik import LENGTH as NIK_LENGTH
from ivr.speech.values.nik import NikError, Part, nik
from ivr.speech.values.telephones import e164
from ivr.speech.values.tickets import LENGTH as TICKET_LENGTH
from ivr.speech.values.tickets import is_number

KindName = Literal["nik", "tiket", "telepon", "digit", "tanggal", "jam", "rupiah", "angka"]
SAID_AS: Mapping[str, frozenset[str]] = {
    "nik": frozenset({"digit"}),
    "tiket": frozenset({"digit"}),
    "telepon": frozenset({"digit", "telepon"}),
    "tanggal": frozenset({"tanggal", "hari"}),
    "jam": frozenset({"jam"}),
    "rupiah": frozenset({"rupiah", "angka"}),
}
"""Kind → the formats in which its values make sense; those of the others do in any."""
LABEL = "{nama}"
"""Stands in questions for the name of the value."""
VALUE = "isian"
"""The variable that holds the value while it is read back."""


_NONE = "Jika tidak ada, tekan pagar."
"""Ends the question for a value that may be left out."""


@dataclass(frozen=True, slots=True)
class InWords:
    """How a value is read from words: all that they may mean, of what they are found to be (`Entity.value`).

    `cue`: what stands before such a value in a sentence, where it would not be clear without.
    """

    cue: str
    found_as: frozenset[Spoken]
    read: Callable[[Any], Sequence[Value]]
    unclear: str
    """Said where they mean nothing, or more than one thing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`say` asks for it, `say_typed` where it cannot be spoken; LABEL stands there for its name. `english`: what its
    `label` and both are in English. `format` says it. `min`, `max`: digits. `read` makes the value of digits, as seen
    from today, or raises Unfit.
    """

    name: KindName
    label: str
    say: str
    say_typed: str
    english: tuple[str, str]
    format: str
    min: int
    max: int
    read: Callable[[str, dt.date], Value]
    incomplete: str = ""
    """Said of too few digits; the policy's, if empty."""
    reasons: tuple[str, ...] = ()
    """All that may be said of digits that are no such value."""
    in_words: InWords | None = None

    def question(self, label: str | None, *, speaks: bool, optional: bool) -> Template:
        """Asks for it by this name, or its own."""
        text = (self.say if speaks else self.say_typed).replace(LABEL, label or self.label)
        return Template(f"{text} {_NONE}" if optional else text)

    def read_back(self, label: str | None) -> Template:
        """Says the variable VALUE and what it is."""
        value = f"{{{VALUE}:{self.format}}}."
        if not label and self.name in ("tanggal", "jam"):  # "Tanggal: tanggal lima Mei" would say it twice
            return Template(value)
        name = label or self.label
        return Template(f"{name[:1].upper()}{name[1:]}: {value}")

    @property
    def sayings(self) -> Sayings:
        """What callers may say."""
        return Sayings(values=(self.name,)) if self.in_words else DIGITS

    def values(self, given: str, today: dt.date) -> Sequence[Value]:
        """What digits, or words that were said, may mean: one value or more. Raises Unfit."""
        if given.isdecimal():
            return [self.read(given, today)]
        assert self.in_words
        for text in (given, f"{self.in_words.cue} {given}"):
            for entity in extract(text, today):
                whole = entity.text in (given, text) and entity.end == len(text)
                if whole and entity.kind in self.in_words.found_as:
                    return self.in_words.read(entity.value)
        raise self.unclear()

    def unclear(self) -> Unfit:
        """What was said means nothing, or more than one thing."""
        assert self.in_words
        return Unfit("invalid", self.in_words.unclear)

    def texts(self) -> list[str]:
        """All that is said of values that are none."""
        unclear = self.in_words.unclear if self.in_words else ""
        return [text for text in (self.incomplete, *self.reasons, unclear) if text]


# --- NIK --------------------------------------------------------------------------------------------
_NIK_INCOMPLETE = words("Maaf, NIK terdiri dari enam belas angka.", "Sorry, a NIK has sixteen digits.")
_NO_REGION = words(
    "Maaf, kode wilayah di awal NIK itu tidak ada.",
    "Sorry, there is no region with the code at the beginning of that NIK.",
)
_NIK_WRONG = {
    Part.LENGTH: _NIK_INCOMPLETE,
    Part.PROVINCE: _NO_REGION,
    Part.REGENCY: _NO_REGION,
    Part.DISTRICT: _NO_REGION,
    Part.BIRTH_DATE: words(
        "Maaf, tanggal lahir di dalam NIK itu tidak ada.", "Sorry, there is no such date of birth as in that NIK."
    ),
    Part.SEQUENCE: words(
        "Maaf, empat angka terakhir NIK itu tidak mungkin nol semua.",
        "Sorry, the last four digits of a NIK are never all zero.",
    ),
}


def _nik(digits: str, today: dt.date) -> str:
    try:
        return nik(digits, today).number
    except NikError as e:
        raise Unfit("invalid", _NIK_WRONG[e.part]) from None


# --- numbers that are told by their digits ----------------------------------------------------------
_TICKET_WRONG = words(
    "Maaf, di nomor tiket itu ada angka yang keliru atau tertukar.",
    "Sorry, a digit of that ticket number is wrong, or two are swapped.",
)
_TELEPHONE_WRONG = words(
    "Maaf, nomor telepon itu belum lengkap atau keliru. Awali dengan nol.",
    "Sorry, that telephone number is incomplete or wrong. Begin with zero.",
)


def _ticket(digits: str, today: dt.date) -> str:
    if not is_number(digits):
        raise Unfit("invalid", _TICKET_WRONG)
    return digits


def _telephone(digits: str, today: dt.date) -> str:
    if number := e164(digits):
        return number
    raise Unfit("invalid", _TELEPHONE_WRONG)


# --- dates, times, amounts --------------------------------------------------------------------------
_NO_DATE = words("Maaf, tanggal itu tidak ada di kalender.", "Sorry, there is no such date.")
_NO_TIME = words("Maaf, jam itu tidak ada.", "Sorry, there is no such time.")


def _date(digits: str, today: dt.date) -> str:
    try:
        return dt.date(int(digits[4:]), int(digits[2:4]), int(digits[:2])).isoformat()
    except ValueError:
        raise Unfit("invalid", _NO_DATE) from None


def _time(digits: str, today: dt.date) -> str:
    try:
        return _clock(dt.time(int(digits[:2]), int(digits[2:])))
    except ValueError:
        raise Unfit("invalid", _NO_TIME) from None


def _clock(time: dt.time) -> str:
    return f"{time:%H:%M}"


def _whole(number: Decimal) -> list[int]:
    """Of rupiah; none where it is not whole."""
    return [int(number)] if number % 1 == 0 else []


def _exactly(number: Decimal | int) -> list[int | float]:
    return [int(number) if number % 1 == 0 else float(number)]


def _number(digits: str, today: dt.date) -> int:
    return int(digits)


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "nik",
            label="NIK",
            say=f"Ketik atau sebutkan enam belas angka {LABEL} Anda.",
            say_typed=f"Ketik enam belas angka {LABEL} Anda.",
            english=("NIK", "Please key in the sixteen digits of your NIK."),
            format="digit",
            min=NIK_LENGTH,
            max=NIK_LENGTH,
            read=_nik,
            incomplete=_NIK_INCOMPLETE,
            reasons=tuple(dict.fromkeys(_NIK_WRONG.values())),
        ),
        Kind(
            "tiket",
            label="nomor tiket",
            say=f"Ketik atau sebutkan delapan angka {LABEL} Anda.",
            say_typed=f"Ketik delapan angka {LABEL} Anda.",
            english=("Ticket number", "Please key in the eight digits of your ticket number."),
            format="digit",
            min=TICKET_LENGTH,
            max=TICKET_LENGTH,
            read=_ticket,
            incomplete=words(
                "Maaf, nomor tiket terdiri dari delapan angka.", "Sorry, a ticket number has eight digits."
            ),
            reasons=(_TICKET_WRONG,),
        ),
        Kind(
            "telepon",
            label="nomor telepon",
            say=f"Ketik atau sebutkan {LABEL} Anda, lalu tekan pagar.",
            say_typed=f"Ketik {LABEL} Anda, lalu tekan pagar.",
            english=("Telephone number", "Please key in your telephone number, then press hash."),
            format="telepon",
            min=9,
            max=14,
            read=_telephone,
            incomplete=_TELEPHONE_WRONG,
            reasons=(_TELEPHONE_WRONG,),
        ),
        Kind(
            "digit",
            label="nomor",
            say=f"Ketik atau sebutkan {LABEL} Anda, lalu tekan pagar.",
            say_typed=f"Ketik {LABEL} Anda, lalu tekan pagar.",
            english=("Number", "Please key in your number, then press hash."),
            format="digit",
            min=1,
            max=20,
            read=lambda digits, today: digits,
        ),
        Kind(
            "tanggal",
            label="tanggal",
            say=f"Sebutkan {LABEL}, misalnya lima Mei dua ribu dua puluh enam. Atau ketik delapan angka: dua angka "
            "tanggal, dua angka bulan, empat angka tahun.",
            say_typed=f"Ketik {LABEL} dengan delapan angka: dua angka tanggal, dua angka bulan, empat angka tahun.",
            english=(
                "Date",
                "Please key in the date with eight digits: two for the day, two for the month, four for the year.",
            ),
            format="tanggal",
            min=8,
            max=8,
            read=_date,
            incomplete=words("Maaf, tanggal diketik dengan delapan angka.", "Sorry, a date has eight digits here."),
            reasons=(_NO_DATE,),
            in_words=InWords(
                "tanggal",
                frozenset({Spoken.DATE}),
                lambda day: [day.isoformat()],
                "Maaf, tanggal itu belum jelas atau tidak ada. Sebutkan tanggal, bulan, dan tahunnya.",
            ),
        ),
        Kind(
            "jam",
            label="jam",
            say=f"Sebutkan {LABEL}, misalnya jam setengah dua siang. Atau ketik empat angka: dua angka jam, dua angka "
            "menit.",
            say_typed=f"Ketik {LABEL} dengan empat angka: dua angka jam, dua angka menit.",
            english=("Time", "Please key in the time with four digits: two for the hour, two for the minutes."),
            format="jam",
            min=4,
            max=4,
            read=_time,
            incomplete=words(
                "Maaf, jam diketik dengan empat angka, misalnya nol delapan tiga nol.",
                "Sorry, a time has four digits here, such as zero eight three zero.",
            ),
            reasons=(_NO_TIME,),
            in_words=InWords(
                "jam",
                frozenset({Spoken.TIME}),
                lambda times: [_clock(time) for time in times],
                "Maaf, jamnya belum jelas. Sebutkan juga pagi, siang, sore, atau malam.",
            ),
        ),
        Kind(
            "rupiah",
            label="jumlah uang",
            say=f"Sebutkan {LABEL}, misalnya dua ratus lima puluh ribu rupiah. Atau ketik angkanya, lalu tekan pagar.",
            say_typed=f"Ketik {LABEL}, lalu tekan pagar.",
            english=("Amount", "Please key in the amount, then press hash."),
            format="rupiah",
            min=1,
            max=12,
            read=_number,
            in_words=InWords(
                "rp",
                frozenset({Spoken.MONEY, Spoken.NUMBER}),
                _whole,
                "Maaf, jumlahnya belum jelas. Ketik angkanya, lalu tekan pagar.",
            ),
        ),
        Kind(
            "angka",
            label="angka",
            say=f"Ketik atau sebutkan {LABEL}, lalu tekan pagar.",
            say_typed=f"Ketik {LABEL}, lalu tekan pagar.",
            english=("Number", "Please key in the number, then press hash."),
            format="angka",
            min=1,
            max=9,
            read=_number,
            in_words=InWords(
                "angka",
                frozenset({Spoken.NUMBER, Spoken.PERCENT, Spoken.ORDINAL}),
                _exactly,
                "Maaf, angkanya belum jelas. Ketik angkanya, lalu tekan pagar.",
            ),
        ),
    )
}
"""By name."""
for _kind in KINDS.values():
    _label, _question = _kind.english
    for _speaks in (True, False):
        words(_kind.question(None, speaks=_speaks, optional=False), _question)
        words(_kind.question(None, speaks=_speaks, optional=True), f"{_question} If there is none, press hash.")
    words(_kind.read_back(None), f"{_label}: {{{VALUE}:{_kind.format}}}.")
