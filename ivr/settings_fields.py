"""What the sections of `sambung.toml` are made of."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from ivr.i18n import tr


class Part(BaseModel):
    """The base of all sections."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _own_address(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise ValueError(
            tr(
                "bukan alamat IPv4; tulis 0.0.0.0 (semua alamat) atau satu alamat mesin ini",
                "not an IPv4 address; write 0.0.0.0 (all addresses) or one address of this machine",
            )
        ) from None


def _host(text: str) -> str:
    label = r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?"
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # A name's last part is no number: 10.1.2 and 300.1.1.1 are misspelt addresses.
        if text and not re.fullmatch(rf"({label}\.)*(?![0-9]+$){label}", text, re.IGNORECASE):
            raise ValueError(
                tr(
                    "bukan alamat IP atau nama host; tulis seperti 203.0.113.5 atau sip.dinas.example, tanpa port",
                    "no IP address and no host name; write like 203.0.113.5 or sip.dinas.example, without a port",
                )
            ) from None
    return text


def _telephone_number(text: str) -> str:
    if not re.fullmatch(r"\+?[0-9]{2,15}", text):
        raise ValueError(
            tr(
                "bukan nomor telepon; hanya angka, boleh diawali +: 02155501234, +622155501234, 112",
                "not a telephone number; digits only, + may stand in front: 02155501234, +622155501234, 112",
            )
        )
    return text


OwnAddress = Annotated[str, AfterValidator(_own_address)]
Host = Annotated[str, AfterValidator(_host)]
"""A host's name or address; "" for none."""
TelephoneNumber = Annotated[str, AfterValidator(_telephone_number)]
NumberOrNone = Annotated[str, AfterValidator(lambda text: text and _telephone_number(text))]
