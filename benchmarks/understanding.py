"""`python -m benchmarks.understanding`: from public-service queries to document and kind of question.

Two sets of sentences, each labelled by the guide in docs/understanding.md:

- the queries of a corpus (`--queries`), which is not part of the project: `sentences/queries.tsv` holds their labels
  under the SHA-256 of the sentence;
- `sentences/own.tsv`, written for this benchmark. The vocabulary was never changed for those that are kept out.

The queries are also understood by a vocabulary without the phrases that only their own half of the corpus has: the
vocabulary was written by someone who had read all of them. Weights are fitted on the queries as understood so, and on
our own sentences, each of the two counting as much as the other.

A sentence whose answer is rejected counts as understood to ask for nothing, which is right for more than half of the
queries. Probabilities are cross-validated: a sentence is judged by weights that were fitted without it. `--fit` fits
the weights and thresholds anew and stores them; then those of `benchmarks.heard` are to be fitted, too.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivr.flow.loader import load_site
from ivr.settings import PROJECT
from ivr.speech.understanding.certainty import FITTED, Certainty, features
from ivr.speech.understanding.meaning import Finder, Meaning
from ivr.speech.understanding.vocabulary import Question, Vocabulary
from ivr.speech.values.entities import extract
from training.results import SENTENCES as SENTENCES_FILE
from training.results import Errors, Figures

QUERIES = PROJECT / "../shared/queries/public-service-queries.txt"
SENTENCES = Path(__file__).with_name("sentences")
OWN = "own sentences"
TODAY = dt.date(2026, 11, 26)

FOLDS = 5
WRONGLY_ACTED_ON = 0.05
"""The share of what is accepted that may be wrong."""
CONFIRM = 0.5
"""What is more likely right than wrong is asked."""
SURE = 0.95
WRONG_AT_MOST = 0.03
_RIDGE = 0.2
_GRID = np.arange(0.5, 0.96, 0.01)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, what it asks for ("" = nothing), and what was made of it. `clear`: it has one reading only."""

    text: str
    document: str
    question: str
    clear: bool
    group: str
    meaning: Meaning = field(default_factory=Meaning)
    probability: float = 0.0

    @property
    def right(self) -> bool:
        return (self.meaning.document, self.meaning.question) == (self.document, self.question)

    @property
    def asks_nothing(self) -> bool:
        return not (self.document or self.question)

    @property
    def ours(self) -> bool:
        return self.group.startswith(OWN)

    @property
    def fold(self) -> int:
        """The part of the cross-validation that it is in."""
        return int(_digest(self.text), 16) % FOLDS


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.understanding")
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument(
        "--out", type=Path, help=f"the model's folder, for {SENTENCES_FILE} there, which its card tells"
    )
    parser.add_argument("--fit", action="store_true", help=f"store new weights and thresholds in {FITTED.name}")
    args = parser.parse_args()
    if not args.queries.is_file():
        sys.exit(f"{args.queries}: no such file; --queries names the corpus of queries, one a line")
    site = load_site(PROJECT / "ivr" / "flows").site
    assert site is not None
    unseen = by_the_other_half(list(queries(args.queries)), site.vocabulary)
    known, ours = understood(queries(args.queries), site.vocabulary), understood(own(), site.vocabulary)
    fitted = [fit([s for s in (*unseen, *ours) if s.fold != fold]) for fold in range(FOLDS)]
    judged = [replace(s, probability=fitted[s.fold].of(s.meaning)) for s in (*known, *unseen, *ours)]
    fitted_on = [s for s in judged if s.group != known[0].group]
    if args.fit:
        probability = np.array([s.probability for s in fitted_on])
        accept = lowest_accepted(probability, [s.right for s in fitted_on], _shares(fitted_on))
        write(replace(fit([*unseen, *ours]), accept=accept, document=named_alone(fitted_on)))
    certainty = Certainty.read()
    print(f"accept from {certainty.accept:.2f}, confirm from {certainty.confirm:.2f}\n")
    for group in dict.fromkeys(sentence.group for sentence in judged):
        report(group, [s for s in judged if s.group == group], certainty)
    if args.out:
        found = Figures(errors=[*errors([s for s in judged if s.group == known[0].group], certainty)])
        (args.out / SENTENCES_FILE).write_text(found.model_dump_json(indent=1) + "\n")
    print(f"calibration error of the last three together, as they are fitted: {calibration_error(fitted_on):.3f}")


