"""What differs between two states of a folder of flows, value by value, as its authors think of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ivr.flow.source import Path, read


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, or a whole file, step or list, that was changed, added (no `old`) or removed (no `new`).

    `path` within the file; empty for the file itself. `old` and `new`: as written, in one line.
    """

    file: str
    path: Path
    old: str | None
    new: str | None


def differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> list[Difference]:
    """File → content before and after. Remarks and layout do not count; nothing raises."""
    return [
        difference
        for file in sorted({*old, *new})
        if old.get(file) != new.get(file)
        for difference in _between(file, (), _data(file, old.get(file)), _data(file, new.get(file)))
    ]


def _data(file: str, content: bytes | None) -> Any:
    """What a file says, or its text where that is no YAML; None where there is no file."""
    if content is None:
        return None
    data = read(file, content).data
    return content.decode(errors="replace") if data is None else data


def _between(file: str, path: Path, old: Any, new: Any) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*old, *new]):
            yield from _between(file, (*path, name), old.get(name), new.get(name))
    else:
        yield Difference(file, path, _one_line(old), _one_line(new))


def _one_line(value: Any) -> str | None:
    """A value as its author would write it in one line; only names and the first values of what is large."""
    if value is None:
        return None
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_one_line(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(_one_line(inner) or "" for inner in value) + "]"
    return " ".join(str(value).split())
