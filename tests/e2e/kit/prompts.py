"""What a prompt of a published version sounds like, and whether a telephone heard it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ivr.channel import Value
from ivr.i18n import tr
from ivr.publish import LoadedVersion
from tests.e2e.kit import audio
from tests.e2e.kit.audio import Samples
from tests.e2e.kit.machine import KitError, until

if TYPE_CHECKING:
    from tests.e2e.kit.softphone import Softphone


def spoken(version: LoadedVersion, text: str, language: str = "id", **values: Value) -> Samples:
    """The audio of the prompt `text` with `values` filled in. Raises KitError where some of it is missing."""
    segments = version.book.render(text, values, language)
    if missing := [segment.text for segment in segments if segment.audio is None]:
        raise KitError(f"version {version.hash} has no audio for {missing}")
    return np.concatenate([audio.read_wav(segment.audio) for segment in segments if segment.audio])


def words(version: LoadedVersion, text: str) -> str:
    """What is said for the prompt `text`."""
    return " ".join(segment.text for segment in version.book.render(text, {}, "id"))


def was_heard(prompt: Samples, heard: Samples, *, first: float = math.inf) -> bool:
    """Whether `prompt` is in `heard`: its `first` seconds, or whole but for its last sound."""
    match = audio.find(prompt, heard)
    return match is not None and match.seconds >= min(first, len(prompt) / audio.RATE - 2 * audio.PIECE)


async def hears(phone: Softphone, prompt: Samples, *, first: float = math.inf, seconds: float = 30) -> None:
    """Wait until the telephone has heard the prompt, or its `first` seconds. Raises TimeoutError."""
    await until(
        tr("ucapan yang diharapkan", "the expected prompt"),
        lambda: was_heard(prompt, phone.heard, first=first),
        seconds=seconds,
    )
