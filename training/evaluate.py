"""How well people are heard: the dev split on simulated lines, through the very recogniser that calls go through.

A *menu* trial says one of the ten phrases of a menu, an *outside* trial something else; the same for digits.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from ivr.flow.hearing import PHRASE_PAUSE
from ivr.flow.taking import GROUP_PAUSE
from ivr.speech.colloquial import FILLERS
from ivr.speech.heard import Final, Onset
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.model import Model
from ivr.speech.recogniser import Recogniser
from ivr.speech.recorded import load_grammar
from ivr.voice.wav import RATE
from training import line
from training.corpus import CorpusError, Samples, Utterance, people

PHRASES_PER_MENU = 10
PAUSES = {"phrases": PHRASE_PAUSE, "digits": GROUP_PAUSE}
"""Seconds of silence that end an utterance, as in the flows."""
_FILLING = frozenset(FILLERS)
_PIECE = int(0.06 * RATE)
_OUTSIDE_PER_MENU, _DIGITS = 30, 300
BEFORE, _AFTER = 0.3, 1.5
"""Seconds of silence around an utterance."""

_Line = Callable[[line.Signal, np.random.Generator], Samples]


def _mu_law(x: line.Signal, rng: np.random.Generator) -> Samples:
    return line.through(x + rng.normal(0, 1e-4, len(x)), "ULAW")


def _noisy(noise: Callable[[int, np.random.Generator], line.Signal], decibels: float) -> _Line:
    return lambda x, rng: _mu_law(line.with_noise(x, noise(len(x), rng), decibels), rng)


LINES: dict[str, _Line] = {
    "quiet": _mu_law,
    "noise 15 dB": _noisy(line.hiss, 15),
    "noise 5 dB": _noisy(line.hiss, 5),
    "GSM": lambda x, _: line.through(x, "GSM610"),
    "3 % lost": lambda x, rng: line.losing(_mu_law(x, rng), 0.03, rng),
    "music 10 dB": _noisy(line.music, 10),
}
"""Name → what a line makes of speech; µ-law where nothing else is said."""


@dataclass(frozen=True)
class Trial:
    """One utterance and what became of it."""

    grammar: str
    """"phrases" or "digits"."""
    line: str
    speaker: str
    said: str
    inside: bool
    costs: dict[str, float] = field(default_factory=dict)
    """As `Recogniser.costs`; empty: not noticed."""
    onset_after: float | None = None
    """Seconds from the start of speech to the onset."""
    final_after: float | None = None
    """Seconds from the end of speech to the final, the pause among them."""


TRIALS = TypeAdapter(list[Trial])


def evaluate(model_folder: Path, speech: Iterable[Path], lines: Iterable[str] = LINES) -> list[Trial]:
    """Hear the dev split; takes a few minutes. Raises CorpusError, ModelError, LexiconError."""
    model = Model.read(model_folder)
    utterances = dev_split(speech)
    return [trial for name in lines for trial in _heard(_jobs(model, utterances), name)]


def dev_split(speech: Iterable[Path]) -> list[Utterance]:
    """What models are judged by. Raises CorpusError, also where a corpus is missing that they are judged by."""
    utterances = list(people(speech, "dev"))
    if missing := {"dialogue", "digits"}.difference(u.corpus for u in utterances):
        raise CorpusError(f"the dev split has no {' and no '.join(sorted(missing))}: models are judged by both")
    return utterances


def evaluate_menus(model_folder: Path, speech: Iterable[Path], words: Collection[str]) -> list[Trial]:
    """Hear, on all lines, menus of those phrases alone that hold one of the words.

    Raises as `evaluate` does.
    """
    model = Model.read(model_folder)
    utterances = list(people(speech, "dev"))
    phrases = [u.text for u in utterances if u.corpus == "dialogue" and not set(words).isdisjoint(u.text.split())]
    return [t for name in LINES for t in _heard(_menus(model, utterances, phrases, random.Random(1)), name)]


Job = tuple[LoadedGrammar, str, Utterance, bool]
"""What hears, which kind of grammar that is, what it hears, and whether that is in the grammar."""


def _jobs(model: Model, utterances: Sequence[Utterance]) -> Iterator[Job]:
    chance = random.Random(1)
    dialogue = [u for u in utterances if u.corpus == "dialogue"]
    digits = [u for u in utterances if u.corpus == "digits"]
    yield from _menus(model, utterances, [u.text for u in dialogue], chance)
    grammar = load_grammar([], True, model)
    yield from ((grammar, "digits", u, True) for u in chance.sample(digits, min(_DIGITS, len(digits))))
    yield from ((grammar, "digits", u, False) for u in chance.sample(dialogue, min(_DIGITS // 3, len(dialogue))))


def _menus(model: Model, utterances: Sequence[Utterance], said: Iterable[str], chance: random.Random) -> Iterator[Job]:
    dialogue = [u for u in utterances if u.corpus == "dialogue"]
    digits = [u for u in utterances if u.corpus == "digits"]
    phrases = sorted(set(said))
    chance.shuffle(phrases)
    for at in range(0, len(phrases), PHRASES_PER_MENU):
        menu = phrases[at : at + PHRASES_PER_MENU]
        grammar = load_grammar(menu, False, model)
        yield from ((grammar, "phrases", u, True) for u in dialogue if u.text in menu)
        others = [u for u in dialogue if not any(says(u.text, phrase) for phrase in menu)]
        others += chance.sample(digits, len(digits) // 10)
        yield from ((grammar, "phrases", u, False) for u in chance.sample(others, min(_OUTSIDE_PER_MENU, len(others))))


def says(text: str, phrase: str) -> bool:
    """Whether the text is the phrase, with nothing but fillers around it: then it is in the menu, not outside."""
    before, found, after = f" {text} ".partition(f" {phrase} ")
    return bool(found) and _FILLING.issuperset([*before.split(), *after.split()])


def _heard(jobs: Iterable[Job], name: str) -> list[Trial]:
    trials = [hear(job, name, on_line(job[2], name)) for job in jobs]
    print(f"{name}: {len(trials)} utterances heard", flush=True)
    return trials


def hear(job: Job, name: str, samples: Samples) -> Trial:
    """`samples`: the utterance as it arrives over the line of that name."""
    grammar, kind, utterance, inside = job
    begins, ends = bounds(utterance.samples)
    recogniser = Recogniser(grammar, pause=PAUSES[kind], onset=True)
    onset = final = None
    for at in range(0, len(samples), _PIECE):
        for event in recogniser.feed(samples[at : at + _PIECE].tobytes()):
            now = (at + _PIECE) / RATE - BEFORE
            match event:
                case Onset():
                    onset = now - begins
                case Final():
                    final = now - ends
        if final is not None:
            break
    return Trial(kind, name, utterance.speaker, utterance.text, inside, recogniser.costs, onset, final)


def on_line(utterance: Utterance, name: str) -> Samples:
    """An utterance with silence around it, as it arrives over this line; the same each time."""
    rng = np.random.default_rng([len(name), *utterance.text.encode()[:8], len(utterance.samples)])
    silence = [np.zeros(int(seconds * RATE), np.int16) for seconds in (BEFORE, _AFTER)]
    return LINES[name](line.as_signal(np.concatenate([silence[0], utterance.samples, silence[1]])), rng)


def bounds(samples: Samples) -> tuple[float, float]:
    """Where speech begins and ends in a clean recording, by its energy; seconds. All of it where nothing stands out."""
    frame = RATE // 50
    loud = np.abs(samples[: len(samples) // frame * frame].astype(float)).reshape(-1, frame).mean(axis=1)
    heard = np.flatnonzero(loud > max(loud.max() * 0.05, np.percentile(loud, 10) * 3))
    return (float(heard[0]) / 50, float(heard[-1] + 1) / 50) if len(heard) else (0.0, len(samples) / RATE)


ALARMS = line.NOISES | {"coughs": line.coughs}
"""Noises that nobody should be interrupted by; training hears no coughs that are made in this way."""
_MENU = ("kartu keluarga", "akta kelahiran", "KTP", "pajak", "telepon balik", "operator", "ya", "tidak")


@dataclass(frozen=True)
class Alarm:
    """What 5 s of a noise without speech did to a menu, or to a number that is asked for, of `trials`."""

    grammar: str
    """As a Trial's."""
    noise: str
    trials: int
    onsets: int
    finals: int
    taken: int
    """For a phrase or number, with a confidence that would have been acted on."""


