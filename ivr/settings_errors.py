"""What is wrong with `sambung.toml`, in words: file, setting, value, and what to write instead."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.i18n import tr


def explain(file: Path, error: ValidationError, model: type[BaseModel]) -> str:
    """One line for each of Pydantic's findings; `model` tells which settings there are."""
    known = list(_names(model))
    return "\n".join(f"{file}: {_finding(details, known)}" for details in error.errors(include_url=False))


def explain_toml(file: Path, error: tomllib.TOMLDecodeError) -> str:
    """Where the file is no TOML."""
    place = re.search(r"line (\d+), column (\d+)", str(error))
    where = f"{file}:{place[1]}:{place[2]}" if place else str(file)
    return f"{where}: {_trouble(str(error))}"


def _trouble(said: str) -> str:
    if twice := re.match(r"Cannot declare \((.*?),?\) twice", said):
        section = twice[1].replace("', '", ".").strip("'")
        return tr(
            f"bagian [{section}] sudah ada lebih atas; tulis barisnya di sana, tanpa [{section}] yang kedua",
            f"there is a section [{section}] above; write its lines there, without a second [{section}]",
        )
    if said.startswith("Cannot overwrite a value"):
        return tr(
            "nama ini sudah ditulis lebih atas di bagian yang sama; hapus salah satunya",
            "this name stands above in the same section; remove one of them",
        )
    return tr(
        'tidak dapat dibaca; tulis seperti nama = "teks", nama = 12, nama = true, nama = ["satu", "dua"]',
        'cannot be read; write like name = "text", name = 12, name = true, name = ["one", "two"]',
    )


def _finding(details: ErrorDetails, known: list[str]) -> str:
    kind, value, context = details["type"], details["input"], details.get("ctx", {})
    name = ".".join(part for part in details["loc"] if isinstance(part, str))  # a number is a place in a list
    if kind == "extra_forbidden":
        near = _meant(name, known)
        hint = tr(f"; maksudnya '{near}'?", f"; did you mean '{near}'?") if near else ""
        return tr(f"'{name}' tidak dikenal", f"'{name}' is not known") + hint + _place(name, near)
    words = _MESSAGES.get(kind)
    message = words(context) if words else details["msg"]
    hidden = isinstance(value, dict | BaseModel) or name.endswith(("password", "secret"))
    shown = "" if hidden else f" = {json.dumps(value, default=str)}"
    return f"{name}{shown}: {message}" if name else message


def _place(name: str, near: str) -> str:
    """Where what is meant has to stand, if it is not the section in which it was written."""
    section = near.rpartition(".")[0]
    if not near or section == name.rpartition(".")[0]:
        return ""
    if section:
        return tr(f" Tulis di bawah [{section}].", f" Write it below [{section}].")
    return tr(" Tulis di atas, sebelum bagian [ ] yang pertama.", " Write it on top, before the first section [ ].")


def _names(model: type[BaseModel], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield before + name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, f"{before}{name}.")


def _meant(name: str, known: list[str]) -> str:
    """The setting that was probably meant: one that stands in another section, or a misspelt one."""
    last = name.rpartition(".")[2]
    elsewhere = [other for other in known if other.rpartition(".")[2] == last]
    return next(iter(elsewhere or get_close_matches(name, known, n=1)), "")


_Words = Callable[[dict[str, Any]], str]


def _whole(_: dict[str, Any]) -> str:
    return tr("harus bilangan bulat", "must be a whole number")


def _number(_: dict[str, Any]) -> str:
    return tr("harus angka", "must be a number")


def _yes(_: dict[str, Any]) -> str:
    return tr("tulis true atau false", "write true or false")


def _text(_: dict[str, Any]) -> str:
    return tr("tulis dalam tanda kutip", "write it in quotes")


def _section(_: dict[str, Any]) -> str:
    return tr("ini bagian: tulis [nama] di baris sendiri", "this is a section: write [name] on a line of its own")


_MESSAGES: dict[str, _Words] = {
    "int_type": _whole,
    "int_parsing": _whole,
    "int_from_float": _whole,
    "float_type": _number,
    "float_parsing": _number,
    "bool_type": _yes,
    "bool_parsing": _yes,
    "string_type": _text,
    "path_type": _text,
    "model_type": _section,
    "list_type": lambda _: tr('harus daftar, seperti ["satu", "dua"]', 'must be a list, such as ["one", "two"]'),
    "literal_error": lambda c: tr(f"pilih {str(c['expected']).replace(' or ', ' atau ')}", f"choose {c['expected']}"),
    "greater_than": lambda c: tr(f"harus lebih dari {c['gt']:g}", f"must be more than {c['gt']:g}"),
    "greater_than_equal": lambda c: tr(f"paling sedikit {c['ge']:g}", f"must be at least {c['ge']:g}"),
    "less_than_equal": lambda c: tr(f"paling banyak {c['le']:g}", f"must be at most {c['le']:g}"),
    "ip_any_network": lambda _: tr(
        "bukan jaringan; tulis seperti 192.168.0.0/16 (bagian setelah awalan harus nol) atau satu alamat",
        "not a network; write like 192.168.0.0/16 (zeros after the prefix) or one address",
    ),
    "string_pattern_mismatch": lambda c: tr(f"harus berpola {c['pattern']}", f"must look like {c['pattern']}"),
    "value_error": lambda c: str(c["error"]),
}
