"""What another recogniser made of the same utterances: compared.json in a model's folder, for its card."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from training.results import Counted, share

FILE = "compared.json"


class Heard(BaseModel):
    """What one recogniser made of them.

    `after`: seconds from the end of speech to the result, the pause included, of phrases on a quiet line: median, 95th
    percentile. `cpu`: seconds of a processor for a second of speech there.
    """

    errors: list[Counted]
    after: tuple[float, float]
    cpu: float


class Compared(BaseModel):
    """Both recognisers: `dialogue` and `digits` are the utterances that each heard on each line."""

    other: str
    """Its name and that of what runs it."""
    machine: str
    dialogue: int
    digits: int
    pause: float
    """Seconds of silence that end a phrase."""
    ours: Heard
    theirs: Heard


def table(found: Compared) -> Iterator[tuple[str, ...]]:
    """What, line, ours, theirs."""
    for ours, theirs in zip(found.ours.errors, found.theirs.errors, strict=True):
        yield ours.what, ours.line, _of(ours), _of(theirs)
    for name, quantile in (("p50", 0), ("p95", 1)):
        what = f"end of speech to result, pause of {found.pause:g} s included, {name}"
        yield what, "quiet", *(f"{heard.after[quantile]:.2f} s" for heard in (found.ours, found.theirs))
    cpu = (f"{heard.cpu:.3f}" for heard in (found.ours, found.theirs))
    yield "CPU seconds for a second of speech", "quiet", *cpu


def _of(counted: Counted) -> str:
    return f"{counted.errors} of {counted.of}: {share(counted)}"
