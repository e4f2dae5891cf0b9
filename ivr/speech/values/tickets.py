"""Ticket numbers: a serial number of at least seven digits and one that checks them.

The check digit is that of H. M. Damm (2004): with his table every wrong digit and every two neighbours in the wrong
order are noticed, and so is belas heard for puluh (13 for 30 to 19 for 90; 12 for 20 in nine cases of ten).
"""

from __future__ import annotations

from ivr.i18n import tr

_SERIAL_DIGITS = 7
LENGTH = _SERIAL_DIGITS + 1
"""Digits of a ticket number; two groups of four when read out."""
SERIALS = 10**_SERIAL_DIGITS - 1
"""Serial numbers go from 1 to this."""

_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def _damm(digits: str) -> str:
    interim = "0"
    for digit in digits:
        interim = _DAMM[int(interim)][int(digit)]
    return interim


def number_of(serial: int) -> str:
    """The ticket number of a serial number from 1 on: 8 digits. Raises ValueError when they are used up."""
    digits = f"{serial:0{_SERIAL_DIGITS}}"
    if serial < 1 or len(digits) > _SERIAL_DIGITS:
        raise ValueError(
            tr(
                f"nomor urut {serial} tidak antara 1 dan {SERIALS}",
                f"serial number {serial} is not between 1 and {SERIALS}",
            )
        )
    return digits + _damm(digits)


def serial_of(number: str) -> int:
    """The serial number of a ticket number. Raises ValueError for one that was never given out."""
    if len(number) != LENGTH or not number.isascii() or not number.isdecimal():
        raise ValueError(
            tr(
                f"nomor tiket berisi {LENGTH} angka, bukan '{number}'",
                f"ticket numbers have {LENGTH} digits, not '{number}'",
            )
        )
    serial = int(number[:-1])
    if not serial or _damm(number) != "0":
        raise ValueError(
            tr(
                f"nomor tiket '{number}' salah: ada angka yang keliru atau tertukar",
                f"ticket number '{number}' is wrong: a digit is mistaken or two are swapped",
            )
        )
    return serial


def is_number(number: str) -> bool:
    """Whether it may be the number of a ticket: its last digit fits the others."""
    try:
        serial_of(number)
    except ValueError:
        return False
    return True