def by_the_other_half(sentences: list[Labelled], vocabulary: Vocabulary) -> list[Labelled]:
    """Each sentence understood by what the vocabulary shares with the half that it is not in."""
    random.Random(1).shuffle(sentences)
    halves = sentences[::2], sentences[1::2]
    found = [s for half, other in (halves, halves[::-1]) for s in understood(half, pruned(vocabulary, other))]
    return [replace(s, group=f"{s.group}, each by a vocabulary pruned to the other half") for s in found]


# --- sentences --------------------------------------------------------------------------------------
def queries(corpus: Path) -> Iterator[Labelled]:
    labels = {row["sha256"]: row for row in _rows("queries.tsv")}
    for line in corpus.read_text().splitlines():
        text = line.strip()
        if row := labels.get(_digest(text)):
            yield Labelled(text, row["document"], row["question"], not row["unclear"], "queries of the corpus")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def own() -> Iterator[Labelled]:
    for row in _rows("own.tsv"):
        group = f"{OWN}, {'kept out' if row['kept out'] else 'looked at'}"
        yield Labelled(row["sentence"], row["document"], row["question"], not row["unclear"], group)


def _rows(name: str) -> list[dict[str, str]]:
    with (SENTENCES / name).open(newline="") as f:
        return list(csv.DictReader(f, delimiter="\t"))


def understood(sentences: Iterable[Labelled], vocabulary: Vocabulary) -> list[Labelled]:
    finder = Finder(vocabulary)
    return [
        replace(s, meaning=finder.meaning(s.text, ((v.start, v.end) for v in extract(s.text, TODAY))))
        for s in sentences
    ]


def pruned(vocabulary: Vocabulary, sentences: Iterable[Labelled]) -> Vocabulary:
    """What of the vocabulary these sentences say."""
    finder = Finder(vocabulary)
    said = {(m.name, m.phrase.words, m.phrase.weak) for s in sentences for m in finder.find(s.text).matches()}

    def only(name: str, templates: Iterable[str], weak: bool = False) -> list[str]:
        every = (sentence for template in templates for sentence in finder.sentences(template))
        return [sentence for sentence in every if (name, finder.words(sentence), weak) in said]

    questions = {
        name: Question.model_construct(phrases=only(name, q.phrases), hints=only(name, q.hints, weak=True))
        for name, q in vocabulary.questions.items()
    }
    return Vocabulary.model_construct(
        documents={name: only(name, phrases) for name, phrases in vocabulary.documents.items()},
        questions=questions,
        places={name: only(name, phrases) for name, phrases in vocabulary.places.items()},
        others=only("", vocabulary.others),
    )


# --- the fit ----------------------------------------------------------------------------------------
def fit(sentences: Sequence[Labelled]) -> Certainty:
    """The function of what was written, over the sentences in which something was found."""
    found = [s for s in sentences if not s.meaning.nothing]
    weights = weigh([features(s.meaning) for s in found], [s.right for s in found], len(found) * _shares(found))
    return replace(Certainty.read(), weights=weights, accept=1.0, confirm=CONFIRM)


def named_alone(sentences: Iterable[Labelled]) -> float:
    """The share of documents that are right where nothing else was understood, or where the rest is too unlikely."""
    alone = [s for s in sentences if s.meaning.document and (not s.meaning.question or s.probability < CONFIRM)]
    right = np.array([s.meaning.document == s.document for s in alone])
    return round(float(_shares(alone) @ right), 3)


def write(certainty: Certainty) -> None:
    FITTED.write_text(json.dumps(asdict(certainty), indent=1) + "\n")


def weigh(examples: Sequence[Mapping[str, float]], right: Sequence[bool], counts: Floats) -> dict[str, float]:
    """Logistic regression by Newton's method. `counts`: how much each example counts."""
    x, y = np.array([list(example.values()) for example in examples], float), np.array(right, float)
    ridge = _RIDGE * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (counts * p * (1 - p))[:, None]).T @ x + ridge
        w += np.linalg.solve(hessian, x.T @ (counts * (y - p)) - ridge @ w)
    return {name: round(float(value), 3) for name, value in zip(examples[0], w, strict=True)}


