"""`python -m benchmarks.routing`: where the hotline that ships leads those who say what they want in a sentence.

Each sentence is said at the first question of a simulated call, as text, and "ya" where the flow asks whether it was
meant. The sentences are those of `benchmarks.understanding`, with their labels. A sentence is led right when the caller
hears the answer to their question; where no answer has it, when they reach a person (or what takes down complaints, or
the emergency line); where they did not say all, when they are asked for the rest. Those who ask for nothing should not
be understood.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.understanding import QUERIES, Labelled, interval, own, queries
from ivr import events as e
from ivr.flow.loader import load_site
from ivr.flow.model import Site
from ivr.flowtests.model import FlowTest, Given, ScriptLine
from ivr.flowtests.runner import Result, Runner
from ivr.flowtests.words import Heard
from ivr.settings import PROJECT, Settings

ASKED_BACK = ("Maksud Anda", "Anda memilih")
FIRST = "menu-utama"
GIVEN = Given.model_validate({"flow": "halo-kota", "at": "2026-11-24 10:00"})
DAY = dt.date(2026, 11, 24)
ANSWER = "answer"
REST, PERSON, COMPLAINT, EMERGENCY, NOTHING = KINDS = (
    "asked for the rest", "person", "complaint", "emergency", "not understood",
)  # fmt: skip
TAKEN_BY = {"pengaduan": COMPLAINT, "darurat": EMERGENCY}
"""Kind of question, and the flow that takes it where no answer does; a person takes the others."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.routing")
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--show", action="store_true", help="print our own sentences that are led wrong")
    args = parser.parse_args()
    if not args.queries.is_file():
        sys.exit(f"{args.queries}: no such file; --queries names the corpus of queries, one a line")
    site = load_site(PROJECT / "ivr" / "flows").site
    assert site is not None
    led = Leading(site)
    report("queries of the corpus", list(queries(args.queries)), led)
    report("own sentences", [s for s in own() if s.group.endswith("looked at")], led, show=args.show)
    report("own sentences that were kept out", [s for s in own() if s.group.endswith("kept out")], led)


class Leading:
    """Calls the hotline and says one sentence."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._runner = Runner(site, Settings())

    def __call__(self, sentence: str) -> str:
        """Where it leads: the name of an answer, or one of `KINDS`."""
        result = self._call(sentence)
        if any(isinstance(what, Heard) and what.text.startswith(ASKED_BACK) for _, what in result.story):
            result = self._call(sentence, "ya")
        return _end([what for _, what in result.story if isinstance(what, e.Event)])

    def _call(self, *said: str) -> Result:
        script = tuple(ScriptLine("says", text, 0, 0) for text in said)
        return self._runner.run(FlowTest("", "", 0, 0, GIVEN, script))

    def should(self, sentence: Labelled) -> str:
        """Where a sentence ought to lead, by its label."""
        if sentence.asks_nothing:
            return NOTHING
        if found := self.site.answer_about(sentence.document, sentence.question, DAY):
            return found
        if not sentence.question or (not sentence.document and sentence.question not in (*TAKEN_BY, "petugas")):
            return REST
        return TAKEN_BY.get(sentence.question, PERSON)

    def right(self, sentence: Labelled, wanted: str, end: str) -> bool:
        """Whether `end` is where it ought to lead; who names a document alone may be told all that there is."""
        if end == wanted:
            return True
        return (
            not sentence.question and end in self.site.answers and sentence.document in self.site.answers[end].intents
        )


def _end(events: Sequence[e.Event]) -> str:
    """The answer that was given, or what the caller reached first."""
    for event in events:
        match event:
            case e.AnswerGiven(answer=name):
                return name
            case e.StepEntered(flow=flow) if flow in TAKEN_BY:
                return TAKEN_BY[flow]
            case e.QueueJoined():
                return PERSON
            case e.InputRejected():
                return NOTHING
            case e.StepEntered(type="menu", step=step) if step != FIRST:
                return REST
    return NOTHING


def report(group: str, sentences: Sequence[Labelled], led: Leading, *, show: bool = False) -> None:
    """Print where they lead, and how many of them right."""
    ends = [(sentence, led.should(sentence), led(sentence.text)) for sentence in sentences]
    asking = [(sentence, right, end) for sentence, right, end in ends if not sentence.asks_nothing]
    kinds = Counter(end if end in KINDS else ANSWER for _, _, end in asking)
    print(f"{group}: {len(ends)} sentences, {len(asking)} of them ask for something")
    print("  lead to: " + ", ".join(f"{kind} {kinds[kind]}" for kind in (ANSWER, *KINDS)))
    good = sum(led.right(sentence, right, end) for sentence, right, end in asking)
    low, high = interval(good, len(asking))
    print(f"  led right: {good / len(asking):.1%} (95 %: {low:.1%}–{high:.1%})")
    lost = sum(end != NOTHING for sentence, _, end in ends if sentence.asks_nothing)
    print(f"  of the {len(ends) - len(asking)} that ask for nothing, taken for something: {lost}\n")
    for sentence, right, end in ends if show else ():
        if not led.right(sentence, right, end):
            print(f"  {sentence.text!r}: {end}, not {right}")


if __name__ == "__main__":
    main()
