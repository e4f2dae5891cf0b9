"""`python -m benchmarks.understanding`: from public-service queries to document and kind of question.

Two sets of sentences, each labelled by the guide in docs/understanding.md:

- the queries of a corpus (`--queries`), which is not part of the project: `sentences/queries.tsv` holds their labels
  under the SHA-256 of the sentence;
- `sentences/own.tsv`, written for this benchmark. The vocabulary was never changed for those that are kept out.

The queries are also judged by a vocabulary without the phrases that only their own half of the corpus has: the
vocabulary was written by someone who had read all of them.

A sentence whose answer is rejected counts as understood to ask for nothing, which is right for more than half of the
queries. Probabilities are cross-validated: a sentence is judged by weights that were fitted without it. `--fit` fits
the weights and thresholds anew and stores them.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import hashlib
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
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

QUERIES = PROJECT / "../shared/queries/public-service-queries.txt"
SENTENCES = Path(__file__).with_name("sentences")
TODAY = dt.date(2026, 11, 26)

SAME_READING = 0.92
"""The chance that another reader labels a sentence as we did where the guide had to choose between two readings."""
FOLDS = 5
WRONGLY_ACTED_ON = 0.05
"""The share of what is accepted that may be wrong."""
CONFIRM = 0.5
"""What is more likely right than wrong is asked."""
SURE = 0.95
_RIDGE = 1.0
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

    @property
    def right(self) -> bool:
        return (self.meaning.document, self.meaning.question) == (self.document, self.question)

    @property
    def asks_nothing(self) -> bool:
        return not (self.document or self.question)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.understanding")
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--fit", action="store_true", help=f"store new weights and thresholds in {FITTED.name}")
    args = parser.parse_args()
    if not args.queries.is_file():
        sys.exit(f"{args.queries}: no such file; --queries names the corpus of queries, one a line")
    site = load_site(PROJECT / "ivr" / "flows").site
    assert site is not None
    sentences = understood([*queries(args.queries), *own()], site.vocabulary)
    probabilities = cross_validated(sentences)
    if args.fit:
        certainty = replace(fit(sentences), accept=lowest_accepted(sentences, probabilities), confirm=CONFIRM)
        FITTED.write_text(json.dumps(asdict(certainty), indent=1) + "\n")
    certainty = Certainty.read()
    print(f"accept from {certainty.accept:.2f}, confirm from {certainty.confirm:.2f}\n")
    for group in dict.fromkeys(sentence.group for sentence in sentences):
        of_group = [i for i, sentence in enumerate(sentences) if sentence.group == group]
        report(group, [sentences[i] for i in of_group], probabilities[of_group], certainty)
    unseen = by_the_other_half(list(queries(args.queries)), site.vocabulary)
    judged = np.array([certainty.of(sentence.meaning) for sentence in unseen])
    report("queries of the corpus, each by a vocabulary pruned to the other half", unseen, judged, certainty)


def by_the_other_half(sentences: list[Labelled], vocabulary: Vocabulary) -> list[Labelled]:
    """Each sentence understood by what the vocabulary shares with the half that it is not in."""
    random.Random(1).shuffle(sentences)
    halves = sentences[::2], sentences[1::2]
    return [s for half, other in (halves, halves[::-1]) for s in understood(half, pruned(vocabulary, other))]


# --- sentences --------------------------------------------------------------------------------------
def queries(corpus: Path) -> Iterator[Labelled]:
    labels = {row["sha256"]: row for row in _rows("queries.tsv")}
    for line in corpus.read_text().splitlines():
        text = line.strip()
        if row := labels.get(hashlib.sha256(text.encode()).hexdigest()[:16]):
            yield Labelled(text, row["document"], row["question"], not row["unclear"], "queries of the corpus")


def own() -> Iterator[Labelled]:
    for row in _rows("own.tsv"):
        group = "own sentences, kept out" if row["kept out"] else "own sentences, looked at"
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
    """Logistic regression by Newton's method over the sentences in which something was found."""
    found = [s for s in sentences if not s.meaning.nothing]
    x = np.array([list(features(s.meaning).values()) for s in found], float)
    y = np.array([s.right * (1.0 if s.clear else SAME_READING) for s in found])
    ridge = _RIDGE * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + ridge
        w += np.linalg.solve(hessian, x.T @ (y - p) - ridge @ w)
    weights = {name: round(float(value), 3) for name, value in zip(features(Meaning()), w, strict=True)}
    return Certainty(weights, accept=1.0, confirm=1.0)


def cross_validated(sentences: Sequence[Labelled]) -> Floats:
    folds = np.array([i % FOLDS for i in range(len(sentences))])
    random.Random(1).shuffle(folds)
    probabilities = np.zeros(len(sentences))
    for fold in range(FOLDS):
        certainty = fit([s for s, of in zip(sentences, folds, strict=True) if of != fold])
        for i in np.flatnonzero(folds == fold):
            probabilities[i] = certainty.of(sentences[i].meaning)
    return probabilities


def lowest_accepted(sentences: Sequence[Labelled], probabilities: Floats) -> float:
    """The lowest threshold that lets few wrong ones through. Our own sentences count as much as the many queries."""
    right = np.array([s.right for s in sentences])
    ours = np.array([s.group.startswith("own") for s in sentences])
    share = np.where(ours, 0.5 / ours.sum(), 0.5 / (~ours).sum())

    def wrong(least: float) -> float:
        accepted = probabilities >= least
        return float(share[accepted & ~right].sum() / share[accepted].sum())

    return round(float(next((t for t in _GRID if wrong(t) <= WRONGLY_ACTED_ON), _GRID[-1])), 2)


# --- the report -------------------------------------------------------------------------------------
def report(group: str, sentences: Sequence[Labelled], probabilities: Floats, certainty: Certainty) -> None:
    given = [
        replace(s, meaning=Meaning()) if p < certainty.confirm else s
        for s, p in zip(sentences, probabilities, strict=True)
    ]
    asking = [not s.asks_nothing for s in sentences]
    print(f"{group}: {len(sentences)} sentences, {sum(asking)} of them ask for something")
    _share("document right", [s.meaning.document == s.document for s in given])
    _share("kind of question right", [s.meaning.question == s.question for s in given])
    _share("both right", [s.right for s in given])
    _share("both right, of those that ask", [s.right for s, asks in zip(given, asking, strict=True) if asks])
    sure = [s.right for s, p in zip(sentences, probabilities, strict=True) if p > SURE]
    print(f"  wrong with probability over {SURE}: {sure.count(False)} of {len(sure)}")
    accepted = [s.right for s, p in zip(sentences, probabilities, strict=True) if p >= certainty.accept]
    print(f"  accepted: {len(accepted)}, {accepted.count(False)} of them wrong")
    found = np.array([not s.meaning.nothing for s in sentences])
    error = calibration_error(probabilities[found], np.array([s.right for s in sentences])[found])
    print(f"  calibration error, 10 bins, {found.sum()} sentences with a meaning: {error:.3f}\n")


def calibration_error(probabilities: Floats, right: NDArray[np.bool_]) -> float:
    """Mean distance of the probability from the share that is right, over ten bins of equal width."""
    bins = np.minimum((probabilities * 10).astype(int), 9)
    return float(sum(abs((probabilities - right)[bins == b].sum()) for b in range(10)) / len(right))


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
