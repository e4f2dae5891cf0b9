"""`python -m benchmarks.heard`: sentences heard at a menu that understands them, by the recogniser of the calls.

Nobody has recorded people who ask public services in Indonesian and given it free. So two things are measured:

- how sentences of `sentences/own.tsv` are understood when synthetic voices say them over simulated lines, beside what
  is understood when they are read. That tells what a change does, not how well people are heard;
- what is made of people who ask for nothing here: sentences of a dialogue, digits (docs/training.md), and noises.

The menu is one of ten sentences of that dialogue, with Halo Kota's vocabulary beside them; what people said otherwise
is heard, and decided on, as on calls. The same menu without sentences shows whether its phrases are heard as well.

The probability is cross-validated, as in `benchmarks.understanding`: a sentence is judged by a function that was fitted
on others. It is right where document and kind of question are those of the sentence's label; where a document alone was
heard, where it is that one, for callers are asked for the rest. `--fit` stores the function that is fitted on all.
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

from benchmarks.understanding import FOLDS, Labelled, distance, lowest_accepted, own, weigh, write
from ivr.channel import Grammar, Hypothesis
from ivr.flow.hearing import PHRASE_PAUSE, Decision
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flow.sentences import decide
from ivr.settings import PROJECT
from ivr.speech.loaded import LoadedGrammar
from ivr.speech.model import Model
from ivr.speech.recorded import load_grammar, utterances
from ivr.speech.understanding.certainty import FITTED, Certainty, HeardMeaning, features_heard
from ivr.speech.understanding.meaning import Finder
from ivr.speech.understanding.understand import Understanding
from ivr.understood import Understood
from ivr.voice.audio import from_voice
from ivr.voice.speakable import speakable
from ivr.voice.tts import EspeakVoice
from ivr.voice.wav import RATE
from training import evaluate
from training.corpus import Samples, Utterance, people

TODAY = dt.date(2026, 11, 26)
SYNTHETIC = "synthetic voices"
_SURE = 0.9
VOICES = ("", "m3", "m7", "f2", "f4", "Andrea", "Denis", "Mike", "antonio", "marcelo", "norbert", "steph2")
"""Of espeak; those with a name of a person were not heard in training."""
LINES = ("quiet", "noise 15 dB", "noise 5 dB")


@dataclass(frozen=True, slots=True)
class Trial:
    """Somebody says something on a line. `sentence`: what it would be if it were written."""

    kind: str
    sentence: Labelled
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

    @property
    def fold(self) -> int:
        return self.trial.sentence.fold


# --- what is said -----------------------------------------------------------------------------------
def synthetic(count: int) -> Iterator[Trial]:
    """Sentences that citizens might say, in many voices."""
    chance = random.Random(4)
    sentences = list(own())
    for sentence in chance.sample(sentences, min(count, len(sentences))):
        voice = EspeakVoice(chance.randint(120, 180), chance.choice(VOICES), chance.randint(30, 70))
        samples = np.frombuffer(from_voice(voice.synthesize(speakable(sentence.text))).raw_data, "<i2")
        said, name = Utterance("own", voice.name, sentence.text, samples), chance.choice(LINES)
        yield Trial(f"{SYNTHETIC}, {name}", sentence, evaluate.on_line(said, name))


def of_people(said: Iterable[Utterance], kind: str) -> Iterator[Trial]:
    return (Trial(kind, _meaningless(u.text), evaluate.on_line(u, "quiet")) for u in said)


def noises(each: int) -> Iterator[Trial]:
    nothing = _meaningless("")
    return (
        Trial("noises", nothing, evaluate.noise_on_line(name, seed)) for name in evaluate.ALARMS for seed in range(each)
    )


def _meaningless(text: str) -> Labelled:
    return Labelled(text, "", "", clear=True, group="")


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


# --- what is made of it -----------------------------------------------------------------------------
class Judge:
    """Decides as a menu does. What is heard is understood by a function that was fitted on the other folds."""

    def __init__(self, site: Site, phrases: Sequence[str], grammar: Grammar, heard: Sequence[Heard]) -> None:
        self._finder, self._options = Finder(site.vocabulary, site.lexicon()), tuple((phrase,) for phrase in phrases)
        self._grammar = grammar
        understanding = self._understanding(Certainty.read())
        said = [h for h in heard if h.trial.kind.startswith(SYNTHETIC)]
        self.meant = [(h, meant) for h in said if (meant := understanding.heard(h.hypotheses, TODAY))]
        """Sentences of synthetic voices in which there was a meaning."""
        folds = [[(h, meant) for h, meant in self.meant if h.fold != fold] for fold in range(FOLDS)]
        self.fitted = [fit(others) for others in folds]
        self._understandings = [self._understanding(certainty) for certainty in self.fitted]

    def _understanding(self, certainty: Certainty) -> Understanding:
        return Understanding(self._finder, self._options, freely=True, certainty=certainty)

    def counts(self, heard: Iterable[Heard]) -> Counter[tuple[str, str]]:
        """(Decision, how it compares with what is understood in writing) → how often."""
        return Counter((self.done(h).value, self._compared(h)) for h in heard)

    def done(self, heard: Heard) -> Decision:
        """What the menu does."""
        return self._of(heard.fold, heard.hypotheses)[0]

    def _of(self, fold: int, hypotheses: Sequence[Hypothesis]) -> tuple[Decision, tuple[str, str, str]]:
        """What is done, and about what: a key, a document, a question."""
        found = self._understandings[fold].best(hypotheses, TODAY)
        return decide(found, self._grammar), _about(found)

    def _compared(self, heard: Heard) -> str:
        written, meant = self._of(heard.fold, [Hypothesis(heard.trial.sentence.text, 1.0)])
        _, about = self._of(heard.fold, heard.hypotheses)
        if written is Decision.REJECTED:
            return "not understood in writing"
        if about == meant:
            return "as in writing"
        in_part = any(about) and all(has in ("", wanted) for has, wanted in zip(about, meant, strict=True))
        return "in part" if in_part else "otherwise"


def _about(found: Understood) -> tuple[str, str, str]:
    return found.intent or "", str(found.slots.get("document", "")), str(found.slots.get("question", ""))


def fit(heard: Sequence[tuple[Heard, HeardMeaning]]) -> Certainty:
    """The function of what was heard, and its threshold."""
    examples, right = [features_heard(meant) for _, meant in heard], [is_right(*each) for each in heard]
    each = np.ones(len(heard))
    certainty = replace(Certainty.read(), weights_heard=weigh(examples, right, each))
    probability = np.array([certainty.of_heard(meant) for _, meant in heard])
    return replace(certainty, accept_heard=lowest_accepted(probability, right, each))


def is_right(heard: Heard, meant: HeardMeaning) -> bool:
    """Whether it leads where it should."""
    meaning, wanted = meant.meaning, heard.trial.sentence
    question_right = not meaning.question or meaning.question == wanted.question
    return not meaning.option and meaning.document == wanted.document and question_right


# --- the report -------------------------------------------------------------------------------------
def phrases_of(heard: Iterable[Heard], phrases: Sequence[str], grammar: Grammar) -> str:
    """How the phrases of the menu are heard."""
    best = [(h.trial.sentence.text, h.hypotheses[0] if h.hypotheses else Hypothesis("", 0.0)) for h in heard]
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


def report_probability(judge: Judge) -> None:
    """How far it can be believed, of the sentences of synthetic voices."""
    probability = np.array([judge.fitted[heard.fold].of_heard(meant) for heard, meant in judge.meant])
    right = np.array([is_right(*each) for each in judge.meant])
    done = np.array([judge.done(heard) for heard, _ in judge.meant])
    accept = sorted({certainty.accept_heard for certainty in judge.fitted})
    print(f"\n{SYNTHETIC}, by their labels; accepted from {', '.join(map(str, accept))}, by what was fitted without it")
    for decision in Decision:
        if count := int((done == decision).sum()):
            print(f"  {decision:>9}: {count}, {right[done == decision].sum()} of them right")
    sure = right[probability >= _SURE]
    print(f"  with a probability of {_SURE} or more: {len(sure)}, {sure.sum()} of them right")
    error = distance(probability, list(right), np.ones(len(right)) / len(right))
    print(f"  calibration error, 10 bins, {len(right)} sentences with a meaning: {error:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.heard")
    parser.add_argument("--speech", type=Path, default=PROJECT / "../shared/speech-id")
    parser.add_argument("--sentences", type=int, default=300, help="how many synthetic ones (default: %(default)s)")
    parser.add_argument("--people", type=int, default=300, help="utterances of people (default: %(default)s)")
    parser.add_argument("--fit", action="store_true", help=f"store new weights and a threshold in {FITTED.name}")
    args = parser.parse_args()
    site, model, chance = (
        load_site(PROJECT / "ivr/flows").site,
        Model.read(PROJECT / "models/id-telephony"),
        random.Random(1),
    )
    assert site is not None
    said = list(people([args.speech], "dev"))
    dialogue = [u for u in said if u.corpus == "dialogue" and " " in u.text]
    digits = [u for u in said if u.corpus == "digits"]
    phrases = chance.sample(sorted({u.text for u in dialogue}), 10)

    began = time.process_time()
    menu = load_grammar(phrases, False, model, site.lexicon(), vocabulary=site.vocabulary)
    print(f"menu and sentences made ready in {time.process_time() - began:.2f} s of processor")
    alone = replace(menu, sentences=None)
    grammar = Grammar("", menu.grammar.phrases, False, menu.grammar.accept, menu.grammar.confirm, sentences=True)

    of_all = [
        *of_people(chance.sample(dialogue, min(args.people, len(dialogue))), "people: dialogue"),
        *of_people(chance.sample(digits, min(args.people // 3, len(digits))), "people: digits"),
    ]
    by_people = [hear(menu, trial) for trial in of_all]
    heard = [hear(menu, trial) for trial in (*synthetic(args.sentences), *noises(10))] + by_people
    judge = Judge(site, phrases, grammar, heard)
    if args.fit:
        write(fit(judge.meant))
    report(judge, heard)
    report_probability(judge)

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
