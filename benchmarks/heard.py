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
from dataclasses import dataclass, replace
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
from training import evaluate
from training.corpus import Samples, Utterance, people

TODAY = dt.date(2026, 11, 26)
VOICES = ("", "m3", "m7", "f2", "f4", "Andrea", "Denis", "Mike", "antonio", "marcelo", "norbert", "steph2")
"""Of espeak; those with a name of a person were not heard in training."""
LINES = ("quiet", "noise 15 dB", "noise 5 dB")


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
    again: bool
    """Whether sentences were listened for."""


# --- what is said -----------------------------------------------------------------------------------
def synthetic(count: int) -> Iterator[Trial]:
    """Sentences that citizens might say, in many voices."""
    chance = random.Random(4)
    sentences = list(own())
    for sentence in chance.sample(sentences, min(count, len(sentences))):
        voice = EspeakVoice(chance.randint(120, 180), chance.choice(VOICES), chance.randint(30, 70))
        samples = np.frombuffer(from_voice(voice.synthesize(speakable(sentence.text))).raw_data, "<i2")
        said, name = Utterance("own", voice.name, sentence.text, samples), chance.choice(LINES)
        yield Trial(f"synthetic voices, {name}", sentence.text, evaluate.on_line(said, name))


def of_people(said: Iterable[Utterance], kind: str) -> Iterator[Trial]:
    return (Trial(kind, u.text, evaluate.on_line(u, "quiet")) for u in said)


def noises(each: int) -> Iterator[Trial]:
    return (Trial("noises", "", evaluate.noise_on_line(name, seed)) for name in evaluate.ALARMS for seed in range(each))


# --- what is heard ----------------------------------------------------------------------------------
def hear(grammar: LoadedGrammar, trial: Trial) -> Heard:
    """The first utterance, as a call hears it."""
    began = time.process_time()
    utterance = next(utterances(grammar, trial.samples.tobytes(), pause=PHRASE_PAUSE), None)
    spent = time.process_time() - began
    if utterance is None:
        return Heard(trial, (), spent, again=False)
    phrases = grammar.grammar.phrases
    found = [Hypothesis(phrases.get(h.text, h.text), h.confidence) for h in utterance.final.hypotheses]
    return Heard(trial, found, spent, again=bool(utterance.sentences))


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
        return Counter((self.of(h.hypotheses)[0].value, self._compared(h)) for h in heard)

    def _compared(self, heard: Heard) -> str:
        written, meant = self.of([Hypothesis(heard.trial.text, 1.0)])
        _, about = self.of(heard.hypotheses)
        if written is Decision.REJECTED:
            return "not understood in writing"
        if about == meant:
            return "as in writing"
        in_part = any(about) and all(has in ("", wanted) for has, wanted in zip(about, meant, strict=True))
        return "in part" if in_part else "otherwise"


def _about(found: Understood) -> tuple[str, str, str]:
    return found.intent or "", str(found.slots.get("document", "")), str(found.slots.get("question", ""))


# --- the report -------------------------------------------------------------------------------------
def phrases_of(heard: Iterable[Heard], phrases: Sequence[str], grammar: Grammar) -> str:
    """How the phrases of the menu are heard."""
    best = [(h.trial.text, h.hypotheses[0] if h.hypotheses else Hypothesis("", 0.0)) for h in heard]
    inside = [(text, said) for text, said in best if text in phrases]
    right = sum(said.text == text and said.confidence >= grammar.confirm for text, said in inside)
    wrong = sum(said.text in phrases and said.text != text and said.confidence >= grammar.accept for text, said in best)
    return f"{right} of {len(inside)} right, {wrong} of {len(best)} utterances wrongly taken for one"


def report(judge: Judge, heard: Sequence[Heard]) -> None:
    for kind in dict.fromkeys(h.trial.kind for h in heard):
        counts = judge.counts(h for h in heard if h.trial.kind == kind)
        print(f"\n{kind}: {counts.total()}")
        for (decision, same), count in sorted(counts.items()):
            print(f"  {decision:>9}, {same:<25} {count:4}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.heard")
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
    menu = load_grammar(phrases, False, model, site.lexicon(), vocabulary=site.vocabulary)
    print(f"menu and sentences made ready in {time.process_time() - began:.2f} s of processor")
    alone = replace(menu, sentences=None)
    grammar = Grammar("", menu.grammar.phrases, False, menu.grammar.accept, menu.grammar.confirm, sentences=True)
    judge = Judge(site.interpreter.at(tuple((phrase,) for phrase in phrases), freely=True), grammar)

    of_all = [
        *of_people(chance.sample(dialogue, min(args.people, len(dialogue))), "people: dialogue"),
        *of_people(chance.sample(digits, min(args.people // 3, len(digits))), "people: digits"),
    ]
    by_people = [hear(menu, trial) for trial in of_all]
    report(judge, [hear(menu, trial) for trial in (*synthetic(args.sentences), *noises(10))] + by_people)

    without = [hear(alone, trial) for trial in of_all]
    print(f"\nthe menu's phrases alone:       {phrases_of(without, phrases, grammar)}")
    print(f"the same with sentences beside: {phrases_of(by_people, phrases, grammar)}")
    seconds = sum(len(trial.samples) for trial in of_all) / RATE
    for name, those in (("without", without), ("with", by_people)):
        print(
            f"{name} sentences: {1000 * sum(h.seconds for h in those) / seconds:.1f} ms of processor a second of audio"
        )
    again = [1000 * (h.seconds - once.seconds) for h, once in zip(by_people, without, strict=True) if h.again]
    median, most = np.quantile(again, [0.5, 0.95])
    print(f"hearing again, in {len(again)} of {len(of_all)}: {median:.0f} ms (median), {most:.0f} ms (p95)")


if __name__ == "__main__":
    main()
