"""What a training leaves behind: files that are whole or not there, and networks among them (.npz), without torch."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.float64]]
"""Name of a parameter, as torch calls it ("layers.0.weight") → its values."""


class NetworkError(ValueError):
    """A file is no network that can be used; the message says which, and what to do."""


def read_network(path: Path) -> tuple[list[str], Arrays]:
    """Units (the blank first) and parameters, in double precision. Raises NetworkError."""
    try:
        with np.load(path) as saved:
            arrays = dict(saved)
        units = [str(unit) for unit in arrays.pop("units")]
        return units, {name: value.astype(np.float64) for name, value in arrays.items()}
    except FileNotFoundError as e:
        raise NetworkError(f"{path} is not there: train it first") from e
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as e:
        raise NetworkError(f"{path} cannot be read as a network: name a network.npz that `train` made") from e


def write_network(path: Path, units: Sequence[str], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Matrices in half precision, all else in single. Raises OSError; then what was there before still is."""
    content = io.BytesIO()
    kept = {name: value.astype(np.float16 if value.ndim == 2 else np.float32) for name, value in arrays.items()}
    np.savez(content, units=np.array(units), **kept)  # type: ignore[arg-type]
    write_whole(path, content.getvalue())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is never seen in part, whatever stops us. Raises OSError; then the file before it is there."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as e:
        part.unlink(missing_ok=True)
        raise OSError(e.errno, e.strerror, str(path)) from e  # of a full disk, Python does not say where
