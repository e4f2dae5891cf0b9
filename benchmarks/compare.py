"""`make bench-compare`: the recogniser beside Whisper base, which a user would otherwise take.

Both hear the same utterances of the dev speakers over the same simulated lines, with one thread each. Whisper gets an
utterance as soon as the pause that ends it is over, and writes down whatever it hears, in Indonesian. A menu takes that
for the phrase that it is most like; how like it is, is how sure it is.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.signal import resample_poly

from benchmarks.proc import machine
from benchmarks.transcripts import errors, nearest
from benchmarks.whisper_weights import WeightsError, join
from ivr.settings import PROJECT
from ivr.speech.model import Model
from ivr.speech.recorded import load_grammar
from ivr.voice.wav import RATE
from training import word_errors
from training.compared import FILE, Compared, Heard, table
from training.corpus import Samples, Utterance, people
from training.evaluate import BEFORE, PAUSES, PHRASES_PER_MENU, Trial, bounds, hear, on_line
from training.results import Counted, taken_from_outside
from training.thresholds import best

try:
    import ctranslate2
    import faster_whisper
except ImportError as e:
    sys.exit(f"{e}: pip install -e '.[dev,compare]'")

LINES = ("quiet", "noise 5 dB")
WEIGHTS = PROJECT / "build" / "whisper-base"
SEED = 1


@dataclass(frozen=True, slots=True)
class Case:
    """An utterance of the dialogue with the menu that it is in, or of digits without one; and a menu without it."""

    utterance: Utterance
    menu: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def kind(self) -> str:
        return "phrases" if self.menu else "digits"

    @property
    def pause(self) -> float:
        """Seconds of silence that end it."""
        return PAUSES[self.kind]

    @property
    def audio(self) -> int:
        """Samples on a line until the pause is over."""
        return round((BEFORE + bounds(self.utterance.samples)[1] + self.pause) * RATE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one recogniser made of a case on a line.

    `wrong`: words; `phrase`, `sure`: what the menu made of it, and how surely; `taken`: how surely the other menu took
    it for one of its phrases; `after`: seconds from the end of speech to the result, if there was one; `cpu`: seconds.
    """

    case: Case
    line: str
    wrong: int
    phrase: str
    sure: float
    taken: float
    after: float | None
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.compare")
    parser.add_argument("--speech", type=Path, required=True, help="folder of speech")
    parser.add_argument("--out", type=Path, required=True, help=f"the model's folder, for {FILE} there")
    parser.add_argument("--dialogue", type=int, default=60, help="utterances of the dialogue")
    parser.add_argument("--digits", type=int, default=30, help="strings of digits")
    args = parser.parse_args()
    try:
        join(WEIGHTS)
    except WeightsError as e:
        sys.exit(str(e))
    said = list(people([args.speech], "dev"))
    cases = drawn(said, {"dialogue": args.dialogue, "digits": args.digits})
    dialogue = sum(case.kind == "phrases" for case in cases)
    ours, whisper = Ours(args.out, said, cases), Whisper(WEIGHTS)
    over = [(case, line, on_line(case.utterance, line)) for line in LINES for case in cases]
    found = Compared(
        other=f"Whisper base, int8, faster-whisper {faster_whisper.__version__}",
        machine=machine().partition(", Linux")[0],
        dialogue=dialogue,
        digits=len(cases) - dialogue,
        pause=PAUSES["phrases"],
        ours=judged([ours.hear(*job) for job in over]),
        theirs=judged([whisper.hear(*job) for job in over]),
    )
    (args.out / FILE).write_text(found.model_dump_json(indent=1) + "\n")
    shown = Table("what", "line", "ours", found.other, box=None)
    for row in table(found):
        shown.add_row(*row)
    Console(width=160).print(shown)


def drawn(said: Sequence[Utterance], counts: Mapping[str, int]) -> list[Case]:
    """So many utterances of each corpus, by chance; all phrases of the dialogue are in menus of ten."""
    chance = random.Random(SEED)
    phrases = sorted({u.text for u in said if u.corpus == "dialogue"})
    chance.shuffle(phrases)
    menus = [tuple(phrases[at : at + PHRASES_PER_MENU]) for at in range(0, len(phrases), PHRASES_PER_MENU)]
    found = []
    for corpus, count in counts.items():
        of = [u for u in said if u.corpus == corpus]
        for utterance in chance.sample(of, min(count, len(of))):
            own = next((menu for menu in menus if corpus == "dialogue" and utterance.text in menu), ())
            found.append(Case(utterance, own, chance.choice([menu for menu in menus if menu != own])))
    return found


