"""What is written at a place becomes a model. A name that is misspelt, or that stands one level too high, is told
once and read as what was meant, so that nothing else is found wrong for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ivr.flow.findings import misfit, no_mapping, report_finding
from ivr.flow.source import Path, Source
from ivr.flow.values import is_model, plain
from ivr.i18n import tr

_Model = TypeVar("_Model", bound=BaseModel)


def validate(source: Source, path: Path, given: Any, model: type[_Model]) -> _Model | None:
    """The model made of what stands at `path`; None, and all that is wrong reported, where it cannot be made."""
    try:
        return model.model_validate(_read(source, path, given, model))
    except ValidationError as e:
        for error in e.errors(include_url=False, include_input=True):
            report_finding(source, path, model, error)
    return None


def is_mapping(source: Source, path: Path, value: Any) -> bool:
    """Whether `value` holds `name: value` pairs; reported where it is anything else."""
    if isinstance(value, dict):
        return True
    if value is not None or path:
        source.report(path, no_mapping(path))
    return False


def check_name(source: Source, path: Path, pattern: str) -> None:
    """A name chosen by the author must be fit for file names, channel variables and the dialplan."""
    if not re.fullmatch(pattern, str(path[-1])):
        source.report(path, misfit(str(path[-1]), pattern), key=True)


def known_fields(
    source: Source, path: Path, given: Mapping[str, Any], model: type[BaseModel], *more: str
) -> dict[str, Any]:
    """What of `given` is a field of `model` or one of `more`; the names of all else are reported.

    A misspelt name is read as the field that was meant, where that is not there itself.
    """
    fields = model.model_fields
    known = [*fields, *more]
    unknown = [name for name in given if name not in known]
    if not unknown:
        return dict(given)
    lacking = [name for name, field in fields.items() if field.is_required() and name not in given]
    found: dict[str, Any] = {}
    above = ""  # the field that is written without a value, and belongs above what follows
    for name, value in given.items():
        if name in known:
            found[name] = value
            above = name if value is None and _holds_names(model, name) else ""
        elif above:
            _lower(source, path, above, name, first=found[above] is None)
            found[above] = (found[above] or {}) | {name: value}
        else:
            meant = source.nearest(name, known)
            if not meant and len(unknown) == len(lacking) == 1:
                meant = lacking[0]
            report_unknown(source, (*path, name), known, meant)
            if meant and meant not in given:
                source.read_as((*path, meant), (*path, name))
                found[meant] = value
    return found


def _read(source: Source, path: Path, given: Any, kind: Any) -> Any:
    """`given`, of this `kind`, with the known names of all models in it."""
    kind = plain(kind)
    if isinstance(given, dict) and is_model(kind):
        found = known_fields(source, path, given, kind)
        inner = _with_models(kind)
        return {n: _read(source, (*path, n), value, inner[n]) if n in inner else value for n, value in found.items()}
    if isinstance(given, dict) and get_origin(kind) is dict:
        return {name: _read(source, (*path, name), value, get_args(kind)[1]) for name, value in given.items()}
    if isinstance(given, list) and get_origin(kind) is list:
        return [_read(source, (*path, i), value, get_args(kind)[0]) for i, value in enumerate(given)]
    return given


@cache
def _with_models(model: type[BaseModel]) -> dict[str, Any]:
    """The fields of a model in which there are models again, and their types."""
    return {name: field.annotation for name, field in model.model_fields.items() if _has_model(field.annotation)}


def _has_model(kind: Any) -> bool:
    return is_model(kind) or any(map(_has_model, get_args(kind)))


def _holds_names(model: type[BaseModel], name: str) -> bool:
    kind = plain(model.model_fields[name].annotation) if name in model.model_fields else dict
    return is_model(kind) or dict in (kind, get_origin(kind))


def _lower(source: Source, path: Path, above: str, name: str, *, first: bool) -> None:
    """`name` stands beside `above` and belongs below it."""
    if first:
        message = tr(
            f"'{name}' bagian dari '{above}'; beri 2 spasi lagi di depannya, juga pada baris-baris berikutnya",
            f"'{name}' belongs to '{above}'; put 2 more spaces in front of it, and of the lines that follow",
        )
        source.report((*path, name), message, key=True)
    source.read_as((*path, above, name), (*path, name))


def report_unknown(source: Source, path: Path, known: Collection[str], meant: str) -> None:
    """Say that the name at `path` is none of the `known` ones, and which was `meant`, if that is clear."""
    others = ", ".join(name for name in known if name != "type")
    listed = "" if meant else tr(f"; yang ada: {others}", f"; there are: {others}")
    message = tr(f"'{path[-1]}' tidak dikenal di sini{listed}", f"'{path[-1]}' is not known here{listed}")
    source.report(path, message, suggestion=meant, key=True)