def alarms(model_folder: Path, trials: int = 100) -> list[Alarm]:
    """Play noises to a menu and to a number, in which nobody speaks."""
    model = Model.read(model_folder)
    grammars = {"phrases": load_grammar(_MENU, False, model), "digits": load_grammar([], True, model)}
    return [_alarm(kind, grammar, noise, trials) for kind, grammar in grammars.items() for noise in ALARMS]


def noise_on_line(noise: str, seed: int) -> Samples:
    """Five seconds of one of ALARMS over a line, as loud as chance will have it."""
    rng = np.random.default_rng([seed, len(noise)])
    signal = ALARMS[noise](5 * RATE, rng) * 10 ** rng.uniform(-1.5, 0) + rng.normal(0, 3e-4, 5 * RATE)
    return line.coded(signal, rng)


def _alarm(kind: str, grammar: LoadedGrammar, noise: str, trials: int) -> Alarm:
    onsets = finals = taken = 0
    for i in range(trials):
        events = Recogniser(grammar, pause=PAUSES[kind], onset=True).feed(noise_on_line(noise, i).tobytes())
        onsets += any(isinstance(event, Onset) for event in events)
        last = events[-1] if events else None
        if isinstance(last, Final):
            finals += 1
            best = last.hypotheses[0]
            taken += bool(best.text) and best.confidence >= grammar.confidence.accept
    return Alarm(kind, noise, trials, onsets, finals, taken)