def lowest_accepted(probability: Floats, right: Sequence[bool], share: Floats) -> float:
    """The lowest threshold that lets few wrong ones through. `share`: how much of them each one is."""
    wrong = ~np.array(right)

    def lets_through(least: float) -> float:
        accepted = probability >= least
        return float(share[accepted & wrong].sum() / share[accepted].sum())

    return round(float(next((t for t in _GRID if lets_through(t) <= WRONGLY_ACTED_ON), _GRID[-1])), 2)


def _shares(sentences: Sequence[Labelled]) -> Floats:
    """How much each of them counts, 1 in all: ours together as much as the queries."""
    kinds = Counter(s.ours for s in sentences)
    return np.array([1 / (len(kinds) * kinds[s.ours]) for s in sentences])


# --- the report -------------------------------------------------------------------------------------
def given_to_callers(sentences: Iterable[Labelled], certainty: Certainty) -> list[Labelled]:
    """With no meaning where it is rejected."""
    return [replace(s, meaning=Meaning()) if s.probability < certainty.confirm else s for s in sentences]


def errors(sentences: Sequence[Labelled], certainty: Certainty) -> Iterator[Errors]:
    """What must hold of the queries."""
    wrong = sum(not s.right for s in given_to_callers(sentences, certainty))
    sure = [s.right for s in sentences if s.probability > SURE]
    for what, count, of, at_most in (
        ("queries: document or kind of question wrong", wrong, len(sentences), WRONG_AT_MOST),
        (f"queries: wrong with a probability over {SURE}", sure.count(False), len(sure), 0.0),
    ):
        yield Errors(what=what, line="text", errors=count, of=of, at_most=at_most)


def report(group: str, sentences: Sequence[Labelled], certainty: Certainty) -> None:
    given = given_to_callers(sentences, certainty)
    print(
        f"{group}: {len(sentences)} sentences, {sum(not s.asks_nothing for s in sentences)} of them ask for something"
    )
    _share("document right", [s.meaning.document == s.document for s in given])
    _share("kind of question right", [s.meaning.question == s.question for s in given])
    _share("both right", [s.right for s in given])
    _share("both right, of those that ask", [s.right for s in given if not s.asks_nothing])
    _share("both right, of those that have one reading", [s.right for s in given if s.clear])
    for what, least in ((f"with a probability of {SURE} or more", SURE), ("accepted", certainty.accept)):
        sure = [s.right for s in sentences if s.probability >= least]
        print(f"  {what}: {len(sure)}, {sure.count(False)} of them wrong")
    found = sum(not s.meaning.nothing for s in sentences)
    print(f"  calibration error, 10 bins, {found} sentences with a meaning: {calibration_error(sentences):.3f}\n")


def calibration_error(sentences: Sequence[Labelled]) -> float:
    """That of the sentences that have a meaning."""
    found = [s for s in sentences if not s.meaning.nothing]
    return distance(np.array([s.probability for s in found]), [s.right for s in found], _shares(found))


def distance(probability: Floats, right: Sequence[bool], share: Floats) -> float:
    """Mean distance of the probability from the share that is right, over ten bins of equal width. `share`: how much of
    them each one is."""
    bins = np.minimum((probability * 10).astype(int), 9)
    off = share * (probability - np.array(right))
    return float(sum(abs(off[bins == b].sum()) for b in range(10)))


def _share(what: str, outcomes: Sequence[bool]) -> None:
    low, high = interval(sum(outcomes), len(outcomes))
    print(f"  {what}: {sum(outcomes) / len(outcomes):.1%} (N = {len(outcomes)}, 95 %: {low:.1%}–{high:.1%})")


def interval(k: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `k` in `n`."""
    z = 1.96
    middle, half = k / n + z * z / (2 * n), z * (k / n * (1 - k / n) / n + z * z / (4 * n * n)) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


if __name__ == "__main__":
    main()
