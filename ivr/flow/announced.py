"""Judges what texts tell callers to press: by keys that count there."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ivr.flow.draft import Draft
from ivr.flow.source import Path
from ivr.flow.steps.survey import Survey
from ivr.flow.values import KEY, KEY_WORDS, Strict
from ivr.flow.yes_no import NO_KEY, YES_KEY
from ivr.i18n import tr

PRESS = re.compile(r"\btekan(?:lah)?\s+(?:tombol\s+|angka\s+)?(\w+|\*|#)", re.IGNORECASE)
_SCALE = re.compile(
    r"\bdari\s+(?:angka\s+|nilai\s+)?(?:satu|1)\b.*?\bsampai\s+(?:angka\s+|nilai\s+)?(\w+)", re.IGNORECASE
)


def check_announced(drafts: Iterable[Draft]) -> None:
    for draft in drafts:
        for name in draft.flow.steps:
            _check_step(draft, name)
        _check_yes_or_no(draft, ("policy",), draft.flow.policy)


def _check_step(draft: Draft, name: str) -> None:
    """A step that says "tekan tiga" should know the key 3."""
    step = draft.flow.steps[name]
    for path, text, keys in step.announced():
        cure = ""
        if "keys" in type(step).model_fields:
            cure = tr("tidak ada di keys; tambahkan, atau ubah", "is not in keys; add it, or change the text")
        _check_text(draft, ("steps", name, *path), text, keys, cure)
    _check_yes_or_no(draft, ("steps", name), step)
    if isinstance(step, Survey):
        _check_scale(draft, name, step)


def _check_yes_or_no(draft: Draft, path: Path, asks: Strict) -> None:
    """The questions whether it was meant are answered by two keys."""
    for field in ("half_sure", "half_understood"):
        _check_text(draft, (*path, field), getattr(asks, field, ""), YES_KEY + NO_KEY)


def _check_text(draft: Draft, path: Path, text: str, keys: Collection[str], cure: str = "") -> None:
    """`cure`: what is wrong with a key that is none of these."""
    if not draft.source.has(path):
        return
    cure = cure or _only(keys)
    for spoken in PRESS.finditer(text):
        key = _key(spoken[1])
        if key and key not in keys:
            message = tr(
                f"teks ini menyebut '{spoken[0]}', tetapi tombol {key} {cure}",
                f"this text says '{spoken[0]}', but key {key} {cure}",
            )
            draft.source.report(path, message, severity="warning", inside=(text, spoken.start()))


def _only(keys: Collection[str]) -> str:
    those = ", ".join(keys)
    return tr(
        f"tidak berlaku di sini, hanya {those}; ubah teksnya", f"does not count here, only {those}; change the text"
    )


def _check_scale(draft: Draft, name: str, step: Survey) -> None:
    """A question that says "dari satu … sampai lima" should have five scores."""
    for variable, question in step.questions.items():
        path: Path = ("steps", name, "questions", variable)
        said = _SCALE.search(question)
        highest = _key(said[1]) if said else ""
        if said and highest and highest != str(step.scale) and draft.source.has(path):
            message = tr(
                f"teks ini menyebut nilai sampai {highest}, tetapi 'scale' adalah {step.scale}; samakan",
                f"this text names scores up to {highest}, but 'scale' is {step.scale}; make them the same",
            )
            draft.source.report(path, message, severity="warning", inside=(question, said.start(1)))


def _key(word: str) -> str:
    """The key that a word names, "" where it names none."""
    word = word.lower()
    return KEY_WORDS.get(word, word if re.fullmatch(KEY, word) else "")
