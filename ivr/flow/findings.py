"""Pydantic's findings in words of the flow language, each at its place and with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from ivr.flow.problems import FieldError, choice_meant
from ivr.flow.source import Path, Source
from ivr.flow.values import (
    CURLY_QUOTES,
    KEY,
    KEY_WORDS,
    LANGUAGE,
    LINE_NUMBER,
    NAME,
    NUMBER,
    VariableName,
    is_model,
    parse_duration,
    plain,
)
from ivr.i18n import tr

_PAIRS = {
    "keys": ("tombol: langkah", "key: step", "1: menu-utama"),
    "phrases": ("tombol: frasa", "key: phrases", "1: [KTP, kartu keluarga]"),
    "week": ("hari: jam", "day: times", "senin-kamis: 08:00-16:00"),
    "closed": ("tanggal: alasan", "date: reason", "2026-12-25: Hari Natal"),
    "open_on": ("tanggal: jam", "date: times", "2026-12-24: 08:00-12:00"),
    "slots": ("variabel: isian", "variable: slot", "lahir: {kind: tanggal}"),
    "values": ("variabel: nilai", "variable: value", "layanan: KTP"),
    "answers": ("nama: jawaban", "name: answer", ""),
    "intents": ("dokumen: jenis pertanyaan", "document: kinds of question", "KTP: [syarat, biaya]"),
    "constants": ("variabel: nilai", "variable: value", "kota: Ambon"),
    "questions": ("variabel: pertanyaan", "variable: question", "waktu: Apakah Anda dilayani dengan cepat?"),
    "documents": ("dokumen: frasa", "document: phrases", "KTP: [KTP, kartu tanda penduduk]"),
    "gate": ("nama: nilai", "name: value", "always: ya"),
    "blocklist": ("nama: nilai", "name: value", "strikes: 3"),
    "hours": ("nama: nilai", "name: value", "week: {senin-kamis: 08:00-16:00}"),
}
_KIND_OF_QUESTION = ("nama: nilai", "name: value", "phrases: [syarat, dokumen apa]")


def no_mapping(path: Path) -> str:
    """What belongs at `path`, where something other than `name: value` pairs stands."""
    indonesian, english, example = _PAIRS.get(str(path[-1]) if path else "", ("nama: nilai", "name: value", ""))
    if path[:-1] == ("questions",):  # of kosakata.yaml; those of a survey stand in a step
        indonesian, english, example = _KIND_OF_QUESTION
    like = tr(f", seperti '{example}'", f", such as '{example}'") if example else ""
    return tr(f"di sini harus ada daftar '{indonesian}'{like}", f"a list of '{english}' belongs here{like}")


_NOT_DIALLED = re.compile(r"[\s().-]+")
_WANTED: dict[str, tuple[str, str, Callable[[str], str]]] = {
    KEY: ("satu tombol telepon: 0-9 * #", "one key of a telephone: 0-9 * #", lambda v: KEY_WORDS.get(v.lower(), v)),
    NAME: (
        "nama (huruf kecil, angka, tanda hubung)",
        "a name (small letters, digits, hyphens)",
        lambda v: re.sub(r"[\s_]+", "-", v.lower()),
    ),
    VariableName.pattern: (
        "nama variabel (huruf kecil, angka, garis bawah; diawali huruf)",
        "the name of a variable (small letters, digits, underscores; a letter first)",
        lambda v: re.sub(r"[\s-]+", "_", v.lower()),
    ),
    LANGUAGE: ("kode bahasa, seperti en, jv atau su", "the code of a language, such as en, jv or su", str.lower),
    LINE_NUMBER: ("nomor telepon, hanya angka", "a telephone number, digits only", lambda v: _NOT_DIALLED.sub("", v)),
    NUMBER: ("nomor telepon, hanya angka", "a telephone number, digits only", lambda v: _NOT_DIALLED.sub("", v)),
}
"""Pattern → what fits it, in words, and how what was meant is written."""


def misfit(value: str, pattern: str) -> str:
    """That `value` is not what `pattern` asks for, and what was probably meant."""
    bare = pattern.strip("^$")
    indonesian, english, rewritten = _WANTED[bare]
    meant = rewritten(value.strip(CURLY_QUOTES))
    shown = f'"{meant}"' if meant in ("*", "#") else meant
    write = tr(f"; tulis {shown}", f"; write {shown}") if re.fullmatch(bare, meant) else ""
    return tr(f"'{value}' bukan {indonesian}{write}", f"'{value}' is not {english}{write}")


def report_finding(source: Source, path: Path, model: type[BaseModel], error: ErrorDetails) -> None:
    """Say what Pydantic found wrong with the `model` at `path`."""
    where = [part for part in error["loc"] if part != "[key]"]
    # A union names its branch in the path (`fallback → constrained-str`): keep what the author wrote.
    while where and not source.has((*path, *where)) and error["type"] not in ("missing", "extra_forbidden"):
        where.pop()
    context = error.get("ctx", {})
    is_key = error["loc"][-1:] == ("[key]",)
    if isinstance(found := context.get("error"), FieldError):
        where += [part for part in found.where if source.has((*path, *where, *found.where))]
        is_key = found.key
    full = (*path, *where)
    # What lacks in a step, or is wrong with it as a whole, is told beside its name.
    whole = error["type"] == "value_error" and not where
    is_key = is_key or whole or error["type"] in ("missing", "extra_forbidden")
    message, suggestion = _said(full, model, error)
    source.report(full, message, suggestion=suggestion, key=is_key)


def _said(path: Path, model: type[BaseModel], error: ErrorDetails) -> tuple[str, str]:
    """The message, and the value that was probably meant or ""."""
    name, kind, value, context = str(path[-1]) if path else "", error["type"], error["input"], error.get("ctx", {})
    message, suggestion = error["msg"], ""
    if kind == "missing":
        message = tr(f"'{name}' belum ditulis", f"'{name}' is missing")
    elif kind == "extra_forbidden":
        message = tr(f"'{name}' tidak dikenal di sini", f"'{name}' is not known here")
    elif value is None:
        pairs = f"; {no_mapping(path)}" if name in _PAIRS else ""
        message = tr(f"'{name}' belum punya nilai", f"'{name}' has no value") + pairs
    elif kind == "value_error":
        message = str(context.get("error", message))
    elif kind == "literal_error":
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        listed = ", ".join(choices)
        message = tr(f"'{value}' bukan pilihan di sini: {listed}", f"'{value}' is no choice here: {listed}")
        suggestion = choice_meant(str(value), choices)
    elif kind in ("greater_than_equal", "less_than_equal"):
        message = _out_of_bounds(model, error)
    elif kind in _MESSAGES:
        message = _MESSAGES[kind](path, value, context)
    return message, suggestion


def _out_of_bounds(model: type[BaseModel], error: ErrorDetails) -> str:
    limits = _limits(model, error["loc"])
    low = next((limit.ge for limit in limits if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in limits if isinstance(limit, Le)), None)
    seconds = any(getattr(limit, "func", None) is parse_duration for limit in limits)
    unit = tr(" detik", " seconds") if seconds else ""
    if high is None:
        return tr(f"paling sedikit {low:g}{unit}", f"must be at least {low:g}{unit}")
    if low is None:
        return tr(f"paling banyak {high:g}{unit}", f"must be at most {high:g}{unit}")
    return tr(f"harus {low:g} sampai {high:g}{unit}", f"must be {low:g} to {high:g}{unit}")


def _limits(model: type[BaseModel], path: tuple[int | str, ...]) -> list[Any]:
    """What is asked of the field at `path` of a model."""
    limits: list[Any] = []
    kind: Any = model
    for part in path:
        if is_model(kind) and part in kind.model_fields:
            field = kind.model_fields[part]
            kind, limits = plain(field.annotation), field.metadata
        elif get_origin(kind) in (dict, list):
            kind = plain(get_args(kind)[-1])
    return limits


def _wrong_text(path: Path, value: Any, context: dict[str, Any]) -> str:
    if isinstance(value, dict):
        return tr(
            "di sini harus ada teks; teks yang memuat ': ' ditulis dalam tanda kutip",
            "a text belongs here; one that contains ': ' stands in quotes",
        )
    return tr("di sini harus ada teks, bukan daftar", "a text belongs here, not a list")


def _wrong_list(path: Path, value: Any, context: dict[str, Any]) -> str:
    short = tr(f", atau [{value}]", f", or [{value}]") if isinstance(value, str) else ""
    return tr(f"di sini harus ada daftar '- …'{short}", f"a list of '- …' belongs here{short}")


def _wrong_number(path: Path, value: Any, context: dict[str, Any]) -> str:
    meant = KEY_WORDS.get(str(value).lower()) or (re.findall(r"\d+", str(value)) or ["3"])[0]
    return tr(
        f"'{value}' bukan angka bulat; tulis seperti {meant}",
        f"'{value}' is not a whole number; write one like {meant}",
    )


_MESSAGES: dict[str, Callable[[Path, Any, dict[str, Any]], str]] = {
    "int_parsing": _wrong_number,
    "int_parsing_size": lambda p, v, c: tr("angka ini terlalu besar", "this number is too large"),
    "string_pattern_mismatch": lambda p, v, c: misfit(v, c["pattern"]),
    "string_type": _wrong_text,
    "dict_type": lambda p, v, c: no_mapping(p),
    "model_type": lambda p, v, c: no_mapping(p),
    "list_type": _wrong_list,
    "too_short": lambda p, v, c: tr("daftar ini kosong", "this list is empty"),
}
