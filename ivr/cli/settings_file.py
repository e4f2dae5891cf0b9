"""`sambung.toml` as it is first written: every setting with its default and meaning, from the model itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from ivr.i18n import tr
from ivr.settings import Settings


def default_text() -> str:
    """The file's text: all settings, each commented out, so that later defaults still apply."""
    intro = tr(
        "# Pengaturan Sambung. Hapus tanda # di depan sebuah baris untuk mengubahnya, lalu `sambung down` dan\n"
        "# `sambung up`. Nama yang tidak dikenal adalah kesalahan.\n",
        "# Settings of Sambung. Remove the # in front of a line to change it, then `sambung down` and\n"
        "# `sambung up`. An unknown name is an error.\n",
    )
    named = {n: f for n, f in Settings.model_fields.items() if f.default == {}}
    plain = {n: f for n, f in Settings.model_fields.items() if not (f.exclude or _is_part(f) or n in named)}
    parts = {n: f for n, f in Settings.model_fields.items() if _is_part(f)}
    blocks = [intro, "\n".join(_lines(plain))]
    for name, field in parts.items():
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        about = (model.__doc__ or "").strip()
        blocks.append("\n".join([f"# {about}", f"[{name}]", *_lines(model.model_fields)]))
    blocks.append("\n".join(f"# [{name}.NAME]  # {field.description}" for name, field in named.items()))
    return "\n\n".join(blocks) + "\n"


def write_default(path: Path) -> None:
    """Write the file where there is none. It may come to hold the trunk's password: for the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(default_text(), encoding="utf-8")


def _is_part(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _lines(fields: dict[str, FieldInfo]) -> Iterator[str]:
    for name, field in fields.items():
        choices = [json.dumps(c) for c in get_args(field.annotation) if isinstance(c, str)]
        notes = [field.description or "", f"({' | '.join(choices)})" if choices else ""]
        note = "  # " + " ".join(n for n in notes if n) if any(notes) else ""
        yield f"# {name} = {_toml(field.get_default())}{note}"


def _toml(value: Any) -> str:
    """A default as TOML writes it; JSON's texts, numbers, lists and booleans are TOML's too."""
    return json.dumps(str(value) if isinstance(value, Path | SecretStr) else value, ensure_ascii=False)
