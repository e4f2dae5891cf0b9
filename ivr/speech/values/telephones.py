"""Telephone numbers: "nol delapan satu dua …", "enam dua delapan satu …", "0812-3456-7890"."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

from ivr.i18n import tr
from ivr.speech.values.digits import digits

_REGION = "ID"
_CALLABLE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_SATELLITE = "+62868"


def e164(number: str) -> str:
    """E.164 of digits that begin with 0, 62 or + and are a number of some network; "" for all others."""
    if not number.startswith(("0", "62", "+")):
        return ""
    try:
        parsed = phonenumbers.parse(f"+{number}" if number.startswith("62") else number, _REGION)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def callable_number(number: str) -> str:
    """E.164 of a mobile or fixed line in Indonesia; "" for numbers abroad, of services, of satellites, and short ones.

    Nobody should be able to have us call what costs more, or bring somebody money.
    """
    found = e164(number)
    if not found or found.startswith(_SATELLITE):
        return ""
    parsed = phonenumbers.parse(found)
    is_callable = (
        phonenumbers.region_code_for_number(parsed) == _REGION and phonenumbers.number_type(parsed) in _CALLABLE
    )
    return found if is_callable else ""


def telephone(text: str) -> str:
    """The telephone number that the whole text says, as E.164. Raises ValueError."""
    number = digits(text)
    if found := e164(number):
        return found
    raise ValueError(
        tr(
            f"'{number}' bukan nomor telepon: sebutkan dengan kode wilayah atau operator, misalnya 0812…",
            f"'{number}' is no telephone number: say it with the code of its area or operator, such as 0812…",
        )
    )
