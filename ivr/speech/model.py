"""The recogniser's model: what is known of it without loading it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ivr.i18n import tr
from ivr.speech.confidence import Confidence

_UNITS, _THRESHOLDS = "phones.txt", "thresholds.json"
_PARTS = (_UNITS, _THRESHOLDS, "am/final.mdl", "conf/mfcc.conf", "conf/model.conf")


class ModelError(Exception):
    """The model or a grammar cannot be used; the message says why and what to do."""


def unusable(folder: Path, indonesian: str, english: str) -> ModelError:
    """A model's folder that is no good, and why, in both languages."""
    return ModelError(
        tr(
            f"model suara di {folder} {indonesian}; salin lagi seluruh foldernya; harus model untuk Sambung "
            "(docs/training.md)",
            f"the speech model in {folder} {english}; copy its whole folder again; it must be a model for Sambung "
            "(docs/training.md)",
        )
    )


@dataclass(frozen=True)
class Model:
    """A model's folder: am/final.mdl, conf/, phones.txt (the units, the blank first), thresholds.json."""

    folder: Path
    units: tuple[str, ...]
    phrases: Confidence
    digits: Confidence

    @classmethod
    def read(cls, folder: Path) -> Model:
        """Raises ModelError, which names what is missing or wrong."""
        if not folder.is_dir():
            raise ModelError(
                tr(
                    f"model suara di {folder} tidak ada: tidak ada folder itu",
                    f"there is no speech model in {folder}: no such folder",
                )
            )
        if missing := ", ".join(name for name in _PARTS if not (folder / name).exists()):
            raise unusable(folder, f"tidak lengkap: {missing}", f"is incomplete: {missing}")
        if closed := ", ".join(name for name in _PARTS if not os.access(folder / name, os.R_OK)):
            raise ModelError(
                tr(
                    f"model suara di {folder} tidak boleh dibaca: {closed}; jalankan chmod -R a+rX {folder}",
                    f"the speech model in {folder} may not be read: {closed}; run chmod -R a+rX {folder}",
                )
            )
        try:
            units = tuple((folder / (reading := _UNITS)).read_text().split())
            given = json.loads((folder / (reading := _THRESHOLDS)).read_text())
            phrases, digits = (
                Confidence(**{name: float(given[kind][name]) for name in Confidence.__dataclass_fields__})
                for kind in ("phrases", "digits")
            )
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise unusable(
                folder, f"rusak: {reading} tidak dapat dibaca", f"is broken: {reading} cannot be read"
            ) from e
        return cls(folder, units, phrases, digits)

    def confidence(self, *, digits: bool) -> Confidence:
        """How sure a result of a grammar of this kind is."""
        return self.digits if digits else self.phrases

    @cached_property
    def units_digest(self) -> str:
        return hashlib.sha256("\n".join(self.units).encode()).hexdigest()[:16]
