"""NIK, the number of an Indonesian identity card: 6 digits region, 6 birth date, 4 sequence.

    32 01 01 | 57 08 45 | 0001
    province, regency, district | day (+40 for women), month, year | sequence

It has no check digit: only its structure can be checked. Its region is where it was first registered, as codes were
then: "91 01" is Merauke, though that is in another province today. So regions that may have been are not refused.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum

from ivr.i18n import tr

LENGTH = 16
_FOR_WOMEN = 40
"""Added to the day of birth."""

PROVINCES = {
    "11": "Aceh", "12": "Sumatera Utara", "13": "Sumatera Barat", "14": "Riau", "15": "Jambi",
    "16": "Sumatera Selatan", "17": "Bengkulu", "18": "Lampung", "19": "Kepulauan Bangka Belitung",
    "21": "Kepulauan Riau", "31": "DKI Jakarta", "32": "Jawa Barat", "33": "Jawa Tengah", "34": "DI Yogyakarta",
    "35": "Jawa Timur", "36": "Banten", "51": "Bali", "52": "Nusa Tenggara Barat", "53": "Nusa Tenggara Timur",
    "61": "Kalimantan Barat", "62": "Kalimantan Tengah", "63": "Kalimantan Selatan", "64": "Kalimantan Timur",
    "65": "Kalimantan Utara", "71": "Sulawesi Utara", "72": "Sulawesi Tengah", "73": "Sulawesi Selatan",
    "74": "Sulawesi Tenggara", "75": "Gorontalo", "76": "Sulawesi Barat", "81": "Maluku", "82": "Maluku Utara",
    "91": "Papua", "92": "Papua Barat", "93": "Papua Selatan", "94": "Papua Tengah", "95": "Papua Pegunungan",
    "96": "Papua Barat Daya",
}  # fmt: skip
"""Code of the Ministry of Home Affairs: province."""
_REGENCIES, _CITIES = range(1, 40), range(71, 90)
"""Regencies are counted from 01 in each province, cities from 71. No province got further than 29 and 79."""


class Part(StrEnum):
    """Of a NIK."""

    LENGTH = "length"
    PROVINCE = "province"
    REGENCY = "regency"
    DISTRICT = "district"
    BIRTH_DATE = "birth date"
    SEQUENCE = "sequence"


class NikError(ValueError):
    """It is no NIK; `part` is the first one that is wrong."""

    def __init__(self, part: Part, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True)
class Nik:
    """What a NIK tells. The year of birth has two digits there: it is the latest that is not to come."""

    number: str
    province: str
    born: dt.date
    woman: bool


def nik(number: str, today: dt.date) -> Nik:
    """The NIK of 16 digits; spaces, dots and dashes between them do not matter. Raises NikError.

    Every message names the wrong part without repeating the number.
    """
    digits = re.sub(r"[\s.-]", "", number)
    if not re.fullmatch(r"[0-9]*", digits):
        raise NikError(Part.LENGTH, tr("NIK hanya berisi angka", "a NIK has digits only"))
    if len(digits) != LENGTH:
        raise NikError(
            Part.LENGTH,
            tr(f"NIK berisi {LENGTH} angka, bukan {len(digits)}", f"a NIK has {LENGTH} digits, not {len(digits)}"),
        )
    province, regency, district = digits[:2], digits[2:4], digits[4:6]
    if province not in PROVINCES:
        raise NikError(
            Part.PROVINCE,
            tr(
                f"angka ke-1 dan ke-2: '{province}' bukan kode provinsi",
                f"digits 1 and 2: '{province}' is not the code of a province",
            ),
        )
    if int(regency) not in _REGENCIES and int(regency) not in _CITIES:
        raise NikError(
            Part.REGENCY,
            tr(
                f"angka 3–4: '{regency}' bukan kode kabupaten atau kota",
                f"digits 3–4: '{regency}' is not the code of a regency or city",
            ),
        )
    if district == "00":
        raise NikError(
            Part.DISTRICT,
            tr("angka 5–6: '00' bukan kode kecamatan", "digits 5–6: '00' is not the code of a district"),
        )
    day, month, year = int(digits[6:8]), int(digits[8:10]), int(digits[10:12])
    woman = day > _FOR_WOMEN
    born = _born(year, month, day - _FOR_WOMEN * woman, today)
    if born is None:
        raise NikError(
            Part.BIRTH_DATE,
            tr(
                f"angka 7–12: '{digits[6:12]}' bukan tanggal lahir",
                f"digits 7–12: '{digits[6:12]}' is not a date of birth",
            ),
        )
    if digits[12:] == "0000":
        raise NikError(
            Part.SEQUENCE, tr("angka 13–16: nomor urut dimulai dari 0001", "digits 13–16: sequences begin with 0001")
        )
    return Nik(digits, PROVINCES[province], born, woman)


def _born(year: int, month: int, day: int, today: dt.date) -> dt.date | None:
    for century in (today.year // 100 * 100, today.year // 100 * 100 - 100):
        try:
            born = dt.date(century + year, month, day)
        except ValueError:
            continue
        if born <= today:
            return born
    return None
