"""`python -m benchmarks.heard`: sentences heard at a menu that understands them, by the recogniser of the calls.

Nobody has recorded people who ask public services in Indonesian and given it free. So two things are measured:

- how sentences of `sentences/own.tsv` are understood when synthetic voices say them over simulated lines, beside what
  is understood when they are read. That tells what a change does, not how well people are heard;
- what is made of people who ask for nothing here: sentences of a dialogue, digits (docs/training.md), and noises.

The menu is one of ten sentences of that dialogue, with Halo Kota's vocabulary beside them; what people said otherwise
is heard, and decided on, as on calls. The same menu without sentences shows whether its phrases are heard as well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.understanding import own
from ivr.channel import Grammar, Hypothesis
from ivr.flow.hearing import PHRASE_PAUSE, Decision
from ivr.flow.loader import load_site
from ivr.flow.sentences import decide
from ivr.settings import PROJECT
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.model import Model
from ivr.speech.recorded import load_grammar, utterances
from ivr.speech.understanding.understand import Understanding
from ivr.understood import Understood
from ivr.voice.audio import from_voice
from ivr.voice.speakable import speakable
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE
from training import evaluate, line
from training.corpus import Samples, Utterance, people

TODAY = dt.date(2026, 11, 26)
VOICES = ("", "m3", "m7", "f2", "f4", "Andrea", "Denis", "Mike", "antonio", "marcelo", "norbert", "steph2")
"""Of espeak; those with a name of a person were not heard in training."""
LINES = ("quiet", "noise 15 dB", "noise 5 dB")
NOISE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody says something on a line. `text`: what it would be if it were written."""

    kind: str
    text: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of it. `hypotheses` as steps get them."""

    trial: Trial
    hypotheses: Sequence[Hypothesis]
    seconds: float
    """Of processor."""


# --- what is said -----------------------------------------------------------------------------------
def synthetic(count: int) -> Iterator[Trial]:
    """Sentences that citizens might say, in many voices."""
    chance = random.Random(4)
    for sentence in chance.sample(list(own()), count):
        voice = EspeakVoice(chance.randint(120, 180), chance.choice(VOICES), chance.randint(30, 70))
        samples = np.frombuffer(from_voice(voice.synthesize(speakable(sentence.text))).raw_data, "<i2")
        said, name = Utterance("own", voice.name, sentence.text, samples), chance.choice(LINES)
        yield Trial(f"synthetic voices, {name}", sentence.text, evaluate.on_line(said, name))


def of_people(said: Iterable[Utterance], kind: str) -> Iterator[Trial]:
    return (Trial(kind, u.text, evaluate.on_line(u, "quiet")) for u in said)


def noises(each: int) -> Iterator[Trial]:
    for name, noise in evaluate.ALARMS.items():
        for seed in range(each):
            rng = np.random.default_rng([seed, len(name)])
            signal = noise(NOISE_SECONDS * RATE, rng) * 10 ** rng.uniform(-1.5, 0)
            yield Trial("noises", "", line.coded(signal + rng.normal(0, 3e-4, len(signal)), rng))


# --- what is heard ----------------------------------------------------------------------------------
def hear(grammar: LoadedGrammar, trial: Trial) -> Heard:
    """The first utterance, as a call hears it."""
    began = time.process_time()
    first = next(utterances(grammar, trial.samples.tobytes(), pause=PHRASE_PAUSE), None)
    spent = time.process_time() - began
    phrases = grammar.grammar.phrases
    found = [Hypothesis(phrases.get(h.text, h.text), h.confidence) for h in first.final.hypotheses] if first else []
    return Heard(trial, found, spent)


@dataclass(frozen=True, slots=True)
class Judge:
    """Decides as a menu does."""

    understanding: Understanding
    grammar: Grammar

    def of(self, hypotheses: Sequence[Hypothesis]) -> tuple[Decision, tuple[str, str, str]]:
        """What is done, and about what: a key, a document, a question."""
        found = self.understanding.best(hypotheses, TODAY)
        return decide(found, self.grammar), _about(found)

    def counts(self, heard: Iterable[Heard]) -> Counter[tuple[str, str]]:
        """(Decision, how it compares with what is understood in writing) → how often."""
        counts: Counter[tuple[str, str]] = Counter()
        for h in heard:
            (decision, about), (written, meant) = self.of(h.hypotheses), self.of([Hypothesis(h.trial.text, 1.0)])
            nothing = written is Decision.REJECTED
            same = "not in writing" if nothing else "as in writing" if about == meant else "otherwise"
            counts[decision.value, same] += 1
        return counts


def _about(found: Understood) -> tuple[str, str, str]:
    return found.intent or "", str(found.slots.get("document", "")), str(found.slots.get("question", ""))


def in_menu(heard: Iterable[Heard], phrases: Sequence[str], grammar: Grammar) -> str:
    """How phrases are heard by themselves."""
    counts: Counter[str] = Counter()
    for h in heard:
        best = h.hypotheses[0] if h.hypotheses else Hypothesis("", 0.0)
        if h.trial.text in phrases:
            counts["of the menu"] += 1
            counts["right"] += best.text == h.trial.text and best.confidence >= grammar.confirm
        counts["wrongly taken"] += (
            best.text in phrases and best.text != h.trial.text and best.confidence >= grammar.accept
        )
    return f"{counts['right']} of {counts['of the menu']} right, {counts['wrongly taken']} wrongly taken"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.heard", description=__doc__.partition("\n")[0])
    parser.add_argument("--speech", type=Path, default=PROJECT / "../shared/speech-id")
    parser.add_argument("--sentences", type=int, default=300, help="how many synthetic ones (default: %(default)s)")
    parser.add_argument("--people", type=int, default=300, help="utterances of people (default: %(default)s)")
    args = parser.parse_args()

    site, model, chance = (
        load_site(PROJECT / "ivr/flows").site,
        Model.read(PROJECT / "models/id-telephony"),
        random.Random(1),
    )
    assert site is not None
    said = list(people(args.speech, "dev"))
    dialogue = [u for u in said if u.corpus == "dialogue" and " " in u.text]
    digits = [u for u in said if u.corpus == "digits"]
    phrases = chance.sample(sorted({u.text for u in dialogue}), 10)
    began = time.process_time()
    with_sentences = load_grammar(phrases, False, model, site.lexicon(), vocabulary=site.vocabulary)
    print(f"menu and sentences made ready in {time.process_time() - began:.2f} s of processor")
    without = load_grammar(phrases, False, model, site.lexicon())
    accept, confirm = model.phrases.accept, model.phrases.confirm
    grammar = Grammar("benchmark", with_sentences.grammar.phrases, False, accept, confirm, sentences=True)
    judge = Judge(site.interpreter.at(tuple((p,) for p in phrases), freely=True), grammar)
    trials = [
        *synthetic(args.sentences),
        *of_people(chance.sample(dialogue, min(args.people, len(dialogue))), "people: dialogue"),
        *of_people(chance.sample(digits, min(args.people // 3, len(digits))), "people: digits"),
        *noises(10),
    ]
    heard = [hear(with_sentences, trial) for trial in trials]
    for kind in dict.fromkeys(trial.kind for trial in trials):
        counts = judge.counts(h for h in heard if h.trial.kind == kind)
        print(f"\n{kind}: {counts.total()}")
        for (decision, same), count in sorted(counts.items()):
            print(f"  {decision:>9}, {same:<15} {count:4}")
    alone = [hear(without, trial) for trial in trials if trial.kind.startswith("people")]
    beside = [h for h in heard if h.trial.kind.startswith("people")]
    print(f"\nthe menu's phrases alone:        {in_menu(alone, phrases, grammar)}")
    print(f"the same with sentences beside:  {in_menu(beside, phrases, grammar)}")
    seconds = sum(len(h.trial.samples) for h in beside) / RATE
    for name, those in (("alone", alone), ("with sentences", beside)):
        print(f"{name}: {1000 * sum(h.seconds for h in those) / seconds:.1f} ms of processor a second of audio")


if __name__ == "__main__":
    main()
