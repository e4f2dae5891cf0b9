"""Telephone numbers in one form."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

REGION = "ID"


@lru_cache(maxsize=4096)  # callers call again, and the library takes a tenth of a call's CPU
def e164(number: str) -> str:
    """A caller's number as E.164 ("+6281234567890"); a short one as it is ("110"); "" for none.

    Accepts +62…, 62…, 0…, with spaces or dashes. Whatever is no number ("anonymous", a name that a
    stranger chose) becomes "".
    """
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    if not digits or len(digits) > 20:
        return ""
    text = f"+{digits}" if number.strip().startswith("+") or digits.startswith("62") else digits
    try:
        parsed = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return text
    if phonenumbers.is_possible_number(parsed) and not parsed.italian_leading_zero:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return text