# --- the two -----------------------------------------------------------------------------------------
class Ours:
    """Words in free loops, of digits and of the dialogue's own words; menus and digits as in calls."""

    def __init__(self, folder: Path, said: Sequence[Utterance], cases: Sequence[Case]) -> None:
        model = Model.read(folder)
        self._confidence = model.confidence(digits=False)
        self._grammars = {
            menu: load_grammar(menu, not menu, model) for menu in {menu for c in cases for menu in (c.menu, c.other)}
        }
        with TemporaryDirectory() as loops:
            self._loops = {
                corpus: word_errors.loop(model, corpus, [u for u in said if u.corpus == corpus], Path(loops))
                for corpus in ("dialogue", "digits")
            }

    def hear(self, case: Case, line: str, samples: Samples) -> Answer:
        said = case.utterance
        wrong = errors(said.text, " ".join(word_errors.hear(self._loops[said.corpus], samples)))
        began = time.process_time()
        trial = hear((self._grammars[case.menu], case.kind, said, True), line, samples)
        cpu = time.process_time() - began
        other = hear((self._grammars[case.other], "phrases", said, False), line, samples)
        phrase, sure = self._best(trial)
        return Answer(case, line, wrong, phrase, sure, self._best(other)[1], trial.final_after, cpu)

    def _best(self, trial: Trial) -> tuple[str, float]:
        found = best(trial)
        return (found[0], self._confidence.of(found[1])) if found else ("", 0.0)


class Whisper:
    """As faster-whisper has it where nothing is set, but for the language, int8 and one thread."""

    def __init__(self, folder: Path) -> None:
        ctranslate2.set_random_seed(SEED)
        self._model = faster_whisper.WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
        )

    def hear(self, case: Case, line: str, samples: Samples) -> Answer:
        audio = resample_poly(samples[: case.audio] / 32768, 2, 1).astype(np.float32)
        began, cpu = time.perf_counter(), time.process_time()
        segments, _ = self._model.transcribe(audio, language="id")
        text = " ".join(segment.text for segment in segments)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        phrase, sure = nearest(text, case.menu) if case.menu else ("", 0.0)
        taken = nearest(text, case.other)[1]
        return Answer(case, line, errors(case.utterance.text, text), phrase, sure, taken, case.pause + took, cpu)


# --- judging -----------------------------------------------------------------------------------------
def judged(answers: Sequence[Answer]) -> Heard:
    """Counted on each line; time and CPU on the quiet one."""
    quiet = [a for a in answers if a.line == LINES[0]]
    after = [a.after for a in quiet if a.case.menu and a.after is not None]
    seconds = sum(a.case.audio for a in quiet) / RATE
    return Heard(
        errors=[_row(what, line, answers) for what in _COUNTS for line in LINES],
        after=(round(float(np.quantile(after, 0.5)), 3), round(float(np.quantile(after, 0.95)), 3)),
        cpu=round(sum(a.cpu for a in quiet) / seconds, 4),
    )


def _row(what: str, line: str, answers: Iterable[Answer]) -> Counted:
    wrong, of = _COUNTS[what]([a for a in answers if a.line == line])
    return Counted(what=what, line=line, errors=wrong, of=of)


def _words(kind: str, answers: Sequence[Answer]) -> tuple[int, int]:
    of = [a for a in answers if a.case.kind == kind]
    return sum(a.wrong for a in of), sum(len(a.case.utterance.text.split()) for a in of)


def _numbers(answers: Sequence[Answer]) -> tuple[int, int]:
    of = [a.wrong for a in answers if not a.case.menu]
    return sum(map(bool, of)), len(of)


def _menus(answers: Sequence[Answer]) -> tuple[int, int]:
    of = [a for a in answers if a.case.menu]
    return sum(a.phrase != a.case.utterance.text for a in of), len(of)


def _outside(answers: Sequence[Answer]) -> tuple[int, int]:
    return taken_from_outside([a.sure for a in answers if a.case.menu], (a.taken for a in answers)), len(answers)


_COUNTS: Mapping[str, Callable[[Sequence[Answer]], tuple[int, int]]] = {
    "words, dialogue": partial(_words, "phrases"),
    "words, digits": partial(_words, "digits"),
    "strings of digits, whole": _numbers,
    "menus of ten phrases": _menus,
    "something else taken for a phrase": _outside,
}
"""What is counted → its errors, and of how many."""


if __name__ == "__main__":
    main()
